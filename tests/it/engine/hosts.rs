//! Realms on paths and hosts: the metadata (RFC 8414) and the endpoints that they name.

use countersign::admin::service::NewRealm;
use countersign::audit::Actor;
use countersign::model::RealmId;
use serde_json::{Value, json};

use crate::harness::http::Request;
use crate::harness::server::{REALMS, Server, on_both};

async fn document(server: &Server, path: &str) -> Value {
    let answer = server.send(&Request::new("GET", path)).await;
    assert_eq!(answer.status, 200, "{path}: {answer:?}");
    assert_eq!(answer.header("Content-Type"), Some("application/json"));
    answer.json()
}

/// The path of a URL of this server.
fn path(url: &Value) -> String {
    url.as_str().unwrap().strip_prefix("http://127.0.0.1:8080").unwrap().to_owned()
}

on_both! {
    async fn the_metadata_of_every_realm_name_what_works(server) {
        for realm in REALMS {
            let below = document(&server, &format!("/realms/{realm}/.well-known/openid-configuration")).await;
            for same in [format!("/.well-known/oauth-authorization-server/realms/{realm}"), format!("/realms/{realm}/.well-known/oauth-authorization-server")] {
                assert_eq!(document(&server, &same).await, below, "{same}");
            }
            assert_eq!(server.send(&Request::new("GET", &path(&below["jwks_uri"]))).await.status, 200);
            let token = server.send(&Request::new("POST", &path(&below["token_endpoint"])).form(&[("grant_type", "client_credentials")])).await;
            assert_eq!((token.status, token.json()["error"].as_str()), (401, Some("invalid_client")), "{token:?}");
            assert_eq!(below["token_endpoint_auth_methods_supported"], json!(["client_secret_basic", "client_secret_post"]));
            assert_eq!(below["grant_types_supported"], json!(["client_credentials", "urn:ietf:params:oauth:grant-type:token-exchange"]));
            assert_eq!(below.get("authorization_endpoint"), None);
        }
        assert_eq!(server.send(&Request::new("GET", "/realms/none/.well-known/openid-configuration")).await.status, 404);
        assert_eq!(document(&server, "/realms/loanstreet/.well-known/openid-configuration").await["issuer"], "http://127.0.0.1:8080/realms/loanstreet/");
    }

    async fn a_realm_answers_at_the_root_of_its_host(server) {
        let realm = NewRealm { host: Some("auth.bank.example".into()), ..NewRealm::named(RealmId::new("main")) };
        server.ops().put_realm(&Actor::Shell, &realm).await.unwrap();
        server.refresh().await;
        for host in ["auth.bank.example", "AUTH.bank.example:443"] {
            let get = |path: &str| Request::new("GET", path).header("Host", host);
            let metadata = server.send(&get("/.well-known/openid-configuration")).await.json();
            assert_eq!(metadata["token_endpoint"], "http://auth.bank.example/oauth2/token");
            assert_eq!(server.send(&get("/.well-known/oauth-authorization-server")).await.json(), metadata);
            let on_path = server.send(&Request::new("GET", "/realms/main/jwks.json")).await;
            assert_eq!(server.send(&get("/jwks.json")).await.body, on_path.body);
            let token = get("/oauth2/token").basic("demo", "demo-secret");
            assert_eq!(server.send(&token).await.status, 405, "a GET");
        }
        let post = |host: &str| Request::new("POST", "/oauth2/token").header("Host", host).basic("demo", "demo-secret").form(&[("grant_type", "client_credentials")]);
        assert_eq!(server.send(&post("auth.bank.example")).await.status, 200);
        assert_eq!(server.send(&Request::new("GET", "/jwks.json")).await.status, 404, "no realm is bound to this host");
    }

    async fn a_host_decides_which_realms_clients_are_known(server) {
        let realm = NewRealm { host: Some("lc.example".into()), ..NewRealm::named(RealmId::new("lc")) };
        server.ops().put_realm(&Actor::Shell, &realm).await.unwrap();
        server.refresh().await;
        let post = |host: &str| Request::new("POST", "/oauth2/token").header("Host", host).basic("demo", "demo-secret").form(&[("grant_type", "client_credentials")]);
        assert_eq!(server.send(&post("lc.example")).await.status, 401, "demo is a client of another realm");
        assert_eq!(server.send(&post("elsewhere.example")).await.status, 200);
    }
}
