//! `/institutions`: partner organisations, each with its kill switch.

use axum::Json;

use super::extract::{Body, Ids, Paged};
use super::reply::Created;
use super::{Admin, Problem};
use crate::admin::service::{InstitutionChange, NewInstitution};
use crate::admin::view::{InstitutionView, PageView};
use crate::model::InstitutionId;

#[derive(serde::Deserialize)]
pub(super) struct Named {
    institution: InstitutionId,
}

pub(super) async fn list(admin: Admin, Paged(page): Paged) -> Result<Json<PageView<InstitutionView>>, Problem> {
    Ok(Json(admin.ops.institutions(&admin.realm, &page).await?.into()))
}

pub(super) async fn create(admin: Admin, Body(new): Body<NewInstitution>) -> Result<Created<InstitutionView>, Problem> {
    let institution = admin.ops.create_institution(&admin.actor, &admin.realm, new).await?;
    let id = institution.id.clone();
    Ok(Created::at(&admin.realm, &["institutions", id.as_str()], institution.into()))
}

pub(super) async fn show(admin: Admin, Ids(Named { institution }): Ids<Named>) -> Result<Json<InstitutionView>, Problem> {
    Ok(Json(admin.ops.institution(&admin.realm, &institution).await?.into()))
}

pub(super) async fn update(
    admin: Admin,
    Ids(Named { institution }): Ids<Named>,
    Body(change): Body<InstitutionChange>,
) -> Result<Json<InstitutionView>, Problem> {
    let (after, _) = admin.ops.update_institution(&admin.actor, &admin.realm, &institution, change).await?;
    Ok(Json(after.into()))
}

pub(super) async fn disable(admin: Admin, ids: Ids<Named>) -> Result<Json<InstitutionView>, Problem> {
    admin.ops.disable_institution(&admin.actor, &admin.realm, &ids.0.institution).await?;
    show(admin, ids).await
}

pub(super) async fn revoke_tokens(admin: Admin, ids: Ids<Named>) -> Result<Json<InstitutionView>, Problem> {
    admin.ops.revoke_institution_tokens(&admin.actor, &admin.realm, &ids.0.institution).await?;
    show(admin, ids).await
}

pub(super) async fn enable(admin: Admin, ids: Ids<Named>) -> Result<Json<InstitutionView>, Problem> {
    admin.ops.enable_institution(&admin.actor, &admin.realm, &ids.0.institution).await?;
    show(admin, ids).await
}
