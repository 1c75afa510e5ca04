//! From nothing to an administrator: the master key, the schema, the first client.

use std::os::unix::fs::PermissionsExt as _;

use super::{House, in_both};

#[test]
fn a_master_key_is_its_owners_and_never_overwritten() {
    let house = House::on_sqlite();
    let (path, key) = (house.path("master.key"), house.read("master.key"));
    assert_eq!(std::fs::metadata(&path).unwrap().permissions().mode() & 0o7777, 0o600);
    assert_eq!(key.trim_end().len(), 43, "32 bytes in base64url");
    let said = house.fails(&["config", "create-master-key", "master.key"]);
    assert!(said.starts_with("the master key file master.key exists and is not overwritten"), "{said}");
    assert_eq!(house.read("master.key"), key);
    let said = house.ok(&["config", "create-master-key", "other.key"]);
    assert!(said.starts_with("created other.key; keep a copy") && !said.contains(house.read("other.key").trim_end()), "{said}");
    assert_ne!(house.read("other.key"), key);
}

in_both! {
    async fn the_schema_is_brought_up_to_date_once(house) {
        for _ in 0..2 {
            assert_eq!(house.ok(&["migrate"]), "the schema is up to date\n");
        }
    }

    async fn an_administrator_is_made_once_and_given_one_more_secret_on_demand(house) {
        let first = house.json(&["bootstrap"]);
        assert_eq!((&first["realm"], &first["client_id"]), (&"main".into(), &"admin".into()));
        assert!(first["client_secret"].as_str().unwrap().starts_with("cs_"));
        let said = house.fails(&["bootstrap"]);
        assert_eq!(said, "realm `main` has an admin client already, `admin`; use its secret, or give it one more with --again");
        let again = house.json(&["bootstrap", "--again"]);
        assert_ne!(again["client_secret"], first["client_secret"]);
        let secrets = house.json(&["secret", "list", "--realm", "main", "admin"]);
        assert_eq!(secrets["items"].as_array().unwrap().len(), 2);
        assert_eq!(house.json(&["client", "show", "--realm", "main", "admin"])["scopes"], serde_json::json!(["countersign.admin"]));
        let printed = house.ok(&["bootstrap", "--realm", "lc"]);
        assert!(printed.starts_with("realm          lc\nclient_id      admin\nsecret_id      "), "{printed}");
        assert!(printed.contains("\nclient_secret  cs_"), "{printed}");
    }

    async fn an_unmigrated_database_is_refused_clearly(house) {
        let text = house.read("countersign.toml").replace("durability", "migrate = false\ndurability");
        house.write("countersign.toml", &text);
        let told = "the database's schema is not that of this version; run `countersign migrate`, or set database.migrate = true";
        for words in [&["serve"][..], &["bootstrap"], &["client", "list", "--realm", "main"]] {
            assert_eq!(house.fails(words), told, "{words:?}");
        }
        house.ok(&["migrate"]);
        house.ok(&["bootstrap"]);
    }

    async fn another_master_key_is_refused_at_the_start(house) {
        house.ok(&["bootstrap"]);
        house.ok(&["config", "create-master-key", "other.key"]);
        house.write("countersign.toml", &house.read("countersign.toml").replace("master.key", "other.key"));
        let told = "countersign: the database was written under another master key; give the key that it began with (master_key), or \
                    start with an empty database\n";
        for words in [&["serve"][..], &["bootstrap", "--again"], &["key", "list", "--realm", "main"]] {
            let done = house.run(words);
            assert_eq!((done.code, done.out.as_str()), (Some(1), ""), "{words:?}");
            // The server may have begun its log.
            assert!(done.err.ends_with(told), "{done:?}");
        }
    }
}

#[test]
fn a_master_key_that_is_none_is_refused_at_the_start() {
    let house = House::on_sqlite();
    house.ok(&["migrate"]);
    let key = house.read("master.key");
    house.write("master.key", "too short\n");
    let said = house.fails(&["serve"]);
    assert!(
        said.contains("does not hold a master key: that is 32 random bytes in base64url") && !said.contains("too short"),
        "{said}"
    );
    house.write("master.key", &key);
    std::fs::set_permissions(house.path("master.key"), std::fs::Permissions::from_mode(0o644)).unwrap();
    let said = house.fails(&["serve"]);
    assert_eq!(
        said,
        "the master key file master.key can be opened by others than its owner (mode 0644): run `chmod 600 master.key`"
    );
    std::fs::remove_file(house.path("master.key")).unwrap();
    let said = house.fails(&["serve"]);
    assert!(said.contains("master_key: cannot read `master.key`: No such file"), "{said}");
}
