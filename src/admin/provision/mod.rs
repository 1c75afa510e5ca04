//! Provisioning: a TOML file that says what there is to be, made so.
//!
//! Applying a file twice changes nothing the second time. What a file does not mention stays as it is: taking a client out of
//! the file does not take it out of the database; `disabled = true` (`blocked = true` for a user) switches it off.

mod apply;
mod document;
mod parse;
#[cfg(test)]
mod tests;

pub use apply::{ApplyError, Done, Report};
pub use document::Document;
pub use parse::Fault;
