//! The API side: what asks whether a token is good, and for what.

mod on_behalf_of;
pub mod test_endpoint;
pub mod verify;
