//! The documents that Countersign publishes: metadata and keys of each realm, the token of each algorithm, and what can be
//! configured.

use countersign::audit::Actor;
use countersign::config::Config;
use countersign::model::{Algorithm, RealmId};
use serde_json::{Value, json};

use super::partner::{ALL, Partner};
use super::token;
use crate::harness::exchange::GRANT;
use crate::harness::golden;
use crate::harness::http::{Request, Response};
use crate::harness::server::{REALMS, Server, on_both};

const SCHEMA: &str = "config.schema.json";
const NOT_MODIFIED: &str = "realms/main/jwks_not_modified.http";
const NO_SUCH_REALM: &str = "realms/no_such_realm.http";

/// RFC 8414 puts the well-known part before the issuer's path, OpenID Connect Discovery behind it.
const METADATA: [&str; 3] = [
    "/.well-known/oauth-authorization-server/realms/{realm}",
    "/realms/{realm}/.well-known/oauth-authorization-server",
    "/realms/{realm}/.well-known/openid-configuration",
];

pub fn files() -> impl Iterator<Item = String> {
    let realms = REALMS.iter().flat_map(|realm| [metadata_file(realm), jwks_file(realm)]);
    let tokens = Algorithm::ALL.iter().map(|algorithm| token_file(*algorithm));
    realms.chain(tokens).chain([SCHEMA, NOT_MODIFIED, NO_SUCH_REALM].map(str::to_owned))
}

fn metadata_file(realm: &str) -> String {
    format!("realms/{realm}/metadata.http")
}

fn jwks_file(realm: &str) -> String {
    format!("realms/{realm}/jwks.http")
}

fn token_file(algorithm: Algorithm) -> String {
    format!("tokens/{algorithm}.token.json")
}

async fn get(server: &Server, path: &str) -> Response {
    server.send(&Request::new("GET", path)).await
}

async fn says_only_what_works(server: &Server, Partner { realm, client: (id, secret), .. }: &Partner) {
    let metadata = get(server, &METADATA[0].replace("{realm}", realm)).await.json();
    let path = |member: &str| metadata[member].as_str().unwrap().strip_prefix("http://127.0.0.1:8080").unwrap().to_owned();
    assert_eq!(metadata["token_endpoint_auth_methods_supported"], json!(["client_secret_basic", "client_secret_post"]));
    assert_eq!(metadata["grant_types_supported"], json!(["client_credentials", GRANT]));
    let ask = Request::new("POST", &path("token_endpoint"));
    let grant = ("grant_type", "client_credentials");
    for request in
        [ask.clone().basic(id, secret).form(&[grant]), ask.form(&[grant, ("client_id", id), ("client_secret", secret)])]
    {
        let answer = server.send(&request).await;
        assert_eq!(answer.status, 200, "{realm}: {answer:?}");
        let said: Value = serde_json::from_str(&token::verified(server, realm, token::of(&answer)).await).unwrap();
        assert_eq!(said["claims"]["iss"], metadata["issuer"], "{realm}");
    }
    for member in ["introspection_endpoint", "revocation_endpoint"] {
        assert_eq!(metadata[format!("{member}_auth_methods_supported")], json!(["client_secret_basic", "client_secret_post"]));
        let asked = Request::new("POST", &path(member)).basic(id, secret).form(&[("token", "x")]);
        assert_eq!(server.send(&asked).await.status, 200, "{realm}");
    }
    for api in metadata["protected_resources"].as_array().into_iter().flatten() {
        let host = api.as_str().unwrap().strip_prefix("https://").unwrap().trim_end_matches('/');
        let own = Request::new("GET", "/.well-known/oauth-protected-resource").header("Host", host);
        assert_eq!(server.send(&own).await.json()["authorization_servers"], json!([metadata["issuer"]]));
    }
    assert_eq!(get(server, &path("jwks_uri")).await.body, get(server, &format!("/realms/{realm}/jwks.json")).await.body);
}

on_both! {
    async fn metadata(server) {
        for realm in REALMS {
            for path in METADATA {
                let answer = get(&server, &path.replace("{realm}", realm)).await;
                golden::check(&metadata_file(realm), &golden::wire(&answer));
            }
        }
    }

    async fn metadata_say_only_what_works(server) {
        for partner in ALL {
            says_only_what_works(&server, &partner).await;
        }
    }

    async fn jwks(server) {
        for realm in REALMS {
            let answer = get(&server, &format!("/realms/{realm}/jwks.json")).await;
            assert!(["\"d\"", "\"p\"", "\"q\"", "\"k\""].iter().all(|private| !answer.text().contains(private)), "{realm}");
            golden::check(&jwks_file(realm), &golden::wire(&answer));
        }
        let path = "/realms/main/jwks.json";
        let etag = get(&server, path).await.header("etag").unwrap().to_owned();
        for known in [etag.clone(), format!("\"another\", W/{etag}"), "*".to_owned()] {
            let answer = server.send(&Request::new("GET", path).header("If-None-Match", &known)).await;
            golden::check(NOT_MODIFIED, &golden::wire(&answer));
        }
    }

    async fn no_document_of_a_realm_that_is_not_there(server) {
        for path in METADATA.into_iter().chain(["/realms/{realm}/jwks.json"]) {
            for realm in ["nowhere", "MAIN", "main%00"] {
                let answer = get(&server, &path.replace("{realm}", realm)).await;
                golden::check(NO_SUCH_REALM, &golden::wire(&answer));
            }
        }
    }

    async fn a_token_of_each_algorithm(server) {
        let (ops, main) = (server.ops(), RealmId::new("main"));
        for algorithm in Algorithm::ALL.iter().copied() {
            let audience = format!("https://{algorithm}.example");
            let api = serde_json::from_value(json!({ "audience": audience, "algorithm": algorithm })).unwrap();
            ops.put_api(&Actor::Shell, &main, &api).await.unwrap();
            // A server of its own, so that chance begins where it always does.
            let server = Server::on(&server.url, |_| {}).await;
            let asked = [("grant_type", "client_credentials"), ("audience", &audience)];
            let answer = server.send(&Request::new("POST", "/oauth2/token").basic("demo", "demo-secret").form(&asked)).await;
            golden::check(&token_file(algorithm), &token::verified(&server, "main", token::of(&answer)).await);
        }
    }
}

/// What `countersign config print-schema` prints.
#[test]
fn configuration() {
    golden::check(SCHEMA, &(serde_json::to_string_pretty(&schemars::schema_for!(Config)).unwrap() + "\n"));
}
