//! A token request over HTTP/2 with prior knowledge, frame by frame (RFC 9113): its library logs in its own way.

use std::net::SocketAddr;
use std::time::Duration;

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::timeout;

use super::search::Book;

const DATA: u8 = 0;
const HEADERS: u8 = 1;
const SETTINGS: u8 = 4;
const END_STREAM: u8 = 1;
const END_HEADERS: u8 = 4;

/// Asks for a token with `Basic`, and keeps all that is secret in request and answer.
pub async fn token_request(server: SocketAddr, book: &mut Book) {
    let credentials = BASE64_STANDARD.encode("demo:demo-secret");
    let headers = [
        (":method", "POST"),
        (":scheme", "http"),
        (":path", "/oauth2/token"),
        (":authority", "localhost"),
        ("content-type", "application/x-www-form-urlencoded"),
        ("authorization", &format!("Basic {credentials}")),
        ("cookie", "session=secret-in-an-http2-cookie"),
    ];
    book.keep(&credentials);
    book.keep("secret-in-an-http2-cookie");
    // Literals without indexing and without Huffman's code (RFC 7541, section 6.2.2).
    let block: Vec<u8> = headers.iter().flat_map(|(name, value)| [vec![0], text(name), text(value)].concat()).collect();
    let opening = [
        b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".to_vec(),
        frame(SETTINGS, 0, 0, b""),
        frame(HEADERS, END_HEADERS, 1, &block),
        frame(DATA, END_STREAM, 1, b"grant_type=client_credentials"),
    ];
    let mut stream = TcpStream::connect(server).await.unwrap();
    stream.write_all(&opening.concat()).await.unwrap();
    let answer = timeout(Duration::from_secs(10), body(&mut stream)).await.expect("an answer in time");
    let answer: serde_json::Value = serde_json::from_slice(&answer).unwrap();
    book.keep_token(answer["access_token"].as_str().expect("a token over HTTP/2"));
}

/// The data of the stream, to its end.
async fn body(stream: &mut TcpStream) -> Vec<u8> {
    let mut body = Vec::new();
    loop {
        let mut head = [0; 9];
        stream.read_exact(&mut head).await.unwrap();
        let length = usize::from(head[0]) << 16 | usize::from(head[1]) << 8 | usize::from(head[2]);
        let mut payload = vec![0; length];
        stream.read_exact(&mut payload).await.unwrap();
        if head[3] == DATA {
            body.extend(payload);
            if head[4] & END_STREAM != 0 {
                return body;
            }
        }
    }
}

fn frame(kind: u8, flags: u8, stream: u8, payload: &[u8]) -> Vec<u8> {
    let length = u16::try_from(payload.len()).unwrap().to_be_bytes();
    [&[0, length[0], length[1], kind, flags, 0, 0, 0, stream], payload].concat()
}

/// A string of fewer than 127 bytes.
fn text(text: &str) -> Vec<u8> {
    let length = u8::try_from(text.len()).ok().filter(|length| *length < 127).expect("a short text");
    [&[length], text.as_bytes()].concat()
}
