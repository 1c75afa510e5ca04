//! The direction of dependencies: who may `use` whom. The order is the one of `src/lib.rs`.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// Rooms by floor. A room may use what stands on a lower floor, and what stands in its own row.
const FLOORS: &[&[&[&str]]] = &[
    &[&["model", "error", "clock", "secret"]],
    &[&["dialect"], &["keys"], &["store"]],
    &[&["audit"], &["rules"]],
    &[&["credential", "config"], &["guard", "telemetry", "cache", "config"]],
    &[&["realms"]],
    &[&["app"]],
    &[&["client_auth"], &["token"]],
    &[&["grant"]],
    &[&["resource"], &["oidc"], &["admin"], &["health"]],
    &[&["routes"]],
    &[&["server"]],
    &[&["cli"]],
];

fn floor(room: &str) -> usize {
    FLOORS.iter().position(|rows| rows.iter().any(|row| row.contains(&room))).unwrap_or_else(|| panic!("`{room}` has no floor"))
}

fn neighbours(left: &str, right: &str) -> bool {
    left == right || FLOORS.iter().flat_map(|rows| rows.iter()).any(|row| row.contains(&left) && row.contains(&right))
}

/// The room that a file belongs to: its folder under `src`, or the file itself.
fn room(file: &Path) -> Option<String> {
    let inside = file.strip_prefix(source()).unwrap();
    let first = inside.iter().next().unwrap().to_str().unwrap();
    let name = first.trim_end_matches(".rs");
    (!matches!(name, "lib" | "main")).then(|| name.to_owned())
}

fn source() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("src")
}

fn files(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            files(&path, found);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            found.push(path);
        }
    }
}

/// The rooms that a text names after `crate::`, brace lists included.
fn named(text: &str) -> Vec<String> {
    let identifier = |text: &str| text.chars().take_while(|c| c.is_ascii_lowercase() || *c == '_').collect::<String>();
    let mut rooms = Vec::new();
    for (at, _) in text.match_indices("crate::") {
        let rest = text.get(at + "crate::".len()..).unwrap();
        match rest.strip_prefix('{') {
            Some(list) => {
                let mut depth = 0;
                let list: String = list
                    .chars()
                    .take_while(|c| {
                        depth += i32::from(*c == '{') - i32::from(*c == '}');
                        depth >= 0
                    })
                    .collect();
                rooms.extend(list.split(',').map(|item| identifier(item.trim())));
            }
            None => rooms.push(identifier(rest)),
        }
    }
    rooms.retain(|room| !room.is_empty() && room != "closed");
    rooms
}

#[test]
fn every_room_uses_only_what_stands_below_it() {
    let mut all = Vec::new();
    files(&source(), &mut all);
    let mut wrong = BTreeMap::new();
    for file in all {
        let Some(room) = room(&file) else { continue };
        let text = std::fs::read_to_string(&file).unwrap();
        let code: String =
            text.lines().filter(|line| !line.trim_start().starts_with("//")).flat_map(|line| [line, "\n"]).collect();
        for used in named(&code) {
            if floor(&used) >= floor(&room) && !neighbours(&room, &used) {
                wrong.insert(format!("{} uses crate::{used}", file.strip_prefix(source()).unwrap().display()), ());
            }
        }
    }
    assert!(wrong.is_empty(), "against the direction:\n{}", wrong.into_keys().collect::<Vec<_>>().join("\n"));
}

#[test]
fn only_the_store_speaks_sql() {
    let mut all = Vec::new();
    files(&source(), &mut all);
    for file in all {
        let Some(room) = room(&file) else { continue };
        let text = std::fs::read_to_string(&file).unwrap();
        let speaks = ["sqlx::query", "sqlx::raw_sql"].iter().any(|word| text.contains(word));
        assert!(room == "store" || !speaks, "{} has SQL", file.display());
    }
}
