//! Row 136, the connection that breaks at the commit: nobody gets a token of a commit that is in doubt, and what could be used
//! once is never used twice.

use std::time::Duration;

use super::mixups::{otp, with_otp};
use super::{assert_refused, contract, count};
use crate::harness::proxy::{Proxy, Weather};
use crate::harness::server::{Backend, Server};

const UNAVAILABLE: (u16, &str) = (503, r#"{"error":"temporarily_unavailable"}"#);

async fn through_a_door() -> Option<(Server, Server, Proxy)> {
    let direct = Server::start(Backend::Postgres, |_| {}).await?;
    let proxy = Proxy::to(&direct.url).await;
    let server = Server::on(&proxy.url(), |_| {}).await;
    Some((server, direct, proxy))
}

async fn fair_again(proxy: &Proxy) {
    let waiting = async {
        while proxy.weather() != Weather::Fair {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    };
    tokio::time::timeout(Duration::from_secs(5), waiting).await.expect("the cut happened");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn atk_136_a_token_whose_commit_is_in_doubt_is_not_handed_out() {
    for (weather, rows) in [(Weather::CutBeforeCommit, 1), (Weather::CutAfterCommit, 2)] {
        let Some((server, direct, proxy)) = through_a_door().await else { return };
        let lending = contract("lendingclub");
        // From here on the secret is recognised, and the next commit is that of a token.
        assert_eq!(server.send(&lending.good()).await.status, 200);
        proxy.set(weather);
        let cut = server.send(&lending.good()).await;
        assert_refused(&cut, UNAVAILABLE, "cut off");
        assert_eq!(cut.header("Retry-After"), Some("1"));
        fair_again(&proxy).await;
        // Where the commit was made, the row is of a token that nobody has ever seen.
        assert_eq!(count(&direct, "SELECT COUNT(*) FROM tokens").await, rows, "{weather:?}");
        let again = async {
            while server.send(&lending.good()).await.status != 200 {
                tokio::time::sleep(Duration::from_millis(50)).await;
            }
        };
        tokio::time::timeout(Duration::from_secs(9), again).await.expect("it recovers");
        assert_eq!(count(&direct, "SELECT COUNT(*) FROM tokens").await, rows + 1, "{weather:?}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn atk_136_a_one_time_password_whose_commit_is_in_doubt_is_good_for_one_token_at_most() {
    for (weather, status) in [(Weather::CutBeforeCommit, 200), (Weather::CutAfterCommit, 401)] {
        let Some((server, _direct, proxy)) = through_a_door().await else { return };
        proxy.set(weather);
        assert_refused(&server.send(&with_otp(&otp())).await, UNAVAILABLE, "cut off");
        fair_again(&proxy).await;
        let again = async {
            loop {
                match server.send(&with_otp(&otp())).await.status {
                    503 => tokio::time::sleep(Duration::from_millis(50)).await,
                    status => return status,
                }
            }
        };
        let answered = tokio::time::timeout(Duration::from_secs(9), again).await.expect("it recovers");
        assert_eq!(answered, status, "{weather:?}");
        server.clock.advance(Duration::from_millis(300));
        assert_eq!(server.send(&with_otp(&otp())).await.status, 401, "{weather:?}: never twice");
    }
}
