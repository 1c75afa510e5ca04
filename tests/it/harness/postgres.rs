//! A real Postgres for the tests: one cluster a test process, started from the installed binaries, gone with the process.

use std::env;
use std::fs::{self, Permissions};
use std::io::{self, Read, Write};
use std::os::unix::fs::{MetadataExt, PermissionsExt, chown};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::LazyLock;
use std::sync::atomic::{AtomicU32, Ordering};

use sqlx::{AssertSqlSafe, Connection, PgConnection};

#[cfg(test)]
mod tests;

/// Set to `1` where a missing Postgres must fail the tests instead of skipping them, as in CI.
const REQUIRE: &str = "COUNTERSIGN_REQUIRE_POSTGRES";

const URL_START: &str = "postgres://postgres@localhost/";

const NEEDED: [&str; 3] = ["initdb", "postgres", "pg_ctl"];

/// Durability is off: a test cluster that survives a power cut is of no use. A socket in a private directory needs no
/// port, no password, and lets no other account of the machine in.
const SETTINGS: &str = "-c listen_addresses='' -c max_connections=200 -c shared_buffers=64MB \
                        -c fsync=off -c synchronous_commit=off -c full_page_writes=off";

/// Runs beside the test process, and outlives it by the moment that it takes to clean up: its standard input ends when
/// the test process does, however that ended. Arguments: the binaries' directory, the cluster's, the server's settings.
const SUPERVISOR: &str = r#"
cd "$2" 2>&1 || exit 1
trap '' PIPE # Whoever dies during the start leaves nobody to read that it worked.
trap '"$1/pg_ctl" stop -s -D data -m immediate; cd /; rm -rf "$2"' EXIT
if "$1/initdb" -D data -U postgres -A trust -E UTF8 --locale=C --no-sync >initdb.log 2>&1 &&
   "$1/pg_ctl" start -s -w -D data -l server.log -o "$3 -k '$2'" >start.log 2>&1
then echo ready
else cat -- *.log; exit 1
fi
exec >/dev/null
cat
"#;

/// A running Postgres server with no databases of its own yet.
#[derive(Debug)]
pub struct Cluster {
    directory: PathBuf,
    databases: AtomicU32,
    supervisor: Child,
}

impl Cluster {
    /// The cluster of this test process, started by the first caller. `None` where Postgres is not installed, which is
    /// said once on standard error; a panic where it is required or does not start.
    pub fn get() -> Option<&'static Self> {
        static CLUSTER: LazyLock<Option<Cluster>> = LazyLock::new(|| match binaries() {
            Some(binaries) => Some(Cluster::start(&binaries)),
            // Past the test runner's capture, which would swallow the notice of a test that then passes.
            None => skipped(env::var(REQUIRE).is_ok_and(|value| value == "1"), &mut io::stderr()),
        });
        CLUSTER.as_ref()
    }

    /// The URL of a new, empty database.
    pub async fn database(&self) -> String {
        self.create("template1").await
    }

    /// The URL of a new copy of `template`, the URL of a database of this cluster that nobody is connected to.
    pub async fn database_from(&self, template: &str) -> String {
        let name = template.strip_prefix(URL_START).and_then(|rest| rest.split('?').next());
        self.create(name.expect("a template is named by the URL of its database")).await
    }

    async fn create(&self, template: &str) -> String {
        let name = format!("test_{}", self.databases.fetch_add(1, Ordering::Relaxed));
        let mut admin = PgConnection::connect(&self.url("postgres")).await.expect("the cluster accepts a connection");
        let statement = AssertSqlSafe(format!("CREATE DATABASE {name} TEMPLATE {template}"));
        sqlx::raw_sql(statement).execute(&mut admin).await.expect("the template is there and nobody is connected to it");
        admin.close().await.expect("an idle connection closes");
        self.url(&name)
    }

    fn url(&self, database: &str) -> String {
        format!("{URL_START}{database}?host={}", self.directory.display())
    }

    fn start(binaries: &Path) -> Self {
        let directory = tempfile::Builder::new().prefix("countersign-pg-").permissions(Permissions::from_mode(0o700)).tempdir();
        let directory = directory.expect("the temporary directory is writable");
        let mut command = Command::new("sh");
        command.arg("-c").arg(SUPERVISOR).arg("sh").arg(binaries).arg(directory.path()).arg(SETTINGS);
        run_unprivileged(&mut command, directory.path());
        // Its own process group, so that an interrupt from the terminal leaves it alive to clean up.
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null()).process_group(0);
        let mut supervisor = command.spawn().expect("sh is installed");
        let mut said = String::new();
        let output = supervisor.stdout.as_mut().expect("the supervisor's output is a pipe");
        output.read_to_string(&mut said).expect("the supervisor writes text");
        assert!(said == "ready\n", "Postgres of {} did not start in {}: {said}", binaries.display(), directory.path().display());
        Self { directory: directory.keep(), databases: AtomicU32::new(0), supervisor }
    }
}

impl Drop for Cluster {
    fn drop(&mut self) {
        // Waiting closes the supervisor's standard input first. A failure has left nothing that could be waited for.
        let _ = self.supervisor.wait();
    }
}

/// Postgres refuses to run as root, so that root hands the directory and the process to another account.
fn run_unprivileged(command: &mut Command, directory: &Path) {
    if fs::metadata(directory).expect("the directory was just made").uid() != 0 {
        return;
    }
    let accounts = fs::read_to_string("/etc/passwd").expect("the accounts are readable");
    let (uid, gid) = unprivileged_account(&accounts).expect("an account postgres or nobody exists");
    chown(directory, Some(uid), Some(gid)).expect("root may give a directory away");
    command.uid(uid).gid(gid);
}

/// The user and group id of `postgres`, or else of `nobody`, in the text of `/etc/passwd`.
fn unprivileged_account(accounts: &str) -> Option<(u32, u32)> {
    ["postgres", "nobody"].iter().find_map(|wanted| {
        let mut fields = accounts.lines().map(|line| line.split(':')).find(|fields| fields.clone().next() == Some(wanted))?;
        Some((fields.nth(2)?.parse().ok()?, fields.next()?.parse().ok()?))
    })
}

/// The directory of a complete Postgres server: from `PATH`, from `pg_config`, or the newest where Debian puts them.
fn binaries() -> Option<PathBuf> {
    let path = env::var_os("PATH").unwrap_or_default();
    // A link in PATH need not have its siblings beside it; what it points to does.
    let linked = |directory: PathBuf| Some(directory.join(NEEDED[0]).canonicalize().ok()?.parent()?.to_owned());
    let complete = |directory: &PathBuf| NEEDED.iter().all(|name| directory.join(name).is_file());
    env::split_paths(&path).filter_map(linked).chain(configured()).chain(packaged()).find(complete)
}

fn configured() -> Option<PathBuf> {
    let output = Command::new("pg_config").arg("--bindir").output().ok()?;
    Some(PathBuf::from(String::from_utf8(output.stdout).ok()?.trim_end()))
}

fn packaged() -> Vec<PathBuf> {
    let entries = fs::read_dir("/usr/lib/postgresql").into_iter().flatten().flatten();
    let mut versions: Vec<u32> = entries.filter_map(|entry| entry.file_name().to_str()?.parse().ok()).collect();
    versions.sort_unstable_by(|left, right| right.cmp(left));
    versions.into_iter().map(|version| PathBuf::from(format!("/usr/lib/postgresql/{version}/bin"))).collect()
}

fn skipped(required: bool, notices: &mut dyn Write) -> Option<Cluster> {
    assert!(!required, "{REQUIRE}=1, but initdb, postgres and pg_ctl are not here: install the package postgresql");
    writeln!(notices, "POSTGRES HALF SKIPPED: Postgres is not installed; {REQUIRE}=1 makes this a failure")
        .expect("the notice can be written");
    None
}
