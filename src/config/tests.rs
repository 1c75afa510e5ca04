use super::*;

fn load(file: &str, environment: &[(&str, &str)]) -> Result<Config, Faults> {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("countersign.toml");
    std::fs::write(&path, file).unwrap();
    let environment = environment.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
    Source { file: Some(path), environment }.load()
}

#[test]
fn an_empty_file_is_the_safe_default() {
    let config = load("", &[]).unwrap();
    assert!(config.server.listen.ip().is_loopback());
    assert!(config.server.admin_listen.ip().is_loopback());
    assert_eq!(config.server.public_url(), "http://127.0.0.1:8080");
    assert_eq!(config.audit.issuance.as_str(), "buffered");
}

#[test]
fn every_fault_is_reported_at_once() {
    let file = r#"
        nonsense = 1
        [server]
        lisen = "127.0.0.1:1"
        [database]
        url = "mysql://x"
        [secrets]
        max_live = 1
        [guard]
        failed_tries = "often"
    "#;
    let Faults(faults) = load(file, &[]).unwrap_err();
    let all = faults.join("\n");
    for part in ["`nonsense`", "lisen", "database.url", "secrets.max_live", "`often` is not a rate"] {
        assert!(all.contains(part), "{part} is missing in:\n{all}");
    }
    assert_eq!(faults.len(), 5, "{all}");
}

#[test]
fn the_environment_overrides_the_file() {
    let file = "[server]\nlisten = \"127.0.0.1:9000\"\n";
    let config =
        load(file, &[("COUNTERSIGN_SERVER__LISTEN", "127.0.0.1:9100"), ("COUNTERSIGN_DATABASE__MAX_CONNECTIONS", "3")]).unwrap();
    assert_eq!(config.server.listen.port(), 9100);
    assert_eq!(config.database.max_connections, 3);
}

#[test]
fn plain_http_on_a_public_address_is_refused() {
    let Faults(faults) = load("[server]\nlisten = \"0.0.0.0:8080\"\n", &[]).unwrap_err();
    assert!(faults[0].contains("server.insecure_http"), "{faults:?}");
    let https = "[server]\nlisten = \"0.0.0.0:8080\"\npublic_url = \"https://auth.bank.example\"\n";
    assert!(load(https, &[]).is_ok());
    for url in
        ["http://auth.bank.example", "HTTP://auth.bank.example", "ftp://auth.bank.example", "http://10.0.0.1:8080", "https://"]
    {
        assert!(load(&format!("[server]\npublic_url = \"{url}\"\n"), &[]).is_err(), "{url}");
    }
    for url in ["http://localhost:1", "http://127.0.0.1:1", "http://[::1]:1", "https://10.0.0.1/auth"] {
        assert!(load(&format!("[server]\npublic_url = \"{url}\"\n"), &[]).is_ok(), "{url}");
    }
}

#[test]
fn a_secret_comes_from_value_file_or_environment() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("url");
    std::fs::write(&path, "postgres://u:hunter2@h/d\n").unwrap();
    let config = load(&format!("[database]\nurl = {{ file = {path:?} }}\n"), &[]).unwrap();
    assert_eq!(config.database.url.read().unwrap().expose(), "postgres://u:hunter2@h/d");
    assert!(!format!("{config:?}").contains("hunter2"));
    let inline = load("[database]\nurl = \"postgres://u:hunter2@h/d\"\n", &[]).unwrap();
    assert!(!format!("{inline:?}").contains("hunter2"));
}

#[test]
fn a_syntax_error_names_the_line_and_does_not_quote_it() {
    for (line, broken) in [(2, "[database]\nurl = \"postgres://u:hunter2@h/d\n"), (3, "[server]\n\nmaster_key = hunter2\n")] {
        let Faults(faults) = load(broken, &[]).unwrap_err();
        assert!(faults.len() == 1 && faults[0].contains(&format!("countersign.toml:{line}: ")), "{faults:?}");
        assert!(!faults[0].contains("hunter2"), "{faults:?}");
    }
}

#[test]
fn a_secret_of_another_type_is_not_quoted() {
    for broken in ["master_key = 12345678\n", "[database]\nurl = 12345678\n", "[database]\nurl = { value = \"12345678\" }\n"] {
        let Faults(faults) = load(broken, &[]).unwrap_err();
        assert!(!faults[0].contains("12345678"), "{faults:?}");
    }
}

#[test]
fn a_missing_secret_file_is_named() {
    let Faults(faults) = load("[master_key]\nfile = \"/nonexistent/master.key\"\n", &[]).unwrap_err();
    assert!(faults[0].starts_with("master_key: cannot read `/nonexistent/master.key`"), "{faults:?}");
}

#[test]
fn no_fault_quotes_a_secret() {
    let files = [
        "database = \"postgres://user:hunter2@db/main\"",
        "master_key = \"hunter2",
        "master_key = \"hunter2\" x",
        "master_key = { value = \"hunter2\" }",
        "[database]\nurl = [\"postgres://user:hunter2@db/main\"]",
        "[database]\nmax_connections = \"hunter2\"",
        "[database]\nurl = \"mysql://user:hunter2@db/main\"",
    ];
    for file in files {
        let faults = load(file, &[]).unwrap_err().to_string();
        assert!(!faults.contains("hunter2"), "{faults}");
        assert!(
            faults.contains("master_key") || faults.contains("database") || faults.contains("countersign.toml:1:"),
            "{faults}"
        );
    }
}

#[test]
fn an_http_issuer_is_for_callers_on_the_same_machine() {
    let mut server = Config::default().server;
    for (issuer, may) in [
        ("https://auth.bank.example/", true),
        ("http://127.0.0.1:8080/realms/main", true),
        ("http://[::1]:8080/realms/main", true),
        ("http://localhost/realms/main", true),
        ("http://auth.bank.example/realms/main", false),
        ("nonsense", false),
    ] {
        assert_eq!(server.may_issue_as(issuer), may, "{issuer}");
    }
    server.insecure_http = true;
    assert!(server.may_issue_as("http://auth.bank.example/realms/main"), "on a test network");
}
