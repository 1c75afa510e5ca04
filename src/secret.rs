//! Secrets as a type: no `Serialize`, no `Display`, a redacted `Debug`, wiped when dropped.

use std::fmt;

use serde::{Deserialize, Deserializer};
use zeroize::Zeroize;

/// A value that must never reach a log, an error, a metric or a serialised form.
///
/// It can be read only through [`Secret::expose`], which is easy to find in a review.
#[derive(Clone)]
pub struct Secret<T: Zeroize>(T);

impl<T: Zeroize> Secret<T> {
    pub fn new(value: T) -> Self {
        Self(value)
    }

    /// The value itself. Keep what is made of it as short-lived as the call.
    pub fn expose(&self) -> &T {
        &self.0
    }
}

impl<T: Zeroize> Drop for Secret<T> {
    fn drop(&mut self) {
        self.0.zeroize();
    }
}

impl<T: Zeroize> fmt::Debug for Secret<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("[redacted]")
    }
}

impl<T: Zeroize + AsRef<[u8]>> Secret<T> {
    /// Equality in a time that depends only on the lengths.
    pub fn ct_eq(&self, other: &[u8]) -> bool {
        ct_eq(self.0.as_ref(), other)
    }
}

impl<'de, T: Zeroize + Deserialize<'de>> Deserialize<'de> for Secret<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        // The deserialiser's own error may quote the value.
        T::deserialize(deserializer)
            .map(Self)
            .map_err(|_| serde::de::Error::custom("the secret that belongs here has another type"))
    }
}

/// Equality of two byte strings in a time that depends only on their lengths.
pub fn ct_eq(left: &[u8], right: &[u8]) -> bool {
    aws_lc_rs::constant_time::verify_slices_are_equal(left, right).is_ok()
}

/// What a deserializer complains of, without the value that it quotes: a secret may have slipped into the wrong place.
pub fn without_value(complaint: &str) -> String {
    match complaint.rsplit_once(", expected ") {
        Some((found, expected)) if found.starts_with("invalid ") => format!("expected {expected}"),
        _ => complaint.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn debug_is_redacted() {
        assert_eq!(format!("{:?}", Secret::new(String::from("hunter2"))), "[redacted]");
    }

    #[test]
    fn comparison_is_of_bytes() {
        let secret = Secret::new(String::from("hunter2"));
        assert!(secret.ct_eq(b"hunter2"));
        assert!(!secret.ct_eq(b"hunter3"));
        assert!(!secret.ct_eq(b"hunter"));
    }

    #[test]
    fn a_value_of_the_wrong_type_is_not_quoted() {
        let error = serde_json::from_str::<Secret<String>>("12345678").unwrap_err().to_string();
        assert!(error.contains("another type") && !error.contains("12345678"), "{error}");
    }

    #[test]
    fn a_complaint_keeps_the_value_to_itself() {
        let quoted = "invalid type: string \"pass, expected word\", expected u32\nin `max_connections`";
        assert_eq!(without_value(quoted), "expected u32\nin `max_connections`");
        assert_eq!(without_value("unknown field `x`, expected `y`"), "unknown field `x`, expected `y`");
    }
}
