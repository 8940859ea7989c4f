//! The baseline of benches that read: bare statements on a thread of its own.

use std::path::Path;
use std::sync::mpsc::{Sender, channel};

use rusqlite::types::Value;
use rusqlite::{Connection, ToSql};
use tokio::sync::oneshot;

/// What the baseline's thread is to do.
pub(crate) type Job = Box<dyn FnOnce(&Connection) + Send>;

/// A reading thread with the product's settings.
pub(crate) fn baseline(path: &Path) -> Sender<Job> {
    let db = Connection::open(path).unwrap();
    for (name, value) in
        [("query_only", 1), ("mmap_size", 0), ("cell_size_check", 1), ("cache_size", -16_384)]
    {
        db.pragma_update_and_check(None, name, value, |_| Ok(()))
            .or_else(|error| match error {
                rusqlite::Error::QueryReturnedNoRows => Ok(()),
                error => Err(error),
            })
            .unwrap();
    }
    db.set_db_config(rusqlite::config::DbConfig::SQLITE_DBCONFIG_ENABLE_QPSG, true).unwrap();
    let (line, jobs) = channel::<Job>();
    std::thread::spawn(move || jobs.into_iter().for_each(|job| job(&db)));
    line
}

/// All rows of a statement, each column an owned value.
pub(crate) async fn raw(line: &Sender<Job>, sql: &str, values: Vec<Value>) -> usize {
    let (answer, answered) = oneshot::channel();
    let sql = sql.to_owned();
    line.send(Box::new(move |db| {
        db.prepare_cached("BEGIN").unwrap().execute([]).unwrap();
        let mut statement = db.prepare_cached(&sql).unwrap();
        let width = statement.column_count();
        let bound: Vec<&dyn ToSql> = values.iter().map(|value| value as &dyn ToSql).collect();
        let row = |row: &rusqlite::Row<'_>| (0..width).map(|place| row.get::<_, Value>(place)).collect();
        let rows: Vec<Vec<Value>> =
            statement.query_map(&bound[..], row).unwrap().map(Result::unwrap).collect();
        db.prepare_cached("ROLLBACK").unwrap().execute([]).unwrap();
        let _ = answer.send(rows);
    }))
    .unwrap();
    answered.await.unwrap().len()
}

/// The middle of some samples.
pub(crate) fn median(mut samples: Vec<f64>) -> f64 {
    samples.sort_by(f64::total_cmp);
    samples[samples.len() / 2]
}

/// An id as it is bound.
pub(crate) fn blob(id: uuid::Uuid) -> Value {
    Value::Blob(id.as_bytes().to_vec())
}
