//! The first client of an installation: the one that may administer it.

use super::secrets::SecretSource;
use super::{AddedSecret, NewClient, NewRealm, Ops, OpsError, Put};
use crate::audit::{Actor, AuditEvent};
use crate::model::{ClientId, RealmId, Scope, ScopeSet};

/// The scope that a token for the admin API carries.
pub const ADMIN_SCOPE: &str = "countersign.admin";
/// The id of the client that is bootstrapped.
const ADMIN_CLIENT: &str = "admin";

/// The admin client with its secret, which is seen this once.
#[derive(Debug)]
pub struct Bootstrapped {
    pub client: ClientId,
    pub secret: AddedSecret,
    /// Did the realm exist before?
    pub realm: Put,
}

impl Ops {
    /// Creates the realm's admin client, and the realm where there is none. Where there is a client, a secret is added to it
    /// only if `again` says so.
    pub async fn bootstrap(&self, actor: &Actor, realm: &RealmId, again: bool) -> Result<Bootstrapped, OpsError> {
        let id = ClientId::new(ADMIN_CLIENT);
        let created = self.realm_for_admin(actor, realm).await?;
        let scopes: ScopeSet = Scope::new(ADMIN_SCOPE).into_iter().collect();
        match self.client(realm, &id).await {
            Err(OpsError::NotFound(_)) => {
                self.create_client(actor, realm, NewClient::machine(id.clone(), scopes)).await?;
            }
            Ok(client) if scopes.iter().any(|scope| !client.scopes.contains(scope)) => {
                let why = format!("realm `{realm}` has a client `{id}` that may not administer it");
                return Err(OpsError::refused(why, format!("give it the scope `{ADMIN_SCOPE}` if it should")));
            }
            Ok(_) if again => {}
            Ok(_) => {
                let why = format!("realm `{realm}` has an admin client already, `{id}`");
                return Err(OpsError::refused(why, "use its secret, or give it one more with --again"));
            }
            Err(error) => return Err(error),
        }
        let secret = self.add_secret(actor, realm, &id, SecretSource::Generated, None).await?;
        let mut act = self.begin(actor).await?;
        act.tell(realm, super::act::Subject::Secret(&id, &secret.stored.id), AuditEvent::AdminBootstrapped).await?;
        act.commit().await?;
        Ok(Bootstrapped { client: id, secret, realm: created })
    }

    async fn realm_for_admin(&self, actor: &Actor, realm: &RealmId) -> Result<Put, OpsError> {
        match self.realm(realm).await {
            Ok(_) => Ok(Put::Unchanged),
            Err(OpsError::NotFound(_)) => self.put_realm(actor, &NewRealm::named(realm.clone())).await,
            Err(error) => Err(error),
        }
    }
}
