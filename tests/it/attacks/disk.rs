//! Row 136, the full disk: for SQLite a file system of a few megabytes that is really full, for Postgres the error that it
//! reports when its own is.

use std::fs;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::Command;

use countersign::store::Pools;
use tempfile::TempDir;

use super::outage::{committed, endure};
use super::sql;
use crate::harness::server::{Backend, Server};

/// A small file system of its own. Mounting one takes a privilege that not every machine gives.
struct SmallDisk(TempDir);

impl SmallDisk {
    fn mount() -> Option<Self> {
        let directory = tempfile::tempdir().unwrap();
        let mounted = Command::new("mount").args(["-t", "tmpfs", "-o", "size=6m", "tmpfs"]).arg(directory.path()).output();
        if mounted.is_ok_and(|output| output.status.success()) {
            return Some(Self(directory));
        }
        // Past the test runner's capture, which would swallow the notice of a test that then passes.
        writeln!(std::io::stderr(), "FULL DISK SKIPPED: this account may not mount a tmpfs").unwrap();
        None
    }

    fn path(&self) -> &Path {
        self.0.path()
    }

    fn filler(&self) -> PathBuf {
        self.path().join("filler")
    }

    /// Takes all that is left.
    fn fill(&self) {
        let mut file = fs::File::create(self.filler()).unwrap();
        while file.write_all(&[0; 4096]).is_ok() {}
    }

    fn empty(&self) {
        fs::remove_file(self.filler()).unwrap();
    }
}

impl Drop for SmallDisk {
    fn drop(&mut self) {
        // Lazily, since the server's connections may still be closing.
        let _ = Command::new("umount").arg("-l").arg(self.path()).status();
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn atk_136_sqlite_has_no_room() {
    let Some(disk) = SmallDisk::mount() else { return };
    let template = Server::start(Backend::Sqlite, |_| {}).await.unwrap();
    let database = disk.path().join("countersign.db");
    sql(&template, &format!("VACUUM INTO '{}'", database.display())).await;
    let mut server = Server::on(&format!("sqlite:{}", database.display()), committed).await;
    let fill = async || {
        disk.fill();
        // The write-ahead log may have a page left; one small commit after the other uses it up.
        const COMMIT: &str = "INSERT INTO meta (name, value) VALUES ('commits', '1') \
                              ON CONFLICT (name) DO UPDATE SET value = CAST(CAST(value AS INTEGER) + 1 AS TEXT)";
        let Pools::Sqlite { write, .. } = &server.app.db.pools else { unreachable!("it is SQLite") };
        let mut commits = 0;
        while sqlx::query(COMMIT).execute(write).await.is_ok() {
            commits += 1;
            assert!(commits < 1000, "the disk is not full");
        }
    };
    endure(&server, (fill, async || disk.empty())).await;
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn atk_136_postgres_has_no_room() {
    let Some(server) = Server::start(Backend::Postgres, committed).await else { return };
    let tables = ["tokens", "lockouts", "audit"];
    let fill = async || {
        for table in tables {
            let statement = format!(
                "CREATE OR REPLACE FUNCTION full_disk() RETURNS trigger LANGUAGE plpgsql AS \
                 $$ BEGIN RAISE EXCEPTION 'could not extend file' USING ERRCODE = 'disk_full'; END $$; \
                 CREATE TRIGGER full_disk BEFORE INSERT OR UPDATE OR DELETE ON {table} EXECUTE FUNCTION full_disk()"
            );
            sql(&server, &statement).await;
        }
    };
    let empty = async || {
        for table in tables {
            sql(&server, &format!("DROP TRIGGER full_disk ON {table}")).await;
        }
    };
    endure(&server, (fill, empty)).await;
}
