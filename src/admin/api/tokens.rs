//! `/tokens`: revoked one by one. Nobody lists them: a JWT is stored nowhere.

use http::StatusCode;

use super::extract::Body;
use super::{Admin, Problem};
use crate::model::TokenId;

#[derive(serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct OneToken {
    id: TokenId,
}

pub(super) async fn revoke(admin: Admin, Body(OneToken { id }): Body<OneToken>) -> Result<StatusCode, Problem> {
    admin.ops.revoke_token(&admin.actor, &admin.realm, &id).await?;
    Ok(StatusCode::NO_CONTENT)
}
