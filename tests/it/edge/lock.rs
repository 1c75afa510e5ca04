//! Cross River's lock: three wrong secrets in a row, counted exactly, kept for good, told to nobody but the audit trail.

use std::time::Duration;

use countersign::admin::service::SecretSource;
use countersign::config::Config;
use countersign::credential::generated;
use countersign::model::{ClientId, RealmId};

use super::tools::{add_secret, admin_token, administer, client, number, trail, tries};
use super::*;
use crate::harness::clock::TestEntropy;
use crate::harness::http::send;
use crate::harness::server::{Server, on_both};

const REALM: &str = "crossriver";
const YEAR: Duration = Duration::from_secs(365 * 86400);

async fn wrong(server: &Server, times: usize) {
    for time in 0..times {
        refused(&server.send(&cr_as(CR_ID, &format!("wrong {time}"), &[])).await, CR_DENIED, "wrong");
    }
}

async fn right(server: &Server) -> Response {
    server.send(&cr(&[])).await
}

fn three_strangers(config: &mut Config) {
    config.guard.failed_tries_per_address.count = 3;
}

async fn is_locked(server: &Server) -> bool {
    server.ops().client_is_locked(&RealmId::new(REALM), &ClientId::new(CR_ID)).await.unwrap()
}

/// How many records say that the client was locked.
async fn locks(server: &Server) -> i64 {
    number(server, "SELECT COUNT(*) FROM audit WHERE event = 'client_locked' AND client_id = 'acme'").await
}

/// Ten guesses at once: three are counted, the lock closes once, and all are answered alike.
async fn guess_in_parallel(server: &Server, guess: impl Fn(u32) -> String) {
    let address = server.public;
    let guesses = (0..10).map(|number| cr_as(CR_ID, &guess(number), &[]));
    let sent: Vec<_> = guesses.map(|guess| tokio::spawn(async move { send(address, &guess).await })).collect();
    for answer in sent {
        refused(&answer.await.unwrap(), CR_DENIED, "in parallel");
    }
    let tries = tries(server, REALM, CR_ID).await;
    assert_eq!((tries.failures, tries.locked_at.is_some(), locks(server).await), (3, true, 1));
}

on_both! {
    async fn edge_039_success_resets_and_the_third_in_a_row_locks(server) {
        wrong(&server, 2).await;
        assert_eq!(tries(&server, REALM, CR_ID).await.failures, 2);
        granted(&right(&server).await, "after two");
        assert_eq!(tries(&server, REALM, CR_ID).await.failures, 0);
        wrong(&server, 2).await;
        assert!(!is_locked(&server).await);
        granted(&right(&server).await, "after two more");
        wrong(&server, 2).await;
        assert_eq!((is_locked(&server).await, locks(&server).await), (false, 0));
        wrong(&server, 1).await;
        assert_eq!((is_locked(&server).await, locks(&server).await), (true, 1));
    }

    async fn edge_040_the_right_secret_does_not_open_a_lock(server) {
        wrong(&server, 3).await;
        let reference = server.send(&cr_as(CR_ID, "wrong", &[])).await;
        let answer = right(&server).await;
        refused(&answer, CR_DENIED, "locked");
        assert_eq!(answer.headers.len(), reference.headers.len());
        assert_eq!(
            trail(&server, "token_refused", 5).await.iter().filter(|row| row.reason.as_deref() == Some("locked")).count(),
            2
        );
        // X4: time opens nothing, a restart opens nothing; an administrator does.
        server.clock.advance(10 * YEAR);
        refused(&right(&server).await, CR_DENIED, "ten years later");
        assert_eq!(locks(&server).await, 1);
        let token = admin_token(&server).await;
        let unlocked = administer(&server, &token, "POST", "crossriver/clients/acme/unlock", None).await;
        assert_eq!((unlocked.status, &unlocked.json()["locked"]), (200, &json!(false)), "{unlocked:?}");
        granted(&right(&server).await, "unlocked");
        assert_eq!(tries(&server, REALM, CR_ID).await.failures, 0);
    }

    async fn edge_040_a_new_secret_from_the_operator_unlocks(server) {
        wrong(&server, 3).await;
        let added = add_secret(&server, REALM, CR_ID, SecretSource::Generated, Some(Duration::ZERO)).await;
        assert!(added.unlocked);
        let fresh = added.secret.unwrap();
        granted(&server.send(&cr_as(CR_ID, fresh.expose(), &[])).await, "the new secret");
        refused(&right(&server).await, CR_DENIED, "the old secret");
    }

    async fn edge_041_parallel_guesses_buy_nothing(server, |config| config.secrets.hash_wait_ms = 8000) {
        let compared = server.app.credentials.comparisons();
        guess_in_parallel(&server, |guess| format!("guess {guess}")).await;
        assert_eq!(server.app.credentials.comparisons() - compared, 3);
        refused(&right(&server).await, CR_DENIED, "the right secret after them");
        assert_eq!(server.app.credentials.comparisons() - compared, 3);
        let rows = trail(&server, "token_refused", 11).await;
        let told = |reason: &str| rows.iter().filter(|row| row.reason.as_deref() == Some(reason)).count();
        assert_eq!((told("wrong_secret"), told("locked")), (3, 8));
    }

    async fn edge_041_nor_where_the_right_secret_was_seen_before(server, |config| config.secrets.hash_wait_ms = 8000) {
        granted(&right(&server).await, "before");
        let compared = server.app.credentials.comparisons();
        guess_in_parallel(&server, |guess| format!("guess {guess}")).await;
        assert_eq!(server.app.credentials.comparisons() - compared, 3);
        refused(&right(&server).await, CR_DENIED, "the right secret after them");
    }

    async fn edge_041_nor_with_generated_secrets(server) {
        let secret = add_secret(&server, REALM, CR_ID, SecretSource::Generated, None).await.secret.unwrap();
        let entropy = TestEntropy::new(99);
        guess_in_parallel(&server, |_| generated::generate(&entropy).expose().clone()).await;
        refused(&server.send(&cr_as(CR_ID, secret.expose(), &[])).await, CR_DENIED, "the right secret after them");
    }

    async fn edge_042_a_restart_forgets_nothing(server) {
        wrong(&server, 2).await;
        let server = server.restart().await;
        assert_eq!(tries(&server, REALM, CR_ID).await.failures, 2);
        wrong(&server, 1).await;
        refused(&right(&server).await, CR_DENIED, "locked");
        let server = server.restart().await;
        refused(&right(&server).await, CR_DENIED, "locked still");
        assert_eq!(locks(&server).await, 1);
    }

    async fn edge_043_unknown_clients_lock_nobody_and_their_address_is_slowed(server, three_strangers) {
        let from = |address: &str, id: &str| {
            let body = ask(&[("client_id", id), ("client_secret", "whatever")]);
            Request::new("POST", CR)
                .header("X-Forwarded-For", address)
                .header("Content-Type", "application/x-www-form-urlencoded")
                .body(body)
        };
        for id in ["nobody-1", "nobody-2", "nobody-3"] {
            refused(&server.send(&from("203.0.113.7", id)).await, CR_DENIED, id);
        }
        assert_eq!(number(&server, "SELECT COUNT(*) FROM lockouts WHERE locked_at IS NOT NULL OR id <> ''").await, 0);
        assert_eq!(number(&server, "SELECT COUNT(*) FROM audit WHERE event IN ('client_locked', 'user_locked')").await, 0);
        let slowed = server.send(&from("203.0.113.7", "nobody-4")).await;
        assert_eq!((slowed.status, slowed.header("Retry-After")), (429, Some("20")), "{slowed:?}");
        tokenless(&slowed, "slowed");
        refused(&server.send(&from("203.0.113.8", "nobody-5")).await, CR_DENIED, "another address");
        granted(&right(&server).await, "the client itself");
    }

    async fn edge_044_wrong_scopes_never_lock(server) {
        for _ in 0..10 {
            refused(&server.send(&cr(&[("scope", "scope9")])).await, CR_SCOPE, "a foreign scope");
        }
        assert_eq!((tries(&server, REALM, CR_ID).await.failures, is_locked(&server).await), (0, false));
        granted(&right(&server).await, "afterwards");
    }

    async fn edge_045_tokens_outlive_the_lock(server) {
        let token = token_of(&right(&server).await, "before");
        wrong(&server, 3).await;
        refused(&right(&server).await, CR_DENIED, "locked");
        assert_eq!(server.send(&bearer(TEST, &token)).await.status, 200);
        server.clock.advance(Duration::from_secs(3599));
        assert_eq!(server.send(&bearer(TEST, &token)).await.status, 200, "until it expires");
        server.clock.advance(Duration::from_secs(1));
        assert_eq!(server.send(&bearer(TEST, &token)).await.status, 401, "no longer");
    }

    async fn edge_046_secrets_and_ids_are_compared_to_the_letter(server) {
        client(&server, REALM, "Mixed", "MiXeD secret", "scope1").await;
        for (times, secret) in ["mixed secret", "MIXED SECRET"].into_iter().enumerate() {
            refused(&server.send(&cr_as("Mixed", secret, &[])).await, CR_DENIED, secret);
            assert_eq!(tries(&server, REALM, "Mixed").await.failures, u32::try_from(times).unwrap() + 1);
        }
        for id in ["mixed", "MIXED", "Mixed ", " Mixed"] {
            refused(&server.send(&cr_as(id, "MiXeD secret", &[])).await, CR_DENIED, id);
        }
        assert_eq!(tries(&server, REALM, "Mixed").await.failures, 2, "an unknown id counts against nobody");
        for secret in ["MiXeD secret ", " MiXeD secret"] {
            refused(&server.send(&cr_as("Mixed", secret, &[])).await, CR_DENIED, secret);
        }
        let locked = server.ops().client_is_locked(&RealmId::new(REALM), &ClientId::new("Mixed")).await.unwrap();
        assert!(locked, "three of four were one too many");
    }
}
