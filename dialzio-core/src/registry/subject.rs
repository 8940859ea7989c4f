//! Subject paths: how the rows of a table belong to a person.

use super::Table;

/// Whom a table leads to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Person {
    /// A contact of an organisation.
    Contact,
    /// Somebody who signs in.
    User,
}

/// How a row belongs to a person: one step, which ends at the person or leads to another table, whose own path goes on from
/// there. The declaration that an erasure and an export read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SubjectPath {
    /// Each row is a person.
    Is(Person),
    /// A column names a row of another table, which the row belongs to. A row without a value belongs to no person.
    Reference {
        /// The column.
        column: &'static str,
        /// The other table.
        table: &'static str,
        /// The column there, which identifies a row within its organisation.
        key: &'static str,
    },
    /// A column holds, in the clear or as a keyed hash, what names a person in other tables. It outlives their rows.
    Identifier {
        /// The column.
        column: &'static str,
        /// Where the same is: tables and their columns.
        of: &'static [(&'static str, &'static str)],
    },
    /// Made from the rows of another table and written with them, without a column that says so.
    With {
        /// The other table.
        table: &'static str,
    },
    /// The rows belong to no person, or it cannot be said to whom.
    Nobody {
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
    pub(super) const fn nobody(reason: &'static str) -> Self {
        Self::Nobody { reason }
    }
}

/// Whom the rows of a table belong to, by following its path to the end. `None` for rows that belong to nobody, for the
/// reason that is given there.
///
/// # Errors
/// What is wrong with the path: a table or a column that does not exist, a key that identifies nothing, a table that is
/// declared later (which keeps paths from going in circles), a missing reason.
pub fn subject(table: &Table, among: &[&Table]) -> Result<Option<Person>, String> {
    let own = |name: &str| match table.column(name) {
        Some(_) => Ok(()),
        None => Err(format!("the subject path of {} names a column {name} that it has not", table.name)),
    };
    let before = |name: &str| {
        let earlier = among.iter().take_while(|other| other.name != table.name);
        let found = earlier.copied().find(|other| other.name == name);
        found.ok_or_else(|| {
            format!("the subject path of {} leads to {name}, which is not declared before it", table.name)
        })
    };
    match table.subject {
        SubjectPath::Is(person) => Ok(Some(person)),
        SubjectPath::Reference { column, table: next, key } => {
            own(column)?;
            let next = before(next)?;
            let identified = next.key.iter().filter(|part| **part != "org_id").eq([&key]);
            if !identified {
                return Err(format!(
                    "the subject path of {} leads to {}.{key}, which is not its key",
                    table.name, next.name
                ));
            }
            subject(next, among)
        }
        SubjectPath::Identifier { column, of } => {
            own(column)?;
            let mut person = None;
            for (next, key) in of {
                let next = before(next)?;
                if next.column(key).is_none() {
                    return Err(format!(
                        "the subject path of {} leads to a column {}.{key} that does not exist",
                        table.name, next.name
                    ));
                }
                person = subject(next, among)?;
            }
            person.map(Some).ok_or_else(|| format!("the subject path of {} ends at nobody", table.name))
        }
        SubjectPath::With { table: next } => subject(before(next)?, among),
        SubjectPath::Nobody { reason } if reason.len() > 8 => Ok(None),
        SubjectPath::Nobody { .. } => {
            Err(format!("{} has no subject path, and no reason why it can do without", table.name))
        }
    }
}
