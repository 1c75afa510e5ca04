//! `countersign secret`: the secrets of a client.

use super::context::Context;
use super::secret_flags::{ChosenSecret, ImportedHash};
use super::{CliError, Globals, client, out};
use crate::admin::Span;
use crate::admin::service::{Last, LiveTokens, Rotation, SecretSource};
use crate::admin::view::{AddedSecretView, PageView, SecretView};
use crate::audit::Actor;
use crate::model::SecretId;

#[derive(Debug, clap::Subcommand)]
pub(super) enum Secrets {
    /// List a client's secrets, without the secrets
    List(client::Named),
    /// Add a secret, which is shown this once, and unlock the client
    Add(Add),
    /// End a secret at once
    Revoke(Revoke),
}

#[derive(Debug, clap::Args)]
pub(super) struct Add {
    #[command(flatten)]
    client: client::Named,
    /// How much longer the other secrets live, such as 24h; 0s ends them now, and without it they stay
    #[arg(long)]
    overlap: Option<Span>,
    /// Revoke the tokens that the client was issued so far
    #[arg(long)]
    revoke_tokens: bool,
    #[command(flatten)]
    chosen: ChosenSecret,
    #[command(flatten)]
    imported: ImportedHash,
}

#[derive(Debug, clap::Args)]
pub(super) struct Revoke {
    #[command(flatten)]
    client: client::Named,
    /// The secret's id
    secret: SecretId,
    /// Even if it is the last one, without which the client gets no token
    #[arg(long)]
    force: bool,
    /// Revoke the tokens that the client was issued so far
    #[arg(long)]
    revoke_tokens: bool,
}

pub(super) async fn run(globals: &Globals, command: Secrets) -> Result<(), CliError> {
    let ops = Context::open(globals).await?.ops();
    match command {
        Secrets::List(client::Named { within, id }) => {
            let secrets = ops.secrets(&within.realm, &id).await?;
            let page = PageView { items: secrets.into_iter().map(SecretView::from).collect(), next: None };
            out::list(globals, &page, &["id", "stored_as", "created_at", "expires_at", "revoked_at", "last_used_at"])
        }
        Secrets::Add(Add { client: client::Named { within, id }, overlap, revoke_tokens, chosen, imported }) => {
            let source = match (chosen.read()?, imported.read()?) {
                (None, None) => SecretSource::Generated,
                (Some(secret), None) => SecretSource::Chosen(secret),
                (None, Some(hash)) => SecretSource::Imported(hash),
                (Some(_), Some(_)) => return Err(CliError::new("give a secret or the hash of one, not both")),
            };
            let tokens = LiveTokens::revoked_if(revoke_tokens);
            let rotation = Rotation { overlap: overlap.map(|overlap| overlap.0), tokens };
            let added = ops.add_secret(&Actor::Shell, &within.realm, &id, source, rotation).await?;
            out::thing(globals, &AddedSecretView::from(added))
        }
        Secrets::Revoke(Revoke { client: client::Named { within, id }, secret, force, revoke_tokens }) => {
            let last = if force { Last::RevokeToo } else { Last::Keep };
            let tokens = LiveTokens::revoked_if(revoke_tokens);
            ops.revoke_secret(&Actor::Shell, &within.realm, (&id, &secret), last, tokens).await?;
            out::line(format_args!("revoked secret {secret} of client {id}"))
        }
    }
}
