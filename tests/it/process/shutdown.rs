//! SIGTERM and SIGINT: what has begun is finished, what was answered is on record, and the exit says that all is well.

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use super::{issued, oauth2, said, token};
use crate::harness::http::form;
use crate::harness::process::{Process, eventually};
use crate::harness::server::on_both;

on_both! {
    async fn open_requests_finish_and_every_token_is_on_record(server) {
        for signal in ["TERM", "INT"] {
            let mut process = Process::serve(&server.url, "").await;
            let mut tokens = Vec::new();
            let mut held = Vec::new();
            for _ in 0..5 {
                held.push(Held::begin(&process).await);
            }
            for _ in 0..20 {
                tokens.push(token(&process.send(&oauth2("demo", "demo-secret")).await));
            }
            process.signal(signal);
            let gone = async || TcpStream::connect(process.public).await.err();
            eventually("a listener that takes nothing new", gone).await;
            for request in held {
                tokens.push(request.finish(&process).await);
            }
            assert_eq!(process.exit().await.code(), Some(0), "{signal}: {}", process.log());
            let recorded = issued(&server.app.db).await;
            for token in &tokens {
                let jti = said(token, 1, "jti");
                assert_eq!(recorded.iter().filter(|known| **known == jti).count(), 1, "{signal}: {jti} in {recorded:?}");
            }
        }
    }

    async fn a_request_that_never_ends_holds_nobody_up(server) {
        let mut process = Process::serve(&server.url, "").await;
        let _held = Held::begin(&process).await;
        process.stop().await;
        process.logged("connections were still open when the time to drain was over").await;
    }
}

/// A token request whose body is yet to come, and which the server has begun to read.
struct Held {
    stream: TcpStream,
    body: String,
}

impl Held {
    async fn begin(process: &Process) -> Self {
        let body = form(&[("grant_type", "client_credentials"), ("client_id", "demo"), ("client_secret", "demo-secret")]);
        let head = format!(
            "POST /oauth2/token HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/x-www-form-urlencoded\r\n\
             Content-Length: {}\r\nExpect: 100-continue\r\nConnection: close\r\n\r\n",
            body.len()
        );
        let mut stream = TcpStream::connect(process.public).await.unwrap();
        stream.write_all(head.as_bytes()).await.unwrap();
        // The server asks for the body when it reads it (RFC 9110, section 10.1.1).
        let mut said = [0; 25];
        stream.read_exact(&mut said).await.unwrap();
        assert_eq!(&said, b"HTTP/1.1 100 Continue\r\n\r\n");
        Self { stream, body }
    }

    /// Sends the body: the token of the answer.
    async fn finish(mut self, process: &Process) -> String {
        self.stream.write_all(self.body.as_bytes()).await.unwrap();
        let mut answer = String::new();
        self.stream.read_to_string(&mut answer).await.unwrap();
        assert!(answer.starts_with("HTTP/1.1 200 "), "{answer:?}; the log: {}", process.log());
        let (_, body) = answer.split_once("\r\n\r\n").expect("a whole head");
        let body: serde_json::Value = serde_json::from_str(body).unwrap();
        body["access_token"].as_str().unwrap().to_owned()
    }
}
