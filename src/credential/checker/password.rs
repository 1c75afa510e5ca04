//! An account's password.

use super::{CheckError, CredentialChecker, Reserved, Verdict};
use crate::credential::hash;
use crate::model::{Principal, Realm, Tries, User, Verifier};
use crate::secret::Secret;
use crate::store::users;

impl CredentialChecker {
    /// Compares an account's password. A right one's try stays reserved: [`Self::succeeded`], [`Self::wrong`] or
    /// [`Self::give_back`] settles it once everything else that was presented is known to be right, wrong or missing.
    pub async fn check_password(
        &self,
        realm: &Realm,
        target: Option<(&Principal, Option<&Verifier>, Tries)>,
        password: &Secret<String>,
    ) -> Result<Verdict<Reserved>, CheckError> {
        let locked = target.is_some_and(|(_, _, tries)| tries.is_locked(&realm.lockout, self.clock.now()));
        let open = target.filter(|_| !locked).map(|(principal, hash, _)| (principal, hash));
        let permit = self.pool.acquire().await?;
        let principal = open.map(|(principal, _)| principal);
        let reserved = self.reserve_or_decoy(realm, principal).await?;
        let hash = open.and_then(|(_, verifier)| verifier).filter(|_| reserved.is_some()).and_then(|verifier| match verifier {
            Verifier::Hash(hash) => Some(hash.as_str()),
            Verifier::Digest(_) => None,
        });
        self.count_comparison(hash.is_some());
        let text = hash.map_or_else(|| self.decoy.to_string(), str::to_owned);
        let presented = password.clone();
        let is_right = permit.run(move || hash::verify(&text, presented.expose().as_bytes())).await??;
        match reserved.filter(|_| !locked) {
            None => Ok(Verdict::Locked),
            Some(reserved) if hash.is_some() && is_right => Ok(Verdict::Right(reserved)),
            Some(reserved) => self.wrong(realm, principal, reserved).await.map(|()| Verdict::Wrong),
        }
    }

    /// Makes a verified password's hash anew where that is due.
    pub async fn improve_password(
        &self,
        user: &User,
        stored: Option<&Verifier>,
        password: &Secret<String>,
    ) -> Result<(), CheckError> {
        let Some(Verifier::Hash(hash)) = stored else { return Ok(()) };
        if let Some(fresh) = self.renewed(hash, password).await? {
            let mut session = self.db.write().await?;
            users::rehash(&mut session.conn(), &user.realm, &user.id, hash, &fresh).await?;
        }
        Ok(())
    }
}
