//! Runs statements of the table on a connection.

use rusqlite::{CachedStatement, Connection, Params, Row};

use crate::error::Res;
use crate::statements::Statement;

/// What can be done with a statement.
pub(crate) trait Run {
    /// The first row, if there is one.
    fn one<T>(
        &self,
        statement: Statement,
        params: impl Params,
        read: impl FnOnce(&Row<'_>) -> Res<T>,
    ) -> Res<Option<T>>;
    /// All rows, in the statement's order.
    fn all<T>(
        &self,
        statement: Statement,
        params: impl Params,
        read: impl FnMut(&Row<'_>) -> Res<T>,
    ) -> Res<Vec<T>>;
    /// Whether there is a row.
    fn any(&self, statement: Statement, params: impl Params) -> Res<bool>;
    /// Changes rows; answers how many.
    fn run(&self, statement: Statement, params: impl Params) -> Res<usize>;
}

fn prepared(db: &Connection, statement: Statement) -> Res<CachedStatement<'_>> {
    #[cfg(test)]
    count::RUN.set(count::RUN.get() + 1);
    Ok(db.prepare_cached(statement.sql)?)
}

impl Run for Connection {
    fn one<T>(
        &self,
        statement: Statement,
        params: impl Params,
        read: impl FnOnce(&Row<'_>) -> Res<T>,
    ) -> Res<Option<T>> {
        let mut prepared = prepared(self, statement)?;
        let mut rows = prepared.query(params)?;
        let found = rows.next()?.map(read).transpose();
        drop(rows);
        #[cfg(test)]
        record::note(self, statement, &prepared);
        found
    }

    fn all<T>(
        &self,
        statement: Statement,
        params: impl Params,
        mut read: impl FnMut(&Row<'_>) -> Res<T>,
    ) -> Res<Vec<T>> {
        let mut prepared = prepared(self, statement)?;
        let mut rows = prepared.query(params)?;
        let mut found = Vec::new();
        while let Some(row) = rows.next()? {
            found.push(read(row)?);
        }
        drop(rows);
        #[cfg(test)]
        record::note(self, statement, &prepared);
        Ok(found)
    }

    fn any(&self, statement: Statement, params: impl Params) -> Res<bool> {
        let mut prepared = prepared(self, statement)?;
        let found = prepared.exists(params)?;
        #[cfg(test)]
        record::note(self, statement, &prepared);
        Ok(found)
    }

    fn run(&self, statement: Statement, params: impl Params) -> Res<usize> {
        let mut prepared = prepared(self, statement)?;
        let changed = prepared.execute(params)?;
        #[cfg(test)]
        record::note(self, statement, &prepared);
        Ok(changed)
    }
}

/// How many statements this thread has run, for the test that a list costs the same however long it is.
#[cfg(test)]
pub(crate) mod count {
    use std::cell::Cell;

    thread_local!(pub(super) static RUN: Cell<u64> = const { Cell::new(0) });

    /// How many statements `work` runs on this thread.
    pub(crate) fn statements(work: impl FnOnce()) -> u64 {
        let before = RUN.get();
        work();
        RUN.get() - before
    }
}

/// What was run on a database and with which values, for the test that lives it again as another organisation.
#[cfg(test)]
pub(crate) mod record {
    use rusqlite::{CachedStatement, Connection};
    use std::collections::BTreeMap;
    use std::path::Path;
    use std::sync::{Mutex, MutexGuard, PoisonError};

    use crate::statements::Statement;

    /// A statement that was run, and its text with the values in their places.
    pub(crate) struct Ran {
        pub(crate) statement: Statement,
        pub(crate) text: String,
    }

    // By file: writer and readers are threads of their own, and other tests run beside.
    static LOGS: Mutex<BTreeMap<String, Vec<Ran>>> = Mutex::new(BTreeMap::new());

    fn logs() -> MutexGuard<'static, BTreeMap<String, Vec<Ran>>> {
        LOGS.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// From here on, what is run on this file is kept.
    pub(crate) fn begin(file: &Path) {
        logs().insert(file.to_string_lossy().into_owned(), Vec::new());
    }

    /// What was run since.
    pub(crate) fn end(file: &Path) -> Vec<Ran> {
        logs().remove(&*file.to_string_lossy()).unwrap_or_default()
    }

    pub(super) fn note(db: &Connection, statement: Statement, prepared: &CachedStatement<'_>) {
        let Some(file) = db.path() else { return };
        if let Some(log) = logs().get_mut(file) {
            log.push(Ran { statement, text: prepared.expanded_sql().unwrap_or_default() });
        }
    }
}
