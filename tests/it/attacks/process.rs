//! The real binary as a child of a test, for what only a process of its own can show: its log, its memory, its refusal to
//! start.

use std::fs;
use std::net::{SocketAddr, TcpListener};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::time::Duration;

use tempfile::TempDir;

use crate::harness::http::connection::Connection;
use crate::harness::http::{Request, Response, send};

const BINARY: &str = env!("CARGO_BIN_EXE_countersign");
/// That of the in-process servers, so that both open the same database.
pub const MASTER_KEY: &str = "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8";
const PATIENCE: Duration = Duration::from_secs(20);

/// A running `countersign serve`.
pub struct Process {
    pub public: SocketAddr,
    pub admin: SocketAddr,
    child: Child,
    home: TempDir,
}

/// The binary without anything that this machine's environment says to it.
pub fn command(home: &Path) -> Command {
    let mut command = Command::new(BINARY);
    command.current_dir(home).env_clear().stdin(Stdio::null());
    command
}

/// Runs a command that must end by itself.
pub async fn run(mut command: Command) -> Output {
    let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let waited = tokio::time::timeout(PATIENCE, async {
        while child.try_wait().unwrap().is_none() {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    });
    if waited.await.is_err() {
        child.kill().unwrap();
        panic!("it did not end: {:?}", child.wait_with_output().unwrap());
    }
    child.wait_with_output().unwrap()
}

fn free() -> SocketAddr {
    TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap()
}

impl Process {
    /// A server on this database, once it is ready.
    pub async fn serve(url: &str) -> Self {
        // Between the choice of a port and its use, somebody else can take it.
        for _ in 0..5 {
            let home = tempfile::tempdir().unwrap();
            let (public, admin) = (free(), free());
            let config = format!(
                "master_key = {MASTER_KEY:?}\n[server]\nlisten = \"{public}\"\nadmin_listen = \"{admin}\"\n\
                 trusted_proxies = [\"127.0.0.0/8\"]\n[database]\nurl = {url:?}\n"
            );
            fs::write(home.path().join("countersign.toml"), config).unwrap();
            let log = fs::File::create(home.path().join("log")).unwrap();
            let mut command = command(home.path());
            command.args(["serve", "--config", "countersign.toml"]).stdout(Stdio::null()).stderr(log);
            let mut process = Self { public, admin, child: command.spawn().unwrap(), home };
            if process.is_ready().await {
                return process;
            }
            assert!(process.log().contains("cannot listen on"), "the server did not start: {}", process.log());
        }
        panic!("no port is free");
    }

    async fn is_ready(&mut self) -> bool {
        let ready = Request::new("GET", "/health/ready");
        let polling = async {
            while self.child.try_wait().unwrap().is_none() {
                if let Ok(mut connection) = Connection::open(self.public).await
                    && connection.exchange(&ready).await.is_ok_and(|answer| answer.status == 200)
                {
                    return true;
                }
                tokio::time::sleep(Duration::from_millis(20)).await;
            }
            false
        };
        tokio::time::timeout(PATIENCE, polling).await.unwrap_or(false)
    }

    pub async fn send(&self, request: &Request) -> Response {
        send(self.public, request).await
    }

    /// What it has said on standard error so far.
    pub fn log(&self) -> String {
        fs::read_to_string(self.log_file()).unwrap()
    }

    fn log_file(&self) -> PathBuf {
        self.home.path().join("log")
    }

    /// The memory that it occupies (`proc(5)`).
    pub fn resident_kib(&self) -> u64 {
        let status = fs::read_to_string(format!("/proc/{}/status", self.child.id())).expect("Linux tells");
        let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).expect("a process has memory");
        line.trim().trim_end_matches(" kB").parse().unwrap()
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        // It may have ended already.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
