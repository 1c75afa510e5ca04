//! Reads the file and the environment, and reports every fault at once.

use std::path::{Path, PathBuf};

use toml::{Table, Value};

use super::Config;
use crate::secret::without_value;

/// Where a configuration comes from.
#[derive(Clone, Debug, Default)]
pub struct Source {
    pub file: Option<PathBuf>,
    /// `COUNTERSIGN_SECTION__KEY` and value; the value is TOML where it reads as such, else plain text.
    pub environment: Vec<(String, String)>,
}

/// All that is wrong with a configuration.
#[derive(Debug, thiserror::Error)]
#[error("the configuration has {} fault(s):\n{}", .0.len(), .0.iter().map(|fault| format!("  - {fault}")).collect::<Vec<_>>().join("\n"))]
pub struct Faults(pub Vec<String>);

impl Source {
    /// This file, and the process's environment.
    pub fn of_process(file: Option<&Path>) -> Self {
        let environment = std::env::vars_os()
            .filter_map(|(name, value)| Some((name.into_string().ok()?, value.into_string().ok()?)))
            .filter(|(name, _)| name.starts_with("COUNTERSIGN_") && name.contains("__"))
            .collect();
        Self { file: file.map(Path::to_owned), environment }
    }

    /// Loads and checks.
    pub fn load(&self) -> Result<Config, Faults> {
        let mut table = match &self.file {
            None => Table::new(),
            Some(path) => read(path).map_err(|fault| Faults(vec![fault]))?,
        };
        let mut faults = Vec::new();
        for (name, text) in &self.environment {
            if let Err(fault) = overlay(&mut table, name, text) {
                faults.push(fault);
            }
        }
        let config = sections(table, &mut faults);
        config.check(&mut faults);
        if faults.is_empty() { Ok(config) } else { Err(Faults(faults)) }
    }
}

fn read(path: &Path) -> Result<Table, String> {
    let text = std::fs::read_to_string(path).map_err(|error| format!("cannot read `{}`: {error}", path.display()))?;
    text.parse::<Table>().map_err(|error| {
        // Without the line that the error would quote: a secret may stand in it.
        let before = error.span().and_then(|span| text.get(..span.start)).unwrap_or_default();
        format!("{}:{}: {}", path.display(), before.matches('\n').count() + 1, error.message())
    })
}

/// Sets the key that an environment variable names.
fn overlay(table: &mut Table, name: &str, text: &str) -> Result<(), String> {
    let path = name.trim_start_matches("COUNTERSIGN_").to_lowercase();
    let Some((section, key)) = path.split_once("__") else { return Ok(()) };
    let value = format!("value = {text}").parse::<Table>().ok().and_then(|mut parsed| parsed.remove("value"));
    let value = value.unwrap_or_else(|| Value::String(text.to_owned()));
    match table.entry(section).or_insert_with(|| Value::Table(Table::new())) {
        Value::Table(section) => {
            section.insert(key.to_owned(), value);
            Ok(())
        }
        _ => Err(format!("{name}: `{section}` is not a section in the file")),
    }
}

/// Reads section by section, so that a fault in one does not hide those of the others.
fn sections(table: Table, faults: &mut Vec<String>) -> Config {
    let mut config = Config::default();
    for (name, value) in table {
        let read = match name.as_str() {
            "server" => value.try_into().map(|section| config.server = section),
            "database" => value.try_into().map(|section| config.database = section),
            "master_key" => value.try_into().map(|section| config.master_key = Some(section)),
            "dialects" => value.try_into().map(|section| config.dialects = section),
            "secrets" => value.try_into().map(|section| config.secrets = section),
            "guard" => value.try_into().map(|section| config.guard = section),
            "cache" => value.try_into().map(|section| config.cache = section),
            "resources" => value.try_into().map(|section| config.resources = section),
            "audit" => value.try_into().map(|section| config.audit = section),
            "log" => value.try_into().map(|section| config.log = section),
            _ => {
                faults.push(format!(
                    "`{name}`: no such section; there are server, database, master_key, dialects, resources, secrets, guard, cache, audit \
                     and log"
                ));
                continue;
            }
        };
        if let Err(error) = read {
            faults.push(format!("[{name}] {}", without_value(error.to_string().trim_end()).replace('\n', " ")));
        }
    }
    config
}

impl Config {
    /// What a single field cannot know.
    fn check(&self, faults: &mut Vec<String>) {
        self.server.check(faults);
        self.database.check(faults);
        self.dialects.check(faults);
        self.resources.check(faults);
        self.cache.check(faults);
        self.secrets.check(faults);
        if let Some(Err(fault)) = self.master_key.as_ref().map(super::SecretText::read) {
            faults.push(format!("master_key: {fault}"));
        }
    }
}
