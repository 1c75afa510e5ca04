//! Whose window it is, and which requests are alike.

use std::time::Duration;

use countersign::admin::service::ClientChange;
use countersign::audit::Actor;
use serde_json::json;

use super::{HEADER, WINDOW, said, token, window};
use crate::edge::tools::client;
use crate::edge::{LC_ID, LC_SECRET, lc_as};
use crate::engine::{ask, demo, main, request, scopes};
use crate::harness::http::Request;
use crate::harness::server::{Server, on_both};

const API: &str = "https://api.example.com";
const LEDGER: &str = "https://ledger.example";

/// Gives an API a window, or none.
async fn api(server: &Server, audience: &str, known: &str, token_reuse: Option<&str>) {
    let api = json!({ "audience": audience, "scopes": scopes(known), "token_reuse": token_reuse });
    server.ops().put_api(&Actor::Shell, &main(), &serde_json::from_value(api).unwrap()).await.unwrap();
    server.refresh().await;
}

/// A second API, whose scope the demo client holds too.
async fn ledger(server: &Server, token_reuse: Option<&str>) {
    let change = ClientChange { scopes: Some(scopes("read write ledger.read")), ..ClientChange::default() };
    server.ops().update_client(&Actor::Shell, &main(), &demo(), change).await.unwrap();
    api(server, LEDGER, "ledger.read", token_reuse).await;
}

/// What the header tells of a token with these scopes.
async fn told(server: &Server, scope: &str) -> Option<String> {
    ask(server, &[("scope", scope)]).await.header(HEADER).map(str::to_owned)
}

on_both! {
    async fn the_clients_own_window_goes_before_the_shortest_of_its_apis(server) {
        api(&server, API, "read write", Some("10m")).await;
        ledger(&server, Some("90s")).await;
        assert_eq!(told(&server, "read").await.as_deref(), Some("issued;next=600"));
        assert_eq!(told(&server, "read").await.as_deref(), Some("reused;age=0;next=600"));
        assert_eq!(told(&server, "read ledger.read").await.as_deref(), Some("issued;next=90"));
        window(&server, "main", "demo", Some(120)).await;
        assert_eq!(told(&server, "read ledger.read").await.as_deref(), Some("issued;next=120"));
        window(&server, "main", "demo", Some(0)).await;
        assert_eq!(told(&server, "read").await, None, "off at the client is off");
        window(&server, "main", "demo", None).await;
        assert_eq!(told(&server, "read").await.as_deref(), Some("issued;next=600"));
    }

    async fn one_api_without_a_window_is_enough_to_have_none(server) {
        api(&server, API, "read write", Some("10m")).await;
        ledger(&server, None).await;
        assert_eq!(told(&server, "read ledger.read").await, None);
        assert_eq!(told(&server, "ledger.read").await, None);
        assert_eq!(told(&server, "read").await.as_deref(), Some("issued;next=600"));
    }

    async fn who_asks_for_something_else_is_given_something_else(server) {
        ledger(&server, None).await;
        client(&server, "main", "twin", "twin-secret", "read write ledger.read").await;
        window(&server, "main", "demo", Some(WINDOW)).await;
        window(&server, "main", "twin", Some(WINDOW)).await;
        let cases: [&[(&str, &str)]; 5] = [
            &[("scope", "read")],
            &[("scope", "read write")],
            &[("resource", API)],
            &[("resource", LEDGER)],
            &[("scope", "read"), ("resource", API), ("resource", LEDGER)],
        ];
        let mut tokens = Vec::new();
        for parameters in cases {
            for (id, secret) in [("demo", "demo-secret"), ("twin", "twin-secret")] {
                let asked = request(id, secret, parameters);
                let (one, again) = (said(&server.send(&asked).await).0, said(&server.send(&asked).await).0);
                assert_eq!(one, again, "{id}: {parameters:?}");
                tokens.push(one);
            }
        }
        // A token for the one API with both its scopes is the same whether the scopes are named or the API.
        assert_eq!((&tokens[2], &tokens[3]), (&tokens[4], &tokens[5]));
        tokens.sort();
        tokens.dedup();
        assert_eq!(tokens.len(), 8);
    }

    async fn what_comes_to_the_same_is_the_same_however_it_is_asked_for(server) {
        window(&server, "main", "demo", Some(WINDOW)).await;
        let all = token(&server, &[]).await;
        for parameters in [[("scope", "read write")].as_slice(), &[("audience", API)], &[("resource", API), ("scope", "read  write")]] {
            assert_eq!(token(&server, parameters).await, all, "{parameters:?}");
        }
        let of_realm = Request::new("POST", "/realms/main/oauth2/token").basic("demo", "demo-secret").form(&[("grant_type", "client_credentials")]);
        assert_eq!(said(&server.send(&of_realm).await).0, all);
    }

    async fn each_dialect_has_tokens_of_its_own(server) {
        window(&server, "lc", LC_ID, Some(WINDOW)).await;
        let plain = Request::new("POST", "/realms/lc/oauth2/token").basic(LC_ID, LC_SECRET).form(&[("grant_type", "client_credentials")]);
        let (handle, jwt) = (said(&server.send(&lc_as(LC_ID, LC_SECRET)).await).0, said(&server.send(&plain).await).0);
        assert_ne!(handle, jwt);
        server.clock.advance(Duration::from_secs(1));
        let again = (said(&server.send(&lc_as(LC_ID, LC_SECRET)).await).0, said(&server.send(&plain).await).0);
        assert_eq!(again, (handle, jwt));
    }
}
