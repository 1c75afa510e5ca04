//! Tokens for a run, from the server's own token endpoints.

use serde_json::Value;

use crate::Fallible;
use crate::http::Connection;
use crate::server::Server;

/// Where a kind of token comes from, and what asks for it: the clients of `provision.toml`.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Source {
    path: &'static str,
    /// The line of the credentials, if they travel in a header.
    header: &'static str,
    form: &'static str,
}

/// JWTs of RFC 9068, RS256.
pub(crate) const JWT: Source = Source {
    path: "/realms/bench/oauth2/token",
    header: "",
    form: "grant_type=client_credentials&scope=read&client_id=bench&client_secret=bench-secret",
};

/// UUIDs, in the contract of LendingClub. Its credentials are `bench:bench-secret` in Base64.
pub(crate) const UUID: Source = Source {
    path: "/auth/oauth/v2/token?realm=handles",
    header: "Authorization: LC-API2 YmVuY2g6YmVuY2gtc2VjcmV0\r\n",
    form: "grant_type=client_credentials",
};

/// So many tokens, all different.
pub(crate) async fn fetch(server: &Server, source: Source, count: usize) -> Fallible<Vec<String>> {
    let mut connection = Connection::open(server.public).await?;
    let request = source.request();
    let mut tokens = Vec::with_capacity(count);
    for _ in 0..count {
        let answer = connection.exchange(&request).await?;
        if answer.status != 200 {
            return Err(format!("no token from {}:\n{}", source.path, answer.text()).into());
        }
        let body: Value = serde_json::from_slice(answer.body)?;
        let token = body.get("access_token").and_then(Value::as_str).ok_or("an answer without `access_token`")?;
        tokens.push(token.to_owned());
    }
    Ok(tokens)
}

impl Source {
    fn request(&self) -> Vec<u8> {
        let Self { path, header, form } = self;
        let length = form.len();
        format!(
            "POST {path} HTTP/1.1\r\nHost: bench\r\n{header}Content-Type: application/x-www-form-urlencoded\r\n\
             Content-Length: {length}\r\n\r\n{form}"
        )
        .into_bytes()
    }
}
