//! Between values and columns: ids are 16 bytes, times are microseconds, words and texts are parsed on the way out.

use chrono::{DateTime, Utc};
use dialzio_core::TypedId;
use rusqlite::Row;
use rusqlite::types::FromSql;
use std::cell::Cell;
use std::str::FromStr;
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
    let words: Vec<String> = ids.into_iter().map(|id| format!("\"{}\"", id.uuid().simple())).collect();
    format!("[{}]", words.join(","))
}

/// A value as JSON text.
pub(crate) fn json<T: serde::Serialize + ?Sized>(value: &T, what: &'static str) -> Res<String> {
    serde_json::to_string(value).map_err(|_| unreadable(what))
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

    pub(crate) fn bad(&self) -> Failure {
        unreadable(self.what)
    }

    pub(crate) fn get<T: FromSql>(&self) -> Res<T> {
        let place = self.next.get();
        self.next.set(place + 1);
        self.row.get(place).map_err(|_| self.bad())
    }

    pub(crate) fn id<T: TypedId>(&self) -> Res<T> {
        self.get::<[u8; 16]>().map(|bytes| T::from_uuid(Uuid::from_bytes(bytes)))
    }

    pub(crate) fn opt_id<T: TypedId>(&self) -> Res<Option<T>> {
        Ok(self.get::<Option<[u8; 16]>>()?.map(|bytes| T::from_uuid(Uuid::from_bytes(bytes))))
    }

    pub(crate) fn opt_uuid(&self) -> Res<Option<Uuid>> {
        Ok(self.get::<Option<[u8; 16]>>()?.map(Uuid::from_bytes))
    }

    pub(crate) fn time(&self) -> Res<DateTime<Utc>> {
        DateTime::from_timestamp_micros(self.get()?).ok_or_else(|| self.bad())
    }

    pub(crate) fn opt_time(&self) -> Res<Option<DateTime<Utc>>> {
        let micros: Option<i64> = self.get()?;
        micros.map(|at| DateTime::from_timestamp_micros(at).ok_or_else(|| self.bad())).transpose()
    }

    pub(crate) fn word<T: FromStr>(&self) -> Res<T> {
        self.get::<String>()?.parse().map_err(|_| self.bad())
    }

    pub(crate) fn opt_word<T: FromStr>(&self) -> Res<Option<T>> {
        self.get::<Option<String>>()?.map(|text| text.parse().map_err(|_| self.bad())).transpose()
    }

    pub(crate) fn text<T: TryFrom<String>>(&self) -> Res<T> {
        T::try_from(self.get()?).map_err(|_| self.bad())
    }

    pub(crate) fn opt_text<T: TryFrom<String>>(&self) -> Res<Option<T>> {
        self.get::<Option<String>>()?.map(|text| T::try_from(text).map_err(|_| self.bad())).transpose()
    }

    pub(crate) fn json<T: serde::de::DeserializeOwned>(&self) -> Res<T> {
        serde_json::from_str(&self.get::<String>()?).map_err(|_| self.bad())
    }

    pub(crate) fn opt_json<T: serde::de::DeserializeOwned>(&self) -> Res<Option<T>> {
        let text = self.get::<Option<String>>()?;
        text.map(|text| serde_json::from_str(&text).map_err(|_| self.bad())).transpose()
    }

    /// A count or sequence, never negative.
    pub(crate) fn number<T: TryFrom<i64>>(&self) -> Res<T> {
        T::try_from(self.get()?).map_err(|_| self.bad())
    }
}
