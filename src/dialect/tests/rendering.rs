//! What holds for the answers of every dialect, and those of RFC 6749 to the letter.

use super::*;

#[test]
fn oauth2_success() {
    let issued = issued("main", JWT, 3600, "read write");
    let response = Call::new("/oauth2/token").answer(dialect("oauth2"), Ok(&issued));
    assert_eq!(
        transcript(&response),
        "200 OK\n\
         content-type: application/json\n\
         content-length: 124\n\
         cache-control: no-store\n\
         pragma: no-cache\n\
         x-content-type-options: nosniff\n\n\
         {\"access_token\":\"eyJhbGciOiJSUzI1NiJ9.eyJzdWIiOiJhY21lIn0.SIG\",\"token_type\":\"Bearer\",\"expires_in\":3600,\"scope\":\"read write\"}"
    );
}

#[test]
fn oauth2_names_no_scope_where_there_is_none() {
    let issued = issued("main", JWT, 3600, "");
    let response = Call::new("/oauth2/token").answer(dialect("oauth2"), Ok(&issued));
    assert!(text(&response).ends_with("\"expires_in\":3600}"), "{}", text(&response));
}

#[test]
fn oauth2_bad_credentials() {
    let call = Call::new("/realms/acme/oauth2/token");
    let response = call.answer(dialect("oauth2"), Err(&error(ErrorKind::BadCredentials)));
    assert_eq!(
        transcript(&response),
        "401 Unauthorized\n\
         content-type: application/json\n\
         content-length: 77\n\
         cache-control: no-store\n\
         pragma: no-cache\n\
         x-content-type-options: nosniff\n\
         www-authenticate: Basic realm=\"acme\"\n\n\
         {\"error\":\"invalid_client\",\"error_description\":\"Client authentication failed\"}"
    );
}

#[test]
fn oauth2_tells_what_to_mend() {
    let response = Call::new("/oauth2/token").form("client_id=a&client_id=b").refused(dialect("oauth2"));
    assert_eq!(text(&response), r#"{"error":"invalid_request","error_description":"the parameter `client_id` is repeated"}"#);
    let response = refusal("oauth2", &error(ErrorKind::GrantNotAllowed));
    assert_eq!(text(&response), r#"{"error":"unauthorized_client"}"#, "a hint that is absent is left out");
}

#[test]
fn a_challenge_names_the_realm_that_was_asked_for() {
    let challenge = |query: &str| {
        let response = Call::new("/x").query(query).answer(dialect("lendingclub"), Err(&error(ErrorKind::BadCredentials)));
        header(&response, "www-authenticate").unwrap().to_owned()
    };
    assert_eq!(challenge("realm=other"), r#"LC-API2 realm="other""#);
    assert_eq!(challenge("realm=%22%0d%0aX"), r#"LC-API2 realm="lc""#);
}

#[test]
fn retry_after_is_whole_seconds_and_at_least_one() {
    for (error, expected) in [
        (rate_limited(Duration::ZERO), "1"),
        (rate_limited(Duration::from_millis(1001)), "2"),
        (rate_limited(Duration::from_secs(60)), "60"),
        (error(ErrorKind::RateLimited), "1"),
        (OAuthError::unavailable("pool", Duration::from_secs(3)), "3"),
    ] {
        for name in ["oauth2", "loanstreet", "lendingclub", "crossriver", "uphold"] {
            assert_eq!(header(&refusal(name, &error), "retry-after"), Some(expected), "{name}");
        }
    }
    let locked = OAuthError { retry_after: Some(Duration::from_secs(9)), ..error(ErrorKind::BadCredentials) };
    assert_eq!(header(&refusal("oauth2", &locked), "retry-after"), None, "a lock is not told");
}

#[test]
fn every_answer_of_every_dialect_is_safe_to_send() {
    for dialect in BUILT_IN.iter() {
        for kind in ErrorKind::ALL {
            let response = Call::new("/x").answer(dialect, Err(&error(*kind).hint("h")));
            assert!(response.status().is_client_error() || response.status().is_server_error(), "{} {kind}", dialect.name);
            assert!(header(&response, "cache-control").unwrap().contains("no-store"));
            assert_eq!(header(&response, "pragma"), Some("no-cache"));
            assert_eq!(header(&response, "x-content-type-options"), Some("nosniff"));
            assert_eq!(header(&response, "allow"), (*kind == ErrorKind::WrongMethod).then_some("POST"));
            assert!(response.body().is_empty() || serde_json::from_slice::<serde_json::Value>(response.body()).is_ok());
            assert_eq!(response.body().is_empty(), header(&response, "content-type").is_none());
            assert_eq!(header(&response, "content-length"), Some(response.body().len().to_string().as_str()));
        }
    }
}

#[test]
fn statuses_that_every_dialect_shares() {
    for (kind, status) in [
        (ErrorKind::WrongMethod, 405),
        (ErrorKind::BodyTooLarge, 413),
        (ErrorKind::UnsupportedEncoding, 415),
        (ErrorKind::RateLimited, 429),
        (ErrorKind::ServerError, 500),
        (ErrorKind::Unavailable, 503),
    ] {
        for dialect in BUILT_IN.iter() {
            assert_eq!(Call::new("/x").answer(dialect, Err(&error(kind))).status(), status, "{} {kind}", dialect.name);
        }
    }
}

#[test]
fn oauth2_api_side() {
    let answer = |error: OAuthError| refusal("oauth2", &error);
    let missing = answer(error(ErrorKind::RsMissing));
    assert_eq!((missing.status().as_u16(), text(&missing)), (401, ""));
    assert_eq!(header(&missing, "www-authenticate"), Some(r#"Bearer realm="main""#), "who sent no token is told no error");
    let set = |text: &str| ScopeSet::parse(text).unwrap();
    let scope = answer(OAuthError { scopes: Some((set("a b"), set("c"))), ..error(ErrorKind::RsScope) });
    assert_eq!(scope.status(), 403);
    let challenge = r#"Bearer realm="main", error="insufficient_scope", scope="a b""#;
    assert_eq!(header(&scope, "www-authenticate"), Some(challenge));
    for kind in [ErrorKind::RsMalformed, ErrorKind::RsInvalid, ErrorKind::RsExpired, ErrorKind::RsRevoked] {
        let response = answer(error(kind));
        let body: serde_json::Value = serde_json::from_slice(response.body()).unwrap();
        assert_eq!((response.status().as_u16(), body["error"].as_str()), (401, Some("invalid_token")), "{kind}");
        assert!(header(&response, "www-authenticate").unwrap().starts_with(r#"Bearer realm="main", error="invalid_token""#));
    }
}
