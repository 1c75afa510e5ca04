//! Credentials: how secrets are made, kept and recognised.
//!
//! A [`generated`] secret is kept as a [`digest`]; one that a human chose, or that was imported, as a slow [`hash`], run on
//! the [`pool`] and remembered by the [`memo`] once it was verified. [`totp`] is the second factor.

pub mod digest;
mod foreign;
pub mod generated;
pub mod hash;
pub mod memo;
pub mod pool;
mod recipe;
pub mod totp;
