//! Users (accounts): created, changed, blocked, unlocked.

use super::act::{Subject, existing_realm};
use super::check::Checks;
use super::error::{Invalid, OpsError, first};
use super::user_credentials::{password_faults, seed, write_password, write_totp};
use super::{Act, Listing, Ops, Put};
use crate::audit::{Actor, AuditEvent};
use crate::clock::random_uuid;
use crate::model::{InstitutionId, Principal, RealmId, ScopeSet, Timestamp, User, UserId};
use crate::secret::Secret;
use crate::store::users::UserAccount;
use crate::store::{self, Conn, Page, StoreError};

/// An account to be.
#[derive(Clone, Debug, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NewUser {
    /// A new UUID unless given.
    pub id: Option<UserId>,
    pub email: Option<String>,
    /// Its e-mail address unless given, else its id.
    pub name: Option<String>,
    pub institution: Option<InstitutionId>,
    #[serde(default)]
    pub roles: Vec<String>,
    pub scopes: Option<ScopeSet>,
    /// Without one, nobody can sign in to the account.
    pub password: Option<Secret<String>>,
    /// The seed of its one-time passwords, in base32; it makes the second factor a must.
    pub totp_secret: Option<Secret<String>>,
}

/// What becomes different; what is absent stays, `null` takes away.
#[derive(Clone, Debug, Default, serde::Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct UserChange {
    #[serde(deserialize_with = "super::nullable")]
    pub email: Option<Option<String>>,
    pub name: Option<String>,
    #[serde(deserialize_with = "super::nullable")]
    pub institution: Option<Option<InstitutionId>>,
    pub roles: Option<Vec<String>>,
    #[serde(deserialize_with = "super::nullable")]
    pub scopes: Option<Option<ScopeSet>>,
}

impl NewUser {
    /// Everything that is wrong with it.
    pub fn check(&self) -> Vec<Invalid> {
        let id = self.id.clone().unwrap_or_else(|| UserId::new(uuid::Uuid::nil()));
        let mut faults = faults(&self.user(&RealmId::new(""), id, Timestamp::from_millis(0)));
        faults.extend(self.password.as_ref().map(password_faults).into_iter().flatten());
        faults.extend(self.totp_secret.as_ref().and_then(|secret| seed(secret).err()));
        faults
    }

    fn user(&self, realm: &RealmId, id: UserId, created_at: Timestamp) -> User {
        let email = self.email.as_deref().map(User::normalise_email);
        User {
            realm: realm.clone(),
            institution: self.institution.clone(),
            name: self.name.clone().or_else(|| email.clone()).unwrap_or_else(|| id.to_string()),
            id,
            email,
            roles: self.roles.clone(),
            scopes: self.scopes.clone(),
            blocked_at: None,
            not_before: None,
            created_at,
        }
    }
}

impl From<NewUser> for UserChange {
    fn from(new: NewUser) -> Self {
        Self {
            email: Some(new.email),
            name: new.name,
            institution: Some(new.institution),
            roles: Some(new.roles),
            scopes: Some(new.scopes),
        }
    }
}

impl UserChange {
    fn applied(self, before: &User) -> User {
        let email = self.email.map(|email| email.as_deref().map(User::normalise_email));
        User {
            email: email.unwrap_or_else(|| before.email.clone()),
            name: self.name.unwrap_or_else(|| before.name.clone()),
            institution: self.institution.unwrap_or_else(|| before.institution.clone()),
            roles: self.roles.unwrap_or_else(|| before.roles.clone()),
            scopes: self.scopes.unwrap_or_else(|| before.scopes.clone()),
            ..before.clone()
        }
    }
}

fn faults(user: &User) -> Vec<Invalid> {
    let mut checks = Checks::default();
    checks.user_id(user.id.as_str());
    // Before the name, which is the address where none is given.
    if let Some(email) = &user.email {
        checks.email(email);
    }
    checks.name("name", &user.name);
    for role in &user.roles {
        checks.name("roles", role);
    }
    if let Some(scopes) = &user.scopes {
        checks.scopes("scopes", scopes);
    }
    checks.faults()
}

pub(super) async fn existing(conn: &mut Conn<'_>, realm: &RealmId, id: &UserId) -> Result<UserAccount, OpsError> {
    let account = store::users::lookup_account(conn, realm, id).await?;
    account.ok_or_else(|| OpsError::NotFound(format!("user `{}`", id.as_str().escape_debug())))
}

fn taken(user: &User) -> impl FnOnce(StoreError) -> OpsError {
    let what = match &user.email {
        Some(email) => format!("a user with the id `{}` or the e-mail address `{email}`", user.id),
        None => format!("user `{}`", user.id),
    };
    |error| match error {
        StoreError::Conflict(_) => OpsError::Conflict(what),
        error => error.into(),
    }
}

/// The clients that always act for an account belong to its institution. Asked once its row is written, so that none comes
/// to act for it meanwhile.
async fn nobody_acts_for(act: &mut Act<'_>, user: &User) -> Result<(), OpsError> {
    match store::clients::count_of_user(&mut act.conn(), &user.realm, &user.id).await? {
        0 => Ok(()),
        _ => Err(OpsError::invalid("institution", "clients always act for this user within its institution: change them first")),
    }
}

impl Ops {
    pub async fn user(&self, realm: &RealmId, id: &UserId) -> Result<User, OpsError> {
        Ok(existing(&mut self.db.read().await?.conn(), realm, id).await?.user)
    }

    /// Have wrong passwords locked the account?
    pub async fn user_is_locked(&self, realm: &RealmId, id: &UserId) -> Result<bool, OpsError> {
        self.is_locked(&Principal::user(realm, id)).await
    }

    /// The account with this e-mail address, however it is written.
    pub async fn find_user(&self, realm: &RealmId, email: &str) -> Result<Option<User>, OpsError> {
        let email = User::normalise_email(email);
        let account = store::users::find_by_email(&mut self.db.read().await?.conn(), realm, &email).await?;
        Ok(account.map(|account| account.user))
    }

    pub async fn users(&self, realm: &RealmId, page: &Page) -> Result<Listing<User>, OpsError> {
        let mut session = self.db.read().await?;
        existing_realm(&mut session.conn(), realm).await?;
        let rows = store::users::list(&mut session.conn(), realm, &super::and_one(page)).await?;
        Ok(Listing::cut(rows, page.limit, |user| user.id.as_str()))
    }

    pub async fn create_user(&self, actor: &Actor, realm: &RealmId, new: &NewUser) -> Result<User, OpsError> {
        first(new.check())?;
        let id = new.id.clone().unwrap_or_else(|| UserId::new(random_uuid(&*self.entropy)));
        let user = new.user(realm, id, self.now());
        let sealed = self.seal(&user, new).await?;
        let mut act = self.begin(actor).await?;
        act.realm(realm).await?;
        super::institution_exists(&mut act, realm, user.institution.as_ref()).await?;
        store::users::add(&mut act.conn(), &user).await.map_err(taken(&user))?;
        act.tell(realm, Subject::User(&user.id), AuditEvent::UserCreated).await?;
        if let Some(hash) = sealed.password_hash {
            write_password(&mut act, &user, &hash).await?;
        }
        if let Some(totp) = sealed.totp {
            write_totp(&mut act, &user, &totp).await?;
        }
        act.commit().await?;
        Ok(user)
    }

    pub async fn update_user(
        &self,
        actor: &Actor,
        realm: &RealmId,
        id: &UserId,
        change: UserChange,
    ) -> Result<(User, Put), OpsError> {
        let mut act = self.begin(actor).await?;
        let before = existing(&mut act.conn(), realm, id).await?.user;
        let after = change.applied(&before);
        if after == before {
            return Ok((after, Put::Unchanged));
        }
        first(faults(&after))?;
        super::institution_exists(&mut act, realm, after.institution.as_ref()).await?;
        let now = act.now;
        store::users::update(&mut act.conn(), &after, now).await.map_err(taken(&after))?;
        if after.institution != before.institution {
            nobody_acts_for(&mut act, &after).await?;
        }
        act.tell(realm, Subject::User(id), AuditEvent::UserUpdated).await?;
        act.commit().await?;
        Ok((after, Put::Updated))
    }

    pub async fn block_user(&self, actor: &Actor, realm: &RealmId, id: &UserId) -> Result<Put, OpsError> {
        self.switch_user(actor, realm, id, (true, AuditEvent::UserBlocked)).await
    }

    pub async fn unblock_user(&self, actor: &Actor, realm: &RealmId, id: &UserId) -> Result<Put, OpsError> {
        self.switch_user(actor, realm, id, (false, AuditEvent::UserUnblocked)).await
    }

    async fn switch_user(
        &self,
        actor: &Actor,
        realm: &RealmId,
        id: &UserId,
        (blocked, event): (bool, AuditEvent),
    ) -> Result<Put, OpsError> {
        let mut act = self.begin(actor).await?;
        existing(&mut act.conn(), realm, id).await?;
        let now = act.now;
        if !store::users::set_blocked(&mut act.conn(), realm, id, blocked, now).await? {
            return Ok(Put::Unchanged);
        }
        act.tell(realm, Subject::User(id), event).await?;
        act.commit().await?;
        Ok(Put::Updated)
    }

    /// Forgets the account's wrong tries, and with them its lock.
    pub async fn unlock_user(&self, actor: &Actor, realm: &RealmId, id: &UserId) -> Result<Put, OpsError> {
        let mut act = self.begin(actor).await?;
        existing(&mut act.conn(), realm, id).await?;
        if !store::lockouts::unlock(&mut act.conn(), &Principal::user(realm, id)).await? {
            return Ok(Put::Unchanged);
        }
        act.tell(realm, Subject::User(id), AuditEvent::UserUnlocked).await?;
        act.commit().await?;
        Ok(Put::Updated)
    }
}
