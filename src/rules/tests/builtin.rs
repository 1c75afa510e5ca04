//! The demo's APIs, and a server without any.

use super::*;

#[test]
fn the_contracts_calls() {
    let rules = Rules::builtin(&DIALECTS).unwrap();
    let view = "https://api.loan-street.com/auth/cls-deal.view";
    let full = format!("{view} https://api.loan-street.com/auth/external-api.fullcontrol");
    for (method, path, expected) in [
        ("GET", "/api/latest/cls/balances/principal", view),
        ("HEAD", "/api/latest/cls/balances/principal", view),
        ("POST", "/api/latest/cls/deals", &full),
        ("GET", "/api/latest/other", "refused by loanstreet"),
        ("GET", "/api/lcx/v1/listings", "oob"),
        ("GET", "/api/lcx/v1/primary/listings", "oob"),
        ("DELETE", "/api/lcx/v1/listings", "refused by lc"),
        ("GET", "/api/SignupCard/TestOauth", ""),
        ("GET", "/api/SignupCard/Applications/7", "scope1"),
        ("POST", "/api/SignupCard/Applications", "scope1 scope2"),
        ("GET", "/api/signupcard/TestOauth", "refused"),
        ("GET", "/core/users/cd21b26d-35d2-408a-9201-b8fdbef7a604", "users:read"),
        ("GET", "/core/users/cd21b26d-35d2-408a-9201-b8fdbef7a604/kyc", "users.kyc:read"),
        ("POST", "/core/transactions", "core.transactions:create"),
        ("GET", "/core/transactions", "refused by uphold"),
        ("GET", "/elsewhere", "refused"),
    ] {
        assert_eq!(said(find(&rules, method, path)), expected, "{method} {path}");
    }
    let (Found::Rule(rule) | Found::Refused(Some(rule))) = find(&rules, "POST", "/core/transactions") else { panic!() };
    assert_eq!((rule.dialect.as_str(), rule.audience.as_str()), ("uphold", "https://api.uphold.com/"));
}

#[test]
fn every_requirement_is_told() {
    let rules = Rules::builtin(&DIALECTS).unwrap();
    let mut realms: Vec<_> = rules.iter().map(|requirement| requirement.realm.as_str()).collect();
    realms.sort_unstable();
    let expected = [("crossriver", 4), ("lc", 3), ("loanstreet", 3), ("uphold", 4)];
    assert_eq!(realms, expected.map(|(realm, count)| vec![realm; count]).concat());
}

#[test]
fn without_files_everything_is_refused() {
    for rules in [Rules::none(), Rules::load(None, &DIALECTS).unwrap(), load(&[("notes.txt", "no rules")]).unwrap()] {
        assert_eq!(find(&rules, "GET", "/"), Found::Refused(None));
        assert_eq!(rules.iter().count(), 0);
    }
}
