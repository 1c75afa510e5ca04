//! `/clients/{client}/secrets`: added and shown once, listed without themselves, revoked.

use axum::Json;
use http::StatusCode;

use super::clients::Named;
use super::extract::{Asked, Body, Ids};
use super::reply::Created;
use super::{Admin, Problem};
use crate::admin::Span;
use crate::admin::service::{Last, LiveTokens, Rotation, SecretSource};
use crate::admin::view::{AddedSecretView, PageView, SecretView};
use crate::model::{ClientId, SecretId};
use crate::secret::Secret;

/// A secret to be: generated unless chosen or imported.
#[derive(Default, serde::Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct NewSecret {
    secret: Option<Secret<String>>,
    hash: Option<Secret<String>>,
    /// How much longer the other secrets live; they stay as they are where this is absent.
    overlap: Option<Span>,
    /// The tokens that the client has are revoked.
    revoke_tokens: bool,
}

/// `?force=true&revoke_tokens=true`: even if it is the last one; and with the tokens that the client has.
#[derive(Default, serde::Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct Ending {
    force: bool,
    revoke_tokens: bool,
}

#[derive(serde::Deserialize)]
pub(super) struct OneSecret {
    client: ClientId,
    secret: SecretId,
}

/// All of them: `secrets.max_live` and time keep them few.
pub(super) async fn list(admin: Admin, Ids(Named { client }): Ids<Named>) -> Result<Json<PageView<SecretView>>, Problem> {
    let secrets = admin.ops.secrets(&admin.realm, &client).await?;
    Ok(Json(PageView { items: secrets.into_iter().map(SecretView::from).collect(), next: None }))
}

pub(super) async fn add(
    admin: Admin,
    Ids(Named { client }): Ids<Named>,
    Body(new): Body<NewSecret>,
) -> Result<Created<AddedSecretView>, Problem> {
    let source = match (new.secret, new.hash) {
        (None, None) => SecretSource::Generated,
        (Some(secret), None) => SecretSource::Chosen(secret),
        (None, Some(hash)) => SecretSource::Imported(hash),
        (Some(_), Some(_)) => return Err(Problem::invalid("hash", "Give a secret or the hash of one, not both")),
    };
    let tokens = LiveTokens::revoked_if(new.revoke_tokens);
    let rotation = Rotation { overlap: new.overlap.map(|overlap| overlap.0), tokens };
    let added = admin.ops.add_secret(&admin.actor, &admin.realm, &client, source, rotation).await?;
    let id = added.stored.id.clone();
    Ok(Created::at(&admin.realm, &["clients", client.as_str(), "secrets", id.as_str()], added.into()))
}

pub(super) async fn show(admin: Admin, Ids(OneSecret { client, secret }): Ids<OneSecret>) -> Result<Json<SecretView>, Problem> {
    let secrets = admin.ops.secrets(&admin.realm, &client).await?;
    let found = secrets.into_iter().find(|known| known.id == secret);
    found.map(|secret| Json(secret.into())).ok_or_else(Problem::no_such_path)
}

pub(super) async fn revoke(
    admin: Admin,
    Ids(OneSecret { client, secret }): Ids<OneSecret>,
    Asked(Ending { force, revoke_tokens }): Asked<Ending>,
) -> Result<StatusCode, Problem> {
    let last = if force { Last::RevokeToo } else { Last::Keep };
    let tokens = LiveTokens::revoked_if(revoke_tokens);
    admin.ops.revoke_secret(&admin.actor, &admin.realm, (&client, &secret), last, tokens).await?;
    Ok(StatusCode::NO_CONTENT)
}
