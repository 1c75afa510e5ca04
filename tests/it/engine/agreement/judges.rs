//! Everybody who judges a token, each at its own door.

use super::Kind;
use super::model::Token;
use super::world::World;
use crate::edge::bearer;
use crate::harness::http::Response;
use crate::harness::server::Server;

impl World {
    /// Asks everybody about every token, and says which were good. The other node has heard of what happened, or hears of it
    /// when a token is to buy another: the exchange asks for news by itself.
    pub async fn agrees(&self, has_heard: bool, story: &str) -> Vec<bool> {
        self.judge(&self.one, "where it was done", story).await;
        if has_heard {
            self.other.refresh().await;
        }
        for token in self.model.tokens.iter().filter(|_| !has_heard) {
            let good = self.is_exchanged(&self.other, token).await;
            assert_eq!(good, self.model.is_good(token), "the exchange, that has yet to hear, of {token:?} in {story}");
        }
        self.judge(&self.other, "elsewhere", story).await;
        self.model.tokens.iter().map(|token| self.model.is_good(token)).collect()
    }

    async fn is_exchanged(&self, node: &Server, Token { text, kind, .. }: &Token) -> bool {
        let answer = node.send(&self.swap((kind.realm(), "gateway"), text, &[])).await;
        let good = said(&answer, 400);
        assert!(good || answer.json()["error"] == "invalid_request", "{answer:?}");
        good
    }

    async fn judge(&self, node: &Server, place: &str, story: &str) {
        for token in &self.model.tokens {
            let expected = self.model.is_good(token);
            for (who, says) in self.verdicts(node, token).await {
                assert_eq!(says, expected, "{who}, {place}, of {token:?} in {story}");
            }
        }
    }

    async fn verdicts(&self, node: &Server, token: &Token) -> Vec<(&'static str, bool)> {
        let Token { text, kind, .. } = token;
        let realm = kind.realm();
        let test = match realm {
            "lc" => "/test/lendingclub?realm=lc",
            "loanstreet" => "/test/loanstreet",
            _ => "/test/oauth2",
        };
        let verify = node.send(&bearer(&format!("/verify?realm={realm}"), text)).await;
        let introspected = node.send(&self.introspect(*kind, text)).await;
        let tested = node.send(&bearer(test, text)).await;
        let mut verdicts = vec![
            ("/verify", said(&verify, 401)),
            ("introspection", introspected.json()["active"].as_bool().unwrap()),
            ("the test endpoint", said(&tested, if realm == "loanstreet" { 403 } else { 401 })),
            ("the exchange", self.is_exchanged(node, token).await),
        ];
        if *kind == Kind::Admin {
            let administers = node.operate(&bearer("/admin/v1/realms/main/clients", text)).await;
            verdicts.push(("the admin API", said(&administers, 401)));
        }
        verdicts
    }
}

/// Yes or no, and no is this status.
#[track_caller]
fn said(answer: &Response, no: u16) -> bool {
    assert!(answer.status == 200 || answer.status == no, "{answer:?}");
    answer.status == 200
}
