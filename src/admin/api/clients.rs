//! `/clients`: service accounts.

use axum::Json;

use super::extract::{Body, Ids, Paged};
use super::reply::Created;
use super::{Admin, Problem};
use crate::admin::service::{ClientChange, NewClient};
use crate::admin::view::{ClientView, PageView, Standing};
use crate::model::ClientId;

#[derive(serde::Deserialize)]
pub(super) struct Named {
    pub client: ClientId,
}

pub(super) async fn list(admin: Admin, Paged(page): Paged) -> Result<Json<PageView<ClientView>>, Problem> {
    Ok(Json(admin.ops.clients(&admin.realm, &page).await?.into()))
}

pub(super) async fn create(admin: Admin, Body(new): Body<NewClient>) -> Result<Created<ClientView>, Problem> {
    let client = admin.ops.create_client(&admin.actor, &admin.realm, new).await?;
    let id = client.id.clone();
    Ok(Created::at(&admin.realm, &["clients", id.as_str()], client.into()))
}

pub(super) async fn show(admin: Admin, Ids(Named { client }): Ids<Named>) -> Result<Json<Standing<ClientView>>, Problem> {
    standing(&admin, &client).await
}

pub(super) async fn update(
    admin: Admin,
    Ids(Named { client }): Ids<Named>,
    Body(change): Body<ClientChange>,
) -> Result<Json<Standing<ClientView>>, Problem> {
    admin.ops.update_client(&admin.actor, &admin.realm, &client, change).await?;
    standing(&admin, &client).await
}

pub(super) async fn disable(admin: Admin, Ids(Named { client }): Ids<Named>) -> Result<Json<Standing<ClientView>>, Problem> {
    admin.ops.disable_client(&admin.actor, &admin.realm, &client).await?;
    standing(&admin, &client).await
}

pub(super) async fn enable(admin: Admin, Ids(Named { client }): Ids<Named>) -> Result<Json<Standing<ClientView>>, Problem> {
    admin.ops.enable_client(&admin.actor, &admin.realm, &client).await?;
    standing(&admin, &client).await
}

pub(super) async fn unlock(admin: Admin, Ids(Named { client }): Ids<Named>) -> Result<Json<Standing<ClientView>>, Problem> {
    admin.ops.unlock_client(&admin.actor, &admin.realm, &client).await?;
    standing(&admin, &client).await
}

pub(super) async fn revoke_tokens(
    admin: Admin,
    Ids(Named { client }): Ids<Named>,
) -> Result<Json<Standing<ClientView>>, Problem> {
    admin.ops.revoke_client_tokens(&admin.actor, &admin.realm, &client).await?;
    standing(&admin, &client).await
}

async fn standing(admin: &Admin, id: &ClientId) -> Result<Json<Standing<ClientView>>, Problem> {
    let client = admin.ops.client(&admin.realm, id).await?;
    let locked = admin.ops.client_is_locked(&admin.realm, id).await?;
    Ok(Json(Standing { thing: client.into(), locked }))
}
