//! Rows 62 and 63: brute force on a secret, and a client that is switched off or gets another secret while it asks.

use std::time::Duration;

use countersign::admin::service::{Last, LiveTokens, SecretSource};
use countersign::audit::Actor;
use countersign::model::{ClientId, RateLimit, RealmId};
use countersign::secret::Secret;

use super::{BAD, GRANT, account, assert_refused, basic_token, client, contract, count, from, granted, no_locks, realm, token};
use crate::harness::http::connection::Connection;
use crate::harness::http::{Request, Response};
use crate::harness::server::{Server, on_both};

const SLOW_DOWN: &str = r#"{"error":"temporarily_unavailable","error_description":"Too many requests"}"#;
const MINUTE: Duration = Duration::from_secs(60);

#[track_caller]
fn assert_throttled(answer: &Response, seconds: &str) {
    assert_refused(answer, (429, SLOW_DOWN), "throttled");
    assert_eq!(answer.header("Retry-After"), Some(seconds), "{answer:?}");
}

fn names(server: &Server) -> (RealmId, ClientId, Actor) {
    assert_eq!(server.app.clock.now(), server.app.now());
    (realm("main"), client("demo"), Actor::Shell)
}

/// Sends all of the request but its last byte, lets `meanwhile` happen, and sends that.
async fn in_flight(server: &Server, request: &Request, meanwhile: impl Future<Output = ()>) -> Response {
    let bytes = request.bytes();
    let (last, most) = bytes.split_last().unwrap();
    let mut connection = Connection::open(server.public).await.unwrap();
    connection.write(most).await.unwrap();
    meanwhile.await;
    connection.write(&[*last]).await.unwrap();
    connection.read().await.unwrap()
}

on_both! {
    async fn atk_062_the_twenty_first_wrong_try_waits(server) {
        no_locks(&server).await;
        let (here, there) = ("203.0.113.1", "203.0.113.2");
        let wrong = from(here, basic_token("demo", "wrong-secret"));
        for _ in 0..20 {
            assert_refused(&server.send(&wrong).await, (401, BAD), "a wrong try");
        }
        let runs = server.app.credentials.pool().runs();
        assert_throttled(&server.send(&wrong).await, "3");
        assert_throttled(&server.send(&from(here, basic_token("demo", "demo-secret"))).await, "3");
        assert_eq!(server.app.credentials.pool().runs(), runs, "a throttled try reaches no comparison");
        granted(&server.send(&from(there, basic_token("demo", "demo-secret"))).await);
        granted(&server.send(&from(here, token(&[GRANT]).basic("demo-admin", "demo-admin-secret"))).await);
        server.clock.advance(Duration::from_secs(3));
        assert_refused(&server.send(&wrong).await, (401, BAD), "one place came free");
        assert_throttled(&server.send(&wrong).await, "3");
        server.clock.advance(MINUTE);
        granted(&server.send(&from(here, basic_token("demo", "demo-secret"))).await);
        for _ in 0..20 {
            assert_refused(&server.send(&wrong).await, (401, BAD), "a minute later");
        }
        assert_throttled(&server.send(&wrong).await, "3");
    }

    async fn atk_062_a_throttled_try_does_not_count_to_the_lock(server, |config| {
        config.guard.failed_tries = RateLimit { count: 2, per: MINUTE };
    }) {
        let river = contract("crossriver");
        let wrong = from("203.0.113.1", river.ask("acme", Some("wrong-secret")));
        for _ in 0..2 {
            assert_refused(&server.send(&wrong).await, river.bad, "below the limit");
        }
        for _ in 0..10 {
            assert_throttled(&server.send(&wrong).await, "30");
        }
        assert_eq!(count(&server, "SELECT failures FROM lockouts WHERE id = 'acme'").await, 2);
        granted(&server.send(&from("203.0.113.2", river.good())).await);
    }

    async fn atk_062_guesses_at_many_names_wait_too(server, |config| {
        config.guard.failed_tries_per_address = RateLimit { count: 5, per: MINUTE };
    }) {
        for guess in 0..5 {
            let unknown = from("203.0.113.1", basic_token(&format!("nobody-{guess}"), "wrong-secret"));
            assert_refused(&server.send(&unknown).await, (401, BAD), "a guess");
        }
        assert_throttled(&server.send(&from("203.0.113.1", basic_token("nobody-6", "wrong-secret"))).await, "12");
        granted(&server.send(&from("203.0.113.2", basic_token("demo", "demo-secret"))).await);
    }

    async fn atk_062_a_stranger_cannot_choose_another_address(server) {
        no_locks(&server).await;
        let deaf = Server::on(&server.url, |config| config.server.trusted_proxies.clear()).await;
        for guess in 0..20 {
            let wrong = from(&format!("203.0.113.{guess}"), basic_token("demo", "wrong-secret"));
            assert_refused(&deaf.send(&wrong).await, (401, BAD), "a wrong try");
        }
        assert_throttled(&deaf.send(&from("203.0.113.99", basic_token("demo", "wrong-secret"))).await, "3");
    }

    async fn atk_063_a_client_switched_off_while_it_asks_gets_nothing(server) {
        let (realm, demo, shell) = names(&server);
        let ops = server.ops();
        let request = basic_token("demo", "demo-secret");
        granted(&server.send(&request).await);
        let disable = async {
            ops.disable_client(&shell, &realm, &demo).await.unwrap();
            server.refresh().await;
        };
        assert_refused(&in_flight(&server, &request, disable).await, (401, BAD), "disabled");
        ops.enable_client(&shell, &realm, &demo).await.unwrap();
        server.refresh().await;
        granted(&server.send(&request).await);
        let river = contract("crossriver");
        granted(&server.send(&river.good()).await);
        let institution = countersign::model::InstitutionId::new("c9a7a1de-54a1-4a3c-8a41-1f0f5b8d3c77");
        let disable = async {
            ops.disable_institution(&shell, &super::realm("crossriver"), &institution).await.unwrap();
            server.refresh().await;
        };
        assert_refused(&in_flight(&server, &river.good(), disable).await, river.bad, "its institution disabled");
    }

    async fn atk_063_a_secret_that_ends_while_it_is_used_is_wrong(server) {
        let (realm, demo, shell) = names(&server);
        let ops = server.ops();
        let old = basic_token("demo", "demo-secret");
        granted(&server.send(&old).await);
        let chosen = || SecretSource::Chosen(Secret::new("another-secret".to_owned()));
        let rotate = async {
            ops.add_secret(&shell, &realm, &demo, chosen(), Some(Duration::ZERO)).await.map(drop).unwrap();
            server.refresh().await;
        };
        assert_refused(&in_flight(&server, &old, rotate).await, (401, BAD), "rotated without overlap");
        let new = basic_token("demo", "another-secret");
        granted(&server.send(&new).await);
        let known = ops.secrets(&realm, &demo).await.unwrap().into_iter().find(|secret| secret.is_live(server.app.now())).unwrap();
        let revoke = async {
            ops.revoke_secret(&shell, &realm, (&demo, &known.id), Last::RevokeToo, LiveTokens::Keep).await.unwrap();
            server.refresh().await;
        };
        assert_refused(&in_flight(&server, &new, revoke).await, (401, BAD), "revoked");
    }

    async fn atk_063_an_old_secret_lives_for_its_stated_overlap(server) {
        let (realm, demo, shell) = names(&server);
        let old = basic_token("demo", "demo-secret");
        let added = server.ops().add_secret(&shell, &realm, &demo, SecretSource::Generated, Some(MINUTE)).await.unwrap();
        let new = basic_token("demo", added.secret.unwrap().expose());
        for request in [&old, &new] {
            granted(&server.send(request).await);
        }
        server.clock.advance(MINUTE - Duration::from_millis(1));
        granted(&server.send(&old).await);
        server.clock.advance(Duration::from_millis(1));
        assert_refused(&server.send(&old).await, (401, BAD), "the overlap is over");
        granted(&server.send(&new).await);
    }

    async fn atk_063_a_client_switched_off_while_its_secret_is_compared_gets_nothing(server) {
        let (realm, demo, shell) = names(&server);
        let ops = server.ops();
        let request = basic_token("demo", "demo-secret");
        let disable = async { ops.disable_client(&shell, &realm, &demo).await.map(drop).unwrap() };
        assert_refused(&during_comparison(&server, &request, disable).await, (401, BAD), "disabled");
        ops.enable_client(&shell, &realm, &demo).await.unwrap();
        granted(&server.send(&request).await);
    }

    async fn atk_063_a_secret_revoked_while_it_is_compared_is_wrong(server) {
        let (realm, demo, shell) = names(&server);
        let ops = server.ops();
        let known = ops.secrets(&realm, &demo).await.unwrap().remove(0);
        let revoke = async { ops.revoke_secret(&shell, &realm, (&demo, &known.id), Last::RevokeToo, LiveTokens::Keep).await.unwrap() };
        assert_refused(&during_comparison(&server, &basic_token("demo", "demo-secret"), revoke).await, (401, BAD), "revoked");
    }

    async fn atk_063_an_account_blocked_while_its_password_is_compared_gets_nothing(server) {
        let (ops, loanstreet) = (server.ops(), realm("loanstreet"));
        let jane = ops.find_user(&loanstreet, "jane@bank.example").await.unwrap().unwrap();
        let request = account("jane@bank.example", "correct horse battery staple");
        let block = async { ops.block_user(&Actor::Shell, &loanstreet, &jane.id).await.map(drop).unwrap() };
        assert_refused(&during_comparison(&server, &request, block).await, contract("loanstreet").bad, "blocked");
        assert_eq!(count(&server, "SELECT failures FROM lockouts WHERE kind = 'user'").await, 0, "neither right nor wrong");
        ops.unblock_user(&Actor::Shell, &loanstreet, &jane.id).await.unwrap();
        assert_eq!(server.send(&request).await.status, 200);
    }
}

/// Lets `meanwhile` happen between the server's reading of the client and its slow hash.
async fn during_comparison(server: &Server, request: &Request, meanwhile: impl Future<Output = ()>) -> Response {
    let pool = server.app.credentials.pool();
    let mut workers = Vec::new();
    for _ in 0..server.app.config.secrets.hash_workers() {
        workers.push(pool.acquire().await.unwrap());
    }
    let happening = async {
        while pool.waiting() == 0 {
            tokio::time::sleep(Duration::from_millis(2)).await;
        }
        meanwhile.await;
        drop(workers);
    };
    let (answer, ()) = tokio::join!(server.send(request), happening);
    answer
}
