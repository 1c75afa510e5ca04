//! Which of several files decides: the one that names the host, then the one with the longest prefix.

use super::*;

fn on(host: &str, path: &str) -> String {
    let rules = load(&[
        ("any.toml", &file("unmatched = \"authenticated\"", &["/{x}/b", "/c"])),
        ("deep.toml", &file("prefix = \"/a\"", &["/a/x"]).replace("main", "deep")),
        ("host.toml", &file("hosts = [\"API.example\", \"b.example\"]", &["/a/y"]).replace("main", "host")),
        ("host_deep.toml", &file("hosts = [\"b.example\"]\nprefix = \"/z\"", &["/z/**"]).replace("main", "deep_host")),
    ]);
    said(rules.unwrap().find(&Asked { method: "GET", host, path }))
}

#[test]
fn the_longest_prefix_decides_alone() {
    for (path, expected) in [
        ("/c", "/c"),
        ("/d", ""),
        ("/d/b", "/{x}/b"),
        ("/a/x", "/a/x"),
        ("/a/b", "refused by deep"),
        ("/a", "refused by deep"),
        ("/%61/b", "refused by deep"),
        ("/a/%2e%2e/c", "refused by deep"),
        ("/ab/b", "/{x}/b"),
    ] {
        assert_eq!(on("any.example", path), expected, "{path}");
    }
}

#[test]
fn a_file_that_names_the_host_goes_first() {
    for (host, path, expected) in [
        ("api.example", "/a/y", "/a/y"),
        ("API.Example", "/a/y", "/a/y"),
        ("api.example:8443", "/a/y", "/a/y"),
        ("api.example.", "/a/y", "/a/y"),
        ("api.example.:80", "/a/y", "/a/y"),
        ("api.example", "/a/x", "refused by host"),
        ("api.example", "/c", "refused by host"),
        ("b.example", "/a/y", "/a/y"),
        ("b.example", "/z/1", "/z/**"),
        ("api.example", "/z/1", "refused by host"),
        ("xapi.example", "/a/y", "refused by deep"),
        ("example", "/c", "/c"),
        ("[::1]:8080", "/c", "/c"),
        ("", "/c", "/c"),
    ] {
        assert_eq!(on(host, path), expected, "{host} {path}");
    }
}

#[test]
fn a_dialect_is_plain_unless_named() {
    let rules = load(&[("x.toml", &file("", &["/a"])), ("y.toml", &file("prefix = \"/y\"\ndialect = \"uphold\"", &["/y"]))]);
    let rules = rules.unwrap();
    let mut dialects: Vec<_> = rules.iter().map(|requirement| requirement.dialect.as_str()).collect();
    dialects.dedup();
    assert_eq!(dialects, ["uphold", "oauth2"]);
}
