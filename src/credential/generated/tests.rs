use super::*;
use crate::clock::SystemEntropy;

/// Counts up from zero.
#[derive(Debug)]
struct Counting;

impl Entropy for Counting {
    fn fill(&self, bytes: &mut [u8]) {
        for (value, byte) in (0..).zip(bytes) {
            *byte = value;
        }
    }
}

#[test]
fn the_format_is_frozen() {
    // Computed independently, with Python's hashlib.
    assert_eq!(generate(&Counting).expose(), "cs_AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8_FCYH2");
}

#[test]
fn what_is_generated_is_well_formed_and_never_repeats() {
    let mut secrets: Vec<String> = (0..1000).map(|_| generate(&SystemEntropy).expose().clone()).collect();
    assert!(secrets.iter().all(|secret| secret.len() == LEN && is_well_formed(secret)));
    secrets.sort_unstable();
    secrets.dedup();
    assert_eq!(secrets.len(), 1000);
}

#[test]
fn every_single_typo_is_found() {
    let secret = generate(&Counting);
    for position in 0..LEN {
        for typo in ["A", "z", "-", "_", "=", " ", "ä"] {
            let mut mistyped = secret.expose().clone();
            mistyped.replace_range(position..=position, typo);
            assert_eq!(is_well_formed(&mistyped), mistyped == *secret.expose(), "{mistyped}");
        }
        let mut shorter = secret.expose().clone();
        shorter.remove(position);
        assert!(!is_well_formed(&shorter), "{shorter}");
    }
}

#[test]
fn exchanged_neighbours_are_found() {
    let secret = generate(&Counting).expose().clone().into_bytes();
    for position in 1..LEN {
        let mut mistyped = secret.clone();
        mistyped.swap(position - 1, position);
        assert_eq!(is_well_formed(std::str::from_utf8(&mistyped).unwrap()), mistyped == secret);
    }
}

#[test]
fn anything_else_is_not_well_formed() {
    let secret = generate(&Counting).expose().clone();
    let right_checksum = |body: &str| format!("{body}{}", checksum(body));
    let others = [
        String::new(),
        "cs_".into(),
        "password".into(),
        "äöüäöüäöü".into(),
        secret.to_uppercase(),
        format!("{secret} "),
        format!(" {secret}"),
        right_checksum("cs_"),
        right_checksum("cs_AAAA"),
        right_checksum(&format!("cs_{}", "A".repeat(44))),
        right_checksum(&format!("cs_{}9", "A".repeat(42))),
        right_checksum(&format!("xx_{}", "A".repeat(43))),
    ];
    for text in others {
        assert!(!is_well_formed(&text), "{text}");
    }
    assert!(is_well_formed(&right_checksum(&format!("cs_{}", "A".repeat(43)))));
}
