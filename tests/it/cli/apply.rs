//! `countersign apply`: a file made so, once, and only what changed after that.

use super::{House, PROVISIONED, in_both};

/// Lines without the ids that are made by chance.
fn lines(printed: &str) -> Vec<String> {
    let plain = |line: &str| match line.strip_prefix("created secret ") {
        Some(rest) => format!("created secret {}", rest.split_once(' ').unwrap().1),
        None => line.to_owned(),
    };
    printed.lines().map(plain).collect()
}

in_both! {
    async fn a_file_is_applied_once_and_then_only_its_changes(house) {
        house.write("p.toml", PROVISIONED);
        assert_eq!(lines(&house.ok(&["apply", "-f", "p.toml"])), [
            "created realm lc",
            "created API https://api.example.com of realm lc",
            "created institution 11111111-1111-4111-8111-111111111111 of realm lc",
            "created user jane@bank.example of realm lc",
            "created client acme of realm lc",
            "created secret of client acme of realm lc",
            "6 created, 0 updated, 0 unchanged",
        ]);
        assert_eq!(house.ok(&["apply", "-f", "p.toml"]), "0 created, 0 updated, 5 unchanged\n");
        let all = house.ok(&["apply", "--verbose", "-f", "p.toml"]);
        assert!(all.starts_with("unchanged realm lc\n") && all.contains("\nunchanged client acme of realm lc\n"), "{all}");

        let changed = PROVISIONED
            .replace("scopes = [\"read\"]\nsecret", "scopes = [\"read\", \"write\"]\ndisabled = true\nsecret")
            .replace("correct horse battery staple", "an entirely new one")
            .replace("name = \"Bank\"", "name = \"Better Bank\"");
        house.write("p.toml", &changed);
        assert_eq!(lines(&house.ok(&["apply", "-f", "p.toml"])), [
            "updated institution 11111111-1111-4111-8111-111111111111 of realm lc",
            "updated user jane@bank.example of realm lc",
            "updated client acme of realm lc",
            "0 created, 3 updated, 2 unchanged",
        ]);
        let client = house.json(&["client", "show", "--realm", "lc", "acme"]);
        assert_eq!((&client["scopes"], client["disabled_at"].is_string()), (&serde_json::json!(["read", "write"]), true));
        assert_eq!(house.ok(&["apply", "-f", "p.toml"]), "0 created, 0 updated, 5 unchanged\n");

        // What a file does not mention stays as it is.
        house.write("p.toml", "[[realm]]\nname = \"lc\"\nalgorithm = \"EdDSA\"\n");
        assert_eq!(house.ok(&["apply", "-f", "p.toml"]), "0 created, 0 updated, 1 unchanged\n");
        assert_eq!(house.json(&["client", "show", "--realm", "lc", "acme"]), client);
    }

    async fn a_client_may_act_for_a_user_that_the_file_describes_after_it(house) {
        let bank = "institution = \"11111111-1111-4111-8111-111111111111\"\n";
        let single = PROVISIONED
            .replace("id = \"acme\"\n", "id = \"acme\"\nuser = \"jane\"\n")
            .replace("email = \"jane@bank.example\"\n", &format!("id = \"jane\"\nemail = \"jane@bank.example\"\n{bank}"));
        house.write("p.toml", &single);
        assert!(house.ok(&["apply", "-f", "p.toml"]).ends_with("6 created, 0 updated, 0 unchanged\n"));
        assert_eq!(house.json(&["client", "show", "--realm", "lc", "acme"])["user"], "jane");
        house.write("p.toml", &single.replace("user = \"jane\"", "user = \"joe\""));
        assert_eq!(house.fails(&["apply", "-f", "p.toml"]), "p.toml:13: user: there is no user `joe` in this realm");
    }

    async fn a_file_that_cannot_be_made_so_goes_on_where_it_stopped(house) {
        let nowhere = "22222222-2222-4222-8222-222222222222";
        house.write("p.toml", &PROVISIONED.replace("institution = \"11111111-1111-4111-8111-111111111111\"", &format!("institution = \"{nowhere}\"")));
        let said = house.fails(&["apply", "-f", "p.toml"]);
        assert_eq!(said, format!("p.toml:13: institution: there is no institution `{nowhere}` in this realm"));
        house.write("p.toml", PROVISIONED);
        let printed = house.ok(&["apply", "-f", "p.toml"]);
        assert!(printed.ends_with("2 created, 0 updated, 4 unchanged\n"), "{printed}");
    }
}

#[test]
fn every_fault_is_told_at_once_and_nothing_is_changed() {
    let house = House::on_sqlite();
    let bad = PROVISIONED
        .replace("name = \"lc\"", "name = \"LC\"")
        .replace("\"acme\"", "\"a:b\"")
        .replace("a chosen secret", "hunter2")
        .replace("jane@bank.example", "jane")
        .replace("scopes = [\"read\"]\n\n", "scope = [\"read\"]\n\n");
    house.write("p.toml", &bad);
    let said = house.fails(&["apply", "-f", "p.toml"]);
    let told: Vec<_> = said.lines().map(|line| line.split(": ").take(2).collect::<Vec<_>>().join(": ")).collect();
    assert_eq!(told.len(), 6, "{said}");
    assert_eq!(told[0], "nothing was changed:");
    for (fault, start) in
        told[1..].iter().zip(["p.toml:1: name", "p.toml:7: ", "p.toml:13: id", "p.toml:13: secret", "p.toml:19: email"])
    {
        assert!(fault.starts_with(start), "{start} in {said}");
    }
    assert!(said.contains("scope") && !said.contains("hunter2"), "{said}");
    assert!(!house.path("countersign.db").exists(), "the database was not even opened");
    house.write("p.toml", "[[realm]]\nname = \"lc\nsecret = \"hunter2\"\n");
    let said = house.fails(&["apply", "-f", "p.toml"]);
    assert!(said.starts_with("nothing was changed:\np.toml:2: ") && !said.contains("hunter2"), "{said}");
    assert_eq!(house.fails(&["apply", "-f", "none.toml"]), "none.toml: No such file or directory (os error 2)");
}

#[test]
fn secrets_come_from_elsewhere() {
    let house = House::on_sqlite();
    house.write("secret", "a secret in a file\n");
    house.write(
        "p.toml",
        &PROVISIONED
            .replace("\"a chosen secret\"", "{ file = \"secret\" }")
            .replace("\"correct horse battery staple\"", "{ env = \"JANE\" }"),
    );
    let said = house.fails(&["apply", "-f", "p.toml"]);
    assert!(said.contains("p.toml:21: ") && said.contains("`JANE`"), "{said}");
    let mut command = house.command(&["apply", "-f", "p.toml"]);
    command.env("JANE", "a password in the environment");
    let printed = super::finish(command, "").good();
    assert!(printed.ends_with("6 created, 0 updated, 0 unchanged\n") && !printed.contains("a secret in"), "{printed}");
}
