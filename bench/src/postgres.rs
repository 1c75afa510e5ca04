//! A Postgres of the benchmark's own, from the installed binaries, with Postgres's defaults: a commit survives a power cut, as in
//! production. It runs on the core from which the load comes, as it would run on another machine than the server.

use std::fs;
use std::os::unix::fs::{MetadataExt as _, chown};
use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};

use sqlx::{AssertSqlSafe, Connection as _, PgConnection};

use crate::Fallible;
use crate::installation::finish;

/// Waits until the benchmark is gone, however that ended, and lets nothing of the cluster survive it. Arguments: the binaries'
/// directory and the cluster's.
const WATCHER: &str = r#"cat; "$1/pg_ctl" stop -s -D data -m immediate; cd /; rm -rf "$2""#;

/// It ends with this value, and its directory with it.
#[derive(Debug)]
pub(crate) struct Cluster {
    directory: PathBuf,
    databases: AtomicU32,
    watcher: Child,
}

impl Cluster {
    /// `None` where Postgres is not installed.
    pub(crate) fn start() -> Fallible<Option<Self>> {
        let Some(binaries) = binaries() else { return Ok(None) };
        let directory = tempfile::Builder::new().prefix("bench-pg-").tempdir()?.keep();
        // Postgres refuses to run as root, which hands the directory to another account.
        let account = if fs::metadata(&directory)?.uid() == 0 { Some(unprivileged_account()?) } else { None };
        if let Some((user, group)) = account {
            chown(&directory, Some(user), Some(group))?;
        }
        let command = |program: &Path| {
            let mut command = Command::new(program);
            command.current_dir(&directory);
            if let Some((user, group)) = account {
                command.uid(user).gid(group);
            }
            command
        };
        // In a process group of its own, so that an interrupt from the terminal leaves it alive to clean up.
        let mut watch = command(Path::new("sh"));
        watch.arg("-c").arg(WATCHER).arg("sh").arg(&binaries).arg(&directory).stdin(Stdio::piped()).process_group(0);
        let cluster = Self { watcher: watch.spawn()?, directory: directory.clone(), databases: AtomicU32::new(0) };
        let initdb = ["-D", "data", "-U", "postgres", "-A", "trust", "-E", "UTF8", "--locale=C"];
        finish(command(&binaries.join("initdb")).args(initdb))?;
        // A socket in a private directory needs no port and no password.
        let options = format!("-c listen_addresses='' -k '{}'", directory.display());
        finish(command(&binaries.join("pg_ctl")).args(["start", "-s", "-w", "-D", "data", "-l", "server.log", "-o", &options]))?;
        Ok(Some(cluster))
    }

    /// The URL of a new, empty database.
    pub(crate) async fn database(&self) -> Fallible<String> {
        let name = format!("bench_{}", self.databases.fetch_add(1, Ordering::Relaxed));
        let mut admin = PgConnection::connect(&self.url("postgres")).await?;
        sqlx::raw_sql(AssertSqlSafe(format!("CREATE DATABASE {name}"))).execute(&mut admin).await?;
        admin.close().await?;
        Ok(self.url(&name))
    }

    /// Of the process from which all of its others descend.
    pub(crate) fn pid(&self) -> Fallible<u32> {
        let lines = fs::read_to_string(self.directory.join("data/postmaster.pid"))?;
        Ok(lines.lines().next().unwrap_or_default().trim().parse()?)
    }

    pub(crate) fn url(&self, database: &str) -> String {
        format!("postgres://postgres@localhost/{database}?host={}", self.directory.display())
    }
}

impl Drop for Cluster {
    fn drop(&mut self) {
        // Waiting closes the watcher's standard input first. There is nobody to tell of a failure.
        let _ = self.watcher.wait();
    }
}

/// The user and group of `postgres`, or else of `nobody`.
fn unprivileged_account() -> Fallible<(u32, u32)> {
    let id = |which: &str, name: &str| finish(Command::new("id").args([which, name])).ok()?.trim().parse().ok();
    let account = ["postgres", "nobody"].iter().find_map(|name| Some((id("--user", name)?, id("--group", name)?)));
    account.ok_or_else(|| "Postgres does not run as root, and there is neither an account postgres nor nobody".into())
}

/// The directory of a complete Postgres: what `initdb` in `PATH` points to, or the newest where Debian puts them.
fn binaries() -> Option<PathBuf> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let linked = |directory: PathBuf| Some(directory.join("initdb").canonicalize().ok()?.parent()?.to_owned());
    let complete = |directory: &PathBuf| ["initdb", "postgres", "pg_ctl"].iter().all(|name| directory.join(name).is_file());
    std::env::split_paths(&path).filter_map(linked).chain(packaged(Path::new("/usr/lib/postgresql"))).find(complete)
}

fn packaged(root: &Path) -> Vec<PathBuf> {
    let versions = fs::read_dir(root).into_iter().flatten().flatten();
    let mut versions: Vec<u32> = versions.filter_map(|entry| entry.file_name().to_str()?.parse().ok()).collect();
    versions.sort_unstable();
    versions.iter().rev().map(|version| root.join(version.to_string()).join("bin")).collect()
}
