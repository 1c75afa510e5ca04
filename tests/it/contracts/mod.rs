//! The transcripts of the four partner contracts, and of RFC 6749, as they stand on the wire.
//!
//! `transcripts/*.http` are the contracts' own words. They differ in three things only: where a contract elides a token there is
//! a mark, the secrets are the demo's, and `Content-Length` counts them.

mod transcript;

use std::time::Duration;

use countersign::admin::service::SecretSource;
use countersign::audit::Actor;
use countersign::dialect::Dialects;
use countersign::error::{ErrorKind, OAuthError};
use countersign::model::{ClientId, Inbound, RateLimit, RealmId, ScopeSet};
use countersign::secret::Secret;
use countersign::token::active::{self, MeantFor};
use serde_json::json;

use crate::harness::http::Response;
use crate::harness::server::{Server, on_both};
use transcript::{claims, exchanges, header, hold};

/// The clients that these tokens are good for at this moment.
async fn clients(server: &Server, realm: &str, tokens: &[String]) -> Vec<String> {
    let realm = server.app.realm(realm).unwrap();
    let mut clients = Vec::new();
    for token in tokens {
        clients.push(active::check(&server.app, &realm, token, MeantFor::Realm).await.unwrap().client.to_string());
    }
    clients
}

on_both! {
    async fn loanstreet(server) {
        let tokens = hold(&server, include_str!("transcripts/loanstreet.http")).await;
        let [account, service, object] = &tokens[..] else { panic!("{} tokens", tokens.len()) };
        assert_eq!(header(account)["typ"], "JWT");
        for account in [account, object] {
            let claims = claims(account);
            assert_eq!(claims["https://api.loan-street.com/roles"], json!(["EXTERNAL API ADMIN", "LOANST_SUPER_USER", "LOANST_SUPPORT"]));
            assert_eq!(claims["https://api.loan-street.com/institution_id"], "2b259cb8-cfa4-450c-b15a-1c6f932e4cc6");
            assert_eq!(claims["iss"], "http://127.0.0.1:8080/realms/loanstreet/", "the issuer ends with a slash");
            assert_eq!(claims["exp"].as_i64().unwrap() - claims["iat"].as_i64().unwrap(), 86400);
            assert_ne!(claims["sub"], claims["client_id"], "the account itself is the subject");
        }
        let claims = claims(service);
        assert_eq!(claims.get("https://api.loan-street.com/roles"), None, "absent, not empty");
        assert_eq!(claims["https://api.loan-street.com/institution_id"], "2b259cb8-cfa4-450c-b15a-1c6f932e4cc6");
        assert_eq!(claims["iss"], "http://127.0.0.1:8080/realms/loanstreet/");
        assert_eq!(claims["sub"], "0ab6P6SFnWoAPeTkt3Ec0QZwJEC9xyzQ");
        let service = "0ab6P6SFnWoAPeTkt3Ec0QZwJEC9xyzQ";
        assert_eq!(clients(&server, "loanstreet", &tokens).await, ["accounts", service, "accounts"]);
    }

    async fn lendingclub(server) {
        let tokens = hold(&server, include_str!("transcripts/lendingclub.http")).await;
        let (sample, listed) = ("P9L8PJ9QIAFAKBNQG6E0", "A9B9AB9QIAFAKBNQG9E9");
        assert_eq!(clients(&server, "lc", &tokens).await, [sample, listed, sample]);
        server.clock.advance(Duration::from_secs(1800));
        let realm = server.app.realm("lc").unwrap();
        let refusal = active::check(&server.app, &realm, &tokens[0], MeantFor::Realm).await.unwrap_err();
        assert_eq!(refusal.kind, ErrorKind::RsExpired, "30 minutes are what is enforced, too");
    }

    async fn crossriver(server) {
        let tokens = hold(&server, include_str!("transcripts/crossriver.http")).await;
        assert_eq!(clients(&server, "crossriver", &tokens).await, ["acme", "acme"]);
        assert_eq!(claims(&tokens[1])["scope"], "scope1 scope2 scope3");
        let (realm, acme) = (RealmId::new("crossriver"), ClientId::new("acme"));
        assert!(server.ops().client_is_locked(&realm, &acme).await.unwrap(), "three wrong secrets in a row");
    }

    async fn uphold(server) {
        let tokens = hold(&server, include_str!("transcripts/uphold.http")).await;
        let [token] = &tokens[..] else { panic!("{} tokens", tokens.len()) };
        let claims = claims(token);
        assert_eq!(claims["aud"], "3fa85f64-5717-4562-b3fc-2c963f66afa6");
        assert_eq!(claims["org"], "194d62ba-f585-40ff-83d7-9cb99b1c77c0");
        assert_eq!(claims["scope"], "users:* users.kyc:read");
        assert_eq!(header(token)["typ"], "JWT");
    }

    async fn rfc6749(server) {
        let (ops, main, client) = (server.ops(), RealmId::new("main"), ClientId::new("s6BhdRkqt3"));
        let scopeless = serde_json::from_value(json!({ "id": client })).unwrap();
        ops.create_client(&Actor::Shell, &main, scopeless).await.unwrap();
        for secret in ["gX1fBat3bV", "7Fjfp0ZBr1KtDRbnfVdmIw"] {
            let chosen = SecretSource::Chosen(Secret::new(secret.to_owned()));
            ops.add_secret(&Actor::Shell, &main, &client, chosen, None).await.unwrap();
        }
        let tokens = hold(&server, include_str!("transcripts/rfc6749.http")).await;
        assert_eq!(clients(&server, "main", &tokens).await, [client.as_str(); 3]);
        assert_eq!(claims(&tokens[0]).get("scope"), None, "an empty scope has no spelling");
    }
}

/// The answers of the API side that the contracts print, rendered: the title says by which dialect, for which refusal.
#[test]
fn api_side() {
    let dialects = Dialects::builtin().unwrap();
    let (head, ()) = http::Request::post("/").body(()).unwrap().into_parts();
    let scopes = |text: &str| ScopeSet::parse(text).unwrap();
    for (title, _, due) in exchanges(include_str!("transcripts/resource.http")) {
        let (name, kind) = title.split_once(' ').unwrap();
        let dialect = dialects.get(name).unwrap();
        let refusal = OAuthError {
            scopes: Some((scopes("core.users:act-on-behalf-of"), scopes("users:*"))),
            retry_after: Some(Duration::from_secs(60)),
            limit: Some(RateLimit { count: 10, per: Duration::from_secs(1) }),
            ..OAuthError::new(kind.parse().unwrap())
        };
        let answer = dialect.answering(&Inbound::of(&head, None), "9092ee4d-f0fb-42e9-8787-b668dbcec531");
        due.check(title, &Response::from(dialect.render(&answer, Err(&refusal))));
    }
}
