//! The tables, in the order of their references: a table that another one refers to comes first.

mod calls;
mod contacts;
mod conversations;
mod records;
mod system;

use super::Table;

/// All tables, by area.
pub const TABLES: &[&[Table]] =
    &[system::TABLES, contacts::TABLES, calls::TABLES, conversations::TABLES, records::TABLES];
