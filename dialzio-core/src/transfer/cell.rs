//! A value of a column, in a form that no engine owns.

use std::fmt;

/// A value of a column, in the form that both sides agree on: ids are sixteen bytes, what is true is one.
#[derive(Clone, PartialEq, Eq)]
pub enum Cell {
    /// No value: SQL `NULL`.
    Null,
    /// A number, an instant, or whether something is so.
    Integer(i64),
    /// Text in UTF-8.
    Text(String),
    /// Bytes, and ids.
    Bytes(Vec<u8>),
}

/// The kind alone: rows are about people.
impl fmt::Debug for Cell {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Null => "Null",
            Self::Integer(_) => "Integer(…)",
            Self::Text(_) => "Text(…)",
            Self::Bytes(_) => "Bytes(…)",
        })
    }
}
