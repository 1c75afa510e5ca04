//! What one node is told, the others know within a second, however busy they are: a node that has heard nothing for that
//! long trusts nothing that it remembers. Each time is measured and printed.

use std::time::{Duration, Instant};

use super::{bearer, oauth2, said, token};
use crate::harness::http::{Request, Response};
use crate::harness::process::Process;
use crate::harness::server::{Server, on_both};

const PROMISE: Duration = Duration::from_secs(1);
const INSTITUTION: &str = "194d62ba-f585-40ff-83d7-9cb99b1c77c0";
const CLIENT: &str = "3fa85f64-5717-4562-b3fc-2c963f66afa6";
const USER: &str = "5f0c2a1e-7c39-4d0b-9d3c-0d1a7f4f1b11";

on_both! {
    async fn a_second_node_knows_within_a_second(server) {
        let (one, other) = tokio::join!(Process::serve(&server.url, ""), Process::serve(&server.url, ""));
        let nodes = Nodes { admin: token(&one.send(&oauth2("demo-admin", "demo-admin-secret")).await), one, other, backend: backend(&server) };

        let mine = nodes.token().await;
        let revoke = Request::new("POST", "/realms/uphold/oauth2/revoke").basic(CLIENT, "s3cr3t-uphold").form(&[("token", &mine)]);
        nodes.told("a token is revoked", Some(&revoke), "", (&asked(&mine), 401)).await;

        let mine = nodes.token().await;
        nodes.told("a client's tokens are revoked", None, &format!("clients/{CLIENT}/revoke-tokens"), (&asked(&mine), 401)).await;

        // Right after a revocation tokens are those of the next second: they count at once.
        let mine = nodes.token().await;
        let acting = asked(&mine).header("X-On-Behalf-Of", &format!("user {USER}"));
        nodes.told("an account is blocked", None, &format!("users/{USER}/block"), (&acting, 409)).await;
        nodes.told("an account is unblocked", None, &format!("users/{USER}/unblock"), (&acting, 200)).await;

        nodes.told("a client is switched off", None, &format!("clients/{CLIENT}/disable"), (&asked(&mine), 401)).await;
        nodes.told("a client is switched on", None, &format!("clients/{CLIENT}/enable"), (&asked(&mine), 200)).await;

        nodes.told("an institution is switched off", None, &format!("institutions/{INSTITUTION}/disable"), (&asked(&mine), 401)).await;
        nodes.told("an institution is switched on", None, &format!("institutions/{INSTITUTION}/enable"), (&asked(&mine), 200)).await;
    }
}

fn backend(server: &Server) -> &'static str {
    if server.url.starts_with("sqlite") { "SQLite" } else { "Postgres" }
}

/// What a gateway asks about a POST with this token.
fn asked(token: &str) -> Request {
    let request = Request::new("GET", "/verify?realm=uphold&dialect=uphold").header("X-Forwarded-Method", "POST");
    bearer(request.header("X-Forwarded-Uri", "/core/transactions"), token)
}

struct Nodes {
    one: Process,
    other: Process,
    admin: String,
    backend: &'static str,
}

impl Nodes {
    async fn token(&self) -> String {
        let ask = Request::new("POST", "/core/oauth2/token").basic(CLIENT, "s3cr3t-uphold");
        let mine = token(&self.one.send(&ask.form(&[("grant_type", "client_credentials")])).await);
        assert_eq!(said(&mine, 1, "org"), INSTITUTION);
        assert_eq!(self.other.send(&asked(&mine)).await.status, 200, "good on both nodes");
        mine
    }

    /// Tells the first node, and asks the other until it knows. What was asked a second after the first one's answer must know.
    async fn told(&self, what: &str, request: Option<&Request>, below: &str, (asked, status): (&Request, u16)) {
        let before = self.other.send(asked).await.status;
        assert_ne!(before, status, "{what}: not yet so");
        let done = match request {
            Some(request) => self.one.send(request).await,
            None => {
                self.one.operate(&bearer(Request::new("POST", &format!("/admin/v1/realms/uphold/{below}")), &self.admin)).await
            }
        };
        assert!((200..300).contains(&done.status), "{what}: {done:?}");
        let told = Instant::now();
        assert_eq!(self.one.send(asked).await.status, status, "{what}: at once on the node that was told");
        loop {
            let asked_after = told.elapsed();
            let answer: Response = self.other.send(asked).await;
            if answer.status == status {
                println!("{}: {what}: known to the second node after {} ms", self.backend, told.elapsed().as_millis());
                return;
            }
            assert_eq!(answer.status, before, "{what}: {answer:?}");
            assert!(asked_after < PROMISE, "{what}: still not known {} ms later", asked_after.as_millis());
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    }
}
