//! The real binary as a child of the test: started, watched, signalled, and killed with the test.

use std::fs::{self, File};
use std::io;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::atomic::{AtomicU16, Ordering};
use std::time::Duration;

use tempfile::TempDir;
use tokio::net::TcpListener;

use super::http::connection::Connection;
use super::http::{Request, Response};

/// How long anything may take before a test fails: long enough for a loaded machine, and no test hangs.
pub const PATIENCE: Duration = Duration::from_secs(20);

const BINARY: &str = env!("CARGO_BIN_EXE_countersign");

/// The master key of the in-process servers, so that both kinds open the same databases.
const MASTER_KEY: &str = "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8";

/// A running `countersign serve` or `countersign demo`.
#[derive(Debug)]
pub struct Process {
    pub public: SocketAddr,
    pub admin: SocketAddr,
    child: Child,
    home: TempDir,
}

/// What a command that ends by itself left.
#[derive(Debug)]
pub struct Finished {
    pub code: Option<i32>,
    pub stdout: String,
    pub stderr: String,
}

impl Process {
    /// `countersign serve` on the database at `url`, with more sections for its configuration file, once it is ready.
    pub async fn serve(url: &str, sections: &str) -> Self {
        // Between the choice of a port and its use, somebody else can take it.
        for _ in 0..5 {
            let (public, admin) = (free_address().await, free_address().await);
            let home = tempfile::tempdir().unwrap();
            let file = home.path().join("countersign.toml");
            fs::write(&file, configuration(url, public, admin, sections)).unwrap();
            let mut command = Command::new(BINARY);
            command.arg("serve").arg("--config").arg(&file);
            let mut process = Self { public, admin, child: spawn(command, home.path()), home };
            if process.is_ready().await {
                return process;
            }
            let log = process.log();
            assert!(log.contains("cannot listen on"), "the server did not start: {log}");
        }
        panic!("no free port found");
    }

    /// `countersign demo` with its data in `data`, on ports of the system's choice, once it has printed its tour.
    pub async fn demo(data: &Path, options: &[&str]) -> Self {
        let mut command = Command::new(BINARY);
        command.arg("demo").arg("--data-dir").arg(data).args(["--listen", "127.0.0.1:0", "--admin-listen", "127.0.0.1:0"]);
        command.args(options);
        let home = tempfile::tempdir().unwrap();
        let unknown = SocketAddr::from(([127, 0, 0, 1], 0));
        let mut process = Self { public: unknown, admin: unknown, child: spawn(command, home.path()), home };
        let printed =
            eventually("the demo's tour", async || Some(process.output()).filter(|said| said.contains("Stop with"))).await;
        let address = |path: &str| {
            let urls = printed.split("http://").skip(1).find_map(|url| url.split_once(path)).expect("the tour names the path");
            urls.0.parse().expect("an address before the path")
        };
        (process.public, process.admin) = (address("/oauth2/token"), address("/admin/v1"));
        assert!(process.is_ready().await, "the demo is not ready: {}", process.log());
        process
    }

    /// Waits until it serves; false once it has ended.
    async fn is_ready(&mut self) -> bool {
        let ready = Request::new("GET", "/health/ready");
        let admin = self.admin;
        eventually("a ready server", async || {
            if self.child.try_wait().unwrap().is_some() {
                return Some(false);
            }
            exchange(admin, &ready).await.is_ok_and(|answer| answer.status == 200).then_some(true)
        })
        .await
    }

    /// One request on the public listener.
    pub async fn send(&self, request: &Request) -> Response {
        exchange(self.public, request).await.expect("the server answers")
    }

    /// One request on the operations' listener.
    pub async fn operate(&self, request: &Request) -> Response {
        exchange(self.admin, request).await.expect("the server answers")
    }

    /// Sends a signal by its name without `SIG`.
    pub fn signal(&self, name: &str) {
        let sent = Command::new("kill").arg(format!("-{name}")).arg(self.child.id().to_string()).status();
        assert!(sent.expect("kill is installed").success(), "SIG{name} was not sent");
    }

    /// Ends it in the midst of whatever it does, as `kill -9` and the end of a machine do.
    pub fn kill(&mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }

    /// Waits for its end.
    pub async fn exit(&mut self) -> ExitStatus {
        eventually("the end of the process", async || self.child.try_wait().unwrap()).await
    }

    /// SIGTERM, and its end, which must be a good one.
    pub async fn stop(&mut self) {
        self.signal("TERM");
        let status = self.exit().await;
        assert_eq!(status.code(), Some(0), "the log: {}", self.log());
    }

    /// What it has written to standard error so far: its log.
    pub fn log(&self) -> String {
        read(&self.home.path().join("stderr"))
    }

    /// What it has written to standard output so far.
    pub fn output(&self) -> String {
        read(&self.home.path().join("stdout"))
    }

    /// Waits until its log says this.
    pub async fn logged(&self, text: &str) {
        let said = eventually_or_not(async || self.log().contains(text).then_some(())).await;
        assert!(said.is_some(), "the log does not say {text:?}: {}", self.log());
    }

    /// Runs another command under the same configuration file, to its end.
    pub fn command(&self, arguments: &[&str]) -> Finished {
        let file = self.home.path().join("countersign.toml");
        command(&[&["--config", file.to_str().unwrap()], arguments].concat())
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        // It may have ended already.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Runs a command that ends by itself.
pub fn command(arguments: &[&str]) -> Finished {
    let output = clean(Command::new(BINARY)).args(arguments).stdin(Stdio::null()).output().unwrap();
    let text = |bytes| String::from_utf8(bytes).unwrap();
    Finished { code: output.status.code(), stdout: text(output.stdout), stderr: text(output.stderr) }
}

/// One request on a connection of its own, to a server that may be gone.
pub async fn exchange(server: SocketAddr, request: &Request) -> io::Result<Response> {
    Connection::open(server).await?.exchange(request).await
}

/// Asks again and again until there is an answer.
pub async fn eventually<T>(what: &str, answer: impl AsyncFnMut() -> Option<T>) -> T {
    eventually_or_not(answer).await.unwrap_or_else(|| panic!("waited in vain for {what}"))
}

async fn eventually_or_not<T>(mut answer: impl AsyncFnMut() -> Option<T>) -> Option<T> {
    let found = tokio::time::timeout(PATIENCE, async {
        loop {
            match answer().await {
                Some(found) => return found,
                None => tokio::time::sleep(Duration::from_millis(5)).await,
            }
        }
    });
    found.await.ok()
}

fn spawn(command: Command, home: &Path) -> Child {
    let file = |name: &str| File::create(home.join(name)).unwrap();
    clean(command)
        .current_dir(home)
        .stdin(Stdio::null())
        .stdout(file("stdout"))
        .stderr(file("stderr"))
        .spawn()
        .expect("the binary was built")
}

/// Without settings of the environment that the tests run in.
fn clean(mut command: Command) -> Command {
    for (name, _) in std::env::vars_os().filter(|(name, _)| name.to_string_lossy().starts_with("COUNTERSIGN_")) {
        command.env_remove(name);
    }
    command
}

fn configuration(url: &str, public: SocketAddr, admin: SocketAddr, sections: &str) -> String {
    format!(
        "master_key = {MASTER_KEY:?}\n\
         [server]\nlisten = \"{public}\"\nadmin_listen = \"{admin}\"\npublic_url = \"http://127.0.0.1:8080\"\n\
         trusted_proxies = [\"127.0.0.0/8\"]\ndrain_seconds = 2\n\
         [database]\nurl = {url:?}\ndurability = \"crash\"\n{sections}\n"
    )
}

/// An address of this machine that nobody listens on yet, and that no other test is given: below the range from which the
/// system gives ports, and each once.
pub async fn free_address() -> SocketAddr {
    static GIVEN: AtomicU16 = AtomicU16::new(0);
    let first = u16::try_from(std::process::id() % 5000).unwrap();
    loop {
        let port = 20_000 + (first + GIVEN.fetch_add(1, Ordering::Relaxed)) % 10_000;
        let address = SocketAddr::from(([127, 0, 0, 1], port));
        if TcpListener::bind(address).await.is_ok() {
            return address;
        }
    }
}

fn read(path: &PathBuf) -> String {
    String::from_utf8_lossy(&fs::read(path).unwrap_or_default()).into_owned()
}
