//! `countersign institution`: partner organisations.

use ipnet::IpNet;
use serde_json::{Map, Value};

use super::client::taken_or;
use super::context::Context;
use super::{CliError, Globals, InRealm, PageArgs, out};
use crate::admin::service::{InstitutionChange, NewInstitution};
use crate::admin::view::{InstitutionView, PageView};
use crate::audit::Actor;
use crate::model::{InstitutionId, RateLimit, RealmId, ScopeSet};

#[derive(Debug, clap::Subcommand)]
pub(super) enum Institution {
    /// List institutions
    List(PageArgs),
    /// Show one institution
    Show(Named),
    /// Create an institution
    Create(Create),
    /// Change an institution
    Update(Update),
    /// Switch off everything that belongs to an institution
    Disable(Named),
    /// Switch it on again
    Enable(Named),
    /// Revoke every token that an institution's clients and users were issued so far
    RevokeTokens(Named),
}

#[derive(Debug, clap::Args)]
pub(super) struct Named {
    #[command(flatten)]
    within: InRealm,
    /// The institution's id
    id: InstitutionId,
}

#[derive(Debug, clap::Args)]
pub(super) struct Create {
    #[command(flatten)]
    within: InRealm,
    /// A UUID; a new one unless given
    #[arg(long)]
    id: Option<InstitutionId>,
    #[arg(long)]
    name: String,
    /// What its clients and users may be granted at most, separated by blanks
    #[arg(long, value_parser = ScopeSet::parse)]
    scopes: Option<ScopeSet>,
    /// Static claims of its tokens, a JSON object
    #[arg(long, value_parser = claims, default_value = "{}")]
    claims: Map<String, Value>,
    /// A network from which its clients may ask; repeat for several
    #[arg(long = "network")]
    networks: Vec<IpNet>,
    /// How many tokens it may be issued, such as 100/m
    #[arg(long)]
    quota: Option<RateLimit>,
}

#[derive(Debug, clap::Args)]
pub(super) struct Update {
    #[command(flatten)]
    named: Named,
    #[arg(long)]
    name: Option<String>,
    #[arg(long, value_parser = ScopeSet::parse, conflicts_with = "no_scopes")]
    scopes: Option<ScopeSet>,
    /// Do not narrow what its clients and users may be granted
    #[arg(long)]
    no_scopes: bool,
    #[arg(long, value_parser = claims)]
    claims: Option<Map<String, Value>>,
    /// A network, instead of those that it has; repeat for several
    #[arg(long = "network", conflicts_with = "no_networks")]
    networks: Option<Vec<IpNet>>,
    /// Let its clients ask from anywhere
    #[arg(long)]
    no_networks: bool,
    #[arg(long, conflicts_with = "no_quota")]
    quota: Option<RateLimit>,
    /// Let it be issued any number of tokens
    #[arg(long)]
    no_quota: bool,
}

fn claims(text: &str) -> Result<Map<String, Value>, String> {
    serde_json::from_str(text).map_err(|error| format!("not a JSON object: {error}"))
}

pub(super) async fn run(globals: &Globals, command: Institution) -> Result<(), CliError> {
    let ops = Context::open(globals).await?.ops();
    let (realm, id) = match command {
        Institution::List(args) => {
            let page: PageView<InstitutionView> = ops.institutions(&args.within.realm, &args.page()).await?.into();
            return out::list(globals, &page, &["id", "name", "scopes", "networks", "quota", "disabled_at"]);
        }
        Institution::Show(named) => named.split(),
        Institution::Create(args) => {
            let (realm, new) = args.describe();
            let institution = ops.create_institution(&Actor::Shell, &realm, new).await?;
            (realm, institution.id)
        }
        Institution::Update(args) => {
            let ((realm, id), change) = args.describe();
            ops.update_institution(&Actor::Shell, &realm, &id, change).await?;
            (realm, id)
        }
        Institution::Disable(named) => {
            let (realm, id) = named.split();
            ops.disable_institution(&Actor::Shell, &realm, &id).await?;
            (realm, id)
        }
        Institution::Enable(named) => {
            let (realm, id) = named.split();
            ops.enable_institution(&Actor::Shell, &realm, &id).await?;
            (realm, id)
        }
        Institution::RevokeTokens(named) => {
            let (realm, id) = named.split();
            ops.revoke_institution_tokens(&Actor::Shell, &realm, &id).await?;
            (realm, id)
        }
    };
    out::thing(globals, &InstitutionView::from(ops.institution(&realm, &id).await?))
}

impl Named {
    fn split(self) -> (RealmId, InstitutionId) {
        (self.within.realm, self.id)
    }
}

impl Create {
    fn describe(self) -> (RealmId, NewInstitution) {
        let Self { within, id, name, scopes, claims, networks, quota } = self;
        (within.realm, NewInstitution { id, name, scopes, claims, networks, quota })
    }
}

impl Update {
    fn describe(self) -> ((RealmId, InstitutionId), InstitutionChange) {
        let change = InstitutionChange {
            name: self.name,
            scopes: taken_or(self.no_scopes, self.scopes),
            claims: self.claims,
            networks: if self.no_networks { Some(Vec::new()) } else { self.networks },
            quota: taken_or(self.no_quota, self.quota),
        };
        (self.named.split(), change)
    }
}
