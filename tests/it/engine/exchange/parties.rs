//! An exchanged token falls with each of its parties: switched off, or with all that it was issued before.

use std::time::Duration;

use countersign::audit::Actor;
use countersign::clock::Clock as _;

use super::{SUBJECT, bank, invalid};
use crate::engine::refused;
use crate::harness::exchange::{active, client, main, own_token, services, swap, swapped};
use crate::harness::server::{Server, on_both};

on_both! {
    async fn it_falls_with_each_of_its_parties_and_rises_again(server) {
        services(&server).await;
        let first = swapped(&server, "gateway", &own_token(&server, "demo", "").await, &[]).await;
        let second = swapped(&server, "books", &first, &[]).await;
        let (ops, realm, shell) = (server.ops(), main(), Actor::Shell);
        for id in ["demo", "gateway", "books"].map(client) {
            ops.disable_client(&shell, &realm, &id).await.unwrap();
            server.refresh().await;
            assert_eq!(active(&server, &second).await, Err("rs_revoked"), "{id}");
            assert_eq!(active(&server, &first).await.is_err(), id.as_str() != "books", "{id}");
            let answer = server.send(&swap("books", &first, &[])).await;
            if id.as_str() == "books" { refused(&answer, 401, "invalid_client") } else { invalid(&answer, SUBJECT) }
            ops.enable_client(&shell, &realm, &id).await.unwrap();
            server.refresh().await;
            assert!(active(&server, &second).await.is_ok(), "{id}");
        }
        ops.disable_institution(&shell, &realm, &bank()).await.unwrap();
        server.refresh().await;
        assert_eq!(active(&server, &second).await, Err("rs_revoked"));
        invalid(&server.send(&swap("books", &first, &[])).await, SUBJECT);
    }

    async fn it_falls_with_the_epoch_of_each_of_its_parties(server) {
        services(&server).await;
        for id in ["demo", "gateway", "books"].map(client) {
            let first = swapped(&server, "gateway", &own_token(&server, "demo", "").await, &[]).await;
            let second = swapped(&server, "books", &first, &[]).await;
            server.ops().revoke_client_tokens(&Actor::Shell, &main(), &id).await.unwrap();
            server.refresh().await;
            if id.as_str() != "books" {
                invalid(&server.send(&swap("books", &first, &[])).await, SUBJECT);
            }
            assert_eq!(active(&elsewhere(&server).await, &second).await, Err("rs_revoked"), "{id}");
            server.clock.advance(Duration::from_secs(1));
        }
        let last = swapped(&server, "gateway", &own_token(&server, "demo", "").await, &[]).await;
        server.ops().revoke_institution_tokens(&Actor::Shell, &main(), &bank()).await.unwrap();
        server.refresh().await;
        assert_eq!(active(&elsewhere(&server).await, &last).await, Err("rs_revoked"));
        let next = swapped(&server, "gateway", &own_token(&server, "demo", "").await, &[]).await;
        assert!(active(&elsewhere(&server).await, &next).await.is_ok(), "of the second after");
    }
}

/// Another node on the same database and at the same time, which remembers nothing.
async fn elsewhere(server: &Server) -> Server {
    let other = Server::on(&server.url, |_| {}).await;
    other.clock.advance(server.clock.now().since(other.clock.now()));
    other
}
