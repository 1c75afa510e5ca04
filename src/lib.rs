//! Countersign: the token issuer for partner APIs. The map of the house, lowest floor first:
//!
//! - [`model`], [`error`], [`clock`], [`secret`]: pure data, rules and types; no I/O.
//! - [`dialect`]: the wire contract of each token endpoint as data, with two pure functions (`parse`, `render`).
//! - [`store`], [`keys`], [`credential`], [`audit`], [`guard`], [`config`], [`cache`], [`telemetry`]: what the engine stands on.
//! - [`app`]: one value that holds them all, built the same way in production and in tests.
//! - [`client_auth`], [`grant`], [`token`]: the engine: who asks, what they may have, and the signature under it.
//! - [`resource`], [`oidc`], [`admin`]: the endpoints beside the token endpoint.
//! - [`routes`]: the table of paths. [`server`]: the listeners. [`cli`]: the command line.
//!
//! `docs/architecture.md` walks one request through these rooms; `tests/it/architecture.rs` holds the direction of
//! every `use crate::` line to this order.

pub mod admin;
pub mod app;
pub mod audit;
pub mod cache;
pub mod cli;
pub mod client_auth;
pub mod clock;
pub mod config;
pub mod credential;
pub mod dialect;
pub mod error;
pub mod grant;
pub mod guard;
pub mod health;
pub mod keys;
pub mod model;
pub mod oidc;
pub mod realms;
pub mod resource;
pub mod routes;
pub mod rules;
pub mod secret;
pub mod server;
pub mod store;
pub mod telemetry;
pub mod token;
