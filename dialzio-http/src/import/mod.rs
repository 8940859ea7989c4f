//! Contacts from a file: read, shown before anything is written, and imported in the background.
//!
//! What an import has done so far is kept in memory by the server that runs it. If that server stops, the rest of the rows
//! is not imported; the same file can be imported again, which changes nothing of what was imported before.

pub(crate) mod columns;
mod decode;
pub(crate) mod rows;
mod running;
pub(crate) mod sheet;

pub(crate) use running::{End, Imports, Run, start};

/// A value without what keeps it from being a formula in our own exports.
pub(crate) fn plain(text: &str) -> &str {
    match text.strip_prefix('\'') {
        Some(rest) if rest.starts_with(['=', '+', '-', '@', '\t', '\r']) => rest,
        _ => text,
    }
}
