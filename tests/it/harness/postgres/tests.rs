use std::io::{BufRead, BufReader};
use std::os::unix::net::UnixStream;
use std::thread::sleep;
use std::time::Duration;

use super::*;

async fn scalar(url: &str, query: &'static str) -> String {
    let mut connection = PgConnection::connect(url).await.unwrap();
    let value = sqlx::query_scalar(query).fetch_one(&mut connection).await.unwrap();
    connection.close().await.unwrap();
    value
}

async fn execute(url: &str, statement: &'static str) {
    let mut connection = PgConnection::connect(url).await.unwrap();
    sqlx::raw_sql(statement).execute(&mut connection).await.unwrap();
    connection.close().await.unwrap();
}

const TABLES: &str = "SELECT count(*)::text FROM pg_tables WHERE schemaname = 'public'";

#[tokio::test]
async fn the_server_is_fast_roomy_and_deaf_to_the_network() {
    let Some(cluster) = Cluster::get() else { return };
    let url = cluster.database().await;
    assert_eq!(scalar(&url, "SHOW fsync").await, "off");
    assert_eq!(scalar(&url, "SHOW max_connections").await, "200");
    assert_eq!(scalar(&url, "SHOW listen_addresses").await, "");
    assert_eq!(scalar(&url, "SHOW server_encoding").await, "UTF8");
}

#[tokio::test]
async fn databases_are_empty_and_apart() {
    let Some(cluster) = Cluster::get() else { return };
    let (one, other) = (cluster.database().await, cluster.database().await);
    execute(&one, "CREATE TABLE marks (n BIGINT)").await;
    assert_eq!(scalar(&one, TABLES).await, "1");
    assert_eq!(scalar(&other, TABLES).await, "0");
}

#[tokio::test]
async fn a_template_is_copied_and_left_alone() {
    let Some(cluster) = Cluster::get() else { return };
    let template = cluster.database().await;
    execute(&template, "CREATE TABLE marks (n BIGINT); INSERT INTO marks VALUES (7)").await;
    let copy = cluster.database_from(&template).await;
    execute(&copy, "UPDATE marks SET n = n + 1").await;
    assert_eq!(scalar(&copy, "SELECT n::text FROM marks").await, "8");
    assert_eq!(scalar(&template, "SELECT n::text FROM marks").await, "7");
}

#[tokio::test]
async fn databases_can_be_made_at_the_same_time() {
    let Some(cluster) = Cluster::get() else { return };
    let tasks: Vec<_> = (0..8).map(|_| tokio::spawn(cluster.database())).collect();
    let mut names = Vec::new();
    for task in tasks {
        names.push(scalar(&task.await.unwrap(), "SELECT current_database()::text").await);
    }
    names.sort_unstable();
    names.dedup();
    assert_eq!(names.len(), 8);
}

#[test]
fn a_dropped_cluster_leaves_nothing() {
    let Some(binaries) = binaries() else { return };
    let cluster = Cluster::start(&binaries);
    let (directory, socket) = (cluster.directory.clone(), cluster.directory.join(".s.PGSQL.5432"));
    assert_eq!(fs::metadata(&directory).unwrap().mode() & 0o777, 0o700, "the socket is nobody else's");
    assert!(UnixStream::connect(&socket).is_ok());
    drop(cluster);
    assert!(UnixStream::connect(&socket).is_err());
    assert!(!directory.exists());
}

/// In the child that the test below starts, stands for the rest of the tests until it is killed.
const VICTIM: &str = "COUNTERSIGN_TEST_VICTIM";

#[test]
fn a_killed_test_process_leaves_nothing() {
    let Some(cluster) = Cluster::get() else { return };
    if env::var_os(VICTIM).is_some() {
        let directory = cluster.directory.display();
        io::stdout().write_all(format!("\ncluster {directory}\n").as_bytes()).unwrap();
        io::stdin().read_to_end(&mut Vec::new()).unwrap();
        return;
    }
    let mut victim = Command::new(env::current_exe().unwrap())
        .args(["a_killed_test_process_leaves_nothing", "--nocapture"])
        .env(VICTIM, "1")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut lines = BufReader::new(victim.stdout.take().unwrap()).lines();
    let directory = lines.find_map(|line| line.unwrap().strip_prefix("cluster ").map(PathBuf::from)).unwrap();
    assert!(UnixStream::connect(directory.join(".s.PGSQL.5432")).is_ok());
    victim.kill().unwrap();
    victim.wait().unwrap();
    let gone = (0..100).any(|_| {
        sleep(Duration::from_millis(100));
        !directory.exists()
    });
    assert!(gone, "{} outlived its test process by 10 s", directory.display());
}

#[test]
fn the_account_is_postgres_or_else_nobody() {
    let both = "root:x:0:0:root:/root:/bin/sh\nnobody:x:65534:65533::/:/bin/false\npostgres:x:101:104::/:/bin/sh\n";
    assert_eq!(unprivileged_account(both), Some((101, 104)));
    assert_eq!(unprivileged_account("nobody:x:65534:65533::/:/bin/false\n"), Some((65534, 65533)));
    assert_eq!(unprivileged_account("root:x:0:0:root:/root:/bin/sh\npostgresql:x:7:7:::\n"), None);
}

#[test]
fn without_postgres_the_tests_skip_and_say_so_in_one_line() {
    let mut notices = Vec::new();
    assert!(skipped(false, &mut notices).is_none());
    let notices = String::from_utf8(notices).unwrap();
    assert_eq!(notices.lines().count(), 1);
    assert!(notices.starts_with("POSTGRES HALF SKIPPED: "), "{notices}");
}

#[test]
#[should_panic(expected = "COUNTERSIGN_REQUIRE_POSTGRES=1, but initdb, postgres and pg_ctl are not here")]
fn without_postgres_the_tests_fail_where_it_is_required() {
    skipped(true, &mut io::sink());
}
