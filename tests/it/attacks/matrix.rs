//! Holds `tests/attacks.toml` to the truth: every row of the list has its tests or the reason why not, every test that it names
//! is written, and every test that is written is named.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

/// The rows of the attack list.
const LAST: u32 = 144;
/// The rows that this release must hold.
const REQUIRED: &[u32] = &[
    44, 45, 46, 47, 48, 49, 50, 51, 52, 53, 54, 55, 56, 57, 58, 59, 60, 61, 62, 63, 70, 71, 72, 81, 82, 95, 96, 97, 98, 99, 100,
    101, 102, 103, 104, 105, 106, 107, 108, 109, 128, 131, 133, 134, 135, 136, 137, 141, 142,
];

#[derive(serde::Deserialize)]
#[serde(deny_unknown_fields)]
struct Matrix {
    row: Vec<Row>,
    without: Vec<Without>,
}

#[derive(serde::Deserialize)]
#[serde(deny_unknown_fields)]
struct Row {
    number: u32,
    tests: Vec<String>,
    /// What of the row is not held by them.
    #[serde(default)]
    left: String,
}

#[derive(serde::Deserialize)]
#[serde(deny_unknown_fields)]
struct Without {
    /// From the first to the last of them.
    rows: [u32; 2],
    reason: String,
}

fn matrix() -> Matrix {
    toml::from_str(include_str!("../../attacks.toml")).unwrap()
}

/// `atk_NNN_…` for every such function in the sources of this folder, by its row.
fn written() -> BTreeMap<u32, BTreeSet<String>> {
    let mut written = BTreeMap::<u32, BTreeSet<String>>::new();
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/it/attacks");
    for file in fs::read_dir(folder).unwrap() {
        let source = fs::read_to_string(file.unwrap().path()).unwrap_or_default();
        let names = source.lines().filter_map(|line| {
            let line = line.trim_start();
            line.strip_prefix("async ").unwrap_or(line).strip_prefix("fn ")?.split('(').next()
        });
        for name in names.filter(|name| name.starts_with("atk_")) {
            let number = name.get(4..7).and_then(|digits| digits.parse().ok());
            written.entry(number.unwrap_or_else(|| panic!("{name} names no row"))).or_default().insert(name.to_owned());
        }
    }
    written
}

#[test]
fn every_required_row_has_a_test() {
    let written = written();
    let bare: Vec<_> = REQUIRED.iter().filter(|row| !written.contains_key(row)).collect();
    assert!(bare.is_empty(), "rows without `fn atk_NNN_…`: {bare:?}");
}

#[test]
fn the_file_and_the_sources_name_the_same_tests() {
    let named: BTreeMap<_, BTreeSet<_>> =
        matrix().row.into_iter().map(|row| (row.number, row.tests.into_iter().collect())).collect();
    assert_eq!(named, written());
}

#[test]
fn every_row_is_accounted_for_once() {
    let Matrix { row, without } = matrix();
    let mut rows: Vec<u32> = row.iter().map(|row| row.number).collect();
    for Without { rows: [first, last], reason } in &without {
        assert!(first <= last && !reason.trim().is_empty(), "{first} to {last}");
        rows.extend(*first..=*last);
    }
    rows.sort_unstable();
    assert_eq!(rows, (1..=LAST).collect::<Vec<_>>());
    assert!(row.iter().all(|row| !row.tests.is_empty()), "a row without tests belongs to [[without]]");
    // What is not offered is refused; that it works belongs to the day on which it is offered.
    let not_offered = |row: &&Row| (44..=48).contains(&row.number) || (54..=61).contains(&row.number);
    assert!(row.iter().filter(not_offered).all(|row| !row.left.is_empty()), "say what of the row is left");
}
