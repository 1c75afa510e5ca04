//! An HTTP/1.1 client for the tests: it sends exactly the bytes that it is given, and hides nothing of the answer
//! (RFC 9112).

use std::fmt::Write;
use std::net::SocketAddr;

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use serde_json::Value;

pub mod connection;
#[cfg(test)]
mod tests;

use connection::Connection;

/// What to send. Headers go out in the order and spelling given, duplicates included.
#[derive(Clone, Debug)]
pub struct Request {
    method: String,
    target: String,
    headers: Vec<(String, String)>,
    body: Option<Vec<u8>>,
}

impl Request {
    /// A request for `target` as it stands. `Host` and, with a body, `Content-Length` are added where they are not given.
    pub fn new(method: &str, target: &str) -> Self {
        Self { method: method.to_owned(), target: target.to_owned(), headers: Vec::new(), body: None }
    }

    pub fn header(mut self, name: &str, value: &str) -> Self {
        self.headers.push((name.to_owned(), value.to_owned()));
        self
    }

    /// RFC 7617 of the two as they stand: a test that wants RFC 6749's form encoding applies [`form_encoded`] first.
    pub fn basic(self, id: &str, secret: &str) -> Self {
        self.header("Authorization", &format!("Basic {}", BASE64_STANDARD.encode(format!("{id}:{secret}"))))
    }

    pub fn body(mut self, bytes: impl Into<Vec<u8>>) -> Self {
        self.body = Some(bytes.into());
        self
    }

    pub fn form(self, pairs: &[(&str, &str)]) -> Self {
        self.header("Content-Type", "application/x-www-form-urlencoded").body(form(pairs))
    }

    pub fn json(self, value: &Value) -> Self {
        self.header("Content-Type", "application/json").body(value.to_string())
    }

    /// The bytes on the wire.
    pub fn bytes(&self) -> Vec<u8> {
        let gives = |wanted: &str| self.headers.iter().any(|(name, _)| name.eq_ignore_ascii_case(wanted));
        let mut head = format!("{} {} HTTP/1.1\r\n", self.method, self.target);
        if !gives("Host") {
            head.push_str("Host: localhost\r\n");
        }
        for (name, value) in &self.headers {
            head.push_str(&format!("{name}: {value}\r\n"));
        }
        let body = self.body.as_deref().unwrap_or_default();
        if self.body.is_some() && !gives("Content-Length") && !gives("Transfer-Encoding") {
            head.push_str(&format!("Content-Length: {}\r\n", body.len()));
        }
        [head.as_bytes(), b"\r\n", body].concat()
    }
}

/// What came back, in the order and spelling of the server.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Response {
    pub status: u16,
    pub headers: Vec<(String, String)>,
    pub body: Vec<u8>,
}

impl Response {
    /// Every value of a header, in order.
    pub fn headers(&self, wanted: &str) -> Vec<&str> {
        let named = self.headers.iter().filter(|(name, _)| name.eq_ignore_ascii_case(wanted));
        named.map(|(_, value)| value.as_str()).collect()
    }

    /// The value of a header that may occur once at most.
    pub fn header(&self, wanted: &str) -> Option<&str> {
        let values = self.headers(wanted);
        assert!(values.len() <= 1, "{wanted} occurs {} times: {values:?}", values.len());
        values.first().copied()
    }

    pub fn text(&self) -> &str {
        std::str::from_utf8(&self.body).expect("the body is UTF-8")
    }

    pub fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap_or_else(|error| panic!("{error} in the body {:?}", self.text()))
    }
}

/// One request on a connection of its own.
pub async fn send(server: SocketAddr, request: &Request) -> Response {
    let mut connection = Connection::open(server).await.expect("the server accepts a connection");
    connection.exchange(request).await.expect("the server answers")
}

/// An `application/x-www-form-urlencoded` body of these pairs, in this order.
pub fn form(pairs: &[(&str, &str)]) -> String {
    let encoded = pairs.iter().map(|(name, value)| format!("{}={}", form_encoded(name), form_encoded(value)));
    encoded.collect::<Vec<_>>().join("&")
}

/// One name or value of a form (WHATWG URL, section 5.2).
pub fn form_encoded(text: &str) -> String {
    text.bytes().fold(String::with_capacity(text.len()), |mut encoded, byte| {
        match byte {
            b' ' => encoded.push('+'),
            b'*' | b'-' | b'.' | b'_' => encoded.push(char::from(byte)),
            _ if byte.is_ascii_alphanumeric() => encoded.push(char::from(byte)),
            _ => write!(encoded, "%{byte:02X}").expect("a String takes any text"),
        }
        encoded
    })
}
