//! Whatever is asked for: no panic, one answer for all spellings of a path, and none for a path that climbs.

use proptest::prelude::*;

use super::*;

const LITERALS: &[&str] = &["core", "users", "transactions", "kyc"];

/// Every shape of pattern below one prefix, and a rest that asks for nothing: what is not refused is visible.
static RULES: LazyLock<Rules> = LazyLock::new(|| {
    let paths =
        ["/core/users", "/core/users/{id}", "/core/users/{id}/kyc", "/core/{x}/users", "/core/transactions/**", "/core/kyc"];
    let open = "[[routes]]\npath = \"/**\"\npublic = true\n";
    load(&[("x.toml", &(file("", &paths) + open))]).unwrap()
});

/// Texts that are made of what the reader of paths has rules for.
fn tricky() -> impl Strategy<Value = String> {
    let pieces = prop::sample::select(vec![
        "/",
        "//",
        ".",
        "..",
        "%2e",
        "%2E",
        "%2f",
        "%5c",
        "\\",
        ";",
        "%3b",
        "%25",
        "%252e",
        "%00",
        "%0a",
        "%c0%ae",
        "%",
        "%4",
        "%zz",
        "?",
        "#",
        " ",
        "%20",
        "é",
        "*",
        "core",
        "users",
        "kyc",
        "transactions",
        "x",
    ]);
    prop_oneof![".{0,60}", prop::collection::vec(pieces, 0..12).prop_map(|pieces| format!("/{}", pieces.concat()))]
}

fn escaped(byte: u8, upper: bool) -> String {
    if upper { format!("%{byte:02X}") } else { format!("%{byte:02x}") }
}

proptest! {
    #[test]
    fn nothing_breaks_the_rules(method in ".{0,8}", host in tricky(), path in tricky()) {
        let asked = Asked { method: &method, host: &host, path: &path };
        let found = RULES.find(&asked);
        prop_assert!(found != Found::Refused(None), "the file has every host and path below it");
        prop_assert_eq!(found, find(&RULES, &method, &path));
    }

    #[test]
    fn an_encoded_letter_is_the_letter(
        segments in prop::collection::vec(prop::sample::select(LITERALS), 0..5),
        choices in prop::collection::vec((any::<bool>(), any::<bool>()), 64),
    ) {
        let plain: String = segments.iter().map(|segment| format!("/{segment}")).collect();
        let mutated: String = plain.bytes().zip(&choices).map(|(byte, (encode, upper))| match byte {
            letter if *encode && letter != b'/' => escaped(letter, *upper),
            other => char::from(other).to_string(),
        }).collect();
        let plain = if plain.is_empty() { "/".to_owned() } else { plain };
        let mutated = if mutated.is_empty() { "/".to_owned() } else { mutated };
        let decided = find(&RULES, "GET", &plain);
        prop_assert!(matches!(decided, Found::Rule(_)), "{}", plain);
        prop_assert_eq!(decided, find(&RULES, "GET", &mutated), "{}", mutated);
        prop_assert_eq!(decided, find(&RULES, "GET", &format!("{}/", mutated.trim_end_matches('/'))), "{}/", mutated);
    }

    #[test]
    fn no_path_that_climbs_has_a_rule(
        before in prop::collection::vec(prop::sample::select(LITERALS), 0..3),
        dots in prop::sample::select(vec![
            ".", "..", "%2e", "%2E", "%2e%2e", "%2E.", ".%2e", "..%20", "%20.", "..;", "..;x=1", "..%3b", "..%00", "%252e%252e", "..%2f",
            "..%5c", "..\\", "%c0%ae%c0%ae",
        ]),
        after in prop::collection::vec(prop::sample::select(LITERALS), 0..3),
    ) {
        let path: String = before.iter().chain([&dots]).chain(&after).map(|segment| format!("/{segment}")).collect();
        prop_assert!(matches!(find(&RULES, "GET", &path), Found::Refused(_)), "{}", path);
    }

    #[test]
    fn what_has_a_rule_reads_the_same_to_everybody(path in tricky()) {
        // Decoding once more, removing dot segments, folding slashes, cutting parameters: none of them changes what is left.
        if let Found::Rule(_) = find(&RULES, "GET", &path) {
            prop_assert!(path.starts_with('/') && path.is_ascii() && !path.contains("//") && !path.contains(['\\', ';', '?', '#']));
            let again = path.split('/').map(|segment| segment.to_ascii_lowercase().replace("%2e", "."));
            prop_assert!(again.into_iter().all(|segment| segment != "." && segment != ".."), "{}", path);
            let lower = path.to_ascii_lowercase();
            prop_assert!(["%2f", "%5c", "%3b", "%00", "%0a", "%252e"].iter().all(|escape| !lower.contains(escape)), "{}", path);
        }
    }

    #[test]
    fn no_file_breaks_the_reader(text in prop_oneof![".{0,200}", tricky().prop_map(|path| file("", &[&path.escape_default().to_string()]))]) {
        if let Err(faults) = load(&[("x.toml", &text)]) {
            prop_assert!(faults.iter().all(|fault| fault.starts_with("x.toml:") && fault.contains("; ")), "{:?}", faults);
        }
    }
}
