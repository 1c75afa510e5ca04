//! The load: connections that each ask again as soon as they are answered (a closed loop), all on the calling thread.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::{Duration, Instant};

use tokio::task::JoinSet;

use crate::Fallible;
use crate::http::Connection;
use crate::stats::Latencies;

/// What is asked, and what must come back.
#[derive(Clone, Debug)]
pub(crate) struct Workload {
    pub(crate) server: SocketAddr,
    /// The bytes of each request. The connections go round in them, each from a place of its own.
    pub(crate) requests: Arc<[Vec<u8>]>,
    pub(crate) expected: u16,
}

/// Open connections to the server of a workload.
#[derive(Debug)]
pub(crate) struct Fleet {
    workload: Workload,
    members: Vec<Member>,
}

#[derive(Debug)]
struct Member {
    connection: Connection,
    next: usize,
}

impl Fleet {
    pub(crate) async fn open(workload: Workload, connections: u16) -> Fallible<Self> {
        let connections = usize::from(connections);
        let mut members = Vec::with_capacity(connections);
        for place in 0..connections {
            let next = place * workload.requests.len() / connections;
            members.push(Member { connection: Connection::open(workload.server).await?, next });
        }
        Ok(Self { workload, members })
    }

    /// Asks for so long. An answer with another status than the expected one ends it: what such a run measures is not what it
    /// says that it measures.
    pub(crate) async fn drive(&mut self, duration: Duration) -> Fallible<Latencies> {
        let deadline = Instant::now() + duration;
        let mut running = JoinSet::new();
        for mut member in self.members.drain(..) {
            let workload = self.workload.clone();
            running.spawn(async move {
                let latencies = member.ask_until(deadline, &workload).await.map_err(|error| error.to_string());
                (member, latencies)
            });
        }
        let mut all = Latencies::default();
        while let Some(ended) = running.join_next().await {
            let (member, latencies) = ended?;
            all.merge(latencies?);
            self.members.push(member);
        }
        Ok(all)
    }
}

impl Member {
    async fn ask_until(&mut self, deadline: Instant, workload: &Workload) -> Fallible<Latencies> {
        let mut latencies = Latencies::default();
        let mut began = Instant::now();
        while began < deadline {
            let request = workload.requests.get(self.next).ok_or("a workload without requests")?;
            self.next = (self.next + 1) % workload.requests.len();
            let answer = self.connection.exchange(request).await?;
            if answer.status != workload.expected {
                return Err(format!("expected {}, and the answer was:\n{}", workload.expected, answer.text()).into());
            }
            let ended = Instant::now();
            latencies.record(ended - began);
            began = ended;
        }
        Ok(latencies)
    }
}

#[cfg(test)]
mod tests {
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
    use tokio::net::{TcpListener, TcpStream};

    use super::*;

    /// Answers 200 to `GET /good`, and 401 to everything else.
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
        while let Ok(1..) = stream.read(&mut request).await {
            let status = if request.starts_with(b"GET /good ") { "200 OK" } else { "401 Unauthorized" };
            stream.write_all(format!("HTTP/1.1 {status}\r\nContent-Length: 4\r\n\r\nbody").as_bytes()).await.unwrap();
        }
    }

    async fn drive(paths: &[&str]) -> Fallible<usize> {
        let requests = paths.iter().map(|path| format!("GET {path} HTTP/1.1\r\n\r\n").into_bytes()).collect();
        let workload = Workload { server: server().await, requests, expected: 200 };
        let mut fleet = Fleet::open(workload, 3).await?;
        let first = fleet.drive(Duration::from_millis(20)).await?.count();
        Ok(first + fleet.drive(Duration::from_millis(20)).await?.count())
    }

    #[tokio::test]
    async fn the_connections_ask_again_and_again() {
        assert!(drive(&["/good"]).await.unwrap() > 6);
    }

    #[tokio::test]
    async fn another_status_than_the_expected_one_fails_the_run_with_the_answer() {
        let error = drive(&["/good", "/good", "/bad"]).await.unwrap_err().to_string();
        assert_eq!(error, "expected 200, and the answer was:\nHTTP/1.1 401 Unauthorized\r\nContent-Length: 4\n\nbody");
    }
}
