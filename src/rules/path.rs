//! The path that a request asks for, as its segments. A spelling that another server may read as another path is none: what
//! this house judges must be what the API behind answers (RFC 3986, sections 3.3 and 6.2.2).

use std::borrow::Cow;

use crate::dialect::hex_digit;

/// The segments of a path, decoded. A slash at the end makes no difference.
pub type Segments<'p> = Vec<Cow<'p, str>>;

/// The segments, or those before the first that cannot be trusted.
pub fn segments(path: &str) -> Result<Segments<'_>, Segments<'_>> {
    let mut segments = Vec::new();
    let Some(path) = path.strip_prefix('/') else { return Err(segments) };
    let mut encoded = path.split('/').peekable();
    while let Some(segment) = encoded.next() {
        if segment.is_empty() && encoded.peek().is_none() {
            break;
        }
        match decode(segment).filter(|segment| has_one_reading(segment)) {
            Some(segment) => segments.push(segment),
            None => return Err(segments),
        }
    }
    Ok(segments)
}

/// The segment decoded once; `None` if an escape is broken, the result is not UTF-8 (which overlong forms of `/` and `.` are
/// not), or it holds what no URI may hold as it is.
fn decode(segment: &str) -> Option<Cow<'_, str>> {
    if !segment.bytes().all(|byte| byte.is_ascii_graphic()) {
        return None;
    }
    if !segment.contains('%') {
        return Some(Cow::Borrowed(segment));
    }
    let mut decoded = Vec::with_capacity(segment.len());
    let mut rest = segment.bytes();
    while let Some(byte) = rest.next() {
        decoded.push(match byte {
            b'%' => hex_digit(rest.next()?)? << 4 | hex_digit(rest.next()?)?,
            other => other,
        });
    }
    String::from_utf8(decoded).ok().map(Cow::Owned)
}

/// Servers differ on empty and dot segments, on delimiters that were escaped, on parameters after `;`, on backslashes, on
/// control characters, and on whether they decode a second time. Some cut blanks off, so that `..%20` climbs too.
fn has_one_reading(segment: &str) -> bool {
    let delimits = |c: char| matches!(c, '/' | '\\' | ';' | '?' | '#') || c.is_control();
    !matches!(segment.trim(), "" | "." | "..") && !segment.contains(delimits) && !holds_an_escape(segment)
}

fn holds_an_escape(segment: &str) -> bool {
    segment
        .as_bytes()
        .windows(3)
        .any(|three| matches!(three, [b'%', high, low] if high.is_ascii_hexdigit() && low.is_ascii_hexdigit()))
}
