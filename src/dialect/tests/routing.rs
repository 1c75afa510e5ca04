//! Which dialect answers where.

use std::path::Path;

use super::*;
use crate::dialect::{Endpoint, Fault};

fn found(dialects: &Dialects, host: &str, path: &str) -> Option<String> {
    dialects.find(host, path).map(|endpoint| match endpoint {
        Endpoint::Token(dialect) => dialect.name.to_string(),
        Endpoint::Test(dialect) => format!("{} test", dialect.name),
    })
}

#[test]
fn the_built_in_paths() {
    for (path, expected) in [
        ("/oauth2/token", Some("oauth2")),
        ("/realms/acme/oauth2/token", Some("oauth2")),
        ("/oauth/token", Some("loanstreet")),
        ("/auth/oauth/v2/token", Some("lendingclub")),
        ("/connect/token", Some("crossriver")),
        ("/api/SignupCard/TestOauth", Some("crossriver test")),
        ("/core/oauth2/token", Some("uphold")),
        // Case 35: paths are exact.
        ("/oauth2/token/", None),
        ("/OAuth2/token", None),
        ("/connect//token", None),
        ("/realms//oauth2/token", None),
        ("/realms/a/b/oauth2/token", None),
        ("/realms/oauth2/token", None),
        ("/", None),
    ] {
        assert_eq!(found(&BUILT_IN, "any.example", path).as_deref(), expected, "{path}");
    }
    let names: Vec<_> = BUILT_IN.iter().map(|dialect| dialect.name.as_str()).collect();
    assert_eq!(names, ["crossriver", "lendingclub", "loanstreet", "oauth2", "uphold"]);
    assert!(BUILT_IN.get("nobody").is_none());
}

/// A dialect on these hosts and paths.
fn on(hosts: &str, paths: &str) -> String {
    format!(
        "[match]\nhosts = {hosts}\npaths = {paths}\n[realm]\ndefault = \"main\"\n[credentials]\nbody = true\n\
         [success.body]\ntoken = \"$access_token\"\n[errors]\ninherit = \"oauth2\"\n"
    )
}

fn load(dir: &Path, files: &[(&str, String)]) -> Result<Dialects, Vec<Fault>> {
    for (name, text) in files {
        std::fs::write(dir.join(name), text).unwrap();
    }
    Dialects::load(Some(dir))
}

#[test]
fn hosts_go_before_any_host() {
    let dir = tempfile::tempdir().unwrap();
    let named = on(r#"["API.ncino.example", "[::1]"]"#, r#"["/oauth/token"]"#).replace("[::1]", "localhost");
    let dialects = load(dir.path(), &[("ncino.toml", named), ("notes.txt", "not a dialect".into())]).unwrap();
    for (host, expected) in [
        ("api.ncino.example", "ncino"),
        ("API.NCINO.EXAMPLE:8443", "ncino"),
        ("localhost:8080", "ncino"),
        ("api.loan-street.com", "loanstreet"),
        ("[::1]:8080", "loanstreet"),
        ("[::1]", "loanstreet"),
        ("", "loanstreet"),
    ] {
        assert_eq!(found(&dialects, host, "/oauth/token").as_deref(), Some(expected), "{host}");
    }
}

#[test]
fn a_file_takes_the_place_of_a_built_in_dialect() {
    let dir = tempfile::tempdir().unwrap();
    let dialects = load(dir.path(), &[("uphold.toml", on("[]", r#"["/token"]"#))]).unwrap();
    assert_eq!(found(&dialects, "x", "/token").as_deref(), Some("uphold"));
    assert_eq!(found(&dialects, "x", "/core/oauth2/token"), None);
}

#[test]
fn two_dialects_on_one_path_are_a_fault() {
    let dir = tempfile::tempdir().unwrap();
    let label = |name: &str| dir.path().join(name).display().to_string();
    let faults = load(
        dir.path(),
        &[
            ("a.toml", on("[]", r#"["/connect/token", "/realms/x/oauth2/token"]"#)),
            ("b.toml", on(r#"["one.example"]"#, r#"["/connect/token"]"#)),
            ("c.toml", on(r#"["two.example", "ONE.example"]"#, r#"["/connect/token"]"#)),
        ],
    );
    let faults: Vec<_> = faults.unwrap_err().iter().map(ToString::to_string).collect();
    let mend = "give one of them other `hosts` or `paths` under [match]";
    assert_eq!(
        faults,
        [
            format!("{}:3: `/connect/token` is already answered by the dialect `b`; {mend}", label("c.toml")),
            format!("config/dialects/crossriver.toml:4: `/connect/token` is already answered by the dialect `a`; {mend}"),
            format!(
                "config/dialects/oauth2.toml:5: `/realms/{{realm}}/oauth2/token` is already answered by the dialect `a`; {mend}"
            ),
        ]
    );
}

#[test]
fn a_directory_that_cannot_be_read_is_a_fault() {
    let faults = Dialects::load(Some(Path::new("no/such/directory"))).unwrap_err();
    assert_eq!(
        faults.iter().map(ToString::to_string).collect::<Vec<_>>(),
        [
            "no/such/directory:1: cannot be read: No such file or directory (os error 2); give a directory of dialect files that the server may read"
        ]
    );
}
