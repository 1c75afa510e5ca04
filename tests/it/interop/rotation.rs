//! Keys rotate three times under load, and verifiers who fetch the JWKS only when `max-age` is over never meet a token under a key
//! that they do not know. The verifiers' code is `openidconnect`'s.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;

use base64::Engine;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use countersign::admin::service::{NewKey, Ops};
use countersign::audit::Actor;
use countersign::clock::Clock;
use countersign::keys::lifecycle::Wait;
use countersign::model::{Algorithm, KeyId, RealmId};
use openidconnect::JsonWebKey;
use openidconnect::core::{CoreJsonWebKey, CoreJsonWebKeySet, CoreJwsSigningAlgorithm};
use serde_json::Value;

use crate::harness::clock::TestClock;
use crate::harness::http::{Request, send};
use crate::harness::server::{Server, on_both};

const ROTATIONS: usize = 3;
const VERIFIERS: usize = 4;

on_both! {
    async fn verifiers_never_meet_an_unknown_key(server) {
        let work = Arc::new(Work { public: server.public, clock: server.clock.clone(), done: AtomicBool::new(false), verified: Default::default() });
        // They began at different times, so that some fetch right before a change and some right after.
        let max_age = server.app.realm("main").unwrap().realm.jwks_max_age;
        let mut verifiers = Vec::new();
        for number in 0..VERIFIERS {
            verifiers.push(tokio::spawn(verify(work.clone(), number)));
            advance(&server, &work, (number + 1, max_age / 7)).await;
        }
        let mut kids = vec![kid_of(&server).await];
        for _ in 0..ROTATIONS {
            rotate(&server, &work, max_age).await;
            kids.push(kid_of(&server).await);
        }
        work.done.store(true, Ordering::SeqCst);
        for verifier in verifiers {
            verifier.await.expect("no verifier failed");
        }
        kids.dedup();
        assert_eq!(kids.len(), ROTATIONS + 1, "each rotation brought another key: {kids:?}");
        let verified: u64 = work.verified.iter().map(|verified| verified.load(Ordering::SeqCst)).sum();
        println!("{verified} tokens verified by {VERIFIERS} verifiers during {ROTATIONS} rotations, none failed");
    }
}

struct Work {
    public: std::net::SocketAddr,
    clock: Arc<TestClock>,
    done: AtomicBool,
    /// How many tokens each verifier has verified.
    verified: [AtomicU64; VERIFIERS],
}

/// Prepare, wait until every cache has met the key, activate, and retire the old one when nothing of it lives.
async fn rotate(server: &Server, work: &Work, max_age: Duration) {
    let (ops, main, shell): (Ops, _, _) = (server.ops(), RealmId::new("main"), Actor::Shell);
    let old = kid_of(server).await;
    let new = ops.prepare_key(&shell, &main, NewKey::generated(Algorithm::Rs256)).await.unwrap();
    server.refresh().await;
    for _ in 0..8 {
        advance(server, work, (VERIFIERS, max_age / 4)).await;
    }
    ops.activate_key(&shell, &main, &new.kid, Wait::Observe).await.unwrap();
    server.refresh().await;
    advance(server, work, (VERIFIERS, max_age / 2)).await;
    for _ in 0..24 {
        advance(server, work, (VERIFIERS, Duration::from_secs(3601))).await;
    }
    ops.retire_key(&shell, &main, &KeyId::new(old), Wait::Observe).await.unwrap();
    server.refresh().await;
    advance(server, work, (VERIFIERS, max_age / 2)).await;
}

/// Time passes, while tokens are issued and verified: each of the first so many verifiers gets through at least one from its
/// issue to its verification after the step, so that nobody's token grows old on its way.
async fn advance(server: &Server, work: &Work, (verifiers, by): (usize, Duration)) {
    let of = |number: usize| work.verified[number].load(Ordering::SeqCst);
    let before: Vec<_> = (0..verifiers).map(of).collect();
    server.clock.advance(by);
    while (0..verifiers).any(|number| of(number) < before[number] + 2) {
        tokio::time::sleep(Duration::from_millis(2)).await;
    }
}

async fn kid_of(server: &Server) -> String {
    header(&token(server.public).await)["kid"].as_str().unwrap().to_owned()
}

async fn token(public: std::net::SocketAddr) -> String {
    let ask = Request::new("POST", "/oauth2/token").basic("demo", "demo-secret").form(&[("grant_type", "client_credentials")]);
    send(public, &ask).await.json()["access_token"].as_str().expect("a token").to_owned()
}

fn header(token: &str) -> Value {
    serde_json::from_slice(&BASE64_URL_SAFE_NO_PAD.decode(token.split('.').next().unwrap()).unwrap()).unwrap()
}

/// Fetches the keys when they are older than the server said, and at no other time.
async fn verify(work: Arc<Work>, number: usize) {
    let mut known: Option<(CoreJsonWebKeySet, i64)> = None;
    while !work.done.load(Ordering::SeqCst) {
        let token = token(work.public).await;
        let now = work.clock.now().millis();
        if known.as_ref().is_none_or(|(_, until)| now >= *until) {
            let answer = send(work.public, &Request::new("GET", "/realms/main/jwks.json")).await;
            let max_age: i64 = answer.header("Cache-Control").unwrap().rsplit_once("max-age=").unwrap().1.parse().unwrap();
            known = Some((serde_json::from_slice(&answer.body).unwrap(), now + max_age * 1000));
        }
        let Some((keys, _)) = &known else { continue };
        let (signed, signature) = token.rsplit_once('.').unwrap();
        let kid = header(&token)["kid"].as_str().unwrap().to_owned();
        let key = keys.keys().iter().find(|key| key.key_id().is_some_and(|id| id.as_str() == kid));
        let key: &CoreJsonWebKey = key.unwrap_or_else(|| panic!("a token under the unknown key {kid}"));
        let signature = BASE64_URL_SAFE_NO_PAD.decode(signature).unwrap();
        key.verify_signature(&CoreJwsSigningAlgorithm::RsaSsaPkcs1V15Sha256, signed.as_bytes(), &signature).expect("it verifies");
        work.verified[number].fetch_add(1, Ordering::SeqCst);
    }
}
