//! The bytes that the four partners see: shapes, texts and lengths as their contracts print them.

use super::*;

fn scopes(required: &str, carried: &str) -> OAuthError {
    let set = |text: &str| ScopeSet::parse(text).unwrap();
    OAuthError { scopes: Some((set(required), set(carried))), ..error(ErrorKind::RsScope) }
}

fn refusal_with_header(name: &str, kind: ErrorKind) -> Response<Bytes> {
    Call::new("/any").header("authorization", "Basic YTpi").answer(dialect(name), Err(&error(kind)))
}

#[test]
fn loanstreet_account() {
    let issued = issued_to_user("loanstreet", JWT);
    let call = Call::new("/oauth/token").header("accept", "gzip, deflate, br");
    assert_eq!(
        transcript(&call.answer(dialect("loanstreet"), Ok(&issued))),
        format!(
            "200 OK\n\
             content-type: text/javascript\n\
             content-length: {}\n\
             cache-control: no-store\n\
             pragma: no-cache\n\
             x-content-type-options: nosniff\n\
             vary: Accept\n\n{JWT}",
            JWT.len()
        )
    );
}

#[test]
fn loanstreet_negotiates() {
    let issued = issued_to_user("loanstreet", JWT);
    let object = format!(r#"{{"access_token":"{JWT}","expires_in":86400,"token_type":"Bearer"}}"#);
    for (accept, content_type, body) in [
        ("application/json", "application/json", object.as_str()),
        ("application/json, text/plain, */*", "application/json", &object),
        ("text/plain;q=0.5, application/json", "application/json", &object),
        ("text/plain, application/json;q=0.9", "text/plain", JWT),
        ("application/jwt", "application/jwt", JWT),
        ("TEXT/JAVASCRIPT", "text/javascript", JWT),
        ("application/json;q=0", "text/javascript", JWT),
        ("application/json;q=x", "text/javascript", JWT),
        ("*/*", "text/javascript", JWT),
        ("", "text/javascript", JWT),
    ] {
        let response = Call::new("/oauth/token").header("accept", accept).answer(dialect("loanstreet"), Ok(&issued));
        assert_eq!((header(&response, "content-type"), text(&response)), (Some(content_type), body), "{accept}");
        assert_eq!(header(&response, "vary"), Some("Accept"));
    }
}

#[test]
fn loanstreet_service_account() {
    let issued = issued("loanstreet", JWT, 86400, "https://api.loan-street.com/auth/cls-deal.view");
    let response = Call::new("/oauth/token").header("accept", "text/javascript").answer(dialect("loanstreet"), Ok(&issued));
    assert_eq!(header(&response, "content-type"), Some("application/json"));
    assert_eq!(
        text(&response),
        format!(
            r#"{{"access_token":"{JWT}","scope":"https://api.loan-street.com/auth/cls-deal.view","expires_in":86400,"token_type":"Bearer"}}"#
        )
    );
}

#[test]
fn loanstreet_bad_credentials() {
    for kind in [ErrorKind::BadCredentials, ErrorKind::NoCredentials, ErrorKind::MfaFailed] {
        assert_eq!(
            transcript(&refusal("loanstreet", &error(kind))),
            "401 Unauthorized\n\
             content-type: application/json\n\
             content-length: 60\n\
             cache-control: no-store\n\
             pragma: no-cache\n\
             x-content-type-options: nosniff\n\
             vary: Accept\n\n\
             {\"error\":\"access_denied\",\"error_description\":\"Unauthorized\"}"
        );
    }
}

#[test]
fn loanstreet_second_factor() {
    let error = OAuthError { mfa_token: Some(Secret::new("handle".into())), ..error(ErrorKind::MfaRequired) };
    let response = refusal("loanstreet", &error);
    assert_eq!(response.status(), 403);
    assert_eq!(
        text(&response),
        r#"{"error":"mfa_required","error_description":"Multifactor authentication required","mfa_token":"handle"}"#
    );
}

#[test]
fn loanstreet_rate_limit() {
    let response = refusal("loanstreet", &rate_limited(Duration::from_millis(40)));
    assert_eq!((response.status().as_u16(), header(&response, "retry-after")), (429, Some("1")));
    assert_eq!(text(&response), r#"{"error":"Rate limit exceeded: 10 per 1 second"}"#);
}

#[test]
fn loanstreet_api_side() {
    let response = refusal("loanstreet", &error(ErrorKind::RsExpired));
    assert_eq!((response.status().as_u16(), header(&response, "content-length")), (403, Some("72")));
    let challenge = r#"Bearer error="invalid_token", error_description="The access token expired""#;
    assert_eq!(header(&response, "www-authenticate"), Some(challenge));
    assert_eq!(text(&response), r#"{"error":"invalid_token","error_description":"The access token expired"}"#);
    for (kind, status) in [
        (ErrorKind::RsMissing, 401),
        (ErrorKind::RsMalformed, 401),
        (ErrorKind::RsInvalid, 403),
        (ErrorKind::RsRevoked, 403),
        (ErrorKind::RsScope, 403),
    ] {
        assert_eq!(refusal("loanstreet", &error(kind)).status(), status, "{kind}");
    }
}

#[test]
fn lendingclub_success() {
    let issued = issued("lc", "aa367982-bef6-4f05-a156-10c1431988bc", 1800, "oob");
    assert_eq!(
        transcript(&Call::new("/auth/oauth/v2/token").answer(dialect("lendingclub"), Ok(&issued))),
        "200 OK\n\
         content-type: application/json\n\
         content-length: 130\n\
         cache-control: no-store\n\
         pragma: no-cache\n\
         x-content-type-options: nosniff\n\n\
         {\"access_token\":\"aa367982-bef6-4f05-a156-10c1431988bc\",\"token_type\":\"Bearer\",\"expires_in\":1800,\"scope\":\"oob\",\"requires_mfa\":false}"
    );
    let mut pending = issued;
    std::sync::Arc::make_mut(&mut pending.facts.client).requires_mfa = true;
    let response = Call::new("/auth/oauth/v2/token").answer(dialect("lendingclub"), Ok(&pending));
    assert!(text(&response).ends_with(r#""requires_mfa":true}"#));
}

#[test]
fn lendingclub_bad_credentials() {
    for kind in [ErrorKind::BadCredentials, ErrorKind::NoCredentials] {
        assert_eq!(
            transcript(&refusal("lendingclub", &error(kind))),
            "401 Unauthorized\n\
             content-type: application/json\n\
             content-length: 92\n\
             cache-control: no-store\n\
             pragma: no-cache\n\
             x-content-type-options: nosniff\n\
             www-authenticate: LC-API2 realm=\"lc\"\n\n\
             {\"error\":\"invalid_client\",\"error_description\":\"The given client credentials were not valid\"}"
        );
    }
}

#[test]
fn crossriver_success() {
    let issued = issued("crossriver", JWT, 3600, "scope1 scope2 scope3");
    assert_eq!(
        transcript(&Call::new("/connect/token").answer(dialect("crossriver"), Ok(&issued))),
        format!(
            "200 OK\n\
             content-type: application/json; charset=UTF-8\n\
             content-length: 134\n\
             cache-control: no-store, no-cache, max-age=0\n\
             pragma: no-cache\n\
             x-content-type-options: nosniff\n\n\
             {{\"access_token\":\"{JWT}\",\"expires_in\":3600,\"token_type\":\"Bearer\",\"scope\":\"scope1 scope2 scope3\"}}"
        )
    );
}

#[test]
fn crossriver_bad_credentials() {
    let in_body = transcript(&refusal("crossriver", &error(ErrorKind::BadCredentials)));
    assert_eq!(
        in_body,
        "400 Bad Request\n\
         content-type: application/json; charset=UTF-8\n\
         content-length: 26\n\
         cache-control: no-store, no-cache, max-age=0\n\
         pragma: no-cache\n\
         x-content-type-options: nosniff\n\n\
         {\"error\":\"invalid_client\"}"
    );
    assert_eq!(transcript(&refusal("crossriver", &error(ErrorKind::NoCredentials))), in_body);
    let by_basic = refusal_with_header("crossriver", ErrorKind::BadCredentials);
    assert_eq!((by_basic.status().as_u16(), text(&by_basic)), (401, r#"{"error":"invalid_client"}"#));
    assert_eq!(header(&by_basic, "www-authenticate"), Some(r#"Basic realm="crossriver""#));
}

#[test]
fn crossriver_bare_errors() {
    for (kind, expected) in [
        (ErrorKind::WrongContentType, "invalid_request"),
        (ErrorKind::ConflictingCredentials, "invalid_request"),
        (ErrorKind::MissingGrantType, "unsupported_grant_type"),
        (ErrorKind::GrantNotAllowed, "unauthorized_client"),
        (ErrorKind::InvalidScope, "invalid_scope"),
    ] {
        let response = refusal("crossriver", &error(kind).hint("a hint"));
        assert_eq!((response.status().as_u16(), text(&response)), (400, format!(r#"{{"error":"{expected}"}}"#).as_str()));
    }
}

#[test]
fn crossriver_test_endpoint() {
    let crossriver = dialect("crossriver");
    let answer = crossriver.answering(&Call::new("/api/SignupCard/TestOauth").inbound(), REQUEST_ID);
    let seen = |outcome: Result<(), &OAuthError>| {
        let response = crossriver.render_test(&answer, outcome);
        assert_eq!(
            (text(&response), header(&response, "content-length"), header(&response, "content-type")),
            ("", Some("0"), None)
        );
        (response.status().as_u16(), header(&response, "www-authenticate").map(String::from))
    };
    assert_eq!(seen(Ok(())), (200, None));
    assert_eq!(seen(Err(&error(ErrorKind::RsMissing))), (401, Some("Bearer".into())));
    for kind in [ErrorKind::RsMalformed, ErrorKind::RsInvalid, ErrorKind::RsExpired, ErrorKind::RsRevoked] {
        assert_eq!(seen(Err(&error(kind))), (401, Some(r#"Bearer error="invalid_token""#.into())));
    }
    let wrong_method = crossriver.render_test(&answer, Err(&error(ErrorKind::WrongMethod)));
    assert_eq!((wrong_method.status().as_u16(), header(&wrong_method, "allow")), (405, Some("GET")));
}

#[test]
fn uphold_success() {
    let issued = issued("uphold", JWT, 600, "users:* users.kyc:read");
    assert_eq!(
        transcript(&Call::new("/core/oauth2/token").answer(dialect("uphold"), Ok(&issued))),
        format!(
            "200 OK\n\
             content-type: application/json\n\
             content-length: 135\n\
             cache-control: no-store\n\
             pragma: no-cache\n\
             x-content-type-options: nosniff\n\
             x-uphold-request-id: {REQUEST_ID}\n\
             x-uphold-organization-id: {INSTITUTION}\n\n\
             {{\"access_token\":\"{JWT}\",\"expires_in\":600,\"scope\":\"users:* users.kyc:read\",\"token_type\":\"Bearer\"}}"
        )
    );
    let mut alone = issued;
    alone.facts.institution = None;
    let response = Call::new("/core/oauth2/token").answer(dialect("uphold"), Ok(&alone));
    assert_eq!(header(&response, "x-uphold-organization-id"), None);
}

#[test]
fn uphold_bad_credentials() {
    assert_eq!(
        transcript(&refusal("uphold", &error(ErrorKind::BadCredentials))),
        format!(
            "401 Unauthorized\n\
             content-type: application/json\n\
             content-length: 93\n\
             cache-control: no-store\n\
             pragma: no-cache\n\
             x-content-type-options: nosniff\n\
             x-uphold-request-id: {REQUEST_ID}\n\
             www-authenticate: Basic realm=\"uphold\"\n\n\
             {{\"error\":\"invalid_client\",\"error_description\":\"Client does not exist or secret is incorrect\"}}"
        )
    );
}

#[test]
fn uphold_token_endpoint_errors() {
    for (error, status, body) in [
        (
            error(ErrorKind::NoCredentials),
            401,
            r#"{"error":"invalid_client","error_description":"Client id and secret could not be extracted from Authorization header"}"#,
        ),
        (
            error(ErrorKind::MissingGrantType),
            400,
            r#"{"error":"invalid_request","error_description":"Body must have required property 'grant_type'"}"#,
        ),
        (
            error(ErrorKind::UnsupportedGrant),
            400,
            r#"{"error":"unsupported_grant_type","error_description":"Grant type not supported"}"#,
        ),
        (error(ErrorKind::InvalidRefresh), 400, r#"{"error":"invalid_grant","error_description":"Token expired"}"#),
        (
            error(ErrorKind::InvalidScope).hint("not sent"),
            400,
            r#"{"error":"invalid_scope","error_description":"Requested scopes must be equal or narrower"}"#,
        ),
        (rate_limited(Duration::from_secs(60)), 429, r#"{"code":"too_many_requests","message":"Try again later"}"#),
    ] {
        let response = refusal("uphold", &error);
        assert_eq!((response.status().as_u16(), text(&response)), (status, body));
    }
}

#[test]
fn uphold_api_side() {
    for (error, status, body) in [
        (error(ErrorKind::RsMissing), 401, r#"{"code":"token_invalid","message":"The access token is invalid"}"#),
        (error(ErrorKind::RsInvalid), 401, r#"{"code":"token_invalid","message":"The access token is invalid"}"#),
        (error(ErrorKind::RsExpired), 401, r#"{"code":"token_expired","message":"The access token has expired"}"#),
        (error(ErrorKind::RsRevoked), 401, r#"{"code":"token_revoked","message":"The access token has been revoked"}"#),
        (
            error(ErrorKind::OboMalformed),
            400,
            r#"{"code":"request_invalid","message":"The request has missing or invalid parameters"}"#,
        ),
        (error(ErrorKind::OboUnknownUser), 404, r#"{"code":"entity_not_found","message":"The user cannot be found"}"#),
    ] {
        let response = refusal("uphold", &error);
        assert_eq!((response.status().as_u16(), text(&response)), (status, body));
    }
}

#[test]
fn uphold_missing_scope() {
    let response = refusal("uphold", &scopes("core.users:act-on-behalf-of", "users:*"));
    assert_eq!((response.status().as_u16(), header(&response, "content-length")), (403, Some("213")));
    assert_eq!(
        text(&response),
        r#"{"code":"token_insufficient_scopes","message":"Authorization failed due to insufficient scopes","details":{"security":[{"scheme":"OAuth","schemeScopes":["core.users:act-on-behalf-of"],"tokenScopes":["users:*"]}]}}"#
    );
}

#[test]
fn uphold_blocked_user() {
    let response = refusal("uphold", &error(ErrorKind::UserBlocked));
    assert_eq!((response.status().as_u16(), header(&response, "content-length")), (409, Some("139")));
    assert_eq!(
        text(&response),
        r#"{"code":"operation-not-allowed","message":"The current status of the user does not allow calling this endpoint","reasons":["user-blocked"]}"#
    );
}
