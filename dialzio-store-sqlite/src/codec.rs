//! Between values and columns: ids are 16 bytes, times are microseconds, words and texts are parsed on the way out.

use chrono::{DateTime, Utc};
use dialzio_core::TypedId;
use dialzio_core::store::rows::{Columns, FromRow};
use rusqlite::Row;
use rusqlite::types::{FromSql, ValueRef};
use std::cell::Cell;
use uuid::Uuid;

use crate::error::{Failure, Res, unreadable};

/// An id as stored.
pub(crate) fn id(id: impl TypedId) -> [u8; 16] {
    id.uuid().into_bytes()
}

/// An id that may be absent.
pub(crate) fn opt_id(of: Option<impl TypedId>) -> Option<[u8; 16]> {
    of.map(id)
}

/// An instant as stored.
pub(crate) fn time(at: DateTime<Utc>) -> i64 {
    at.timestamp_micros()
}

/// An instant that may be absent.
pub(crate) fn opt_time(at: Option<DateTime<Utc>>) -> Option<i64> {
    at.map(time)
}

/// A list of ids for one bound parameter: a JSON array of hexadecimal words.
pub(crate) fn id_list<T: TypedId>(ids: impl IntoIterator<Item = T>) -> String {
    uuid_list(ids.into_iter().map(TypedId::uuid))
}

/// The same, of ids whose kind is stored beside them.
pub(crate) fn uuid_list(ids: impl IntoIterator<Item = Uuid>) -> String {
    let words: Vec<String> = ids.into_iter().map(|id| format!("\"{}\"", id.simple())).collect();
    format!("[{}]", words.join(","))
}

/// A value as JSON text.
pub(crate) fn json<T: serde::Serialize + ?Sized>(value: &T, what: &'static str) -> Res<String> {
    serde_json::to_string(value).map_err(|_| unreadable(what))
}

/// Reads a record.
pub(crate) fn read<T: FromRow>(row: &Row<'_>) -> Res<T> {
    T::from_row(&Cols::new(row, T::RECORD))
}

/// The columns of a row, read from left to right, in the order of the statement.
pub(crate) struct Cols<'a> {
    row: &'a Row<'a>,
    next: Cell<usize>,
    what: &'static str,
}

impl<'a> Cols<'a> {
    pub(crate) fn new(row: &'a Row<'a>, what: &'static str) -> Self {
        Self { row, next: Cell::new(0), what }
    }

    pub(crate) fn get<T: FromSql>(&self) -> Res<T> {
        T::column_result(self.value()?).map_err(|_| self.bad())
    }

    fn value(&self) -> Res<ValueRef<'a>> {
        let place = self.next.get();
        self.next.set(place + 1);
        self.row.get_ref(place).map_err(|_| self.bad())
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
        Ok(self.integer()? != 0)
    }

    fn str(&self) -> Res<&str> {
        self.value()?.as_str().map_err(|_| self.bad())
    }

    fn opt_str(&self) -> Res<Option<&str>> {
        self.value()?.as_str_or_null().map_err(|_| self.bad())
    }

    fn bytes(&self) -> Res<&[u8]> {
        self.value()?.as_blob().map_err(|_| self.bad())
    }

    fn opt_bytes(&self) -> Res<Option<&[u8]>> {
        self.value()?.as_blob_or_null().map_err(|_| self.bad())
    }

    fn uuid(&self) -> Res<Uuid> {
        self.array().map(Uuid::from_bytes)
    }

    fn opt_uuid(&self) -> Res<Option<Uuid>> {
        let bytes = self.opt_bytes()?;
        bytes.map(|bytes| Uuid::from_slice(bytes).map_err(|_| self.bad())).transpose()
    }

    fn key_uuid(&self) -> Res<Option<Uuid>> {
        self.opt_uuid()
    }

    fn texts(&self) -> Res<Vec<String>> {
        self.json()
    }

    fn texts_in_order(&self) -> Res<Vec<String>> {
        let mut texts: Vec<(i64, String)> = self.json()?;
        texts.sort_unstable_by_key(|(place, _)| *place);
        Ok(texts.into_iter().map(|(_, text)| text).collect())
    }

    /// The statement gives them in hexadecimal, since JSON holds no bytes.
    fn blobs_in_order(&self) -> Res<Vec<Vec<u8>>> {
        let blobs = self.texts_in_order()?;
        blobs.iter().map(|text| unhex(text).ok_or_else(|| self.bad())).collect()
    }
}

fn unhex(text: &str) -> Option<Vec<u8>> {
    let pair = |at: usize| u8::from_str_radix(text.get(at..at + 2)?, 16).ok();
    (0..text.len()).step_by(2).map(pair).collect()
}
