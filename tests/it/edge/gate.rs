//! What an API's gateway is told: `/verify` in the words of each contract.

use std::time::Duration;

use countersign::admin::service::{ClientChange, NewClient, NewInstitution, NewUser, SecretSource};
use countersign::audit::Actor;
use countersign::model::{ClientId, InstitutionId, RealmId, ScopeSet, UserId};
use countersign::secret::Secret;

use super::tools::{decoded, signed, trail};
use super::*;
use crate::harness::http::form_encoded;
use crate::harness::server::{Server, on_both};

const BLOCKED: &str = "cd21b26d-35d2-408a-9201-b8fdbef7a604";
const USER: &str = "5f0c2a1e-7c39-4d0b-9d3c-0d1a7f4f1b11";
const ORGANISATION: &str = "194d62ba-f585-40ff-83d7-9cb99b1c77c0";
const ACTING: &str = "core.users:act-on-behalf-of";

/// What Caddy asks about a request with this method, of an API of this dialect that needs these scopes.
fn asked(dialect: &str, method: &str, scope: &str) -> Request {
    let realm = if dialect == "lendingclub" { "lc" } else { dialect };
    Request::new("GET", &format!("/verify?realm={realm}&dialect={dialect}&scope={}", form_encoded(scope)))
        .header("X-Forwarded-Method", method)
        .header("X-Forwarded-Host", "api.example")
        .header("X-Forwarded-Uri", "/core/transactions?a=b")
}

fn with(token: &str, request: Request) -> Request {
    request.header("Authorization", &format!("Bearer {token}"))
}

/// For this user, at Uphold.
fn for_user(token: &str, method: &str, user: &str) -> Request {
    with(token, asked("uphold", method, "")).header("X-On-Behalf-Of", &format!("user {user}"))
}

/// It may pass, as this client for this subject.
#[track_caller]
fn passes(answer: &Response, client: &str, subject: &str) {
    assert_eq!((answer.status, answer.text()), (200, ""), "{answer:?}");
    assert_eq!((answer.header("X-Auth-Client"), answer.header("X-Auth-Subject")), (Some(client), Some(subject)), "{answer:?}");
}

async fn uphold(server: &Server, scope: &str) -> String {
    token_of(&server.send(&up(&[("scope", scope)])).await, scope)
}

/// A body of the documented kind.
fn code(code: &str, message: &str) -> String {
    json!({ "code": code, "message": message }).to_string()
}

fn lacks(needed: &str, has: &str) -> String {
    let security = json!([{ "scheme": "OAuth", "schemeScopes": [needed], "tokenScopes": [has] }]);
    json!({
        "code": "token_insufficient_scopes",
        "message": "Authorization failed due to insufficient scopes",
        "details": { "security": security },
    })
    .to_string()
}

#[track_caller]
fn answered(answer: &Response, status: u16, body: &str, case: &str) {
    assert_eq!((answer.status, answer.text()), (status, body), "{case}: {answer:?}");
    assert_eq!(answer.header("X-Auth-Client"), None, "{case}: a refusal passes nobody on");
}

/// A client of its own at Uphold, with its token.
async fn own_client(server: &Server, new: NewClient) -> String {
    let (realm, id) = (RealmId::new("uphold"), new.id.clone().unwrap());
    server.ops().create_client(&Actor::Shell, &realm, new).await.unwrap();
    let source = SecretSource::Chosen(Secret::new("a-secret-of-its-own".into()));
    server.ops().add_secret(&Actor::Shell, &realm, &id, source, None).await.unwrap();
    token_of(&server.send(&up_as(id.as_str(), "a-secret-of-its-own", &[])).await, id.as_str())
}

fn machine(id: &str, scopes: &str) -> NewClient {
    let institution = Some(InstitutionId::new(ORGANISATION));
    NewClient { institution, ..NewClient::machine(ClientId::new(id), ScopeSet::parse(scopes).unwrap()) }
}

on_both! {
    async fn edge_045_a_lock_leaves_the_tokens_of_before_alone(server) {
        let token = token_of(&server.send(&cr(&[])).await, "before");
        for _ in 0..3 {
            refused(&server.send(&cr_as(CR_ID, "wrong", &[])).await, CR_DENIED, "wrong");
        }
        refused(&server.send(&cr(&[])).await, CR_DENIED, "locked");
        passes(&server.send(&with(&token, asked("crossriver", "POST", "scope1"))).await, CR_ID, CR_ID);
        assert_eq!(server.send(&bearer(TEST, &token)).await.status, 200);
    }

    async fn edge_056_a_wildcard_does_not_descend(server) {
        let token = uphold(&server, "users:*").await;
        let answer = server.send(&with(&token, asked("uphold", "GET", "users.kyc:read"))).await;
        answered(&answer, 403, &lacks("users.kyc:read", "users:*"), "another resource");
        passes(&server.send(&with(&token, asked("uphold", "GET", "users:read"))).await, UP_ID, UP_ID);
    }

    async fn edge_057_a_wildcard_does_not_let_act_for_users(server) {
        let token = own_client(&server, machine("wild", "core.users:*")).await;
        answered(&server.send(&for_user(&token, "GET", USER)).await, 403, &lacks(ACTING, "core.users:*"), "wildcard");
    }

    async fn edge_058_a_narrowed_token_acts_for_nobody(server) {
        let token = uphold(&server, "users:*").await;
        answered(&server.send(&for_user(&token, "GET", USER)).await, 403, &lacks(ACTING, "users:*"), "narrowed");
    }

    async fn edge_058_a_client_that_lost_the_right_acts_for_nobody(server) {
        let token = uphold(&server, ACTING).await;
        passes(&server.send(&for_user(&token, "GET", USER)).await, UP_ID, USER);
        let change = ClientChange { scopes: Some(ScopeSet::parse("users:*").unwrap()), ..ClientChange::default() };
        server.ops().update_client(&Actor::Shell, &RealmId::new("uphold"), &ClientId::new(UP_ID), change).await.unwrap();
        server.refresh().await;
        answered(&server.send(&for_user(&token, "GET", USER)).await, 403, &lacks(ACTING, ACTING), "no longer");
    }

    async fn edge_068_a_token_counts_in_its_own_realm_only(server) {
        let token = token_of(&server.send(&cr(&[])).await, "crossriver");
        answered(
            &server.send(&with(&token, asked("uphold", "GET", ""))).await,
            401,
            &code("token_invalid", "The access token is invalid"),
            "another realm",
        );
    }

    async fn edge_074_loanstreet_forbids_what_is_expired_or_foreign(server) {
        let token = token_of(&server.send(&service(LS_ID, LS_SECRET)).await, "genuine");
        passes(&server.send(&with(&token, asked("loanstreet", "GET", ""))).await, LS_ID, LS_ID);
        let missing = server.send(&asked("loanstreet", "GET", "")).await;
        assert_eq!((missing.status, missing.text()), (401, ""), "no header");
        assert_eq!(missing.header("WWW-Authenticate"), Some(r#"Bearer realm="loanstreet""#));
        let (header, mut claims) = decoded(&token);
        claims["iss"] = json!("https://evil.example/");
        let foreign = signed(&header, &claims);
        let tampered = format!("{token}x");
        let invalid = r#"{"error":"invalid_token","error_description":"The access token is invalid"}"#;
        for (token, case) in [(foreign.as_str(), "foreign"), (tampered.as_str(), "tampered"), ("abc", "garbage")] {
            answered(&server.send(&with(token, asked("loanstreet", "GET", ""))).await, 403, invalid, case);
        }
        server.clock.advance(Duration::from_secs(86_400));
        let expired = server.send(&with(&token, asked("loanstreet", "GET", ""))).await;
        answered(&expired, 403, r#"{"error":"invalid_token","error_description":"The access token expired"}"#, "expired");
        let challenge = r#"Bearer error="invalid_token", error_description="The access token expired""#;
        assert_eq!(expired.header("WWW-Authenticate"), Some(challenge));
        assert_eq!(expired.header("Content-Length"), Some("72"));
    }

    async fn edge_075_uphold_tells_expired_invalid_and_revoked_apart(server) {
        let (token, invalid) = (uphold(&server, "users:*").await, code("token_invalid", "The access token is invalid"));
        answered(&server.send(&asked("uphold", "GET", "")).await, 401, &invalid, "no header");
        answered(&server.send(&with("garbage", asked("uphold", "GET", ""))).await, 401, &invalid, "garbage");
        passes(&server.send(&with(&token, asked("uphold", "GET", "users:read"))).await, UP_ID, UP_ID);
        let (realm, client) = (RealmId::new("uphold"), ClientId::new(UP_ID));
        server.ops().disable_client(&Actor::Shell, &realm, &client).await.unwrap();
        server.refresh().await;
        let revoked = code("token_revoked", "The access token has been revoked");
        answered(&server.send(&with(&token, asked("uphold", "GET", ""))).await, 401, &revoked, "switched off");
        server.ops().enable_client(&Actor::Shell, &realm, &client).await.unwrap();
        server.refresh().await;
        passes(&server.send(&with(&token, asked("uphold", "GET", ""))).await, UP_ID, UP_ID);
        server.clock.advance(Duration::from_secs(600));
        let expired = code("token_expired", "The access token has expired");
        answered(&server.send(&with(&token, asked("uphold", "GET", ""))).await, 401, &expired, "expired");
    }

    async fn edge_076_acting_for_a_user_tells_both(server) {
        let token = uphold(&server, ACTING).await;
        let answer = server.send(&for_user(&token, "POST", USER)).await;
        passes(&answer, UP_ID, USER);
        assert_eq!(answer.header("X-Auth-Institution"), Some(ORGANISATION));
        let record = trail(&server, "acted_for_user", 1).await.remove(0);
        assert_eq!(record.client.unwrap().as_str(), UP_ID);
        assert_eq!(record.user.unwrap().as_str(), USER);
        assert_eq!(record.actor, format!("client:{UP_ID}"));
        let (_, claims) = decoded(&token);
        assert!(record.detail.contains(claims["jti"].as_str().unwrap()), "{}", record.detail);
    }

    async fn edge_077_only_the_documented_form_names_a_user(server) {
        let token = uphold(&server, ACTING).await;
        let malformed = code("request_invalid", "The request has missing or invalid parameters");
        for value in [USER.to_owned(), format!("User {USER}"), format!("client {USER}"), "user 12".into(), format!("user  {USER}"), String::new()] {
            let request = with(&token, asked("uphold", "GET", "")).header("X-On-Behalf-Of", &value);
            answered(&server.send(&request).await, 400, &malformed, &value);
        }
        let twice = for_user(&token, "GET", USER).header("X-On-Behalf-Of", &format!("user {USER}"));
        answered(&server.send(&twice).await, 400, &malformed, "two headers");
    }

    async fn edge_078_unknown_and_foreign_users_are_alike(server) {
        let (realm, other) = (RealmId::new("uphold"), "7d3c0a5e-2f44-4f0a-8f4e-0c3a1f7b9d21");
        let organisation = NewInstitution { id: Some(InstitutionId::new(other)), name: "Other".into(), ..other_institution() };
        server.ops().create_institution(&Actor::Shell, &realm, organisation).await.unwrap();
        let foreign = a_user(&server, Some(other)).await;
        let nobodys = a_user(&server, None).await;
        let token = uphold(&server, ACTING).await;
        let unknown = code("entity_not_found", "The user cannot be found");
        for user in ["00000000-0000-4000-8000-000000000000", &foreign, &nobodys] {
            answered(&server.send(&for_user(&token, "GET", user)).await, 404, &unknown, user);
        }
    }

    async fn edge_079_a_single_user_client_acts_for_its_own_user_only(server) {
        let new = NewClient { user: Some(UserId::new(USER)), ..machine("single", "core.transactions:create") };
        let token = own_client(&server, new).await;
        passes(&server.send(&with(&token, asked("uphold", "POST", "core.transactions:create"))).await, "single", USER);
        passes(&server.send(&for_user(&token, "POST", USER)).await, "single", USER);
        let mismatch = code("token_insufficient_scopes", "Authorization failed due to insufficient scopes");
        answered(&server.send(&for_user(&token, "GET", BLOCKED)).await, 403, &mismatch, "another user");
    }

    async fn edge_080_a_blocked_user_only_reads(server) {
        let token = uphold(&server, ACTING).await;
        let blocked = r#"{"code":"operation-not-allowed","message":"The current status of the user does not allow calling this endpoint","reasons":["user-blocked"]}"#;
        for method in ["POST", "PUT", "PATCH", "DELETE", "PROPFIND"] {
            let answer = server.send(&for_user(&token, method, BLOCKED)).await;
            answered(&answer, 409, blocked, method);
            assert_eq!(answer.header("Content-Length"), Some("139"));
        }
        for method in ["GET", "HEAD", "OPTIONS"] {
            passes(&server.send(&for_user(&token, method, BLOCKED)).await, UP_ID, BLOCKED);
        }
        let (realm, user) = (RealmId::new("uphold"), UserId::new(BLOCKED));
        server.ops().unblock_user(&Actor::Shell, &realm, &user).await.unwrap();
        server.refresh().await;
        passes(&server.send(&for_user(&token, "POST", BLOCKED)).await, UP_ID, BLOCKED);
        server.ops().block_user(&Actor::Shell, &realm, &user).await.unwrap();
        server.refresh().await;
        answered(&server.send(&for_user(&token, "POST", BLOCKED)).await, 409, blocked, "blocked again");
    }

    async fn edge_081_authenticate_then_authorise_then_state(server) {
        let (narrow, token) = (uphold(&server, "users:*").await, uphold(&server, ACTING).await);
        let on_behalf = |request: Request| request.header("X-On-Behalf-Of", &format!("user {BLOCKED}"));
        let lacking = server.send(&on_behalf(with(&token, asked("uphold", "POST", "users.kyc:read")))).await;
        answered(&lacking, 403, &lacks("users.kyc:read", ACTING), "403 before 409");
        answered(&server.send(&for_user(&narrow, "POST", BLOCKED)).await, 403, &lacks(ACTING, "users:*"), "403 before 409");
        server.clock.advance(Duration::from_secs(600));
        let expired = code("token_expired", "The access token has expired");
        answered(&server.send(&for_user(&token, "POST", BLOCKED)).await, 401, &expired, "401 before both");
    }

    async fn edge_082_a_client_that_acts_as_itself_is_not_affected(server) {
        let token = uphold(&server, ACTING).await;
        passes(&server.send(&with(&token, asked("uphold", "POST", ""))).await, UP_ID, UP_ID);
    }

    async fn edge_083_a_gateway_is_asked_with_a_header_only(server) {
        let token = uphold(&server, "users:*").await;
        let lower = asked("uphold", "GET", "").header("Authorization", &format!("bearer {token}"));
        passes(&server.send(&lower).await, UP_ID, UP_ID);
        let url = format!("/verify?realm=uphold&dialect=uphold&access_token={token}");
        let query = server.send(&get(&url)).await;
        assert_eq!(query.status, 500, "a rule that is none: {query:?}");
        assert!(!query.text().contains(&token));
        let form = asked("uphold", "GET", "").form(&[("access_token", &token)]);
        assert_eq!(server.send(&form).await.status, 401);
    }

    async fn edge_056_to_082_every_refusal_of_acting_leaves_a_record(server) {
        let token = uphold(&server, ACTING).await;
        server.send(&for_user(&token, "POST", BLOCKED)).await;
        server.send(&for_user(&token, "POST", "00000000-0000-4000-8000-000000000000")).await;
        let records = trail(&server, "acting_refused", 2).await;
        assert!(records.iter().any(|record| record.user.as_ref().is_some_and(|user| user.as_str() == BLOCKED)), "{records:?}");
        assert!(records.iter().all(|record| record.client.as_ref().is_some_and(|client| client.as_str() == UP_ID)));
    }
}

fn other_institution() -> NewInstitution {
    serde_json::from_value(json!({ "name": "Other" })).unwrap()
}

/// One more account, of this organisation or of none.
async fn a_user(server: &Server, institution: Option<&str>) -> String {
    let new: NewUser = serde_json::from_value(json!({ "institution": institution })).unwrap();
    server.ops().create_user(&Actor::Shell, &RealmId::new("uphold"), &new).await.unwrap().id.to_string()
}
