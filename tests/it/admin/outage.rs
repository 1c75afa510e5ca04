//! While the database is away: a problem that says to try again, from every route.

use serde_json::json;

use super::routes::{ROUTES, body, filled};
use super::{Desk, problem};
use crate::harness::server::on_both;

on_both! {
    async fn every_route_says_to_try_again(server) {
        let desk = Desk::of(&server, "uphold").await;
        server.app.db.close().await;
        for (method, path) in ROUTES {
            let answer = desk.send(method, &filled(path), body(method, path).as_ref()).await;
            problem(&answer, 503, &json!({ "detail": "The server cannot do this right now; try again" }));
            assert_eq!(answer.header("Retry-After"), Some("1"), "{method} {path}");
            assert_eq!(answer.header("WWW-Authenticate"), None, "the token is not what is wrong");
        }
    }
}
