//! The one-time passwords of an authenticator app (RFC 6238), written independently of the product's.

use std::time::Duration;

use aws_lc_rs::hmac::{HMAC_SHA1_FOR_LEGACY_USE_ONLY, Key, sign};
use countersign::model::Timestamp;

/// `JBSWY3DPEHPK3PXP`, the demo's seed, decoded.
const SEED: &[u8] = b"Hello!\xDE\xAD\xBE\xEF";

/// What the app of `mfa@bank.example` shows at this time.
pub fn code(now: Timestamp) -> String {
    let step = u64::try_from(now.seconds() / 30).unwrap();
    let mac = sign(&Key::new(HMAC_SHA1_FOR_LEGACY_USE_ONLY, SEED), &step.to_be_bytes());
    let mac = mac.as_ref();
    let offset = usize::from(mac[19] & 15);
    let number = u32::from_be_bytes(mac[offset..offset + 4].try_into().unwrap()) & 0x7FFF_FFFF;
    format!("{:06}", number % 1_000_000)
}

/// What it showed some steps ago, or will show.
pub fn code_at(now: Timestamp, steps: i32) -> String {
    let time = Duration::from_secs(30 * u64::from(steps.unsigned_abs()));
    code(if steps < 0 { now.before(time) } else { now.after(time) })
}
