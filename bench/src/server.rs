//! The server under the benchmark: the release binary, provisioned in a fresh directory, on a core of its own.

use std::fs::{self, File};
use std::net::{SocketAddr, TcpListener};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use tempfile::TempDir;

use crate::Fallible;
use crate::http::Connection;
use crate::machine::Machine;
use crate::usage;

/// What is provisioned. The paths and credentials in `tokens.rs` are of these clients.
const PROVISION: &str = include_str!("../provision.toml");
/// How long a start may take.
const PATIENCE: Duration = Duration::from_secs(20);

/// A running `countersign serve` with an embedded database. It ends with this value, and its directory with it.
#[derive(Debug)]
pub(crate) struct Server {
    pub(crate) public: SocketAddr,
    admin: SocketAddr,
    child: Child,
    home: TempDir,
}

impl Server {
    /// Provisions and starts it, with more sections for its configuration file.
    pub(crate) async fn start(machine: &Machine, sections: &str) -> Fallible<Self> {
        let binary = binary()?;
        let home = tempfile::tempdir()?;
        let (public, admin) = (free_address()?, free_address()?);
        fs::write(home.path().join("countersign.toml"), configuration(public, admin, sections))?;
        fs::write(home.path().join("provision.toml"), PROVISION)?;
        for arguments in [["config", "create-master-key", "master.key"], ["apply", "--file", "provision.toml"]] {
            finish(prepared(Command::new(&binary), home.path()).args(arguments))?;
        }
        // Appended to, so that it can be emptied while the server writes it.
        let log = File::options().create(true).append(true).open(home.path().join("log"))?;
        let mut serve = prepared(machine.on_server_core(&binary), home.path());
        let child = serve.arg("serve").stdout(Stdio::null()).stderr(log).spawn()?;
        let mut server = Self { public, admin, child, home };
        server.until_ready().await?;
        Ok(server)
    }

    async fn until_ready(&mut self) -> Fallible<()> {
        const READY: &[u8] = b"GET /health/ready HTTP/1.1\r\nHost: bench\r\n\r\n";
        let began = Instant::now();
        while self.child.try_wait()?.is_none() && began.elapsed() < PATIENCE {
            if let Ok(mut connection) = Connection::open(self.admin).await
                && connection.exchange(READY).await.is_ok_and(|answer| answer.status == 200)
            {
                return Ok(());
            }
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        let log = fs::read_to_string(self.log())?;
        Err(format!("the server did not start; its log:\n{log}").into())
    }

    /// CPU time that it has used.
    pub(crate) fn cpu(&self) -> Fallible<Duration> {
        usage::cpu_of_process(self.child.id())
    }

    /// Memory that it holds, in KiB.
    pub(crate) fn resident_kib(&self) -> Fallible<u64> {
        usage::resident_kib(self.child.id())
    }

    /// Throws away the log so far: at full load it would soon fill the disk.
    pub(crate) fn forget_log(&self) -> Fallible<()> {
        Ok(File::options().write(true).open(self.log())?.set_len(0)?)
    }

    fn log(&self) -> PathBuf {
        self.home.path().join("log")
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // It may have ended already; there is nothing in it that has to be saved.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// The name and version of what is measured.
pub(crate) fn version() -> Fallible<String> {
    Ok(finish(Command::new(binary()?).arg("--version"))?.trim().to_owned())
}

/// The server's binary, which lies beside the benchmark's own.
fn binary() -> Fallible<PathBuf> {
    if cfg!(debug_assertions) {
        return Err("an unoptimised build says nothing: run this with `cargo run --release -p bench`".into());
    }
    let path = std::env::current_exe()?.with_file_name("countersign");
    if path.is_file() { Ok(path) } else { Err(format!("no {}: run `cargo build --release` first", path.display()).into()) }
}

/// A command in the server's directory, under its configuration and none of the environment's.
fn prepared(mut command: Command, home: &Path) -> Command {
    for (name, _) in std::env::vars_os().filter(|(name, _)| name.to_string_lossy().starts_with("COUNTERSIGN_")) {
        command.env_remove(name);
    }
    command.current_dir(home).env("COUNTERSIGN_CONFIG", "countersign.toml").stdin(Stdio::null());
    command
}

/// Runs a command to its good end, and gives back what it said.
fn finish(command: &mut Command) -> Fallible<String> {
    let output = command.output()?;
    if output.status.success() {
        return Ok(String::from_utf8(output.stdout)?);
    }
    Err(format!("{command:?} failed: {}", String::from_utf8_lossy(&output.stderr)).into())
}

fn configuration(public: SocketAddr, admin: SocketAddr, sections: &str) -> String {
    format!(
        "master_key = {{ file = \"master.key\" }}\n[server]\nlisten = \"{public}\"\nadmin_listen = \"{admin}\"\n\
         [database]\nurl = \"sqlite:countersign.db\"\n{sections}"
    )
}

/// An address that is free now, and most likely still a moment later.
fn free_address() -> Fallible<SocketAddr> {
    Ok(TcpListener::bind("127.0.0.1:0")?.local_addr()?)
}
