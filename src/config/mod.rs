//! The configuration: one TOML file and the environment, checked as a whole before anything starts.
//!
//! Every key has a default that is safe; `countersign config print-schema` prints this file's types as JSON Schema.

mod cache;
mod load;
mod policy;
mod server;
mod storage;
#[cfg(test)]
mod tests;
mod value;

pub use cache::CacheConfig;
pub use load::{Faults, Source};
pub use policy::{AuditConfig, GuardConfig, LogConfig, LogFormat, SecretsConfig};
pub use server::ServerConfig;
pub use storage::{DatabaseConfig, DialectsConfig, ResourcesConfig};
pub use value::SecretText;

/// Everything that an operator can set.
#[derive(Clone, Debug, Default, serde::Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Config {
    pub server: ServerConfig,
    pub database: DatabaseConfig,
    /// The master key: 32 bytes, base64url. Secrets' digests, sealed signing keys and second factors depend on it.
    pub master_key: Option<SecretText>,
    pub dialects: DialectsConfig,
    pub secrets: SecretsConfig,
    pub guard: GuardConfig,
    pub cache: CacheConfig,
    pub resources: ResourcesConfig,
    pub audit: AuditConfig,
    pub log: LogConfig,
}
