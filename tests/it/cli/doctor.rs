//! `countersign doctor`: what is wrong, each with its mend; nothing wrong is exit code 0.

use std::os::unix::fs::PermissionsExt as _;

use super::{Done, House, PROVISIONED, in_both};

/// Asserts that the doctor finds fault, and says so in exactly this line among its own.
fn finds(house: &House, line: &str) {
    let Done { code, out, err } = house.run(&["doctor"]);
    assert_eq!((code, err.as_str()), (Some(1), ""), "{out}");
    assert_eq!(out.lines().filter(|line| line.starts_with("FAIL")).collect::<Vec<_>>(), [line], "{out}");
}

in_both! {
    async fn a_healthy_installation_is_healthy(house) {
        house.ok(&["migrate"]);
        let empty = house.ok(&["doctor"]);
        assert!(empty.ends_with("warn  realms: there are none; run `countersign bootstrap`, or `countersign apply -f FILE`\n"), "{empty}");
        house.write("p.toml", PROVISIONED);
        house.ok(&["apply", "-f", "p.toml"]);
        let kid = house.json(&["key", "list", "--realm", "lc"])["items"][0]["kid"].as_str().unwrap().to_owned();
        assert_eq!(house.ok(&["doctor"]), format!(
            "ok    configuration: can be read\nok    dialects: 5 can be read\nok    master key: can be read, and by its owner only\n\
             ok    database: answers, and its schema is up to date\nok    realm lc: EdDSA key {kid} signs for 0 days\n"
        ));
    }

    async fn an_owner_that_never_came_is_told(house) {
        house.write("p.toml", &PROVISIONED.replace("scopes = [\"read\"]\n\n", "scopes = [\"read\"]\nowners = [\"acme\", \"gateway\"]\n\n"));
        house.ok(&["apply", "-f", "p.toml"]);
        let told = "\nwarn  realm lc: the API https://api.example.com is owned by `gateway`, which is no client; create that client, or take it out \
                    of the API's `owners`\n";
        let said = house.ok(&["doctor"]);
        assert!(said.ends_with(told) && said.matches("warn").count() == 1, "{said}");
    }

    async fn tokens_that_are_shared_are_told(house) {
        house.write("p.toml", &PROVISIONED.replace("scopes = [\"read\"]\n\n", "scopes = [\"read\"]\ntoken_reuse = \"5m\"\n\n"));
        house.ok(&["apply", "-f", "p.toml"]);
        let told = "\nok    realm lc: a token for https://api.example.com is handed out again for 5m; revoking it ends it for all who share it\n";
        let said = house.ok(&["doctor"]);
        assert!(said.ends_with(told), "{said}");
        assert_eq!(house.ok(&["apply", "-f", "p.toml"]), "0 created, 0 updated, 5 unchanged\n");
        house.write("p.toml", &house.read("p.toml").replace("token_reuse = \"5m\"", "token_reuse = \"0s\""));
        let said = house.fails(&["apply", "-f", "p.toml"]);
        assert!(said.ends_with("token_reuse: a window of 0 s is none: leave it out"), "{said}");
    }

    async fn an_unmigrated_database_is_found(house) {
        finds(&house, "FAIL  database: its schema is not that of this version; run `countersign migrate`");
    }

    async fn another_master_key_is_found(house) {
        house.ok(&["bootstrap"]);
        house.ok(&["config", "create-master-key", "other.key"]);
        house.write("countersign.toml", &house.read("countersign.toml").replace("master.key", "other.key"));
        finds(
            &house,
            "FAIL  master key: the database was written under another master key; give the key that it began with (master_key), or start \
             with an empty database; give the one that the database began with",
        );
    }
}

#[test]
fn a_key_that_others_can_read_is_found() {
    let house = House::on_sqlite();
    house.ok(&["bootstrap"]);
    for mode in [0o644, 0o640, 0o604, 0o660] {
        std::fs::set_permissions(house.path("master.key"), std::fs::Permissions::from_mode(mode)).unwrap();
        finds(
            &house,
            &format!(
                "FAIL  master key: the master key file master.key can be opened by others than its owner (mode {mode:04o}): run `chmod \
                 600 master.key`; without it nothing sealed can be opened"
            ),
        );
    }
}

#[test]
fn a_missing_key_is_found() {
    let house = House::on_sqlite();
    house.ok(&["bootstrap"]);
    std::fs::remove_file(house.path("master.key")).unwrap();
    let done = house.run(&["doctor"]);
    assert_eq!(done.code, Some(1));
    assert!(done.out.contains("FAIL  configuration: ") && done.out.contains("master_key: cannot read `master.key`"), "{done:?}");
    // Where the configuration names none, the usual place is looked at.
    house.write("countersign.toml", &house.read("countersign.toml").replace("master_key = { file = \"master.key\" }\n", ""));
    let done = house.run(&["doctor"]);
    assert!(
        done.code == Some(1)
            && done.out.contains("FAIL  master key: the master key file countersign-data/master.key cannot be read"),
        "{done:?}"
    );
    assert!(done.out.contains("create one with `countersign config create-master-key FILE`"), "{done:?}");
}

#[test]
fn a_database_that_is_away_is_found() {
    let house = House::on_sqlite();
    house.configure("postgres://u:hunter2@127.0.0.1:1/d", "");
    let done = house.run(&["doctor"]);
    assert_eq!(done.code, Some(1));
    assert!(done.out.contains("FAIL  database: ") && done.out.contains("see database.url"), "{done:?}");
    assert!(!done.out.contains("hunter2"), "{done:?}");
}

#[test]
fn a_server_that_is_away_is_found() {
    let house = House::on_sqlite();
    house.configure("sqlite:countersign.db", "[server]\nlisten = \"127.0.0.1:1\"\n");
    let done = house.run(&["doctor", "--live"]);
    assert_eq!(done.code, Some(1));
    assert!(done.out.starts_with("FAIL  server: http://127.0.0.1:1/health/live: "), "{done:?}");
    assert!(done.out.ends_with("; is it running, and is server.listen what it runs with?\n"), "{done:?}");
}

#[test]
fn resource_files_that_let_nobody_through_are_found() {
    let house = House::on_sqlite();
    house.configure("sqlite:countersign.db", "[resources]\ndir = \"resources\"\n");
    std::fs::create_dir(house.path("resources")).unwrap();
    house.ok(&["bootstrap"]);
    let file = |realm: &str, prefix: &str| {
        format!(
            "realm = \"{realm}\"\naudience = \"https://api.example\"\nprefix = \"{prefix}\"\n[[routes]]\npath = \"{prefix}/**\"\nscopes = []\n"
        )
    };
    house.write("resources/known.toml", &file("main", "/known"));
    house.write("resources/lost.toml", &file("nowhere", "/lost"));
    let done = house.run(&["doctor"]);
    assert_eq!(done.code, Some(1));
    for what in [
        "FAIL  resource files: a file names the API https://api.example, which realm main does not have; add the API to the realm",
        "FAIL  resource files: a file for https://api.example names the realm `nowhere`, which does not exist; create the realm",
    ] {
        assert_eq!(done.out.matches(what).count(), 1, "{what}: {done:?}");
    }
    house.write("resources/lost.toml", "realm = 7\n");
    let done = house.run(&["doctor"]);
    assert!(done.code == Some(1) && done.out.contains("FAIL  resource files: resources/lost.toml:1: "), "{done:?}");
}
