//! `countersign user`: accounts.

use super::client::taken_or;
use super::context::Context;
use super::secret_flags::{Password, Totp};
use super::{CliError, Globals, InRealm, PageArgs, out};
use crate::admin::service::{LiveTokens, NewUser, Ops, UserChange};
use crate::admin::view::{PageView, Standing, UserView};
use crate::audit::Actor;
use crate::model::{InstitutionId, RealmId, ScopeSet, UserId};
use crate::secret::Secret;

#[derive(Debug, clap::Subcommand)]
pub(super) enum User {
    /// List users
    List(PageArgs),
    /// Show one user
    Show(Named),
    /// Create a user
    Create(Create),
    /// Change a user
    Update(Update),
    /// Set a user's password
    SetPassword(SetPassword),
    /// Set a user's second factor
    SetTotp(SetTotp),
    /// Block a user
    Block(Named),
    /// Unblock a user
    Unblock(Named),
    /// Forget a user's wrong tries
    Unlock(Named),
    /// Revoke every token that a user was issued so far
    RevokeTokens(Named),
}

#[derive(Debug, clap::Args)]
pub(super) struct Named {
    #[command(flatten)]
    within: InRealm,
    /// The user's id
    id: UserId,
}

#[derive(Debug, clap::Args)]
pub(super) struct Create {
    #[command(flatten)]
    within: InRealm,
    /// Its id; a new UUID unless given
    #[arg(long)]
    id: Option<UserId>,
    #[arg(long)]
    email: Option<String>,
    /// Its name; its e-mail address unless given
    #[arg(long)]
    name: Option<String>,
    /// The institution that it belongs to
    #[arg(long)]
    institution: Option<InstitutionId>,
    /// A role; repeat for several
    #[arg(long = "role")]
    roles: Vec<String>,
    /// What its tokens may carry at most, separated by blanks
    #[arg(long, value_parser = ScopeSet::parse)]
    scopes: Option<ScopeSet>,
    #[command(flatten)]
    password: Password,
    #[command(flatten)]
    totp: Totp,
}

#[derive(Debug, clap::Args)]
pub(super) struct Update {
    #[command(flatten)]
    named: Named,
    #[arg(long, conflicts_with = "no_email")]
    email: Option<String>,
    /// Take its e-mail address away
    #[arg(long)]
    no_email: bool,
    #[arg(long)]
    name: Option<String>,
    #[arg(long, conflicts_with = "no_institution")]
    institution: Option<InstitutionId>,
    /// Let it belong to no institution
    #[arg(long)]
    no_institution: bool,
    /// A role, instead of those that it has; repeat for several
    #[arg(long = "role")]
    roles: Option<Vec<String>>,
    #[arg(long, value_parser = ScopeSet::parse, conflicts_with = "no_scopes")]
    scopes: Option<ScopeSet>,
    /// Do not narrow what its tokens may carry
    #[arg(long)]
    no_scopes: bool,
}

#[derive(Debug, clap::Args)]
pub(super) struct SetPassword {
    #[command(flatten)]
    named: Named,
    #[command(flatten)]
    password: Password,
    /// Revoke the tokens that the user was issued so far
    #[arg(long)]
    revoke_tokens: bool,
}

#[derive(Debug, clap::Args)]
pub(super) struct SetTotp {
    #[command(flatten)]
    named: Named,
    #[command(flatten)]
    totp: Totp,
    /// Revoke the tokens that the user was issued so far
    #[arg(long)]
    revoke_tokens: bool,
}

pub(super) async fn run(globals: &Globals, command: User) -> Result<(), CliError> {
    let ops = Context::open(globals).await?.ops();
    let (realm, id) = match command {
        User::List(args) => {
            let page: PageView<UserView> = ops.users(&args.within.realm, &args.page()).await?.into();
            return out::list(globals, &page, &["id", "email", "name", "institution", "roles", "blocked_at"]);
        }
        User::Create(args) => {
            let (realm, new) = args.describe()?;
            let user = ops.create_user(&Actor::Shell, &realm, &new).await?;
            (realm, user.id)
        }
        User::Show(named) => named.split(),
        User::Update(args) => {
            let ((realm, id), change) = args.describe();
            ops.update_user(&Actor::Shell, &realm, &id, change).await?;
            (realm, id)
        }
        User::SetPassword(SetPassword { named, password, revoke_tokens }) => {
            let ((realm, id), tokens) = (named.split(), LiveTokens::revoked_if(revoke_tokens));
            ops.set_password(&Actor::Shell, &realm, &id, &given(password.read()?, "--password-stdin")?, tokens).await?;
            (realm, id)
        }
        User::SetTotp(SetTotp { named, totp, revoke_tokens }) => {
            let ((realm, id), tokens) = (named.split(), LiveTokens::revoked_if(revoke_tokens));
            ops.set_totp(&Actor::Shell, &realm, &id, &given(totp.read()?, "--totp-stdin")?, tokens).await?;
            (realm, id)
        }
        User::Block(named) => {
            let (realm, id) = named.split();
            ops.block_user(&Actor::Shell, &realm, &id).await?;
            (realm, id)
        }
        User::Unblock(named) => {
            let (realm, id) = named.split();
            ops.unblock_user(&Actor::Shell, &realm, &id).await?;
            (realm, id)
        }
        User::Unlock(named) => {
            let (realm, id) = named.split();
            ops.unlock_user(&Actor::Shell, &realm, &id).await?;
            (realm, id)
        }
        User::RevokeTokens(named) => {
            let (realm, id) = named.split();
            ops.revoke_user_tokens(&Actor::Shell, &realm, &id).await?;
            (realm, id)
        }
    };
    show(globals, &ops, &realm, &id).await
}

async fn show(globals: &Globals, ops: &Ops, realm: &RealmId, id: &UserId) -> Result<(), CliError> {
    let user: UserView = ops.user(realm, id).await?.into();
    let locked = ops.user_is_locked(realm, id).await?;
    out::thing(globals, &Standing { thing: user, locked })
}

fn given(secret: Option<Secret<String>>, flag: &str) -> Result<Secret<String>, CliError> {
    secret.ok_or_else(|| CliError::new(format_args!("say where it is to be read, for example with {flag}")))
}

impl Named {
    fn split(self) -> (RealmId, UserId) {
        (self.within.realm, self.id)
    }
}

impl Create {
    fn describe(self) -> Result<(RealmId, NewUser), CliError> {
        let Self { within, id, email, name, institution, roles, scopes, password, totp } = self;
        let (password, totp_secret) = (password.read()?, totp.read()?);
        Ok((within.realm, NewUser { id, email, name, institution, roles, scopes, password, totp_secret }))
    }
}

impl Update {
    fn describe(self) -> ((RealmId, UserId), UserChange) {
        let change = UserChange {
            email: taken_or(self.no_email, self.email),
            name: self.name,
            institution: taken_or(self.no_institution, self.institution),
            roles: self.roles,
            scopes: taken_or(self.no_scopes, self.scopes),
        };
        (self.named.split(), change)
    }
}
