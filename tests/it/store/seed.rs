//! Databases to test on, and rows to begin with.

use std::time::Duration;

use countersign::model::{
    AuthMethod, Client, ClientId, GrantKind, Institution, InstitutionId, LockoutPolicy, Realm, RealmId, ScopeSet, SecretId,
    StoredSecret, Timestamp, Unlock, User, UserId, Verifier,
};
use countersign::secret::Secret;
use countersign::store::{Db, DbOptions, Durability, Pools, Session, clients, institutions, realms, secrets, users};

/// The present of these tests, in milliseconds.
pub const NOW: i64 = 1_700_000_000_000;

pub fn at(millis: i64) -> Timestamp {
    Timestamp::from_millis(millis)
}

pub fn options(url: String) -> DbOptions {
    let acquire_timeout = Duration::from_millis(1500);
    DbOptions { url: Secret::new(url), max_connections: 8, acquire_timeout, durability: Durability::Crash }
}

/// A migrated SQLite database that is deleted with this value.
pub struct Home {
    pub db: Db,
    pub folder: tempfile::TempDir,
}

impl Home {
    pub async fn new() -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let db = Db::connect(&options(format!("sqlite:{}", folder.path().join("test.db").display()))).await.expect("SQLite");
        db.migrate().await.expect("migrations");
        Self { db, folder }
    }
}

/// Runs what the store has no function for.
pub async fn raw(db: &Db, sql: String) {
    let sql = sqlx::AssertSqlSafe(sql);
    match &db.pools {
        Pools::Postgres(pool) => drop(sqlx::raw_sql(sql).execute(pool).await.expect("a statement")),
        Pools::Sqlite { write, .. } => drop(sqlx::raw_sql(sql).execute(write).await.expect("a statement")),
    }
}

pub const POLICY: LockoutPolicy = LockoutPolicy { threshold: 3, unlock: Unlock::Manual };

pub fn a_realm(id: &str) -> Realm {
    Realm {
        id: RealmId::new(id),
        issuer: None,
        host: None,
        algorithm: countersign::model::Algorithm::Rs256,
        lockout: POLICY,
        max_token_ttl: Duration::from_secs(86_400),
        jwks_max_age: Duration::from_secs(300),
        created_at: at(NOW),
    }
}

pub fn an_institution(realm: &RealmId, id: &str) -> Institution {
    Institution {
        realm: realm.clone(),
        id: InstitutionId::new(id),
        name: "Bank".into(),
        scopes: None,
        claims: serde_json::Map::new(),
        networks: Vec::new(),
        quota: None,
        disabled_at: None,
        not_before: None,
        created_at: at(NOW),
    }
}

pub fn a_client(realm: &RealmId, id: &str) -> Client {
    Client {
        realm: realm.clone(),
        id: ClientId::new(id),
        name: "Back end".into(),
        institution: None,
        auth_method: AuthMethod::Secret,
        grants: vec![GrantKind::ClientCredentials],
        scopes: ScopeSet::parse("read write").expect("scopes"),
        requires_mfa: false,
        token_ttl: None,
        token_reuse: None,
        user: None,
        disabled_at: None,
        not_before: None,
        created_at: at(NOW),
    }
}

/// A secret, younger by its number.
pub fn a_secret(client: &ClientId, number: u8) -> StoredSecret {
    StoredSecret {
        id: SecretId::new(format!("{client}-{number}")),
        verifier: Verifier::Digest(vec![number; 32]),
        version: 1,
        created_at: at(NOW + i64::from(number)),
        expires_at: None,
        revoked_at: None,
        last_used_at: None,
    }
}

pub fn a_user(realm: &RealmId, id: &str) -> User {
    User {
        realm: realm.clone(),
        id: UserId::new(id),
        institution: None,
        email: Some(format!("{id}@bank.example")),
        name: "Jane".into(),
        roles: Vec::new(),
        scopes: None,
        blocked_at: None,
        not_before: None,
        created_at: at(NOW),
    }
}

/// A connection that may write.
pub async fn session(db: &Db) -> Session {
    db.write().await.expect("a connection")
}

/// Adds a realm: the case's own.
pub async fn realm(db: &Db, id: &str) -> RealmId {
    realms::add(&mut session(db).await.conn(), &a_realm(id)).await.expect("a new realm");
    RealmId::new(id)
}

/// Adds a client.
pub async fn client(db: &Db, realm: &RealmId, id: &str) -> ClientId {
    clients::add(&mut session(db).await.conn(), &a_client(realm, id)).await.expect("a new client");
    ClientId::new(id)
}

/// Adds a client with so many secrets, named `{client}-1` onwards.
pub async fn client_with_secrets(db: &Db, realm: &RealmId, id: &str, count: u8) -> ClientId {
    let client = client(db, realm, id).await;
    for number in 1..=count {
        let secret = a_secret(&client, number);
        secrets::add(&mut session(db).await.conn(), realm, &client, &secret).await.expect("a new secret");
    }
    client
}

/// Adds an institution.
pub async fn institution(db: &Db, realm: &RealmId, id: &str) -> InstitutionId {
    institutions::add(&mut session(db).await.conn(), &an_institution(realm, id)).await.expect("a new institution");
    InstitutionId::new(id)
}

/// Adds an account.
pub async fn user(db: &Db, realm: &RealmId, id: &str) -> UserId {
    users::add(&mut session(db).await.conn(), &a_user(realm, id)).await.expect("a new account");
    UserId::new(id)
}

/// Runs the same thing 64 times at once: what each came to.
pub async fn race<F, T>(db: &Db, contender: impl Fn(Db) -> F) -> Vec<T>
where
    F: Future<Output = T> + Send + 'static,
    T: Send + 'static,
{
    let contenders: Vec<_> = (0..64).map(|_| tokio::spawn(contender(db.clone()))).collect();
    let mut outcomes = Vec::new();
    for contender in contenders {
        outcomes.push(contender.await.expect("a contender that ends"));
    }
    outcomes
}
