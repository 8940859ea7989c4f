//! Between values and columns: ids are UUIDs, times are microseconds, words and texts are parsed on the way out.

use chrono::{DateTime, Utc};
use dialzio_core::TypedId;
use dialzio_core::store::rows::{Columns, FromRow};
use sqlx::postgres::PgRow;
use sqlx::{Decode, Postgres, Row, Type};
use std::cell::Cell;
use uuid::Uuid;

use crate::error::{Failure, Res, unreadable};

/// An id as stored.
pub(crate) fn id(id: impl TypedId) -> Uuid {
    id.uuid()
}

/// An id that may be absent.
pub(crate) fn opt_id(of: Option<impl TypedId>) -> Option<Uuid> {
    of.map(id)
}

/// An id that may be absent, in a column that is part of a key: zero means none.
pub(crate) fn or_nil(of: Option<impl TypedId>) -> Uuid {
    of.map_or(Uuid::nil(), id)
}

/// An instant as stored.
pub(crate) fn time(at: DateTime<Utc>) -> i64 {
    at.timestamp_micros()
}

/// An instant that may be absent.
pub(crate) fn opt_time(at: Option<DateTime<Utc>>) -> Option<i64> {
    at.map(time)
}

/// A list of ids for one bound parameter.
pub(crate) fn id_list<T: TypedId>(ids: impl IntoIterator<Item = T>) -> Vec<Uuid> {
    ids.into_iter().map(id).collect()
}

/// A value as JSON text.
pub(crate) fn json<T: serde::Serialize + ?Sized>(value: &T, what: &'static str) -> Res<String> {
    serde_json::to_string(value).map_err(|_| unreadable(what))
}

/// Reads a record.
pub(crate) fn read<T: FromRow>(row: &PgRow) -> Res<T> {
    T::from_row(&Cols::new(row, T::RECORD))
}

/// The columns of a row, read from left to right, in the order of the statement.
pub(crate) struct Cols<'a> {
    row: &'a PgRow,
    next: Cell<usize>,
    what: &'static str,
}

impl<'a> Cols<'a> {
    pub(crate) fn new(row: &'a PgRow, what: &'static str) -> Self {
        Self { row, next: Cell::new(0), what }
    }

    pub(crate) fn get<T: Decode<'a, Postgres> + Type<Postgres>>(&self) -> Res<T> {
        let place = self.next.get();
        self.next.set(place + 1);
        self.row.try_get(place).map_err(|_| self.bad())
    }
}

impl Columns for Cols<'_> {
    type Error = Failure;

    fn record(&self) -> &'static str {
        self.what
    }

    fn integer(&self) -> Res<i64> {
        self.get()
    }

    fn opt_integer(&self) -> Res<Option<i64>> {
        self.get()
    }

    fn flag(&self) -> Res<bool> {
        self.get()
    }

    fn str(&self) -> Res<&str> {
        self.get()
    }

    fn opt_str(&self) -> Res<Option<&str>> {
        self.get()
    }

    fn bytes(&self) -> Res<&[u8]> {
        self.get()
    }

    fn opt_bytes(&self) -> Res<Option<&[u8]>> {
        self.get()
    }

    fn uuid(&self) -> Res<Uuid> {
        self.get()
    }

    fn opt_uuid(&self) -> Res<Option<Uuid>> {
        self.get()
    }

    /// No key of PostgreSQL's holds NULL: the nil UUID is kept instead.
    fn key_uuid(&self) -> Res<Option<Uuid>> {
        let id = self.uuid()?;
        Ok((!id.is_nil()).then_some(id))
    }

    fn texts(&self) -> Res<Vec<String>> {
        Ok(self.get::<Option<_>>()?.unwrap_or_default())
    }

    fn texts_in_order(&self) -> Res<Vec<String>> {
        self.texts()
    }

    fn blobs_in_order(&self) -> Res<Vec<Vec<u8>>> {
        Ok(self.get::<Option<_>>()?.unwrap_or_default())
    }
}
