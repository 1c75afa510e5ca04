//! What an `Accept` header asks for (RFC 9110, section 12.5.1). It never leads to a refusal: what cannot be read or is not
//! known is passed over.

use http::HeaderMap;
use http::header::ACCEPT;

use crate::model::Accept;

/// The textual types that a bare token may be sent as.
const TEXT_TYPES: [&str; 3] = ["text/javascript", "application/jwt", "text/plain"];

/// The known media type that is preferred; of equal ones, the first.
pub fn accept(headers: &HeaderMap) -> Accept {
    let ranges = headers.get_all(ACCEPT).iter().filter_map(|value| value.to_str().ok()).flat_map(|value| value.split(','));
    let mut best = (0.0, Accept::Any);
    for (weight, accept) in ranges.filter_map(known) {
        if weight > best.0 {
            best = (weight, accept);
        }
    }
    best.1
}

fn known(range: &str) -> Option<(f32, Accept)> {
    let mut parts = range.split(';').map(str::trim);
    let media_type = parts.next()?;
    let accept = if media_type.eq_ignore_ascii_case("application/json") {
        Accept::Json
    } else {
        Accept::Text(TEXT_TYPES.into_iter().find(|known| known.eq_ignore_ascii_case(media_type))?)
    };
    let weight = parts.find_map(|part| part.strip_prefix("q=").or_else(|| part.strip_prefix("Q=")));
    let weight: f32 = weight.map_or(Some(1.0), |weight| weight.parse().ok())?;
    (0.0..=1.0).contains(&weight).then_some((weight, accept))
}
