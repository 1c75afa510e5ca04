//! Columns to values and back. What cannot be read is an inconsistency of the row, said with its place.

use std::str::FromStr;
use std::time::Duration;

use serde::de::DeserializeOwned;
use serde_json::Value;

use super::StoreError;
use crate::model::{Scope, ScopeSet};

/// Can a row have this text as its key? Postgres stores no NUL, so what holds one is not there, on either database.
pub(super) fn can_exist(text: &str) -> bool {
    !text.contains('\0')
}

/// A JSON list of texts.
pub(super) fn list<'a>(items: impl IntoIterator<Item = &'a str>) -> String {
    Value::from_iter(items).to_string()
}

pub(super) fn scope_list(scopes: &ScopeSet) -> String {
    list(scopes.iter().map(Scope::as_str))
}

/// Whole milliseconds; saturates after 292 million years.
pub(super) fn millis(duration: Duration) -> i64 {
    i64::try_from(duration.as_millis()).unwrap_or(i64::MAX)
}

/// A column of a table: where a value was read.
#[derive(Clone, Copy)]
pub(super) struct Column(pub &'static str, pub &'static str);

impl Column {
    /// The value is not what the column is for. The value itself stays untold.
    pub(super) fn corrupt(self) -> StoreError {
        StoreError::Corrupt { table: self.0, what: format!("column `{}`", self.1) }
    }

    /// A value that the row cannot do without.
    pub(super) fn required<T>(self, value: Option<T>) -> Result<T, StoreError> {
        value.ok_or_else(|| self.corrupt())
    }

    /// A name of a closed set, or any other text with a form.
    pub(super) fn word<T: FromStr>(self, text: &str) -> Result<T, StoreError> {
        text.parse().map_err(|_| self.corrupt())
    }

    pub(super) fn json<T: DeserializeOwned>(self, text: &str) -> Result<T, StoreError> {
        serde_json::from_str(text).map_err(|_| self.corrupt())
    }

    pub(super) fn scopes(self, text: &str) -> Result<ScopeSet, StoreError> {
        Ok(ScopeSet::from_iter(self.json::<Vec<Scope>>(text)?))
    }

    pub(super) fn number<T: TryFrom<i64>>(self, number: i64) -> Result<T, StoreError> {
        T::try_from(number).map_err(|_| self.corrupt())
    }

    pub(super) fn duration(self, millis: i64) -> Result<Duration, StoreError> {
        self.number(millis).map(Duration::from_millis)
    }
}
