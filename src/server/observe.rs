//! Around every request: who calls, is it within bounds, in time and without panic; one log line and the metrics after it.

use std::net::IpAddr;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::pin;
use std::task::Poll;
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::extract::Request;
use axum::response::{IntoResponse as _, Response};
use http::header::{CONTENT_TYPE, RETRY_AFTER};
use http::{HeaderValue, Method, StatusCode};
use tower::Service as _;

use crate::app::App;
use crate::clock::random_uuid;
use crate::error::{ErrorKind, Reason};
use crate::guard::{Caller, address, transport};
use crate::model::DialectName;
use crate::telemetry::{EndpointLabel, LogFields};

/// The answer of these routes to one request.
pub(super) async fn answer(app: &App, mut router: Router, peer: IpAddr, mut request: Request) -> Response {
    let began = app.clock.monotonic();
    let caller = Caller {
        address: address::caller(peer, request.headers(), &app.config.server.trusted_proxies),
        by_proxy: address::is_trusted(peer, &app.config.server.trusted_proxies),
        request_id: random_uuid(&*app.entropy),
    };
    let method = request.method().clone();
    request.extensions_mut().insert(caller.clone());
    let response = match transport::check(request.uri(), request.headers()) {
        Err(status) => status.into_response(),
        Ok(()) => {
            let work = caught(app, async { router.call(request).await.unwrap_or_else(|never| match never {}) });
            let in_time = tokio::time::timeout(app.config.server.request_timeout(), work).await;
            in_time.unwrap_or_else(|_| failure(StatusCode::SERVICE_UNAVAILABLE, "temporarily_unavailable"))
        }
    };
    let took = app.clock.monotonic().saturating_sub(began);
    let fields = response.extensions().get::<LogFields>();
    app.metrics.request(fields.map_or(EndpointLabel::Unmatched, |fields| fields.endpoint), response.status(), took);
    log(&caller, &method, &response, took);
    response
}

/// The same answer, or one that says no more than that something went wrong, should the work panic: the other requests of the
/// process are none the worse for it.
async fn caught(app: &App, work: impl Future<Output = Response>) -> Response {
    let mut work = pin!(work);
    let polled = std::future::poll_fn(|context| match catch_unwind(AssertUnwindSafe(|| work.as_mut().poll(context))) {
        Ok(polled) => polled.map(Some),
        Err(_) => Poll::Ready(None),
    });
    polled.await.unwrap_or_else(|| {
        app.metrics.panicked();
        failure(StatusCode::INTERNAL_SERVER_ERROR, "server_error")
    })
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
                dialect = fields.and_then(|fields| fields.dialect.as_ref()).map(DialectName::as_str),
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
    // Probes come every few seconds and say nothing as long as all is well; a call that passes a gateway is in its own log; and
    // who fetches a public document is of no interest.
    let quiet =
        [EndpointLabel::Health, EndpointLabel::Metrics, EndpointLabel::Verify, EndpointLabel::Jwks, EndpointLabel::Metadata];
    let is_quiet = fields.is_some_and(|fields| quiet.contains(&fields.endpoint));
    match response.status() {
        status if status.is_server_error() => line!(error),
        status if is_quiet && status.is_success() => line!(debug),
        _ => line!(info),
    }
}
