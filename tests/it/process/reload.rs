//! SIGHUP: dialect and resource files are read again, as a whole or not at all.

use std::fs;

use crate::harness::http::Request;
use crate::harness::process::{Process, eventually};
use crate::harness::server::{Backend, Server};

const OAUTH2: &str = include_str!("../../../config/dialects/oauth2.toml");
const PATHS: &str = r#"["/oauth2/token", "/realms/{realm}/oauth2/token"]"#;

#[tokio::test]
async fn a_good_file_comes_into_force_and_a_bad_one_leaves_the_old() {
    let server = Server::start(Backend::Sqlite, |_| {}).await.unwrap();
    let dialects = tempfile::tempdir().unwrap();
    let file = dialects.path().join("acme.toml");
    let on = |path: &str| OAUTH2.replace(PATHS, &format!(r#"["{path}", "/realms/{{realm}}{path}"]"#));
    assert!(OAUTH2.contains(PATHS), "the built-in dialect changed its paths");
    let process = Process::serve(&server.url, &format!("[dialects]\ndir = {:?}", dialects.path())).await;
    let status = async |path: &str| {
        let request = Request::new("POST", path).basic("demo", "demo-secret").form(&[("grant_type", "client_credentials")]);
        process.send(&request).await.status
    };
    assert_eq!(status("/acme/token").await, 404);

    fs::write(&file, on("/acme/token")).unwrap();
    assert_eq!(status("/acme/token").await, 404, "nothing happens before the signal");
    process.signal("HUP");
    process.logged("dialects and resource files read again").await;
    assert_eq!(status("/acme/token").await, 200);
    assert_eq!(status("/oauth2/token").await, 200, "the built-in ones stay");

    fs::write(&file, on("/acme/v2/token").replace("[scope]", "[scoop]")).unwrap();
    process.signal("HUP");
    process.logged("dialects or resource files have faults; those that were in force stay").await;
    let log = process.log();
    let fault = log.lines().find(|line| line.contains("have faults")).unwrap();
    assert!(fault.contains("acme.toml") && fault.contains("scoop"), "the fault names file and place: {fault}");
    assert_eq!((status("/acme/token").await, status("/acme/v2/token").await), (200, 404));

    fs::write(&file, on("/acme/v2/token")).unwrap();
    process.signal("HUP");
    eventually("the mended file", async || (status("/acme/v2/token").await == 200).then_some(())).await;
    assert_eq!(status("/acme/token").await, 404);

    fs::remove_file(&file).unwrap();
    process.signal("HUP");
    eventually("the file's end", async || (status("/acme/v2/token").await == 404).then_some(())).await;
}

#[tokio::test]
async fn a_bad_resource_file_is_logged_with_its_place() {
    let server = Server::start(Backend::Sqlite, |_| {}).await.unwrap();
    let resources = tempfile::tempdir().unwrap();
    let process = Process::serve(&server.url, &format!("[resources]\ndir = {:?}", resources.path())).await;
    fs::write(resources.path().join("acme.toml"), "realm = \"main\"\naudiense = \"https://api.example.com\"\n").unwrap();
    process.signal("HUP");
    process.logged("dialects or resource files have faults; those that were in force stay").await;
    let log = process.log();
    assert!(log.contains("acme.toml:2: unknown key `audiense`; did you mean `audience`?"), "{log}");
}
