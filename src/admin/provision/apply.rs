//! Makes what a file says so, through the operations that everybody else uses.

use std::fmt;

use super::document::{ClientExtras, Document, Entry, InstitutionExtras, RealmEntry, UserExtras};
use crate::admin::service::{LiveTokens, NewClient, NewInstitution, NewUser, Ops, OpsError, Put, SecretSource};
use crate::audit::Actor;
use crate::model::{ClientId, RealmId, User, UserId};
use crate::secret::Secret;

/// What became of one thing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Done {
    pub put: Put,
    /// `client acme of realm lc`.
    pub what: String,
}

impl fmt::Display for Done {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let verb = match self.put {
            Put::Created => "created",
            Put::Updated => "updated",
            Put::Unchanged => "unchanged",
        };
        write!(f, "{verb} {}", self.what)
    }
}

/// All that a file did.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Report {
    pub done: Vec<Done>,
}

impl Report {
    pub fn count(&self, put: Put) -> usize {
        self.done.iter().filter(|done| done.put == put).count()
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let [created, updated, unchanged] = [Put::Created, Put::Updated, Put::Unchanged].map(|put| self.count(put));
        write!(f, "{created} created, {updated} updated, {unchanged} unchanged")
    }
}

/// What could not be made so. What came before it in the file is done; applying the file again goes on from there.
#[derive(Debug, thiserror::Error)]
#[error("{file}:{line}: {error}")]
pub struct ApplyError {
    pub file: String,
    pub line: usize,
    pub error: OpsError,
}

impl Document {
    /// Makes it so, as `actor`.
    pub async fn apply(&self, ops: &Ops, actor: &Actor) -> Result<Report, ApplyError> {
        let mut report = Report::default();
        for entry in &self.realms {
            let realm = &entry.realm.what.name;
            let mut apply = Apply { ops, actor, realm, file: &self.name, report: &mut report };
            apply.realm(entry).await?;
        }
        Ok(report)
    }
}

struct Apply<'a> {
    ops: &'a Ops,
    actor: &'a Actor,
    realm: &'a RealmId,
    file: &'a str,
    report: &'a mut Report,
}

impl Apply<'_> {
    async fn realm(&mut self, entry: &RealmEntry) -> Result<(), ApplyError> {
        let put = self.ops.put_realm(self.actor, &entry.realm.what).await.map_err(self.at(entry.realm.line))?;
        self.report.done.push(Done { put, what: format!("realm {}", self.realm) });
        for Entry { line, what } in &entry.apis {
            let put = self.ops.put_api(self.actor, self.realm, what).await.map_err(self.at(*line))?;
            self.done(put, format_args!("API {}", what.audience));
        }
        for Entry { line, what: (institution, extras) } in &entry.institutions {
            self.institution(institution, extras).await.map_err(self.at(*line))?;
        }
        // Before the clients, some of which always act for one of them.
        for Entry { line, what: (user, extras) } in &entry.users {
            self.user(user, extras).await.map_err(self.at(*line))?;
        }
        for Entry { line, what: (client, extras) } in &entry.clients {
            self.client(client, extras).await.map_err(self.at(*line))?;
        }
        Ok(())
    }

    async fn institution(&mut self, new: &NewInstitution, extras: &InstitutionExtras) -> Result<(), OpsError> {
        let (ops, actor, realm) = (self.ops, self.actor, self.realm);
        let Some(id) = &new.id else { return Ok(()) };
        let put = match found(ops.institution(realm, id).await)? {
            None => ops.create_institution(actor, realm, new.clone()).await.map(|_| Put::Created)?,
            Some(_) => ops.update_institution(actor, realm, id, new.clone().into()).await?.1,
        };
        let switched = match extras.disabled {
            true => ops.disable_institution(actor, realm, id).await?,
            false => ops.enable_institution(actor, realm, id).await?,
        };
        self.done(most(put, switched), format_args!("institution {id}"));
        Ok(())
    }

    async fn client(&mut self, new: &NewClient, extras: &ClientExtras) -> Result<(), OpsError> {
        let (ops, actor, realm) = (self.ops, self.actor, self.realm);
        let Some(id) = &new.id else { return Ok(()) };
        let put = match found(ops.client(realm, id).await)? {
            None => ops.create_client(actor, realm, new.clone()).await.map(|_| Put::Created)?,
            Some(_) => ops.update_client(actor, realm, id, new.clone().into()).await?.1,
        };
        let switched = match extras.disabled {
            true => ops.disable_client(actor, realm, id).await?,
            false => ops.enable_client(actor, realm, id).await?,
        };
        self.done(most(put, switched), format_args!("client {id}"));
        match &extras.secret {
            None => Ok(()),
            Some(secret) => self.secret(id, &secret.0).await,
        }
    }

    /// A secret that is live already is not added again.
    async fn secret(&mut self, client: &ClientId, secret: &Secret<String>) -> Result<(), OpsError> {
        let (ops, actor, realm) = (self.ops, self.actor, self.realm);
        if ops.has_secret(realm, client, secret).await? {
            return Ok(());
        }
        let added = ops.add_secret(actor, realm, client, SecretSource::Chosen(secret.clone()), None).await?;
        self.done(Put::Created, format_args!("secret {} of client {client}", added.stored.id));
        Ok(())
    }

    async fn user(&mut self, new: &NewUser, extras: &UserExtras) -> Result<(), OpsError> {
        let (ops, actor, realm) = (self.ops, self.actor, self.realm);
        let (put, id) = match self.known_user(new).await? {
            None => (Put::Created, ops.create_user(actor, realm, new).await?.id),
            Some(user) => {
                let (_, put) = ops.update_user(actor, realm, &user.id, new.clone().into()).await?;
                (most(put, self.credentials(new, &user.id).await?), user.id)
            }
        };
        let switched = match extras.blocked {
            true => ops.block_user(actor, realm, &id).await?,
            false => ops.unblock_user(actor, realm, &id).await?,
        };
        self.done(most(put, switched), format_args!("user {}", new.email.as_deref().unwrap_or(id.as_str())));
        Ok(())
    }

    async fn known_user(&self, new: &NewUser) -> Result<Option<User>, OpsError> {
        match (&new.id, &new.email) {
            (Some(id), _) => found(self.ops.user(self.realm, id).await),
            (None, Some(email)) => self.ops.find_user(self.realm, email).await,
            (None, None) => Ok(None),
        }
    }

    async fn credentials(&self, new: &NewUser, id: &UserId) -> Result<Put, OpsError> {
        let mut put = Put::Unchanged;
        if let Some(password) = &new.password {
            put = most(put, self.ops.set_password(self.actor, self.realm, id, password, LiveTokens::Keep).await?);
        }
        if let Some(secret) = &new.totp_secret {
            put = most(put, self.ops.set_totp(self.actor, self.realm, id, secret, LiveTokens::Keep).await?);
        }
        Ok(put)
    }

    fn done(&mut self, put: Put, what: fmt::Arguments<'_>) {
        self.report.done.push(Done { put, what: format!("{what} of realm {}", self.realm) });
    }

    fn at(&self, line: usize) -> impl FnOnce(OpsError) -> ApplyError + use<> {
        let file = self.file.to_owned();
        move |error| ApplyError { file, line, error }
    }
}

/// Absence as a value.
fn found<T>(result: Result<T, OpsError>) -> Result<Option<T>, OpsError> {
    match result {
        Ok(thing) => Ok(Some(thing)),
        Err(OpsError::NotFound(_)) => Ok(None),
        Err(error) => Err(error),
    }
}

/// The greater of two changes to one thing.
fn most(one: Put, other: Put) -> Put {
    match (one, other) {
        (Put::Created, _) | (_, Put::Created) => Put::Created,
        (Put::Updated, _) | (_, Put::Updated) => Put::Updated,
        (Put::Unchanged, Put::Unchanged) => Put::Unchanged,
    }
}
