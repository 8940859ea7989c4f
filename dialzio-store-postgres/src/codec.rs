//! Between values and columns: ids are UUIDs, times are microseconds, words and texts are parsed on the way out.

use chrono::{DateTime, Utc};
use dialzio_core::TypedId;
use sqlx::postgres::PgRow;
use sqlx::{Decode, Postgres, Row, Type};
use std::cell::Cell;
use std::str::FromStr;
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

/// An id that may be absent, in a column that is part of a key: zero stands for none.
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

    pub(crate) fn bad(&self) -> Failure {
        unreadable(self.what)
    }

    pub(crate) fn get<T: Decode<'a, Postgres> + Type<Postgres>>(&self) -> Res<T> {
        let place = self.next.get();
        self.next.set(place + 1);
        self.row.try_get(place).map_err(|_| self.bad())
    }

    /// Bytes of a fixed length.
    pub(crate) fn bytes<const N: usize>(&self) -> Res<[u8; N]> {
        self.get::<&[u8]>()?.try_into().map_err(|_| self.bad())
    }

    pub(crate) fn id<T: TypedId>(&self) -> Res<T> {
        self.get::<Uuid>().map(T::from_uuid)
    }

    pub(crate) fn opt_id<T: TypedId>(&self) -> Res<Option<T>> {
        Ok(self.get::<Option<Uuid>>()?.map(T::from_uuid))
    }

    /// An id for which zero stands for none.
    pub(crate) fn id_or_nil<T: TypedId>(&self) -> Res<Option<T>> {
        let id = self.get::<Uuid>()?;
        Ok((!id.is_nil()).then(|| T::from_uuid(id)))
    }

    pub(crate) fn opt_uuid(&self) -> Res<Option<Uuid>> {
        self.get()
    }

    pub(crate) fn time(&self) -> Res<DateTime<Utc>> {
        DateTime::from_timestamp_micros(self.get()?).ok_or_else(|| self.bad())
    }

    pub(crate) fn opt_time(&self) -> Res<Option<DateTime<Utc>>> {
        let micros: Option<i64> = self.get()?;
        micros.map(|at| DateTime::from_timestamp_micros(at).ok_or_else(|| self.bad())).transpose()
    }

    pub(crate) fn word<T: FromStr>(&self) -> Res<T> {
        self.get::<&str>()?.parse().map_err(|_| self.bad())
    }

    pub(crate) fn opt_word<T: FromStr>(&self) -> Res<Option<T>> {
        self.get::<Option<&str>>()?.map(|text| text.parse().map_err(|_| self.bad())).transpose()
    }

    pub(crate) fn text<T: TryFrom<String>>(&self) -> Res<T> {
        T::try_from(self.get()?).map_err(|_| self.bad())
    }

    pub(crate) fn opt_text<T: TryFrom<String>>(&self) -> Res<Option<T>> {
        self.get::<Option<String>>()?.map(|text| T::try_from(text).map_err(|_| self.bad())).transpose()
    }

    pub(crate) fn json<T: serde::de::DeserializeOwned>(&self) -> Res<T> {
        serde_json::from_str(self.get()?).map_err(|_| self.bad())
    }

    /// A JSON list that is absent when it is empty.
    pub(crate) fn json_list<T: serde::de::DeserializeOwned>(&self) -> Res<Vec<T>> {
        match self.get::<Option<&str>>()? {
            None => Ok(Vec::new()),
            Some(text) => serde_json::from_str(text).map_err(|_| self.bad()),
        }
    }

    pub(crate) fn opt_json<T: serde::de::DeserializeOwned>(&self) -> Res<Option<T>> {
        let text = self.get::<Option<&str>>()?;
        text.map(|text| serde_json::from_str(text).map_err(|_| self.bad())).transpose()
    }

    /// A count or sequence, never negative.
    pub(crate) fn number<T: TryFrom<i64>>(&self) -> Res<T> {
        T::try_from(self.get()?).map_err(|_| self.bad())
    }
}
