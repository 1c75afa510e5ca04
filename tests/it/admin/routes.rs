//! The table of routes, held against the router's own.

use std::collections::BTreeSet;

/// Every route: its methods, and its path with ids that name something in the realm `uphold`.
pub const ROUTES: [(&str, &str); 35] = [
    ("GET", "/clients"),
    ("POST", "/clients"),
    ("GET", "/clients/{client}"),
    ("PATCH", "/clients/{client}"),
    ("POST", "/clients/{client}/disable"),
    ("POST", "/clients/{client}/enable"),
    ("POST", "/clients/{client}/unlock"),
    ("POST", "/clients/{client}/revoke-tokens"),
    ("GET", "/clients/{client}/secrets"),
    ("POST", "/clients/{client}/secrets"),
    ("GET", "/clients/{client}/secrets/{secret}"),
    ("POST", "/clients/{client}/secrets/{secret}/revoke"),
    ("GET", "/users"),
    ("POST", "/users"),
    ("GET", "/users/{user}"),
    ("PATCH", "/users/{user}"),
    ("PUT", "/users/{user}/password"),
    ("PUT", "/users/{user}/totp"),
    ("POST", "/users/{user}/block"),
    ("POST", "/users/{user}/unblock"),
    ("POST", "/users/{user}/unlock"),
    ("POST", "/users/{user}/revoke-tokens"),
    ("GET", "/institutions"),
    ("POST", "/institutions"),
    ("GET", "/institutions/{institution}"),
    ("PATCH", "/institutions/{institution}"),
    ("POST", "/institutions/{institution}/disable"),
    ("POST", "/institutions/{institution}/enable"),
    ("POST", "/institutions/{institution}/revoke-tokens"),
    ("POST", "/tokens/revoke"),
    ("GET", "/keys"),
    ("POST", "/keys"),
    ("GET", "/keys/{kid}"),
    ("POST", "/keys/{kid}/activate"),
    ("POST", "/keys/{kid}/retire"),
];

/// A body that every route could read, were its caller let in.
pub fn body(method: &str, path: &str) -> Option<serde_json::Value> {
    let text = match (method, path) {
        ("PUT", "/users/{user}/password") => r#"{"password":"a new password"}"#,
        ("PUT", _) => r#"{"totp_secret":"JBSWY3DPEHPK3PXP"}"#,
        ("POST", "/institutions") => r#"{"name":"New"}"#,
        ("POST", "/tokens/revoke") => r#"{"id":"00000000-0000-4000-8000-000000000000"}"#,
        ("POST", "/keys") => r#"{"algorithm":"EdDSA"}"#,
        ("PATCH", _) | ("POST", "/clients" | "/users" | "/clients/{client}/secrets") => "{}",
        _ => return None,
    };
    Some(serde_json::from_str(text).unwrap())
}

/// The path with the ids of things that the realm `uphold` has; the secret is nobody's.
pub fn filled(path: &str) -> String {
    path.replace("{client}", "3fa85f64-5717-4562-b3fc-2c963f66afa6")
        .replace("{secret}", "00000000-0000-4000-8000-000000000000")
        .replace("{user}", "5f0c2a1e-7c39-4d0b-9d3c-0d1a7f4f1b11")
        .replace("{institution}", "194d62ba-f585-40ff-83d7-9cb99b1c77c0")
        .replace("{kid}", "uphold-RS256")
}

#[test]
fn the_table_is_the_routers() {
    let source = include_str!("../../../src/admin/api/mod.rs");
    let mut known = BTreeSet::new();
    for line in source.lines().filter_map(|line| line.trim().strip_prefix(".route(\"")) {
        let (path, handlers) = line.split_once("\", ").unwrap();
        let methods = ["get", "post", "put", "patch", "delete"]
            .into_iter()
            .filter(|method| handlers.starts_with(&format!("{method}(")) || handlers.contains(&format!(".{method}(")));
        known.extend(methods.map(|method| (method.to_uppercase(), path.to_owned())));
    }
    let ours = ROUTES.map(|(method, path)| (method.to_owned(), path.to_owned()));
    assert_eq!(known, BTreeSet::from(ours));
}
