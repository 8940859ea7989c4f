//! How records are kept as rows, written once for both SQL stores. The text of a statement stays in each store; the order
//! of its columns is the order here.
//!
//! [`Columns`] reads a row from left to right, [`Bind`] fills the places of a statement. [`FromRow`] and [`ToRow`] say
//! which columns make a record. The organisation is no column of a record: a store binds it before the record.
//!
//! Behind the feature `sql-rows`, which stores switch on and hosts do not need.

mod access;
mod account;
mod call;
mod call_flow;
mod canned_reply;
mod consent;
mod contact;
mod contact_list;
mod conversation;
mod disposition;
mod draft;
mod evidence;
mod identity;
mod identity_provider;
mod inbox;
mod ledger;
mod mail;
mod media;
mod message;
mod message_search;
mod news;
mod notice;
mod saved_view;
mod scheduled;
mod support;
mod team;
#[cfg(test)]
mod tests;
mod usage;
mod work;

pub use call::{CallLead, CallList};
pub use consent::consents_of_each;
pub use contact_list::{ContactLead, ContactList, ContactPlace, LastContact};
pub use conversation::opt_conversation;
pub use identity::{HeldAlias, bare_identity, with_aliases};
pub use inbox::{InboxList, InboxPlace, ListedAt, inbox_page};
pub use ledger::{AuditList, audit_period};
pub use message::{bind_content, bind_reactions, delivery, external_id, reactions};
pub use message_search::{Candidate, Lead, found_page, with_entries};
pub use usage::add_usage;

use chrono::{DateTime, Utc};
use serde::Serialize;
use serde::de::DeserializeOwned;
use std::str::FromStr;
use uuid::Uuid;

use crate::TypedId;
use crate::store::{StoreError, StoreResult};

/// A record that is read from a row.
pub trait FromRow: Sized {
    /// What an error calls the record: [`StoreError::Unreadable`].
    const RECORD: &'static str;

    /// Reads it, beginning with the next column.
    ///
    /// # Errors
    /// [`StoreError::Unreadable`] if a column does not hold what the record needs.
    fn from_row<C: Columns>(c: &C) -> Result<Self, C::Error>;
}

/// A record that is written as a row.
pub trait ToRow {
    /// Binds its columns, without the organisation.
    ///
    /// # Errors
    /// [`StoreError::Unreadable`] if a value cannot be written as JSON.
    fn to_row<B: Bind>(&self, to: &mut B) -> StoreResult<()>;
}

/// The columns of one row, read from left to right, each once, in the order of the statement.
///
/// Every method reads the next column, and fails with [`bad`](Self::bad) if it holds something else. Errors name the
/// record and never a value.
pub trait Columns {
    /// The store's own error.
    type Error: From<StoreError>;

    /// What an error calls the record.
    fn record(&self) -> &'static str;
    /// A whole number.
    ///
    /// # Errors
    /// The column holds something else.
    fn integer(&self) -> Result<i64, Self::Error>;
    /// A whole number that may be absent.
    ///
    /// # Errors
    /// The column holds something else.
    fn opt_integer(&self) -> Result<Option<i64>, Self::Error>;
    /// Yes or no.
    ///
    /// # Errors
    /// The column holds something else.
    fn flag(&self) -> Result<bool, Self::Error>;
    /// Text, as long as the row lives.
    ///
    /// # Errors
    /// The column holds something else.
    fn str(&self) -> Result<&str, Self::Error>;
    /// Text that may be absent.
    ///
    /// # Errors
    /// The column holds something else.
    fn opt_str(&self) -> Result<Option<&str>, Self::Error>;
    /// Bytes, as long as the row lives.
    ///
    /// # Errors
    /// The column holds something else.
    fn bytes(&self) -> Result<&[u8], Self::Error>;
    /// Bytes that may be absent.
    ///
    /// # Errors
    /// The column holds something else.
    fn opt_bytes(&self) -> Result<Option<&[u8]>, Self::Error>;
    /// A UUID.
    ///
    /// # Errors
    /// The column holds something else.
    fn uuid(&self) -> Result<Uuid, Self::Error>;
    /// A UUID that may be absent.
    ///
    /// # Errors
    /// The column holds something else.
    fn opt_uuid(&self) -> Result<Option<Uuid>, Self::Error>;
    /// A UUID that may be absent, in a column that is part of a key. A store whose keys hold no NULL keeps the nil UUID
    /// there instead.
    ///
    /// # Errors
    /// The column holds something else.
    fn key_uuid(&self) -> Result<Option<Uuid>, Self::Error>;
    /// Texts of rows that belong to this one, in no order.
    ///
    /// # Errors
    /// The column holds something else.
    fn texts(&self) -> Result<Vec<String>, Self::Error>;
    /// Texts of rows that belong to this one, in the order of their places.
    ///
    /// # Errors
    /// The column holds something else.
    fn texts_in_order(&self) -> Result<Vec<String>, Self::Error>;
    /// Bytes of rows that belong to this one, in the order of their places.
    ///
    /// # Errors
    /// The column holds something else.
    fn blobs_in_order(&self) -> Result<Vec<Vec<u8>>, Self::Error>;

    /// The error that says that this record cannot be read.
    fn bad(&self) -> Self::Error {
        StoreError::Unreadable(self.record()).into()
    }

    /// A typed id.
    ///
    /// # Errors
    /// The column holds something else.
    fn id<T: TypedId>(&self) -> Result<T, Self::Error> {
        self.uuid().map(T::from_uuid)
    }

    /// A typed id that may be absent.
    ///
    /// # Errors
    /// The column holds something else.
    fn opt_id<T: TypedId>(&self) -> Result<Option<T>, Self::Error> {
        Ok(self.opt_uuid()?.map(T::from_uuid))
    }

    /// A typed id that may be absent, in a column that is part of a key.
    ///
    /// # Errors
    /// The column holds something else.
    fn key_id<T: TypedId>(&self) -> Result<Option<T>, Self::Error> {
        Ok(self.key_uuid()?.map(T::from_uuid))
    }

    /// An instant, kept in microseconds since 1970.
    ///
    /// # Errors
    /// The column holds something else.
    fn time(&self) -> Result<DateTime<Utc>, Self::Error> {
        DateTime::from_timestamp_micros(self.integer()?).ok_or_else(|| self.bad())
    }

    /// An instant that may be absent.
    ///
    /// # Errors
    /// The column holds something else.
    fn opt_time(&self) -> Result<Option<DateTime<Utc>>, Self::Error> {
        let micros = self.opt_integer()?;
        micros.map(|at| DateTime::from_timestamp_micros(at).ok_or_else(|| self.bad())).transpose()
    }

    /// One of a set of words.
    ///
    /// # Errors
    /// The column holds something else.
    fn word<T: FromStr>(&self) -> Result<T, Self::Error> {
        self.str()?.parse().map_err(|_| self.bad())
    }

    /// One of a set of words, or none.
    ///
    /// # Errors
    /// The column holds something else.
    fn opt_word<T: FromStr>(&self) -> Result<Option<T>, Self::Error> {
        self.opt_str()?.map(|text| text.parse().map_err(|_| self.bad())).transpose()
    }

    /// Text of a checked type, or a `String`.
    ///
    /// # Errors
    /// The column holds something else.
    fn text<T: TryFrom<String>>(&self) -> Result<T, Self::Error> {
        T::try_from(self.str()?.to_owned()).map_err(|_| self.bad())
    }

    /// Text of a checked type that may be absent.
    ///
    /// # Errors
    /// The column holds something else.
    fn opt_text<T: TryFrom<String>>(&self) -> Result<Option<T>, Self::Error> {
        self.opt_str()?.map(|text| T::try_from(text.to_owned()).map_err(|_| self.bad())).transpose()
    }

    /// Bytes of a fixed length.
    ///
    /// # Errors
    /// The column holds something else.
    fn array<const N: usize>(&self) -> Result<[u8; N], Self::Error> {
        self.bytes()?.try_into().map_err(|_| self.bad())
    }

    /// A value kept as JSON.
    ///
    /// # Errors
    /// The column holds something else.
    fn json<T: DeserializeOwned>(&self) -> Result<T, Self::Error> {
        serde_json::from_str(self.str()?).map_err(|_| self.bad())
    }

    /// A value kept as JSON that may be absent.
    ///
    /// # Errors
    /// The column holds something else.
    fn opt_json<T: DeserializeOwned>(&self) -> Result<Option<T>, Self::Error> {
        self.opt_str()?.map(|text| serde_json::from_str(text).map_err(|_| self.bad())).transpose()
    }

    /// A list kept as JSON, absent when it is empty.
    ///
    /// # Errors
    /// The column holds something else.
    fn json_list<T: DeserializeOwned>(&self) -> Result<Vec<T>, Self::Error> {
        Ok(self.opt_json()?.unwrap_or_default())
    }

    /// A count or a sequence, within the bounds of its type.
    ///
    /// # Errors
    /// The column holds something else.
    fn number<T: TryFrom<i64>>(&self) -> Result<T, Self::Error> {
        T::try_from(self.integer()?).map_err(|_| self.bad())
    }
}

/// The places of a statement, filled from left to right.
pub trait Bind {
    /// A whole number that may be absent.
    fn opt_integer(&mut self, value: Option<i64>);
    /// Yes or no.
    fn flag(&mut self, value: bool);
    /// Text that may be absent.
    fn opt_text(&mut self, value: Option<&str>);
    /// Bytes that may be absent.
    fn opt_bytes(&mut self, value: Option<&[u8]>);
    /// A UUID that may be absent.
    fn opt_uuid(&mut self, value: Option<Uuid>);
    /// A UUID that may be absent, in a column that is part of a key; see [`Columns::key_uuid`].
    fn key_uuid(&mut self, value: Option<Uuid>);

    /// A whole number.
    fn integer(&mut self, value: impl Into<i64>) {
        self.opt_integer(Some(value.into()));
    }

    /// A text that is there.
    fn text(&mut self, value: &str) {
        self.opt_text(Some(value));
    }

    /// Bytes that are there.
    fn bytes(&mut self, value: &[u8]) {
        self.opt_bytes(Some(value));
    }

    /// A typed id.
    fn id(&mut self, id: impl TypedId) {
        self.opt_uuid(Some(id.uuid()));
    }

    /// A typed id that may be absent.
    fn opt_id(&mut self, id: Option<impl TypedId>) {
        self.opt_uuid(id.map(TypedId::uuid));
    }

    /// A typed id that may be absent, in a column that is part of a key.
    fn key_id(&mut self, id: Option<impl TypedId>) {
        self.key_uuid(id.map(TypedId::uuid));
    }

    /// An instant, in microseconds since 1970.
    fn time(&mut self, at: DateTime<Utc>) {
        self.opt_time(Some(at));
    }

    /// An instant that may be absent.
    fn opt_time(&mut self, at: Option<DateTime<Utc>>) {
        self.opt_integer(at.map(|at| at.timestamp_micros()));
    }

    /// A value as JSON; `record` is what the error calls it.
    ///
    /// # Errors
    /// [`StoreError::Unreadable`] if it cannot be written as JSON.
    fn json<T: Serialize + ?Sized>(&mut self, value: &T, record: &'static str) -> StoreResult<()> {
        let text = serde_json::to_string(value).map_err(|_| StoreError::Unreadable(record))?;
        self.text(&text);
        Ok(())
    }
}
