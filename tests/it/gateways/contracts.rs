//! The API side of the partner contracts, through real gateways: who passes and as whom, and what the others get instead
//! (contracts 1.1 to 1.4; edge cases 56 to 58 and 73 to 83).

use std::time::Duration;

use countersign::audit::Actor;
use countersign::model::{ClientId, RealmId};
use serde_json::json;

use super::on_gateways;
use crate::edge::{
    CR_ID, LC_ID, LC_SECRET, LS, LS_ID, LS_SECRET, TEST, UP_ID, bearer, cr, get, lc_as, post, service, token_of, up,
};
use crate::harness::gateway::{Gateway, Installed};
use crate::harness::http::{Request, Response};
use crate::harness::recorder::Recorder;
use crate::harness::server::{Backend, Server};

const VIEW: &str = "https://api.loan-street.com/auth/cls-deal.view";
const CONTROL: &str = "https://api.loan-street.com/auth/external-api.fullcontrol";
const ACTING: &str = "core.users:act-on-behalf-of";

const DEALS: &str = "/api/latest/cls/deals/7?fields=a%2Cb";
const LISTINGS: &str = "/api/lcx/v1/listings";
const APPLICATION: &str = "/api/SignupCard/Applications/7";
const APPLICATIONS: &str = "/api/SignupCard/Applications";
const KYC: &str = "/core/users/5f0c2a1e-7c39-4d0b-9d3c-0d1a7f4f1b11/kyc";
const TRANSACTIONS: &str = "/core/transactions";

const USER: &str = "user 5f0c2a1e-7c39-4d0b-9d3c-0d1a7f4f1b11";
const BLOCKED: &str = "user cd21b26d-35d2-408a-9201-b8fdbef7a604";
const UNKNOWN: &str = "user 00000000-0000-4000-8000-000000000000";

const INVALID: &str = r#"Bearer error="invalid_token""#;
/// Of a request that no rule knows, or whose path has two readings.
const NO_ROUTE: Gets<'static> = Refusal(403, NOT_ALLOWED, None);
const NOT_ALLOWED: &str = r#"{"error":"access_denied","error_description":"The request is not allowed"}"#;

/// What a partner gets: the API's answer as this client for this subject, or this refusal with this challenge.
#[derive(Clone, Copy, Debug)]
enum Gets<'a> {
    Api(&'a str, &'a str),
    Refusal(u16, &'a str, Option<&'a str>),
}
use Gets::{Api, Refusal};

/// An API behind a gateway behind a partner, and Countersign beside them.
struct Scene {
    server: Server,
    gateway: Gateway,
    api: Recorder,
    realm: &'static str,
}

impl Scene {
    /// By the rules of the shipped resource files.
    async fn of(installed: Installed, realm: &'static str) -> Self {
        let server = Server::start(Backend::Sqlite, |_| {}).await.unwrap();
        let echo = |_: &_| Response { status: 201, headers: Vec::new(), body: b"the API's".to_vec() };
        let api = Recorder::start(echo).await;
        let gateway = installed.between(server.public, api.address).await;
        Self { server, gateway, api, realm }
    }

    /// The token that this request is answered with, on the API's own host.
    async fn token(&self, request: Request) -> String {
        token_of(&self.gateway.send(&request).await, "a token")
    }

    async fn holds(&self, cases: &[(&str, Request, Gets<'_>)]) {
        for (case, request, gets) in cases {
            let answer = self.gateway.send(request).await;
            let reached = self.api.reached();
            let case = format!("{case}: {answer:?} {reached:?}");
            match *gets {
                Api(client, subject) => {
                    assert_eq!((answer.status, answer.text(), reached.len()), (201, "the API's", 1), "{case}");
                    let told = |name| reached[0].headers(name);
                    assert_eq!([told("X-Auth-Client"), told("X-Auth-Subject")], [[client], [subject]], "{case}");
                    assert_eq!(told("X-Auth-Realm"), [self.realm], "{case}");
                }
                Refusal(status, body, challenge) => {
                    assert_eq!((answer.status, answer.text(), reached.len()), (status, body, 0), "{case}");
                    assert_eq!(answer.header("WWW-Authenticate"), challenge, "{case}");
                    let typed = answer.header("Content-Type").is_some_and(|kind| kind.starts_with("application/json"));
                    assert!(typed || body.is_empty(), "{case}");
                }
            }
        }
    }
}

/// A call with this token.
fn call(method: &str, target: &str, token: &str) -> Request {
    Request::new(method, target).header("Authorization", &format!("Bearer {token}"))
}

/// The same for somebody.
fn acting(method: &str, target: &str, token: &str, on_behalf_of: &str) -> Request {
    call(method, target, token).header("X-On-Behalf-Of", on_behalf_of).json(&json!({ "amount": "1.00" }))
}

on_gateways! {
    async fn loanstreet_forbids_what_is_expired(installed) {
        let scene = Scene::of(installed, "loanstreet").await;
        let token = scene.token(service(LS_ID, LS_SECRET)).await;
        let narrow = json!({ "client_id": LS_ID, "client_secret": LS_SECRET, "scope": CONTROL });
        let narrow = scene.token(post(LS).json(&narrow)).await;
        let foreign = scene.token(cr(&[])).await;
        let invalid = r#"{"error":"invalid_token","error_description":"The access token is invalid"}"#;
        let said = r#"Bearer error="invalid_token", error_description="The access token is invalid""#;
        let lacking = r#"{"error":"insufficient_scope","error_description":"The access token lacks a required scope"}"#;
        let views = json!({ "client_id": LS_ID, "client_secret": LS_SECRET, "scope": VIEW });
        let views = scene.token(post(LS).json(&views)).await;
        let needs = format!(r#"Bearer realm="loanstreet", error="insufficient_scope", scope="{VIEW}""#);
        let needs_both = format!(r#"Bearer realm="loanstreet", error="insufficient_scope", scope="{VIEW} {CONTROL}""#);
        let none = Refusal(401, "", Some(r#"Bearer realm="loanstreet""#));
        scene.holds(&[
            ("good", call("GET", DEALS, &token), Api(LS_ID, LS_ID)),
            ("83, lower case", get(DEALS).header("Authorization", &format!("bearer {token}")), Api(LS_ID, LS_ID)),
            ("74, no header", get(DEALS), none),
            ("83, in the query", get(&format!("{DEALS}&access_token={token}")), none),
            ("83, in the body", Request::new("POST", DEALS).form(&[("access_token", &token)]), none),
            ("74, foreign", call("GET", DEALS, &foreign), Refusal(403, invalid, Some(said))),
            ("74, tampered", call("GET", DEALS, &format!("{token}x")), Refusal(403, invalid, Some(said))),
            ("59, another scope", call("GET", DEALS, &narrow), Refusal(403, lacking, Some(&needs))),
            ("reads", call("GET", DEALS, &views), Api(LS_ID, LS_ID)),
            ("writes", call("PUT", DEALS, &token), Api(LS_ID, LS_ID)),
            ("may not write", call("PUT", DEALS, &views), Refusal(403, lacking, Some(&needs_both))),
            ("no such route", call("GET", "/api/latest/users", &token), NO_ROUTE),
            ("two readings", call("GET", "/api/latest/users/../cls/deals/7", &token), NO_ROUTE),
            ("two readings", call("GET", "/api/latest/cls/%2e%2e/users", &token), NO_ROUTE),
        ]).await;
        scene.server.clock.advance(Duration::from_secs(86_400));
        let expired = r#"{"error":"invalid_token","error_description":"The access token expired"}"#;
        let said = r#"Bearer error="invalid_token", error_description="The access token expired""#;
        scene.holds(&[("74, expired", call("GET", DEALS, &token), Refusal(403, expired, Some(said)))]).await;
    }

    async fn lendingclub_takes_its_uuid(installed) {
        let scene = Scene::of(installed, "lc").await;
        let token = scene.token(lc_as(LC_ID, LC_SECRET)).await;
        let said = |what: &str| {
            let challenge = format!(r#"Bearer realm="lc", error="invalid_token", error_description="The access token {what}""#);
            (json!({ "error": "invalid_token", "error_description": format!("The access token {what}") }).to_string(), challenge)
        };
        let ((invalid, challenge), (expired, ended)) = (said("is invalid"), said("expired"));
        let invalid = Refusal(401, &invalid, Some(&challenge));
        scene.holds(&[
            ("good", call("GET", LISTINGS, &token), Api(LC_ID, LC_ID)),
            ("66, upper case", call("GET", LISTINGS, &token.to_uppercase()), invalid),
            ("unknown", call("GET", LISTINGS, "aa367982-bef6-4f05-a156-10c1431988bc"), invalid),
            ("garbage", call("GET", LISTINGS, "2d8ff349-cf7g"), invalid),
            ("none", get(LISTINGS), Refusal(401, "", Some(r#"Bearer realm="lc""#))),
            ("no such method", call("POST", LISTINGS, &token), NO_ROUTE),
        ]).await;
        scene.server.clock.advance(Duration::from_secs(1800));
        scene.holds(&[("62, expired", call("GET", LISTINGS, &token), Refusal(401, &expired, Some(&ended)))]).await;
    }

    async fn crossriver_has_a_test_endpoint_and_needs_its_scopes(installed) {
        let scene = Scene::of(installed, "crossriver").await;
        let (token, narrow) = (scene.token(cr(&[])).await, scene.token(cr(&[("scope", "scope3")])).await);
        let lacking = r#"{"error":"insufficient_scope","error_description":"The access token lacks a required scope"}"#;
        let needs = Some(r#"Bearer realm="crossriver", error="insufficient_scope", scope="scope1""#);
        let both = Some(r#"Bearer realm="crossriver", error="insufficient_scope", scope="scope1 scope2""#);
        let one = scene.token(cr(&[("scope", "scope1")])).await;
        let invalid = Refusal(401, "", Some(INVALID));
        scene.holds(&[
            ("good", call("GET", APPLICATION, &token), Api(CR_ID, CR_ID)),
            ("scope missing", call("GET", APPLICATION, &narrow), Refusal(403, lacking, needs)),
            ("both scopes", call("POST", APPLICATIONS, &token), Api(CR_ID, CR_ID)),
            ("one of both", call("POST", APPLICATIONS, &one), Refusal(403, lacking, both)),
            ("no such route", call("DELETE", APPLICATION, &token), NO_ROUTE),
            ("garbage", call("GET", APPLICATION, "x.y.z"), invalid),
            ("none", get(APPLICATION), Refusal(401, "", Some("Bearer"))),
            ("73, good", bearer(TEST, &token), Refusal(200, "", None)),
            ("73, whatever its scope", bearer(TEST, &narrow), Refusal(200, "", None)),
            ("73, garbage", bearer(TEST, "x.y.z"), invalid),
            ("73, none", get(TEST), Refusal(401, "", Some("Bearer"))),
        ]).await;
        scene.server.clock.advance(Duration::from_secs(3600));
        scene.holds(&[
            ("expired", call("GET", APPLICATION, &token), invalid),
            ("73, expired", bearer(TEST, &token), invalid),
        ]).await;
    }

    async fn uphold_acts_for_users(installed) {
        let scene = Scene::of(installed, "uphold").await;
        let (token, narrow) = (scene.token(up(&[])).await, scene.token(up(&[("scope", "users:*")])).await);
        let reads = scene.token(up(&[("scope", "users.kyc:read core.transactions:create")])).await;
        let user = USER.strip_prefix("user ").unwrap();
        let blocked = BLOCKED.strip_prefix("user ").unwrap();
        let lacks = |needed: &str, has: &str| {
            let security = json!([{ "scheme": "OAuth", "schemeScopes": [needed], "tokenScopes": has.split(' ').collect::<Vec<_>>() }]);
            let message = "Authorization failed due to insufficient scopes";
            json!({ "code": "token_insufficient_scopes", "message": message, "details": { "security": security } }).to_string()
        };
        let (kyc, acts) = (lacks("users.kyc:read", "users:*"), lacks(ACTING, "users.kyc:read core.transactions:create"));
        let malformed = r#"{"code":"request_invalid","message":"The request has missing or invalid parameters"}"#;
        let unknown = r#"{"code":"entity_not_found","message":"The user cannot be found"}"#;
        let is_blocked = r#"{"code":"operation-not-allowed","message":"The current status of the user does not allow calling this endpoint","reasons":["user-blocked"]}"#;
        let invalid = r#"{"code":"token_invalid","message":"The access token is invalid"}"#;
        let twice = acting("POST", TRANSACTIONS, &token, USER).header("X-On-Behalf-Of", BLOCKED);
        scene.holds(&[
            ("82, as itself", call("GET", KYC, &token), Api(UP_ID, UP_ID)),
            ("82, as itself", call("POST", TRANSACTIONS, &token), Api(UP_ID, UP_ID)),
            ("76, for a user", acting("POST", TRANSACTIONS, &token, USER), Api(UP_ID, user)),
            ("76, nobody else says for whom", acting("GET", KYC, &token, USER).header("X-Auth-Subject", blocked), Api(UP_ID, user)),
            ("80, blocked, GET", acting("GET", KYC, &token, BLOCKED), Api(UP_ID, blocked)),
            ("80, blocked, POST", acting("POST", TRANSACTIONS, &token, BLOCKED), Refusal(409, is_blocked, None)),
            ("56, scope missing", call("GET", KYC, &narrow), Refusal(403, &kyc, None)),
            ("58, narrowed", acting("GET", KYC, &reads, USER), Refusal(403, &acts, None)),
            ("81, 403 before 409", acting("POST", TRANSACTIONS, &reads, BLOCKED), Refusal(403, &acts, None)),
            ("78, unknown", acting("GET", KYC, &token, UNKNOWN), Refusal(404, unknown, None)),
            ("77, no word", acting("GET", KYC, &token, user), Refusal(400, malformed, None)),
            ("77, no user", acting("POST", TRANSACTIONS, &token, "user 7"), Refusal(400, malformed, None)),
            ("77, two", twice, Refusal(400, malformed, None)),
            ("no such route", call("DELETE", KYC, &token), NO_ROUTE),
            ("two readings", call("GET", "/core/users/7/..%2f7/kyc", &token), NO_ROUTE),
            ("75, garbage", call("GET", KYC, "x.y.z"), Refusal(401, invalid, Some(INVALID))),
            ("75, none", get(KYC), Refusal(401, invalid, Some("Bearer"))),
        ]).await;
        scene.server.clock.advance(Duration::from_secs(600));
        let expired = Refusal(401, r#"{"code":"token_expired","message":"The access token has expired"}"#, Some(INVALID));
        scene.holds(&[
            ("75, expired", call("GET", KYC, &token), expired),
            ("81, 401 before 409", acting("POST", TRANSACTIONS, &token, BLOCKED), expired),
        ]).await;
    }

    async fn a_revoked_token_is_refused_at_the_next_call(installed) {
        let scene = Scene::of(installed, "uphold").await;
        let token = scene.token(up(&[])).await;
        scene.holds(&[("before", call("GET", KYC, &token), Api(UP_ID, UP_ID))]).await;
        let (realm, client) = (RealmId::new("uphold"), ClientId::new(UP_ID));
        scene.server.ops().disable_client(&Actor::Shell, &realm, &client).await.unwrap();
        scene.server.refresh().await;
        let revoked = r#"{"code":"token_revoked","message":"The access token has been revoked"}"#;
        scene.holds(&[("75, revoked", call("GET", KYC, &token), Refusal(401, revoked, Some(INVALID)))]).await;
    }

    async fn a_partner_that_asks_too_often_is_told_so_by_name_of_its_own_address(installed) {
        let scene = Scene::of(installed, "loanstreet").await;
        for _ in 0..10 {
            scene.token(service(LS_ID, LS_SECRET)).await;
        }
        // Each came with another X-Forwarded-For of its own making.
        let answer = scene.gateway.send(&service(LS_ID, LS_SECRET)).await;
        assert_eq!((answer.status, answer.text()), (429, r#"{"error":"Rate limit exceeded: 10 per 1 second"}"#));
        assert_eq!(answer.header("Retry-After"), Some("1"));
    }
}
