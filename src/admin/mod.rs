//! Operations: what operators do to realms, institutions, clients, secrets, users and keys.
//!
//! [`service`] holds the operations themselves. [`api`] offers them over HTTP, [`provision`] reads them from a file, and
//! [`crate::cli`] takes them from the command line: three doors to one room.

pub mod api;
pub mod provision;
pub mod service;
mod span;
mod time;
pub mod view;

pub use span::Span;
