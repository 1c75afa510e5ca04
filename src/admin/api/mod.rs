//! The admin API: operations over HTTP, in JSON, with problem details as errors (RFC 9457).
//!
//! A handler that takes [`Admin`] has an authenticated caller with the right to administer the realm of the path; there is
//! no handler without. It is served on the admin listener only.

mod admin;
mod clients;
mod extract;
mod institutions;
mod keys;
mod problem;
mod reply;
mod secrets;
#[cfg(test)]
mod tests;
mod tokens;
mod users;

use std::sync::Arc;

use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::middleware::map_response;
use axum::response::Response;
use axum::routing::{get, post, put};
use http::HeaderValue;
use http::header::{CACHE_CONTROL, X_CONTENT_TYPE_OPTIONS};

pub use admin::Admin;
pub use problem::Problem;

use crate::app::App;

/// No description of a client, user or institution comes near it.
const MAX_BODY: usize = 64 * 1024;

/// The whole API, below `/admin/v1`.
pub fn router() -> Router<Arc<App>> {
    let of_realm = Router::new()
        .route("/clients", get(clients::list).post(clients::create))
        .route("/clients/{client}", get(clients::show).patch(clients::update))
        .route("/clients/{client}/disable", post(clients::disable))
        .route("/clients/{client}/enable", post(clients::enable))
        .route("/clients/{client}/unlock", post(clients::unlock))
        .route("/clients/{client}/revoke-tokens", post(clients::revoke_tokens))
        .route("/clients/{client}/secrets", get(secrets::list).post(secrets::add))
        .route("/clients/{client}/secrets/{secret}", get(secrets::show))
        .route("/clients/{client}/secrets/{secret}/revoke", post(secrets::revoke))
        .route("/users", get(users::list).post(users::create))
        .route("/users/{user}", get(users::show).patch(users::update))
        .route("/users/{user}/password", put(users::set_password))
        .route("/users/{user}/totp", put(users::set_totp))
        .route("/users/{user}/block", post(users::block))
        .route("/users/{user}/unblock", post(users::unblock))
        .route("/users/{user}/unlock", post(users::unlock))
        .route("/users/{user}/revoke-tokens", post(users::revoke_tokens))
        .route("/institutions", get(institutions::list).post(institutions::create))
        .route("/institutions/{institution}", get(institutions::show).patch(institutions::update))
        .route("/institutions/{institution}/disable", post(institutions::disable))
        .route("/institutions/{institution}/enable", post(institutions::enable))
        .route("/institutions/{institution}/revoke-tokens", post(institutions::revoke_tokens))
        .route("/tokens/revoke", post(tokens::revoke))
        .route("/keys", get(keys::list).post(keys::prepare))
        .route("/keys/{kid}", get(keys::show))
        .route("/keys/{kid}/activate", post(keys::activate))
        .route("/keys/{kid}/retire", post(keys::retire))
        .fallback(|| async { Problem::no_such_path() })
        .method_not_allowed_fallback(|| async { Problem::wrong_method() })
        .layer(DefaultBodyLimit::max(MAX_BODY))
        .layer(map_response(private));
    Router::new().nest("/admin/v1/realms/{realm}", of_realm)
}

/// Answers may hold a secret that is shown once: nobody keeps them, and nobody guesses at their type.
async fn private(mut answer: Response) -> Response {
    let headers = answer.headers_mut();
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    headers.insert(X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    answer
}
