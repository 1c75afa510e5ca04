//! Rows 95 to 98: what a token that is none, no good, too weak or in the wrong place is told wherever tokens come back: at `/verify`,
//! at a test endpoint, at the admin API.

use std::time::Duration;

use countersign::admin::service::NewKey;
use countersign::audit::Actor;
use countersign::keys::lifecycle::Wait;
use countersign::model::{Algorithm, KeyId};
use serde_json::{Value, json};

use super::admin::administrator_of;
use super::jose::{By, signed, with};
use super::{assert_bare, bearer, client, contract, granted, part, realm, test_oauth};
use crate::engine::gateway::{introspect_as, revoke_as, revoked};
use crate::harness::http::{Request, Response};
use crate::harness::server::{Server, on_both};

const AUDIENCE: &str = "https://api.crbcos.com/";
const ACME: (&str, &str) = ("acme", "s3cr3t-crossriver");
const OURS: By<'static> = By::Key(Algorithm::Rs256, include_str!("../fixtures/rs256.pem"));
const ANOTHERS: By<'static> = By::Key(Algorithm::Rs256, include_str!("../fixtures/ps256.pem"));

/// Where a token is presented.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Place {
    Verify,
    Test,
    Admin,
}
use Place::{Admin, Test, Verify};

impl Place {
    /// A request that needs a good token, with this query of the caller's own.
    fn request(self, query: &str) -> Request {
        let asks = match self {
            Verify => {
                let asked = Request::new("GET", &format!("/verify?realm=crossriver&audience={AUDIENCE}"));
                let asked = asked.header("X-Forwarded-Method", "GET").header("X-Forwarded-Host", "api.example.com");
                return asked.header("X-Forwarded-Uri", &format!("/orders{query}"));
            }
            Test => "/api/SignupCard/TestOauth",
            Admin => "/admin/v1/realms/crossriver/clients",
        };
        Request::new("GET", &format!("{asks}{query}"))
    }

    async fn send(self, server: &Server, request: &Request) -> Response {
        if self == Admin { server.operate(request).await } else { server.send(request).await }
    }

    async fn present(self, server: &Server, token: &str) -> Response {
        self.send(server, &bearer(token, self.request(""))).await
    }

    /// What somebody without a token is told: the scheme, and no error.
    fn bare_challenge(self) -> &'static str {
        if self == Verify { r#"Bearer realm="crossriver""# } else { "Bearer" }
    }
}

/// 401 with this in its challenge, and nothing of use.
#[track_caller]
fn assert_told(answer: &Response, told: &str, what: &str) {
    assert_eq!(answer.status, 401, "{what}: {answer:?}");
    let challenge = answer.header("WWW-Authenticate").unwrap_or_default();
    assert!(challenge.starts_with("Bearer") && challenge.contains(told), "{what}: {answer:?}");
    assert!(answer.headers.iter().all(|(name, _)| !name.starts_with("x-auth-")), "{what}: {answer:?}");
    assert_bare(answer, what);
}

async fn assert_invalid_everywhere(server: &Server, token: &str, what: &str) {
    for place in [Verify, Test, Admin] {
        let answer = place.present(server, token).await;
        assert_told(&answer, r#"error="invalid_token""#, &format!("{what} at {place:?}"));
    }
}

/// A token that is good in all places.
async fn good_everywhere(server: &Server) -> String {
    let token = administrator_of(server, "crossriver").await;
    server.refresh().await;
    for place in [Verify, Test, Admin] {
        assert_eq!(place.present(server, &token).await.status, 200, "{place:?}");
    }
    token
}

/// The same header and claims, signed as they should not be.
fn badly_signed(header: &Value, claims: &Value, jwk: &Value) -> Vec<(&'static str, String)> {
    let alg = |name: &str| with(header.clone(), &json!({ "alg": name }));
    vec![
        ("another's signature", signed(header, claims, ANOTHERS)),
        ("no signature", signed(header, claims, By::Raw(b""))),
        ("zeros for a signature", signed(header, claims, By::Raw(&[0; 256]))),
        ("alg none", signed(&alg("none"), claims, By::Raw(b""))),
        ("alg nOnE", signed(&alg("nOnE"), claims, By::Raw(b""))),
        ("HS256 under the public key's modulus", signed(&alg("HS256"), claims, By::Hmac(jwk["n"].as_str().unwrap()))),
        ("HS256 under the public key", signed(&alg("HS256"), claims, By::Hmac(&jwk.to_string()))),
        ("HS256 under the client's secret", signed(&alg("HS256"), claims, By::Hmac(ACME.1))),
    ]
}

/// Signed by the realm's own key, and no access token of the realm all the same.
fn well_signed(header: &Value, claims: &Value) -> Vec<(String, String)> {
    let id_token = json!({ "iss": claims["iss"], "sub": claims["sub"], "aud": ACME.0, "iat": claims["iat"], "exp": claims["exp"], "nonce": "n" });
    let mut all = vec![("an ID token".to_owned(), signed(&with(header.clone(), &json!({ "typ": "JWT" })), &id_token, OURS))];
    for typ in ["token-introspection+jwt", "logout+jwt", "id_token", "dpop+jwt", "secevent+jwt", "application/at+jwt ", ""] {
        all.push((format!("typ {typ:?}"), signed(&with(header.clone(), &json!({ "typ": typ })), claims, OURS)));
    }
    all.push(("no typ".to_owned(), signed(&with(header.clone(), &json!({ "typ": null })), claims, OURS)));
    for iss in ["https://evil.example", "http://127.0.0.1:8080/realms/main", "http://127.0.0.1:8080/realms/crossriver/", ""] {
        all.push((format!("iss {iss:?}"), signed(header, &with(claims.clone(), &json!({ "iss": iss })), OURS)));
    }
    all.push(("no iss".to_owned(), signed(header, &with(claims.clone(), &json!({ "iss": null })), OURS)));
    all
}

on_both! {
    async fn atk_095_without_a_token_nobody_is_told_more_than_the_scheme(server) {
        for place in [Verify, Test, Admin] {
            let answer = place.send(&server, &place.request("")).await;
            assert_told(&answer, "", &format!("{place:?}"));
            assert_eq!(answer.header("WWW-Authenticate"), Some(place.bare_challenge()), "{place:?}");
        }
    }

    async fn atk_096_what_is_no_good_access_token_is_invalid_everywhere(server) {
        let token = good_everywhere(&server).await;
        let (header, claims) = (part(&token, 0), part(&token, 1));
        for place in [Verify, Test, Admin] {
            assert_eq!(place.present(&server, &signed(&header, &claims, OURS)).await.status, 200, "the forge is a true one");
        }
        let jwks = server.send(&Request::new("GET", "/realms/crossriver/jwks.json")).await.json();
        let jwk = jwks["keys"].as_array().unwrap().iter().find(|key| key["kid"] == header["kid"]).unwrap().clone();
        for (what, forged) in badly_signed(&header, &claims, &jwk) {
            assert_invalid_everywhere(&server, &forged, what).await;
        }
        for (what, forged) in well_signed(&header, &claims) {
            assert_invalid_everywhere(&server, &forged, &what).await;
        }
        let asked = introspect_as(ACME, "crossriver", &token).header("Accept", "application/token-introspection+jwt");
        let answer = server.send(&asked).await;
        assert!(answer.status == 200 && answer.text().starts_with("eyJ"), "{answer:?}");
        assert_invalid_everywhere(&server, answer.text(), "an answer about the token").await;
        // As refresh tokens, handles, codes and secrets look.
        for handle in ["aa367982-bef6-4f05-a156-10c1431988bc", "9vQmT0Zl3Xr7d1cKpW5sYfJ8uHn2aEbG6iLoRtVxMzQ", "cs_9vQmT0Zl3Xr7d1cKpW5sYfJ8uHn2", ACME.1] {
            assert_invalid_everywhere(&server, handle, handle).await;
        }
    }

    async fn atk_096_what_was_good_is_invalid_once_it_is_not(server) {
        let [token, ended] = [good_everywhere(&server).await, good_everywhere(&server).await];
        revoked(&server.send(&revoke_as(ACME, "crossriver", &ended)).await, "revoked");
        assert_invalid_everywhere(&server, &ended, "revoked").await;
        server.ops().disable_client(&Actor::Shell, &realm("crossriver"), &client(ACME.0)).await.unwrap();
        server.refresh().await;
        assert_invalid_everywhere(&server, &token, "its client is off").await;
        server.ops().enable_client(&Actor::Shell, &realm("crossriver"), &client(ACME.0)).await.unwrap();
        server.refresh().await;
        assert_eq!(Verify.present(&server, &token).await.status, 200);
        server.clock.advance(Duration::from_secs(3600));
        assert_invalid_everywhere(&server, &token, "expired").await;
    }

    async fn atk_096_a_token_for_one_api_is_invalid_at_another(server) {
        let other = json!({ "audience": "https://other.example", "scopes": ["other"], "owners": [] });
        server.ops().put_api(&Actor::Shell, &realm("crossriver"), &serde_json::from_value(other).unwrap()).await.unwrap();
        server.refresh().await;
        let token = granted(&server.send(&contract("crossriver").good()).await);
        let (header, claims) = (part(&token, 0), part(&token, 1));
        assert_eq!(Verify.present(&server, &token).await.status, 200);
        for aud in [json!("https://other.example"), json!(["https://other.example"])] {
            let foreign = signed(&header, &with(claims.clone(), &json!({ "aud": aud })), OURS);
            assert_told(&Verify.present(&server, &foreign).await, r#"error="invalid_token""#, &aud.to_string());
            let both = signed(&header, &with(claims.clone(), &json!({ "aud": [AUDIENCE, "https://other.example"] })), OURS);
            assert_eq!(Verify.present(&server, &both).await.status, 200, "meant for both");
        }
    }

    async fn atk_096_a_retired_key_is_believed_nowhere_at_all(server) {
        let other = Server::on(&server.url, |_| {}).await;
        let (river, old, new) = (realm("crossriver"), KeyId::new("crossriver-RS256"), KeyId::new("next"));
        let ops = server.ops();
        let signs = NewKey { kid: Some(new.clone()), ..NewKey::generated(Algorithm::Rs256) };
        ops.prepare_key(&Actor::Shell, &river, signs).await.unwrap();
        let token = administrator_of(&server, "crossriver").await;
        other.refresh().await;
        ops.activate_key(&Actor::Shell, &river, &new, Wait::Waive).await.unwrap();
        ops.retire_key(&Actor::Shell, &river, &old, Wait::Waive).await.unwrap();
        // This place asks for news first; whatever it learns must not keep an old verdict alive at the others.
        assert_told(&Admin.present(&other, &token).await, r#"error="invalid_token""#, "the first to ask");
        assert_invalid_everywhere(&other, &token, "its key is retired").await;
    }

    async fn atk_097_a_token_that_is_too_weak_is_told_what_it_lacks(server) {
        let token = granted(&server.send(&contract("crossriver").good()).await);
        let lacks = |needed: &str| format!(r#"Bearer realm="crossriver", error="insufficient_scope", scope="{needed}""#);
        for needed in ["countersign.admin", "scope1 countersign.admin", "scope1x", "scope"] {
            let asked = Request::new("GET", &format!("/verify?realm=crossriver&scope={}", needed.replace(' ', "+")));
            let answer = server.send(&bearer(&token, asked)).await;
            assert_eq!((answer.status, answer.header("WWW-Authenticate")), (403, Some(lacks(needed).as_str())), "{answer:?}");
            assert_eq!(answer.header("X-Auth-Client"), None);
            assert_bare(&answer, needed);
        }
        let answer = Admin.present(&server, &token).await;
        let challenge = r#"Bearer error="insufficient_scope", scope="countersign.admin""#;
        assert_eq!((answer.status, answer.header("WWW-Authenticate")), (403, Some(challenge)), "{answer:?}");
        assert_eq!(server.send(&test_oauth(&token)).await.status, 200, "it asks for no scope");
    }

    async fn atk_098_a_token_has_one_place(server) {
        let token = good_everywhere(&server).await;
        for place in [Verify, Test, Admin] {
            let query = format!("?access_token={token}");
            let form = |request: Request| request.form(&[("access_token", &token)]);
            let elsewhere = [
                ("in the query", place.request(&query)),
                ("in the body", form(place.request(""))),
                ("in both", form(place.request(&query))),
                ("in a cookie", place.request("").header("Cookie", &format!("access_token={token}"))),
                ("in another header", place.request("").header("Proxy-Authorization", &format!("Bearer {token}"))),
            ];
            for (what, request) in elsewhere {
                let answer = place.send(&server, &request).await;
                assert_eq!(answer.header("WWW-Authenticate"), Some(place.bare_challenge()), "{what} at {place:?}: {answer:?}");
                assert_told(&answer, "", what);
            }
            let twice = bearer(&token, bearer(&token, place.request("")));
            let beside = [
                ("two headers", twice),
                ("a bad header beside a good query", bearer("x.y.z", place.request(&query))),
                ("a bad header beside a good body", bearer("x.y.z", form(place.request("")))),
                ("two in one header", bearer(&format!("{token}, Bearer {token}"), place.request(""))),
            ];
            for (what, request) in beside {
                assert_told(&place.send(&server, &request).await, r#"error="invalid_token""#, &format!("{what} at {place:?}"));
            }
        }
    }
}
