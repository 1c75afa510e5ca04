//! The knobs that no shipped dialect turns this way.

use super::*;
use crate::dialect::Endpoint;
use crate::model::GrantRequest;

/// Accounts through client credentials, the realm in the host, a required audience, Basic as the RFC wants it.
const UNUSUAL: &str = r#"
[match]
paths = ["/unusual"]

[realm]
source = "host"
default = "fallback"
required = true

[body]
accept = ["form", "json"]
max_bytes = 200

[aliases]
otp = "passcode"

[credentials]
basic = "form"

[grants]
allowed = ["password", "client_credentials"]

[params]
audience = "required"

[scope]
echo = "if_different"

[mfa]
policy = "required"

[success]
status = 201
headers = { x-name = "<$client.name>", x-roles = "$user.roles", x-user = "$user.id" }

[success.body]
token = "$access_token"
scope = "$scope"
scopes = "$scopes"
until = "$expires_at"
id = "$request_id"

[errors]
inherit = "loanstreet"

[errors.invalid_scope]
status = 400
headers = { x-hint = "$hint", x-param = "$param" }
"#;

fn with_unusual(test: impl FnOnce(&Dialect)) {
    let dir = tempfile::tempdir().unwrap();
    std::fs::write(dir.path().join("unusual.toml"), UNUSUAL).unwrap();
    let dialects = Dialects::load(Some(dir.path())).unwrap();
    let Some(Endpoint::Token(dialect)) = dialects.find("x", "/unusual") else { panic!("no such endpoint") };
    test(dialect);
}

fn basic(pair: &str, form: &str) -> Call {
    let call = Call { host_realm: Some("acme"), ..Call::new("/unusual") };
    call.header("authorization", &format!("Basic {}", base64(pair))).form(form)
}

#[test]
fn accounts_beside_client_credentials() {
    with_unusual(|dialect| {
        let form = "grant_type=password&username=jane&password=pw&passcode=123456&otp=ignored&audience=a";
        let request = basic("id:s", form).parse(dialect).unwrap();
        assert_eq!((request.realm.0.as_str(), readings(&request)), ("acme", vec![("id", "s")]));
        assert!(matches!(&request.grant, GrantRequest::Password { otp: Some(otp), .. } if otp.expose() == "123456"));
        let second = basic("id:s", "grant_type=password&mfa_token=h&passcode=1&resource=a").parse(dialect).unwrap();
        assert!(matches!(second.grant, GrantRequest::MfaOtp { .. }));
        let client = basic("id:s", "grant_type=client_credentials&audience=a").parse(dialect).unwrap();
        assert!(matches!(client.grant, GrantRequest::ClientCredentials));
        let incomplete = basic("id:s", "grant_type=password&username=jane").refusal(dialect);
        assert_eq!((incomplete.kind, incomplete.param), (ErrorKind::MissingParam, Some("password")));
    });
}

#[test]
fn what_is_required() {
    with_unusual(|dialect| {
        let no_audience = basic("id:s", "grant_type=client_credentials").refusal(dialect);
        assert_eq!((no_audience.kind, no_audience.param), (ErrorKind::MissingParam, Some("audience")));
        let no_host = Call { host_realm: None, ..basic("id:s", "grant_type=client_credentials") };
        assert_eq!(no_host.refusal(dialect).kind, ErrorKind::UnknownRealm);
        let too_large = basic("id:s", &"x".repeat(201)).refusal(dialect);
        assert_eq!(
            (too_large.kind, too_large.hint.as_deref()),
            (ErrorKind::BodyTooLarge, Some("the body is larger than 200 bytes"))
        );
    });
}

#[test]
fn a_grant_can_be_inferred_without_a_body_carrier() {
    let dir = tempfile::tempdir().unwrap();
    std::fs::write(dir.path().join("unusual.toml"), UNUSUAL.replace("[grants]", "[grants]\ninfer = true")).unwrap();
    let dialects = Dialects::load(Some(dir.path())).unwrap();
    let dialect = dialects.get("unusual").unwrap();
    let nothing = Call { host_realm: Some("acme"), ..Call::new("/unusual").form("audience=a") };
    assert_eq!(nothing.refusal(dialect).kind, ErrorKind::NoCredentials);
    let account = basic("id:s", "username=jane&password=pw&audience=a").parse(dialect).unwrap();
    assert_eq!(account.grant.kind(), GrantKind::Password);
    let client = basic("id:s", "audience=a").parse(dialect).unwrap();
    assert_eq!(client.grant.kind(), GrantKind::ClientCredentials);
}

#[test]
fn basic_in_form_encoding_only() {
    with_unusual(|dialect| {
        let request = basic("i%3Ad:a+b", "grant_type=client_credentials&audience=a").parse(dialect).unwrap();
        assert_eq!(readings(&request), [("i:d", "a b")]);
        let broken = basic("id:100%", "grant_type=client_credentials&audience=a").refusal(dialect);
        assert_eq!((broken.kind, broken.reason), (ErrorKind::BadCredentials, Some(Reason::Undecodable)));
    });
}

#[test]
fn audiences_in_json_are_a_list() {
    with_unusual(|dialect| {
        let mut call = basic("id:s", "");
        call.headers.insert("content-type", HeaderValue::from_static("application/json"));
        let request =
            call.clone().body(r#"{"grant_type":"client_credentials","audience":["a","b"],"resource":"c"}"#).parse(dialect);
        assert_eq!(request.unwrap().audience, ["a", "b", "c"]);
        let mixed = call.body(r#"{"grant_type":"client_credentials","audience":["a",1]}"#).refusal(dialect);
        assert_eq!(mixed.kind, ErrorKind::MalformedBody);
    });
}

#[test]
fn the_scope_is_told_when_it_differs() {
    with_unusual(|dialect| {
        let mut issued = issued("acme", "T", 60, "a b");
        let told = |issued: &Issued| text(&Call::new("/unusual").answer(dialect, Ok(issued))).to_owned();
        assert_eq!(told(&issued), format!(r#"{{"token":"T","until":1700000060,"id":"{REQUEST_ID}"}}"#));
        issued.scope_differs = true;
        let expected = format!(r#"{{"token":"T","scope":"a b","scopes":["a","b"],"until":1700000060,"id":"{REQUEST_ID}"}}"#);
        assert_eq!(told(&issued), expected);
    });
}

#[test]
fn no_value_breaks_out_of_a_header() {
    with_unusual(|dialect| {
        let mut issued = issued_to_user("acme", "T");
        std::sync::Arc::make_mut(&mut issued.facts.client).name = "A\"\r\nSet-Cookie: x\\é".into();
        issued.facts.user.as_mut().unwrap().roles.push("\n\"".into());
        let response = Call::new("/unusual").answer(dialect, Ok(&issued));
        assert_eq!(response.status(), 201);
        assert_eq!(header(&response, "x-name"), Some("<A???Set-Cookie: x??>"));
        assert_eq!(header(&response, "x-roles"), Some("EXTERNAL API ADMIN LOANST_SUPPORT ??"));
        issued.facts.user = None;
        let response = Call::new("/unusual").answer(dialect, Ok(&issued));
        assert_eq!((header(&response, "x-user"), header(&response, "x-roles")), (None, None));
    });
}

#[test]
fn errors_are_inherited_over_two_steps() {
    with_unusual(|dialect| {
        let answer = |error: OAuthError| Call::new("/unusual").answer(dialect, Err(&error));
        assert_eq!(
            text(&answer(error(ErrorKind::BadCredentials))),
            r#"{"error":"access_denied","error_description":"Unauthorized"}"#
        );
        assert_eq!(text(&answer(error(ErrorKind::ServerError))), r#"{"error":"server_error"}"#);
        let own = answer(error(ErrorKind::InvalidScope).hint("too much").param("otp"));
        assert_eq!((text(&own), header(&own, "x-hint"), header(&own, "x-param")), ("", Some("too much"), Some("passcode")));
        // The limit that the inherited text names is this dialect's, and it has none.
        assert_eq!(text(&answer(error(ErrorKind::RateLimited))), "{}");
    });
}
