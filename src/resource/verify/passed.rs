//! What a gateway passes on to its API: who calls, for whom, and with which scopes.

use std::sync::Arc;

use axum::body::Body;
use axum::response::Response;
use http::header::CACHE_CONTROL;
use http::{HeaderMap, HeaderName, HeaderValue};

use crate::error::About;
use crate::model::{ActiveToken, DialectName, RealmId, UserId};
use crate::telemetry::{EndpointLabel, LogFields};

const NO_STORE: HeaderValue = HeaderValue::from_static("no-store");

const X_AUTH_CLIENT: HeaderName = HeaderName::from_static("x-auth-client");
const X_AUTH_SUBJECT: HeaderName = HeaderName::from_static("x-auth-subject");
const X_AUTH_INSTITUTION: HeaderName = HeaderName::from_static("x-auth-institution");
const X_AUTH_SCOPES: HeaderName = HeaderName::from_static("x-auth-scopes");
const X_AUTH_REALM: HeaderName = HeaderName::from_static("x-auth-realm");
const X_AUTH_TOKEN_ID: HeaderName = HeaderName::from_static("x-auth-token-id");

/// A request that may pass.
#[derive(Debug)]
pub struct Passed {
    pub realm: RealmId,
    /// `None`: the route asks for none.
    pub token: Option<Arc<ActiveToken>>,
    /// The account that the client acts for, beside what its token is about.
    pub acting_for: Option<UserId>,
}

impl Passed {
    pub fn public(realm: &RealmId) -> Self {
        Self { realm: realm.clone(), token: None, acting_for: None }
    }

    /// Client and account, for trail and log.
    pub fn about(&self) -> About {
        let token = self.token.as_deref();
        About {
            realm: Some(self.realm.clone()),
            institution: token.and_then(|token| token.institution.clone()),
            client: token.map(|token| token.client.clone()),
            user: self.acting_for.clone().or_else(|| token.and_then(|token| token.user().cloned())),
            secret: None,
        }
    }

    /// 200 with all headers, those without a value empty: what a caller sent under their names must not be taken for ours.
    pub fn response(&self, dialect: &DialectName) -> Response {
        let token = self.token.as_deref();
        let of_token = |text: fn(&ActiveToken) -> &str| token.map_or("", text);
        let subject = self.acting_for.as_ref().map_or_else(|| of_token(ActiveToken::subject_id), UserId::as_str);
        let institution = token.and_then(|token| token.institution.as_ref()).map_or("", |institution| institution.as_str());
        let scopes = token.map(|token| token.scopes.to_string()).unwrap_or_default();
        let mut headers = HeaderMap::with_capacity(8);
        headers.insert(CACHE_CONTROL, NO_STORE);
        for (name, value) in [
            (X_AUTH_CLIENT, of_token(|token| token.client.as_str())),
            (X_AUTH_SUBJECT, subject),
            (X_AUTH_INSTITUTION, institution),
            (X_AUTH_SCOPES, &scopes),
            (X_AUTH_REALM, self.realm.as_str()),
            (X_AUTH_TOKEN_ID, of_token(|token| token.id.as_str())),
        ] {
            headers.insert(name, header_value(value));
        }
        let mut response = Response::new(Body::empty());
        *response.headers_mut() = headers;
        let log = LogFields::new(EndpointLabel::Verify, &self.about(), None);
        response.extensions_mut().insert(LogFields { dialect: Some(dialect.clone()), ..log });
        response
    }
}

/// An id as a header carries it: visible ASCII as it is, every other byte, and `%`, as `%XX`.
fn header_value(text: &str) -> HeaderValue {
    let is_plain = |byte: u8| matches!(byte, b' '..=b'~') && byte != b'%';
    if let (true, Ok(value)) = (text.bytes().all(is_plain), HeaderValue::from_str(text)) {
        return value;
    }
    let escaped: String =
        text.bytes().map(|byte| if is_plain(byte) { char::from(byte).to_string() } else { format!("%{byte:02X}") }).collect();
    HeaderValue::from_str(&escaped).unwrap_or(HeaderValue::from_static(""))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_that_a_header_cannot_carry_are_escaped_without_doubt() {
        for (id, carried) in [
            ("acme", "acme"),
            ("a b", "a b"),
            ("100%", "100%25"),
            ("%25", "%2525"),
            ("j\u{fc}rgen", "j%C3%BCrgen"),
            ("a\r\nX-Auth-Subject: root", "a%0D%0AX-Auth-Subject: root"),
            ("", ""),
        ] {
            assert_eq!(header_value(id), carried, "{id:?}");
        }
    }
}
