//! What the integration tests stand on: a real Postgres, and an HTTP client that sends exactly the bytes it is given.

pub mod clock;
pub mod exchange;
pub mod gateway;
pub mod golden;
pub mod http;
pub mod postgres;
pub mod process;
pub mod proxy;
pub mod recorder;
pub mod server;
pub mod totp;
