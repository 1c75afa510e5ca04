//! What is minted: claims, a signature or a random handle, and the check of a token that comes back:
//! [`active`], with [`read`] and [`standing`].

pub mod active;
mod claims;
mod issue;
pub mod read;
mod said;
mod sign;
pub mod standing;

pub use claims::acting;
pub use issue::{Granted, Life, commit, id, issue};
pub use sign::sign;
