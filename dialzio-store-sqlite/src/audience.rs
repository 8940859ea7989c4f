//! Reads of those who see less than all of an organisation. While one runs, every statement that reads is narrowed: each of
//! its tables stands behind the condition that the registry declares for it, so that no statement can leave it out.
//!
//! A read runs on one thread from its beginning to its end. Whom it is for is kept there, where the function `sees` of the
//! connection looks it up.

use std::cell::RefCell;
use std::collections::HashMap;
use std::sync::{Arc, LazyLock, Mutex, PoisonError};

use dialzio_core::registry::{self, Dialect};
use dialzio_core::{Audience, MemberId, TypedId};
use rusqlite::Connection;
use rusqlite::functions::FunctionFlags;
use rusqlite::types::ValueRef;
use uuid::Uuid;

use crate::statements::{Kind, Statement};

/// The index of words has no column by which it could be narrowed. Its rows lead to `contact_search`, which is.
const WORDS: &str = "contact_words";

thread_local! {
    static READS_FOR: RefCell<Audience> = const { RefCell::new(Audience::All) };
}

/// Puts the audience back that was there before, also if a read panics.
struct Before(Audience);

impl Drop for Before {
    fn drop(&mut self) {
        READS_FOR.replace(std::mem::take(&mut self.0));
    }
}

/// Runs a read for an audience.
pub(crate) fn within<T>(audience: &Audience, read: impl FnOnce() -> T) -> T {
    let _before = Before(READS_FOR.replace(audience.clone()));
    read()
}

/// Runs a part of a read on everything: what decides for others than the audience.
pub(crate) fn whole<T>(read: impl FnOnce() -> T) -> T {
    within(&Audience::All, read)
}

/// Whom the read is for that is running.
pub(crate) fn current() -> Audience {
    READS_FOR.with_borrow(Clone::clone)
}

/// Teaches a connection the function that narrowed statements call.
pub(crate) fn install(db: &Connection) -> rusqlite::Result<()> {
    db.create_scalar_function("sees", 1, FunctionFlags::SQLITE_UTF8, |call| {
        let assignee = match call.get_raw(0) {
            ValueRef::Blob(id) if !id.is_empty() => match Uuid::from_slice(id) {
                Ok(id) => Some(MemberId::from_uuid(id)),
                Err(_) => return Ok(false),
            },
            ValueRef::Null | ValueRef::Blob(_) => None,
            _ => return Ok(false),
        };
        Ok(READS_FOR.with_borrow(|audience| audience.sees(assignee)))
    })
}

struct Sqlite;

impl Dialect for Sqlite {
    fn table(&self, name: &str) -> String {
        format!("main.{name}")
    }

    fn org(&self) -> &'static str {
        "?1"
    }

    fn finds(&self, query: &str) -> String {
        format!("EXISTS (SELECT 1 {query})")
    }

    fn sees(&self, column: &str) -> String {
        format!("sees({column})")
    }
}

/// A statement with each of its tables behind its condition.
pub(crate) fn narrowed(statement: Statement) -> String {
    let tables = statement.tables.iter().copied().filter(|name| *name != WORDS);
    let hidden = tables.filter_map(|name| {
        let condition = match registry::table(name) {
            Some(table) => registry::condition(table, "s", &Sqlite)?,
            None => "FALSE".to_owned(),
        };
        // A named query has no row number of its own. This is the one table whose statements ask for it.
        let row = if name == "channel_alias" { "s.rowid AS rowid, " } else { "" };
        Some(format!("{name} AS NOT MATERIALIZED (SELECT {row}s.* FROM main.{name} s WHERE s.org_id = ?1 AND {condition})"))
    });
    let hidden: Vec<_> = hidden.collect();
    if hidden.is_empty() {
        return statement.sql.to_owned();
    }
    format!("WITH {} {}", hidden.join(", "), statement.sql)
}

/// The text of a statement for the read that is running.
pub(crate) fn text(statement: Statement) -> Arc<str> {
    static NARROWED: LazyLock<Mutex<HashMap<&str, Arc<str>>>> = LazyLock::new(Mutex::default);
    let mut known = NARROWED.lock().unwrap_or_else(PoisonError::into_inner);
    Arc::clone(known.entry(statement.sql).or_insert_with(|| narrowed(statement).into()))
}

/// Whether a statement is narrowed in the read that is running.
pub(crate) fn narrows(statement: Statement) -> bool {
    statement.kind == Kind::Read && READS_FOR.with_borrow(|audience| !audience.is_all())
}
