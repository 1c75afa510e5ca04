//! What a realm publishes about itself: its keys (RFC 7517, section 5) and its metadata (RFC 8414; OpenID Connect Discovery,
//! section 4). The documents say only what works.

use std::sync::Arc;

use axum::extract::{Path, State};
use axum::response::{IntoResponse as _, Response};
use http::header::{ACCESS_CONTROL_ALLOW_ORIGIN, CACHE_CONTROL, CONTENT_TYPE, ETAG, IF_NONE_MATCH};
use http::{HeaderMap, StatusCode};
use serde_json::{Value, json};

use crate::app::App;
use crate::dialect::{Dialect, Dialects};
use crate::model::Scope;
use crate::realms::RealmContext;
use crate::telemetry::{EndpointLabel, LogFields};

/// `/realms/{realm}/jwks.json`: public keys, with an `ETag` and the time for which they may be kept.
pub async fn jwks(State(app): State<Arc<App>>, Path(realm): Path<String>, headers: HeaderMap) -> Response {
    published(EndpointLabel::Jwks, app.realms.get(&realm), |realm| jwks_of(realm, &headers))
}

/// `/jwks.json` on the host of a realm.
pub async fn jwks_of_host(State(app): State<Arc<App>>, request: http::Request<axum::body::Body>) -> Response {
    let (head, _) = request.into_parts();
    published(EndpointLabel::Jwks, app.realms.of_request(&head), |realm| jwks_of(realm, &head.headers))
}

/// The metadata document, wherever a standard looks for it.
pub async fn metadata(State(app): State<Arc<App>>, Path(realm): Path<String>) -> Response {
    published(EndpointLabel::Metadata, app.realms.get(&realm), |realm| metadata_of(&app, realm))
}

/// The same on the host of a realm.
pub async fn metadata_of_host(State(app): State<Arc<App>>, request: http::Request<axum::body::Body>) -> Response {
    let (head, _) = request.into_parts();
    published(EndpointLabel::Metadata, app.realms.of_request(&head), |realm| metadata_of(&app, realm))
}

/// A public document of a realm, or 404 where there is no such realm.
fn published(
    label: EndpointLabel,
    realm: Option<Arc<RealmContext>>,
    document: impl FnOnce(&RealmContext) -> Response,
) -> Response {
    let mut response = realm.map_or_else(|| StatusCode::NOT_FOUND.into_response(), |realm| document(&realm));
    response.extensions_mut().insert(LogFields::bare(label));
    response
}

fn cache_control(realm: &RealmContext) -> String {
    format!("public, max-age={}", realm.realm.jwks_max_age.as_secs())
}

fn jwks_of(realm: &RealmContext, headers: &HeaderMap) -> Response {
    let jwks = realm.ring.jwks();
    let known = headers.get_all(IF_NONE_MATCH).iter().filter_map(|value| value.to_str().ok()).flat_map(|value| value.split(','));
    let unchanged = known.map(str::trim).any(|tag| tag == "*" || tag.trim_start_matches("W/") == jwks.etag);
    let head = [(ETAG, jwks.etag.clone()), (CACHE_CONTROL, cache_control(realm)), (ACCESS_CONTROL_ALLOW_ORIGIN, "*".to_owned())];
    if unchanged {
        return (StatusCode::NOT_MODIFIED, head).into_response();
    }
    (head, [(CONTENT_TYPE, "application/jwk-set+json")], jwks.body.clone()).into_response()
}

fn metadata_of(app: &App, realm: &RealmContext) -> Response {
    let head = [(CACHE_CONTROL, cache_control(realm)), (ACCESS_CONTROL_ALLOW_ORIGIN, "*".to_owned())];
    let dialects = app.dialects();
    let document = realm.metadata(&dialects, || document(&dialects, realm).to_string().into());
    (head, [(CONTENT_TYPE, "application/json")], document).into_response()
}

/// The metadata of a realm (RFC 8414, section 2).
fn document(dialects: &Dialects, realm: &RealmContext) -> Value {
    let mut document = json!({
        "issuer": &*realm.issuer,
        "jwks_uri": format!("{}/jwks.json", realm.base_url),
        "response_types_supported": [],
        "subject_types_supported": ["public"],
        // Left out, it would mean true (OpenID Connect Discovery, section 3).
        "request_uri_parameter_supported": false,
        "scopes_supported": realm.scopes().iter().map(Scope::as_str).collect::<Vec<_>>(),
    });
    if let Value::Object(members) = &mut document {
        members.extend(endpoints(dialects.plain(), realm));
        let apis: Vec<_> = realm.apis.iter().filter(|api| api.place().is_some()).map(|api| &api.audience).collect();
        // RFC 9728, section 4.
        members.extend((!apis.is_empty()).then(|| ("protected_resources".to_owned(), json!(apis))));
    }
    document
}

/// What is asked with a client's credentials: tokens, and about them (RFC 7662, RFC 7009; RFC 9701, section 7).
fn endpoints(dialect: &Dialect, realm: &RealmContext) -> Vec<(String, Value)> {
    let url = |path: &str| json!(format!("{}/oauth2/{path}", realm.base_url));
    let methods: Value = dialect.auth_methods().iter().map(|method| method.as_str()).collect();
    let grants: Value = dialect.grants().iter().map(|grant| grant.as_str()).collect();
    let signing: Vec<_> = realm.ring.signer(realm.realm.algorithm).map(|key| key.algorithm().as_str()).into_iter().collect();
    let members = [
        ("token_endpoint", url("token")),
        ("grant_types_supported", grants),
        ("token_endpoint_auth_methods_supported", methods.clone()),
        ("introspection_endpoint", url("introspect")),
        ("introspection_endpoint_auth_methods_supported", methods.clone()),
        ("introspection_signing_alg_values_supported", json!(signing)),
        ("revocation_endpoint", url("revoke")),
        ("revocation_endpoint_auth_methods_supported", methods),
    ];
    members.into_iter().map(|(name, value)| (name.to_owned(), value)).collect()
}
