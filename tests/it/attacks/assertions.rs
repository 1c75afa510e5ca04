//! Rows 54 to 61: client assertions and certificates, which the server does not offer. A perfect one is refused like a forged
//! one, and nobody is asked about it.

use base64::Engine as _;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use countersign::model::Algorithm;
use serde_json::{Value, json};

use super::jose::{By, ES256, GOOD, JWT_BEARER, asserted, encoded, es256_header, perfect_claims, signed, with};
use super::trap::Trap;
use super::{BAD, CONTRACTS, GRANT, NONE, admin_token, assert_bare, assert_refused, bearer, count, token};
use crate::harness::clock::BEGINNING;
use crate::harness::http::{Request, Response};
use crate::harness::server::{Server, on_both};

const RS256: &str = include_str!("../fixtures/rs256.pem");

/// Every assertion is refused in the same words, and no contract takes one.
async fn assert_useless(server: &Server, assertions: &[(String, String)]) {
    for (what, assertion) in assertions {
        assert_refused(&server.send(&asserted(assertion)).await, (401, NONE), what);
        let without_id = token(&[GRANT, ("client_assertion_type", JWT_BEARER), ("client_assertion", assertion)]);
        assert_refused(&server.send(&without_id).await, (401, NONE), what);
        for contract in &CONTRACTS[1..] {
            let answer = server.send(&in_contract(contract.name, assertion)).await;
            assert!([400, 401].contains(&answer.status), "{what} at {}: {answer:?}", contract.name);
            assert_bare(&answer, what);
        }
        server.clock.advance(std::time::Duration::from_millis(200));
    }
    assert_eq!(count(server, "SELECT COUNT(*) FROM lockouts").await, 0, "nobody's count moved");
    assert_eq!(count(server, "SELECT COUNT(*) FROM tokens").await, 0, "nothing was issued");
}

fn in_contract(name: &str, assertion: &str) -> Request {
    let pairs = [GRANT, ("client_assertion_type", JWT_BEARER), ("client_assertion", assertion)];
    let fields: serde_json::Map<_, _> = pairs.iter().map(|(name, value)| ((*name).to_owned(), json!(value))).collect();
    match name {
        "loanstreet" => Request::new("POST", "/oauth/token").json(&fields.into()),
        "lendingclub" => Request::new("POST", "/auth/oauth/v2/token").json(&fields.into()),
        "crossriver" => Request::new("POST", "/connect/token").form(&pairs),
        _ => Request::new("POST", "/core/oauth2/token").form(&pairs),
    }
}

fn named(what: &str, header: &Value, claims: &Value, by: By<'_>) -> (String, String) {
    (what.to_owned(), signed(header, claims, by))
}

on_both! {
    async fn atk_054_no_audience_makes_an_assertion_good(server) {
        let endpoint = "http://127.0.0.1:8080/oauth2/token";
        let issuer = "http://127.0.0.1:8080/realms/main";
        let audiences = [json!(issuer), json!([issuer]), json!([issuer, "https://evil.example"]), json!(endpoint),
            json!("http://127.0.0.1:8080/par"), json!("https://other.example"), json!(format!("{issuer}/")), json!(null), json!(7)];
        let assertions: Vec<_> = audiences.iter()
            .map(|aud| named(&format!("aud {aud}"), &es256_header(), &with(perfect_claims(), &json!({ "aud": aud })), GOOD))
            .collect();
        assert_useless(&server, &assertions).await;
    }

    async fn atk_055_no_times_or_names_make_an_assertion_good(server) {
        let now = BEGINNING.seconds();
        let changes = [json!({ "exp": null }), json!({ "exp": now - 1 }), json!({ "exp": now + 3600 }), json!({ "exp": -1 }),
            json!({ "exp": "soon" }), json!({ "exp": 1.5 }), json!({ "exp": 1e300 }), json!({ "iat": now + 61 }), json!({ "nbf": now + 61 }),
            json!({ "iss": "other" }), json!({ "sub": null }), json!({ "jti": null }), json!({ "iss": "P9L8PJ9QIAFAKBNQG6E0", "sub": "P9L8PJ9QIAFAKBNQG6E0" })];
        let mut assertions: Vec<_> = changes.iter()
            .map(|change| named(&change.to_string(), &es256_header(), &with(perfect_claims(), change), GOOD)).collect();
        let huge = format!("{}.{}.AAAA", encoded(&es256_header()), BASE64_URL_SAFE_NO_PAD.encode(r#"{"iss":"demo","sub":"demo","exp":1e400}"#));
        assertions.push(("1e400".to_owned(), huge));
        assert_useless(&server, &assertions).await;
    }

    async fn atk_056_an_assertion_is_as_useless_the_second_time(server) {
        let assertion = signed(&es256_header(), &perfect_claims(), GOOD);
        let request = asserted(&assertion);
        let answers: [Response; 4] = {
            let (a, b, c, d) = tokio::join!(server.send(&request), server.send(&request), server.send(&request), server.send(&request));
            [a, b, c, d]
        };
        for answer in &answers {
            assert_refused(answer, (401, NONE), "parallel");
        }
        let again = server.restart().await;
        assert_refused(&again.send(&request).await, (401, NONE), "after a restart");
    }

    async fn atk_057_no_algorithm_or_key_makes_an_assertion_good(server) {
        let trap = Trap::set().await;
        let jwks = server.send(&Request::new("GET", "/realms/main/jwks.json")).await.text().to_owned();
        let claims = perfect_claims();
        let header = |extra: Value| with(es256_header(), &extra);
        let url = trap.url("jwks");
        let assertions = [
            named("none", &json!({ "alg": "none" }), &claims, By::Raw(b"")),
            named("HMAC under the secret", &header(json!({ "alg": "HS256" })), &claims, By::Hmac("demo-secret")),
            named("HMAC under the published keys", &header(json!({ "alg": "HS256" })), &claims, By::Hmac(&jwks)),
            named("RS256 by the issuer's own key", &json!({ "alg": "RS256", "kid": "main-RS256" }), &claims, By::Key(Algorithm::Rs256, RS256)),
            named("zeros", &es256_header(), &claims, By::Raw(&[0; 64])),
            named("overlong", &es256_header(), &claims, By::Raw(&[1; 4096])),
            named("path in kid", &header(json!({ "kid": "../../../../dev/null" })), &claims, GOOD),
            named("SQL in kid", &header(json!({ "kid": "x' UNION SELECT 'AA' --" })), &claims, GOOD),
            named("jku", &header(json!({ "jku": url })), &claims, GOOD),
            named("x5u", &header(json!({ "x5u": url })), &claims, GOOD),
            named("embedded jwk", &header(json!({ "jwk": { "kty": "oct", "k": "AAAA" } })), &claims, By::Hmac("\0\0\0")),
            named("crit", &header(json!({ "crit": ["b64"], "b64": false })), &claims, GOOD),
            ("no JWT".to_owned(), "AAAA".to_owned()),
        ];
        assert_useless(&server, &assertions).await;
        trap.assert_untouched().await;
    }

    async fn atk_058_weak_keys_are_refused_where_keys_are_taken(server) {
        let admin = admin_token(&server).await;
        let put = |body: Value| bearer(&admin, Request::new("POST", "/admin/v1/realms/main/keys").json(&body));
        let before = server.send(&Request::new("GET", "/realms/main/jwks.json")).await.body;
        let weak = include_str!("rsa1024.pem");
        for (body, field) in [
            (json!({ "algorithm": "RS256", "rsa_bits": 1024 }), "rsa_bits"),
            (json!({ "algorithm": "RS256", "rsa_bits": 16384 }), "rsa_bits"),
            (json!({ "algorithm": "RS256", "pem": weak }), "pem"),
            (json!({ "algorithm": "ES256", "pem": weak }), "pem"),
            (json!({ "algorithm": "RS256", "pem": ES256 }), "pem"),
            (json!({ "algorithm": "RS256", "pem": "-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n" }), "pem"),
        ] {
            let answer = server.operate(&put(body)).await;
            assert_eq!((answer.status, answer.json()["field"].as_str()), (400, Some(field)), "{answer:?}");
        }
        for algorithm in ["HS256", "none", "RS1"] {
            assert_eq!(server.operate(&put(json!({ "algorithm": algorithm }))).await.status, 400, "{algorithm}");
        }
        server.refresh().await;
        assert_eq!(server.send(&Request::new("GET", "/realms/main/jwks.json")).await.body, before);
    }

    async fn atk_059_no_client_registers_keys_or_urls(server) {
        let trap = Trap::set().await;
        let admin = admin_token(&server).await;
        let jwk = json!({ "kty": "EC", "crv": "P-256", "x": "AA", "y": "AA", "d": "AA" });
        for (name, value) in [("jwks", json!({ "keys": [jwk] })), ("jwks_uri", json!(trap.url("jwks"))), ("request_uris", json!([trap.url("r")])),
            ("tls_client_auth_subject_dn", json!("CN=demo")), ("logo_uri", json!(trap.url("logo"))), ("software_statement", json!("e30.e30."))] {
            let body = json!({ "id": "with-keys", name: value });
            let created = server.operate(&bearer(&admin, Request::new("POST", "/admin/v1/realms/main/clients").json(&body))).await;
            assert_eq!((created.status, created.text().contains(name)), (400, true), "{created:?}");
            let change = json!({ name: value });
            let changed = server.operate(&bearer(&admin, Request::new("PATCH", "/admin/v1/realms/main/clients/demo").json(&change))).await;
            assert_eq!(changed.status, 400, "{changed:?}");
        }
        let made = server.operate(&bearer(&admin, Request::new("GET", "/admin/v1/realms/main/clients/with-keys"))).await;
        assert_eq!(made.status, 404);
        for method in ["private_key_jwt", "client_secret_jwt", "tls_client_auth", "self_signed_tls_client_auth"] {
            let body = json!({ "id": "by-method", "auth_method": method });
            let answer = server.operate(&bearer(&admin, Request::new("POST", "/admin/v1/realms/main/clients").json(&body))).await;
            assert_eq!(answer.status, 400, "{method}: {answer:?}");
        }
        trap.assert_untouched().await;
    }

    async fn atk_060_a_certificate_authenticates_nobody(server) {
        for request in with_certificates() {
            assert_refused(&server.send(&request).await, (401, NONE), "certificate");
            assert_refused(&server.send(&request.basic("demo", "wrong-secret")).await, (401, BAD), "certificate beside a wrong secret");
        }
    }

    async fn atk_061_certificate_headers_of_strangers_authenticate_nobody(server) {
        // The test's own server believes a proxy on this address; this one believes nobody.
        let deaf = Server::on(&server.url, |config| config.server.trusted_proxies.clear()).await;
        for request in with_certificates() {
            assert_refused(&deaf.send(&request).await, (401, NONE), "certificate");
        }
    }
}

/// `demo` presenting a certificate in every header that proxies use for it.
fn with_certificates() -> Vec<Request> {
    let pem = "-----BEGIN%20CERTIFICATE-----%0AMIIB%0A-----END%20CERTIFICATE-----%0A";
    let headers = [
        ("X-SSL-Client-Cert", pem),
        ("X-SSL-Client-Verify", "SUCCESS"),
        ("X-SSL-Client-S-DN", "CN=demo"),
        ("X-Forwarded-Client-Cert", "By=spiffe://a;Hash=00;Subject=\"CN=demo\";URI=spiffe://demo"),
        ("X-Client-Cert", pem),
        ("Client-Cert", ":MIIB:"),
        ("SSL_CLIENT_CERT", pem),
        ("X-Remote-User", "demo"),
        ("X-Authenticated-Client", "demo"),
    ];
    let base = || token(&[GRANT, ("client_id", "demo")]);
    let all = headers.iter().fold(base(), |request, (name, value)| request.header(name, value));
    headers.iter().map(|(name, value)| base().header(name, value)).chain([all]).collect()
}
