//! Tokens revoked by operators: all that were issued so far, one by its id, and together with what they were got with. Each is
//! over at once on the node that was told, and on every other as soon as it hears of it; what is issued after is good.

use countersign::error::ErrorKind;
use countersign::token::active::{self, MeantFor};
use serde_json::{Value, json};

use super::{Desk, NOW, events, good, invalid, last, trail};
use crate::harness::http::Request;
use crate::harness::server::{Server, on_both};
use crate::harness::totp;

const INSTITUTION: &str = "/institutions/c9a7a1de-54a1-4a3c-8a41-1f0f5b8d3c77";
const PASSWORD: &str = "correct horse battery staple";

/// A token of acme, by Cross River's contract.
async fn token(server: &Server, secret: &str) -> String {
    let form = [("grant_type", "client_credentials"), ("client_id", "acme"), ("client_secret", secret)];
    let answer = server.send(&Request::new("POST", "/connect/token").form(&form)).await;
    answer.json()["access_token"].as_str().unwrap_or_else(|| panic!("{answer:?}")).to_owned()
}

async fn works(server: &Server, token: &str) -> bool {
    let request = Request::new("GET", "/api/SignupCard/TestOauth").header("Authorization", &format!("Bearer {token}"));
    let status = server.send(&request).await.status;
    assert!([200, 401].contains(&status), "{status}");
    status == 200
}

/// A token of jane, by LoanStreet's contract.
async fn janes(server: &Server, password: &str, otp: Option<&str>) -> String {
    let mut body = json!({ "email": "jane@bank.example", "password": password });
    body.as_object_mut().unwrap().extend(otp.map(|otp| ("otp".to_owned(), otp.into())));
    let answer = server.send(&Request::new("POST", "/oauth/token").json(&body)).await;
    assert_eq!(answer.status, 200, "{answer:?}");
    answer.text().to_owned()
}

/// Why a token is refused; `None`: it is good.
async fn refusal(server: &Server, realm: &str, token: &str) -> Option<ErrorKind> {
    let realm = server.app.realms.get(realm).unwrap();
    active::check(&server.app, &realm, token, MeantFor::Realm).await.err().map(|error| error.kind)
}

/// The `jti` of a JWT.
fn jti(token: &str) -> Value {
    use base64::Engine as _;
    let claims = base64::prelude::BASE64_URL_SAFE_NO_PAD.decode(token.split('.').nth(1).unwrap()).unwrap();
    serde_json::from_slice::<Value>(&claims).unwrap()["jti"].clone()
}

on_both! {
    async fn what_was_issued_so_far_is_over_everywhere_and_what_comes_after_is_good(server) {
        let (desk, other) = (Desk::of(&server, "crossriver").await, Server::on(&server.url, |_| {}).await);
        // All in one second: what was issued after one revocation is over with the next, whoever's it is.
        for (path, event, moment) in [
            ("/clients/acme", "client_tokens_revoked", NOW),
            (INSTITUTION, "institution_tokens_revoked", "2026-01-02T03:04:06.000Z"),
            ("/clients/acme", "client_tokens_revoked", "2026-01-02T03:04:07.000Z"),
            ("/clients/acme", "client_tokens_revoked", "2026-01-02T03:04:08.000Z"),
            (INSTITUTION, "institution_tokens_revoked", "2026-01-02T03:04:09.000Z"),
        ] {
            let old = [token(&server, "s3cr3t-crossriver").await, token(&other, "s3cr3t-crossriver").await];
            for token in &old {
                assert!(works(&server, token).await && works(&other, token).await, "{path}");
            }
            let before = last(&server).await;
            assert_eq!(good(&desk.press(&format!("{path}/revoke-tokens")).await, 200)["not_before"], moment);
            assert_eq!(events(&server, before).await, [event]);
            other.refresh().await;
            for token in &old {
                assert!(!works(&server, token).await && !works(&other, token).await, "{path}");
            }
            let new = token(&other, "s3cr3t-crossriver").await;
            assert!(works(&server, &new).await && works(&other, &new).await, "{path}: in the same second");
        }
    }

    async fn an_accounts_tokens_are_revoked_by_hand_or_with_its_credentials(server) {
        let (desk, other) = (Desk::of(&server, "loanstreet").await, Server::on(&server.url, |_| {}).await);
        let users = good(&desk.get("/users").await, 200)["items"].clone();
        let jane = users.as_array().unwrap().iter().find(|user| user["email"] == "jane@bank.example").unwrap()["id"].clone();
        let path = format!("/users/{}", jane.as_str().unwrap());
        let (by_password, by_totp) = (json!({ "password": "an entirely new one", "revoke_tokens": true }), json!({ "totp_secret": "JBSWY3DPEHPK3PXP", "revoke_tokens": true }));
        for (method, door, body, status, told, password) in [
            ("POST", "revoke-tokens", None, 200, vec!["user_tokens_revoked"], PASSWORD),
            ("PUT", "password", Some(&by_password), 204, vec!["user_password_set", "user_tokens_revoked"], PASSWORD),
            ("PUT", "password", Some(&by_password), 204, vec!["user_tokens_revoked"], "an entirely new one"),
            ("PUT", "totp", Some(&by_totp), 204, vec!["user_totp_set", "user_tokens_revoked"], "an entirely new one"),
        ] {
            let old = janes(&server, password, None).await;
            assert_eq!((refusal(&server, "loanstreet", &old).await, refusal(&other, "loanstreet", &old).await), (None, None));
            let before = last(&server).await;
            good(&desk.send(method, &format!("{path}/{door}"), body).await, status);
            assert_eq!(events(&server, before).await, told, "{door}");
            other.refresh().await;
            for node in [&server, &other] {
                assert_eq!(refusal(node, "loanstreet", &old).await, Some(ErrorKind::RsRevoked), "{door}");
            }
        }
        let before = last(&server).await;
        good(&desk.send("PUT", &format!("{path}/totp"), Some(&by_totp)).await, 204);
        assert_eq!(events(&server, before).await, ["user_tokens_revoked"], "the seed is the one that it was");
        let new = janes(&server, "an entirely new one", Some(&totp::code(server.app.now()))).await;
        assert_eq!(refusal(&server, "loanstreet", &new).await, None, "in the same second");
    }

    async fn a_credential_is_replaced_without_a_word_to_the_tokens(server) {
        let desk = Desk::of(&server, "crossriver").await;
        let old = token(&server, "s3cr3t-crossriver").await;
        let added = good(&desk.post("/clients/acme/secrets", json!({ "overlap": "0s" })).await, 201);
        good(&desk.press(&format!("/clients/acme/secrets/{}/revoke?force=true", added["id"].as_str().unwrap())).await, 204);
        assert!(works(&server, &old).await);
        assert_eq!(good(&desk.get("/clients/acme").await, 200)["not_before"], Value::Null);
    }

    async fn a_compromised_secret_takes_its_tokens_with_it(server) {
        let (desk, other) = (Desk::of(&server, "crossriver").await, Server::on(&server.url, |_| {}).await);
        let old = token(&server, "s3cr3t-crossriver").await;
        assert!(works(&other, &old).await);
        let before = last(&server).await;
        let added = good(&desk.post("/clients/acme/secrets", json!({ "overlap": "0s", "revoke_tokens": true })).await, 201);
        assert_eq!(events(&server, before).await, ["secret_added", "secret_superseded", "client_tokens_revoked"]);
        other.refresh().await;
        assert!(!works(&server, &old).await && !works(&other, &old).await);
        let (id, second) = (added["id"].as_str().unwrap(), token(&server, added["secret"].as_str().unwrap()).await);
        assert!(works(&server, &second).await);
        good(&desk.post("/clients/acme/secrets", json!({})).await, 201);
        let before = last(&server).await;
        good(&desk.press(&format!("/clients/acme/secrets/{id}/revoke?revoke_tokens=true")).await, 204);
        assert_eq!(events(&server, before).await, ["secret_revoked", "client_tokens_revoked"]);
        assert!(!works(&server, &second).await);
    }

    async fn one_token_is_revoked_by_its_id(server) {
        let (desk, other) = (Desk::of(&server, "crossriver").await, Server::on(&server.url, |_| {}).await);
        let (one, another) = (token(&server, "s3cr3t-crossriver").await, token(&server, "s3cr3t-crossriver").await);
        assert!(works(&server, &one).await && works(&other, &one).await);
        let before = last(&server).await;
        for _ in 0..2 {
            good(&desk.post("/tokens/revoke", json!({ "id": jti(&one) })).await, 204);
        }
        let rows = trail(&server, before).await.0;
        let told: Vec<_> = rows.iter().map(|row| (row.event.as_str(), row.detail.clone())).collect();
        assert_eq!(told, [("token_revoked", json!({ "jti": jti(&one) }).to_string())]);
        other.refresh().await;
        for node in [&server, &other] {
            assert!(!works(node, &one).await && works(node, &another).await);
        }
        let elsewhere = Desk { realm: "uphold", ..desk };
        good(&elsewhere.post("/tokens/revoke", json!({ "id": jti(&another) })).await, 204);
        assert!(works(&server, &another).await, "an id is one of its realm");
    }

    async fn a_revoked_token_stays_revoked_after_a_restart(server) {
        let one = token(&server, "s3cr3t-crossriver").await;
        good(&Desk::of(&server, "crossriver").await.post("/tokens/revoke", json!({ "id": jti(&one) })).await, 204);
        let server = server.restart().await;
        assert!(!works(&server, &one).await);
        server.clock.advance(std::time::Duration::from_secs(3599));
        assert!(!works(&server, &one).await, "for as long as it would have lived");
    }

    async fn a_handle_has_an_id_too_and_is_none(server) {
        let desk = Desk::of(&server, "lc").await;
        let authorization = format!("LC-API2 {}", {
            use base64::Engine as _;
            base64::prelude::BASE64_STANDARD.encode("P9L8PJ9QIAFAKBNQG6E0:DGj2XuKWjFb0y9x7ABKkAXscvQ2zEiu7bPMGwr0Lk/3joGIMWg")
        });
        let request = Request::new("POST", "/auth/oauth/v2/token?realm=lc").header("Authorization", &authorization);
        let answer = server.send(&request.json(&json!({ "grant_type": "client_credentials" }))).await;
        let token = answer.json()["access_token"].as_str().unwrap_or_else(|| panic!("{answer:?}")).to_owned();
        let realm = server.app.realms.get("lc").unwrap();
        let id = active::check(&server.app, &realm, &token, MeantFor::Realm).await.unwrap().id.clone();

        let before = last(&server).await;
        let answer = desk.post("/tokens/revoke", json!({ "id": token })).await;
        invalid(&answer, "id");
        assert!(!answer.text().contains(&token));
        assert_eq!(events(&server, before).await, [""; 0]);
        good(&desk.post("/tokens/revoke", json!({ "id": id })).await, 204);
        assert_eq!(refusal(&server, "lc", &token).await, Some(ErrorKind::RsRevoked));
    }

    async fn what_is_no_id_is_refused_and_not_repeated(server) {
        let desk = Desk::of(&server, "crossriver").await;
        let (jwt, before) = (token(&server, "s3cr3t-crossriver").await, last(&server).await);
        let id = jti(&jwt);
        let upper = id.as_str().unwrap().to_uppercase();
        for wrong in ["", "a", &jwt, &upper, "a b", "22 characters, not one", "43-characters-of-base64url-are-a-handle-not", "a\0"] {
            let answer = desk.post("/tokens/revoke", json!({ "id": wrong })).await;
            invalid(&answer, "id");
            assert!(wrong.len() < 22 || !answer.text().contains(wrong), "{answer:?}");
        }
        assert_eq!(events(&server, before).await, [""; 0]);
        assert!(works(&server, &jwt).await);
    }
}
