use axum::response::IntoResponse as _;
use http::StatusCode;

use super::*;
use crate::admin::service::{Invalid, OpsError};

async fn answer(error: OpsError) -> (StatusCode, http::HeaderMap, serde_json::Value) {
    let (parts, body) = Problem::from(error).into_response().into_parts();
    let body = axum::body::to_bytes(body, usize::MAX).await.unwrap();
    (parts.status, parts.headers, serde_json::from_slice(&body).unwrap())
}

#[tokio::test]
async fn a_problem_says_status_field_and_mend() {
    let invalid = OpsError::Invalid(Invalid { field: "id", problem: "too long".into() });
    let (status, headers, body) = answer(invalid).await;
    assert_eq!((status, headers["content-type"].to_str().unwrap()), (StatusCode::BAD_REQUEST, "application/problem+json"));
    let told =
        serde_json::json!({ "type": "about:blank", "title": "Bad Request", "status": 400, "detail": "too long", "field": "id" });
    assert_eq!(body, told);
    let (status, _, body) = answer(OpsError::Refused { why: "the last one".into(), mend: "add one".into() }).await;
    assert_eq!((status, &body["detail"], &body["mend"]), (StatusCode::CONFLICT, &"the last one".into(), &"add one".into()));
}

#[tokio::test]
async fn what_went_wrong_inside_stays_inside() {
    let (status, headers, body) = answer(OpsError::Unavailable("postgres at 10.0.0.7 is gone".into())).await;
    assert_eq!((status, headers["retry-after"].to_str().unwrap()), (StatusCode::SERVICE_UNAVAILABLE, "1"));
    assert!(!body.to_string().contains("10.0.0.7"));
    let (status, headers, body) = answer(OpsError::Broken("row 7 of keys".into())).await;
    assert_eq!((status, headers.get("retry-after")), (StatusCode::INTERNAL_SERVER_ERROR, None));
    assert!(!body.to_string().contains("row 7"));
}
