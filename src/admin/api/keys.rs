//! `/keys`: signing keys, without their private halves.

use axum::Json;
use http::StatusCode;

use super::extract::{Asked, Body, Force, Ids};
use super::reply::Created;
use super::{Admin, Problem};
use crate::admin::service::NewKey;
use crate::admin::view::{KeyView, PageView};
use crate::keys::lifecycle::Wait;
use crate::model::KeyId;

#[derive(serde::Deserialize)]
pub(super) struct Named {
    kid: KeyId,
}

impl Force {
    fn wait(&self) -> Wait {
        if self.force { Wait::Waive } else { Wait::Observe }
    }
}

pub(super) async fn list(admin: Admin) -> Result<Json<PageView<KeyView>>, Problem> {
    let keys = admin.ops.keys(&admin.realm).await?;
    Ok(Json(PageView { items: keys.into_iter().map(KeyView::from).collect(), next: None }))
}

pub(super) async fn prepare(admin: Admin, Body(new): Body<NewKey>) -> Result<Created<KeyView>, Problem> {
    let key = admin.ops.prepare_key(&admin.actor, &admin.realm, new).await?;
    let kid = key.kid.clone();
    Ok(Created::at(&admin.realm, &["keys", kid.as_str()], key.into()))
}

pub(super) async fn show(admin: Admin, Ids(Named { kid }): Ids<Named>) -> Result<Json<KeyView>, Problem> {
    let keys = admin.ops.keys(&admin.realm).await?;
    let found = keys.into_iter().find(|key| key.kid == kid);
    found.map(|key| Json(key.into())).ok_or_else(Problem::no_such_path)
}

pub(super) async fn activate(
    admin: Admin,
    Ids(Named { kid }): Ids<Named>,
    Asked(force): Asked<Force>,
) -> Result<StatusCode, Problem> {
    admin.ops.activate_key(&admin.actor, &admin.realm, &kid, force.wait()).await?;
    Ok(StatusCode::NO_CONTENT)
}

pub(super) async fn retire(
    admin: Admin,
    Ids(Named { kid }): Ids<Named>,
    Asked(force): Asked<Force>,
) -> Result<StatusCode, Problem> {
    admin.ops.retire_key(&admin.actor, &admin.realm, &kid, force.wait()).await?;
    Ok(StatusCode::NO_CONTENT)
}
