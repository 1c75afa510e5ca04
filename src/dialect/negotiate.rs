//! What an `Accept` header asks for (RFC 9110, section 12.5.1). It never leads to a refusal: what cannot be read or is not
//! known is passed over.

use http::HeaderMap;
use http::header::ACCEPT;

use crate::model::Accept;

/// The textual types that a bare token may be sent as.
const TEXT_TYPES: [&str; 3] = ["text/javascript", "application/jwt", "text/plain"];

/// The known media type that is preferred; of equal ones, the first.
pub fn accept(headers: &HeaderMap) -> Accept {
    let mut best = (0.0, Accept::Any);
    for (media_type, weight) in ranges(headers) {
        if let Some(accept) = known(media_type).filter(|_| weight > best.0) {
            best = (weight, accept);
        }
    }
    best.1
}

/// Is this very media type asked for?
pub fn lists(headers: &HeaderMap, media_type: &str) -> bool {
    ranges(headers).any(|(listed, weight)| listed.eq_ignore_ascii_case(media_type) && weight > 0.0)
}

/// The media types that are listed, with their weights.
fn ranges(headers: &HeaderMap) -> impl Iterator<Item = (&str, f32)> {
    let values = headers.get_all(ACCEPT).iter().filter_map(|value| value.to_str().ok());
    values.flat_map(|value| value.split(',')).filter_map(range)
}

fn range(text: &str) -> Option<(&str, f32)> {
    let mut parts = text.split(';').map(str::trim);
    let media_type = parts.next()?;
    let weight = parts.find_map(|part| part.strip_prefix("q=").or_else(|| part.strip_prefix("Q=")));
    let weight: f32 = weight.map_or(Some(1.0), |weight| weight.parse().ok())?;
    (0.0..=1.0).contains(&weight).then_some((media_type, weight))
}

fn known(media_type: &str) -> Option<Accept> {
    if media_type.eq_ignore_ascii_case("application/json") {
        return Some(Accept::Json);
    }
    TEXT_TYPES.into_iter().find(|known| known.eq_ignore_ascii_case(media_type)).map(Accept::Text)
}
