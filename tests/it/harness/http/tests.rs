use std::io::{self, ErrorKind};
use std::time::Duration;

use axum::Json;
use hyper_util::rt::{TokioExecutor, TokioIo};
use hyper_util::server::conn::auto::Builder;
use hyper_util::service::TowerToHyperService;
use serde_json::json;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;

use super::*;

/// A server that answers with what it understood of the request.
async fn echo_server() -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let service = TowerToHyperService::new(axum::Router::new().fallback(echo));
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            let service = service.clone();
            tokio::spawn(async move { Builder::new(TokioExecutor::new()).serve_connection(TokioIo::new(stream), service).await });
        }
    });
    address
}

async fn echo(request: axum::extract::Request) -> ([(&'static str, &'static str); 1], Json<Value>) {
    let (parts, body) = request.into_parts();
    let headers: Vec<_> = parts.headers.iter().map(|(name, value)| json!([name.as_str(), value.to_str().unwrap()])).collect();
    let body = axum::body::to_bytes(body, 1 << 20).await.unwrap();
    let seen = json!({
        "method": parts.method.as_str(),
        "target": parts.uri.to_string(),
        "headers": headers,
        "body": String::from_utf8(body.to_vec()).unwrap(),
    });
    ([("X-Served-By", "echo")], Json(seen))
}

/// A connection to a server that says this, whatever it is asked, and closes.
async fn canned(answer: &'static str) -> Connection {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move {
        let (mut stream, _) = listener.accept().await?;
        stream.write_all(answer.as_bytes()).await?;
        stream.shutdown().await?;
        // Unread bytes would turn the closing into a reset.
        stream.read_to_end(&mut Vec::new()).await
    });
    Connection::open(address).await.unwrap()
}

async fn refusal(answer: &'static str) -> ErrorKind {
    canned(answer).await.read().await.unwrap_err().kind()
}

#[test]
fn requests_are_written_as_given() {
    let request = Request::new("GET", "/a%2Fb?x=1&x=2").header("X-Mark", "one").header("host", "h:1").header("x-mark", "two");
    assert_eq!(request.bytes(), b"GET /a%2Fb?x=1&x=2 HTTP/1.1\r\nX-Mark: one\r\nhost: h:1\r\nx-mark: two\r\n\r\n");
    let request = Request::new("POST", "/").body("abc");
    assert_eq!(request.bytes(), b"POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 3\r\n\r\nabc");
    let request = request.header("content-length", "7");
    assert_eq!(request.bytes(), b"POST / HTTP/1.1\r\nHost: localhost\r\ncontent-length: 7\r\n\r\nabc");
    let request = Request::new("POST", "/").header("Transfer-Encoding", "chunked").body("0\r\n\r\n");
    assert_eq!(request.bytes(), b"POST / HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n");
}

#[test]
fn forms_are_encoded() {
    assert_eq!(form(&[("a b", "*-._~"), ("a b", "=&+%/ü"), ("empty", "")]), "a+b=*-._%7E&a+b=%3D%26%2B%25%2F%C3%BC&empty=");
    assert_eq!(form(&[]), "");
}

#[test]
fn a_header_that_occurs_twice_is_never_mistaken_for_one() {
    let twice = [("Vary", "Origin"), ("vary", "Accept")].map(|(name, value)| (name.to_owned(), value.to_owned()));
    let response = Response { status: 200, headers: twice.to_vec(), body: Vec::new() };
    assert_eq!(response.headers("VARY"), ["Origin", "Accept"]);
    assert_eq!(response.header("Age"), None);
    assert!(std::panic::catch_unwind(|| response.header("Vary").map(str::len)).is_err());
}

#[tokio::test]
async fn a_server_understands_what_was_sent() {
    let request = Request::new("POST", "/token?r=1").basic("id", "s:cret").header("X-Mark", "one").header("X-Mark", "two");
    let response = send(echo_server().await, &request.form(&[("scope", "a b")])).await;
    assert_eq!((response.status, response.header("x-served-by")), (200, Some("echo")));
    let headers = json!([
        ["host", "localhost"],
        ["authorization", "Basic aWQ6czpjcmV0"],
        ["x-mark", "one"],
        ["x-mark", "two"],
        ["content-type", "application/x-www-form-urlencoded"],
        ["content-length", "9"],
    ]);
    let seen = json!({ "method": "POST", "target": "/token?r=1", "headers": headers, "body": "scope=a+b" });
    assert_eq!(response.json(), seen);
}

#[tokio::test]
async fn a_connection_is_kept_for_further_requests() {
    let mut connection = Connection::open(echo_server().await).await.unwrap();
    let head = connection.exchange(&Request::new("HEAD", "/first")).await.unwrap();
    assert!(head.body.is_empty() && head.header("Content-Length") != Some("0"));
    let second = connection.exchange(&Request::new("PUT", "/second").json(&json!({ "n": 1 }))).await.unwrap();
    assert_eq!((&second.json()["target"], &second.json()["body"]), (&json!("/second"), &json!(r#"{"n":1}"#)));
    connection.exchange(&Request::new("GET", "/last").header("Connection", "close")).await.unwrap();
    assert!(connection.is_closed().await);
}

#[tokio::test]
async fn raw_bytes_may_hold_half_a_request_or_several() {
    let mut connection = Connection::open(echo_server().await).await.unwrap();
    connection.write(b"GET /one HTTP/1.1\r\nHo").await.unwrap();
    connection.write(b"st: a\r\n\r\nGET /two HTTP/1.1\r\nHost: b\r\n\r\n").await.unwrap();
    assert_eq!(connection.read().await.unwrap().json()["target"], "/one");
    assert_eq!(connection.read().await.unwrap().json()["target"], "/two");
    connection.write(b"nonsense\r\n\r\n").await.unwrap();
    assert_eq!(connection.read().await.unwrap().status, 400);
}

#[tokio::test]
async fn bodies_are_read_by_every_framing() {
    let chunks =
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3;x=y\r\nabc\r\nA\r\n0123456789\r\n0\r\nTrailer: t\r\n\r\n";
    assert_eq!(canned(chunks).await.read().await.unwrap().text(), "abc0123456789");
    let counted = "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 401 No\r\nA:\t1 \r\nContent-Length: 2\r\na: 2\r\n\r\n{}excess";
    let response = canned(counted).await.read().await.unwrap();
    assert_eq!((response.status, response.json(), response.headers("A")), (401, json!({}), vec!["1", "2"]));
    assert_eq!(canned("HTTP/1.1 200 OK\r\n\r\nto the end").await.read().await.unwrap().body, b"to the end");
    assert_eq!(canned("HTTP/1.1 204 \r\nContent-Length: 5\r\n\r\n").await.read().await.unwrap().body, b"");
}

#[tokio::test]
async fn a_refusal_is_read_though_the_server_stops_listening() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let server = tokio::spawn(async move {
        let (mut stream, _) = listener.accept().await?;
        stream.read_exact(&mut [0; 16]).await?;
        // Dropped with unread bytes, the connection is reset.
        stream.write_all(b"HTTP/1.1 413 No\r\nContent-Length: 0\r\n\r\n").await
    });
    let request = Request::new("POST", "/").body(vec![b'x'; 64 << 20]);
    assert_eq!(send(address, &request).await.status, 413);
    server.await.unwrap().unwrap();
}

#[tokio::test]
async fn a_malformed_answer_is_an_error() {
    assert_eq!(refusal("").await, ErrorKind::UnexpectedEof);
    assert_eq!(refusal("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nabc").await, ErrorKind::UnexpectedEof);
    assert_eq!(refusal("HTTP/1.1 200 OK\r\n").await, ErrorKind::UnexpectedEof);
    assert_eq!(refusal("HTTP/2 200\r\n\r\n").await, ErrorKind::InvalidData);
    assert_eq!(refusal("HTTP/1.1 200 OK\n\n").await, ErrorKind::InvalidData);
    assert_eq!(refusal("HTTP/1.1 200 OK\r\nno colon\r\n\r\n").await, ErrorKind::InvalidData);
    assert_eq!(refusal("HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\n").await, ErrorKind::InvalidData);
    let both = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nContent-Length: 5\r\n\r\n0\r\n\r\n";
    assert_eq!(refusal(both).await, ErrorKind::InvalidData);
    let overrun = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabcd\r\n0\r\n\r\n";
    assert_eq!(refusal(overrun).await, ErrorKind::InvalidData);
}

#[tokio::test]
async fn a_silent_server_does_not_hang_the_test() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let connection = Connection::open(listener.local_addr().unwrap()).await.unwrap();
    let mut connection = connection.with_patience(Duration::from_millis(50));
    let error = connection.exchange(&Request::new("GET", "/")).await.unwrap_err();
    assert_eq!(io::Error::kind(&error), ErrorKind::TimedOut);
    assert!(!connection.is_closed().await);
}
