//! The API side: what asks whether a token is good.

pub mod test_endpoint;
