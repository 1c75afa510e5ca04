//! Tokens: revoked one by one, or all that were issued to someone so far (RFC 7009, section 2.1, by an operator's hand).

use std::time::Duration;

use super::act::Subject;
use super::check::Checks;
use super::error::{OpsError, first};
use super::{Act, Ops, Put};
use super::{clients, institutions, users};
use crate::audit::{Actor, AuditEvent};
use crate::credential::digest::DigestDomain;
use crate::model::{ClientId, InstitutionId, RealmId, Timestamp, TokenId, UserId};
use crate::store;
use crate::store::revocations::RevokedToken;

/// What becomes of the tokens that someone has when what they prove themselves with is replaced or ended.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum LiveTokens {
    /// They live out their time.
    #[default]
    Keep,
    /// Whoever had the old secret may have tokens too: they end with it.
    Revoke,
}

impl LiveTokens {
    /// As a flag of the request says.
    pub fn revoked_if(revoke: bool) -> Self {
        if revoke { Self::Revoke } else { Self::Keep }
    }

    pub(super) async fn of_client(self, act: &mut Act<'_>, realm: &RealmId, id: &ClientId) -> Result<(), OpsError> {
        if self == Self::Keep {
            return Ok(());
        }
        let standing = store::standing::of_client(&mut act.conn(), realm, id).await?;
        let moment = past(standing.and_then(|standing| standing.party.not_before), act.now);
        store::clients::revoke_tokens(&mut act.conn(), realm, id, moment).await?;
        act.tell(realm, Subject::Client(id), AuditEvent::ClientTokensRevoked).await
    }

    pub(super) async fn of_user(self, act: &mut Act<'_>, realm: &RealmId, id: &UserId) -> Result<(), OpsError> {
        if self == Self::Keep {
            return Ok(());
        }
        let standing = store::standing::of_user(&mut act.conn(), realm, id).await?;
        let moment = past(standing.and_then(|party| party.not_before), act.now);
        store::users::revoke_tokens(&mut act.conn(), realm, id, moment).await?;
        act.tell(realm, Subject::User(id), AuditEvent::UserTokensRevoked).await
    }
}

/// The moment up to which tokens are revoked: now, and past those that were issued right after the `latest` revocation at
/// their institution, or of its members. They bear the second that follows it.
fn past(latest: Option<Timestamp>, now: Timestamp) -> Timestamp {
    latest.map_or(now, |latest| now.max(latest.after(Duration::from_secs(1))))
}

impl Ops {
    /// Revokes every token issued to the client, or about it, until now.
    pub async fn revoke_client_tokens(&self, actor: &Actor, realm: &RealmId, id: &ClientId) -> Result<(), OpsError> {
        let mut act = self.begin(actor).await?;
        clients::existing(&mut act.conn(), realm, id).await?;
        LiveTokens::Revoke.of_client(&mut act, realm, id).await?;
        act.commit().await
    }

    /// Revokes every token about the account until now.
    pub async fn revoke_user_tokens(&self, actor: &Actor, realm: &RealmId, id: &UserId) -> Result<(), OpsError> {
        let mut act = self.begin(actor).await?;
        users::existing(&mut act.conn(), realm, id).await?;
        LiveTokens::Revoke.of_user(&mut act, realm, id).await?;
        act.commit().await
    }

    /// Revokes every token of the institution's clients and users until now.
    pub async fn revoke_institution_tokens(&self, actor: &Actor, realm: &RealmId, id: &InstitutionId) -> Result<(), OpsError> {
        let mut act = self.begin(actor).await?;
        institutions::existing(&mut act.conn(), realm, id).await?;
        let latest = store::standing::latest_of_members(&mut act.conn(), realm, id).await?;
        let moment = past(latest, act.now);
        store::institutions::revoke_tokens(&mut act.conn(), realm, id, moment).await?;
        act.tell(realm, Subject::Institution(id), AuditEvent::InstitutionTokensRevoked).await?;
        act.commit().await
    }

    /// Revokes the token with this id, whether or not anyone has it: nobody keeps a list of those that were issued. It stays
    /// revoked for as long as a token of the realm can live.
    pub async fn revoke_token(&self, actor: &Actor, realm: &RealmId, id: &TokenId) -> Result<Put, OpsError> {
        let mut checks = Checks::default();
        checks.token_id(id.as_str());
        first(checks.faults())?;
        let mut act = self.begin(actor).await?;
        let longest = act.realm(realm).await?.max_token_ttl;
        self.is_no_token(&mut act, id).await?;
        let token = RevokedToken { realm: realm.clone(), id: id.clone(), expires_at: act.now.after(longest) };
        let now = act.now;
        if !store::revocations::add(&mut act.conn(), &token, now).await? {
            return Ok(Put::Unchanged);
        }
        act.tell(realm, Subject::Token(id), AuditEvent::TokenRevoked).await?;
        act.commit().await?;
        Ok(Put::Updated)
    }

    /// A handle that is a UUID looks like an id. Taken for one it would stand in the trail, and would not even be revoked.
    async fn is_no_token(&self, act: &mut Act<'_>, id: &TokenId) -> Result<(), OpsError> {
        let digest = self.pepper.digest(DigestDomain::AccessToken, id.as_str().as_bytes());
        match store::tokens::find_by_digest(&mut act.conn(), &digest).await? {
            None => Ok(()),
            Some(_) => Err(OpsError::invalid("id", "this is a token itself: give its id")),
        }
    }
}
