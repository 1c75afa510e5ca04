//! Statements for many rows at once. Few texts, whatever the number of rows, so that each connection keeps all of them prepared:
//! the room that is left over is bound to NULLs, which the statement itself leaves out.

use std::sync::OnceLock;

use sqlx::{AssertSqlSafe, SqlSafeStr as _, SqlStr};

use super::Conn;

/// How many rows the texts have room for.
const ROOMS: [usize; 5] = [1, 4, 16, 64, MOST];

/// Most rows of one statement.
pub const MOST: usize = 256;

/// One statement, in a text for each room and database.
#[derive(Debug)]
pub(super) struct Batch {
    /// What stands before a list of values with so many columns, and after it.
    parts: (&'static str, usize, &'static str),
    texts: [OnceLock<SqlStr>; ROOMS.len() * 2],
}

impl Batch {
    pub(super) const fn new(before: &'static str, columns: usize, after: &'static str) -> Self {
        Self { parts: (before, columns, after), texts: [const { OnceLock::new() }; ROOMS.len() * 2] }
    }

    /// The text for so many rows, and how much room it leaves over; `None` for more than [`MOST`].
    pub(super) fn text(&self, conn: &Conn<'_>, rows: usize) -> Option<(SqlStr, usize)> {
        let (number, room) = ROOMS.into_iter().enumerate().find(|(_, room)| *room >= rows)?;
        let text = self.texts.get(number * 2 + usize::from(conn.counts_places()))?;
        let text = text.get_or_init(|| AssertSqlSafe(self.write(room, conn.counts_places())).into_sql_str());
        Some((text.clone(), room - rows))
    }

    fn write(&self, room: usize, counted: bool) -> String {
        let (before, columns, after) = self.parts;
        let place = |n: usize| if counted { format!("${n}") } else { "?".to_owned() };
        let row = |index: usize| {
            let places: Vec<_> = (1..=columns).map(|column| place(index * columns + column)).collect();
            format!("({})", places.join(", "))
        };
        let rows: Vec<_> = (0..room).map(row).collect();
        format!("{before}VALUES {}{after}", rows.join(", "))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_are_written_as_each_database_likes_them() {
        let batch = Batch::new("INSERT INTO t ", 2, " RETURNING a");
        assert_eq!(batch.write(1, true), "INSERT INTO t VALUES ($1, $2) RETURNING a");
        assert_eq!(batch.write(4, true), "INSERT INTO t VALUES ($1, $2), ($3, $4), ($5, $6), ($7, $8) RETURNING a");
        assert_eq!(batch.write(1, false), "INSERT INTO t VALUES (?, ?) RETURNING a");
    }
}
