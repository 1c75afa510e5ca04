//! Questions about tokens: the steps of a token request, as far as they are the same.

use super::*;
use crate::model::TokenQuery;

fn asked(call: &Call) -> Result<TokenQuery, OAuthError> {
    dialect("oauth2").parse_query(&call.inbound())
}

const ALICE: &str = "Basic YWxpY2U6c2VjcmV0";

#[test]
fn the_realm_is_the_paths_else_the_hosts_else_the_default() {
    let realm = |path, host_realm| {
        let call = Call { host_realm, ..Call::new(path).header("authorization", ALICE).form("token=x") };
        asked(&call).map(|query| query.realm.0).map_err(|error| error.kind)
    };
    assert_eq!(realm("/oauth2/introspect", None), Ok("main".into()));
    assert_eq!(realm("/oauth2/revoke", Some("lc")), Ok("lc".into()));
    assert_eq!(realm("/realms/uphold/oauth2/revoke", Some("lc")), Ok("uphold".into()));
    assert_eq!(realm("/realms/l%20c/oauth2/introspect", None), Err(ErrorKind::UnknownRealm));
    let named = Call::new("/realms/lc/oauth2/introspect");
    let challenge = dialect("oauth2").render(
        &dialect("oauth2").answering_query(&named.inbound(), REQUEST_ID),
        Err(&OAuthError::new(ErrorKind::BadCredentials)),
    );
    assert_eq!(header(&challenge, "www-authenticate"), Some(r#"Basic realm="lc""#));
}

#[test]
fn credentials_and_token_are_read_and_the_hint_is_not() {
    let query =
        asked(&Call::new("/oauth2/introspect").header("authorization", ALICE).form("token=a+b%2B&token_type_hint=x")).unwrap();
    assert_eq!(query.token.expose(), "a b+");
    assert!(matches!(query.client, Credentials::Client { .. }));
    assert!(!format!("{query:?}").contains("a b+"), "a token is a secret");
}

#[test]
fn a_question_that_is_none_is_refused() {
    let cases = [
        ("", ErrorKind::MissingParam),
        ("token=", ErrorKind::MissingParam),
        ("token=x&token=x", ErrorKind::DuplicateParam),
        ("token=x&token_type_hint=x&token_type_hint=y", ErrorKind::DuplicateParam),
        ("token=x&client_secret=y", ErrorKind::ConflictingCredentials),
        ("token=%zz", ErrorKind::MalformedBody),
    ];
    for (form, kind) in cases {
        let call = Call::new("/oauth2/introspect").header("authorization", ALICE).form(form);
        assert_eq!(asked(&call).unwrap_err().kind, kind, "{form}");
    }
    let in_query = Call::new("/oauth2/introspect").header("authorization", ALICE).form("token=x").query("token=x");
    assert_eq!(asked(&in_query).unwrap_err().kind, ErrorKind::QueryParam);
    assert_eq!(asked(&Call::new("/oauth2/introspect").form("token=x")).unwrap_err().kind, ErrorKind::NoCredentials);
}

#[test]
fn an_account_asks_for_tokens_only() {
    let by_account = Call::new("/oauth2/introspect").json(r#"{"email":"a","password":"b","token":"x"}"#);
    assert_eq!(dialect("loanstreet").parse_query(&by_account.inbound()).unwrap_err().kind, ErrorKind::NoCredentials);
}
