//! Follows subject paths to their end.

use super::{Person, SubjectPath, Table};

/// Whom the rows of a table belong to, by following its path to the end. `None` for rows that belong to no person, for the
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
    // One row there belongs to an id, and only to one.
    let by = |name: &str, key: &str| {
        let next = before(name)?;
        if !next.key.iter().filter(|part| **part != "org_id").eq([&key]) {
            return Err(format!(
                "the subject path of {} leads to {name}.{key}, which is not its key",
                table.name
            ));
        }
        subject(next, among)
    };
    match table.subject {
        SubjectPath::Is(person) => Ok(Some(person)),
        SubjectPath::Reference { column, table: next, key } => {
            own(column)?;
            by(next, key)
        }
        SubjectPath::OneOf { kind, column, tables } => {
            own(kind)?;
            own(column)?;
            same(table, &tables.iter().map(|next| by(next, "id")).collect::<Result<Vec<_>, _>>()?)
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
            person.map(Some).ok_or_else(|| format!("the subject path of {} ends at no person", table.name))
        }
        SubjectPath::FirstOf(paths) => {
            let end = |path: &SubjectPath| subject(&Table { subject: *path, ..*table }, among);
            same(table, &paths.iter().map(end).collect::<Result<Vec<_>, _>>()?)
        }
        SubjectPath::With { table: next } => subject(before(next)?, among),
        SubjectPath::NoPerson { reason } if reason.len() > 8 => Ok(None),
        SubjectPath::NoPerson { .. } => {
            Err(format!("{} has no subject path, and no reason why it can do without", table.name))
        }
    }
}

/// Where several ways of a table end: at the same person, or something is wrong.
fn same(table: &Table, ends: &[Option<Person>]) -> Result<Option<Person>, String> {
    let [first, rest @ ..] = ends else {
        return Err(format!("the subject path of {} leads to no table", table.name));
    };
    match first {
        Some(person) if rest.iter().all(|end| end == first) => Ok(Some(*person)),
        _ => Err(format!("the subject path of {} ends at different persons, or at none", table.name)),
    }
}
