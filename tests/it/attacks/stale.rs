//! Row 136 at `/verify`: without its store a node passes those whom it remembers, for as long as it may trust its memory, and
//! nobody else. Nobody is passed on because something is broken.

use std::time::Duration;

use countersign::clock::{Clock as _, SystemClock};

use super::{assert_bare, basic_token, bearer, granted};
use crate::harness::http::{Request, Response};
use crate::harness::process::{Process, eventually};
use crate::harness::proxy::{Proxy, Weather};
use crate::harness::server::{Backend, Server, on_both};

/// Long enough for a loaded machine, short enough to wait for.
const MAX_STALENESS: Duration = Duration::from_secs(4);

fn question(path: &str, token: &str) -> Request {
    let told = Request::new("GET", &format!("{path}?realm=main&scope=read"));
    let told = told.header("X-Forwarded-Method", "GET").header("X-Forwarded-Uri", "/orders");
    bearer(token, told.header("X-Original-Method", "GET").header("X-Original-URI", "/orders"))
}

#[track_caller]
fn assert_unavailable(answer: &Response, what: &str) {
    assert_eq!((answer.status, answer.header("Retry-After")), (503, Some("1")), "{what}: {answer:?}");
    assert!(answer.headers.iter().all(|(name, _)| !name.starts_with("x-auth-")), "{what}: {answer:?}");
    assert_bare(answer, what);
}

async fn demo_token(server: &Server) -> String {
    granted(&server.send(&basic_token("demo", "demo-secret")).await)
}

on_both! {
    async fn atk_136_without_the_store_only_the_remembered_pass(server) {
        let (known, new) = (demo_token(&server).await, demo_token(&server).await);
        let stranger = granted(&server.send(&basic_token("demo-admin", "demo-admin-secret")).await);
        assert_eq!(server.send(&question("/verify", &known)).await.status, 200);
        server.app.db.close().await;
        let answer = server.send(&question("/verify", &known)).await;
        assert_eq!((answer.status, answer.header("X-Auth-Client")), (200, Some("demo")), "{answer:?}");
        // What can be said of a token without the store is said.
        assert_eq!(server.send(&question("/verify", "x.y.z")).await.status, 401);
        for path in ["/verify", "/verify/nginx", "/verify/nginx/refusal"] {
            for token in ["aa367982-bef6-4f05-a156-10c1431988bc", &stranger] {
                assert_unavailable(&server.send(&question(path, token)).await, path);
            }
        }
        let answer = server.send(&question("/verify", &new)).await;
        assert_eq!((answer.status, answer.header("X-Auth-Client")), (200, Some("demo")), "all that it depends on is remembered: {answer:?}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn atk_136_nobody_is_remembered_for_longer_than_the_store_may_be_away() {
    let Some(direct) = Server::start(Backend::Postgres, |_| {}).await else { return };
    let proxy = Proxy::to(&direct.url).await;
    let sections = format!("[cache]\nmax_staleness_ms = {}\n", MAX_STALENESS.as_millis());
    let node = Process::serve(&proxy.url(), &sections).await;
    let token = async || granted(&node.send(&basic_token("demo", "demo-secret")).await);
    let (known, new) = (token().await, token().await);
    let admin = granted(&node.send(&basic_token("demo-admin", "demo-admin-secret")).await);
    assert_eq!(node.send(&question("/verify", &known)).await.status, 200);
    let clock = SystemClock::new();
    let down = clock.monotonic();
    proxy.set(Weather::Down);
    let mut passed = 0;
    while clock.monotonic() - down < MAX_STALENESS / 2 {
        let answer = node.send(&question("/verify", &known)).await;
        assert_eq!((answer.status, answer.header("X-Auth-Client")), (200, Some("demo")), "remembered: {answer:?}");
        assert_unavailable(&node.send(&question("/verify", &admin)).await, "of a client that is not remembered");
        passed += 1;
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    assert!(passed > 0);
    tokio::time::sleep(MAX_STALENESS.saturating_sub(clock.monotonic() - down)).await;
    for path in ["/verify", "/verify/nginx", "/verify/nginx/refusal"] {
        for (what, token) in [("remembered", &known), ("new", &new)] {
            assert_unavailable(&node.send(&question(path, token)).await, &format!("{what} at {path}"));
        }
    }
    proxy.set(Weather::Fair);
    eventually("a store that is back", async || (node.send(&question("/verify", &new)).await.status == 200).then_some(())).await;
}
