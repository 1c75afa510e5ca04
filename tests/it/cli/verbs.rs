//! Clients, users, institutions, keys: each verb once, with what it prints as text and as JSON.

use serde_json::{Value, json};

use super::{House, PROVISIONED, in_both};

fn furnished(house: &House) {
    house.write("p.toml", PROVISIONED);
    house.ok(&["apply", "-f", "p.toml"]);
}

/// Asserts that `shown` has these members.
fn has(shown: &Value, members: &Value) {
    for (name, value) in members.as_object().unwrap() {
        assert_eq!(&shown[name], value, "{name} in {shown}");
    }
}

fn words(text: &str) -> Vec<&str> {
    text.split(' ').collect()
}

in_both! {
    async fn clients(house) {
        furnished(&house);
        let created = house.json(&[&words("client create --realm lc --id c1 --name C --token-ttl 15m --token-reuse 5m --requires-mfa --scopes")[..], &["a b"]].concat());
        has(&created, &json!({ "id": "c1", "realm": "lc", "name": "C", "scopes": ["a", "b"], "token_ttl": "15m", "token_reuse": "5m", "requires_mfa": true, "grants": ["client_credentials"], "institution": null, "locked": false }));
        assert_eq!(house.fails(&words("client create --realm lc --id c1")), "client `c1` exists already");
        let updated = house.json(&words("client update --realm lc c1 --scopes a --no-token-ttl --no-token-reuse --requires-mfa false --institution 11111111-1111-4111-8111-111111111111"));
        has(&updated, &json!({ "scopes": ["a"], "token_ttl": null, "token_reuse": null, "requires_mfa": false, "institution": "11111111-1111-4111-8111-111111111111", "name": "C" }));
        assert_eq!(house.json(&words("client update --realm lc c1 --no-institution"))["institution"], Value::Null);
        assert_eq!(house.json(&words("client update --realm lc c1 --token-reuse 0s"))["token_reuse"], "0s");
        assert!(house.json(&words("client disable --realm lc c1"))["disabled_at"].is_string());
        assert_eq!(house.json(&words("client enable --realm lc c1"))["disabled_at"], Value::Null);
        assert_eq!(house.json(&words("client unlock --realm lc c1"))["locked"], false);
        assert!(house.json(&words("client revoke-tokens --realm lc c1"))["not_before"].is_string());
        assert_eq!(house.json(&words("client show --realm lc c1"))["id"], "c1");
        let table = house.ok(&words("client list --realm lc"));
        let rows: Vec<Vec<&str>> = table.lines().map(|line| line.split_whitespace().collect()).collect();
        assert_eq!(rows, [vec!["ID", "NAME", "INSTITUTION", "SCOPES", "DISABLED_AT"], vec!["acme", "acme", "11111111-1111-4111-8111-111111111111", "read"], vec!["c1", "C", "a"]]);
        let page = house.json(&words("client list --realm lc --limit 1"));
        assert_eq!((page["items"].as_array().unwrap().len(), &page["next"]), (1, &json!("acme")));
        assert!(house.ok(&words("client list --realm lc --limit 1")).ends_with("(more: --after acme)\n"));
        assert_eq!(house.json(&words("client list --realm lc --after acme"))["items"][0]["id"], "c1");
        assert_eq!(house.fails(&words("client show --realm lc none")), "client `none` does not exist");
        assert_eq!(house.fails(&words("client list --realm none")), "realm `none` does not exist");
        assert_eq!(house.fails(&words("client update --realm lc c1 --token-ttl 9d")), "token_ttl: no token of the realm lives longer than 1d");
    }

    async fn users(house) {
        furnished(&house);
        house.write("password", "the first password\n");
        let created = house.json(&words("user create --realm lc --id u1 --email U1@Bank.example --role AUDITOR --role CHIEF --password-file password"));
        has(&created, &json!({ "id": "u1", "email": "u1@bank.example", "name": "u1@bank.example", "roles": ["AUDITOR", "CHIEF"], "scopes": null, "blocked_at": null, "locked": false }));
        assert_eq!(created.get("password"), None);
        let updated = house.json(&words("user update --realm lc u1 --no-email --name Uma --scopes read --role CHIEF"));
        has(&updated, &json!({ "email": null, "name": "Uma", "scopes": ["read"], "roles": ["CHIEF"] }));
        assert_eq!(house.json(&words("user update --realm lc u1 --no-scopes"))["scopes"], Value::Null);
        assert!(house.json(&words("user block --realm lc u1"))["blocked_at"].is_string());
        assert_eq!(house.json(&words("user unblock --realm lc u1"))["blocked_at"], Value::Null);
        assert_eq!(house.json(&words("user unlock --realm lc u1"))["locked"], false);
        house.told(&words("user set-password --realm lc u1 --password-stdin"), "the second password\n").good();
        house.told(&words("user set-totp --realm lc u1 --totp-stdin"), "JBSWY3DPEHPK3PXP\n").good();
        let mut moment = Value::Null;
        for (verb, input) in [("revoke-tokens", ""), ("set-password --revoke-tokens --password-stdin", "the third password"), ("set-totp --revoke-tokens --totp-stdin", "KRSXG5CTMVRXEZLU")] {
            let before = std::mem::replace(&mut moment, house.json(&words("user show --realm lc u1"))["not_before"].clone());
            assert!(before.is_null() || before != moment, "{moment}");
            house.told(&words(&format!("user {verb} --realm lc u1")), input).good();
        }
        assert!(house.json(&words("user show --realm lc u1"))["not_before"].as_str() > moment.as_str());
        let said = house.told(&words("user set-totp --realm lc u1 --totp-stdin"), "hunter2 is no seed\n").bad();
        assert!(said.starts_with("totp_secret: ") && !said.contains("hunter2"), "{said}");
        assert_eq!(house.fails(&words("user set-password --realm lc u1")), "say where it is to be read, for example with --password-stdin");
        assert_eq!(house.json(&words("user list --realm lc"))["items"].as_array().unwrap().len(), 2);
        assert_eq!(house.fails(&words("user show --realm lc none")), "user `none` does not exist");
    }

    async fn institutions(house) {
        furnished(&house);
        let created = house.json(&[&words("institution create --realm lc --name New --network 192.0.2.0/24 --network 2001:db8::/32 --quota 100/m --scopes")[..], &["a b", "--claims", "{\"tier\":2}"]].concat());
        has(&created, &json!({ "name": "New", "networks": ["192.0.2.0/24", "2001:db8::/32"], "quota": "100/m", "scopes": ["a", "b"], "claims": { "tier": 2 } }));
        let id = created["id"].as_str().unwrap();
        let of = |verb: &'static str| vec!["institution", verb, "--realm", "lc", id];
        let updated = house.json(&[&of("update")[..], &["--no-networks", "--no-quota", "--no-scopes", "--claims", "{}"]].concat());
        has(&updated, &json!({ "name": "New", "networks": [], "quota": null, "scopes": null, "claims": {} }));
        assert!(house.json(&of("disable"))["disabled_at"].is_string());
        assert_eq!(house.json(&of("enable"))["disabled_at"], Value::Null);
        assert_eq!(house.json(&of("show")), updated);
        assert!(house.json(&of("revoke-tokens"))["not_before"].is_string());
        assert_eq!(house.json(&words("institution list --realm lc"))["items"].as_array().unwrap().len(), 2);
        let said = house.fails(&[&of("update")[..], &["--claims", "{\"iss\":\"x\"}"]].concat());
        assert_eq!(said, "claims: `iss` is a claim that every token has already");
    }

    async fn a_client_that_always_acts_for_one_user(house) {
        furnished(&house);
        let bank = "11111111-1111-4111-8111-111111111111";
        house.ok(&words(&format!("user create --realm lc --id u1 --institution {bank}")));
        let created = house.json(&words(&format!("client create --realm lc --id c1 --institution {bank} --user u1")));
        has(&created, &json!({ "user": "u1", "institution": bank }));
        let said = "institution: clients always act for this user within its institution: change them first";
        assert_eq!(house.fails(&words("user update --realm lc u1 --no-institution")), said);
        assert_eq!(house.fails(&words("client update --realm lc acme --user nobody")), "user: there is no user `nobody` in this realm");
        assert_eq!(house.json(&words("client update --realm lc c1 --no-user"))["user"], Value::Null);
        assert_eq!(house.json(&words("user update --realm lc u1 --no-institution"))["institution"], Value::Null);
        assert_eq!(house.fails(&words("client update --realm lc c1 --user u1")), "user: user `u1` does not belong to the client's institution");
    }

    async fn a_token_is_revoked_by_its_id(house) {
        furnished(&house);
        let revoke = words("token revoke --realm lc 0f4b3c1e-58a4-4d0e-9d5e-0a5d8f4d2b11");
        for _ in 0..2 {
            assert_eq!(house.ok(&revoke), "revoked token 0f4b3c1e-58a4-4d0e-9d5e-0a5d8f4d2b11\n");
        }
        // One that is no JWT has an id of another kind, which may begin with a hyphen.
        assert_eq!(house.ok(&words("token revoke --realm lc -- -_23456789012345678901")), "revoked token -_23456789012345678901\n");
        let said = house.fails(&words("token revoke --realm lc eyJhbGciOiJSUzI1NiJ9.eyJzdWIiOiJhY21lIn0.c2ln"));
        assert_eq!(said, "id: a token's id is a UUID in lower case with hyphens, or 22 characters of base64url");
        assert_eq!(house.fails(&words("token revoke --realm none 0f4b3c1e-58a4-4d0e-9d5e-0a5d8f4d2b11")), "realm `none` does not exist");
    }

    async fn keys(house) {
        furnished(&house);
        let first = house.json(&words("key list --realm lc"))["items"][0].clone();
        has(&first, &json!({ "realm": "lc", "algorithm": "EdDSA", "state": "active", "grace_at": null, "retired_at": null }));
        let next = house.json(&words("key prepare --realm lc --alg EdDSA --kid next"));
        has(&next, &json!({ "kid": "next", "state": "prepublished", "activated_at": null }));
        let said = house.fails(&words("key activate --realm lc next"));
        assert!(said.starts_with("the key `next` cannot leave the state `prepublished` for another 1"), "{said}");
        assert!(said.contains("; wait, or force it: "), "{said}");
        assert_eq!(house.json(&words("key activate --realm lc next --now"))["state"], "active");
        let kid = first["kid"].as_str().unwrap();
        // A name made by chance may begin with a hyphen.
        assert!(house.fails(&["key", "retire", "--realm", "lc", "--", kid]).contains("cannot leave the state `grace`"));
        let retired = house.ok(&["key", "retire", "--realm", "lc", "--now", "--", kid]);
        assert!(retired.contains("\nstate         retired\n"), "{retired}");
        assert_eq!(house.json(&words("key list --realm lc"))["items"][0]["state"], "retired");
    }

    async fn a_key_of_another_system_is_imported(house) {
        furnished(&house);
        let pem = include_str!("../fixtures/es256.pem");
        let done = house.told(&words("key prepare --realm lc --alg ES256 --kid imported --pem-stdin --json"), pem).good();
        assert_eq!(serde_json::from_str::<Value>(&done).unwrap()["state"], "active");
        assert!(!done.contains("PRIVATE"));
        let said = house.told(&words("key prepare --realm lc --alg RS256 --pem-stdin"), pem).bad();
        assert!(said.starts_with("pem: ") && !said.contains("BEGIN"), "{said}");
    }
}
