//! Whether a database can be read: cheaply at every start and for readiness, and as a whole when an operator asks.

use rusqlite::Connection;
use std::path::Path;

use crate::connect::{self, Lock, Place};
use crate::error::{OpenError, Res};
use crate::log;

/// Tables that have pages of their own, each with the order in which they are kept: what a virtual table keeps is in others.
const TABLES: &str = r#"
    SELECT t.name, iif(t.wr, (SELECT group_concat(format('"%w"', c.name), ', ' ORDER BY c.pk)
                              FROM pragma_table_info (t.name) c WHERE c.pk > 0), 'rowid')
    FROM sqlite_schema s CROSS JOIN pragma_table_list (s.name) t
    WHERE s.type = 'table' AND s.rootpage > 0 AND t.schema = 'main' ORDER BY t.name"#;

/// Reads a row of each table: enough to notice one that cannot be read at all. Writes nothing.
pub(crate) fn read_each_table(db: &Connection) -> Result<(), OpenError> {
    for (table, order) in tables(db)? {
        read(db, &table, &order).map_err(|error| unreadable(&table, error))?;
    }
    Ok(())
}

/// The same, for readiness.
pub(crate) fn probe(db: &Connection) -> Res<()> {
    for (table, order) in tables(db)? {
        read(db, &table, &order)?;
    }
    Ok(())
}

fn tables(db: &Connection) -> rusqlite::Result<Vec<(String, String)>> {
    db.prepare_cached(TABLES)?.query_map([], |row| Ok((row.get(0)?, row.get(1)?)))?.collect()
}

/// The names are those of the schema, so they are quoted and nothing more. In the order in which it is kept, or an index
/// would answer in its place.
fn read(db: &Connection, table: &str, order: &str) -> rusqlite::Result<()> {
    let table = table.replace('"', "\"\"");
    let first = format!("SELECT * FROM \"{table}\" ORDER BY {order} LIMIT 1");
    db.prepare_cached(&first)?.exists([]).map(drop)
}

fn unreadable(table: &str, error: rusqlite::Error) -> OpenError {
    match OpenError::from(error) {
        OpenError::Damaged { .. } => OpenError::Damaged { what: format!("the table {table}") },
        other => other,
    }
}

/// Reads all of a database that no process has open, and answers what is wrong with it, nothing if it is sound. `without_log`
/// continues without a log that is lost.
pub(crate) fn examine(path: &Path, without_log: bool) -> Result<Vec<String>, OpenError> {
    if !path.try_exists()? {
        return Err(OpenError::File(std::io::ErrorKind::NotFound.into()));
    }
    let _lock = Lock::take(path)?;
    let missing = log::is_missing(path)?;
    if missing && !without_log {
        return Err(OpenError::NoLog { log: log::beside(path) });
    }
    let db = connect::writer(&Place { path: path.to_owned(), temporary: false })?;
    let mut found = db.prepare("PRAGMA integrity_check (100)")?;
    let found = found.query_map([], |row| row.get::<_, String>(0))?.collect::<Result<Vec<_>, _>>();
    let mut found = found?;
    found.retain(|line| line != "ok");
    if missing && found.is_empty() {
        log::unmark(&db)?;
    }
    Ok(found)
}
