//! The reuse window: who is given the same token again, for how long, and where it is told.

mod ends;
mod windows;

use std::time::Duration;

use countersign::admin::Span;
use countersign::admin::service::ClientChange;
use countersign::audit::Actor;
use countersign::model::{ClientId, RealmId};
use serde_json::{Value, json};

use super::{ask, claims, refused, request};
use crate::edge::tools::{number, trail};
use crate::edge::{EMAIL, LC_ID, LC_SECRET, PASSWORD, account, lc_as};
use crate::harness::exchange::{own_token, services, swap};
use crate::harness::http::Response;
use crate::harness::server::{Server, on_both};

const HEADER: &str = "Countersign-Token";
/// The window of most of these tests.
const WINDOW: u64 = 300;

/// Gives a client a window, or takes it away.
async fn window(server: &Server, realm: &str, client: &str, seconds: Option<u64>) {
    let token_reuse = Some(seconds.map(|seconds| Span(Duration::from_secs(seconds))));
    let change = ClientChange { token_reuse, ..ClientChange::default() };
    server.ops().update_client(&Actor::Shell, &RealmId::new(realm), &ClientId::new(client), change).await.unwrap();
    server.refresh().await;
}

/// The token itself, the seconds that are promised, and what the header tells.
fn said(answer: &Response) -> (String, i64, Option<&str>) {
    assert_eq!(answer.status, 200, "{answer:?}");
    let body = answer.json();
    let token = body["access_token"].as_str().unwrap().to_owned();
    (token, body["expires_in"].as_i64().unwrap(), answer.header(HEADER))
}

async fn token(server: &Server, parameters: &[(&str, &str)]) -> String {
    said(&ask(server, parameters).await).0
}

/// The value of a counter.
fn counted(server: &Server, series: &str) -> u64 {
    let metrics = server.app.metrics.encode(server.app.readings());
    let line = metrics.lines().find_map(|line| line.strip_prefix(series));
    line.map_or(0, |value| value.trim().parse().unwrap())
}

on_both! {
    async fn without_a_window_every_request_has_a_token_of_its_own(server) {
        server.refresh().await;
        let (one, other) = (ask(&server, &[]).await, ask(&server, &[]).await);
        assert_ne!(claims(&one)["jti"], claims(&other)["jti"]);
        assert_eq!((one.header(HEADER), other.header(HEADER)), (None, None));
        assert_eq!(counted(&server, "countersign_tokens_reused_total{grant=\"client_credentials\"}"), 0);
    }

    async fn the_same_token_is_handed_out_until_the_window_ends(server) {
        window(&server, "main", "demo", Some(WINDOW)).await;
        server.clock.advance(Duration::from_millis(600));
        let answer = ask(&server, &[]).await;
        let (first, ..) = said(&answer);
        assert_eq!(said(&answer), (first.clone(), 3600, Some("issued;next=300")));
        for (millis, left, told) in [
            (0, 3599, "reused;age=0;next=300"),
            (36_800, 3562, "reused;age=37;next=263"),
            (262_599, 3300, "reused;age=299;next=1"),
        ] {
            server.clock.advance(Duration::from_millis(millis));
            assert_eq!(said(&ask(&server, &[]).await), (first.clone(), left, Some(told)), "after {millis} ms more");
        }
        server.clock.advance(Duration::from_millis(1));
        let due = ask(&server, &[]).await;
        assert_eq!((said(&due).1, said(&due).2), (3600, Some("issued;next=300")));
        assert_ne!(said(&due).0, first);
    }

    async fn no_token_is_handed_out_once_half_its_life_is_over(server) {
        window(&server, "main", "demo", Some(86_400)).await;
        let first = token(&server, &[]).await;
        server.clock.advance(Duration::from_millis(1_799_999));
        assert_eq!(said(&ask(&server, &[]).await), (first.clone(), 1800, Some("reused;age=1799;next=1")));
        server.clock.advance(Duration::from_millis(1));
        let due = ask(&server, &[]).await;
        assert_eq!((said(&due).1, said(&due).2), (3600, Some("issued;next=1800")));
        assert_ne!(said(&due).0, first);
    }

    async fn a_token_from_the_future_is_not_handed_out(server) {
        window(&server, "main", "demo", Some(WINDOW)).await;
        let first = token(&server, &[]).await;
        server.clock.step_back(Duration::from_secs(1));
        assert_ne!(token(&server, &[]).await, first);
    }

    async fn it_is_on_record_and_counted_as_what_it_is(server) {
        window(&server, "main", "demo", Some(WINDOW)).await;
        let first = ask(&server, &[]).await;
        server.clock.advance(Duration::from_secs(10));
        for _ in 0..2 {
            ask(&server, &[]).await;
        }
        let details: Vec<Value> = trail(&server, "token_issued", 3).await.iter().map(|row| serde_json::from_str(&row.detail).unwrap()).collect();
        let mut expected = json!({ "grant": "client_credentials", "scope": ["read", "write"], "jti": claims(&first)["jti"], "expires_at": claims(&first)["exp"].as_i64().unwrap() * 1000 });
        assert_eq!(details[0], expected);
        expected["reused"] = true.into();
        assert_eq!(details[1..], [expected.clone(), expected]);
        let of_grant = |name: &str| counted(&server, &format!("countersign_{name}_total{{grant=\"client_credentials\"}}"));
        assert_eq!((of_grant("tokens_issued"), of_grant("tokens_reused")), (1, 2));
        assert_eq!(counted(&server, "countersign_signatures_total{algorithm=\"RS256\"}"), 1);
    }

    async fn a_handle_is_handed_out_again_too_and_stored_once(server) {
        window(&server, "lc", LC_ID, Some(WINDOW)).await;
        let first = server.send(&lc_as(LC_ID, LC_SECRET)).await;
        server.clock.advance(Duration::from_secs(60));
        let again = server.send(&lc_as(LC_ID, LC_SECRET)).await;
        assert_eq!((said(&first).1, said(&first).2), (1800, Some("issued;next=300")));
        assert_eq!(said(&again), (said(&first).0, 1740, Some("reused;age=60;next=240")));
        assert_eq!(number(&server, "SELECT COUNT(*) FROM tokens").await, 1);
    }

    async fn a_wrong_secret_is_handed_nothing(server) {
        window(&server, "main", "demo", Some(WINDOW)).await;
        token(&server, &[]).await;
        let wrong = server.send(&request("demo", "demo-secreT", &[])).await;
        refused(&wrong, 401, "invalid_client");
        assert_eq!(wrong.header(HEADER), None);
    }

    async fn a_token_that_waits_for_a_step_up_is_one_callers_own(server) {
        let change = ClientChange { requires_mfa: Some(true), ..ClientChange::default() };
        server.ops().update_client(&Actor::Shell, &RealmId::new("lc"), &ClientId::new(LC_ID), change).await.unwrap();
        window(&server, "lc", LC_ID, Some(WINDOW)).await;
        let (one, other) = (server.send(&lc_as(LC_ID, LC_SECRET)).await, server.send(&lc_as(LC_ID, LC_SECRET)).await);
        assert_ne!(said(&one).0, said(&other).0);
        assert_eq!((one.header(HEADER), other.header(HEADER)), (None, None));
    }

    async fn a_token_about_somebody_else_is_one_callers_own(server) {
        services(&server).await;
        for (realm, client) in [("main", "gateway"), ("loanstreet", "accounts")] {
            window(&server, realm, client, Some(WINDOW)).await;
        }
        let subject = own_token(&server, "demo", "").await;
        for asked in [swap("gateway", &subject, &[]), account(EMAIL, PASSWORD)] {
            let (one, other) = (server.send(&asked).await, server.send(&asked).await);
            assert_eq!((one.status, other.status, one.header(HEADER), other.header(HEADER)), (200, 200, None, None));
            assert_ne!(one.text(), other.text());
        }
    }

    async fn a_node_that_keeps_none_hands_none_out(server, |config| config.cache.reusable_tokens = 0) {
        window(&server, "main", "demo", Some(WINDOW)).await;
        let (one, other) = (ask(&server, &[]).await, ask(&server, &[]).await);
        assert_ne!(said(&one).0, said(&other).0);
        assert_eq!((one.header(HEADER), other.header(HEADER)), (None, None));
    }
}
