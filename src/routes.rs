//! The table: path, handler. Whatever stands in neither router is a dialect's endpoint, or nothing.

use std::sync::Arc;

use axum::body::Body;
use axum::extract::{Request, State};
use axum::middleware::map_response;
use axum::response::{IntoResponse as _, Response};
use axum::routing::{any, get};
use axum::{Extension, Router};
use http::StatusCode;

use crate::app::App;
use crate::dialect::Endpoint;
use crate::guard::Caller;
use crate::realms::authority;
use crate::resource::{introspection, metadata, revocation, test_endpoint, verify};
use crate::telemetry::{EndpointLabel, LogFields};
use crate::{admin, grant, health, oidc};

/// What partners and services reach.
pub fn public(app: Arc<App>) -> Router {
    Router::new()
        .route("/realms/{realm}/jwks.json", get(oidc::jwks))
        .route("/realms/{realm}/.well-known/openid-configuration", get(oidc::metadata))
        .route("/realms/{realm}/.well-known/oauth-authorization-server", get(oidc::metadata))
        .route("/.well-known/oauth-authorization-server/realms/{realm}", get(oidc::metadata))
        .route("/jwks.json", get(oidc::jwks_of_host))
        .route("/.well-known/openid-configuration", get(oidc::metadata_of_host))
        .route("/.well-known/oauth-authorization-server", get(oidc::metadata_of_host))
        .route("/.well-known/oauth-protected-resource", get(metadata::protected_resource))
        .route("/.well-known/oauth-protected-resource/{*path}", get(metadata::protected_resource))
        .route("/oauth2/introspect", any(introspection::introspect))
        .route("/oauth2/revoke", any(revocation::revoke_token))
        .route("/realms/{realm}/oauth2/introspect", any(introspection::introspect))
        .route("/realms/{realm}/oauth2/revoke", any(revocation::revoke_token))
        .route("/verify", any(verify::forward))
        .route("/verify/nginx", any(verify::nginx))
        .route("/verify/nginx/refusal", any(verify::nginx_refusal))
        .route("/verify/envoy", any(verify::envoy))
        .route("/verify/envoy/", any(verify::envoy))
        .route("/verify/envoy/{*original}", any(verify::envoy))
        .route("/health/live", get(health::live))
        .route("/health/ready", get(health::ready))
        .fallback(dialect)
        .with_state(app)
}

/// What operations reach.
pub fn operations(app: Arc<App>) -> Router {
    Router::new()
        .route("/health/live", get(health::live))
        .route("/health/ready", get(health::ready))
        .route("/metrics", get(health::metrics))
        .merge(admin::api::router().layer(map_response(administered)))
        .with_state(app)
}

/// Tells the log and the metrics what it was.
async fn administered(mut answer: Response) -> Response {
    answer.extensions_mut().insert(LogFields::bare(EndpointLabel::Admin));
    answer
}

/// The endpoint of a dialect on this host and path.
async fn dialect(State(app): State<Arc<App>>, Extension(caller): Extension<Caller>, request: Request<Body>) -> Response {
    let (head, body) = request.into_parts();
    let dialects = app.dialects();
    match dialects.find(authority(&head).unwrap_or_default(), head.uri.path()) {
        Some(Endpoint::Token(dialect)) => grant::endpoint::token(&app, dialect, &caller, Request::from_parts(head, body)).await,
        Some(Endpoint::Test(dialect)) => test_endpoint::test(&app, dialect, &caller, &head).await,
        None => StatusCode::NOT_FOUND.into_response(),
    }
}
