//! What is minted: claims, a signature or a random handle, and the check of a token that comes back.

pub mod active;
mod claims;
mod issue;
mod said;

pub use issue::{Granted, commit, issue};
