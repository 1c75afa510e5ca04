//! The API side: what asks whether a token is good, and for what; and what ends it.

pub mod introspection;
pub mod metadata;
mod on_behalf_of;
mod query;
pub mod revocation;
pub mod test_endpoint;
pub mod verify;
