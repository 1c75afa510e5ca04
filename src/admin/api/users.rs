//! `/users`: accounts.

use axum::Json;
use http::StatusCode;

use super::extract::{Body, Ids, Paged};
use super::reply::Created;
use super::{Admin, Problem};
use crate::admin::service::{LiveTokens, NewUser, UserChange};
use crate::admin::view::{PageView, Standing, UserView};
use crate::model::UserId;
use crate::secret::Secret;

#[derive(serde::Deserialize)]
pub(super) struct Named {
    user: UserId,
}

#[derive(serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct NewPassword {
    password: Secret<String>,
    #[serde(default)]
    revoke_tokens: bool,
}

#[derive(serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct NewTotp {
    totp_secret: Secret<String>,
    #[serde(default)]
    revoke_tokens: bool,
}

pub(super) async fn list(admin: Admin, Paged(page): Paged) -> Result<Json<PageView<UserView>>, Problem> {
    Ok(Json(admin.ops.users(&admin.realm, &page).await?.into()))
}

pub(super) async fn create(admin: Admin, Body(new): Body<NewUser>) -> Result<Created<UserView>, Problem> {
    let user = admin.ops.create_user(&admin.actor, &admin.realm, &new).await?;
    let id = user.id.clone();
    Ok(Created::at(&admin.realm, &["users", id.as_str()], user.into()))
}

pub(super) async fn show(admin: Admin, Ids(Named { user }): Ids<Named>) -> Result<Json<Standing<UserView>>, Problem> {
    standing(&admin, &user).await
}

pub(super) async fn update(
    admin: Admin,
    Ids(Named { user }): Ids<Named>,
    Body(change): Body<UserChange>,
) -> Result<Json<Standing<UserView>>, Problem> {
    admin.ops.update_user(&admin.actor, &admin.realm, &user, change).await?;
    standing(&admin, &user).await
}

pub(super) async fn set_password(
    admin: Admin,
    Ids(Named { user }): Ids<Named>,
    Body(new): Body<NewPassword>,
) -> Result<StatusCode, Problem> {
    let tokens = LiveTokens::revoked_if(new.revoke_tokens);
    admin.ops.set_password(&admin.actor, &admin.realm, &user, &new.password, tokens).await?;
    Ok(StatusCode::NO_CONTENT)
}

pub(super) async fn set_totp(
    admin: Admin,
    Ids(Named { user }): Ids<Named>,
    Body(new): Body<NewTotp>,
) -> Result<StatusCode, Problem> {
    let tokens = LiveTokens::revoked_if(new.revoke_tokens);
    admin.ops.set_totp(&admin.actor, &admin.realm, &user, &new.totp_secret, tokens).await?;
    Ok(StatusCode::NO_CONTENT)
}

pub(super) async fn block(admin: Admin, Ids(Named { user }): Ids<Named>) -> Result<Json<Standing<UserView>>, Problem> {
    admin.ops.block_user(&admin.actor, &admin.realm, &user).await?;
    standing(&admin, &user).await
}

pub(super) async fn unblock(admin: Admin, Ids(Named { user }): Ids<Named>) -> Result<Json<Standing<UserView>>, Problem> {
    admin.ops.unblock_user(&admin.actor, &admin.realm, &user).await?;
    standing(&admin, &user).await
}

pub(super) async fn unlock(admin: Admin, Ids(Named { user }): Ids<Named>) -> Result<Json<Standing<UserView>>, Problem> {
    admin.ops.unlock_user(&admin.actor, &admin.realm, &user).await?;
    standing(&admin, &user).await
}

pub(super) async fn revoke_tokens(admin: Admin, Ids(Named { user }): Ids<Named>) -> Result<Json<Standing<UserView>>, Problem> {
    admin.ops.revoke_user_tokens(&admin.actor, &admin.realm, &user).await?;
    standing(&admin, &user).await
}

async fn standing(admin: &Admin, id: &UserId) -> Result<Json<Standing<UserView>>, Problem> {
    let user = admin.ops.user(&admin.realm, id).await?;
    let locked = admin.ops.user_is_locked(&admin.realm, id).await?;
    Ok(Json(Standing { thing: user.into(), locked }))
}
