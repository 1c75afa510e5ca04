//! Parallel guesses buy nothing (contracts.md, row 41): the third wrong secret locks, wherever the guesses arrive.

use std::net::SocketAddr;

use countersign::audit::Actor;
use countersign::credential::generated;
use countersign::model::{ClientId, Principal, RealmId};
use countersign::store::lockouts;
use tokio::task::JoinSet;

use super::{acme, token, trail};
use crate::harness::clock::TestEntropy;
use crate::harness::http::{Request, send};
use crate::harness::process::Process;
use crate::harness::server::{Server, on_both};

const RIGHT: &str = "s3cr3t-crossriver";
const REFUSED: &str = r#"{"error":"invalid_client"}"#;

/// The listeners of a server: for partners and for operations.
type Doors = (SocketAddr, SocketAddr);

on_both! {
    async fn in_one_process(server, |config| config.secrets.hash_wait_ms = 20_000) {
        guessed(&server, &[(server.public, server.admin)]).await;
    }

    async fn in_two_processes(server) {
        let patient = "[secrets]\nhash_wait_ms = 20000";
        let (one, other) = tokio::join!(Process::serve(&server.url, patient), Process::serve(&server.url, patient));
        guessed(&server, &[(one.public, one.admin), (other.public, other.admin)]).await;
    }
}

on_both! {
    /// Row 42: what was counted outlives the process that counted it, however that ended.
    async fn a_killed_server_has_forgotten_nothing(server) {
        let mut first = Process::serve(&server.url, "").await;
        for _ in 0..2 {
            assert_eq!(first.send(&acme("wrong")).await.text(), REFUSED);
        }
        first.kill();
        let mut second = Process::serve(&server.url, "").await;
        assert_eq!(second.send(&acme("wrong")).await.text(), REFUSED);
        assert_eq!(trail(&server.app.db, "client_locked").await.len(), 1);
        second.kill();
        let third = Process::serve(&server.url, "").await;
        let answer = third.send(&acme(RIGHT)).await;
        assert_eq!((answer.status, answer.text()), (400, REFUSED), "a restart lifts no lock");
    }
}

/// Ten wrong secrets at once, in the forms that take the two ways of comparison; after each, an operator unlocks.
async fn guessed(server: &Server, doors: &[Doors]) {
    let (realm, client) = (RealmId::new("crossriver"), ClientId::new("acme"));
    let machine_made = generated::generate(&TestEntropy::new(99));
    for (round, wrong) in ["S3CR3T-crossriver", machine_made.expose(), "wrong"].into_iter().enumerate() {
        let (compared, refused) = (counted(doors, "wrong_secret").await, counted(doors, "locked").await);
        let mut guesses = JoinSet::new();
        for guess in 0..10 {
            let (public, _) = doors[guess % doors.len()];
            let request = acme(wrong).header("X-Forwarded-For", &format!("192.0.2.{guess}"));
            guesses.spawn(async move { send(public, &request).await });
        }
        for answer in guesses.join_all().await {
            assert_eq!((answer.status, answer.text()), (400, REFUSED), "round {round}");
        }
        assert_eq!(counted(doors, "wrong_secret").await - compared, 3, "comparisons in round {round}");
        assert_eq!(counted(doors, "locked").await - refused, 7, "refusals without one in round {round}");

        let principal = Principal::client(&realm, &client);
        let tries = lockouts::lookup(&mut server.app.db.read().await.unwrap().conn(), &principal).await.unwrap();
        assert_eq!((tries.failures, tries.locked_at.is_some()), (3, true), "round {round}");
        assert_eq!(trail(&server.app.db, "client_locked").await.len(), round + 1);

        for (public, _) in doors {
            let answer = send(*public, &acme(RIGHT)).await;
            assert_eq!((answer.status, answer.text()), (400, REFUSED), "the right secret lifts no lock");
        }
        server.ops().unlock_client(&Actor::Shell, &realm, &client).await.unwrap();
        token(&send(doors[0].0, &acme(RIGHT)).await);
    }
}

/// How many credentials were bad for this reason, all servers together.
async fn counted(doors: &[Doors], reason: &str) -> u32 {
    let label = format!("countersign_bad_credentials_total{{reason=\"{reason}\"}} ");
    let mut sum = 0;
    for (_, admin) in doors {
        let metrics = send(*admin, &Request::new("GET", "/metrics")).await;
        assert_eq!(metrics.status, 200);
        sum += metrics.text().lines().find_map(|line| line.strip_prefix(&label)).map_or(0, |count| count.parse::<u32>().unwrap());
    }
    sum
}
