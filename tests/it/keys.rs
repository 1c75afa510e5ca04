//! The life of a signing key, seen by those who verify: nobody's cache ever lacks what it needs.

use std::time::Duration;

use countersign::admin::service::NewKey;
use countersign::audit::Actor;
use countersign::model::{Algorithm, KeyId, KeyRecord, KeyState, RealmId};
use countersign::store::changes::{Change, ChangeKind, append};
use countersign::store::keys;
use serde_json::{Value, json};

use crate::harness::clock::BEGINNING;
use crate::harness::http::{Request, Response};
use crate::harness::process::eventually;
use crate::harness::server::{Server, on_both};

const REALM: &str = "crossriver";
const OLD: &str = "crossriver-RS256";
const NEW: &str = "next";
const JWKS: &str = "/realms/crossriver/jwks.json";
/// `jwks_max_age` and `max_token_ttl` of the realm, and the life of its tokens.
const MAX_AGE: u64 = 600;
const MAX_TTL: u64 = 86_400;
const TTL: u64 = 3600;
/// Within which every node has heard of a change.
const HEARD: Duration = Duration::from_secs(2);

on_both! {
    async fn a_key_signs_only_once_every_cache_has_met_it(server) {
        let first = server.send(&Request::new("GET", JWKS)).await;
        assert_eq!(first.header("Cache-Control"), Some("public, max-age=600"));
        assert_eq!(first.header("Content-Type"), Some("application/jwk-set+json"));
        let made = admin(&server, "POST", "", Some(json!({ "algorithm": "RS256", "kid": NEW }))).await;
        assert_eq!((made.status, &made.json()["state"]), (201, &"prepublished".into()));
        server.refresh().await;

        assert_eq!(kids(&server).await.iter().filter(|kid| *kid == NEW || *kid == OLD).count(), 2, "both are shown");
        assert_eq!(kid(&issue(&server).await), OLD);
        let all = server.send(&Request::new("GET", JWKS)).await;
        for private in ["d", "p", "q", "dp", "dq", "qi", "k"] {
            assert!(all.json()["keys"].as_array().unwrap().iter().all(|key| key.get(private).is_none()), "`{private}` is shown");
        }

        server.clock.advance(Duration::from_millis(2 * MAX_AGE * 1000 - 1));
        let early = admin(&server, "POST", "/next/activate", None).await;
        assert_eq!((early.status, early.header("Content-Type")), (409, Some("application/problem+json")));
        assert_eq!(early.json()["detail"], "the key `next` cannot leave the state `prepublished` for another 1 s");
        server.refresh().await;
        assert_eq!(kid(&issue(&server).await), OLD);

        server.clock.advance(Duration::from_millis(1));
        assert_eq!(admin(&server, "POST", "/next/activate", None).await.status, 204);
        server.refresh().await;
        assert_eq!(kid(&issue(&server).await), NEW);
        assert_eq!(kids(&server).await.iter().filter(|kid| *kid == NEW || *kid == OLD).count(), 2, "both stay");
    }

    async fn a_key_is_shown_until_its_last_token_has_expired(server) {
        let old = issue(&server).await;
        prepare(&server, NEW).await;
        assert_eq!(admin(&server, "POST", "/next/activate?force=true", None).await.status, 204);
        server.refresh().await;
        let new = issue(&server).await;
        assert_eq!((kid(&old), kid(&new)), (OLD.to_owned(), NEW.to_owned()));

        server.clock.advance(Duration::from_millis(TTL * 1000 - 1));
        assert_eq!((tested(&server, &old).await, tested(&server, &new).await), (200, 200), "to their last moment");
        server.clock.advance(Duration::from_millis(1));
        assert_eq!((tested(&server, &old).await, tested(&server, &new).await), (401, 401));

        server.clock.advance(Duration::from_millis((MAX_TTL - TTL) * 1000 + 1000 - 1));
        let early = admin(&server, "POST", &format!("/{OLD}/retire"), None).await;
        assert_eq!(early.status, 409);
        assert_eq!(early.json()["detail"], "the key `crossriver-RS256` cannot leave the state `grace` for another 1 s");
        server.clock.advance(Duration::from_millis(1));
        assert_eq!(admin(&server, "POST", &format!("/{OLD}/retire"), None).await.status, 204);
        server.refresh().await;
        assert!(!kids(&server).await.contains(&OLD.to_owned()));
        assert_eq!(kid(&issue(&server).await), NEW);
    }

    async fn a_leaked_key_can_be_taken_out_at_once(server) {
        let leaked = issue(&server).await;
        assert_eq!(admin(&server, "POST", &format!("/{OLD}/retire?force=true"), None).await.status, 409, "it still signs");
        prepare(&server, NEW).await;
        assert_eq!(admin(&server, "POST", "/next/activate?force=true", None).await.status, 204);
        server.refresh().await;
        assert_eq!(tested(&server, &leaked).await, 200, "its tokens live on in grace");
        assert_eq!(admin(&server, "POST", &format!("/{OLD}/retire?force=true"), None).await.status, 204);
        server.refresh().await;
        assert_eq!(tested(&server, &leaked).await, 401);
        for step in ["activate", "retire"] {
            let again = admin(&server, "POST", &format!("/{OLD}/{step}?force=true"), None).await;
            assert_eq!(again.status, 409, "a retired key does not come back by `{step}`");
        }
    }

    async fn an_etag_spares_the_body_until_the_keys_change(server) {
        let first = server.send(&Request::new("GET", JWKS)).await;
        let etag = first.header("ETag").unwrap().to_owned();
        assert!(etag.starts_with('"') && etag.ends_with('"'), "a strong tag: {etag}");
        let asked = |tag: &str| Request::new("GET", JWKS).header("If-None-Match", tag);
        for known in [etag.clone(), format!("W/{etag}"), format!("\"other\", {etag}"), "*".to_owned()] {
            let answer = server.send(&asked(&known)).await;
            assert_eq!((answer.status, answer.body.as_slice()), (304, b"".as_slice()), "{known}");
            assert_eq!((answer.header("ETag"), answer.header("Cache-Control")), (Some(&*etag), Some("public, max-age=600")));
        }
        let other = server.send(&asked("\"other\"")).await;
        assert_eq!((other.status, other.header("ETag"), &other.body), (200, Some(&*etag), &first.body));

        prepare(&server, NEW).await;
        server.refresh().await;
        let changed = server.send(&asked(&etag)).await;
        assert_eq!(changed.status, 200);
        assert_ne!(changed.header("ETag"), Some(&*etag));
    }

    async fn another_node_hears_of_it_within_two_seconds(server) {
        let other = Server::on(&server.url, |_| {}).await;
        prepare(&server, NEW).await;
        heard("the JWKS of the other node", async || kids(&other).await.contains(&NEW.to_owned()).then_some(())).await;
        assert_eq!(admin(&server, "POST", "/next/activate?force=true", None).await.status, 204);
        heard("the signer of the other node", async || (kid(&issue(&other).await) == NEW).then_some(())).await;
        heard("the node itself", async || (kid(&issue(&server).await) == NEW).then_some(())).await;
        assert_eq!((tested(&server, &issue(&other).await).await, tested(&other, &issue(&server).await).await), (200, 200));
    }

    async fn a_change_that_could_not_be_read_is_read_later(server) {
        let (realm, damaged) = (RealmId::new(REALM), KeyId::new("damaged"));
        add_damaged(&server, &realm, &damaged).await;
        prepare(&server, NEW).await;
        // Several looks at the changes, all of them in vain.
        tokio::time::sleep(Duration::from_millis(800)).await;
        assert!(!kids(&server).await.contains(&NEW.to_owned()), "what was in force stays");
        assert_eq!(kid(&issue(&server).await), OLD);
        // Nobody tells of the repair.
        let mut session = server.app.db.write().await.unwrap();
        let (from, to) = (KeyState::Prepublished, KeyState::Retired);
        assert!(keys::transition(&mut session.conn(), &realm, &damaged, from, to, BEGINNING).await.unwrap());
        drop(session);
        heard("the other change", async || kids(&server).await.contains(&NEW.to_owned()).then_some(())).await;
    }
}

/// A request to the admin API about the realm's keys.
async fn admin(server: &Server, method: &str, path: &str, body: Option<Value>) -> Response {
    let request = Request::new("POST", "/oauth2/token").basic("demo-admin", "demo-admin-secret");
    let token = server.send(&request.form(&[("grant_type", "client_credentials")])).await;
    let token = token.json()["access_token"].as_str().expect("an administrator's token").to_owned();
    let request = Request::new(method, &format!("/admin/v1/realms/{REALM}/keys{path}"));
    let request = request.header("Authorization", &format!("Bearer {token}"));
    server.operate(&body.map_or(request.clone(), |body| request.json(&body))).await
}

async fn prepare(server: &Server, kid: &str) {
    let key = NewKey { kid: Some(KeyId::new(kid)), ..NewKey::generated(Algorithm::Rs256) };
    server.ops().prepare_key(&Actor::Shell, &RealmId::new(REALM), key).await.unwrap();
}

/// A published key whose public half cannot be read, told of like any other.
async fn add_damaged(server: &Server, realm: &RealmId, kid: &KeyId) {
    let sound = server.ops().keys(realm).await.unwrap().remove(0);
    let state = KeyState::Prepublished;
    let record = KeyRecord { kid: kid.clone(), state, public_jwk: "{}".into(), activated_at: None, ..sound };
    let mut tx = server.app.db.begin().await.unwrap();
    keys::add(&mut tx.conn(), &record).await.unwrap();
    let change = Change { realm: Some(realm.clone()), kind: ChangeKind::Key, id: Some(kid.to_string()) };
    append(&mut tx.conn(), &change, BEGINNING).await.unwrap();
    tx.commit().await.unwrap();
}

async fn issue(server: &Server) -> String {
    let pairs = [("grant_type", "client_credentials"), ("client_id", "acme"), ("client_secret", "s3cr3t-crossriver")];
    let answer = server.send(&Request::new("POST", "/connect/token").form(&pairs)).await;
    assert_eq!(answer.status, 200, "{}", answer.text());
    answer.json()["access_token"].as_str().unwrap().to_owned()
}

/// The status of the contract's test endpoint for this token.
async fn tested(server: &Server, token: &str) -> u16 {
    let request = Request::new("GET", "/api/SignupCard/TestOauth").header("Authorization", &format!("Bearer {token}"));
    server.send(&request).await.status
}

fn kid(token: &str) -> String {
    crate::process::said(token, 0, "kid")
}

async fn kids(server: &Server) -> Vec<String> {
    let jwks = server.send(&Request::new("GET", JWKS)).await.json();
    jwks["keys"].as_array().unwrap().iter().map(|key| key["kid"].as_str().unwrap().to_owned()).collect()
}

async fn heard(what: &str, answer: impl AsyncFnMut() -> Option<()>) {
    tokio::time::timeout(HEARD, eventually(what, answer))
        .await
        .unwrap_or_else(|_| panic!("{what} was not heard of in {HEARD:?}"));
}
