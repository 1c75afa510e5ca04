//! `countersign bootstrap`: the first admin client.

use super::context::Context;
use super::{CliError, Globals, out};
use crate::audit::Actor;
use crate::model::MAIN_REALM;
use crate::model::{ClientId, RealmId, SecretId};

#[derive(Debug, clap::Args)]
pub(super) struct Bootstrap {
    /// The realm; administrators of `main` administer every realm
    #[arg(long, default_value = MAIN_REALM)]
    realm: RealmId,
    /// Add one more secret to the admin client that there is
    #[arg(long)]
    again: bool,
}

#[derive(serde::Serialize)]
struct Shown<'a> {
    realm: &'a RealmId,
    client_id: &'a ClientId,
    secret_id: &'a SecretId,
    /// This once.
    client_secret: &'a str,
}

pub(super) async fn run(globals: &Globals, Bootstrap { realm, again }: Bootstrap) -> Result<(), CliError> {
    let context = Context::open(globals).await?;
    let made = context.ops().bootstrap(&Actor::Shell, &realm, again).await?;
    let client_secret = made.secret.secret.as_ref().map_or("", |secret| secret.expose());
    out::thing(globals, &Shown { realm: &realm, client_id: &made.client, secret_id: &made.secret.stored.id, client_secret })
}
