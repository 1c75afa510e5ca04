//! Credentials: how secrets are made, kept and recognised.
//!
//! A [`generated`] secret is kept as a [`digest`]; one that a human chose, or that was imported, as a slow [`hash`], run on
//! the [`pool`] and remembered by the [`memo`] once it was verified. [`totp`] is the second factor. [`CredentialChecker`] is where all of
//! it is compared, and every try counted.

mod checker;
pub mod digest;
mod foreign;
pub mod generated;
pub mod hash;
pub mod memo;
pub mod pool;
mod recipe;
pub mod totp;

pub use checker::{CheckError, CheckerParts, CredentialChecker, GENERATED, Proof, Reserved, Target, Verdict};
pub use digest::DigestDomain;
pub use memo::OpenTry;

use crate::closed;

closed! {
    /// How a generated secret is stored.
    pub enum StoredAs {
        /// A keyed digest: fast, and as strong as the 256 random bits under it.
        Digest = "digest",
        /// Argon2id, for those whose auditors ask for it.
        Argon2id = "argon2id",
    }
}
