//! `[database]`, `[dialects]` and `[resources]`: what the server stands on.

use std::path::PathBuf;

use super::value::SecretText;
use crate::secret::Secret;
use crate::store::Durability;

#[derive(Clone, Debug, serde::Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct DatabaseConfig {
    /// `sqlite:PATH` or `postgres://USER:PASSWORD@HOST/DATABASE`.
    pub url: SecretText,
    /// Connections to the database at a time.
    pub max_connections: u32,
    /// Bring the schema up to date at the start.
    pub migrate: bool,
    /// What a commit promises (SQLite; Postgres decides for itself).
    pub durability: Durability,
}

impl Default for DatabaseConfig {
    fn default() -> Self {
        Self {
            url: SecretText::Value(Secret::new("sqlite:countersign-data/countersign.db".into())),
            max_connections: 8,
            migrate: true,
            durability: Durability::PowerLoss,
        }
    }
}

impl DatabaseConfig {
    pub(super) fn check(&self, faults: &mut Vec<String>) {
        match self.url.read() {
            Err(fault) => faults.push(format!("database.url: {fault}")),
            Ok(url) => {
                let known = ["sqlite:", "postgres://", "postgresql://"];
                if !known.iter().any(|scheme| url.expose().starts_with(scheme)) {
                    faults.push("database.url: must begin with `sqlite:` or `postgres://`".into());
                }
            }
        }
        if self.max_connections == 0 {
            faults.push("database.max_connections: give at least 1".into());
        }
    }
}

#[derive(Clone, Debug, Default, serde::Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct DialectsConfig {
    /// A directory of dialect files that replace the built-in ones by name, or add to them.
    pub dir: Option<PathBuf>,
}

#[derive(Clone, Debug, Default, serde::Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct ResourcesConfig {
    /// A directory of resource files: which scopes the routes of an API need.
    pub dir: Option<PathBuf>,
}

impl ResourcesConfig {
    pub(super) fn check(&self, faults: &mut Vec<String>) {
        if let Some(dir) = self.dir.as_ref().filter(|dir| !dir.is_dir()) {
            faults.push(format!("resources.dir: `{}` is not a directory", dir.display()));
        }
    }
}

impl DialectsConfig {
    pub(super) fn check(&self, faults: &mut Vec<String>) {
        if let Some(dir) = self.dir.as_ref().filter(|dir| !dir.is_dir()) {
            faults.push(format!("dialects.dir: `{}` is not a directory", dir.display()));
        }
    }
}
