//! Keys: the master key and what is derived from it, the signing keys of a realm, and their life from generation to
//! retirement. What is signed here is verified here.
//!
//! A [`MasterKey`] opens what a [`Sealer`] closed; what comes out is a [`SigningKey`]; those of one realm make a
//! [`KeyRing`], which says who signs, what the JWKS shows, and which key verifies a token. [`lifecycle`] decides when a
//! key may go on to its next state.

mod jwk;
pub mod lifecycle;
mod mac;
mod master;
mod pair;
mod ring;
mod seal;
mod signer;
mod verify;

pub use mac::MacKey;
pub use master::{MasterKey, MasterKeyError, Purpose};
pub use pair::KeyError;
pub use ring::{Jwks, KeyRing, PublishedKey, RingError};
pub use seal::{SealError, Sealer};
pub use signer::{SignError, SigningKey};
pub use verify::{Verified, VerifyError, verify};
