//! Tokens for a run, from the server's own token endpoints.

use std::net::SocketAddr;

use serde_json::Value;

use crate::Fallible;
use crate::http::Connection;
use crate::requests::post;
use crate::server::Server;

/// Where a kind of token comes from, and what asks for it: the clients of `provision/verify.toml`.
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
    ask(server.public, post(source.path, source.header, source.form).as_bytes(), count).await
}

/// What is answered to a request, so many times.
pub(crate) async fn ask(server: SocketAddr, request: &[u8], count: usize) -> Fallible<Vec<String>> {
    let mut connection = Connection::open(server, None).await?;
    let mut tokens = Vec::with_capacity(count);
    for _ in 0..count {
        let answer = connection.exchange(request).await?;
        if answer.status != 200 {
            return Err(format!("no token:\n{}", answer.text()).into());
        }
        let body: Value = serde_json::from_slice(&answer.content())?;
        let token = body.get("access_token").and_then(Value::as_str).ok_or("an answer without `access_token`")?;
        tokens.push(token.to_owned());
    }
    Ok(tokens)
}

/// What the signature of a JWT covers (RFC 7515, section 5.1).
pub(crate) fn signed_part(jwts: &[String]) -> Fallible<Vec<u8>> {
    let (message, _) = jwts.first().and_then(|jwt| jwt.rsplit_once('.')).ok_or("the server issues no JWTs")?;
    Ok(message.as_bytes().to_vec())
}
