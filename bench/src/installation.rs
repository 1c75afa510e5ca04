//! An installation of Countersign: a directory with a configuration, a master key and a provisioned database.

use std::fs;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::process::{Command, Stdio};

use serde_json::Value;
use tempfile::TempDir;

use crate::Fallible;

/// The server's own name for its configuration file.
const CONFIGURATION: &str = "countersign.toml";

/// It ends with this value, and its directory with it.
#[derive(Debug)]
pub(crate) struct Installation {
    home: TempDir,
    database: String,
}

impl Installation {
    /// Provisions a database. `database` is its URL, and `None` an embedded one.
    pub(crate) fn create(database: Option<String>, provision: &str) -> Fallible<Self> {
        let home = tempfile::tempdir()?;
        let database = database.unwrap_or_else(|| format!("sqlite:{}", home.path().join("countersign.db").display()));
        let installation = Self { home, database };
        let nowhere = SocketAddr::from(([127, 0, 0, 1], 0));
        installation.configure(nowhere, nowhere, "")?;
        installation.write("provision.toml", provision)?;
        installation.run(&["config", "create-master-key", "master.key"])?;
        installation.run(&["apply", "--file", "provision.toml"])?;
        Ok(installation)
    }

    pub(crate) fn configure(&self, public: SocketAddr, admin: SocketAddr, sections: &str) -> Fallible<()> {
        let database = &self.database;
        let text = format!(
            "master_key = {{ file = \"master.key\" }}\n[server]\nlisten = \"{public}\"\nadmin_listen = \"{admin}\"\n\
             [database]\nurl = {database:?}\n{sections}"
        );
        self.write(CONFIGURATION, &text)
    }

    /// Gives a client a secret that the server makes.
    pub(crate) fn add_secret(&self, realm: &str, client: &str) -> Fallible<String> {
        let said: Value = serde_json::from_str(&self.run(&["--json", "secret", "add", "--realm", realm, client])?)?;
        Ok(said.get("secret").and_then(Value::as_str).ok_or("`secret add` shows no secret")?.to_owned())
    }

    /// The URL of the database.
    pub(crate) fn database(&self) -> &str {
        &self.database
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.home.path().join(name)
    }

    /// A file in its directory, or in a directory there.
    pub(crate) fn write(&self, name: &str, text: &str) -> Fallible<()> {
        let path = self.path(name);
        fs::create_dir_all(path.parent().unwrap_or(self.home.path()))?;
        Ok(fs::write(path, text)?)
    }

    /// Makes a command run in the directory, under its configuration and none of the environment's.
    pub(crate) fn prepare(&self, mut command: Command) -> Command {
        for (name, _) in std::env::vars_os().filter(|(name, _)| name.to_string_lossy().starts_with("COUNTERSIGN_")) {
            command.env_remove(name);
        }
        command.current_dir(&self.home).env("COUNTERSIGN_CONFIG", CONFIGURATION).stdin(Stdio::null());
        command
    }

    /// Runs a command of the binary, and gives back what it said.
    pub(crate) fn run(&self, arguments: &[&str]) -> Fallible<String> {
        finish(self.prepare(Command::new(binary()?)).args(arguments))
    }
}

/// The name and version of what is measured.
pub(crate) fn version() -> Fallible<String> {
    Ok(finish(Command::new(binary()?).arg("--version"))?.trim().to_owned())
}

/// The server's binary, which lies beside the benchmark's own.
pub(crate) fn binary() -> Fallible<PathBuf> {
    if cfg!(debug_assertions) {
        return Err("an unoptimised build says nothing: run this with `cargo run --release -p bench`".into());
    }
    let path = std::env::current_exe()?.with_file_name("countersign");
    if path.is_file() { Ok(path) } else { Err(format!("no {}: run `cargo build --release` first", path.display()).into()) }
}

/// Runs a command to its good end, and gives back what it said.
pub(crate) fn finish(command: &mut Command) -> Fallible<String> {
    let output = command.output()?;
    if output.status.success() {
        return Ok(String::from_utf8(output.stdout)?);
    }
    Err(format!("{command:?} failed: {}", String::from_utf8_lossy(&output.stderr)).into())
}
