//! Real gateways, nginx and Caddy, with the configuration files of `deploy/gateways`: what they ask, what they let through,
//! and what a caller gets instead.

mod contracts;
mod questions;

/// Writes a test once and runs it behind each gateway: `on_gateways! { async fn name(installed) { … } }`. Where one is not
/// installed its half is skipped, loudly.
macro_rules! on_gateways {
    ($($(#[$meta:meta])* async fn $name:ident($installed:ident) $body:block)+) => { $(
        mod $name {
            use super::*;
            $(#[$meta])*
            async fn test($installed: $crate::harness::gateway::Installed) $body

            async fn on(kind: $crate::harness::gateway::Kind) {
                if let Some(installed) = $crate::harness::gateway::Installed::get(kind) {
                    test(installed).await;
                }
            }

            #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn nginx() {
                on($crate::harness::gateway::Kind::Nginx).await;
            }

            #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn caddy() {
                on($crate::harness::gateway::Kind::Caddy).await;
            }
        }
    )+ };
}
use on_gateways;
