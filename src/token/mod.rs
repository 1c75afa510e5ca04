//! What is minted: claims, a signature or a random handle, and the check of a token that comes back:
//! [`active`], with `read` and [`standing`].

pub mod active;
mod claims;
mod issue;
mod read;
mod said;
pub mod standing;

pub use issue::{Granted, Life, commit, issue};
