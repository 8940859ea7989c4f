//! Subject paths: how the rows of a table belong to a person.

/// Whom a table leads to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Person {
    /// A contact of an organisation.
    Contact,
    /// A user: a person who signs in.
    User,
}

/// How a row belongs to a person: one step, which ends at the person or leads to another table, whose own path continues from
/// there. The declaration that an erasure and an export read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SubjectPath {
    /// Each row is a person.
    Is(Person),
    /// A column names a row of another table, which the row belongs to. A row without a value belongs to no person.
    Reference {
        /// The column that leads to the person.
        column: &'static str,
        /// The other table.
        table: &'static str,
        /// The column there, which identifies a row within its organisation.
        key: &'static str,
    },
    /// A row belongs to a row of one of several tables: a column holds the name of the table, another the `id` there.
    OneOf {
        /// The column that holds the table's name.
        kind: &'static str,
        /// The column that leads to the person.
        column: &'static str,
        /// The tables that the name may be of.
        tables: &'static [&'static str],
    },
    /// A column holds, in the clear or as a keyed hash, what names a person in other tables. It outlives their rows.
    Identifier {
        /// The column that leads to the person.
        column: &'static str,
        /// Where the same is: tables and their columns.
        of: &'static [(&'static str, &'static str)],
    },
    /// The first of these paths that leads to a person: a row without a value for one of them goes by the next.
    FirstOf(&'static [SubjectPath]),
    /// Made from the rows of another table and written with them, without a column that says so.
    With {
        /// The other table.
        table: &'static str,
    },
    /// The rows belong to no person, or it cannot be said to whom.
    NoPerson {
        /// Why it is so.
        reason: &'static str,
    },
}

impl SubjectPath {
    /// By a column that holds the `id` of a row in another table.
    pub(super) const fn by(column: &'static str, table: &'static str) -> Self {
        Self::Reference { column, table, key: "id" }
    }

    /// The rows belong to no person, for this reason.
    pub(super) const fn no_person(reason: &'static str) -> Self {
        Self::NoPerson { reason }
    }
}
