//! Tokens from elsewhere: of another contract, of another installation, forged, of an earlier key, of another time.

use std::time::Duration;

use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use countersign::admin::service::NewKey;
use countersign::audit::Actor;
use countersign::keys::lifecycle::Wait;
use countersign::model::{Algorithm, KeyId, RealmId};
use countersign::secret::Secret;
use serde_json::Value;

use super::tools::{decoded, message, signed, signed_hs256, tested};
use super::*;
use crate::harness::server::{Backend, Server, on_both};

/// Where each contract judges a token: its test endpoint, and `/verify` in its words; and its refusal.
const PLACES: [(&str, [&str; 2], u16); 5] = [
    ("loanstreet", ["/test/loanstreet", "/verify?realm=loanstreet&dialect=loanstreet"], 403),
    ("lendingclub", ["/test/lendingclub?realm=lc", "/verify?realm=lc&dialect=lendingclub"], 401),
    ("crossriver", RIVER, 401),
    ("uphold", ["/test/uphold", "/verify?realm=uphold&dialect=uphold"], 401),
    ("oauth2", ["/test/oauth2", "/verify?realm=main"], 401),
];

const RIVER: [&str; 2] = [TEST, "/verify?realm=crossriver&dialect=crossriver"];

const KIDS: [(&str, &str); 5] = [
    ("loanstreet", "loanstreet-RS256"),
    ("lendingclub", "lc-RS256"),
    ("crossriver", "crossriver-RS256"),
    ("uphold", "uphold-RS256"),
    ("oauth2", "main-RS256"),
];

/// A true token of Cross River: header and claims.
async fn genuine(server: &Server) -> (Value, Value) {
    decoded(&token_of(&server.send(&cr(&[])).await, "genuine"))
}

/// What both places answer.
async fn status(server: &Server, token: &str) -> u16 {
    let [tested, verified] = RIVER.map(|path| bearer(path, token));
    let (tested, verified) = (server.send(&tested).await, server.send(&verified).await);
    assert_eq!(tested.status, verified.status, "{tested:?} {verified:?}");
    tested.status
}

/// With this member of a JSON object replaced; `null` takes it away.
fn with(object: &Value, name: &str, value: Value) -> Value {
    let mut object = object.clone();
    match value {
        Value::Null => drop(object.as_object_mut().unwrap().shift_remove(name)),
        value => object[name] = value,
    }
    object
}

/// A forged token, and what is wrong with it.
type Forged = (String, String);

fn badly_signed(header: &Value, claims: &Value, jwk: &Value) -> Vec<Forged> {
    let none = |alg: &str| format!("{}.", message(&with(header, "alg", alg.into()), claims));
    let hs256 = |key: &[u8]| signed_hs256(&with(header, "alg", json!("HS256")), claims, key);
    let modulus = jwk["n"].as_str().unwrap();
    let genuine = signed(header, claims);
    let signature = genuine.rsplit_once('.').unwrap().1;
    let forged = [
        ("no signature", format!("{}.", message(header, claims))),
        ("alg none", none("none")),
        ("alg None", none("None")),
        ("alg none with a signature", format!("{}{signature}", none("none"))),
        ("HS256 with the modulus", hs256(modulus.as_bytes())),
        ("HS256 with the modulus' bytes", hs256(&URL_SAFE_NO_PAD.decode(modulus).unwrap())),
        ("HS256 with the JWK", hs256(jwk.to_string().as_bytes())),
        ("HS256 with nothing", hs256(b"")),
        ("a fourth part", format!("{genuine}.x")),
        ("a claim changed", format!("{}.{signature}", message(header, &with(claims, "scope", json!("admin"))))),
        ("the end cut", genuine.strip_suffix(|_| true).unwrap().to_owned()),
    ];
    forged.map(|(case, token)| (case.to_owned(), token)).to_vec()
}

fn other_headers(header: &Value, claims: &Value, jwk: &Value) -> Vec<Forged> {
    let kids = [
        "unknown",
        "",
        "../crossriver-RS256",
        "/etc/passwd",
        "crossriver-rs256",
        "uphold-RS256",
        "crossriver-PS256",
        "crossriver-ES256",
        "' OR '1'='1",
        "crossriver-RS256\u{0}",
    ];
    let others = [
        ("kid", Value::Null),
        ("kid", json!(["crossriver-RS256"])),
        ("alg", Value::Null),
        ("alg", json!("RS384")),
        ("alg", json!("PS256")),
        ("typ", json!("logout+jwt")),
        ("typ", json!("id_token")),
        ("jwk", jwk.clone()),
        ("jku", json!("https://evil.example/jwks.json")),
        ("x5u", json!("https://evil.example/")),
        ("crit", json!(["exp"])),
    ];
    let all = kids.into_iter().map(|kid| ("kid", json!(kid))).chain(others);
    all.map(|(name, value)| (format!("header {name} = {value}"), signed(&with(header, name, value), claims))).collect()
}

fn other_claims(header: &Value, claims: &Value) -> Vec<Forged> {
    let all = [
        ("iss", Value::Null),
        ("iss", json!("https://evil.example")),
        ("exp", Value::Null),
        ("exp", json!("9999999999")),
        ("exp", json!(1e30)),
        ("exp", json!(-1)),
        ("iat", Value::Null),
        ("sub", Value::Null),
        ("nbf", json!("now")),
    ];
    let forge = |(name, value): (&str, Value)| (format!("claim {name} = {value}"), signed(header, &with(claims, name, value)));
    all.map(forge).to_vec()
}

on_both! {
    async fn edge_068_no_contract_takes_anothers_token(server, tested) {
        for (own, request) in right_ones() {
            let token = token_of(&server.send(&request).await, own);
            for (dialect, paths, refusal) in PLACES {
                let expected = if own == dialect { 200 } else { refusal };
                for path in paths {
                    let answer = server.send(&bearer(path, &token)).await;
                    assert_eq!(answer.status, expected, "a token of {own} at {path}: {answer:?}");
                }
                // All realms of the tests share one key; under the name that the other realm has for it, the signature is right.
                let kid = KIDS.iter().find(|(name, _)| *name == dialect).unwrap().1;
                if own != dialect && token.contains('.') {
                    let (header, claims) = decoded(&token);
                    let renamed = signed(&with(&header, "kid", kid.into()), &claims);
                    for path in paths {
                        assert_eq!(server.send(&bearer(path, &renamed)).await.status, refusal, "{own} at {path}, renamed");
                    }
                }
            }
        }
    }

    async fn edge_069_a_sandbox_token_is_nothing_in_production(server) {
        let backend = if server.url.starts_with("sqlite") { Backend::Sqlite } else { Backend::Postgres };
        let sandbox = Server::start(backend, |config| config.server.public_url = Some("https://sandbox.example".to_owned()));
        let sandbox = sandbox.await.unwrap();
        let (theirs, ours) = (genuine(&sandbox).await, genuine(&server).await);
        assert_ne!(theirs.1["iss"], ours.1["iss"]);
        // Even under the same key: the issuer alone tells them apart.
        assert_eq!(theirs.0, ours.0);
        for (at, token, expected) in
            [(&server, &theirs, 401), (&sandbox, &ours, 401), (&server, &ours, 200), (&sandbox, &theirs, 200)]
        {
            assert_eq!(status(at, &signed(&token.0, &token.1)).await, expected, "{}", token.1["iss"]);
        }
        // And under keys of its own, as every installation has them, nothing is left of it.
        let foreign = with(&theirs.0, "kid", json!("sandbox"));
        assert_eq!(status(&server, &signed(&foreign, &ours.1)).await, 401);
    }

    async fn edge_070_forged_tokens_are_refused(server) {
        let (header, claims) = genuine(&server).await;
        assert_eq!(status(&server, &signed(&header, &claims)).await, 200, "the forge is a true one");
        let jwks = server.send(&get("/realms/crossriver/jwks.json")).await.json();
        let jwk = jwks["keys"].as_array().unwrap().iter().find(|key| key["kid"] == header["kid"]).unwrap();
        let forged = [badly_signed(&header, &claims, jwk), other_headers(&header, &claims, jwk), other_claims(&header, &claims)];
        for (case, token) in forged.concat() {
            for path in RIVER {
                let answer = server.send(&bearer(path, &token)).await;
                assert_eq!((answer.status, answer.body.len()), (401, 0), "{case} at {path}: {answer:?}");
                assert_eq!(answer.header("WWW-Authenticate"), Some(r#"Bearer error="invalid_token""#), "{case} at {path}");
            }
        }
    }

    async fn edge_071_tokens_of_the_previous_key_live_out_their_time(server) {
        let (realm, ops, actor) = (RealmId::new("crossriver"), server.ops(), Actor::Shell);
        let pem = Secret::new(include_str!("../fixtures/ps256.pem").to_owned());
        let next = NewKey { kid: Some(KeyId::new("next")), pem: Some(pem), ..NewKey::generated(Algorithm::Rs256) };
        ops.prepare_key(&actor, &realm, next).await.unwrap();
        server.refresh().await;
        assert_eq!(genuine(&server).await.0["kid"], "crossriver-RS256", "a published key does not sign yet");
        assert_eq!(published(&server).await, ["crossriver-RS256", "next"]);
        server.clock.advance(Duration::from_secs(1200));
        let old = token_of(&server.send(&cr(&[])).await, "old");
        ops.activate_key(&actor, &realm, &KeyId::new("next"), Wait::Observe).await.unwrap();
        server.refresh().await;
        let new = token_of(&server.send(&cr(&[])).await, "new");
        assert_eq!((decoded(&old).0["kid"].as_str(), decoded(&new).0["kid"].as_str()), (Some("crossriver-RS256"), Some("next")));
        assert_eq!(published(&server).await, ["crossriver-RS256", "next"]);
        for token in [&old, &new] {
            assert_eq!(status(&server, token).await, 200);
        }
        ops.retire_key(&actor, &realm, &KeyId::new("crossriver-RS256"), Wait::Observe).await.unwrap_err();
        server.clock.advance(Duration::from_secs(3599));
        assert_eq!(status(&server, &old).await, 200, "a second before it expires");
        server.clock.advance(Duration::from_secs(1));
        assert_eq!(status(&server, &old).await, 401, "expired");
        server.clock.advance(Duration::from_secs(86400));
        ops.retire_key(&actor, &realm, &KeyId::new("crossriver-RS256"), Wait::Observe).await.unwrap();
        server.refresh().await;
        assert_eq!(published(&server).await, ["next"]);
        assert_eq!(status(&server, &token_of(&server.send(&cr(&[])).await, "newer")).await, 200);
    }

    async fn edge_072_a_life_is_never_stretched_and_a_beginning_a_little(server) {
        let (header, claims) = genuine(&server).await;
        let now = server.app.now().seconds();
        for (name, value, expected) in [
            ("exp", now + 1, 200),
            ("exp", now, 401),
            ("exp", now - 1, 401),
            ("iat", now + 30, 200),
            ("iat", now + 31, 401),
            ("nbf", now, 200),
            ("nbf", now + 30, 200),
            ("nbf", now + 31, 401),
        ] {
            let token = signed(&header, &with(&claims, name, value.into()));
            assert_eq!(status(&server, &token).await, expected, "{name} = now + {}", value - now);
        }
    }

    async fn edge_072_a_clock_that_is_a_little_behind_takes_the_token(server) {
        let token = token_of(&server.send(&cr(&[])).await, "issued");
        server.clock.step_back(Duration::from_secs(30));
        assert_eq!(status(&server, &token).await, 200, "30 s behind");
        server.clock.step_back(Duration::from_secs(1));
        assert_eq!(status(&server, &token).await, 401, "31 s behind");
    }

    async fn edge_072_without_leeway_a_beginning_is_exact(server, |config| config.guard.clock_leeway_seconds = 0) {
        let (header, claims) = genuine(&server).await;
        let now = server.app.now().seconds();
        for (name, value, expected) in
            [("nbf", now, 200), ("nbf", now + 1, 401), ("iat", now + 1, 401), ("exp", now, 401), ("exp", now + 1, 200)]
        {
            assert_eq!(
                status(&server, &signed(&header, &with(&claims, name, value.into()))).await,
                expected,
                "{name} = now + {}",
                value - now
            );
        }
    }
}

/// The RS256 keys of Cross River's JWKS, by name.
async fn published(server: &Server) -> Vec<String> {
    let jwks = server.send(&get("/realms/crossriver/jwks.json")).await;
    assert_eq!(jwks.status, 200);
    let keys = jwks.json()["keys"].as_array().unwrap().clone();
    let mut kids: Vec<_> =
        keys.iter().filter(|key| key["alg"] == "RS256").map(|key| key["kid"].as_str().unwrap().to_owned()).collect();
    kids.sort();
    kids
}
