//! Is it alive, is it ready, how is it doing: for orchestrators and dashboards.

use std::sync::Arc;

use axum::extract::State;
use axum::response::{IntoResponse, Response};
use http::StatusCode;
use http::header::{CACHE_CONTROL, CONTENT_TYPE, RETRY_AFTER};

use crate::app::App;
use crate::telemetry::{EndpointLabel, LogFields};

fn labelled(label: EndpointLabel, answer: impl IntoResponse) -> Response {
    let mut response = answer.into_response();
    response.extensions_mut().insert(LogFields::bare(label));
    response
}

/// The process answers. Nothing else is asked, or an orchestrator would restart every node when the database is away.
pub async fn live() -> Response {
    labelled(EndpointLabel::Health, ([(CACHE_CONTROL, "no-store")], "live\n"))
}

/// It can issue: the database takes writes, the audit trail is written, and no shutdown has begun.
pub async fn ready(State(app): State<Arc<App>>) -> Response {
    let problem = if app.is_draining() {
        Some("shutting down")
    } else if app.db.ping().await.is_err() {
        Some("the database does not answer, or takes no writes")
    } else {
        // A disk that is full shows only when something is really written.
        app.audit.is_stuck().then_some("the audit trail cannot be written")
    };
    match problem {
        None => labelled(EndpointLabel::Health, ([(CACHE_CONTROL, "no-store")], "ready\n")),
        Some(problem) => {
            let head = [(CACHE_CONTROL, "no-store"), (RETRY_AFTER, "1")];
            labelled(EndpointLabel::Health, (StatusCode::SERVICE_UNAVAILABLE, head, format!("not ready: {problem}\n")))
        }
    }
}

/// Prometheus metrics.
pub async fn metrics(State(app): State<Arc<App>>) -> Response {
    let head = [(CONTENT_TYPE, "application/openmetrics-text; version=1.0.0; charset=utf-8"), (CACHE_CONTROL, "no-store")];
    labelled(EndpointLabel::Metrics, (head, app.metrics.encode(app.readings())))
}
