//! Standard output: one thing, a list, or a line; as text or as JSON.

use std::fmt;
use std::io::{self, Write};

use serde::Serialize;
use serde_json::Value;

use super::{CliError, Globals};
use crate::admin::view::PageView;

/// Prints one line.
pub(super) fn line(text: impl fmt::Display) -> Result<(), CliError> {
    writeln!(io::stdout().lock(), "{text}").map_err(|error| CliError::new(format_args!("standard output: {error}")))
}

/// Prints one thing: its members a line each, or its JSON.
pub(super) fn thing(globals: &Globals, thing: &impl Serialize) -> Result<(), CliError> {
    let value = value(thing)?;
    if globals.json {
        return line(format_args!("{value:#}"));
    }
    let Value::Object(members) = value else { return line(text(&value)) };
    let width = members.keys().map(String::len).max().unwrap_or(0);
    members.iter().try_for_each(|(name, value)| line(format_args!("{name:width$}  {}", text(value)).to_string().trim_end()))
}

/// Prints a page of a list: one line each with these members, or its JSON.
pub(super) fn list<T: Serialize>(globals: &Globals, page: &PageView<T>, columns: &[&str]) -> Result<(), CliError> {
    let page = value(page)?;
    if globals.json {
        return line(format_args!("{page:#}"));
    }
    let items = page.get("items").and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
    let mut rows = vec![columns.iter().map(|column| column.to_uppercase()).collect::<Vec<_>>()];
    rows.extend(items.iter().map(|item| columns.iter().map(|column| text(item.get(column).unwrap_or(&Value::Null))).collect()));
    table(&rows).iter().try_for_each(line)?;
    match page.get("next").and_then(Value::as_str) {
        Some(next) => line(format_args!("(more: --after {next})")),
        None => Ok(()),
    }
}

fn value(thing: &impl Serialize) -> Result<Value, CliError> {
    serde_json::to_value(thing).map_err(CliError::new)
}

/// A value as people read it: lists separated by commas, nothing for `null`.
fn text(value: &Value) -> String {
    match value {
        Value::Null => String::new(),
        Value::String(text) => text.clone(),
        Value::Array(items) => items.iter().map(text).collect::<Vec<_>>().join(", "),
        other => other.to_string(),
    }
}

/// Lines with aligned columns.
fn table(rows: &[Vec<String>]) -> Vec<String> {
    let columns = rows.first().map_or(0, Vec::len);
    let width_of =
        |column: usize| rows.iter().filter_map(|row| row.get(column)).map(|cell| cell.chars().count()).max().unwrap_or(0);
    let widths: Vec<usize> = (0..columns).map(width_of).collect();
    let line = |row: &Vec<String>| {
        let cells: Vec<String> = row.iter().zip(&widths).map(|(cell, &width)| format!("{cell:width$}")).collect();
        cells.join("  ").trim_end().to_owned()
    };
    rows.iter().map(line).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_are_aligned() {
        let row = |cells: [&str; 2]| cells.map(str::to_owned).to_vec();
        assert_eq!(table(&[row(["ID", "NAME"]), row(["long-id", "é"]), row(["x", ""])]), ["ID       NAME", "long-id  é", "x"]);
    }

    #[test]
    fn values_read_like_text() {
        assert_eq!(text(&serde_json::json!(["read", "write"])), "read, write");
        assert_eq!(text(&Value::Null), "");
        assert_eq!(text(&serde_json::json!(true)), "true");
    }
}
