use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};

use super::*;

/// Answers 200 to `GET /good`, after 20 ms to `GET /slow`, to `GET /from-2` if 127.0.0.2 asks, and 401 to everything else.
async fn server() -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            tokio::spawn(answer(stream));
        }
    });
    address
}

async fn answer(mut stream: TcpStream) {
    let mut request = [0; 64];
    let caller = stream.peer_addr().unwrap().ip().to_string();
    while let Ok(1..) = stream.read(&mut request).await {
        let good = request.starts_with(b"GET /good ")
            || request.starts_with(b"GET /slow ")
            || (request.starts_with(b"GET /from-2 ") && caller == "127.0.0.2");
        if request.starts_with(b"GET /slow ") {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        let status = if good { "200 OK" } else { "401 Unauthorized" };
        stream.write_all(format!("HTTP/1.1 {status}\r\nContent-Length: 4\r\n\r\nbody").as_bytes()).await.unwrap();
    }
}

async fn workload(paths: &[&str]) -> Workload {
    let requests = paths.iter().map(|path| format!("GET {path} HTTP/1.1\r\n\r\n").into_bytes()).collect();
    let (pace, expected) = (Pace::Closed, [200].as_slice());
    Workload { server: server().await, from: None, connections: 3, requests: Requests::Written(requests), pace, expected }
}

async fn drive(workload: Workload) -> Fallible<usize> {
    let mut fleet = Fleet::open(workload).await?;
    let first = fleet.drive(Duration::from_millis(20)).await?.count();
    Ok(first + fleet.drive(Duration::from_millis(20)).await?.count())
}

#[tokio::test]
async fn the_connections_ask_again_and_again() {
    assert!(drive(workload(&["/good"]).await).await.unwrap() > 6);
}

#[tokio::test]
async fn another_status_than_the_expected_one_fails_the_run_with_the_answer() {
    let error = drive(workload(&["/good", "/good", "/bad"]).await).await.unwrap_err().to_string();
    assert_eq!(error, "expected [200], and the answer was:\nHTTP/1.1 401 Unauthorized\r\nContent-Length: 4\n\nbody");
}

#[tokio::test]
async fn a_load_may_come_from_another_address_and_expect_several_statuses() {
    let from = Some(IpAddr::from([127, 0, 0, 2]));
    assert!(drive(Workload { from, ..workload(&["/from-2"]).await }).await.is_ok());
    assert!(drive(Workload { expected: &[200, 401], ..workload(&["/good", "/bad"]).await }).await.is_ok());
}

#[tokio::test]
async fn an_open_loop_asks_as_often_as_it_shall() {
    let mut fleet = Fleet::open(Workload { pace: Pace::Open(500.0), ..workload(&["/good"]).await }).await.unwrap();
    assert_eq!(fleet.drive(Duration::from_millis(100)).await.unwrap().count(), 50);
}

#[tokio::test]
async fn the_wait_for_a_connection_counts() {
    // Three connections are good for 150 requests a second of 20 ms each; of the 300 asked for, the last wait about as long as
    // it took so far.
    let mut fleet = Fleet::open(Workload { pace: Pace::Open(300.0), ..workload(&["/slow"]).await }).await.unwrap();
    let mut latencies = fleet.drive(Duration::from_millis(200)).await.unwrap();
    assert_eq!(latencies.count(), 60);
    assert!(latencies.per_mille(990) > Duration::from_millis(120), "{latencies:?}");
}
