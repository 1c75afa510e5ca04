//! What stands before the engine: who is calling, from where, and how often.

pub mod address;
pub mod limiter;
pub mod throttle;
pub mod transport;

pub use limiter::Limiter;
use std::net::IpAddr;
pub use throttle::Throttle;
use uuid::Uuid;

/// The caller of one request, as far as the connection tells.
#[derive(Clone, Debug)]
pub struct Caller {
    pub address: IpAddr,
    /// Did the request come through a trusted proxy, whose word for the original request counts?
    pub by_proxy: bool,
    /// A UUID of this request: in the log, the audit trail, and the answer where a dialect says so.
    pub request_id: Uuid,
}
