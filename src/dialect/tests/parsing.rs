//! The edge cases of bodies, realms, grants and scopes, by their numbers in the contracts.

use super::*;
use crate::model::GrantRequest;

#[test]
fn case_02_a_declared_type_is_believed() {
    refused_as(&loanstreet().form(ACCOUNT), "loanstreet", ErrorKind::WrongContentType);
    refused_as(&loanstreet().header("content-type", "text/plain").body(ACCOUNT), "loanstreet", ErrorKind::WrongContentType);
    refused_as(&loanstreet().json(SERVICE).header("content-type", "application/json"), "loanstreet", ErrorKind::WrongContentType);
    refused_as(&loanstreet(), "loanstreet", ErrorKind::WrongContentType);
}

#[test]
fn case_08_values_must_be_strings() {
    for value in ["12345", "null", "true", "[\"x\"]", "{}"] {
        let error = loanstreet().json(&format!(r#"{{"email":"a","password":{value}}}"#)).refusal(dialect("loanstreet"));
        assert_eq!(error.kind, ErrorKind::MalformedBody);
        assert_eq!(error.hint.as_deref(), Some("the parameter `password` must be a string"));
    }
}

#[test]
fn case_10_lendingclub_broken_json_from_the_page() {
    let call = Call::new("/auth/oauth/v2/token").json(r#"{"grant_type":"client_credentials")"#);
    let error = call.refusal(dialect("lendingclub"));
    assert_eq!(error.kind, ErrorKind::MalformedBody);
    assert_eq!(error.hint.as_deref(), Some("the body is no JSON object: line 1, column 35"));
    for body in [r#"{"grant_type": 'client_credentials'}"#, "", "[]", "\"hunter2\"", r#"{"grant_type":"client_credentials"} x"#] {
        let error = Call::new("/auth/oauth/v2/token").json(body).refusal(dialect("lendingclub"));
        assert_eq!(error.kind, ErrorKind::MalformedBody, "{body}");
        assert!(!format!("{error:?}").contains("hunter2"), "a refusal does not quote the body");
    }
}

#[test]
fn case_20_the_realm_in_the_query() {
    let realm_of = |query: &str| {
        let call = with_lc(&format!("LC-API2 {PAGE_SAMPLE}")).query(query);
        call.parse(dialect("lendingclub")).map(|request| request.realm.0).map_err(|error| error.kind)
    };
    assert_eq!(realm_of(""), Ok("lc".into()));
    assert_eq!(realm_of("utm_source=x"), Ok("lc".into()));
    // Whether it exists is the engine's matter: it compares case and all.
    assert_eq!(realm_of("realm=LC"), Ok("LC".into()));
    for query in ["realm=lc&realm=lc", "realm=", "realm", "realm=l%20c", "realm=..%2Fx", &format!("realm={}", "x".repeat(65))] {
        assert_eq!(realm_of(query), Err(ErrorKind::UnknownRealm), "{query}");
    }
}

#[test]
fn case_21_lendingclub_takes_forms() {
    let call = Call::new("/auth/oauth/v2/token").form("grant_type=client_credentials");
    let request = call.header("authorization", &format!("LC-API2 {PAGE_SAMPLE}")).parse(dialect("lendingclub")).unwrap();
    assert!(matches!(request.grant, GrantRequest::ClientCredentials));
}

#[test]
fn cases_22_and_23_content_types_of_crossriver() {
    const FORM: &str = "grant_type=client_credentials&client_id=acme&client_secret=s3cr3t";
    refused_as(&Call::new("/connect/token").json("{}"), "crossriver", ErrorKind::WrongContentType);
    refused_as(&Call::new("/connect/token").body(FORM), "crossriver", ErrorKind::WrongContentType);
    for (media_type, accepted) in [
        ("application/x-www-form-urlencoded; charset=UTF-8", true),
        ("APPLICATION/X-WWW-FORM-URLENCODED", true),
        ("application/x-www-form- urlencoded", false),
        ("multipart/form-data", false),
    ] {
        let call = Call::new("/connect/token").header("content-type", media_type).body(FORM);
        assert_eq!(call.parse(dialect("crossriver")).is_ok(), accepted, "{media_type}");
    }
}

#[test]
fn case_24_repeated_parameters() {
    let error =
        crossriver("grant_type=client_credentials&client_id=acme&client_id=acme&client_secret=x").refusal(dialect("crossriver"));
    assert_eq!((error.kind, error.hint.as_deref()), (ErrorKind::DuplicateParam, Some("the parameter `client_id` is repeated")));
    refused_as(
        &crossriver("x=1&x=1&grant_type=client_credentials&client_id=a&client_secret=b"),
        "crossriver",
        ErrorKind::DuplicateParam,
    );
    refused_as(&crossriver("client_id=&client_id=a&client_secret=b"), "crossriver", ErrorKind::DuplicateParam);
    let audiences = "audience=a&audience=b&resource=c&resource=d&grant_type=client_credentials&client_id=a&client_secret=b";
    assert_eq!(crossriver(audiences).parse(dialect("crossriver")).unwrap().audience, ["a", "b", "c", "d"]);
}

#[test]
fn cases_25_and_26_scopes() {
    let scope = |text: &str| {
        let form = format!("grant_type=client_credentials&client_id=a&client_secret=b&scope={text}");
        crossriver(&form)
            .parse(dialect("crossriver"))
            .map(|request| request.scope.map(|scope| scope.to_string()))
            .map_err(|error| error.kind)
    };
    assert_eq!(scope("a+b"), Ok(Some("a b".into())));
    assert_eq!(scope("a%20b+a"), Ok(Some("a b".into())));
    assert_eq!(scope("a,b"), Ok(Some("a,b".into())));
    assert_eq!(scope(""), Ok(None));
    assert_eq!(scope("++%20"), Ok(None));
    for illegal in ["a%09b", "a%22", "a%5C", "%C3%A9"] {
        assert_eq!(scope(illegal), Err(ErrorKind::InvalidScope), "{illegal}");
    }
}

#[test]
fn case_27_forms_are_decoded_once_and_strictly() {
    let request = crossriver("grant_type=client_credentials&client_id=acme&client_secret=a%26b%2Bc%2525+d&")
        .parse(dialect("crossriver"))
        .unwrap();
    assert_eq!(readings(&request), [("acme", "a&b+c%25 d")]);
    for broken in ["a=%", "a=%4", "a=%zz", "%=1", "a=%FF", "client_id=%00"] {
        refused_as(&crossriver(broken), "crossriver", ErrorKind::MalformedBody);
    }
}

#[test]
fn case_31_scope_of_4097_characters() {
    let call = |length: usize| {
        let call = Call::new("/core/oauth2/token").form(&format!("grant_type=client_credentials&scope={}", "x".repeat(length)));
        call.header("authorization", &format!("Basic {}", base64("id:secret")))
    };
    call(4096).parse(dialect("uphold")).unwrap();
    refused_as(&call(4097), "uphold", ErrorKind::ScopeTooLong);
}

#[test]
fn case_32_only_post() {
    for method in [Method::GET, Method::HEAD, Method::PUT, Method::OPTIONS] {
        for name in ["oauth2", "loanstreet", "lendingclub", "crossriver", "uphold"] {
            refused_as(&Call { method: method.clone(), ..Call::new("/x") }, name, ErrorKind::WrongMethod);
        }
    }
}

#[test]
fn case_33_nothing_of_oauth_in_the_query() {
    let form = "grant_type=client_credentials&client_id=acme&client_secret=s3cr3t";
    for query in ["client_secret=s3cr3t", "client_id=a", "grant%5Ftype=x", "scope=a", "a=b&password=x", "x=%zz"] {
        refused_as(&crossriver(form).query(query), "crossriver", ErrorKind::QueryParam);
    }
    crossriver(form).query("utm_source=x&realm=y").parse(dialect("crossriver")).unwrap();
    let renamed = loanstreet().json(SERVICE).query("email=jane");
    refused_as(&renamed, "loanstreet", ErrorKind::QueryParam);
}

#[test]
fn case_34_bodies_that_are_not_read() {
    refused_as(&crossriver(&"x".repeat(64 * 1024 + 1)), "crossriver", ErrorKind::BodyTooLarge);
    refused_as(&loanstreet().body(b"{\"email\":\"\xff\"}"), "loanstreet", ErrorKind::MalformedBody);
    refused_as(&loanstreet().json(r#"{"a":1,"a":2}"#), "loanstreet", ErrorKind::DuplicateParam);
    refused_as(&loanstreet().json(r#"{"email":"a","email":"a"}"#), "loanstreet", ErrorKind::DuplicateParam);
    let deep = format!(r#"{{"a":{}{}}}"#, "[".repeat(10_000), "]".repeat(10_000));
    refused_as(&loanstreet().json(&deep), "loanstreet", ErrorKind::MalformedBody);
    refused_as(&loanstreet().json(r#"{"email":"a\u0000"}"#), "loanstreet", ErrorKind::MalformedBody);
    refused_as(&loanstreet().json(SERVICE).header("content-encoding", "gzip"), "loanstreet", ErrorKind::UnsupportedEncoding);
    loanstreet().json(SERVICE).header("content-encoding", "Identity").parse(dialect("loanstreet")).unwrap();
}

#[test]
fn case_36_unknown_parameters_are_ignored() {
    let json = r#"{"email":"a","password":"b","remember":true,"device":{"id":[1]}}"#;
    loanstreet().json(json).parse(dialect("loanstreet")).unwrap();
    crossriver("grant_type=client_credentials&client_id=a&client_secret=b&foo=bar&baz").parse(dialect("crossriver")).unwrap();
}

#[test]
fn case_37_grant_type() {
    for (grant_type, expected) in [
        ("grant_type=Client_Credentials", ErrorKind::UnsupportedGrant),
        ("grant_type=refresh_token", ErrorKind::UnsupportedGrant),
        ("grant_type=password&username=a&password=b", ErrorKind::UnsupportedGrant),
        ("grant_type=", ErrorKind::MissingGrantType),
        ("x=y", ErrorKind::MissingGrantType),
    ] {
        refused_as(&crossriver(&format!("{grant_type}&client_id=a&client_secret=b")), "crossriver", expected);
        let oauth2 = Call::new("/oauth2/token").form(&format!("{grant_type}&client_id=a&client_secret=b"));
        refused_as(&oauth2, "oauth2", expected);
    }
}

#[test]
fn the_order_of_refusals() {
    let mut call = Call::new("/oauth2/token").query("client_secret=x&%zz").header("content-encoding", "gzip");
    call.method = Method::GET;
    refused_as(&call, "oauth2", ErrorKind::WrongMethod);
    call.method = Method::POST;
    refused_as(&call, "oauth2", ErrorKind::UnsupportedEncoding);
    call.headers.clear();
    refused_as(&call, "oauth2", ErrorKind::WrongContentType);
    let mut call = call.form("a=1&a=1");
    refused_as(&call, "oauth2", ErrorKind::DuplicateParam);
    call.body = b"scope=%22&audience=x".to_vec();
    refused_as(&call, "oauth2", ErrorKind::QueryParam);
    call.query = None;
    refused_as(&call, "oauth2", ErrorKind::NoCredentials);
    let call = call.header("authorization", &format!("Basic {}", base64("id:secret")));
    refused_as(&call, "oauth2", ErrorKind::MissingGrantType);
    refused_as(&call.body("scope=%22&grant_type=client_credentials"), "oauth2", ErrorKind::InvalidScope);
}

#[test]
fn oauth2_takes_the_realm_from_path_host_or_default() {
    let form = "grant_type=client_credentials&client_id=a&client_secret=b";
    let realm_of = |path: &'static str, host_realm| {
        let call = Call { host_realm, ..Call::new(path).form(form) };
        call.parse(dialect("oauth2")).map(|request| request.realm.0).map_err(|error| error.kind)
    };
    assert_eq!(realm_of("/oauth2/token", None), Ok("main".into()));
    assert_eq!(realm_of("/oauth2/token", Some("acme")), Ok("acme".into()));
    assert_eq!(realm_of("/realms/lc/oauth2/token", Some("acme")), Ok("lc".into()));
    assert_eq!(realm_of("/realms/l%63/oauth2/token", None), Err(ErrorKind::UnknownRealm));
}

#[test]
fn a_dialect_may_ignore_audiences() {
    let call = with_lc(&format!("LC-API2 {PAGE_SAMPLE}")).body(r#"{"grant_type":"client_credentials","audience":["a","b"]}"#);
    assert!(call.parse(dialect("lendingclub")).unwrap().audience.is_empty());
}
