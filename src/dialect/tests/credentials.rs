//! The edge cases of credentials, by their numbers in the contracts: what each request presents, or which refusal it meets.

use super::*;
use crate::model::{GrantRequest, PresentedBy};

#[test]
fn case_01_loanstreet_reads_untyped_json() {
    let request = loanstreet().body(ACCOUNT).parse(dialect("loanstreet")).unwrap();
    assert_eq!(request.realm.0, "loanstreet");
    assert!(matches!(&request.client, Credentials::Implied(client) if client.as_str() == "accounts"));
    assert!(matches!(&request.grant, GrantRequest::Password { username, password, otp: None }
        if username == "jane@bank.example" && password.expose() == "correct horse battery staple"));
    assert_eq!((request.scope, request.audience), (None, Vec::new()));
    loanstreet().body(format!("\r\n {SERVICE}")).parse(dialect("loanstreet")).unwrap();
}

#[test]
fn case_05_loanstreet_ignores_bearer() {
    for value in ["Bearer null", "bearer eyJhbGciOi", "Bearer"] {
        let request = loanstreet().json(SERVICE).header("authorization", value).parse(dialect("loanstreet")).unwrap();
        assert_eq!(readings(&request), [("0ab6P6SF", "s3cr3t")]);
        assert!(matches!(request.grant, GrantRequest::ClientCredentials));
    }
    let basic = loanstreet().json(SERVICE).header("authorization", "Basic YTpi");
    refused_as(&basic, "loanstreet", ErrorKind::ConflictingCredentials);
    bad_credentials(&loanstreet().json("{}").header("authorization", "Basic YTpi"), "loanstreet", Reason::SchemeNotOffered);
}

#[test]
fn case_06_loanstreet_both_pairs_or_halves_of_both() {
    for body in [
        r#"{"email":"a","password":"b","client_id":"c","client_secret":"d"}"#,
        r#"{"email":"a","client_secret":"d"}"#,
        r#"{"password":"b","client_id":"c"}"#,
    ] {
        refused_as(&loanstreet().json(body), "loanstreet", ErrorKind::ConflictingCredentials);
    }
}

#[test]
fn case_07_loanstreet_missing_halves() {
    for (body, hint) in [
        ("{}", "send `email` and `password`, or `client_id` and `client_secret`"),
        (r#"{"email":"a"}"#, "the parameter `password` is missing"),
        (r#"{"password":"b"}"#, "the parameter `email` is missing"),
        (r#"{"client_id":"c"}"#, "the parameter `client_secret` is missing"),
        (r#"{"client_id":"c","client_secret":""}"#, "the parameter `client_secret` is missing"),
        (r#"{"client_secret":"d"}"#, "the parameter `client_id` is missing"),
        (r#"{"username":"a"}"#, "send `email` and `password`, or `client_id` and `client_secret`"),
    ] {
        let error = loanstreet().json(body).refusal(dialect("loanstreet"));
        assert_eq!((error.kind, error.hint.as_deref()), (ErrorKind::MissingParam, Some(hint)), "{body}");
    }
}

#[test]
fn case_09_a_password_is_taken_as_it_is() {
    let request =
        loanstreet().json(r#"{"email":" Jane@Bank.Example ","password":" Pass "}"#).parse(dialect("loanstreet")).unwrap();
    assert!(matches!(&request.grant, GrantRequest::Password { username, password, .. }
        if username == " Jane@Bank.Example " && password.expose() == " Pass "));
}

#[test]
fn case_l7_grant_type_must_agree() {
    let agreeing = r#"{"grant_type":"password","email":"a","password":"b"}"#;
    loanstreet().json(agreeing).parse(dialect("loanstreet")).unwrap();
    let disagreeing = loanstreet().json(r#"{"grant_type":"client_credentials","email":"a","password":"b"}"#);
    refused_as(&disagreeing, "loanstreet", ErrorKind::ConflictingCredentials);
    let reverse = loanstreet().json(r#"{"grant_type":"password","client_id":"a","client_secret":"b"}"#);
    refused_as(&reverse, "loanstreet", ErrorKind::ConflictingCredentials);
}

#[test]
fn case_l8_second_factor() {
    let loanstreet_dialect = dialect("loanstreet");
    let at_once = loanstreet().json(r#"{"email":"a","password":"b","otp":"123456"}"#).parse(loanstreet_dialect).unwrap();
    assert!(matches!(&at_once.grant, GrantRequest::Password { otp: Some(otp), .. } if otp.expose() == "123456"));
    let second_step = loanstreet().json(r#"{"mfa_token":"handle","otp":"123456"}"#).parse(loanstreet_dialect).unwrap();
    assert!(matches!(&second_step.client, Credentials::Implied(_)));
    assert!(matches!(&second_step.grant, GrantRequest::MfaOtp { mfa_token, otp }
        if mfa_token.expose() == "handle" && otp.expose() == "123456"));
    refused_as(&loanstreet().json(r#"{"mfa_token":"handle"}"#), "loanstreet", ErrorKind::MissingParam);
    let both_steps = loanstreet().json(r#"{"mfa_token":"handle","otp":"1","email":"a","password":"b"}"#);
    refused_as(&both_steps, "loanstreet", ErrorKind::ConflictingCredentials);
}

#[test]
fn case_11_scheme_and_header_in_any_case() {
    for scheme in ["LC-API2", "lc-api2", "Lc-Api2"] {
        let request = with_lc(&format!("{scheme}  \t{PAGE_SAMPLE}")).parse(dialect("lendingclub")).unwrap();
        assert!(matches!(request.client, Credentials::Client { by: PresentedBy::Header, .. }));
    }
}

#[test]
fn case_12_both_spellings_of_the_header() {
    let alone = lendingclub().header("authentication", &format!("LC-API2 {PAGE_SAMPLE}"));
    alone.parse(dialect("lendingclub")).unwrap();
    let equal = alone.clone().header("authorization", &format!("LC-API2 {PAGE_SAMPLE}"));
    equal.parse(dialect("lendingclub")).unwrap();
    let different = alone.clone().header("authorization", &format!("LC-API2 {LISTED_PAIR}"));
    refused_as(&different, "lendingclub", ErrorKind::ConflictingCredentials);
    let repeated = alone.header("authentication", &format!("LC-API2 {PAGE_SAMPLE}"));
    refused_as(&repeated, "lendingclub", ErrorKind::ConflictingCredentials);
}

#[test]
fn cases_13_and_14_another_scheme() {
    bad_credentials(&with_lc(&format!("Basic {PAGE_SAMPLE}")), "lendingclub", Reason::SchemeNotOffered);
    bad_credentials(&with_lc(&format!("LC-API2{PAGE_SAMPLE}")), "lendingclub", Reason::SchemeNotOffered);
    refused_as(&lendingclub(), "lendingclub", ErrorKind::NoCredentials);
    refused_as(&with_lc("  "), "lendingclub", ErrorKind::NoCredentials);
}

#[test]
fn case_15_base64() {
    let unpadded = PAGE_SAMPLE.trim_end_matches('=');
    with_lc(&format!("LC-API2 {unpadded}")).parse(dialect("lendingclub")).unwrap();
    let (start, end) = PAGE_SAMPLE.split_at(40);
    for broken in
        [base64("a:?>?>").replace('/', "_"), format!("{start} {end}"), "!".into(), String::new(), format!("{PAGE_SAMPLE}=")]
    {
        bad_credentials(&with_lc(&format!("LC-API2 {broken}")), "lendingclub", Reason::Undecodable);
    }
}

#[test]
fn case_16_the_first_colon_parts() {
    let request = with_lc(&format!("LC-API2 {}", base64("id:se:c/r+e=t%2B"))).parse(dialect("lendingclub")).unwrap();
    assert_eq!(readings(&request), [("id", "se:c/r+e=t%2B")]);
}

#[test]
fn cases_17_and_18_nothing_to_identify_a_client_by() {
    for bytes in [b"nocolon".as_slice(), b":secret", b"id:\xff\xfe", b"i\0d:secret", b"id:sec\0ret"] {
        bad_credentials(&with_lc(&format!("LC-API2 {}", base64(bytes))), "lendingclub", Reason::Undecodable);
    }
    let mut beyond_ascii = lendingclub();
    beyond_ascii.headers.append("authorization", HeaderValue::from_bytes(b"LC-API2 \xff").unwrap());
    bad_credentials(&beyond_ascii, "lendingclub", Reason::Undecodable);
}

#[test]
fn case_19_the_pairs_of_the_page() {
    for (encoded, id, secret) in [
        (PAGE_SAMPLE, "P9L8PJ9QIAFAKBNQG6E0", "DGj2XuKWjFb0y9x7ABKkAXscvQ2zEiu7bPMGwr0Lk/3joGIMWg"),
        (LISTED_PAIR, "A9B9AB9QIAFAKBNQG9E9", "DC9XuKWjFb0y9x9ABKkAXscvQ2zEiu6bPMGwr0Lk/3joGIMWh"),
    ] {
        let request = with_lc(&format!("LC-API2 {encoded}")).parse(dialect("lendingclub")).unwrap();
        assert_eq!(readings(&request), [(id, secret)]);
    }
}

#[test]
fn case_28_one_way_of_authenticating() {
    let basic = format!("Basic {}", base64("acme:s3cr3t"));
    let both = crossriver("grant_type=client_credentials&client_id=acme&client_secret=s3cr3t").header("authorization", &basic);
    refused_as(&both, "crossriver", ErrorKind::ConflictingCredentials);
    let same_client = crossriver("grant_type=client_credentials&client_id=acme").header("authorization", &basic);
    let request = same_client.parse(dialect("crossriver")).unwrap();
    assert!(matches!(request.client, Credentials::Client { by: PresentedBy::Basic, .. }));
    let other_client = crossriver("grant_type=client_credentials&client_id=other").header("authorization", &basic);
    refused_as(&other_client, "crossriver", ErrorKind::ConflictingCredentials);
    let assertion = "grant_type=client_credentials&client_assertion=x&client_assertion_type=y";
    refused_as(&crossriver(assertion), "crossriver", ErrorKind::NoCredentials);
    refused_as(&crossriver(&format!("{assertion}&client_secret=s")), "crossriver", ErrorKind::ConflictingCredentials);
    refused_as(&crossriver(assertion).header("authorization", &basic), "crossriver", ErrorKind::ConflictingCredentials);
}

#[test]
fn case_28_half_a_pair_is_no_credentials() {
    for form in ["grant_type=client_credentials", "grant_type=client_credentials&client_id=acme", "client_secret=x"] {
        refused_as(&crossriver(form), "crossriver", ErrorKind::NoCredentials);
    }
}

#[test]
fn case_29_uphold_wants_the_header() {
    let in_body = Call::new("/core/oauth2/token").form("grant_type=client_credentials&client_id=a&client_secret=b");
    refused_as(&in_body, "uphold", ErrorKind::NoCredentials);
    for value in ["Bearer x", "Basic", "Basic !", "Digest y"] {
        let call = Call::new("/core/oauth2/token").form("grant_type=client_credentials").header("authorization", value);
        refused_as(&call, "uphold", ErrorKind::NoCredentials);
    }
}

#[test]
fn case_30_two_readings_of_basic() {
    let readings_of = |pair: &str| {
        let request = uphold(&base64(pair)).parse(dialect("uphold")).unwrap();
        readings(&request).into_iter().map(|(id, secret)| format!("{id} {secret}")).collect::<Vec<_>>()
    };
    assert_eq!(readings_of("id:s%2Bt"), ["id s%2Bt", "id s+t"]);
    assert_eq!(readings_of("id:s+t"), ["id s+t", "id s t"]);
    assert_eq!(readings_of("id%20x:s"), ["id%20x s", "id x s"]);
    assert_eq!(readings_of("id:100%"), ["id 100%"], "what is no form has one reading");
    assert_eq!(readings_of("id:plain"), ["id plain"]);
    // A `client_id` beside Basic chooses between readings that name different clients.
    let named = Call::new("/core/oauth2/token").form("grant_type=client_credentials&client_id=id+x");
    let request = named.header("authorization", &format!("Basic {}", base64("id%20x:s"))).parse(dialect("uphold")).unwrap();
    assert_eq!(readings(&request), [("id x", "s")]);
}

#[test]
fn secrets_do_not_show_in_debug() {
    let request =
        crossriver("grant_type=client_credentials&client_id=acme&client_secret=s3cr3t").parse(dialect("crossriver")).unwrap();
    assert!(!format!("{request:?}").contains("s3cr3t"));
}
