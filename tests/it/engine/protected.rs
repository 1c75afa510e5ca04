//! What an API publishes about itself, on its own host (RFC 9728).

use countersign::admin::service::NewApi;
use countersign::audit::Actor;
use countersign::model::RealmId;
use serde_json::{Value, json};

use super::scopes;
use crate::harness::http::{Request, Response};
use crate::harness::server::{Server, on_both};

const DOCUMENT: &str = "/.well-known/oauth-protected-resource";
const NONE: Option<Value> = None;

async fn api(server: &Server, realm: &str, audience: &str, known: &str) {
    let api = NewApi {
        audience: audience.into(),
        scopes: scopes(known),
        ttl: None,
        token_reuse: None,
        algorithm: None,
        owners: Vec::new(),
    };
    server.ops().put_api(&Actor::Shell, &RealmId::new(realm), &api).await.unwrap();
    server.refresh().await;
}

async fn get(server: &Server, host: &str, below: &str) -> Response {
    server.send(&Request::new("GET", &format!("{DOCUMENT}{below}")).header("Host", host)).await
}

/// The `resource` that the document names, if there is one.
async fn resource(server: &Server, host: &str, below: &str) -> Option<Value> {
    let answer = get(server, host, below).await;
    assert!([200, 404].contains(&answer.status), "{answer:?}");
    (answer.status == 200).then(|| answer.json()["resource"].clone())
}

on_both! {
    async fn an_api_is_described_on_its_host(server) {
        let answer = get(&server, "api.example.com", "").await;
        assert_eq!(answer.json(), json!({
            "resource": "https://api.example.com",
            "authorization_servers": ["http://127.0.0.1:8080/realms/main"],
            "scopes_supported": ["read", "write"],
            "bearer_methods_supported": ["header"],
        }));
        assert_eq!(answer.header("Cache-Control"), Some("public, max-age=600"));
        assert_eq!(answer.header("Access-Control-Allow-Origin"), Some("*"));
    }

    async fn it_is_found_by_its_exact_place(server) {
        api(&server, "main", "https://ledger.example/", "ledger").await;
        api(&server, "main", "https://pay.example:8443/v1/pay", "pay").await;
        api(&server, "main", "http://plain.example", "plain").await;
        api(&server, "main", "urn:example:api", "urn").await;
        for (host, below, found) in [
            ("API.example.com", "", Some("https://api.example.com")),
            ("api.example.com:443", "", Some("https://api.example.com")),
            ("ledger.example", "", Some("https://ledger.example/")),
            ("pay.example:8443", "/v1/pay", Some("https://pay.example:8443/v1/pay")),
        ] {
            assert_eq!(resource(&server, host, below).await, found.map(|found| json!(found)), "{host} {below}");
        }
        let elsewhere = [
            ("localhost", ""), ("api.example.com:8443", ""), ("api.example.com", "/v1"), ("api.example.com.evil.example", ""),
            ("pay.example", "/v1/pay"), ("pay.example:8443", "/v1/pay/"), ("pay.example:8443", "/v1/PAY"), ("pay.example:8443", "/v1%2Fpay"),
            ("pay.example:8443", ""), ("plain.example", ""), ("example", ""),
        ];
        for (host, below) in elsewhere {
            assert_eq!(resource(&server, host, below).await, NONE, "{host} {below}");
        }
    }

    async fn every_issuer_that_knows_it_is_named(server) {
        api(&server, "crossriver", "https://api.example.com", "scope1 write").await;
        let document = get(&server, "api.example.com", "").await.json();
        let issuers = ["http://127.0.0.1:8080/realms/crossriver", "http://127.0.0.1:8080/realms/main"];
        assert_eq!((&document["authorization_servers"], &document["scopes_supported"]), (&json!(issuers), &json!(["scope1", "write", "read"])));
    }

    async fn only_a_trusted_proxy_tells_another_host(server) {
        let passed_on = Request::new("GET", DOCUMENT).header("Host", "countersign.internal");
        let passed_on = |hosts: &str| passed_on.clone().header("X-Forwarded-Host", hosts);
        assert_eq!(server.send(&passed_on("api.example.com")).await.status, 200);
        assert_eq!(server.send(&passed_on("evil.example, api.example.com")).await.status, 200, "the nearest proxy wrote the last");
        assert_eq!(server.send(&passed_on("api.example.com, evil.example")).await.status, 404);
        let deaf = Server::on(&server.url, |config| config.server.trusted_proxies.clear()).await;
        assert_eq!(deaf.send(&passed_on("api.example.com")).await.status, 404);
        assert_eq!(get(&deaf, "api.example.com", "").await.status, 200);
    }

    async fn the_issuer_names_its_apis(server) {
        api(&server, "main", "https://ledger.example/", "ledger").await;
        api(&server, "main", "urn:example:api", "urn").await;
        let metadata = |realm: &str| Request::new("GET", &format!("/realms/{realm}/.well-known/oauth-authorization-server"));
        let document = server.send(&metadata("main")).await.json();
        assert_eq!(document["protected_resources"], json!(["https://api.example.com", "https://ledger.example/"]));
        assert_eq!(document["introspection_endpoint"], "http://127.0.0.1:8080/realms/main/oauth2/introspect");
        assert_eq!(document["revocation_endpoint"], "http://127.0.0.1:8080/realms/main/oauth2/revoke");
        assert_eq!(document["introspection_signing_alg_values_supported"], json!(["RS256"]));
        let bare = serde_json::from_value(json!({ "name": "bare" })).unwrap();
        server.ops().put_realm(&Actor::Shell, &bare).await.unwrap();
        server.refresh().await;
        assert_eq!(server.send(&metadata("bare")).await.json().get("protected_resources"), None);
    }
}
