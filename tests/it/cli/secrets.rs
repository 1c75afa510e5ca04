//! Secrets on the command line: from a file, the environment or standard input, never from an argument; printed once.

use super::{House, PROVISIONED, finish, in_both};

fn furnished(house: &House) {
    house.write("p.toml", PROVISIONED);
    house.ok(&["apply", "-f", "p.toml"]);
}

const ADD: [&str; 5] = ["secret", "add", "--realm", "lc", "acme"];
const LIST: [&str; 5] = ["secret", "list", "--realm", "lc", "acme"];

in_both! {
    async fn a_secret_is_rotated(house) {
        furnished(&house);
        let old = house.json(&LIST)["items"][0]["id"].as_str().unwrap().to_owned();
        let added = house.json(&[&ADD[..], &["--overlap", "24h"]].concat());
        let (id, secret) = (added["id"].as_str().unwrap(), added["secret"].as_str().unwrap());
        assert!(secret.starts_with("cs_") && added["superseded"] == serde_json::json!([old]), "{added}");
        let listed = [house.ok(&LIST), house.ok(&[&LIST[..], &["--json"]].concat()), house.ok(&["client", "show", "--realm", "lc", "acme"])];
        assert!(listed.iter().all(|text| !text.contains("cs_") && !text.contains("argon2")), "{listed:?}");
        let items = house.json(&LIST)["items"].clone();
        assert!(items[0]["expires_at"].is_string() && items[1]["expires_at"].is_null(), "{items}");
        let revoke = ["secret", "revoke", "--realm", "lc", "acme"];
        assert_eq!(house.ok(&[&revoke[..], &[&old]].concat()), format!("revoked secret {old} of client acme\n"));
        let said = house.fails(&[&revoke[..], &[id]].concat());
        assert_eq!(said, "this is the last live secret: without it the client gets no token; add a new one first, disable the client, or force it");
        let moment = || house.json(&["client", "show", "--realm", "lc", "acme"])["not_before"].as_str().map(str::to_owned);
        assert_eq!(moment(), None, "the tokens live on");
        house.ok(&[&ADD[..], &["--revoke-tokens"]].concat());
        let first = moment();
        house.ok(&[&revoke[..], &[id, "--force", "--revoke-tokens"]].concat());
        assert!(first.is_some() && moment() > first);
        assert_eq!(house.fails(&[&revoke[..], &["none"]].concat()), "secret `none` does not exist");
    }
}

#[test]
fn a_secret_comes_from_one_of_three_places_and_is_not_printed() {
    let house = House::on_sqlite();
    furnished(&house);
    house.write("secret", "one chosen secret\r\n");
    let of_file = house.ok(&[&ADD[..], &["--secret-file", "secret"]].concat());
    let of_stdin = house.told(&[&ADD[..], &["--secret-stdin"]].concat(), "another chosen secret\n").good();
    let mut command = house.command(&[&ADD[..], &["--secret-env", "SECRET"]].concat());
    command.env("SECRET", "a third chosen secret");
    for printed in [of_file, of_stdin, finish(command, "").good()] {
        assert!(
            printed.contains("stored_as     hash\n") && !printed.contains("chosen") && !printed.contains("\nsecret "),
            "{printed}"
        );
    }
    // What a provisioning file says is a live secret already, is not added again: so it is known what was stored.
    for known in ["one chosen secret", "another chosen secret", "a third chosen secret"] {
        house.write("p.toml", &PROVISIONED.replace("a chosen secret", known));
        assert_eq!(house.ok(&["apply", "-f", "p.toml"]), "0 created, 0 updated, 5 unchanged\n", "{known}");
    }
    for (words, told) in [
        (&["--secret-env", "NONE"][..], "the environment variable `NONE` is not set to readable text"),
        (&["--secret-file", "none"], "none: No such file or directory (os error 2)"),
        (&["--secret-stdin"], "the secret is empty"),
        (&["--hash-file", "secret"], "hash: "),
        (&["--secret-file", "secret", "--hash-file", "secret"], "give a secret or the hash of one, not both"),
    ] {
        let said = house.fails(&[&ADD[..], words].concat());
        assert!(said.starts_with(told) && !said.contains("chosen secret"), "{said}");
    }
}

#[test]
fn no_secret_is_taken_from_an_argument() {
    let house = House::on_sqlite();
    for words in [
        "secret add --realm lc acme --secret hunter2-in-clear",
        "secret add --realm lc acme hunter2-in-clear",
        "secret add --realm lc acme --hash hunter2-in-clear",
        "user create --realm lc --password hunter2-in-clear",
        "user set-password --realm lc u1 hunter2-in-clear",
        "user set-totp --realm lc u1 --totp hunter2-in-clear",
        "key prepare --realm lc --pem hunter2-in-clear",
        "token fetch --url http://127.0.0.1:1 --client-id a --client-secret hunter2-in-clear",
        "token inspect hunter2-in-clear",
        "token verify --jwks http://127.0.0.1:1 --issuer i --audience a hunter2-in-clear",
        "bootstrap --secret hunter2-in-clear",
        "--master-key hunter2-in-clear serve",
    ] {
        let done = house.run(&words.split(' ').collect::<Vec<_>>());
        assert_eq!((done.code, done.out.as_str()), (Some(2), ""), "{words}: {done:?}");
        assert!(done.err.starts_with("error: unexpected argument"), "{words}: {done:?}");
    }
    assert!(!house.path("countersign.db").exists(), "no command began");
}
