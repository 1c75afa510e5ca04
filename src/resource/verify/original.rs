//! The request that a gateway asks about, as each gateway tells of it.
//!
//! Which headers are read is said by the path that the gateway asks, never found out from what is there: a caller can send any
//! header through a gateway that does not know it. And they are read only from a trusted proxy.

use http::request::Parts;
use http::{HeaderMap, HeaderName, Method, Uri};

use crate::error::{ErrorKind, OAuthError};
use crate::guard::Caller;
use crate::realms::authority;

/// Who asks, and so how it tells of the original request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Gateway {
    /// Caddy and Traefik, `forward_auth`: `X-Forwarded-Method`, `-Host`, `-Uri`. Also a service that asks for itself.
    Forward,
    /// nginx, `auth_request`: `X-Original-Method`, `-Host`, `-URI`.
    Nginx,
    /// Envoy, `ext_authz` over HTTP: the request line behind the prefix, and the authority.
    Envoy,
}

/// Where Envoy's own path begins: its `path_prefix`.
pub const ENVOY_PREFIX: &str = "/verify/envoy";

/// The original request, as far as rules look at it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Original {
    pub method: Method,
    /// Empty where the gateway does not tell it.
    pub host: String,
    /// As sent, still encoded, without query.
    pub path: String,
}

/// The original request; `None` where a service asks for itself. What a gateway tells incompletely or twice is refused.
pub fn read(gateway: Gateway, caller: &Caller, head: &Parts) -> Result<Option<Original>, OAuthError> {
    if !caller.by_proxy {
        return Ok(None);
    }
    match gateway {
        Gateway::Forward => {
            let names = ["x-forwarded-method", "x-forwarded-host", "x-forwarded-uri"];
            let tells = head.headers.contains_key("x-forwarded-method") || head.headers.contains_key("x-forwarded-uri");
            if tells { of_headers(&head.headers, names).map(Some) } else { Ok(None) }
        }
        Gateway::Nginx => of_headers(&head.headers, ["x-original-method", "x-original-host", "x-original-uri"]).map(Some),
        Gateway::Envoy => {
            let path = head.uri.path().strip_prefix(ENVOY_PREFIX).unwrap_or_default().to_owned();
            let host = authority(head).unwrap_or_default().to_owned();
            Ok(Some(Original { method: head.method.clone(), host, path }))
        }
    }
}

fn of_headers(headers: &HeaderMap, [method, host, uri]: [&'static str; 3]) -> Result<Original, OAuthError> {
    let missing = |name| untold(name, "is missing");
    let name = method;
    let method = once(headers, name)?.ok_or_else(|| missing(name))?;
    let method = method.parse().map_err(|_| untold(name, "holds no method"))?;
    let path = path(once(headers, uri)?.ok_or_else(|| missing(uri))?).ok_or_else(|| untold(uri, "holds no path"))?;
    Ok(Original { method, host: once(headers, host)?.unwrap_or_default().to_owned(), path })
}

/// The path of a request target in origin or absolute form (RFC 9112, section 3.2). What comes after `?` is not looked at.
fn path(target: &str) -> Option<String> {
    let target = target.split_once('?').map_or(target, |(path, _)| path);
    if target.starts_with('/') {
        return Some(target.to_owned());
    }
    let uri: Uri = target.parse().ok()?;
    uri.scheme().map(|_| uri.path().to_owned())
}

fn once<'a>(headers: &'a HeaderMap, name: &'static str) -> Result<Option<&'a str>, OAuthError> {
    let mut values = headers.get_all(HeaderName::from_static(name)).iter();
    match (values.next(), values.next()) {
        (None, _) => Ok(None),
        (Some(value), None) => value.to_str().map(Some).map_err(|_| untold(name, "is not ASCII")),
        (Some(_), Some(_)) => Err(untold(name, "stands there twice")),
    }
}

fn untold(header: &str, problem: &str) -> OAuthError {
    OAuthError::new(ErrorKind::RsRoute).detail(format!("the gateway's header {header} {problem}"))
}

#[cfg(test)]
#[path = "original_tests.rs"]
mod tests;
