//! Tells the planner what it cannot know of an empty file: that an organisation has many rows. Without it, it takes
//! "of this organisation" for a narrow choice and reads all of it, also where foreign keys look for children.
//!
//! The figures are fixed, so plans are the same in every file and the tests of plans hold. Nothing else writes them.

use rusqlite::{Connection, params};

use crate::error::OpenError;

/// Rows of an organisation in a table.
const MANY: i64 = 1_000_000;
/// Rows in an index of few: those that a condition picks.
const SMALL_TABLE: i64 = 1_000;
/// By how much each further column narrows.
const NARROWS: i64 = 100;

struct Index {
    table: String,
    /// As the planner calls it: the table itself for the key of one without row numbers.
    name: String,
    columns: i64,
    of_org: bool,
    unique: bool,
    partial: bool,
}

/// Writes the figures of every index, and has this connection read them.
pub(crate) fn write(db: &Connection) -> Result<(), OpenError> {
    db.execute_batch("ANALYZE sqlite_schema")?;
    let mut statement = db.prepare(
        "SELECT t.name, iif(i.origin = 'pk' AND t.wr, t.name, i.name),
                (SELECT count(*) FROM pragma_index_info (i.name)),
                (SELECT x.name FROM pragma_index_info (i.name) x WHERE x.seqno = 0) = 'org_id',
                i.\"unique\", i.partial
         FROM pragma_table_list t CROSS JOIN pragma_index_list (t.name) i
         WHERE t.type = 'table' AND t.name NOT LIKE 'sqlite_%'",
    )?;
    let rows = statement.query_map([], |row| {
        Ok(Index {
            table: row.get(0)?,
            name: row.get(1)?,
            columns: row.get(2)?,
            of_org: row.get(3)?,
            unique: row.get(4)?,
            partial: row.get(5)?,
        })
    })?;
    let wanted = rows.map(|row| row.map(|index| (figures(&index), index))).collect::<Result<Vec<_>, _>>()?;
    let mut kept = db.prepare("SELECT 1 FROM sqlite_stat1 WHERE tbl = ?1 AND idx = ?2 AND stat = ?3")?;
    let mut changed = false;
    for (stat, index) in wanted {
        if !kept.exists(params![index.table, index.name, stat])? {
            changed = true;
            db.execute(
                "DELETE FROM sqlite_stat1 WHERE tbl = ?1 AND idx = ?2",
                params![index.table, index.name],
            )?;
            db.execute(
                "INSERT INTO sqlite_stat1 (tbl, idx, stat) VALUES (?1, ?2, ?3)",
                params![index.table, index.name, stat],
            )?;
        }
    }
    if changed {
        db.execute_batch("ANALYZE sqlite_schema")?;
    }
    Ok(())
}

/// How many rows there are, and how many share the first column, the first two, and so on.
fn figures(index: &Index) -> String {
    let rows = if index.partial { SMALL_TABLE } else { 10 * MANY };
    let mut share = match (index.of_org, index.partial) {
        (true, false) => MANY,
        (true, true) => SMALL_TABLE / 10,
        (false, _) => NARROWS,
    };
    let mut words = vec![rows.to_string()];
    for place in 1..=index.columns {
        let last = place == index.columns;
        words.push(if last && index.unique { 1 } else { share }.to_string());
        share = (share / NARROWS).max(1);
    }
    words.join(" ")
}
