use super::*;

fn faults(text: &str) -> Vec<String> {
    Document::parse("p.toml", text).unwrap_err().iter().map(Fault::to_string).collect()
}

#[test]
fn every_fault_is_told_with_its_line() {
    let text = r#"
[[realm]]
name = "LC"

[[realm.client]]
id = "a:b"
secret = "short"

[[realm.client]]
scopes = ["one two"]
id = "b"

[[realm.user]]
name = "Nobody"
password = { file = "/nonexistent/password" }

[[realm]]
name = "cr"
lockuot = { threshold = 3 }

[[realm.institution]]
id = "not-a-uuid"
name = "Bank"
colour = "blue"
"#;
    let faults = faults(text);
    let lines: Vec<&str> = faults.iter().map(|fault| fault.split(": ").next().unwrap()).collect();
    assert_eq!(lines, ["p.toml:2", "p.toml:5", "p.toml:5", "p.toml:10", "p.toml:15", "p.toml:19", "p.toml:24"], "{faults:#?}");
    for (fault, part) in
        faults.iter().zip(["name: a realm", "id: a client", "secret: a chosen", "no scope", "/nonexistent", "lockuot", "colour"])
    {
        assert!(fault.contains(part), "{part}: {fault}");
    }
}

#[test]
fn no_fault_quotes_a_secret() {
    let text = "[[realm]]\nname = \"lc\"\n[[realm.client]]\nid = \"a\"\nsecret = \"hunter2\"\n[[realm.user]]\nemail = \"a@b.c\"\npassword = 12345678\n";
    let faults = faults(text).join("\n");
    assert!(!faults.contains("hunter2") && !faults.contains("12345678"), "{faults}");
    let broken = Document::parse("p.toml", "secret = \"hunter2\nname =").unwrap_err();
    assert!(!format!("{broken:?}").contains("hunter2"), "{broken:?}");
}

#[test]
fn nothing_is_described_twice_or_without_a_name() {
    let text = "[[realm]]\nname = \"lc\"\n[[realm.client]]\nid = \"a\"\n[[realm.client]]\nid = \"a\"\n[[realm.client]]\nname = \"b\"\n[[realm]]\nname = \"lc\"\n";
    assert_eq!(
        faults(text),
        [
            "p.toml:5: client `a` is described twice",
            "p.toml:7: give the client an `id`, by which the next run knows it again",
            "p.toml:9: realm `lc` is described twice",
        ]
    );
}

#[test]
fn a_single_table_is_told_from_a_list() {
    assert_eq!(faults("[realm]\nname = \"lc\"\n"), ["p.toml:1: `realm` is a list of tables: write [[…]] with two brackets"]);
    assert_eq!(faults("realms = 1\n"), ["p.toml:1: `realms`: there is only [[realm]] at the top"]);
}
