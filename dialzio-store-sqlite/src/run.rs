//! Runs statements of the table on a connection.

use rusqlite::{CachedStatement, Connection, Params, Row, ToSql};
use uuid::Uuid;

use dialzio_core::store::StoreResult;
use dialzio_core::store::rows::{Bind, ToRow};

use crate::audience;
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
    /// The same, with values that are bound one after the other.
    fn bind(
        &self,
        statement: Statement,
        values: impl FnOnce(&mut Places<'_, '_>) -> StoreResult<()>,
    ) -> Res<usize>;
    /// Writes a record of an organisation.
    fn put(&self, statement: Statement, org: [u8; 16], record: &impl ToRow) -> Res<usize> {
        self.bind(statement, |to| {
            to.bytes(&org);
            record.to_row(to)
        })
    }
}

/// The places of a statement, bound as they are filled: nothing is copied but by SQLite.
pub(crate) struct Places<'s, 'c> {
    statement: &'s mut CachedStatement<'c>,
    filled: usize,
    failed: Option<rusqlite::Error>,
}

impl Places<'_, '_> {
    fn add(&mut self, value: impl ToSql) {
        self.filled += 1;
        let bound = self.statement.raw_bind_parameter(self.filled, value);
        self.failed = self.failed.take().or(bound.err());
    }

    /// Fails if a place was left empty or there was none for a value.
    fn end(self) -> Res<()> {
        let places = self.statement.parameter_count();
        match self.failed {
            Some(error) => Err(error.into()),
            None if self.filled == places => Ok(()),
            None => Err(rusqlite::Error::InvalidParameterCount(self.filled, places).into()),
        }
    }
}

impl Bind for Places<'_, '_> {
    fn opt_integer(&mut self, value: Option<i64>) {
        self.add(value);
    }

    fn flag(&mut self, value: bool) {
        self.add(value);
    }

    fn opt_text(&mut self, value: Option<&str>) {
        self.add(value);
    }

    fn opt_bytes(&mut self, value: Option<&[u8]>) {
        self.add(value);
    }

    fn opt_uuid(&mut self, value: Option<Uuid>) {
        self.add(value.as_ref().map(Uuid::as_bytes));
    }

    fn key_uuid(&mut self, value: Option<Uuid>) {
        self.opt_uuid(value);
    }
}

fn prepared(db: &Connection, statement: Statement) -> Res<CachedStatement<'_>> {
    #[cfg(test)]
    count::RUN.set(count::RUN.get() + 1);
    if audience::narrows(statement) {
        return Ok(db.prepare_cached(&audience::text(statement))?);
    }
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

    fn bind(
        &self,
        statement: Statement,
        values: impl FnOnce(&mut Places<'_, '_>) -> StoreResult<()>,
    ) -> Res<usize> {
        let mut prepared = prepared(self, statement)?;
        let mut places = Places { statement: &mut prepared, filled: 0, failed: None };
        values(&mut places)?;
        places.end()?;
        let changed = prepared.raw_execute()?;
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
        // A text that is narrowed to an audience is another one than the statement's.
        if crate::audience::narrows(statement) {
            return;
        }
        if let Some(log) = logs().get_mut(file) {
            log.push(Ran { statement, text: prepared.expanded_sql().unwrap_or_default() });
        }
    }
}
