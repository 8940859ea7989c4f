//! Whether a live schema is the one that is declared.

use std::collections::BTreeSet;

use super::{Column, Engine, Table, table, tables};

/// A table as a database has it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LiveTable {
    /// The name of the table in the live database.
    pub name: String,
    /// Its columns, hidden ones too.
    pub columns: Vec<String>,
    /// The columns of its primary key, in their order; empty if it has none.
    pub key: Vec<String>,
    /// The tables that it refers to by foreign keys.
    pub refers_to: Vec<String>,
}

/// Compares a live schema with the registry; answers how they differ. Empty if they agree on tables, columns and keys, and
/// if each table is declared after those that it refers to.
#[must_use]
pub fn check_schema(engine: Engine, live: &[LiveTable]) -> Vec<String> {
    let mut wrong = Vec::new();
    for found in live {
        let name = &found.name;
        match table(name).filter(|table| table.is_in(engine)) {
            Some(declared) => compare(engine, declared, found, &mut wrong),
            None => wrong.push(format!("the registry does not name table {name}")),
        }
    }
    for table in tables().filter(|table| table.is_in(engine)) {
        if !live.iter().any(|found| found.name == table.name) {
            wrong.push(format!("there is no table {}", table.name));
        }
    }
    wrong
}

fn compare(engine: Engine, declared: &Table, live: &LiveTable, wrong: &mut Vec<String>) {
    let name = declared.name;
    for column in live.columns.iter().filter(|column| declared.column(column).is_none()) {
        wrong.push(format!("the registry does not name column {name}.{column}"));
    }
    // What is the number of a row in SQLite is no column there.
    let is_column = |column: &&Column| engine == Engine::Postgres || !column.is_row_number;
    for column in declared.columns.iter().filter(is_column) {
        if !live.columns.iter().any(|found| found == column.name) {
            wrong.push(format!("there is no column {name}.{}", column.name));
        }
    }
    let key = declared.live_key(engine);
    if live.key != key {
        wrong.push(format!("the key of {name} is {:?}, and {key:?} in the registry", live.key));
    }
    let earlier: BTreeSet<&str> =
        tables().map(|table| table.name).take_while(|other| *other != name).collect();
    for other in live.refers_to.iter().filter(|other| *other != name && !earlier.contains(other.as_str())) {
        wrong.push(format!("{name} refers to {other}, which the registry declares after it"));
    }
}
