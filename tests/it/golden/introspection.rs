//! What is told of each kind of token: a JWT, a version 4 UUID, 256 random bits; as JSON, and signed.

use super::token;
use crate::engine::gateway::{introspect, open};
use crate::harness::golden;
use crate::harness::http::Request;
use crate::harness::server::{Server, on_both};

/// Realm, scopes of its API and request of each kind; Cross River with handles in place of JWTs.
const KINDS: [(&str, &str, &str); 3] =
    [("jwt", "main", "read write"), ("uuid4", "lc", "oob"), ("opaque256", "crossriver", "scope1 scope2 scope3")];

const SIGNED: &str = "introspection/signed.token.json";
const INACTIVE: &str = "introspection/inactive.http";
const REVOKED: &str = "introspection/revoked.http";

fn file(kind: &str) -> String {
    format!("introspection/{kind}.http")
}

pub fn files() -> impl Iterator<Item = String> {
    KINDS.iter().map(|(kind, ..)| file(kind)).chain([SIGNED, INACTIVE, REVOKED].map(str::to_owned))
}

fn ask(realm: &str) -> Request {
    super::outcomes::good(super::partner::ALL.iter().find(|partner| partner.realm == realm).unwrap())
}

on_both! {
    async fn of_each_kind(server) {
        let folder = tempfile::tempdir().unwrap();
        let handles = include_str!("../../../config/dialects/crossriver.toml").replace("format = \"jwt\"", "format = \"opaque256\"");
        std::fs::write(folder.path().join("crossriver.toml"), handles).unwrap();
        for (_, realm, scopes) in KINDS {
            let audience = if realm == "main" { "https://api.example.com".to_owned() } else { format!("https://{realm}.example") };
            open(&server, realm, &audience, scopes).await;
        }
        // A server of its own, so that chance begins where it always does.
        let server = Server::on(&server.url, |config| config.dialects.dir = Some(folder.path().into())).await;
        for (kind, realm, _) in KINDS {
            let token = token::of(&server.send(&ask(realm)).await);
            let answer = server.send(&introspect(realm, &token)).await;
            golden::check(&file(kind), &golden::wire(&answer));
            if kind == "jwt" {
                let signed = introspect(realm, &token).header("Accept", "application/token-introspection+jwt");
                let signed = server.send(&signed).await.text().to_owned();
                golden::check(SIGNED, &token::verified(&server, realm, signed).await);
            }
        }
        golden::check(INACTIVE, &golden::wire(&server.send(&introspect("main", "unknown")).await));
        let revoked = crate::engine::gateway::revoke_as(("demo", "demo-secret"), "main", "unknown");
        golden::check(REVOKED, &golden::wire(&server.send(&revoked).await));
    }
}
