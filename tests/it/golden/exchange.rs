//! Exchanged tokens: what each says of its subject and of those who act for it (RFC 8693, section 4).

use super::token;
use crate::harness::exchange::{USER, own_token, services, swap};
use crate::harness::golden;
use crate::harness::http::Response;
use crate::harness::server::{Server, on_both};

const NAMES: [&str; 3] = ["one_actor", "two_actors", "user_bound"];

pub fn files() -> impl Iterator<Item = String> {
    NAMES.iter().flat_map(|name| ["http", "token.json"].map(|extension| file(name, extension)))
}

fn file(name: &str, extension: &str) -> String {
    format!("oauth2/exchange/{name}.{extension}")
}

async fn freeze(server: &Server, name: &str, answer: &Response) {
    golden::check(&file(name, "http"), &golden::wire(answer));
    golden::check(&file(name, "token.json"), &token::verified(server, "main", token::of(answer)).await);
}

on_both! {
    async fn exchanged(server) {
        services(&server).await;
        let own = own_token(&server, "demo", "").await;
        let one = server.send(&swap("gateway", &own, &[])).await;
        let two = server.send(&swap("books", &token::of(&one), &[("scope", "ledger.read")])).await;
        let user = format!("user {USER}");
        let bound = server.send(&swap("gateway", &own, &[("requested_subject", &user)])).await;
        for (name, answer) in NAMES.into_iter().zip([one, two, bound]) {
            freeze(&server, name, &answer).await;
        }
    }
}
