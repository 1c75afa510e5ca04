//! Answers: 201 with the place of what was created (RFC 9110, section 15.3.2).

use axum::Json;
use axum::response::{IntoResponse, Response};
use http::StatusCode;
use http::header::LOCATION;
use serde::Serialize;

use crate::model::RealmId;

/// Something was created, and this is where.
pub(super) struct Created<T> {
    location: String,
    body: T,
}

impl<T> Created<T> {
    /// `path` is the way to it below its realm.
    pub(super) fn at(realm: &RealmId, path: &[&str], body: T) -> Self {
        let mut location = format!("/admin/v1/realms/{}", escaped(realm.as_str()));
        for segment in path {
            location.push('/');
            location.push_str(&escaped(segment));
        }
        Self { location, body }
    }
}

impl<T: Serialize> IntoResponse for Created<T> {
    fn into_response(self) -> Response {
        (StatusCode::CREATED, [(LOCATION, self.location)], Json(self.body)).into_response()
    }
}

/// A segment of a path: all but the unreserved characters is percent-encoded (RFC 3986, section 2.3).
fn escaped(segment: &str) -> String {
    let mut escaped = String::with_capacity(segment.len());
    for byte in segment.bytes() {
        match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' => escaped.push(char::from(byte)),
            _ => escaped.push_str(&format!("%{byte:02X}")),
        }
    }
    escaped
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_is_one_segment_whatever_it_holds() {
        let created = Created::at(&RealmId::new("lc"), &["clients", "a/b?c%d é"], ());
        assert_eq!(created.location, "/admin/v1/realms/lc/clients/a%2Fb%3Fc%25d%20%C3%A9");
    }
}
