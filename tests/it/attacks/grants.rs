//! Rows 71, 72, 81 and 82: the grant, the form of the request, the client asking for itself, and what an answer must say.

use countersign::admin::service::{ClientChange, NewClient, SecretSource};
use countersign::audit::Actor;
use countersign::model::{AuthMethod, GrantKind, ScopeSet};
use countersign::secret::Secret;
use serde_json::json;

use super::{BAD, CONTRACTS, Contract, GRANT, NONE, account, assert_refused, basic_token, client, granted, part, realm, token};
use crate::harness::clock::BEGINNING;
use crate::harness::http::{Request, Response};
use crate::harness::server::{Server, on_both};

const UNSUPPORTED: &str = r#"{"error":"unsupported_grant_type","error_description":"the grant is not offered here; known: client_credentials, urn:ietf:params:oauth:grant-type:token-exchange"}"#;
const FOREIGN: &str =
    r#"{"error":"invalid_scope","error_description":"The requested scope is unknown or not allowed for the client: "#;

fn ask_for(scope: &str) -> Request {
    token(&[GRANT, ("scope", scope)]).basic("demo", "demo-secret")
}

async fn change_demo(server: &Server, change: ClientChange) {
    server.ops().update_client(&Actor::Shell, &realm("main"), &client("demo"), change).await.unwrap();
}

fn invalid(description: &str) -> String {
    json!({ "error": "invalid_request", "error_description": description }).to_string()
}

#[track_caller]
fn assert_never_more(answer: &Response) {
    let answer = answer.json();
    for name in ["refresh_token", "id_token", "mfa_token"] {
        assert_eq!(answer.get(name), None, "{answer}");
    }
}

on_both! {
    async fn atk_071_other_grants_are_not_offered(server) {
        for grant in ["password", "authorization_code", "refresh_token", "implicit", "client_credentials ", "Client_Credentials",
            "urn:ietf:params:oauth:grant-type:jwt-bearer", "urn:ietf:params:oauth:grant-type:device_code",
            "URN:ietf:params:oauth:grant-type:token-exchange", "urn:openid:params:grant-type:ciba", "' OR 1=1 --"] {
            let right = token(&[("grant_type", grant), ("username", "jane@bank.example"), ("password", "correct horse battery staple")])
                .basic("demo", "demo-secret");
            assert_refused(&server.send(&right).await, (400, UNSUPPORTED), grant);
            for (path, body) in [("/connect/token", r#"{"error":"unsupported_grant_type"}"#),
                ("/core/oauth2/token", r#"{"error":"unsupported_grant_type","error_description":"Grant type not supported"}"#)] {
                let other = Request::new("POST", path).basic("x", "x").form(&[("grant_type", grant)]);
                assert_refused(&server.send(&other).await, (400, body), path);
            }
        }
        let missing = token(&[("scope", "read")]).basic("demo", "demo-secret");
        assert_refused(&server.send(&missing).await, (400, &invalid("the parameter `grant_type` is missing")), "missing");
    }

    async fn atk_071_a_grant_that_is_not_registered_is_refused(server) {
        change_demo(&server, ClientChange { grants: Some(vec![GrantKind::Password]), ..ClientChange::default() }).await;
        const REFUSED: &str = r#"{"error":"unauthorized_client","error_description":"The client is not authorized to use this grant type"}"#;
        assert_refused(&server.send(&basic_token("demo", "demo-secret")).await, (400, REFUSED), "right secret");
        assert_refused(&server.send(&basic_token("demo", "wrong-secret")).await, (401, BAD), "only who proves itself is told");
    }

    async fn atk_072_parameters_travel_in_a_form_and_nowhere_else(server) {
        let body = "grant_type=client_credentials";
        let post = |target: &str| Request::new("POST", target).basic("demo", "demo-secret");
        let form = "application/x-www-form-urlencoded";
        let wrong_type = invalid("the Content-Type must be application/x-www-form-urlencoded");
        let in_query = invalid("parameters belong in the body, not in the query");
        let multipart = "--b\r\nContent-Disposition: form-data; name=\"grant_type\"\r\n\r\nclient_credentials\r\n--b--\r\n";
        let path = "/oauth2/token";
        let cases = [
            ("all in the query", post(&format!("{path}?{body}")).header("Content-Type", form).body(""), invalid("parameters belong in the body, not in the query")),
            ("secret in the query", post(&format!("{path}?client_secret=x")).header("Content-Type", form).body(body), in_query.clone()),
            ("scope in the query", post(&format!("{path}?scope=read")).header("Content-Type", form).body(body), in_query),
            ("no content type", post(path).body(body), wrong_type.clone()),
            ("JSON", post(path).json(&json!({ "grant_type": "client_credentials" })), wrong_type.clone()),
            ("JSON called a form", post(path).header("Content-Type", form).body(r#"{"grant_type":"client_credentials"}"#), invalid("the parameter `grant_type` is missing")),
            ("multipart", post(path).header("Content-Type", "multipart/form-data; boundary=b").body(multipart), wrong_type.clone()),
            ("text", post(path).header("Content-Type", "text/plain").body(body), wrong_type.clone()),
            ("two content types", post(path).header("Content-Type", form).header("Content-Type", form).body(body), wrong_type.clone()),
            ("a blank in the type", post(path).header("Content-Type", "application/x-www-form- urlencoded").body(body), wrong_type),
            ("grant twice", post(path).header("Content-Type", form).body(format!("{body}&{body}")), invalid("the parameter `grant_type` is repeated")),
            ("scope twice", post(path).header("Content-Type", form).body(format!("{body}&scope=read&scope=write")), invalid("the parameter `scope` is repeated")),
            ("id twice, once encoded", post(path).header("Content-Type", form).body(format!("{body}&client_id=demo&client%5fid=demo")), invalid("the parameter `client_id` is repeated")),
            ("an unknown one twice", post(path).header("Content-Type", form).body(format!("{body}&x=1&x=1")), invalid("a parameter is repeated")),
            ("a broken escape", post(path).header("Content-Type", form).body(format!("{body}&scope=%zz")), invalid("the form holds a broken percent-encoding")),
            ("not UTF-8", post(path).header("Content-Type", form).body(&b"grant_type=client_credentials&scope=\xff"[..]), invalid("the body is not UTF-8")),
            ("not UTF-8 behind escapes", post(path).header("Content-Type", form).body(format!("{body}&scope=%ff")), invalid("the form holds a broken percent-encoding")),
            ("NUL", post(path).header("Content-Type", form).body(format!("{body}&scope=read%00")), invalid("the parameter `scope` holds a NUL character")),
            ("nothing", post(path).header("Content-Type", form).body(""), invalid("the parameter `grant_type` is missing")),
        ];
        for (what, request, expected) in cases {
            assert_refused(&server.send(&request).await, (400, &expected), what);
        }
        granted(&server.send(&post(path).header("Content-Type", format!("{form}; charset=UTF-8").as_str()).body(body)).await);
    }

    async fn atk_072_only_post_asks_for_tokens(server) {
        let expected = invalid("the method must be POST");
        for path in ["/oauth2/token", "/realms/main/oauth2/token", "/connect/token", "/oauth/token", "/auth/oauth/v2/token", "/core/oauth2/token"] {
            for method in ["GET", "PUT", "DELETE", "PATCH", "OPTIONS", "PROPFIND", "post"] {
                let answer = server.send(&Request::new(method, path).basic("demo", "demo-secret")).await;
                assert_refused(&answer, (405, &expected), path);
                assert_eq!(answer.header("Allow"), Some("POST"), "{method} {path}");
            }
            let head = server.send(&Request::new("HEAD", path)).await;
            assert_eq!((head.status, head.header("Allow"), head.body.len()), (405, Some("POST"), 0), "{path}");
        }
        let get = server.send(&Request::new("GET", "/oauth2/token?grant_type=client_credentials").basic("demo", "demo-secret")).await;
        assert_refused(&get, (405, &expected), "all in the query");
    }

    async fn atk_081_a_public_client_cannot_ask_for_itself(server) {
        let ops = server.ops();
        let public = NewClient {
            auth_method: AuthMethod::None,
            grants: vec![GrantKind::Password],
            ..NewClient::machine(client("app"), ScopeSet::parse("read").unwrap())
        };
        ops.create_client(&Actor::Shell, &realm("main"), public.clone()).await.unwrap();
        assert_refused(&server.send(&token(&[GRANT, ("client_id", "app")])).await, (401, NONE), "no secret");
        assert_refused(&server.send(&token(&[GRANT, ("client_id", "app"), ("client_secret", "")])).await, (401, NONE), "an empty secret");
        assert_refused(&server.send(&basic_token("app", "")).await, (401, BAD), "an empty secret in the header");
        assert_refused(&server.send(&basic_token("app", "any-secret")).await, (401, BAD), "any secret");
        let secret = SecretSource::Chosen(Secret::new("any-secret".to_owned()));
        ops.add_secret(&Actor::Shell, &realm("main"), &client("app"), secret, None).await.expect_err("it has no secrets");
        let machine = NewClient { id: Some(client("app2")), grants: vec![GrantKind::ClientCredentials], ..public };
        ops.create_client(&Actor::Shell, &realm("main"), machine).await.expect_err("it could not prove itself");
    }

    async fn atk_081_a_client_gets_no_more_than_its_scopes(server) {
        let grown = ScopeSet::parse("read write openid offline_access").unwrap();
        change_demo(&server, ClientChange { scopes: Some(grown), ..ClientChange::default() }).await;
        for (asked, named) in [("openid", "openid"), ("read openid", "openid"), ("offline_access", "offline_access"), ("read admin", "admin"),
            ("READ", "READ"), ("read,write", "read,write"), ("readwrite", "readwrite"), ("*", "*"), ("countersign.admin", "countersign.admin")] {
            let expected = format!("{FOREIGN}{named}\"}}");
            assert_refused(&server.send(&ask_for(asked)).await, (400, &expected), asked);
        }
        let illegal = r#"{"error":"invalid_scope","error_description":"the scope holds an illegal character"}"#;
        for asked in ["read\twrite", "read\u{a0}write", "re\"ad", "re\\ad", "r\u{e9}ad", "read\nwrite"] {
            assert_refused(&server.send(&ask_for(asked)).await, (400, illegal), asked);
        }
        let all = server.send(&basic_token("demo", "demo-secret")).await;
        assert_eq!((part(&granted(&all), 1)["scope"].as_str(), all.json()["scope"].as_str()), (Some("read write"), Some("read write")));
        assert_never_more(&all);
    }

    async fn atk_082_every_answer_says_what_it_hands_out(server) {
        for contract in &CONTRACTS {
            let answer = server.send(&contract.good()).await;
            inspect(contract, &answer);
            assert_never_more(&answer);
        }
        let narrowed = server.send(&ask_for("write")).await;
        assert_eq!((narrowed.json()["scope"].as_str(), part(&granted(&narrowed), 1)["scope"].as_str()), (Some("write"), Some("write")));
        let raw = server.send(&account("jane@bank.example", "correct horse battery staple")).await;
        assert_eq!((raw.status, raw.header("Content-Type"), raw.header("X-Content-Type-Options")), (200, Some("text/javascript"), Some("nosniff")));
        assert_eq!((raw.header("Cache-Control"), raw.header("Pragma"), raw.header("Vary")), (Some("no-store"), Some("no-cache"), Some("Accept")));
        let claims = part(raw.text(), 1);
        assert_eq!(claims["exp"].as_i64().unwrap() - claims["iat"].as_i64().unwrap(), 86400);
    }
}

/// The head of the answer, its types, and that what it says of the token is true.
fn inspect(contract: &Contract, answer: &Response) {
    let token = granted(answer);
    let body = answer.json();
    let cache = if contract.name == "crossriver" { "no-store, no-cache, max-age=0" } else { "no-store" };
    assert_eq!((answer.header("Cache-Control"), answer.header("Pragma")), (Some(cache), Some("no-cache")), "{}", contract.name);
    assert_eq!(answer.header("X-Content-Type-Options"), Some("nosniff"), "{}", contract.name);
    assert!(answer.header("Content-Type").unwrap().starts_with("application/json"), "{answer:?}");
    assert_eq!(body["token_type"], "Bearer", "{}", contract.name);
    let (life, scope) = match contract.name {
        "oauth2" => (3600, "read write"),
        "loanstreet" => {
            (86400, "https://api.loan-street.com/auth/cls-deal.view https://api.loan-street.com/auth/external-api.fullcontrol")
        }
        "lendingclub" => (1800, "oob"),
        "crossriver" => (3600, "scope1 scope2 scope3"),
        _ => (600, "users:* users.kyc:read core.users:act-on-behalf-of core.transactions:create"),
    };
    assert_eq!((body["expires_in"].as_i64(), body["scope"].as_str()), (Some(life), Some(scope)), "{body}");
    if contract.name == "lendingclub" {
        let uuid = uuid::Uuid::try_parse(&token).unwrap();
        assert_eq!((uuid.get_version_num(), uuid.to_string()), (4, token));
        return;
    }
    let claims = part(&token, 1);
    assert_eq!(
        (claims["iat"].as_i64(), claims["exp"].as_i64()),
        (Some(BEGINNING.seconds()), Some(BEGINNING.seconds() + life)),
        "{claims}"
    );
    assert_eq!(claims["scope"], scope, "{claims}");
    let issuer =
        if contract.name == "loanstreet" { "/realms/loanstreet/".to_owned() } else { format!("/realms/{}", contract.realm) };
    assert_eq!(claims["iss"], format!("http://127.0.0.1:8080{issuer}"), "{claims}");
    assert_eq!(part(&token, 0)["alg"], "RS256");
}
