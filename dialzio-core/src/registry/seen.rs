//! Who sees the rows of a table, of those who do not see all of an organisation.

/// Who sees a row, of those who do not see all of the organisation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Seen {
    /// None of them.
    Nobody,
    /// All of them: what the organisation shares, and what a permission alone guards.
    Everybody,
    /// Those whose audience holds the member in this column, or who see what is assigned to nobody if it is empty.
    Assigned(&'static str),
    /// As `Assigned`; and those who see a row of another table that leads here, by the member in a column there.
    AssignedOrReached {
        /// The column that holds the member.
        column: &'static str,
        /// Tables, the column there that holds the `id` of this row, and the column there that holds a member.
        from: &'static [(&'static str, &'static str, &'static str)],
    },
    /// Those who see the row to which the first step of its subject path leads.
    AsSubject,
    /// As `AsSubject`; and those who so see the row of the same table whose `id` this column holds: the one that it was
    /// joined into.
    AsSubjectOrSurvivor(&'static str),
}
