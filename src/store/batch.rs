//! Statements for many rows at once. Few texts, whatever the number of rows, so that each connection keeps all of them prepared:
//! the room that is left over is bound to NULLs, which the statement itself leaves out.

use sqlx::{AssertSqlSafe, SqlSafeStr as _, SqlStr};

/// How many rows the texts have room for.
const ROOMS: [usize; 5] = [1, 4, 16, 64, MOST];

/// Most rows of one statement.
pub const MOST: usize = 256;

/// One statement, in a text for each room.
#[derive(Debug)]
pub(super) struct Batch(Vec<(usize, SqlStr)>);

impl Batch {
    /// `before`, a list of values with so many columns, `after`.
    pub(super) fn new(before: &str, columns: usize, after: &str) -> Self {
        let row = |index: usize| {
            let places: Vec<_> = (1..=columns).map(|column| format!("${}", index * columns + column)).collect();
            format!("({})", places.join(", "))
        };
        let text = |room: usize| {
            let rows: Vec<_> = (0..room).map(row).collect();
            AssertSqlSafe(format!("{before}VALUES {}{after}", rows.join(", "))).into_sql_str()
        };
        Self(ROOMS.iter().map(|room| (*room, text(*room))).collect())
    }

    /// The text for so many rows, and how much room it leaves over; `None` for more than [`MOST`].
    pub(super) fn text(&self, rows: usize) -> Option<(SqlStr, usize)> {
        self.0.iter().find(|(room, _)| *room >= rows).map(|(room, text)| (text.clone(), room - rows))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_smallest_text_with_room_is_taken() {
        let batch = Batch::new("INSERT INTO t ", 2, " RETURNING a");
        let text = |rows| batch.text(rows).map(|(text, left)| (text.as_str().matches('(').count(), left));
        assert_eq!(batch.text(1).unwrap().0.as_str(), "INSERT INTO t VALUES ($1, $2) RETURNING a");
        assert!(batch.text(3).unwrap().0.as_str().ends_with("($5, $6), ($7, $8) RETURNING a"));
        assert_eq!(
            [text(1), text(2), text(16), text(17), text(256)],
            [Some((1, 0)), Some((4, 2)), Some((16, 0)), Some((64, 47)), Some((256, 0))]
        );
        assert_eq!(text(257), None);
    }
}
