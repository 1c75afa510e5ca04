//! What an API publishes about itself, for clients that find it before they know its issuer (RFC 9728). A gateway passes the
//! request on from the API's own host.

use std::sync::Arc;

use axum::extract::{Request, State};
use axum::response::{IntoResponse as _, Response};
use axum::{Extension, Json};
use http::StatusCode;
use http::header::{ACCESS_CONTROL_ALLOW_ORIGIN, CACHE_CONTROL};
use http::request::Parts;
use serde_json::{Value, json};

use crate::app::App;
use crate::guard::Caller;
use crate::model::{Api, Scope, ScopeSet};
use crate::realms::{RealmContext, authority};
use crate::telemetry::{EndpointLabel, LogFields};

/// What stands between an API's host and its path (RFC 9728, section 3.1).
const WELL_KNOWN: &str = "/.well-known/oauth-protected-resource";

/// `/.well-known/oauth-protected-resource/…`: 404 for what is no API of any realm.
pub async fn protected_resource(State(app): State<Arc<App>>, Extension(caller): Extension<Caller>, request: Request) -> Response {
    let (head, _) = request.into_parts();
    let realms = app.realms.all();
    let served = served(&realms, &caller, &head);
    let max_age = served.iter().map(|(realm, _)| realm.realm.jwks_max_age.as_secs()).min();
    let mut response = match (served.as_slice(), max_age) {
        ([(_, api), ..], Some(max_age)) => {
            let cached = format!("public, max-age={max_age}");
            let fields = [(CACHE_CONTROL, cached), (ACCESS_CONTROL_ALLOW_ORIGIN, "*".to_owned())];
            (fields, Json(document(api, &served))).into_response()
        }
        _ => StatusCode::NOT_FOUND.into_response(),
    };
    response.extensions_mut().insert(LogFields::bare(EndpointLabel::Metadata));
    response
}

/// The API that the request is about, in every realm that has it.
fn served<'a>(realms: &'a [Arc<RealmContext>], caller: &Caller, head: &Parts) -> Vec<(&'a RealmContext, &'a Api)> {
    let Some((host, path)) = host(caller, head).zip(head.uri.path().strip_prefix(WELL_KNOWN)) else { return Vec::new() };
    let is_asked = |api: &Api| {
        api.place().is_some_and(|(own, below)| {
            // Without a path, the slash at the end makes no difference (RFC 3986, section 6.2.3).
            own.eq_ignore_ascii_case(host) && (below == path || (path.is_empty() && below == "/"))
        })
    };
    let all = realms.iter().flat_map(|realm| realm.apis.iter().map(|api| (&**realm, api)));
    let mut served: Vec<_> = all.filter(|(_, api)| is_asked(api)).collect();
    let name = served.first().map(|(_, api)| api.audience.clone());
    served.retain(|(_, api)| Some(&api.audience) == name.as_ref());
    served
}

/// The API's own host, as the client wrote it: a trusted proxy tells it where it has put another in its place.
fn host<'a>(caller: &Caller, head: &'a Parts) -> Option<&'a str> {
    let forwarded = head.headers.get_all("x-forwarded-host").iter().next_back();
    let forwarded = forwarded.filter(|_| caller.by_proxy).and_then(|value| value.to_str().ok()?.rsplit(',').next());
    let host = forwarded.map(str::trim).or_else(|| authority(head))?;
    Some(host.strip_suffix(":443").unwrap_or(host))
}

fn document(api: &Api, served: &[(&RealmContext, &Api)]) -> Value {
    let scopes: ScopeSet = served.iter().flat_map(|(_, api)| api.scopes.iter().cloned()).collect();
    json!({
        "resource": api.audience,
        "authorization_servers": served.iter().map(|(realm, _)| &*realm.issuer).collect::<Vec<_>>(),
        "scopes_supported": scopes.iter().map(Scope::as_str).collect::<Vec<_>>(),
        "bearer_methods_supported": ["header"],
    })
}
