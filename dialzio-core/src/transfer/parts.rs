//! What is moved, in which order: all that the registry of tables has moved, in the order in which it is declared there.

use std::sync::LazyLock;

use super::Cell;
use crate::registry::{self, Column, Table, Transfer};

/// Rows that are moved at once.
const PAGE: u32 = 500;
/// Rows with a whole webhook in each.
const FEW: u32 = 32;

/// Which rows of a table.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Which {
    All,
    /// Those in which a column is `NULL`.
    Without(&'static str),
    /// Those in which the column has a value.
    With(&'static str),
}

/// A table, or the rows of one that fulfil a condition.
#[derive(Debug, Clone, Copy)]
pub struct Part {
    /// The name of the table, the same in both stores.
    pub table: &'static str,
    /// Columns that are unique together, by which rows are ordered. Both stores order them alike: bytes and text by their
    /// bytes.
    pub key: &'static [&'static str],
    /// How many rows are moved at once.
    pub page: u32,
    /// The column by whose month the rows are parted where a store does so.
    pub month: Option<&'static str>,
    columns: &'static [Column],
    which: Which,
}

impl Part {
    /// The parts that a table is moved in, in their order; none for one that is left out.
    fn of(table: &'static Table) -> Vec<Self> {
        let (page, which): (_, &[_]) = match table.transfer {
            Transfer::Moved => (PAGE, &[Which::All]),
            Transfer::MovedFew => (FEW, &[Which::All]),
            Transfer::MovedAfter(column) => (PAGE, &[Which::Without(column), Which::With(column)]),
            Transfer::Left { .. } => (PAGE, &[]),
        };
        let part = |which: &Which| Self {
            table: table.name,
            key: table.key,
            page,
            month: table.month,
            columns: table.columns,
            which: *which,
        };
        which.iter().map(part).collect()
    }

    /// Which rows, as a condition that both engines understand; `None` for all.
    #[must_use]
    pub fn condition(&self) -> Option<String> {
        match self.which {
            Which::All => None,
            Which::Without(column) => Some(format!("\"{column}\" IS NULL")),
            Which::With(column) => Some(format!("NOT (\"{column}\" IS NULL)")),
        }
    }

    /// The columns, in the order in which a row has them.
    pub fn columns(&self) -> impl Iterator<Item = &'static Column> + use<> {
        self.columns.iter()
    }

    /// The key of a row.
    #[must_use]
    pub fn key_of(&self, row: &[Cell]) -> Vec<Cell> {
        let cell = |key: &&str| {
            let place = self.columns.iter().position(|column| column.name == *key)?;
            row.get(place).cloned()
        };
        self.key.iter().filter_map(cell).collect()
    }
}

/// All that is moved, whatever another row refers to first.
pub fn parts() -> &'static [Part] {
    static PARTS: LazyLock<Vec<Part>> = LazyLock::new(|| registry::tables().flat_map(Part::of).collect());
    &PARTS
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_the_registry_has_moved_is_moved_in_its_order() {
        let mut moved: Vec<_> = parts().iter().map(|part| part.table).collect();
        moved.dedup();
        let left = |table: &&Table| matches!(table.transfer, Transfer::Left { .. });
        let wanted: Vec<_> =
            registry::tables().filter(|table| !left(table)).map(|table| table.name).collect();
        assert_eq!(moved, wanted);
        assert!(moved.len() > 35, "{}", moved.len());
    }

    /// Of a table that a store could not make again, nothing is left out.
    #[test]
    fn what_is_left_out_is_made_again_or_of_no_use_elsewhere() {
        use registry::RetentionClass::{Derived, Machinery};
        for table in registry::tables() {
            if let Transfer::Left { reason } = table.transfer {
                assert!(matches!(table.class, Derived | Machinery), "{}", table.name);
                assert!(reason.len() > 8, "{} is left out without a reason", table.name);
            }
        }
    }

    #[test]
    fn the_key_of_a_row_is_found_in_it() {
        for part in parts() {
            let row: Vec<_> = (0_i64..).take(part.columns().count()).map(Cell::Integer).collect();
            assert_eq!(part.key_of(&row).len(), part.key.len(), "{}", part.table);
        }
    }

    #[test]
    fn rows_that_others_refer_to_within_a_table_come_first() {
        let of_identities: Vec<_> = parts().iter().filter(|part| part.table == "channel_identity").collect();
        let conditions: Vec<_> = of_identities.iter().filter_map(|part| part.condition()).collect();
        assert_eq!(conditions, ["\"joined_into\" IS NULL", "NOT (\"joined_into\" IS NULL)"]);
    }
}
