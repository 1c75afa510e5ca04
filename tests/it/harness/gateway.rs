//! A real gateway in front of an API, with the configuration of `deploy/gateways` that users copy: started, and killed with the
//! test.

use std::env;
use std::fs::{self, File};
use std::io::{self, Write};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::LazyLock;

use tempfile::TempDir;
use tokio::net::TcpStream;

use super::http::{Request, Response, send};
use super::process::{eventually, free_address};

#[cfg(test)]
mod tests;

/// Set to `1` where a missing gateway must fail the tests instead of skipping them, as in CI.
const REQUIRE: &str = "COUNTERSIGN_REQUIRE_GATEWAYS";

/// Where the configurations are.
const SHIPPED: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/deploy/gateways");

/// What a user changes in `nginx.conf`, and a test too: where it listens, Countersign, the API, the rule.
const NGINX_PLACES: [&str; 4] = ["listen 80;", "server 127.0.0.1:8080;", "server 127.0.0.1:9000;", "set $countersign_rule \"\";"];

/// What Debian's own nginx.conf has around a file of `conf.d`; one process, so that nothing is left when it is killed.
const NGINX_AROUND: &str = "daemon off;\nmaster_process off;\npid nginx.pid;\nevents {}\nhttp {\naccess_log off;\n\
    client_body_temp_path body;\nproxy_temp_path proxy;\nfastcgi_temp_path fastcgi;\nuwsgi_temp_path uwsgi;\nscgi_temp_path scgi;\n\
    include site.conf;\n}\n";

/// The Caddyfile reads its places from the environment. Around it: no port for administration, nobody else's network.
const CADDY_AROUND: &str = "{\n\tadmin off\n\tdefault_bind 127.0.0.1\n}\nimport Caddyfile.site\n";

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    Nginx,
    Caddy,
}

/// A gateway that is here.
#[derive(Clone, Copy, Debug)]
pub struct Installed {
    pub kind: Kind,
    binary: &'static Path,
}

/// A running gateway.
pub struct Gateway {
    address: SocketAddr,
    child: Child,
    home: TempDir,
}

impl Kind {
    fn name(self) -> &'static str {
        match self {
            Self::Nginx => "nginx",
            Self::Caddy => "caddy",
        }
    }

    /// The headers in which it tells Countersign method, host and URI of the original request.
    pub fn originals(self) -> [&'static str; 3] {
        match self {
            Self::Nginx => ["X-Original-Method", "X-Original-Host", "X-Original-URI"],
            Self::Caddy => ["X-Forwarded-Method", "X-Forwarded-Host", "X-Forwarded-Uri"],
        }
    }

    /// Where it asks.
    pub fn asks(self) -> &'static str {
        match self {
            Self::Nginx => "/verify/nginx",
            Self::Caddy => "/verify",
        }
    }
}

impl Installed {
    /// `None` where it is not installed, which is said once on standard error; a panic where it is required.
    pub fn get(kind: Kind) -> Option<Self> {
        static NGINX: LazyLock<Option<PathBuf>> = LazyLock::new(|| found(Kind::Nginx.name()));
        static CADDY: LazyLock<Option<PathBuf>> = LazyLock::new(|| found(Kind::Caddy.name()));
        let binary = match kind {
            Kind::Nginx => &NGINX,
            Kind::Caddy => &CADDY,
        };
        binary.as_deref().map(|binary| Self { kind, binary })
    }

    /// Starts it between callers and these two.
    pub async fn between(self, countersign: SocketAddr, api: SocketAddr) -> Gateway {
        self.with_rule("", countersign, api).await
    }

    /// The same with a rule in the question, as in `realm=main&scope=read`.
    pub async fn with_rule(self, rule: &str, countersign: SocketAddr, api: SocketAddr) -> Gateway {
        // Between the choice of a port and its use, somebody else can take it.
        for _ in 0..5 {
            let address = free_address().await;
            let home = tempfile::tempdir().unwrap();
            let mut command = self.command(home.path(), rule, [address, countersign, api]);
            let log = File::create(home.path().join("log")).unwrap();
            command.current_dir(home.path()).stdin(Stdio::null()).stdout(log.try_clone().unwrap()).stderr(log);
            let child = command.spawn().expect("the binary can be started");
            let mut gateway = Gateway { address, child, home };
            if gateway.listens().await {
                return gateway;
            }
            let log = gateway.log();
            assert!(log.contains("address already in use") || log.contains("Address already in use"), "{self:?}: {log}");
        }
        panic!("no free port found");
    }

    fn command(self, home: &Path, rule: &str, [address, countersign, api]: [SocketAddr; 3]) -> Command {
        let shipped = |file: &str| fs::read_to_string(Path::new(SHIPPED).join(file)).unwrap();
        let mut command = Command::new(self.binary);
        match self.kind {
            Kind::Nginx => {
                let rule = if rule.is_empty() { String::new() } else { format!("?{rule}") };
                let taken = [
                    format!("listen {address};"),
                    format!("server {countersign};"),
                    format!("server {api};"),
                    format!("set $countersign_rule \"{rule}\";"),
                ];
                let site = NGINX_PLACES.iter().zip(&taken).fold(shipped("nginx.conf"), |site, (place, taken)| {
                    assert_eq!(site.matches(place).count(), 1, "nginx.conf has `{place}` once");
                    site.replace(place, taken)
                });
                fs::write(home.join("site.conf"), site).unwrap();
                fs::write(home.join("nginx.conf"), NGINX_AROUND).unwrap();
                command.arg("-p").arg(home).args(["-c", "nginx.conf", "-e", "stderr"]);
            }
            Kind::Caddy => {
                fs::write(home.join("Caddyfile.site"), shipped("Caddyfile")).unwrap();
                fs::write(home.join("Caddyfile"), CADDY_AROUND).unwrap();
                command.args(["run", "--config", "Caddyfile"]).env("SITE", format!("http://:{}", address.port()));
                command.env("COUNTERSIGN", countersign.to_string()).env("API", api.to_string()).env("RULE", rule);
                command.env("XDG_DATA_HOME", home).env("XDG_CONFIG_HOME", home);
            }
        }
        command
    }
}

impl Gateway {
    /// One request of a caller.
    pub async fn send(&self, request: &Request) -> Response {
        send(self.address, request).await
    }

    pub fn log(&self) -> String {
        fs::read_to_string(self.home.path().join("log")).unwrap_or_default()
    }

    /// Waits until it does; false once it has ended.
    async fn listens(&mut self) -> bool {
        let address = self.address;
        eventually("a listening gateway", async || {
            if self.child.try_wait().unwrap().is_some() {
                return Some(false);
            }
            TcpStream::connect(address).await.is_ok().then_some(true)
        })
        .await
    }
}

impl Drop for Gateway {
    fn drop(&mut self) {
        // It may have ended already.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn found(name: &str) -> Option<PathBuf> {
    let path = env::var_os("PATH").unwrap_or_default();
    // Debian has nginx where only root's PATH leads.
    let directories = env::split_paths(&path).chain([PathBuf::from("/usr/sbin")]);
    let found = directories.map(|directory| directory.join(name)).find(|file| file.is_file());
    // Past the test runner's capture, which would swallow the notice of a test that then passes.
    found.or_else(|| skipped(name, env::var(REQUIRE).is_ok_and(|value| value == "1"), &mut io::stderr()))
}

fn skipped(name: &str, required: bool, notices: &mut dyn Write) -> Option<PathBuf> {
    assert!(!required, "{REQUIRE}=1, but {name} is not here: install its package");
    writeln!(notices, "GATEWAY TESTS SKIPPED: {name} is not installed; {REQUIRE}=1 makes this a failure")
        .expect("the notice can be written");
    None
}
