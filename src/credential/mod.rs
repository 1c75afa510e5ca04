//! Credentials: how secrets are made, kept and recognised.
//!
//! A [`generated`] secret is kept as a [`digest`]; one that a human chose, or that was imported, as a slow [`hash`].

pub mod digest;
mod foreign;
pub mod generated;
pub mod hash;
mod recipe;
