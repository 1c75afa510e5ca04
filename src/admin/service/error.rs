//! Why an operation was not done.

use crate::keys::KeyError;
use crate::keys::SealError;
use crate::keys::lifecycle::KeyRefusal;
use crate::store::StoreError;

/// A field holds what it cannot hold.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Invalid {
    pub field: &'static str,
    pub problem: String,
}

impl Invalid {
    pub(super) fn new(field: &'static str, problem: impl Into<String>) -> Self {
        Self { field, problem: problem.into() }
    }
}

#[derive(Debug, thiserror::Error)]
pub enum OpsError {
    /// There is no such thing in this realm.
    #[error("{0} does not exist")]
    NotFound(String),
    /// There is one already.
    #[error("{0} exists already")]
    Conflict(String),
    #[error("{}: {}", .0.field, .0.problem)]
    Invalid(Invalid),
    /// It could be done, and would do harm or nothing.
    #[error("{why}; {mend}")]
    Refused { why: String, mend: String },
    /// The database or the workers did not answer in time: nothing is known to have happened, so try again.
    #[error("{0}; try again")]
    Unavailable(String),
    /// What is stored is damaged, or a key could not be made: an operator must look.
    #[error("{0}")]
    Broken(String),
}

impl OpsError {
    pub(super) fn refused(why: impl Into<String>, mend: impl Into<String>) -> Self {
        Self::Refused { why: why.into(), mend: mend.into() }
    }

    pub(super) fn invalid(field: &'static str, problem: impl Into<String>) -> Self {
        Self::Invalid(Invalid::new(field, problem))
    }
}

/// The first of the faults that a check found.
pub(super) fn first(faults: Vec<Invalid>) -> Result<(), OpsError> {
    faults.into_iter().next().map_or(Ok(()), |fault| Err(OpsError::Invalid(fault)))
}

impl From<StoreError> for OpsError {
    fn from(error: StoreError) -> Self {
        match error {
            StoreError::Unavailable(_) => Self::Unavailable(error.to_string()),
            StoreError::Conflict(_) | StoreError::Refused(_) => {
                Self::refused(error.to_string(), "another operation may have come first: look again")
            }
            StoreError::Corrupt { .. } => Self::Broken(error.to_string()),
        }
    }
}

impl From<KeyRefusal> for OpsError {
    fn from(refusal: KeyRefusal) -> Self {
        match refusal {
            KeyRefusal::TooEarly { .. } => Self::refused(
                refusal.to_string(),
                "wait, or force it: verifiers whose cached JWKS lacks what they need then refuse good tokens until they fetch it again",
            ),
            KeyRefusal::WrongState { .. } => Self::refused(refusal.to_string(), "see the states with `countersign key list`"),
            KeyRefusal::Inconsistent(_) => Self::Broken(refusal.to_string()),
        }
    }
}

impl From<KeyError> for OpsError {
    fn from(error: KeyError) -> Self {
        match error {
            KeyError::RsaBits(_) => Self::invalid("rsa_bits", error.to_string()),
            KeyError::Pem | KeyError::OtherKind(_) | KeyError::Rejected { .. } => Self::invalid("pem", error.to_string()),
            _ => Self::Broken(error.to_string()),
        }
    }
}

impl From<SealError> for OpsError {
    fn from(error: SealError) -> Self {
        Self::Broken(error.to_string())
    }
}
