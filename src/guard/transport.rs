//! Bounds of a request before anything reads it: header and query sizes (RFC 6585, section 5; RFC 9110, section 15.5.15).

use http::{HeaderMap, StatusCode, Uri};

/// Longest query string, in bytes.
pub const MAX_QUERY: usize = 8 * 1024;
/// All header names and values together, in bytes.
pub const MAX_HEADERS: usize = 16 * 1024;
/// Header fields of one request.
pub const MAX_HEADER_FIELDS: usize = 100;

/// The status with which an oversized request is refused.
pub fn check(uri: &Uri, headers: &HeaderMap) -> Result<(), StatusCode> {
    if uri.query().is_some_and(|query| query.len() > MAX_QUERY) || uri.path().len() > MAX_QUERY {
        return Err(StatusCode::URI_TOO_LONG);
    }
    let bytes: usize = headers.iter().map(|(name, value)| name.as_str().len() + value.len()).sum();
    if bytes > MAX_HEADERS || headers.len() > MAX_HEADER_FIELDS {
        return Err(StatusCode::REQUEST_HEADER_FIELDS_TOO_LARGE);
    }
    Ok(())
}
