//! The server under the benchmark: the release binary on an installation, with a core of its own.

use std::fs::{self, File};
use std::net::{SocketAddr, TcpListener};
use std::path::PathBuf;
use std::process::{Child, Stdio};
use std::time::{Duration, Instant};

use crate::Fallible;
use crate::http::Connection;
use crate::installation::{Installation, binary};
use crate::machine::Machine;
use crate::sample::Measured;
use crate::usage;

/// How long a start may take.
const PATIENCE: Duration = Duration::from_secs(20);

/// A running `countersign serve`. It ends with this value.
#[derive(Debug)]
pub(crate) struct Server {
    pub(crate) public: SocketAddr,
    admin: SocketAddr,
    child: Child,
    log: PathBuf,
    started: Instant,
}

impl Server {
    /// Starts it, with more sections for its configuration file, and waits until it is ready.
    pub(crate) async fn start(machine: &Machine, installation: &Installation, sections: &str) -> Fallible<Self> {
        let mut server = Self::spawn(machine, installation, sections)?;
        server.until_ready().await?;
        Ok(server)
    }

    /// Starts it, and does not wait for anything.
    pub(crate) fn spawn(machine: &Machine, installation: &Installation, sections: &str) -> Fallible<Self> {
        let (public, admin) = (free_address()?, free_address()?);
        installation.configure(public, admin, sections)?;
        // Appended to, so that it can be emptied while the server writes it.
        let log = installation.path("log");
        let output = File::options().create(true).append(true).open(&log)?;
        let mut serve = installation.prepare(machine.on_server_core(&binary()?));
        let started = Instant::now();
        let child = serve.arg("serve").stdout(Stdio::null()).stderr(output).spawn()?;
        Ok(Self { public, admin, child, log, started })
    }

    pub(crate) async fn until_ready(&mut self) -> Fallible<()> {
        const READY: &[u8] = b"GET /health/ready HTTP/1.1\r\nHost: bench\r\n\r\n";
        self.first_good_answer(self.admin, READY, Duration::from_millis(5)).await
    }

    /// Asks at `address` again and again until the answer is 200. Without a pause nothing is slept through, not even the
    /// millisecond that the shortest sleep takes.
    pub(crate) async fn first_good_answer(&mut self, address: SocketAddr, request: &[u8], pause: Duration) -> Fallible<()> {
        let began = Instant::now();
        while self.child.try_wait()?.is_none() && began.elapsed() < PATIENCE {
            if let Ok(mut connection) = Connection::open(address, None).await
                && connection.exchange(request).await.is_ok_and(|answer| answer.status == 200)
            {
                return Ok(());
            }
            if pause.is_zero() {
                tokio::task::yield_now().await;
            } else {
                tokio::time::sleep(pause).await;
            }
        }
        Err(format!("the server did not start; its log:\n{}", fs::read_to_string(&self.log)?).into())
    }

    /// How long ago its process was started.
    pub(crate) fn age(&self) -> Duration {
        self.started.elapsed()
    }

    /// Memory that it holds, in KiB.
    pub(crate) fn resident_kib(&self) -> Fallible<u64> {
        usage::resident_kib(self.child.id())
    }
}

impl Measured for Server {
    fn cpu(&self) -> Fallible<Option<Duration>> {
        usage::cpu_of_process(self.child.id()).map(Some)
    }

    /// Throws away the log so far: at full load it would soon fill the disk.
    fn tidy(&self) -> Fallible<()> {
        Ok(File::options().write(true).open(&self.log)?.set_len(0)?)
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // It may have ended already; there is nothing in it that has to be saved.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// An address that is free now, and most likely still a moment later.
fn free_address() -> Fallible<SocketAddr> {
    Ok(TcpListener::bind("127.0.0.1:0")?.local_addr()?)
}
