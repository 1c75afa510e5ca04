//! What a token costs the database, in statements: none for a client that is remembered, one for a client that is not, and one
//! for a crowd of them.

use countersign::admin::service::SecretSource;
use countersign::audit::Actor;
use countersign::credential::generated::generate;
use countersign::model::{ClientId, RealmId};

use super::{Request, refused};
use crate::edge::OAUTH2;
use crate::edge::tools::{add_secret, client, tries};
use crate::edge::watch::{statements, watched};
use crate::harness::http::Response;
use crate::harness::server::{Backend, Server, on_both};

const REALM: &str = "main";
/// Requests between two looks at the count.
const SOME: u64 = 10;

/// A client with a generated secret: its request for a token.
async fn a_client(server: &Server, id: &str) -> Request {
    client(server, REALM, id, "a chosen secret", "users:read").await;
    let secret = add_secret(server, REALM, id, SecretSource::Generated, None).await.secret.unwrap();
    server.refresh().await;
    asks(id, secret.expose())
}

fn asks(id: &str, secret: &str) -> Request {
    let form = [("grant_type", "client_credentials"), ("client_id", id), ("client_secret", secret)];
    Request::new("POST", OAUTH2).form(&form)
}

/// The fewest statements in which a story was told: what goes on beside the requests asks the database a few times a second.
async fn cost(server: &Server, mut story: impl AsyncFnMut()) -> u64 {
    let mut least = u64::MAX;
    for _ in 0..20 {
        let before = server.app.db.statements();
        story().await;
        least = least.min(server.app.db.statements() - before);
    }
    least
}

async fn granted(server: &Server, request: &Request) -> Response {
    let answer = server.send(request).await;
    assert_eq!(answer.status, 200, "{answer:?}");
    answer
}

on_both! {
    async fn a_remembered_client_costs_no_statement_and_no_slow_hash(server) {
        let request = a_client(&server, "warm").await;
        granted(&server, &request).await;
        let runs = server.app.credentials.pool().runs();
        let warm = async || {
            for _ in 0..SOME {
                granted(&server, &request).await;
            }
        };
        assert_eq!(cost(&server, warm).await, 0);
        assert_eq!(server.app.credentials.pool().runs(), runs);
    }

    /// The slow hash runs once, and then the secret is recognised without it.
    async fn a_chosen_secret_costs_no_statement_either_once_it_was_verified(server) {
        client(&server, REALM, "chosen", "a chosen secret", "users:read").await;
        let request = asks("chosen", "a chosen secret");
        let runs = server.app.credentials.pool().runs();
        granted(&server, &request).await;
        assert_eq!(server.app.credentials.pool().runs() - runs, 1);
        let warm = async || {
            for _ in 0..SOME {
                granted(&server, &request).await;
            }
        };
        assert_eq!(cost(&server, warm).await, 0);
        assert_eq!(server.app.credentials.pool().runs() - runs, 1);
    }

    async fn a_client_that_is_not_remembered_costs_one_statement(server, |config| config.cache.parties = 0) {
        let request = a_client(&server, "cold").await;
        let runs = server.app.credentials.pool().runs();
        let cold = async || {
            for _ in 0..SOME {
                granted(&server, &request).await;
            }
        };
        assert_eq!(cost(&server, cold).await, SOME);
        assert_eq!(server.app.credentials.pool().runs(), runs);
    }

    async fn a_crowd_that_asks_for_the_first_time_costs_one_statement(server) {
        let mut requests = Vec::new();
        for id in 0..20 {
            requests.push(a_client(&server, &format!("crowd-{id}")).await);
        }
        let mut next = requests.into_iter();
        let crowd = async || {
            let request = next.next().unwrap();
            let (public, ask) = (server.public, crate::harness::http::send);
            let all: Vec<_> = (0..SOME).map(|_| (public, request.clone())).map(|(to, it)| tokio::spawn(async move { ask(to, &it).await })).collect();
            for answer in all {
                assert_eq!(answer.await.unwrap().status, 200);
            }
        };
        assert_eq!(cost(&server, crowd).await, 1);
    }

    async fn a_refusal_is_made_by_what_the_database_says_now(server) {
        let request = a_client(&server, "rotating").await;
        granted(&server, &request).await;
        // Behind the server's back: it has not heard of it yet, and the new secret is good at once.
        let fresh = add_secret(&server, REALM, "rotating", SecretSource::Generated, None).await.secret.unwrap();
        granted(&server, &asks("rotating", fresh.expose())).await;
    }

    async fn a_wrong_try_here_or_at_another_node_is_ended_by_the_next_right_secret(server) {
        let request = a_client(&server, "tried").await;
        let other = Server::on(&server.url, |_| {}).await;
        let wrong = asks("tried", generate(&*server.app.entropy).expose());
        for node in [&server, &other, &server, &other] {
            granted(&server, &request).await;
            refused(&node.send(&wrong).await, 401, "invalid_client");
            assert_eq!(tries(&server, REALM, "tried").await.failures, 1);
            server.refresh().await;
            granted(&server, &request).await;
            assert_eq!(tries(&server, REALM, "tried").await.failures, 0);
        }
    }

    async fn a_lock_that_another_node_closed_holds_here_too(server) {
        let request = a_client(&server, "locked").await;
        granted(&server, &request).await;
        let other = Server::on(&server.url, |_| {}).await;
        let wrong = asks("locked", generate(&*server.app.entropy).expose());
        for _ in 0..10 {
            other.send(&wrong).await;
        }
        assert!(tries(&server, REALM, "locked").await.locked_at.is_some());
        server.refresh().await;
        refused(&server.send(&request).await, 401, "invalid_client");
        let (realm, id) = (RealmId::new(REALM), ClientId::new("locked"));
        server.ops().unlock_client(&Actor::Shell, &realm, &id).await.unwrap();
        granted(&server, &request).await;
    }

    async fn a_wrong_try_takes_a_client_from_memory_that_was_tried_elsewhere_unheard(server) {
        let request = a_client(&server, "unheard").await;
        granted(&server, &request).await;
        let other = Server::on(&server.url, |_| {}).await;
        let wrong = asks("unheard", generate(&*server.app.entropy).expose());
        for _ in 0..10 {
            other.send(&wrong).await;
        }
        // This node has not heard of the lock; it reads of it with the next wrong secret.
        refused(&server.send(&wrong).await, 401, "invalid_client");
        refused(&server.send(&request).await, 401, "invalid_client");
    }
}

/// Postgres tells each statement in the log: the one of a client that is not remembered is its lookup.
#[test]
fn the_one_statement_is_the_lookup_of_the_client() {
    let (told, log) = watched("sqlx::query=debug,countersign=info", || async {
        let Some(server) = Server::start(Backend::Postgres, |_| {}).await else { return false };
        let request = a_client(&server, "watched").await;
        for case in ["cold", "warm"] {
            tracing::info!(target: "countersign", "BEGIN {case}");
            granted(&server, &request).await;
            tracing::info!(target: "countersign", "END {case}");
        }
        true
    });
    if !told {
        return;
    }
    let cold = statements(&log, "cold");
    assert!(matches!(cold.as_slice(), [only] if only.contains("FROM clients")), "{cold:?}");
    assert_eq!(statements(&log, "warm"), Vec::<String>::new());
}
