//! Tokens that are handles: random, stored by digest, and gone when their time is over.

use std::time::Duration;

use countersign::admin::service::ClientChange;
use countersign::audit::Actor;
use countersign::model::{ClientId, RealmId};

use crate::harness::http::{Request, Response};
use crate::harness::server::{Backend, Server, on_both};

/// Cross River's contract, with handles in place of JWTs.
async fn with_handles(backend: Backend) -> Option<(Server, tempfile::TempDir)> {
    let folder = tempfile::tempdir().unwrap();
    let contract = include_str!("../../../config/dialects/crossriver.toml").replace("format = \"jwt\"", "format = \"opaque256\"");
    assert!(contract.contains("opaque256"));
    std::fs::write(folder.path().join("crossriver.toml"), contract).unwrap();
    let server = Server::start(backend, |config| config.dialects.dir = Some(folder.path().into())).await?;
    Some((server, folder))
}

async fn token(server: &Server) -> String {
    let form = [("grant_type", "client_credentials"), ("client_id", "acme"), ("client_secret", "s3cr3t-crossriver")];
    let answer = server.send(&Request::new("POST", "/connect/token").form(&form)).await;
    answer.json()["access_token"].as_str().unwrap_or_else(|| panic!("{answer:?}")).to_owned()
}

async fn test(server: &Server, token: &str) -> Response {
    server.send(&Request::new("GET", "/api/SignupCard/TestOauth").header("Authorization", &format!("Bearer {token}"))).await
}

async fn a_handle_works_until_its_time_is_over(backend: Backend) {
    let Some((server, _folder)) = with_handles(backend).await else { return };
    let (one, other) = (token(&server).await, token(&server).await);
    assert!(one.len() == 43 && one != other, "256 bits in base64url");
    server.clock.advance(Duration::from_secs(3599));
    assert_eq!((test(&server, &one).await.status, test(&server, &other).await.status), (200, 200));
    assert_eq!(test(&server, &one.to_uppercase()).await.status, 401);
    server.clock.advance(Duration::from_secs(1));
    assert_eq!(test(&server, &one).await.status, 401);
}

#[tokio::test]
async fn a_handle_works_until_its_time_is_over_on_sqlite() {
    a_handle_works_until_its_time_is_over(Backend::Sqlite).await;
}

#[tokio::test]
async fn a_handle_works_until_its_time_is_over_on_postgres() {
    a_handle_works_until_its_time_is_over(Backend::Postgres).await;
}

on_both! {
    async fn a_token_that_waits_for_a_step_up_is_never_a_jwt(server) {
        let (realm, acme) = (RealmId::new("crossriver"), ClientId::new("acme"));
        let change = ClientChange { requires_mfa: Some(true), ..ClientChange::default() };
        server.ops().update_client(&Actor::Shell, &realm, &acme, change).await.unwrap();
        server.refresh().await;
        let form = [("grant_type", "client_credentials"), ("client_id", "acme"), ("client_secret", "s3cr3t-crossriver")];
        let answer = server.send(&Request::new("POST", "/connect/token").form(&form)).await;
        assert!(answer.status >= 400 && answer.json().get("access_token").is_none(), "{answer:?}");
    }
}
