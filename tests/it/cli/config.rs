//! `countersign config`: checked, and described as JSON Schema.

use serde_json::Value;

use super::{House, binary, finish};

#[test]
fn a_good_configuration_is_said_to_be_good() {
    let house = House::on_sqlite();
    assert_eq!(house.ok(&["config", "check"]), "the configuration, the dialects and the resource files are good\n");
    let folder = tempfile::tempdir().unwrap();
    let mut bare = binary(folder.path());
    bare.args(["config", "check"]);
    assert_eq!(finish(bare, "").good(), "the configuration, the dialects and the resource files are good\n");
}

#[test]
fn every_fault_is_told_at_once() {
    let house = House::on_sqlite();
    house
        .configure("mysql://u:hunter2@h/d", "[server]\nlisten = \"0.0.0.0:80\"\n[secrets]\nmax_live = 1\n[log]\ncolour = true\n");
    let said = house.fails(&["config", "check"]);
    assert!(said.starts_with("the configuration has 4 fault(s):\n"), "{said}");
    for part in ["database.url: must begin with", "server.insecure_http", "secrets.max_live", "colour"] {
        assert!(said.contains(part), "{part} in {said}");
    }
    assert!(!said.contains("hunter2"), "{said}");
}

#[test]
fn a_syntax_error_is_told_by_its_line_alone() {
    let house = House::on_sqlite();
    house.write("countersign.toml", "[database]\nurl = \"postgres://u:hunter2@h/d\n");
    let said = house.fails(&["config", "check"]);
    assert!(said.contains("countersign.toml:2: ") && !said.contains("hunter2"), "{said}");
}

#[test]
fn a_bad_dialect_is_told_with_file_and_line() {
    let house = House::on_sqlite();
    std::fs::create_dir(house.path("dialects")).unwrap();
    house.write("dialects/mine.toml", "[match]\npaths = [\"/mine\"]\n\n[token]\ncolour = 1\n");
    house.write("countersign.toml", &format!("{}[dialects]\ndir = \"dialects\"\n", house.read("countersign.toml")));
    let said = house.fails(&["config", "check"]);
    assert!(said.contains("mine.toml:5") && said.contains("colour"), "{said}");
    house.ok(&["migrate"]);
    assert!(house.fails(&["serve"]).contains("mine.toml:5"));
}

#[test]
fn bad_resource_files_are_told_with_file_and_line() {
    let house = House::on_sqlite();
    std::fs::create_dir(house.path("resources")).unwrap();
    house.write("resources/mine.toml", "realm = \"main\"\naudience = \"https://api.example.com\"\nunmached = \"public\"\n");
    house.write("resources/other.toml", "audience = \"x\"\nunmatched = \"public\"\ndialect = \"oauth3\"\n");
    house.write("countersign.toml", &format!("{}[resources]\ndir = \"resources\"\n", house.read("countersign.toml")));
    let said = house.fails(&["config", "check"]);
    for part in [
        "resources/mine.toml:3: unknown key `unmached`; did you mean `unmatched`?",
        "resources/other.toml:1: `realm` is missing; write whose tokens are asked for: `realm = \"main\"`",
        "resources/other.toml:3: there is no dialect `oauth3` to refuse in; did you mean `oauth2`?",
    ] {
        assert!(said.contains(part), "{part} in {said}");
    }
    house.ok(&["migrate"]);
    assert!(house.fails(&["serve"]).contains("mine.toml:3"));
}

#[test]
fn the_environment_has_the_last_word() {
    let house = House::on_sqlite();
    let mut command = house.command(&["config", "check"]);
    command.env("COUNTERSIGN_SECRETS__MAX_LIVE", "1");
    assert!(finish(command, "").bad().contains("secrets.max_live"));
    let mut command = house.command(&["config", "check", "--config", "elsewhere.toml"]);
    command.env("COUNTERSIGN_CONFIG", "countersign.toml");
    assert!(finish(command, "").bad().contains("cannot read `elsewhere.toml`"), "an argument before the environment");
}

#[test]
fn the_schemas_are_json_schema() {
    let house = House::on_sqlite();
    let names = |words: &[&str]| {
        let schema: Value = serde_json::from_str(&house.ok(words)).unwrap();
        assert_eq!(schema["$schema"], "https://json-schema.org/draft/2020-12/schema");
        schema["properties"].as_object().unwrap().keys().cloned().collect::<Vec<_>>()
    };
    let config = names(&["config", "print-schema"]);
    assert!(
        ["server", "database", "master_key", "guard"].iter().all(|name| config.iter().any(|known| known == name)),
        "{config:?}"
    );
    let dialect = names(&["config", "print-schema", "--dialect"]);
    assert!(
        ["match", "realm", "token", "errors", "success"].iter().all(|name| dialect.iter().any(|known| known == name)),
        "{dialect:?}"
    );
}
