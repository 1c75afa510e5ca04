//! A new partner contract is one file and no code: Finicity's, whose callers send `partnerId` and `partnerSecret` as JSON and
//! get `{"token": ...}`.

use super::*;
use crate::dialect::Endpoint;
use crate::model::GrantRequest;

const FINICITY: &str = r#"
[match]
hosts = ["api.finicity.example"]
paths = ["/aggregation/v2/partners/authentication"]

[realm]
default = "finicity"

[body]
accept = ["json"]

[aliases]
client_id = "partnerId"
client_secret = "partnerSecret"

[credentials]
body = true

[grants]
infer = true

[token]
format = "opaque256"
ttl = { client_credentials = 7200 }

[success.body]
token = "$access_token"

[errors]
inherit = "oauth2"

[errors.missing_param]
status = 400
body = { code = 10001, message = "Missing: ${param}.", field = "$param" }

[errors.bad_credentials]
status = 401
body = { code = 10022, message = "Invalid credentials. ${realm}: $$0", retry = false }
"#;

#[test]
fn a_fifth_contract_needs_no_code() {
    let dir = tempfile::tempdir().unwrap();
    std::fs::write(dir.path().join("finicity.toml"), FINICITY).unwrap();
    let dialects = Dialects::load(Some(dir.path())).unwrap();
    let Some(Endpoint::Token(finicity)) = dialects.find("api.finicity.example", "/aggregation/v2/partners/authentication") else {
        panic!("no such endpoint");
    };
    let call = Call::new("/aggregation/v2/partners/authentication");

    let request = call.clone().json(r#"{"partnerId":"2445","partnerSecret":"s3cr3t"}"#).parse(finicity).unwrap();
    assert_eq!((request.realm.0.as_str(), readings(&request)), ("finicity", vec![("2445", "s3cr3t")]));
    assert!(matches!(request.grant, GrantRequest::ClientCredentials));

    let issued = issued("finicity", "2f7c", 7200, "");
    assert_eq!(text(&call.answer(finicity, Ok(&issued))), r#"{"token":"2f7c"}"#);

    let incomplete = call.clone().json(r#"{"partnerId":"2445"}"#).refused(finicity);
    assert_eq!(text(&incomplete), r#"{"code":10001,"message":"Missing: partnerSecret.","field":"partnerSecret"}"#);

    let wrong = call.answer(finicity, Err(&error(ErrorKind::BadCredentials)));
    assert_eq!(text(&wrong), r#"{"code":10022,"message":"Invalid credentials. finicity: $0","retry":false}"#);
    assert_eq!(finicity.issue.lifetimes.of(GrantKind::ClientCredentials), Duration::from_secs(7200));
}
