//! `countersign client`: service accounts.

use super::context::Context;
use super::{CliError, Globals, InRealm, PageArgs, out};
use crate::admin::Span;
use crate::admin::service::{ClientChange, NewClient, Ops};
use crate::admin::view::{ClientView, PageView, Standing};
use crate::audit::Actor;
use crate::model::{AuthMethod, ClientId, GrantKind, InstitutionId, RealmId, ScopeSet, UserId};

#[derive(Debug, clap::Subcommand)]
pub(super) enum Client {
    /// List clients
    List(PageArgs),
    /// Show one client
    Show(Named),
    /// Create a client; give it a secret with `secret add`
    Create(Create),
    /// Change a client
    Update(Update),
    /// Switch a client off
    Disable(Named),
    /// Switch a client on again
    Enable(Named),
    /// Forget a client's wrong tries
    Unlock(Named),
    /// Revoke every token that a client was issued so far
    RevokeTokens(Named),
}

#[derive(Debug, clap::Args)]
pub(super) struct Named {
    #[command(flatten)]
    pub(super) within: InRealm,
    /// The client's id
    pub(super) id: ClientId,
}

#[derive(Debug, clap::Args)]
pub(super) struct Create {
    #[command(flatten)]
    within: InRealm,
    /// Its id; a new UUID unless given
    #[arg(long)]
    id: Option<ClientId>,
    /// Its name; its id unless given
    #[arg(long)]
    name: Option<String>,
    /// The institution that it belongs to
    #[arg(long)]
    institution: Option<InstitutionId>,
    /// How it authenticates: client_secret, client_secret_basic, client_secret_post or none
    #[arg(long, default_value = "client_secret")]
    auth_method: AuthMethod,
    /// A grant that it may use; repeat for several
    #[arg(long = "grant", default_value = "client_credentials")]
    grants: Vec<GrantKind>,
    /// What it may be granted, separated by blanks
    #[arg(long, value_parser = ScopeSet::parse, default_value = "")]
    scopes: ScopeSet,
    /// Its tokens wait for a step-up
    #[arg(long)]
    requires_mfa: bool,
    /// How long its tokens live, such as 15m
    #[arg(long)]
    token_ttl: Option<Span>,
    /// For how long it is given the same token again, such as 5m; 0s: never
    #[arg(long)]
    token_reuse: Option<Span>,
    /// The account that a single-user client always acts for
    #[arg(long)]
    user: Option<UserId>,
}

#[derive(Debug, clap::Args)]
pub(super) struct Update {
    #[command(flatten)]
    named: Named,
    #[arg(long)]
    name: Option<String>,
    #[arg(long, conflicts_with = "no_institution")]
    institution: Option<InstitutionId>,
    /// Let it belong to no institution
    #[arg(long)]
    no_institution: bool,
    #[arg(long)]
    auth_method: Option<AuthMethod>,
    /// A grant that it may use, instead of those that it has; repeat for several
    #[arg(long = "grant")]
    grants: Option<Vec<GrantKind>>,
    /// What it may be granted, instead of what it has, separated by blanks
    #[arg(long, value_parser = ScopeSet::parse)]
    scopes: Option<ScopeSet>,
    #[arg(long)]
    requires_mfa: Option<bool>,
    #[arg(long, conflicts_with = "no_token_ttl")]
    token_ttl: Option<Span>,
    /// Let its tokens live as long as others
    #[arg(long)]
    no_token_ttl: bool,
    /// For how long it is given the same token again, such as 5m; 0s: never
    #[arg(long, conflicts_with = "no_token_reuse")]
    token_reuse: Option<Span>,
    /// Let its APIs say whether it is given the same token again
    #[arg(long)]
    no_token_reuse: bool,
    #[arg(long, conflicts_with = "no_user")]
    user: Option<UserId>,
    /// Let it act for no account of its own
    #[arg(long)]
    no_user: bool,
}

pub(super) async fn run(globals: &Globals, command: Client) -> Result<(), CliError> {
    let ops = Context::open(globals).await?.ops();
    let actor = Actor::Shell;
    let (realm, id) = match command {
        Client::List(args) => return list(globals, &ops, &args).await,
        Client::Show(Named { within, id }) => (within.realm, id),
        Client::Create(args) => {
            let (realm, new) = args.describe();
            let client = ops.create_client(&actor, &realm, new).await?;
            (realm, client.id)
        }
        Client::Update(args) => {
            let (Named { within, id }, change) = args.describe();
            ops.update_client(&actor, &within.realm, &id, change).await?;
            (within.realm, id)
        }
        Client::Disable(Named { within, id }) => {
            ops.disable_client(&actor, &within.realm, &id).await?;
            (within.realm, id)
        }
        Client::Enable(Named { within, id }) => {
            ops.enable_client(&actor, &within.realm, &id).await?;
            (within.realm, id)
        }
        Client::Unlock(Named { within, id }) => {
            ops.unlock_client(&actor, &within.realm, &id).await?;
            (within.realm, id)
        }
        Client::RevokeTokens(Named { within, id }) => {
            ops.revoke_client_tokens(&actor, &within.realm, &id).await?;
            (within.realm, id)
        }
    };
    show(globals, &ops, &realm, &id).await
}

async fn list(globals: &Globals, ops: &Ops, args: &PageArgs) -> Result<(), CliError> {
    let page: PageView<ClientView> = ops.clients(&args.within.realm, &args.page()).await?.into();
    out::list(globals, &page, &["id", "name", "institution", "scopes", "disabled_at"])
}

async fn show(globals: &Globals, ops: &Ops, realm: &RealmId, id: &ClientId) -> Result<(), CliError> {
    let client: ClientView = ops.client(realm, id).await?.into();
    let locked = ops.client_is_locked(realm, id).await?;
    out::thing(globals, &Standing { thing: client, locked })
}

impl Create {
    fn describe(self) -> (RealmId, NewClient) {
        let Self { within, id, name, institution, auth_method, grants, scopes, requires_mfa, token_ttl, token_reuse, user } =
            self;
        (
            within.realm,
            NewClient { id, name, institution, auth_method, grants, scopes, requires_mfa, token_ttl, token_reuse, user },
        )
    }
}

impl Update {
    fn describe(self) -> (Named, ClientChange) {
        let change = ClientChange {
            name: self.name,
            institution: taken_or(self.no_institution, self.institution),
            auth_method: self.auth_method,
            grants: self.grants,
            scopes: self.scopes,
            requires_mfa: self.requires_mfa,
            token_ttl: taken_or(self.no_token_ttl, self.token_ttl),
            token_reuse: taken_or(self.no_token_reuse, self.token_reuse),
            user: taken_or(self.no_user, self.user),
        };
        (self.named, change)
    }
}

/// Taken away, replaced, or left alone.
pub(super) fn taken_or<T>(taken: bool, given: Option<T>) -> Option<Option<T>> {
    if taken { Some(None) } else { given.map(Some) }
}
