//! The baseline of benches that write: the same rows on a thread of its own.

use std::path::Path;
use std::sync::mpsc::channel;
use std::time::Instant;

use rusqlite::Connection;
use rusqlite::types::Value;
use sha2::{Digest, Sha256};

/// The baseline's connection, with the product's settings.
pub(crate) fn connection(path: &Path) -> Connection {
    let db = Connection::open(path).unwrap();
    for (name, value) in [
        ("foreign_keys", 1),
        ("trusted_schema", 0),
        ("secure_delete", 1),
        ("cell_size_check", 1),
        ("temp_store", 2),
        ("cache_size", -65_536),
    ] {
        db.pragma_update_and_check(None, name, value, |_| Ok(()))
            .or_else(|error| match error {
                rusqlite::Error::QueryReturnedNoRows => Ok(()),
                error => Err(error),
            })
            .unwrap();
    }
    let mode: String = db.query_row("PRAGMA journal_mode = WAL", [], |row| row.get(0)).unwrap();
    assert_eq!(mode, "wal");
    db.pragma_update(None, "synchronous", 2).unwrap();
    db.set_db_config(rusqlite::config::DbConfig::SQLITE_DBCONFIG_ENABLE_QPSG, true).unwrap();
    db.set_prepared_statement_cache_capacity(64);
    db
}

/// All rows of a statement, which may take one number.
pub(crate) fn rows(db: &Connection, sql: &str, from: i64) -> Vec<Vec<Value>> {
    let mut statement = db.prepare(sql).unwrap();
    let columns = statement.column_count();
    let read = |row: &rusqlite::Row<'_>| (0..columns).map(|place| row.get::<_, Value>(place)).collect();
    let found = if statement.parameter_count() == 0 {
        statement.query_map([], read)
    } else {
        statement.query_map([from], read)
    };
    found.unwrap().map(Result::unwrap).collect()
}

/// The baseline: the same rows, `size` webhooks to a transaction, written by a thread that the caller waits for. Seconds.
pub(crate) fn baseline<T: Sync>(
    db: &mut Connection,
    work: &[T],
    size: usize,
    write: fn(&Connection, &[T]),
) -> f64 {
    let groups: Vec<&[T]> = work.chunks(size.max(1)).collect();
    let (hand_over, handed) = channel();
    let (answer, answered) = channel();
    std::thread::scope(|scope| {
        let all = &groups;
        scope.spawn(move || {
            while let Ok(group) = handed.recv() {
                write(db, all[group]);
                answer.send(()).unwrap();
            }
        });
        let begun = Instant::now();
        for group in 0..groups.len() {
            hand_over.send(group).unwrap();
            answered.recv().unwrap();
        }
        drop(hand_over);
        begun.elapsed().as_secs_f64()
    })
}

/// What stands in some tables.
pub(crate) fn digest(db: &Connection, tables: &[&str]) -> Vec<(String, String)> {
    let one = |table: &&str| {
        let mut hasher = Sha256::new();
        for row in rows(db, &format!("SELECT * FROM {table} ORDER BY 1, 2, 3"), 0) {
            hasher.update(format!("{row:?}"));
        }
        ((*table).to_owned(), hasher.finalize().iter().map(|byte| format!("{byte:02x}")).collect())
    };
    tables.iter().map(one).collect()
}

/// The middle of some samples.
pub(crate) fn median(mut samples: Vec<f64>) -> f64 {
    samples.sort_by(f64::total_cmp);
    samples[samples.len() / 2]
}
