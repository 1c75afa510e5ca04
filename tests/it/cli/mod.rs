//! The command line: the real binary, on an installation of its own, on either database.

mod apply;
mod config;
mod doctor;
mod secrets;
mod serve;
mod setup;
mod token;
mod verbs;

use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use serde_json::Value;
use tempfile::TempDir;

use crate::harness::postgres::Cluster;

/// An installation: a folder with its configuration, its master key, and its database, which may be elsewhere.
struct House {
    folder: TempDir,
}

/// What a command left behind.
#[derive(Debug)]
struct Done {
    code: Option<i32>,
    out: String,
    err: String,
}

/// Writes a test once and runs it on both databases, each empty and with a master key.
macro_rules! in_both {
    ($(async fn $name:ident($house:ident) $body:block)+) => { $(
        async fn $name($house: $crate::cli::House) $body

        mod $name {
            #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn sqlite() {
                super::$name($crate::cli::House::on_sqlite()).await;
            }

            #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn postgres() {
                if let Some(house) = $crate::cli::House::on_postgres().await {
                    super::$name(house).await;
                }
            }
        }
    )+ };
}
use in_both;

impl House {
    fn on_sqlite() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let url = format!("sqlite:{}", folder.path().join("countersign.db").display());
        Self::furnish(folder, &url)
    }

    async fn on_postgres() -> Option<Self> {
        let url = Cluster::get()?.database().await;
        Some(Self::furnish(tempfile::tempdir().unwrap(), &url))
    }

    fn furnish(folder: TempDir, url: &str) -> Self {
        let house = Self { folder };
        house.configure(url, "");
        house.ok(&["config", "create-master-key", "master.key"]);
        house
    }

    /// Writes the configuration; `more` follows `[database]`.
    fn configure(&self, url: &str, more: &str) {
        let text =
            format!("master_key = {{ file = \"master.key\" }}\n[database]\nurl = \"{url}\"\ndurability = \"crash\"\n{more}");
        self.write("countersign.toml", &text);
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn write(&self, name: &str, text: &str) {
        std::fs::write(self.path(name), text).unwrap();
    }

    fn read(&self, name: &str) -> String {
        std::fs::read_to_string(self.path(name)).unwrap()
    }

    fn command(&self, words: &[&str]) -> Command {
        let mut command = binary(self.folder.path());
        command.args(words).env("COUNTERSIGN_CONFIG", "countersign.toml");
        command
    }

    fn run(&self, words: &[&str]) -> Done {
        finish(self.command(words), "")
    }

    /// Runs it with this on its standard input.
    fn told(&self, words: &[&str], input: &str) -> Done {
        finish(self.command(words), input)
    }

    /// What it prints, where it works.
    fn ok(&self, words: &[&str]) -> String {
        self.run(words).good()
    }

    fn json(&self, words: &[&str]) -> Value {
        serde_json::from_str(&self.ok(&[words, &["--json"]].concat())).unwrap()
    }

    /// What it says, where it does not.
    fn fails(&self, words: &[&str]) -> String {
        self.run(words).bad()
    }
}

/// The binary in a folder, knowing nothing of the tests' own environment.
fn binary(folder: &Path) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_countersign"));
    command.current_dir(folder).env_clear();
    command
}

fn finish(mut command: Command, input: &str) -> Done {
    let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    // A command that refuses early does not read: that the pipe is broken then is its good right.
    let _ = child.stdin.take().unwrap().write_all(input.as_bytes());
    let output = child.wait_with_output().unwrap();
    let text = |bytes| String::from_utf8(bytes).unwrap();
    Done { code: output.status.code(), out: text(output.stdout), err: text(output.stderr) }
}

impl Done {
    fn good(self) -> String {
        assert_eq!((self.code, self.err.as_str()), (Some(0), ""), "{self:?}");
        self.out
    }

    fn bad(self) -> String {
        assert_eq!((self.code, self.out.as_str()), (Some(1), ""), "{self:?}");
        self.err.strip_prefix("countersign: ").unwrap_or_else(|| panic!("{:?}", self.err)).trim_end().to_owned()
    }
}

/// A provisioning file: one realm with one of each, on keys that are made quickly.
const PROVISIONED: &str = r#"[[realm]]
name = "lc"
algorithm = "EdDSA"

[[realm.api]]
audience = "https://api.example.com"
scopes = ["read"]

[[realm.institution]]
id = "11111111-1111-4111-8111-111111111111"
name = "Bank"

[[realm.client]]
id = "acme"
institution = "11111111-1111-4111-8111-111111111111"
scopes = ["read"]
secret = "a chosen secret"

[[realm.user]]
email = "jane@bank.example"
password = "correct horse battery staple"
totp_secret = "JBSWY3DPEHPK3PXP"
"#;
