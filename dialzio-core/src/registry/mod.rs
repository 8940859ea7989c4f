//! The registry of tables: every table of every store and every column of it, declared once by hand.
//!
//! A table states its name, its key, whose it is, how long its rows are kept, how a row belongs to a person, what each role
//! may do with it, where it is in a cluster and whether a transfer moves it. A column states what it holds, what an erasure
//! does to it, under which name a person gets it and how it is masked.
//!
//! Derived from it: what a [transfer](crate::transfer) moves, in which order and by which keys; the grants and policies of
//! PostgreSQL, which are compared with the live ones whenever a store is opened; the lists by which tests go through
//! tables. The subject path, [`EraseAction`], export name and [`Mask`] are the declaration that erasure, export and masking
//! read; they change nothing by themselves.
//!
//! Stores show that their live schema is the one that is declared: [`check_schema`].

mod check;
mod column;
mod condition;
mod follow;
mod seen;
mod subject;
mod table;
mod tables;

pub use check::{LiveTable, check_schema};
pub use column::{Column, DataCategory, EraseAction, Mask};
pub use condition::{Dialect, condition};
pub use follow::subject;
pub use seen::Seen;
pub use subject::{Person, SubjectPath};
pub use table::{
    Engine, Placement, Presence, Privilege, RetentionClass, Rights, Table, TableScope, Transfer,
};
pub use tables::TABLES;

/// All tables, one after another: a table that another one refers to comes first.
pub fn tables() -> impl Iterator<Item = &'static Table> {
    TABLES.iter().copied().flatten()
}

/// A table by name.
#[must_use]
pub fn table(name: &str) -> Option<&'static Table> {
    tables().find(|table| table.name == name)
}

#[cfg(test)]
mod tests;
