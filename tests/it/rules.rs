//! Resource files of a running server: read at the start and again on demand, as a whole or not at all.

use std::fs;

use countersign::rules::{Asked, Found, Need};

use crate::harness::server::{Backend, Server};

const FILE: &str = "realm = \"main\"\naudience = \"https://api.example.com\"\nprefix = \"/v1\"\nunmatched = \"public\"\n";

/// The dialect that refuses a path of the API; `open` where it is public.
fn at(server: &Server, path: &str) -> Option<String> {
    match server.app.rules().find(&Asked { method: "GET", host: "api.example", path }) {
        Found::Rule(rule) if rule.need == Need::Public => Some("open".to_owned()),
        Found::Rule(rule) | Found::Refused(Some(rule)) => Some(rule.dialect.clone()),
        Found::Refused(None) => None,
    }
}

#[tokio::test]
async fn files_are_read_again_as_a_whole_or_not_at_all() {
    let (dialects, resources) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let file = resources.path().join("api.toml");
    fs::write(&file, FILE).unwrap();
    let server = Server::start(Backend::Sqlite, |config| {
        config.dialects.dir = Some(dialects.path().into());
        config.resources.dir = Some(resources.path().into());
    })
    .await
    .unwrap();
    assert_eq!(
        (at(&server, "/v1"), at(&server, "/core/transactions")),
        (Some("open".into()), None),
        "the demo's files are not there"
    );

    fs::write(&file, FILE.replace("public", "refuse")).unwrap();
    let faults = server.app.reload().unwrap_err();
    assert_eq!((faults.len(), faults[0].file.as_str(), faults[0].line), (1, file.to_str().unwrap(), 1));
    assert_eq!(at(&server, "/v1"), Some("open".into()), "a bad file leaves the old one in force");

    // A dialect and the file that refuses in it come into force together; neither does while one of them is bad.
    let refusing = FILE.replace("public", "authenticated").replace("prefix", "dialect = \"mine\"\nprefix");
    fs::write(&file, &refusing).unwrap();
    fs::write(dialects.path().join("mine.toml"), "[match]\n").unwrap();
    server.app.reload().unwrap_err();
    assert!(server.app.dialects().get("mine").is_none());
    assert_eq!(at(&server, "/v1"), Some("open".into()));
    let mine = include_str!("../../config/dialects/uphold.toml").replace("/core/oauth2/token", "/mine/token");
    fs::write(dialects.path().join("mine.toml"), mine).unwrap();
    server.app.reload().unwrap();
    assert!(server.app.dialects().get("mine").is_some());
    assert_eq!(at(&server, "/v1"), Some("mine".into()));

    fs::remove_file(&file).unwrap();
    server.app.reload().unwrap();
    assert_eq!(at(&server, "/v1"), None);
}

#[tokio::test]
async fn the_demos_rules_outlive_a_reload() {
    let server = Server::start(Backend::Sqlite, |_| {}).await.unwrap();
    server.app.reload().unwrap();
    assert_eq!(at(&server, "/core/transactions"), Some("uphold".into()));
}
