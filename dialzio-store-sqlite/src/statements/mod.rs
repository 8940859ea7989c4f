//! Every SQL statement of the store, by name, with the tables it touches. Nothing else in the crate holds SQL that
//! names a table, except the migrations.
//!
//! In a statement of an organisation `?1` is the organisation and every table of an organisation is narrowed by it. A
//! system statement touches system tables only. Lists of values are one bound JSON array, so no text is built at run time.

mod access;
mod call_flows;
mod calls;
mod consent;
mod contacts;
mod conversations;
mod message_words;
mod sealed;
mod support;
mod system;
mod usage;
mod work;

#[cfg(test)]
mod apart;
#[cfg(test)]
mod tests;

pub(crate) use access::*;
pub(crate) use call_flows::*;
pub(crate) use calls::*;
pub(crate) use consent::*;
pub(crate) use contacts::*;
pub(crate) use conversations::*;
pub(crate) use message_words::*;
pub(crate) use sealed::*;
pub(crate) use support::*;
pub(crate) use system::*;
pub(crate) use usage::*;
pub(crate) use work::*;

/// What a statement does, and within which bounds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    /// Reads rows of one organisation.
    Read,
    /// Changes rows of one organisation.
    Write,
    /// Touches system tables only.
    System,
}

/// One statement.
#[derive(Debug, Clone, Copy)]
#[cfg_attr(
    not(test),
    allow(dead_code, reason = "name, kind and tables are what the tests of this table read")
)]
pub(crate) struct Statement {
    pub(crate) name: &'static str,
    pub(crate) kind: Kind,
    pub(crate) tables: &'static [&'static str],
    pub(crate) sql: &'static str,
}

macro_rules! statements {
    ($all:ident: $($name:ident: $kind:ident [$($table:ident),+] = $sql:expr;)+) => {
        $(pub(crate) const $name: $crate::statements::Statement = $crate::statements::Statement {
            name: stringify!($name),
            kind: $crate::statements::Kind::$kind,
            tables: &[$(stringify!($table)),+],
            sql: $sql,
        };)+
        #[cfg(test)]
        pub(crate) const $all: &[$crate::statements::Statement] = &[$($name),+];
    };
}
use statements;

/// All of them.
#[cfg(test)]
pub(crate) fn all() -> Vec<Statement> {
    [
        ACCESS,
        CALL_FLOWS_ALL,
        CALLS_ALL,
        CONSENT,
        CONTACTS_ALL,
        CONVERSATIONS_ALL,
        MESSAGE_WORDS_ALL,
        SEALED,
        SUPPORT,
        SYSTEM,
        USAGE_ALL,
        WORK,
    ]
    .concat()
}
