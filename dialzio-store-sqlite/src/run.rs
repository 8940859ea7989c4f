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
        rows.next()?.map(read).transpose()
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
        Ok(found)
    }

    fn any(&self, statement: Statement, params: impl Params) -> Res<bool> {
        let mut prepared = prepared(self, statement)?;
        Ok(prepared.exists(params)?)
    }

    fn run(&self, statement: Statement, params: impl Params) -> Res<usize> {
        let mut prepared = prepared(self, statement)?;
        Ok(prepared.execute(params)?)
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
