//! What an operator is told: every fault at once, each with file, line and mend.

use super::*;

/// A resource file without fault.
const SOUND: &str = r#"realm = "main"
dialect = "uphold"
audience = "https://api.example.com"
hosts = ["api.example.com"]
prefix = "/v1"
unmatched = "authenticated"
[[routes]]
methods = ["GET"]
path = "/v1/a/{id}"
scopes = ["read"]
"#;

fn faults(files: &[(&str, &str)]) -> Vec<String> {
    load(files).err().unwrap_or_default()
}

/// The one fault of the sound file with a line replaced.
fn fault_with(line: &str, replacement: &str) -> String {
    assert!(SOUND.contains(line), "{line}");
    let mut faults = faults(&[("x.toml", &SOUND.replacen(line, replacement, 1))]);
    assert_eq!(faults.len(), 1, "{replacement}: {faults:#?}");
    faults.remove(0)
}

#[test]
fn a_sound_file_has_none() {
    assert_eq!(faults(&[("x.toml", SOUND)]), [""; 0]);
}

#[test]
fn one_fault_of_a_file() {
    for (line, replacement, expected) in [
        ("realm = \"main\"", "", "1: `realm` is missing; write whose tokens are asked for: `realm = \"main\"`"),
        ("realm = \"main\"", "\nrealm = \"a/b\"", "2: `a/b` is no realm name; write letters, digits, `-`, `_` and `.`"),
        ("realm = \"main\"", "realm = 7", "1: invalid type: integer `7`; expected a string"),
        ("uphold", "upheld", "2: there is no dialect `upheld` to refuse in; did you mean `uphold`?"),
        (
            "https://api.example.com",
            " ",
            "3: `audience` is missing; write which API this is: `audience = \"https://api.example.com\"`",
        ),
        ("audience", "audiences", "3: unknown key `audiences`; did you mean `audience`?"),
        (
            "\"api.example.com\"]",
            "\"api.example.com:443\"]",
            "4: `api.example.com:443` is no host; write a name such as `api.example.com`, without scheme, port and path",
        ),
        (
            "\"api.example.com\"]",
            "\"api.example.com.\"]",
            "4: `api.example.com.` is no host; write a name such as `api.example.com`, without scheme, port and path",
        ),
        ("hosts = [\"api.example.com\"]", "hosts = \"a\"", "4: invalid type: string \"a\"; expected a sequence"),
        ("\"authenticated\"", "\"open\"", "6: unknown variant `open`; expected one of `refuse`, `authenticated`, `public`"),
        ("[[routes]]", "[routes]", "7: `routes` must be a list of tables; write `[[routes]]` above each of them"),
        ("/v1\"", "/{v}\"", "5: `/{v}` is no prefix; begin with `/`, write literal segments, end without `/`"),
    ] {
        assert_eq!(fault_with(line, replacement), format!("x.toml:{expected}"), "{replacement}");
    }
}

#[test]
fn one_fault_of_a_route() {
    const NEED: &str = "write either `scopes = [...]` (empty for any good token) or `public = true`";
    for (line, replacement, expected) in [
        ("methods =", "method =", "8: unknown field `method`; did you mean `methods`?"),
        ("\"GET\"", "\"get\"", "8: `get` is no method; write GET, HEAD, OPTIONS, POST, PUT, PATCH or DELETE"),
        ("[\"GET\"]", "[]", "8: the route is for no method; leave `methods` out for any"),
        ("path = \"/v1/a/{id}\"", "", "7: `path` is missing; write it"),
        ("/v1/a/{id}", "/v2/a", "9: `/v2/a` does not lie below the prefix `/v1`; write the whole path, or a shorter `prefix`"),
        ("/v1/a/{id}", "/{v}/a", "9: `/{v}/a` does not lie below the prefix `/v1`; write the whole path, or a shorter `prefix`"),
        ("/v1/a/{id}", "/v1x", "9: `/v1x` does not lie below the prefix `/v1`; write the whole path, or a shorter `prefix`"),
        (
            "\"read\"",
            "\"read write\"",
            "10: `read write` is no scope: printable ASCII without blanks, quotes and backslashes; write each scope as a text of its own",
        ),
        ("scopes = [\"read\"]", "", &format!("9: the route does not say what it needs; {NEED}")),
        ("scopes", "public = true\nscopes", &format!("10: the route is public and asks for scopes; {NEED}")),
        ("scopes = [\"read\"]", "public = false", &format!("10: `public = false` does not say what is needed; {NEED}")),
        ("scopes = [\"read\"]", "public = \"yes\"", "10: invalid type: string \"yes\"; expected a boolean"),
    ] {
        assert_eq!(fault_with(line, replacement), format!("x.toml:{expected}"), "{replacement}");
    }
}

#[test]
fn no_paths() {
    for path in [
        "",
        "v1",
        "/v1/",
        "/v1//a",
        "/v1/./a",
        "/v1/../a",
        "/v1/%61",
        "/v1/a?b",
        "/v1/a#b",
        "/v1/a;b",
        "/v1/a b",
        "/v1/ä",
        "/v1/{}",
        "/v1/{a",
        "/v1/a}",
        "/v1/x{a}",
        "/v1/{a}x",
        "/v1/{a}{b}",
        "/v1/{a-b}",
        "/v1/*",
        "/v1/a*",
        "/v1/***",
        "/v1/**/a",
        "/v1/**/**",
        "/v1/a\\\\b",
        "/v1/\\n",
    ] {
        let shown = path.replace("\\\\", "\\").replace("\\n", "\n");
        let mend = "begin with `/`; a segment is plain ASCII as it reads decoded, `{name}`, or at the end `**`";
        assert_eq!(fault_with("/v1/a/{id}", path), format!("x.toml:9: `{shown}` is no path; {mend}"));
    }
}

#[test]
fn every_fault_at_once() {
    let text = "dialect = \"x\"\nhosts = [\"a b\"]\nprefix = \"v1\"\n[[routes]]\nmethods = [\"FETCH\"]\npath = \"a\"\nscopes = [\"a b\", \"\"]\n\
        [[routes]]\npath = \"/b\"\n";
    let said = faults(&[("bad.toml", text), ("form.toml", "[[routes]]\nx = 1\n[[routes]]\ny = 1\n[z]\n"), ("sound.toml", SOUND)]);
    let places: Vec<_> = said.iter().map(|fault| fault.split(';').next().unwrap()).collect();
    assert_eq!(
        places,
        [
            "bad.toml:1: `realm` is missing",
            "bad.toml:1: `audience` is missing",
            "bad.toml:1: there is no dialect `x` to refuse in",
            "bad.toml:2: `a b` is no host",
            "bad.toml:3: `v1` is no prefix",
            "bad.toml:5: `FETCH` is no method",
            "bad.toml:6: `a` is no path",
            "bad.toml:7: `a b` is no scope: printable ASCII without blanks, quotes and backslashes",
            "bad.toml:7: `` is no scope: printable ASCII without blanks, quotes and backslashes",
            "bad.toml:9: the route does not say what it needs",
            "form.toml:2: unknown field `x`",
            "form.toml:4: unknown field `y`",
            "form.toml:5: unknown key `z`",
        ]
    );
}

#[test]
fn an_empty_file_and_one_that_is_no_toml() {
    assert_eq!(
        faults(&[("x.toml", "")]),
        [
            "x.toml:1: `realm` is missing; write whose tokens are asked for: `realm = \"main\"`",
            "x.toml:1: `audience` is missing; write which API this is: `audience = \"https://api.example.com\"`",
            "x.toml:1: everything is refused: there are no routes; write `[[routes]]`, or another `unmatched`",
        ]
    );
    assert!(faults(&[("x.toml", "realm = \"a\n")])[0].starts_with("x.toml:1: "));
    let missing = Rules::load(Some(std::path::Path::new("no/such/directory")), &DIALECTS).unwrap_err();
    assert_eq!(
        missing.iter().map(ToString::to_string).collect::<Vec<_>>(),
        [
            "no/such/directory:1: cannot be read: No such file or directory (os error 2); give a directory of resource files that the \
             server may read"
        ]
    );
}

#[test]
fn one_rule_a_method_and_path() {
    let with = |methods: &str, path: &str| {
        let text = format!("{SOUND}[[routes]]\n{methods}\npath = \"{path}\"\nscopes = []\n");
        faults(&[("x.toml", &text)])
    };
    let fault = |method: &str| {
        let mend = "give each method of a path one rule; the names in braces make no difference";
        [format!("x.toml:13: `/v1/a/{{other}}` has a rule for {method} already; {mend}")]
    };
    for (methods, expected) in [
        ("", fault("GET")),
        ("methods = [\"GET\"]", fault("GET")),
        ("methods = [\"POST\", \"GET\"]", fault("GET")),
        ("methods = [\"HEAD\"]", fault("HEAD")),
    ] {
        assert_eq!(with(methods, "/v1/a/{other}"), expected, "{methods}");
    }
    assert_eq!(with("methods = [\"POST\"]", "/v1/a/{other}"), [""; 0]);
    assert_eq!(with("", "/v1/a/**"), [""; 0]);
    let twice = file("", &["/a", "/a"]);
    assert!(faults(&[("x.toml", &twice)])[0].starts_with("x.toml:8: `/a` has a rule for every method already; "));
}

#[test]
fn files_in_each_others_way() {
    let (plain, deep) = (file("", &["/a", "/b/c", "/b/{x}", "/{x}/c", "/**"]), file("prefix = \"/b\"", &["/b/c"]));
    let below = |line: usize| format!("a.toml:{line}: what lies below `/b` is decided by b.toml; write the route there");
    assert_eq!(faults(&[("a.toml", &plain), ("b.toml", &deep)]), [below(8), below(11)]);
    let mend = "give one of them another `prefix` or other `hosts`, or make them one file";
    assert_eq!(faults(&[("a.toml", &deep), ("b.toml", &deep)]), [format!("b.toml:3: `/b` belongs to a.toml already; {mend}")]);
    let root = file("", &["/z"]);
    assert_eq!(faults(&[("a.toml", &root), ("b.toml", &root)]), [format!("b.toml:1: `/` belongs to a.toml already; {mend}")]);

    let named = |hosts: &str| file(&format!("hosts = {hosts}"), &["/z"]);
    assert_eq!(faults(&[("a.toml", &root), ("b.toml", &named("[\"x\"]")), ("c.toml", &named("[\"y\"]"))]), [""; 0]);
    assert_eq!(
        faults(&[("a.toml", &named("[\"x\", \"y\"]")), ("b.toml", &named("[\"Y\", \"z\"]"))]),
        [format!("b.toml:1: `/` belongs to a.toml already; {mend}")]
    );
}
