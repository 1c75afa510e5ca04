//! The password grant (RFC 6749, section 4.3), for contracts whose accounts sign in for themselves: e-mail, password, and a
//! one-time password (RFC 6238) where the account has a second factor.
//!
//! A try is reserved before anything is compared and is given back only when everything was right: with a right password and
//! wrong one-time passwords, the lock closes as it does on wrong passwords.

use std::sync::Arc;
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

use super::Subject;
use crate::app::App;
use crate::client_auth::AuthenticatedClient;
use crate::credential::{Reserved, Verdict, totp};
use crate::error::{About, ErrorKind, OAuthError, Reason};
use crate::guard::Caller;
use crate::keys::SealError;
use crate::model::{Institution, MfaPolicy, Principal, RealmId, Timestamp, User, UserId};
use crate::realms::RealmContext;
use crate::secret::Secret;
use crate::store::users::{self, UserAccount};

/// How long the second step may take.
const MFA_TOKEN_LIFE: Duration = Duration::from_secs(300);

/// What an account presented.
#[derive(Clone, Copy, Debug)]
pub struct Presented<'a> {
    pub username: &'a str,
    pub password: &'a Secret<String>,
    pub otp: Option<&'a Secret<String>>,
}

/// Where a step of the grant happens.
#[derive(Clone, Copy, Debug)]
pub struct Step<'a> {
    pub app: &'a App,
    pub realm: &'a RealmContext,
    pub caller: &'a Caller,
    pub client: &'a AuthenticatedClient,
}

impl Step<'_> {
    /// E-mail and password, with or without the one-time password.
    pub async fn first(self, mfa: MfaPolicy, presented: Presented<'_>) -> Result<Subject, OAuthError> {
        let email = User::normalise_email(presented.username);
        self.app.throttle.allow(self.realm.id(), &email, self.caller, self.app.now())?;
        let account = {
            let mut session = self.app.db.read().await?;
            users::find_by_email(&mut session.conn(), self.realm.id(), &email).await?
        };
        let usable = account.as_ref().ok_or(Reason::UnknownUser).and_then(standing);
        let about = about(account.as_ref());
        let checked = match (self.check_password(account.as_ref().filter(|_| usable.is_ok()), presented.password).await?, account)
        {
            (Verdict::Right(reserved), Some(account)) => match self.still_usable(account).await? {
                Ok(account) => {
                    self.app.credentials.improve_password(&account.user, account.password.as_ref(), presented.password).await?;
                    self.second_factor(mfa, reserved, account, presented.otp).await
                }
                Err(reason) => Err(OAuthError::bad_credentials(reason)),
            },
            (Verdict::Locked, _) => Err(OAuthError::bad_credentials(Reason::Locked)),
            _ => Err(OAuthError::bad_credentials(usable.err().unwrap_or(Reason::WrongPassword))),
        };
        checked.map_err(|refusal| self.count(&email, refusal).about(about))
    }

    /// The handle that the first step was answered with, and the one-time password.
    pub async fn second(self, mfa_token: &Secret<String>, otp: &Secret<String>) -> Result<Subject, OAuthError> {
        let bad = |reason| OAuthError::bad_credentials(reason);
        let Some(user) = self.open_mfa_token(mfa_token) else {
            self.app.throttle.allow(self.realm.id(), "", self.caller, self.app.now())?;
            return Err(self.count("", bad(Reason::InvalidMfaToken)));
        };
        self.app.throttle.allow(self.realm.id(), user.as_str(), self.caller, self.app.now())?;
        let account = {
            let mut session = self.app.db.read().await?;
            users::lookup_account(&mut session.conn(), self.realm.id(), &user).await?
        };
        let Some(account) = account else { return Err(bad(Reason::UnknownUser)) };
        let about = about(Some(&account));
        let checked = match standing(&account) {
            Err(reason) => Err(bad(reason)),
            Ok(()) => {
                let principal = Principal::user(self.realm.id(), &account.user.id);
                match self.app.credentials.reserve(&self.realm.realm, &principal).await? {
                    None => Err(bad(Reason::Locked)),
                    Some(reserved) => self.check_otp(reserved, account, otp).await,
                }
            }
        };
        checked.map_err(|refusal| self.count(user.as_str(), refusal).about(about))
    }

    async fn check_password(
        self,
        account: Option<&UserAccount>,
        password: &Secret<String>,
    ) -> Result<Verdict<Reserved>, OAuthError> {
        let principal = account.map(|account| Principal::user(self.realm.id(), &account.user.id));
        let target = account.zip(principal.as_ref());
        let target = target.map(|(account, principal)| (principal, account.password.as_ref(), account.tries));
        Ok(self.app.credentials.check_password(&self.realm.realm, target, password).await?)
    }

    /// The account as it is now that its password has been found right: what was read before the slow hash may be over. If
    /// it is, the try was neither right nor wrong.
    async fn still_usable(self, before: UserAccount) -> Result<Result<UserAccount, Reason>, OAuthError> {
        let principal = Principal::user(self.realm.id(), &before.user.id);
        let account = {
            let mut session = self.app.db.read().await?;
            users::lookup_account(&mut session.conn(), self.realm.id(), &before.user.id).await?
        };
        let usable = account.ok_or(Reason::UnknownUser).and_then(|account| match standing(&account) {
            Ok(()) if account.password != before.password => Err(Reason::WrongPassword),
            standing => standing.map(|()| account),
        });
        if usable.is_err() {
            self.app.credentials.give_back(&self.realm.realm, &principal).await?;
        }
        Ok(usable)
    }

    /// The password was right. What else does the account need?
    async fn second_factor(
        self,
        mfa: MfaPolicy,
        reserved: Reserved,
        account: UserAccount,
        otp: Option<&Secret<String>>,
    ) -> Result<Subject, OAuthError> {
        let enrolled = account.totp_sealed.is_some();
        let principal = Principal::user(self.realm.id(), &account.user.id);
        match (mfa, otp) {
            (MfaPolicy::Off, _) | (MfaPolicy::IfEnrolled, _) if !enrolled || mfa == MfaPolicy::Off => {
                self.app.credentials.succeeded(&self.realm.realm, &principal).await?;
                Ok(subject(account))
            }
            _ if !enrolled => {
                self.app.credentials.give_back(&self.realm.realm, &principal).await?;
                Err(OAuthError::new(ErrorKind::MfaFailed).detail("a second factor is required and the account has none"))
            }
            (_, Some(otp)) => self.check_otp(reserved, account, otp).await,
            (_, None) => {
                // Not a success, which would forget wrong one-time passwords; not a wrong try either.
                self.app.credentials.give_back(&self.realm.realm, &principal).await?;
                let mfa_token = self.seal_mfa_token(&account.user.id)?;
                Err(OAuthError {
                    mfa_token: Some(mfa_token),
                    ..OAuthError::new(ErrorKind::MfaRequired).hint("Multifactor authentication required")
                })
            }
        }
    }

    /// Compares a one-time password, whose try is reserved, and uses it up.
    async fn check_otp(self, reserved: Reserved, account: UserAccount, otp: &Secret<String>) -> Result<Subject, OAuthError> {
        let user = &account.user;
        let principal = Principal::user(&user.realm, &user.id);
        let step = match &account.totp_sealed {
            None => None,
            Some(sealed) => {
                let secret = self.app.realms.sealer().open(&totp_context(&user.realm, &user.id), sealed).map_err(internal)?;
                totp::matching_step(&secret, otp.expose(), self.app.now())
            }
        };
        let reason = match step {
            None => Reason::WrongOtp,
            Some(step) => {
                let mut tx = self.app.db.begin().await?;
                let first_use = users::consume_totp_step(&mut tx.conn(), &user.realm, &user.id, step).await?;
                tx.commit().await?;
                if first_use {
                    self.app.credentials.succeeded(&self.realm.realm, &principal).await?;
                    return Ok(subject(account));
                }
                Reason::ReplayedOtp
            }
        };
        self.app.credentials.wrong(&self.realm.realm, Some(&principal), reserved).await?;
        Err(OAuthError { reason: Some(reason), ..OAuthError::new(ErrorKind::MfaFailed) })
    }

    /// Only refusals of what was presented are guesses.
    fn count(self, name: &str, refusal: OAuthError) -> OAuthError {
        if matches!(refusal.kind, ErrorKind::BadCredentials | ErrorKind::MfaFailed) {
            self.app.throttle.failed(self.realm.id(), name, self.caller, self.app.now());
        }
        refusal
    }

    /// `user` and expiry, sealed for this realm and client.
    fn seal_mfa_token(self, user: &UserId) -> Result<Secret<String>, OAuthError> {
        let expires_at = self.app.now().after(MFA_TOKEN_LIFE);
        let content = format!("{}:{user}", expires_at.millis());
        let sealed = self.app.realms.sealer().seal(&self.mfa_context(), content.as_bytes(), &*self.app.entropy);
        sealed.map(|sealed| Secret::new(URL_SAFE_NO_PAD.encode(sealed))).map_err(internal)
    }

    fn open_mfa_token(self, token: &Secret<String>) -> Option<UserId> {
        let sealed = URL_SAFE_NO_PAD.decode(token.expose()).ok()?;
        let content = self.app.realms.sealer().open(&self.mfa_context(), &sealed).ok()?;
        let (expires_at, user) = std::str::from_utf8(content.expose()).ok()?.split_once(':')?;
        let expires_at = Timestamp::from_millis(expires_at.parse().ok()?);
        (self.app.now() < expires_at).then(|| UserId::new(user))
    }

    fn mfa_context(self) -> String {
        format!("mfa:{}:{}", self.realm.id(), self.client.client().id)
    }
}

fn internal(error: SealError) -> OAuthError {
    OAuthError { source: Some(error.into()), ..OAuthError::new(ErrorKind::ServerError) }
}

/// What a sealed second factor is bound to.
pub fn totp_context(realm: &RealmId, user: &UserId) -> String {
    format!("totp:{realm}:{user}")
}

/// May this account sign in at all?
fn standing(account: &UserAccount) -> Result<(), Reason> {
    let disabled = |institution: &Institution| institution.disabled_at.is_some();
    match account {
        UserAccount { user, .. } if user.blocked_at.is_some() => Err(Reason::Blocked),
        UserAccount { institution: Some(institution), .. } if disabled(institution) => Err(Reason::InstitutionDisabled),
        _ => Ok(()),
    }
}

fn subject(account: UserAccount) -> Subject {
    Subject { user: Some(account.user), institution: account.institution.map(Arc::new), exchanged: None }
}

fn about(account: Option<&UserAccount>) -> About {
    account.map_or_else(About::default, |account| About {
        user: Some(account.user.id.clone()),
        institution: account.user.institution.clone(),
        ..About::default()
    })
}
