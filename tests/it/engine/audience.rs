//! APIs: audience, scopes, algorithm and lifetime (RFC 8707; RFC 9068, section 3).

use std::time::Duration;

use countersign::admin::Span;
use countersign::admin::service::{ClientChange, NewApi};
use countersign::audit::Actor;
use countersign::model::Algorithm;
use serde_json::json;

use super::{ask, claims, demo, main, part, refused, scopes};
use crate::harness::server::{Server, on_both};

/// A second API: ES256, ten minutes, a scope of its own that the demo client holds too.
async fn ledger(server: &Server) {
    let api = NewApi {
        audience: "https://ledger.example".into(),
        scopes: scopes("ledger.read"),
        ttl: Some(Span(Duration::from_secs(600))),
        token_reuse: None,
        algorithm: Some(Algorithm::Es256),
        owners: Vec::new(),
    };
    server.ops().put_api(&Actor::Shell, &main(), &api).await.unwrap();
    let change = ClientChange { scopes: Some(scopes("read write ledger.read")), ..ClientChange::default() };
    server.ops().update_client(&Actor::Shell, &main(), &demo(), change).await.unwrap();
    server.refresh().await;
}

on_both! {
    async fn an_audience_is_inferred_from_the_scopes(server) {
        ledger(&server).await;
        assert_eq!(claims(&ask(&server, &[("scope", "read")]).await)["aud"], "https://api.example.com");
        assert_eq!(claims(&ask(&server, &[("scope", "ledger.read")]).await)["aud"], "https://ledger.example");
        let both = claims(&ask(&server, &[("scope", "read ledger.read")]).await);
        assert_eq!(both["aud"], json!(["https://api.example.com", "https://ledger.example"]));
    }

    async fn a_named_audience_narrows_the_scopes(server) {
        ledger(&server).await;
        for parameter in ["resource", "audience"] {
            let answer = ask(&server, &[(parameter, "https://ledger.example")]).await;
            assert_eq!((claims(&answer)["aud"].as_str(), answer.json()["scope"].as_str()), (Some("https://ledger.example"), Some("ledger.read")));
        }
        refused(&ask(&server, &[("resource", "https://ledger.example"), ("scope", "read")]).await, 400, "invalid_scope");
        refused(&ask(&server, &[("resource", "https://elsewhere.example")]).await, 400, "invalid_target");
    }

    async fn algorithm_and_lifetime_are_the_apis(server) {
        ledger(&server).await;
        let answer = ask(&server, &[("scope", "ledger.read")]).await;
        assert_eq!((part(&answer, 0)["alg"].as_str(), answer.json()["expires_in"].as_i64()), (Some("ES256"), Some(600)));
        let mixed = ask(&server, &[("scope", "read ledger.read")]).await;
        assert_eq!(mixed.json()["expires_in"], 600, "the shortest of them");
    }

    async fn a_clients_own_lifetime_goes_before_and_the_realms_bounds_it(server) {
        for (own, expected) in [(120, 120), (7200, 7200), (10 * 86400, 86400)] {
            let change = ClientChange { token_ttl: Some(Some(Span(Duration::from_secs(own)))), ..ClientChange::default() };
            let changed = server.ops().update_client(&Actor::Shell, &main(), &demo(), change).await;
            if own > 86400 {
                assert!(changed.is_err(), "longer than the realm allows");
                continue;
            }
            changed.unwrap();
            server.refresh().await;
            let answer = ask(&server, &[]).await;
            let claims = claims(&answer);
            assert_eq!(answer.json()["expires_in"], expected);
            assert_eq!(claims["exp"].as_i64().unwrap() - claims["iat"].as_i64().unwrap(), expected);
        }
    }

    async fn what_asks_for_a_person_is_not_granted_to_a_machine(server) {
        let change = ClientChange { scopes: Some(scopes("read openid offline_access")), ..ClientChange::default() };
        server.ops().update_client(&Actor::Shell, &main(), &demo(), change).await.unwrap();
        server.refresh().await;
        refused(&ask(&server, &[("scope", "openid")]).await, 400, "invalid_scope");
        refused(&ask(&server, &[("scope", "read offline_access")]).await, 400, "invalid_scope");
        assert_eq!(ask(&server, &[]).await.json()["scope"], "read");
    }
}
