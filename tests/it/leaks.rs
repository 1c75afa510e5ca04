//! Secrets stay where they belong (security.md, row 135): a server that logs all that it can is sent every kind of secret, in
//! good requests and bad ones, and then its log, its metrics and its database are searched for each of them.

mod http2;
mod search;
mod traffic;

use std::fs;

use countersign::store::Pools;
use sqlx::AssertSqlSafe;

use crate::harness::http::Request;
use crate::harness::process::{Process, command};
use crate::harness::server::{Server, connect, on_both};
use search::{Book, Haystack};
use traffic::Traffic;

/// A server in the test that trusts everybody takes any password; it must be told to nobody all the same.
const DATABASE_PASSWORD: &str = "pg-hunter2-password";

on_both! {
    async fn nothing_secret_is_written_anywhere(server) {
        // Its files are the process's alone.
        let mut server = server;
        server.stop().await;
        let url = server.url.replace("postgres@", &format!("postgres:{DATABASE_PASSWORD}@"));
        let mut process = Process::serve(&url, "[log]\nlevel = \"trace\"").await;
        let mut book = Book::default();
        book.keep(DATABASE_PASSWORD);
        book.keep("AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8");

        let mut traffic = Traffic { process: &process, book: &mut book, sent: 0 };
        traffic.of_contracts().await;
        traffic.of_accounts().await;
        traffic.of_operations().await;
        traffic.of_nonsense().await;
        http2::token_request(process.public, &mut book).await;

        let metrics = process.operate(&Request::new("GET", "/metrics")).await.text().to_owned();
        let doctor = process.command(&["doctor"]);
        let check = process.command(&["config", "check"]);
        process.stop().await;
        let mut haystacks = vec![
            Haystack::new("the log", process.log()),
            Haystack::new("standard output", process.output()),
            Haystack::new("the metrics", metrics),
            Haystack::new("doctor", doctor.stdout + &doctor.stderr),
            Haystack::new("config check", check.stdout + &check.stderr),
        ];
        haystacks.extend(database(&server).await);
        proven(&haystacks, &book);
        let found: Vec<String> = haystacks.iter().flat_map(|haystack| book.found_in(haystack)).collect();
        assert!(found.is_empty(), "{found:#?}");
    }
}

/// The search finds what is there: so what it does not find is not there.
fn proven(haystacks: &[Haystack], book: &Book) {
    let holds = |name: &str, known: &str| {
        let mut named = haystacks.iter().filter(|haystack| haystack.name.starts_with(name));
        assert!(named.any(|haystack| Book::of(known).found_in(haystack).len() == 1), "{known} is not in {name}");
    };
    holds("the log", "acme");
    holds("the log", "TRACE");
    holds("the log", "0ab6P6SFnWoAPeTkt3Ec0QZwJEC9xyzQ");
    holds("the metrics", "countersign_bad_credentials_total{reason=\"wrong_secret\"}");
    holds("doctor", "master key");
    holds("config check", "are good");
    holds("the database", "jane@bank.example");
    holds("the database", "token_refused");
    assert!(book.len() > 60, "only {} secrets were looked for", book.len());
    for secret in book.forms() {
        let planted = Haystack { name: "planted".into(), bytes: [b"before ", secret.as_slice(), b" after"].concat() };
        assert!(!book.found_in(&planted).is_empty(), "{:?} would not be found", String::from_utf8_lossy(secret));
    }
}

/// Everything that the database holds: the bytes of its files, or each row of each table as text.
async fn database(server: &Server) -> Vec<Haystack> {
    let files =
        server.url.strip_prefix("sqlite:").map(|path| fs::read_dir(std::path::Path::new(path).parent().unwrap()).unwrap());
    if let Some(files) = files {
        let read = |path: std::path::PathBuf| Haystack {
            name: format!("the database {}", path.display()),
            bytes: fs::read(&path).unwrap(),
        };
        return files.map(|file| read(file.unwrap().path())).collect();
    }
    let Pools::Postgres(pool) = connect(&server.url, 1).await.pools else { panic!("{} is no Postgres", server.url) };
    let tables = "SELECT table_name::TEXT FROM information_schema.tables WHERE table_schema = 'public'";
    let tables: Vec<String> = sqlx::query_scalar(tables).fetch_all(&pool).await.unwrap();
    assert!(tables.len() > 10, "{tables:?}");
    let mut haystacks = Vec::new();
    for table in tables {
        let rows: Vec<String> =
            sqlx::query_scalar(AssertSqlSafe(format!("SELECT t::TEXT FROM \"{table}\" t"))).fetch_all(&pool).await.unwrap();
        haystacks.push(Haystack::new(&format!("the database table {table}"), rows.join("\n")));
    }
    haystacks
}

/// What goes wrong before there is a log.
#[test]
fn a_start_that_fails_keeps_secrets_to_itself() {
    const KEY: &str = "master_key = \"AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8\"\n";
    const REALM: &str = "[[realm]]\nname = \"x\"\n[[realm.client]]\nid = \"c\"\n";
    let home = tempfile::tempdir().unwrap();
    let path = |name: &str| home.path().join(name).to_str().unwrap().to_owned();
    let (file, number, broken) = (path("countersign.toml"), path("number.toml"), path("broken.toml"));
    fs::write(&number, format!("{REALM}secret = 31337")).unwrap();
    fs::write(&broken, format!("{REALM}secret = \"hunter2")).unwrap();
    let unreachable = format!("{KEY}[database]\nurl = \"postgres://user:hunter2@127.0.0.1:1/x\"");
    let good = format!("{KEY}[database]\nurl = \"sqlite:{}\"", path("x.db"));
    let cases: [(&str, &[&str]); 9] = [
        ("master_key = \"hunter2", &["serve"]),
        ("master_key = \"hunter2\"", &["serve"]),
        ("database = \"postgres://user:hunter2@localhost/x\"", &["serve"]),
        ("[database]\nurl = \"mysql://user:hunter2@localhost/x\"", &["serve"]),
        ("[database]\nurl = \"postgres://user:hunter2@local host:x/\"", &["serve"]),
        (&unreachable, &["serve"]),
        (&unreachable, &["doctor"]),
        (&good, &["apply", "--file", &number]),
        (&good, &["apply", "--file", &broken]),
    ];
    for (settings, arguments) in cases {
        fs::write(&file, settings).unwrap();
        let failed = command(&[&["--config", &file], arguments].concat());
        let said = failed.stdout + &failed.stderr;
        assert_eq!(failed.code, Some(1), "{settings}: {said}");
        assert!(
            !said.is_empty() && ["hunter2", "31337", "AAECAwQ"].iter().all(|secret| !said.contains(secret)),
            "{settings}: {said}"
        );
    }
}
