//! Client credentials in headers: `Authorization: Basic` (RFC 7617; RFC 6749, section 2.3.1) and schemes of a dialect's own.

use base64::Engine as _;
use base64::alphabet::STANDARD;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};
use http::{HeaderMap, HeaderName, HeaderValue};

use super::form;
use super::schema::{Decode, Unusable};
use crate::error::{ErrorKind, OAuthError, Reason};
use crate::model::{ClientId, PresentedBy};
use crate::secret::Secret;

/// The standard alphabet; padding may be there or not.
const BASE64: GeneralPurpose =
    GeneralPurpose::new(&STANDARD, GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent));

/// Where client credentials travel.
#[derive(Clone, Debug)]
pub struct Carriers {
    pub body: bool,
    pub basic: Option<Decode>,
    /// A scheme of the dialect's own.
    pub scheme: Option<String>,
    /// The headers that are looked at: `Authorization`, and what the dialect names beside it.
    pub headers: Vec<HeaderName>,
    pub ignore_schemes: Vec<String>,
    pub unusable_header: Unusable,
}

/// One client's credentials, in each reading that the carrier allows; first choice first.
pub type Readings = Vec<(ClientId, Secret<String>)>;

impl Carriers {
    /// The credential header, if the request has one that is not passed over.
    pub fn header<'h>(&self, headers: &'h HeaderMap) -> Result<Option<&'h HeaderValue>, OAuthError> {
        let conflict = || OAuthError::new(ErrorKind::ConflictingCredentials).hint("several credential headers");
        let mut found: Option<&HeaderValue> = None;
        for name in &self.headers {
            let mut values = headers.get_all(name).iter().filter(|value| self.counts(value));
            let Some(value) = values.next() else { continue };
            if values.next().is_some() || found.is_some_and(|earlier| earlier != value) {
                return Err(conflict());
            }
            found = Some(value);
        }
        Ok(found)
    }

    /// Did the request try to authenticate by a header?
    pub fn header_used(&self, headers: &HeaderMap) -> bool {
        self.headers.iter().flat_map(|name| headers.get_all(name)).any(|value| self.counts(value))
    }

    fn counts(&self, value: &HeaderValue) -> bool {
        let Ok(text) = value.to_str() else { return true };
        let (scheme, _) = split(text);
        !scheme.is_empty() && !self.ignore_schemes.iter().any(|ignored| ignored.eq_ignore_ascii_case(scheme))
    }

    /// The credentials that the header holds.
    pub fn read(&self, value: &HeaderValue) -> Result<(PresentedBy, Readings), OAuthError> {
        let unusable = |reason| match self.unusable_header {
            Unusable::BadCredentials => OAuthError::bad_credentials(reason),
            Unusable::NoCredentials => OAuthError { reason: Some(reason), ..OAuthError::new(ErrorKind::NoCredentials) },
        };
        let text = value.to_str().map_err(|_| unusable(Reason::Undecodable))?;
        let (scheme, encoded) = split(text);
        let (by, decode) = match self.basic {
            Some(decode) if scheme.eq_ignore_ascii_case("Basic") => (PresentedBy::Basic, decode),
            _ if self.scheme.as_ref().is_some_and(|own| own.eq_ignore_ascii_case(scheme)) => (PresentedBy::Header, Decode::Raw),
            _ => return Err(unusable(Reason::SchemeNotOffered)),
        };
        let readings = readings(encoded, decode).ok_or_else(|| unusable(Reason::Undecodable))?;
        Ok((by, readings))
    }
}

/// Scheme and credentials, with any number of blanks between them (RFC 9110, section 11.4).
fn split(text: &str) -> (&str, &str) {
    let text = text.trim();
    let (scheme, credentials) = text.split_once([' ', '\t']).unwrap_or((text, ""));
    (scheme, credentials.trim_start())
}

/// The readings of `base64(id:secret)`; `None` if there is none. The first colon parts: ids hold none, secrets may.
fn readings(encoded: &str, decode: Decode) -> Option<Readings> {
    let bytes = Secret::new(BASE64.decode(encoded).ok()?);
    let (id, secret) = std::str::from_utf8(bytes.expose()).ok()?.split_once(':')?;
    let raw = || Some((id.to_owned(), Secret::new(secret.to_owned())));
    let form = || Some((form::decode(id)?.expose().clone(), form::decode(secret)?));
    let pairs = match decode {
        Decode::Raw => vec![raw()?],
        Decode::Form => vec![form()?],
        // A second reading only where it differs: it costs the caller nothing and a slow hash a second run.
        Decode::RawThenForm => {
            let second = form().filter(|(form_id, form_secret)| form_id != id || form_secret.expose() != secret);
            raw().into_iter().chain(second).collect()
        }
    };
    let legal = |(id, secret): &(String, Secret<String>)| !id.is_empty() && !id.contains('\0') && !secret.expose().contains('\0');
    let readings: Readings = pairs.into_iter().filter(legal).map(|(id, secret)| (ClientId::new(id), secret)).collect();
    (!readings.is_empty()).then_some(readings)
}
