//! What an operator is told: every fault at once, each with file, line and mend.

use super::*;
use crate::dialect::document::SECTIONS;
use crate::dialect::schema::Document;

/// A dialect without fault, ten lines long.
const SOUND: &str = r#"[match]
paths = ["/token"]
[realm]
default = "main"
[credentials]
body = true
[success]
body = { access_token = "$access_token" }
[errors]
inherit = "oauth2"
"#;

/// The faults of a file `x.toml`, without its folder.
fn faults(text: &str) -> Vec<String> {
    let dir = tempfile::tempdir().unwrap();
    std::fs::write(dir.path().join("x.toml"), text).unwrap();
    let folder = format!("{}/", dir.path().display());
    match Dialects::load(Some(dir.path())) {
        Ok(_) => Vec::new(),
        Err(faults) => faults.iter().map(|fault| fault.to_string().replace(&folder, "")).collect(),
    }
}

/// The one fault of the sound dialect with a line replaced.
fn fault_with(line: &str, replacement: &str) -> String {
    assert!(SOUND.contains(line), "{line}");
    let mut faults = faults(&SOUND.replacen(line, replacement, 1));
    assert_eq!(faults.len(), 1, "{replacement}: {faults:#?}");
    faults.remove(0)
}

#[test]
fn a_sound_dialect_has_none() {
    assert_eq!(faults(SOUND), [""; 0]);
}

#[test]
fn every_fault_at_once() {
    let text = r#"
[match]
path = ["/token"]
[realm]
source = "cookie"
[body]
accept = "form"
[success]
status = "ok"
[errors]
inherit = "oauth2"
[errors.bad_credential]
status = 401
[errors.server_error]
statuss = 500
[token]
ttl = { client_credentials = -1 }
[sucess.body]
token = "x"
[zzz]
"#;
    assert_eq!(
        faults(text),
        [
            "x.toml:3: unknown field `path`; did you mean `paths`?",
            "x.toml:5: unknown variant `cookie`; expected one of `fixed`, `query`, `path`, `host`",
            "x.toml:7: invalid type: string \"form\"; expected a sequence",
            "x.toml:9: invalid type: string \"ok\"; expected u16",
            "x.toml:12: unknown kind of error `bad_credential`; did you mean `bad_credentials`?",
            "x.toml:15: unknown field `statuss`; did you mean `status`?",
            "x.toml:17: invalid value: integer `-1`; expected u32",
            "x.toml:18: unknown section `sucess`; did you mean `success`?",
            "x.toml:20: unknown section `zzz`; use one of: match, realm, body, aliases, credentials, grants, params, scope, mfa, token, \
             headers, success, errors, limits, trace, test, resource",
        ]
    );
}

#[test]
fn broken_toml() {
    let text = "[match\npaths = [\"/a\"\n";
    let faults = faults(text);
    assert!(faults[0].starts_with("x.toml:1: "), "{faults:?}");
}

#[test]
fn templates() {
    for (template, expected) in [
        ("$acces_token", "x.toml:8: `$acces_token` is no placeholder; did you mean `$access_token`?"),
        (
            "$hint",
            "x.toml:8: `$hint` has no value in the body of a success; use one of: $realm, $issuer, $subject.id, $client.id, \
          $client.name, $client.requires_mfa, $institution.id, $institution.name, $user.id, $user.email, $user.name, $user.roles, \
          $scope, $scopes, $audience, $access_token, $expires_in, $expires_at, $issued_token_type, $request_id",
        ),
        ("costs $", "x.toml:8: a `$` without a name; write `$$` for a dollar, `$name` or `${name}` for a value"),
        ("${realm", "x.toml:8: a `$` without a name; write `$$` for a dollar, `$name` or `${name}` for a value"),
    ] {
        assert_eq!(fault_with("$access_token", template), expected);
    }
    assert_eq!(
        fault_with("{ access_token = \"$access_token\" }", "\"$access_token\""),
        "x.toml:8: a template must be a table; write `{ name = \"$value\" }`"
    );
    for (value, expected) in [
        ("{ \"$x\" = 1 }", "x.toml:8: a field's name cannot begin with `$`; write a plain name"),
        ("{ day = 2026-01-01 }", "x.toml:8: a date has no place here; quote it"),
    ] {
        assert_eq!(fault_with("{ access_token = \"$access_token\" }", value), expected);
    }
    assert_eq!(
        fault_with("{ access_token = \"$access_token\" }", "{ share = 1.5 }"),
        "x.toml:8: invalid type: floating point `1.5`; expected a string, an integer, a boolean, a list or a table"
    );
}

#[test]
fn tokens_and_handles_stay_out_of_headers() {
    for (headers, placeholder, place) in [
        ("[headers]", "access_token", "a header of every answer"),
        ("[success.headers]", "access_token", "a header of a success"),
        ("[errors.mfa_required.headers]", "mfa_token", "a header of an error"),
    ] {
        let status = if headers.contains("errors") { "[errors.mfa_required]\nstatus = 403\n" } else { "" };
        let faults = faults(&format!("{SOUND}{status}{headers}\nx-token = \"${placeholder}\"\n"));
        assert_eq!(faults.len(), 1);
        assert!(faults[0].contains(&format!("`${placeholder}` has no value in {place}; ")), "{faults:?}");
    }
}

#[test]
fn claims() {
    for claim in ["iss", "jti", "iat", "exp"] {
        assert_eq!(
            faults(&format!("{SOUND}[token.claims]\nsub = \"$user.email\"\n{claim} = \"x\"\n")),
            [format!("x.toml:13: the claim `{claim}` is the engine's own; leave it out")]
        );
    }
    let misplaced = faults(&format!("{SOUND}[token]\nclaims = {{ sid = \"$request_id\" }}\n"));
    assert!(misplaced[0].starts_with("x.toml:12: `$request_id` has no value in claims; use one of: $realm"), "{misplaced:?}");
}

#[test]
fn headers() {
    let with = |line: &str| faults(&format!("{SOUND}[headers]\n{line}\n"));
    assert_eq!(
        with("Cache-Control = \"private\""),
        ["x.toml:12: tokens could be stored by a cache; keep `no-store` in Cache-Control"]
    );
    assert_eq!(with("Cache-Control = \"max-age=0, no-store\""), [""; 0]);
    for name in ["Pragma", "content-type", "WWW-Authenticate", "Retry-After", "X-Content-Type-Options"] {
        assert_eq!(
            with(&format!("{name} = \"x\"")),
            [format!(
                "x.toml:12: the header `{name}` is the server's own; leave it out: `content_type`, `challenge` and `negotiate` are the \
                 knobs, the rest comes by itself"
            )]
        );
    }
    assert_eq!(with("\"a b\" = \"x\""), ["x.toml:12: `a b` is no header name; write letters, digits and hyphens"]);
    assert_eq!(with("x-a = \"a\\nb\""), ["x.toml:12: a header cannot hold this text; leave out control characters"]);
}

#[test]
fn routes_and_realms() {
    assert_eq!(
        fault_with("paths = [\"/token\"]", "paths = []"),
        "x.toml:1: the dialect answers on no path; write `paths = [\"/oauth2/token\"]` under [match]"
    );
    for path in ["token", "/a?b", "/a b", "/{tenant}"] {
        let expected = format!("x.toml:2: `{path}` is no path; begin with `/`, leave out query and fragment");
        assert_eq!(fault_with("/token", path), expected);
    }
    for path in ["/x{realm}/y", "/{realm}x", "/{realm}/{realm}"] {
        let expected =
            format!("x.toml:2: `{path}` does not give the realm one segment; write it as in `/realms/{{realm}}/oauth2/token`");
        assert_eq!(fault_with("/token", path), expected);
    }
    assert_eq!(
        fault_with("/token", "/{realm}/token"),
        "x.toml:2: the path names a realm that nobody reads; write `source = \"path\"` under [realm]"
    );
    assert_eq!(
        fault_with("default = \"main\"", "source = \"path\""),
        "x.toml:4: no path names the realm; put a segment `{realm}` into one of the paths under [match]"
    );
    assert_eq!(
        fault_with("default = \"main\"", ""),
        "x.toml:1: a fixed realm needs a name; write `default = \"name\"` under [realm]"
    );
    assert_eq!(
        fault_with("default = \"main\"", "default = \"a/b\""),
        "x.toml:4: `a/b` is no realm name; write letters, digits, `-`, `_` and `.`"
    );
    assert_eq!(
        fault_with("default = \"main\"", "source = \"query\"\nparam = \"scope\""),
        "x.toml:4: `scope` is a parameter of OAuth; give the realm's parameter another name"
    );
    assert_eq!(
        fault_with("[match]", "[match]\nhosts = [\"https://a.example\"]"),
        "x.toml:2: `https://a.example` is no host; write a name such as `api.example.com`, without scheme, port and path"
    );
}

#[test]
fn credentials_and_grants() {
    assert_eq!(
        fault_with("body = true", "body = false\n[grants]\nallowed = [\"client_credentials\"]"),
        "x.toml:8: clients have no way to present credentials; offer `body`, `basic` or `header` under [credentials]"
    );
    assert_eq!(
        fault_with("body = true", "header = { names = [\"Authorization\"], scheme = \"A B\" }"),
        "x.toml:6: `A B` is no scheme; write one word, such as `LC-API2`"
    );
    assert_eq!(
        fault_with("body = true", "body = true\n[grants]\nallowed = []"),
        "x.toml:8: no grant is allowed; write `allowed = [\"client_credentials\"]` under [grants]"
    );
    assert_eq!(
        fault_with("body = true", "body = true\n[grants]\npassword_client = \"accounts\""),
        "x.toml:8: accounts cannot sign in here; add \"password\" to `allowed`, or leave `password_client` out"
    );
    assert_eq!(
        fault_with("body = true", "body = true\n[body]\naccept = []"),
        "x.toml:1: no body format is accepted; write `accept = [\"form\"]` under [body]"
    );
    for (aliases, expected) in [
        (
            "scope = \"client_id\"",
            "x.toml:8: `client_id` means `client_id` as well as `scope`; give each parameter a name of its own",
        ),
        ("user_name = \"n\"", "x.toml:8: unknown variant `user_name`; did you mean `username`?"),
    ] {
        assert_eq!(fault_with("body = true", &format!("body = true\n[aliases]\n{aliases}")), expected);
    }
}

#[test]
fn tokens_scopes_and_limits() {
    let with = |lines: &str| fault_with("[errors]", &format!("{lines}\n[errors]"));
    assert_eq!(with("[token]\nttl = { client_credentials = 0 }"), "x.toml:10: a token must live; write at least 1 second");
    assert_eq!(
        with("[token]\nttl = { password = 60 }"),
        "x.toml:10: the grant `password` is not allowed here; leave its time out, or allow it under [grants]"
    );
    assert_eq!(
        with("[scope]\ndefault = []\nwhen_omitted = \"default\""),
        "x.toml:10: the default list of scopes is empty; write `default = [\"scope\"]` under [scope]"
    );
    assert_eq!(
        with("[scope]\ndefault = [\"a\"]"),
        "x.toml:10: the default list of scopes is never used; write `when_omitted = \"default\"`"
    );
    assert_eq!(
        with("[limits]\nrate = \"10/d\""),
        "x.toml:10: `10/d` is not a rate: write a count and a unit, such as `10/s`, `100/m` or `5000/h`; see the commented files in config"
    );
    assert_eq!(
        with("[test]\npath = \"/test\"\nmethod = \"FETCH\""),
        "x.toml:11: `FETCH` is no method; write GET, HEAD, OPTIONS, POST, PUT, PATCH or DELETE"
    );
}

#[test]
fn answers() {
    assert_eq!(
        fault_with("[success]", "[success]\nstatus = 302"),
        "x.toml:8: 302 is no status for this answer; write one from 200 to 299"
    );
    assert_eq!(
        fault_with("body = { access_token = \"$access_token\" }", ""),
        "x.toml:1: a success has no body; write [success.body] with `access_token = \"$access_token\"`"
    );
    assert_eq!(
        faults(&format!("{SOUND}[errors.server_error]\nstatus = 200\nchallenge_when = \"always\"\n")),
        [
            "x.toml:12: 200 is no status for this answer; write one from 400 to 599",
            "x.toml:13: `challenge_when` without a challenge; write `challenge = 'Basic realm=\"$realm\"'`",
        ]
    );
}

#[test]
fn inheritance() {
    assert_eq!(
        fault_with("inherit = \"oauth2\"", "inherit = \"oauth\""),
        "x.toml:10: there is no dialect `oauth` to inherit from; did you mean `oauth2`?"
    );
    assert_eq!(
        fault_with("inherit = \"oauth2\"", "inherit = \"x\""),
        "x.toml:10: the dialect inherits from itself: x; let the chain end in `oauth2`"
    );
    let unmapped = fault_with("inherit = \"oauth2\"", "[errors.server_error]\nstatus = 500");
    assert!(unmapped.starts_with("x.toml:1: no answer for these errors: malformed_body, body_too_large, "), "{unmapped}");
    assert!(unmapped.ends_with("user_blocked; map them under [errors], or write `inherit = \"oauth2\"` there"), "{unmapped}");
    assert!(!unmapped.contains("server_error,"), "{unmapped}");
}

#[test]
fn the_schema_knows_every_section() {
    let schema = schemars::schema_for!(Document);
    let described: std::collections::BTreeSet<_> =
        schema.get("properties").unwrap().as_object().unwrap().keys().cloned().collect();
    assert_eq!(described, SECTIONS.iter().map(ToString::to_string).collect());
}
