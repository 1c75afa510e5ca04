//! Around every request: who calls, is it within bounds, in time and without panic; one log line and the metrics after it.

use std::any::Any;
use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::extract::{Request, State};
use axum::middleware::{self, Next};
use axum::response::{IntoResponse as _, Response};
use http::header::{CONTENT_TYPE, RETRY_AFTER};
use http::{HeaderValue, Method, StatusCode};
use tower_http::catch_panic::CatchPanicLayer;

use crate::app::App;
use crate::clock::random_uuid;
use crate::error::{ErrorKind, Reason};
use crate::guard::{Caller, address, transport};
use crate::telemetry::{EndpointLabel, LogFields};

/// The other end of the connection.
#[derive(Clone, Copy, Debug)]
pub struct Peer(pub IpAddr);

/// Puts the observation around a router.
pub fn observed(app: Arc<App>, router: Router) -> Router {
    let on_panic = {
        let app = app.clone();
        move |_: Box<dyn Any + Send>| {
            app.metrics.panicked();
            failure(StatusCode::INTERNAL_SERVER_ERROR, "server_error")
        }
    };
    router.layer(CatchPanicLayer::custom(on_panic)).layer(middleware::from_fn_with_state(app, observe))
}

async fn observe(State(app): State<Arc<App>>, mut request: Request, next: Next) -> Response {
    let began = app.clock.monotonic();
    let peer = request.extensions().get::<Peer>().map_or(IpAddr::from([0, 0, 0, 0]), |peer| peer.0);
    let caller = Caller {
        address: address::caller(peer, request.headers(), &app.config.server.trusted_proxies),
        by_proxy: address::is_trusted(peer, &app.config.server.trusted_proxies),
        request_id: random_uuid(&*app.entropy),
    };
    let method = request.method().clone();
    request.extensions_mut().insert(caller.clone());
    let response = match transport::check(request.uri(), request.headers()) {
        Err(status) => status.into_response(),
        Ok(()) => match tokio::time::timeout(app.config.server.request_timeout(), next.run(request)).await {
            Ok(response) => response,
            Err(_) => failure(StatusCode::SERVICE_UNAVAILABLE, "temporarily_unavailable"),
        },
    };
    let took = app.clock.monotonic().saturating_sub(began);
    let fields = response.extensions().get::<LogFields>();
    app.metrics.request(fields.map_or(EndpointLabel::Unmatched, |fields| fields.endpoint), response.status(), took);
    log(&caller, &method, &response, took);
    response
}

/// An answer for what went wrong outside of any dialect.
fn failure(status: StatusCode, error: &'static str) -> Response {
    let mut response = (status, [(CONTENT_TYPE, "application/json")], format!("{{\"error\":\"{error}\"}}")).into_response();
    if status == StatusCode::SERVICE_UNAVAILABLE {
        response.headers_mut().insert(RETRY_AFTER, HeaderValue::from_static("1"));
    }
    response
}

/// One line a request. Paths, queries and headers stay out of it: a caller may have put a secret anywhere.
fn log(caller: &Caller, method: &Method, response: &Response<Body>, took: Duration) {
    let fields = response.extensions().get::<LogFields>();
    let about = fields.map(|fields| &fields.about);
    let known_method = [Method::GET, Method::POST, Method::PUT, Method::DELETE, Method::PATCH, Method::HEAD, Method::OPTIONS];
    macro_rules! line {
        ($level:ident) => {
            tracing::$level!(
                request_id = %caller.request_id,
                address = %caller.address,
                method = if known_method.contains(method) { method.as_str() } else { "other" },
                endpoint = fields.map_or(EndpointLabel::Unmatched, |fields| fields.endpoint).as_str(),
                status = response.status().as_u16(),
                micros = u64::try_from(took.as_micros()).unwrap_or(u64::MAX),
                dialect = fields.and_then(|fields| fields.dialect.as_deref()),
                realm = about.and_then(|about| about.realm.as_ref()).map(tracing::field::display),
                institution = about.and_then(|about| about.institution.as_ref()).map(tracing::field::display),
                client = about.and_then(|about| about.client.as_ref()).map(tracing::field::display),
                user = about.and_then(|about| about.user.as_ref()).map(tracing::field::display),
                refusal = fields.and_then(|fields| fields.kind).map(ErrorKind::as_str),
                reason = fields.and_then(|fields| fields.reason).map(Reason::as_str),
                detail = fields.and_then(|fields| fields.detail.as_deref()),
                "request"
            )
        };
    }
    // A refusal is the caller's affair; what the server could not do is somebody's here.
    // Probes come every few seconds, and say nothing as long as all is well.
    let is_probe = fields.is_some_and(|fields| matches!(fields.endpoint, EndpointLabel::Health | EndpointLabel::Metrics));
    match response.status() {
        status if status.is_server_error() => line!(error),
        status if is_probe && status.is_success() => line!(debug),
        _ => line!(info),
    }
}
