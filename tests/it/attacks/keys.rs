//! Row 105: what the published keys show: public halves only, new ones before their first use, old ones for as long as a token
//! of theirs lives.

use std::time::Duration;

use countersign::admin::service::NewKey;
use countersign::audit::Actor;
use countersign::keys::lifecycle::Wait;
use countersign::model::{Algorithm, KeyId};
use serde_json::Value;

use super::{contract, granted, part, realm, test_oauth};
use crate::harness::http::Request;
use crate::harness::server::{REALMS, Server, on_both};

async fn published(server: &Server, realm: &str) -> Vec<Value> {
    let answer = server.send(&Request::new("GET", &format!("/realms/{realm}/jwks.json"))).await;
    assert_eq!((answer.status, answer.header("Content-Type")), (200, Some("application/jwk-set+json")));
    let Value::Object(set) = answer.json() else { panic!("no object: {answer:?}") };
    assert_eq!(set.keys().collect::<Vec<_>>(), ["keys"]);
    set["keys"].as_array().unwrap().clone()
}

async fn kids(server: &Server, realm: &str) -> Vec<String> {
    published(server, realm).await.iter().map(|key| key["kid"].as_str().unwrap().to_owned()).collect()
}

async fn river_token(server: &Server) -> (String, String) {
    let token = granted(&server.send(&contract("crossriver").good()).await);
    let kid = part(&token, 0)["kid"].as_str().unwrap().to_owned();
    (token, kid)
}

async fn tested(server: &Server, token: &str) -> u16 {
    server.send(&test_oauth(token)).await.status
}

on_both! {
    async fn atk_105_published_keys_are_public(server) {
        for realm in REALMS {
            let keys = published(&server, realm).await;
            assert_eq!(keys.len(), Algorithm::ALL.len(), "{realm}");
            for key in keys {
                let members = key.as_object().unwrap();
                let private = members.keys().filter(|name| !["kty", "use", "alg", "kid", "n", "e", "crv", "x", "y"].contains(&name.as_str()));
                assert_eq!(private.collect::<Vec<_>>(), Vec::<&String>::new(), "{realm}");
                assert!(["RSA", "EC", "OKP"].contains(&key["kty"].as_str().unwrap()), "{key}");
                assert!(["RS256", "PS256", "ES256", "EdDSA"].contains(&key["alg"].as_str().unwrap()), "{key}");
                assert_eq!(key["use"], "sig", "{key}");
            }
        }
    }

    async fn atk_105_a_rotation_is_seen_before_and_after_it(server) {
        let (river, shell, old, new) = (realm("crossriver"), Actor::Shell, "crossriver-RS256", KeyId::new("next"));
        let ops = server.ops();
        let rules = server.app.realms.get("crossriver").unwrap().realm.clone();
        let (first, kid) = river_token(&server).await;
        assert_eq!(kid, old);

        ops.prepare_key(&shell, &river, NewKey { kid: Some(new.clone()), ..NewKey::generated(Algorithm::Rs256) }).await.unwrap();
        server.refresh().await;
        assert!(kids(&server, "crossriver").await.contains(&new.to_string()), "published before its first use");
        assert_eq!(river_token(&server).await.1, old, "and not yet used");
        assert!(!kids(&server, "main").await.contains(&new.to_string()), "in its own realm only");

        server.clock.advance(2 * rules.jwks_max_age - Duration::from_millis(1));
        ops.activate_key(&shell, &river, &new, Wait::Observe).await.expect_err("a cache may not have met it");
        server.clock.advance(Duration::from_millis(1));
        ops.activate_key(&shell, &river, &new, Wait::Observe).await.unwrap();
        server.refresh().await;
        let (second, kid) = river_token(&server).await;
        assert_eq!(kid, "next");
        assert_eq!((tested(&server, &first).await, tested(&server, &second).await), (200, 200));
        let both = kids(&server, "crossriver").await;
        assert!(both.contains(&old.to_owned()) && both.contains(&new.to_string()), "{both:?}");

        // A second longer than its tokens: what another node may take to hear that it signs no more.
        server.clock.advance(rules.max_token_ttl + Duration::from_millis(999));
        ops.retire_key(&shell, &river, &KeyId::new(old), Wait::Observe).await.expect_err("a token of its may live");
        server.clock.advance(Duration::from_millis(1));
        ops.retire_key(&shell, &river, &KeyId::new(old), Wait::Observe).await.unwrap();
        server.refresh().await;
        let left = kids(&server, "crossriver").await;
        assert!(!left.contains(&old.to_owned()) && left.contains(&new.to_string()), "{left:?}");
    }

    async fn atk_105_a_retired_key_verifies_nothing(server) {
        let (river, shell, old, new) = (realm("crossriver"), Actor::Shell, KeyId::new("crossriver-RS256"), KeyId::new("next"));
        let ops = server.ops();
        let (token, _) = river_token(&server).await;
        ops.prepare_key(&shell, &river, NewKey { kid: Some(new.clone()), ..NewKey::generated(Algorithm::Rs256) }).await.unwrap();
        ops.activate_key(&shell, &river, &new, Wait::Waive).await.unwrap();
        server.refresh().await;
        assert_eq!(tested(&server, &token).await, 200, "in grace");
        ops.retire_key(&shell, &river, &old, Wait::Waive).await.unwrap();
        server.refresh().await;
        assert_eq!(tested(&server, &token).await, 401, "a key that leaked is of no more use");
    }
}
