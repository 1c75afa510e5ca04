//! What handlers take out of a request: ids of the path, a page, a body. Each refuses with a problem.

use std::fmt;
use std::marker::PhantomData;

use axum::Json;
use axum::extract::rejection::JsonRejection;
use axum::extract::{FromRequest, FromRequestParts, Path, Query, Request};
use http::StatusCode;
use http::request::Parts;
use serde::de::value::MapAccessDeserializer;
use serde::de::{DeserializeOwned, MapAccess, Visitor};
use serde::{Deserialize, Deserializer};

use super::Problem;
use crate::store::Page;

const MAX_LIMIT: u32 = 200;
const MAX_AFTER: usize = 256;

/// Ids of the path. One that is no text names nothing.
pub(super) struct Ids<T>(pub T);

impl<T: DeserializeOwned + Send, S: Send + Sync> FromRequestParts<S> for Ids<T> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        let ids = Path::from_request_parts(parts, state).await;
        ids.map(|Path(ids)| Self(ids)).map_err(|_| Problem::no_such_path())
    }
}

/// `?after=` and `?limit=`.
pub(super) struct Paged(pub Page);

#[derive(serde::Deserialize)]
#[serde(deny_unknown_fields)]
struct PageQuery {
    after: Option<String>,
    #[serde(default = "default_limit")]
    limit: u32,
}

fn default_limit() -> u32 {
    50
}

impl<S: Send + Sync> FromRequestParts<S> for Paged {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        let Asked(PageQuery { after, limit }) = Asked::from_request_parts(parts, state).await?;
        if !(1..=MAX_LIMIT).contains(&limit) {
            return Err(Problem::invalid("limit", format!("limit: give 1 to {MAX_LIMIT}")));
        }
        if after.as_ref().is_some_and(|after| after.len() > MAX_AFTER || after.chars().any(char::is_control)) {
            return Err(Problem::invalid("after", "after: give the `next` of the page before"));
        }
        Ok(Self(Page { after, limit }))
    }
}

/// Parameters of the query.
pub(super) struct Asked<T>(pub T);

impl<T: DeserializeOwned, S: Send + Sync> FromRequestParts<S> for Asked<T> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        let asked = Query::from_request_parts(parts, state).await;
        asked.map(|Query(asked)| Self(asked)).map_err(|error| Problem::new(StatusCode::BAD_REQUEST, error.body_text()))
    }
}

/// `?force=true`: do it although it does harm.
#[derive(Default, serde::Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct Force {
    pub force: bool,
}

/// A JSON object as the body.
pub(super) struct Body<T>(pub T);

/// Read from an object only: a struct would be read from an array too, its members by their order.
struct Object<T>(T);

impl<'de, T: Deserialize<'de>> Deserialize<'de> for Object<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(ObjectVisitor(PhantomData))
    }
}

struct ObjectVisitor<T>(PhantomData<T>);

impl<'de, T: Deserialize<'de>> Visitor<'de> for ObjectVisitor<T> {
    type Value = Object<T>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a JSON object")
    }

    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Self::Value, A::Error> {
        T::deserialize(MapAccessDeserializer::new(map)).map(Object)
    }
}

impl<T: DeserializeOwned, S: Send + Sync> FromRequest<S> for Body<T> {
    type Rejection = Problem;

    async fn from_request(request: Request, state: &S) -> Result<Self, Problem> {
        match Json::from_request(request, state).await {
            Ok(Json(Object(body))) => Ok(Self(body)),
            Err(rejection) => Err(refusal(&rejection)),
        }
    }
}

fn refusal(rejection: &JsonRejection) -> Problem {
    match rejection {
        JsonRejection::MissingJsonContentType(_) => {
            Problem::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, "Send JSON, with Content-Type: application/json")
        }
        JsonRejection::BytesRejection(_) => Problem::new(rejection.status(), "The body cannot be read, or is too long"),
        _ => Problem::new(StatusCode::BAD_REQUEST, rejection.body_text()),
    }
}
