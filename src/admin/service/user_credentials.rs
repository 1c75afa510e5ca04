//! What users prove themselves with: passwords, and the seeds of their second factors.

use super::act::Subject;
use super::check::Checks;
use super::error::{Invalid, OpsError, first};
use super::users::existing;
use super::{Act, LiveTokens, NewUser, Ops, Put};
use crate::audit::{Actor, AuditEvent};
use crate::credential::totp;
use crate::grant::totp_context;
use crate::model::{Principal, RealmId, User, UserId, Verifier};
use crate::secret::Secret;
use crate::store;

pub(super) fn password_faults(password: &Secret<String>) -> Vec<Invalid> {
    let mut checks = Checks::default();
    checks.chosen_secret("password", password.expose());
    checks.faults()
}

pub(super) fn seed(secret: &Secret<String>) -> Result<Secret<Vec<u8>>, Invalid> {
    totp::decode_base32(secret.expose()).map_err(|error| Invalid::new("totp_secret", error.to_string()))
}

/// What is stored of an account's credentials.
pub(super) struct Sealed {
    pub(super) password_hash: Option<String>,
    pub(super) totp: Option<Vec<u8>>,
}

impl Ops {
    /// Sets a new password, and forgets wrong tries of the old one.
    pub async fn set_password(
        &self,
        actor: &Actor,
        realm: &RealmId,
        id: &UserId,
        password: &Secret<String>,
        tokens: LiveTokens,
    ) -> Result<Put, OpsError> {
        first(password_faults(password))?;
        let account = existing(&mut self.db.read().await?.conn(), realm, id).await?;
        let known = account.password.into_iter().filter_map(|verifier| match verifier {
            Verifier::Hash(hash) => Some(hash),
            Verifier::Digest(_) => None,
        });
        let is_known = self.matches(known.collect(), password).await?;
        if is_known && tokens == LiveTokens::Keep {
            return Ok(Put::Unchanged);
        }
        let hash = if is_known { None } else { Some(self.slow_hash(password, None).await?) };
        let mut act = self.begin(actor).await?;
        if let Some(hash) = hash {
            write_password(&mut act, &account.user, &hash).await?;
            if store::lockouts::unlock(&mut act.conn(), &Principal::user(realm, id)).await? {
                act.tell(realm, Subject::User(id), AuditEvent::UserUnlocked).await?;
            }
        }
        tokens.of_user(&mut act, realm, id).await?;
        act.commit().await?;
        Ok(Put::Updated)
    }

    /// Sets the second factor.
    pub async fn set_totp(
        &self,
        actor: &Actor,
        realm: &RealmId,
        id: &UserId,
        secret: &Secret<String>,
        tokens: LiveTokens,
    ) -> Result<Put, OpsError> {
        let seed = seed(secret).map_err(OpsError::Invalid)?;
        let account = existing(&mut self.db.read().await?.conn(), realm, id).await?;
        let context = totp_context(realm, id);
        let is_known = match &account.totp_sealed {
            None => false,
            Some(sealed) => self.sealer.open(&context, sealed)?.ct_eq(seed.expose()),
        };
        if is_known && tokens == LiveTokens::Keep {
            return Ok(Put::Unchanged);
        }
        let sealed = self.sealer.seal(&context, seed.expose(), &*self.entropy)?;
        let mut act = self.begin(actor).await?;
        if !is_known {
            write_totp(&mut act, &account.user, &sealed).await?;
        }
        tokens.of_user(&mut act, realm, id).await?;
        act.commit().await?;
        Ok(Put::Updated)
    }

    pub(super) async fn seal(&self, user: &User, new: &NewUser) -> Result<Sealed, OpsError> {
        let password_hash = match &new.password {
            None => None,
            Some(password) => Some(self.slow_hash(password, None).await?),
        };
        let totp = match &new.totp_secret {
            None => None,
            Some(secret) => {
                let seed = seed(secret).map_err(OpsError::Invalid)?;
                Some(self.sealer.seal(&totp_context(&user.realm, &user.id), seed.expose(), &*self.entropy)?)
            }
        };
        Ok(Sealed { password_hash, totp })
    }
}

pub(super) async fn write_password(act: &mut Act<'_>, user: &User, hash: &str) -> Result<(), OpsError> {
    let now = act.now;
    store::users::set_password(&mut act.conn(), &user.realm, &user.id, hash, now).await?;
    act.tell(&user.realm, Subject::User(&user.id), AuditEvent::UserPasswordSet).await
}

pub(super) async fn write_totp(act: &mut Act<'_>, user: &User, sealed: &[u8]) -> Result<(), OpsError> {
    let now = act.now;
    store::users::set_totp(&mut act.conn(), &user.realm, &user.id, Some(sealed), now).await?;
    act.tell(&user.realm, Subject::User(&user.id), AuditEvent::UserTotpSet).await
}
