//! Rows 44 to 48: request objects and what they come with, which the server does not offer. Whatever is presented in their form
//! proves nothing, makes the server connect to nobody, and is promised by no document.

use serde_json::{Value, json};

use super::jose::{By, GOOD, asserted, encoded, es256_header, perfect_claims, signed, with};
use super::trap::Trap;
use super::{GRANT, NONE, assert_refused, basic_token, granted, part, token};
use crate::harness::http::{Request, form};
use crate::harness::server::{REALMS, Server, on_both};

/// What a request object of `demo` says, with a URL that a careless server would fetch.
fn request_object(trap: &Trap) -> Value {
    let fetched = trap.url("keys");
    let claims =
        json!({ "client_id": "demo", "scope": "read write countersign.admin", "request_uri": fetched, "jwks_uri": fetched });
    with(perfect_claims(), &claims)
}

/// A request object proves nothing on its own, and widens nothing beside a right secret.
async fn assert_object_ignored(server: &Server, name: &str, value: &str) {
    for path in ["/authorize", "/oauth2/authorize", "/par", "/oauth2/par", "/as/par"] {
        let pairs = [("client_id", "demo"), ("response_type", "code"), (name, value)];
        assert_eq!(server.send(&Request::new("POST", path).form(&pairs)).await.status, 404, "{path}");
        let query = form(&pairs);
        if query.len() < 8000 {
            assert_eq!(server.send(&Request::new("GET", &format!("{path}?{query}"))).await.status, 404, "{path}");
        }
    }
    assert_refused(&server.send(&token(&[GRANT, ("client_id", "demo"), (name, value)])).await, (401, NONE), name);
    let beside = token(&[GRANT, ("scope", "read"), (name, value)]).basic("demo", "demo-secret");
    assert_eq!(part(&granted(&server.send(&beside).await), 1)["scope"], "read", "{name}");
}

on_both! {
    async fn atk_044_request_objects_are_not_read(server) {
        let trap = Trap::set().await;
        let claims = request_object(&trap);
        let inner = encoded(&claims);
        let (keys, own) = (trap.url("jwks"), json!({ "kty": "oct", "k": "AAAA" }));
        let jwe = format!("{}.AAAA.AAAAAAAAAAAAAAAA.{inner}.AAAAAAAAAAAAAAAAAAAAAA", encoded(&json!({ "alg": "RSA-OAEP", "enc": "A256GCM", "cty": "JWT" })));
        let mut objects = vec![jwe];
        for extra in [json!({}), json!({ "crit": ["exp"] }), json!({ "jwk": own }), json!({ "jku": keys }), json!({ "x5u": keys })] {
            objects.push(signed(&with(es256_header(), &extra), &claims, GOOD));
        }
        for object in &objects {
            assert_object_ignored(&server, "request", object).await;
        }
        trap.assert_untouched().await;
    }

    async fn atk_045_unsigned_request_objects_are_not_read(server) {
        let trap = Trap::set().await;
        let object = signed(&json!({ "alg": "none" }), &request_object(&trap), By::Raw(b""));
        assert_object_ignored(&server, "request", &object).await;
        trap.assert_untouched().await;
    }

    async fn atk_046_a_request_uri_is_never_fetched(server) {
        let trap = Trap::set().await;
        for path in ["object", "object.jwt#fragment", "redirect?to=http://127.0.0.1/"] {
            assert_object_ignored(&server, "request_uri", &trap.url(path)).await;
        }
        for name in ["jwks_uri", "jku", "x5u", "sector_identifier_uri", "logo_uri", "resource_metadata"] {
            let beside = token(&[GRANT, (name, &trap.url("x"))]).basic("demo", "demo-secret");
            granted(&server.send(&beside).await);
        }
        trap.assert_untouched().await;
    }

    async fn atk_047_an_assertion_and_a_request_object_do_not_stand_in_for_each_other(server) {
        let trap = Trap::set().await;
        let object = signed(&with(es256_header(), &json!({ "typ": "oauth-authz-req+jwt" })), &request_object(&trap), GOOD);
        assert_refused(&server.send(&asserted(&object)).await, (401, NONE), "request object as assertion");
        let assertion = signed(&es256_header(), &perfect_claims(), GOOD);
        assert_object_ignored(&server, "request", &assertion).await;
        let access_token = granted(&server.send(&basic_token("demo", "demo-secret")).await);
        assert_refused(&server.send(&asserted(&access_token)).await, (401, NONE), "access token as assertion");
        trap.assert_untouched().await;
    }

    async fn atk_048_no_document_promises_what_is_not_offered(server) {
        for path in REALMS.iter().flat_map(|realm| [
            format!("/realms/{realm}/.well-known/openid-configuration"),
            format!("/realms/{realm}/.well-known/oauth-authorization-server"),
            format!("/.well-known/oauth-authorization-server/realms/{realm}"),
        ]) {
            let document = server.send(&Request::new("GET", &path)).await.json();
            assert_eq!(document["token_endpoint_auth_methods_supported"], json!(["client_secret_basic", "client_secret_post"]), "{path}");
            assert_eq!(document["response_types_supported"], json!([]), "{path}");
            // Left out, this one means true (OpenID Connect Discovery, section 3).
            assert_eq!(document["request_uri_parameter_supported"], false, "{path}");
            let others = document.as_object().unwrap().keys().filter(|name| *name != "introspection_signing_alg_values_supported");
            let promised = others.filter(|name| {
                ["pushed", "request_object", "request_parameter", "response_mode", "authorization", "signing_alg", "mtls", "tls_client", "dpop", "registration", "require_"]
                    .iter().any(|word| name.contains(word))
            });
            assert_eq!(promised.collect::<Vec<_>>(), Vec::<&String>::new(), "{path}");
        }
        // No answer is a signed one either: `response_mode=jwt` changes nothing.
        let plain = server.send(&token(&[GRANT, ("response_mode", "query.jwt")]).basic("demo", "demo-secret")).await;
        assert_eq!((plain.header("Content-Type"), plain.json()["token_type"].as_str()), (Some("application/json"), Some("Bearer")));
    }
}
