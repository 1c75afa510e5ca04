//! What the cases look at beside the answers: tries, the audit trail, operations, dialect files of their own, claims,
//! tokens that somebody else made.

use std::path::PathBuf;
use std::sync::LazyLock;
use std::time::Duration;

use aws_lc_rs::hmac;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use countersign::admin::service::{AddedSecret, NewClient, SecretSource};
use countersign::audit::Actor;
use countersign::config::Config;
use countersign::credential::totp;
use countersign::keys::SigningKey;
use countersign::model::{Algorithm, ClientId, KeyId, Principal, RealmId, ScopeSet, Timestamp, Tries};
use countersign::secret::Secret;
use countersign::store::audit::{AuditFilter, AuditRow};
use countersign::store::{Pools, audit, lockouts};
use serde_json::Value;
use sqlx::AssertSqlSafe;

use super::{OAUTH2, post, token_of};
use crate::harness::http::{Request, Response};
use crate::harness::server::Server;

/// The tries of a client that stand against it.
pub async fn tries(server: &Server, realm: &str, client: &str) -> Tries {
    tries_of(server, &Principal::client(&RealmId::new(realm), &ClientId::new(client))).await
}

pub async fn tries_of(server: &Server, who: &Principal) -> Tries {
    lockouts::lookup(&mut server.app.db.read().await.unwrap().conn(), who).await.unwrap()
}

/// The records of this event, once there are at least so many: refusals are written a moment after their answer.
pub async fn trail(server: &Server, event: &str, at_least: usize) -> Vec<AuditRow> {
    for _ in 0..100 {
        let filter = AuditFilter { limit: 10_000, ..AuditFilter::default() };
        let rows = audit::list(&mut server.app.db.read().await.unwrap().conn(), &filter).await.unwrap();
        let found: Vec<_> = rows.into_iter().map(|(_, row)| row).filter(|row| row.event == event).collect();
        if found.len() >= at_least {
            return found;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    panic!("fewer than {at_least} records of {event} were written")
}

/// One statement on the server's database.
pub async fn execute(server: &Server, sql: &str) {
    let sql = AssertSqlSafe(sql.to_owned());
    match &server.app.db.pools {
        Pools::Postgres(pool) => sqlx::query(sql).execute(pool).await.map(drop).unwrap(),
        Pools::Sqlite { write, .. } => sqlx::query(sql).execute(write).await.map(drop).unwrap(),
    }
}

/// The one number that a statement finds.
pub async fn number(server: &Server, sql: &str) -> i64 {
    let sql = AssertSqlSafe(sql.to_owned());
    match &server.app.db.pools {
        Pools::Postgres(pool) => sqlx::query_scalar(sql).fetch_one(pool).await.unwrap(),
        Pools::Sqlite { read, .. } => sqlx::query_scalar(sql).fetch_one(read).await.unwrap(),
    }
}

/// One more client, with a secret that somebody chose.
pub async fn client(server: &Server, realm: &str, id: &str, secret: &str, scopes: &str) {
    let (realm, id) = (RealmId::new(realm), ClientId::new(id));
    let new = NewClient::machine(id.clone(), ScopeSet::parse(scopes).unwrap());
    server.ops().create_client(&Actor::Shell, &realm, new).await.unwrap();
    add_secret(server, realm.as_str(), id.as_str(), SecretSource::Chosen(Secret::new(secret.to_owned())), None).await;
}

pub async fn add_secret(server: &Server, realm: &str, id: &str, source: SecretSource, overlap: Option<Duration>) -> AddedSecret {
    let (realm, id) = (RealmId::new(realm), ClientId::new(id));
    server.ops().add_secret(&Actor::Shell, &realm, &id, source, overlap).await.unwrap()
}

/// An administrator's token.
pub async fn admin_token(server: &Server) -> String {
    let request = post(OAUTH2).form(&[("grant_type", "client_credentials")]).basic("demo-admin", "demo-admin-secret");
    token_of(&server.send(&request).await, "demo-admin")
}

/// One request of an administrator.
pub async fn administer(server: &Server, token: &str, method: &str, path: &str, body: Option<&Value>) -> Response {
    let request = Request::new(method, &format!("/admin/v1/realms/{path}")).header("Authorization", &format!("Bearer {token}"));
    server.operate(&body.map_or(request.clone(), |body| request.json(body))).await
}

/// A shipped dialect, what is replaced in it and what is added at its end.
type Changed<'a> = (&'a str, &'a [(&'a str, &'a str)], &'a str);

/// A directory of shipped dialects, changed.
fn dialects(name: &str, changed: &[Changed<'_>]) -> PathBuf {
    let home = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("edge").join(name);
    std::fs::create_dir_all(&home).unwrap();
    for (dialect, replaced, added) in changed {
        let file = format!("{dialect}.toml");
        let shipped = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("config/dialects").join(&file);
        let mut text = std::fs::read_to_string(shipped).unwrap();
        for (before, after) in *replaced {
            assert!(text.contains(before), "{file} has no `{before}`");
            text = text.replace(before, after);
        }
        std::fs::write(home.join(&file), text + added).unwrap();
    }
    home
}

/// Every dialect with a test endpoint, which each has at `/test/NAME`, but Cross River at its own.
pub fn tested(config: &mut Config) {
    static DIR: LazyLock<PathBuf> = LazyLock::new(|| {
        let names = ["loanstreet", "lendingclub", "uphold", "oauth2"];
        let ends = names.map(|name| format!("\n[test]\npath = \"/test/{name}\"\nmethod = \"GET\"\n"));
        let changed: Vec<Changed<'_>> = names.iter().zip(&ends).map(|(name, end)| (*name, [].as_slice(), end.as_str())).collect();
        dialects("tested", &changed)
    });
    config.dialects.dir = Some(DIR.clone());
}

/// The knobs of the contracts' doubts, turned the other way.
pub fn turned(config: &mut Config) {
    static DIR: LazyLock<PathBuf> = LazyLock::new(|| {
        let test = "\n[test]\npath = \"/test/lendingclub\"\nmethod = \"GET\"\n";
        dialects(
            "turned",
            &[
                ("lendingclub", &[("= 1800", "= 3600"), (r#"["json", "form"]"#, r#"["json"]"#)], test),
                (
                    "loanstreet",
                    &[
                        ("status = 200", "status = 201"),
                        (r#"policy = "if_enrolled""#, r#"policy = "off""#),
                        ("password = 86400", "password = 900"),
                    ],
                    "",
                ),
            ],
        )
    });
    config.dialects.dir = Some(DIR.clone());
}

/// Header and claims of a token.
pub fn decoded(token: &str) -> (Value, Value) {
    let mut parts = token.split('.').map(|part| serde_json::from_slice(&URL_SAFE_NO_PAD.decode(part).unwrap_or_default()));
    (parts.next().unwrap().unwrap(), parts.next().unwrap().unwrap())
}

/// What a signature covers.
pub fn message(header: &Value, claims: &Value) -> String {
    [header, claims].map(|part| URL_SAFE_NO_PAD.encode(part.to_string())).join(".")
}

/// A token under the tests' RS256 key, which every realm has, each under a name of its own.
pub fn signed(header: &Value, claims: &Value) -> String {
    let pem = include_str!("../fixtures/rs256.pem");
    let key = SigningKey::from_pem(Algorithm::Rs256, Some(KeyId::new("any")), pem).unwrap();
    let message = message(header, claims);
    let mut signature = Vec::new();
    key.sign(message.as_bytes(), &mut signature).unwrap();
    format!("{message}.{}", URL_SAFE_NO_PAD.encode(signature))
}

/// A token under a symmetric key.
pub fn signed_hs256(header: &Value, claims: &Value, key: &[u8]) -> String {
    let message = message(header, claims);
    let tag = hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, key), message.as_bytes());
    format!("{message}.{}", URL_SAFE_NO_PAD.encode(tag))
}

/// The one-time password of the demo's account with a second factor, at this time (RFC 6238).
pub fn otp(at: Timestamp) -> String {
    let seed = totp::decode_base32("JBSWY3DPEHPK3PXP").unwrap();
    let key = hmac::Key::new(hmac::HMAC_SHA1_FOR_LEGACY_USE_ONLY, seed.expose());
    let mac = hmac::sign(&key, &(at.seconds() / 30).to_be_bytes());
    let offset = usize::from(mac.as_ref()[19] & 15);
    let chosen = u32::from_be_bytes(mac.as_ref()[offset..offset + 4].try_into().unwrap()) & 0x7fff_ffff;
    format!("{:06}", chosen % 1_000_000)
}
