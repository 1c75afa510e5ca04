//! Which rule decides: the most specific path, alone.

use super::*;

#[test]
fn the_most_specific_path_decides() {
    let paths = ["/**", "/{x}", "/a", "/a/**", "/a/{x}", "/a/b", "/a/{x}/c", "/{x}/b", "/{x}/{y}/{z}", "/a/{x}/**", "/{x}/b/**"];
    let upwards = load(&[("x.toml", &file("", &paths))]).unwrap();
    let mut reversed = paths;
    reversed.reverse();
    let downwards = load(&[("x.toml", &file("", &reversed))]).unwrap();
    for (path, expected) in [
        ("/", "/**"),
        ("/a", "/a"),
        ("/z", "/{x}"),
        ("/a/b", "/a/b"),
        ("/a/z", "/a/{x}"),
        ("/z/b", "/{x}/b"),
        ("/z/z", "/**"),
        ("/a/b/c", "/a/{x}/c"),
        ("/a/z/c", "/a/{x}/c"),
        ("/a/z/z", "/a/{x}/**"),
        ("/a/z/z/z", "/a/{x}/**"),
        ("/z/b/z", "/{x}/b/**"),
        ("/z/z/z", "/{x}/{y}/{z}"),
        ("/z/z/z/z", "/**"),
    ] {
        for rules in [&upwards, &downwards] {
            assert_eq!(said(find(rules, "GET", path)), expected, "{path}");
        }
    }
}

#[test]
fn an_open_rest_may_be_none_and_yields_to_the_path_that_ends() {
    let rules = load(&[("x.toml", &file("", &["/a/**", "/b/**", "/b"]))]).unwrap();
    for (path, expected) in
        [("/a", "/a/**"), ("/a/", "/a/**"), ("/a/x/y", "/a/**"), ("/b", "/b"), ("/b/x", "/b/**"), ("/ab", "refused by main")]
    {
        assert_eq!(said(find(&rules, "GET", path)), expected, "{path}");
    }
}

#[test]
fn methods() {
    let text = "realm = \"main\"\naudience = \"api\"\n\
        [[routes]]\nmethods = [\"GET\"]\npath = \"/a/b\"\nscopes = [\"read\"]\n\
        [[routes]]\nmethods = [\"POST\", \"PUT\"]\npath = \"/a/b\"\nscopes = [\"write\"]\n\
        [[routes]]\nmethods = [\"POST\"]\npath = \"/a/{x}\"\npublic = true\n\
        [[routes]]\npath = \"/**\"\nscopes = []\n";
    let rules = load(&[("x.toml", text)]).unwrap();
    for (method, path, expected) in [
        ("GET", "/a/b", "read"),
        ("HEAD", "/a/b", "read"),
        ("POST", "/a/b", "write"),
        ("PUT", "/a/b", "write"),
        // The specific path has no rule for them, and nothing falls back to `/a/{x}` or `/**`.
        ("DELETE", "/a/b", "refused by main"),
        ("OPTIONS", "/a/b", "refused by main"),
        ("get", "/a/b", "refused by main"),
        ("GET ", "/a/b", "refused by main"),
        ("", "/a/b", "refused by main"),
        ("POST", "/a/z", "public"),
        ("GET", "/a/z", "refused by main"),
        ("HEAD", "/a/z", "refused by main"),
        ("BREW", "/z", ""),
    ] {
        assert_eq!(said(find(&rules, method, path)), expected, "{method} {path}");
    }
}

#[test]
fn what_is_unmatched() {
    for (unmatched, expected) in [("refuse", "refused by main"), ("authenticated", ""), ("public", "public")] {
        let keys = format!("prefix = \"/v1\"\nunmatched = \"{unmatched}\"");
        let rules = load(&[("x.toml", &file(&keys, &["/v1/a"]))]).unwrap();
        for (path, expected) in [
            ("/v1/a", "/v1/a"),
            ("/v1/b", expected),
            ("/v1", expected),
            ("/v1/", expected),
            ("/v2/a", "refused"),
            ("/", "refused"),
            ("/v1/..", "refused by main"),
            ("/v1//a", "refused by main"),
        ] {
            assert_eq!(said(find(&rules, "GET", path)), expected, "{unmatched} {path}");
        }
    }
}
