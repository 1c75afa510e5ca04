//! Goldens: what others see of Countersign, frozen in files. A test fails on any difference; with `COUNTERSIGN_BLESS=1` it
//! writes what it sees instead, so that the change can be read, and accepted, as a diff.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use bytes::Bytes;
use http::StatusCode;

use super::http::Response;

const BLESS: &str = "COUNTERSIGN_BLESS";

impl From<http::Response<Bytes>> for Response {
    fn from(rendered: http::Response<Bytes>) -> Self {
        let (head, body) = rendered.into_parts();
        let text = |value: &http::HeaderValue| value.to_str().expect("headers are ASCII").to_owned();
        let headers = head.headers.iter().map(|(name, value)| (name.to_string(), text(value))).collect();
        Self { status: head.status.as_u16(), headers, body: body.to_vec() }
    }
}

/// An answer as it stands on the wire, with a line feed for each line end; without `Date`, which is never the same.
pub fn wire(answer: &Response) -> String {
    let reason = StatusCode::from_u16(answer.status).expect("a known status").canonical_reason().unwrap_or_default();
    let headers = answer.headers.iter().filter(|(name, _)| name != "date").map(|(name, value)| format!("{name}: {value}\n"));
    format!("HTTP/1.1 {} {reason}\n{}\n{}\n", answer.status, headers.collect::<String>(), answer.text())
}

/// Compares with the golden file of this name, or writes it.
pub fn check(name: &str, actual: &str) {
    let path = folder().join(name);
    let frozen = fs::read_to_string(&path).ok();
    if frozen.as_deref() == Some(actual) {
        return;
    }
    if blessing() {
        fs::create_dir_all(path.parent().expect("a golden lies in a folder")).expect("the folder is writable");
        fs::write(&path, actual).expect("the golden is writable");
        return;
    }
    let difference = diff(frozen.as_deref().unwrap_or_default(), actual);
    panic!("tests/it/golden/{name} is frozen otherwise; {BLESS}=1 accepts the change\n{difference}");
}

/// Holds that every golden file belongs to a test: one that nobody compares with proves nothing.
pub fn check_all_referenced(names: &BTreeSet<String>) {
    let mut files = BTreeSet::new();
    list(&folder(), &mut files);
    let orphans: Vec<_> = files.difference(names).collect();
    if blessing() {
        orphans.iter().for_each(|name| fs::remove_file(folder().join(name)).expect("the golden is removable"));
        return;
    }
    assert!(orphans.is_empty(), "no test refers to these goldens; {BLESS}=1 removes them: {orphans:#?}");
    let missing: Vec<_> = names.difference(&files).collect();
    assert!(missing.is_empty(), "these goldens are not there; {BLESS}=1 writes them: {missing:#?}");
}

fn blessing() -> bool {
    std::env::var(BLESS).is_ok_and(|value| value == "1")
}

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/it/golden")
}

/// The files below a folder that are no Rust, by their paths from the folder of goldens.
fn list(folder_of: &Path, found: &mut BTreeSet<String>) {
    for entry in fs::read_dir(folder_of).expect("the folder is readable") {
        let path = entry.expect("the entry is readable").path();
        if path.is_dir() {
            list(&path, found);
        } else if path.extension().is_none_or(|extension| extension != "rs") {
            let name = path.strip_prefix(folder()).expect("it lies below").to_str().expect("names are UTF-8");
            found.insert(name.to_owned());
        }
    }
}

/// The lines of both texts in one list: `-` stands before what was frozen, `+` before what there is now.
fn diff(before: &str, after: &str) -> String {
    let (before, after): (Vec<&str>, Vec<&str>) = (before.split('\n').collect(), after.split('\n').collect());
    // Lengths of the longest common subsequences of all tails.
    let mut common = vec![vec![0_usize; after.len() + 1]; before.len() + 1];
    for left in (0..before.len()).rev() {
        for right in (0..after.len()).rev() {
            common[left][right] = if before[left] == after[right] {
                common[left + 1][right + 1] + 1
            } else {
                common[left + 1][right].max(common[left][right + 1])
            };
        }
    }
    let (mut left, mut right, mut lines) = (0, 0, Vec::new());
    while left < before.len() || right < after.len() {
        if left < before.len() && right < after.len() && before[left] == after[right] {
            lines.push(format!("  {}", before[left]));
            (left, right) = (left + 1, right + 1);
        } else if right == after.len() || (left < before.len() && common[left + 1][right] >= common[left][right + 1]) {
            lines.push(format!("- {}", before[left]));
            left += 1;
        } else {
            lines.push(format!("+ {}", after[right]));
            right += 1;
        }
    }
    lines.join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_difference_is_shown_line_by_line() {
        assert_eq!(diff("a\nb\nc\n", "a\nx\nc\nd\n"), "  a\n- b\n+ x\n  c\n+ d\n  ");
    }

    #[test]
    fn an_answer_is_written_as_it_came_but_for_its_date() {
        let headers = [("allow", "POST"), ("date", "Fri, 02 Jan 2026 03:04:05 GMT"), ("x", "y")];
        let headers = headers.map(|(name, value)| (name.to_owned(), value.to_owned())).to_vec();
        let answer = Response { status: 405, headers, body: b"no".to_vec() };
        assert_eq!(wire(&answer), "HTTP/1.1 405 Method Not Allowed\nallow: POST\nx: y\n\nno\n");
    }
}
