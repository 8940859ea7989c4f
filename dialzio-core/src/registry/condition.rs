//! The condition under which a row is seen, as an engine writes it.
//!
//! The rule is declared with each table and read by every store, so that no read can leave it out: what a statement reads from
//! a table is narrowed by [`condition`], whatever the statement asks for.

use super::{Seen, SubjectPath, Table};

/// How an engine writes the parts of a condition.
pub trait Dialect {
    /// A table as it is, not narrowed.
    fn table(&self, name: &str) -> String;
    /// The place of the organisation among the parameters.
    fn org(&self) -> &'static str;
    /// Whether a query, from its `FROM` on, finds a row.
    fn finds(&self, query: &str) -> String;
    /// Whether an audience sees what is assigned to the member in this column.
    fn sees(&self, column: &str) -> String;
}

/// The condition under which those who do not see everything see a row of a table, whose alias is given; `None` if they see
/// each. A table that leads nowhere is seen by none of them.
#[must_use]
pub fn condition(table: &Table, alias: &str, dialect: &dyn Dialect) -> Option<String> {
    let within = |other: &'static str, column: &str, matches: &str, seen: Option<String>| {
        let (name, org, inner) = (dialect.table(other), dialect.org(), format!("{alias}_{other}"));
        let seen = seen.map(|seen| format!(" AND {seen}")).unwrap_or_default();
        dialect.finds(&format!(
            "FROM {name} {inner} WHERE {inner}.org_id = {org} AND {inner}.{column} = {matches}{seen}"
        ))
    };
    let as_row = |other: &'static str, key: &str, column: &str| {
        let seen = match crate::registry::table(other) {
            Some(next) => condition(next, &format!("{alias}_{other}"), dialect),
            None => Some("FALSE".to_owned()),
        };
        within(other, key, &format!("{alias}.{column}"), seen)
    };
    Some(match table.seen {
        Seen::Everybody => return None,
        Seen::Nobody => "FALSE".to_owned(),
        Seen::Assigned(column) => dialect.sees(&format!("{alias}.{column}")),
        Seen::AssignedOrReached { column, from } => {
            let own = dialect.sees(&format!("{alias}.{column}"));
            let reached = from.iter().map(|(other, key, member)| {
                let seen = dialect.sees(&format!("{alias}_{other}.{member}"));
                within(other, key, &format!("{alias}.id"), Some(seen))
            });
            format!("({own} OR {})", reached.collect::<Vec<_>>().join(" OR "))
        }
        Seen::AsSubjectOrSurvivor(column) => {
            let itself = Table { seen: Seen::AsSubject, ..*table };
            let own = condition(&itself, alias, dialect)?;
            let survivor = condition(&itself, &format!("{alias}_{}", table.name), dialect);
            format!("({own} OR {})", within(table.name, "id", &format!("{alias}.{column}"), survivor))
        }
        Seen::AsSubject => match table.subject {
            SubjectPath::Reference { column, table: other, key } => as_row(other, key, column),
            SubjectPath::OneOf { kind, column, tables } => {
                let each = tables
                    .iter()
                    .map(|other| format!("({alias}.{kind} = '{other}' AND {})", as_row(other, "id", column)));
                format!("({})", each.collect::<Vec<_>>().join(" OR "))
            }
            _ => "FALSE".to_owned(),
        },
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Plain;

    impl Dialect for Plain {
        fn table(&self, name: &str) -> String {
            name.to_owned()
        }

        fn org(&self) -> &'static str {
            "?1"
        }

        fn finds(&self, query: &str) -> String {
            format!("EXISTS (SELECT 1 {query})")
        }

        fn sees(&self, column: &str) -> String {
            format!("sees({column})")
        }
    }

    fn of(name: &str) -> Option<String> {
        condition(crate::registry::table(name).unwrap(), "s", &Plain)
    }

    #[test]
    fn what_is_assigned_is_seen_by_its_own_column() {
        assert_eq!(of("conversation").unwrap(), "sees(s.assignee)");
        assert_eq!(of("call").unwrap(), "sees(s.member_id)");
    }

    #[test]
    fn what_belongs_to_another_row_is_seen_with_it() {
        let message = of("message").unwrap();
        assert_eq!(
            message,
            "EXISTS (SELECT 1 FROM conversation s_conversation WHERE s_conversation.org_id = ?1 AND \
             s_conversation.id = s.conversation_id AND sees(s_conversation.assignee))"
        );
        let media = of("media").unwrap();
        assert!(
            media.contains("s.owner_kind = 'message'") && media.contains("sees(s_call.member_id)"),
            "{media}"
        );
    }

    #[test]
    fn a_contact_is_seen_by_its_owner_and_by_work_with_it() {
        let contact = of("contact").unwrap();
        for part in ["sees(s.owner)", "FROM conversation", "FROM task", "FROM call"] {
            assert!(contact.contains(part), "{part}: {contact}");
        }
    }

    /// A table that nobody decided about is seen by those who see everything, and by no other.
    #[test]
    fn what_is_not_declared_is_not_seen() {
        assert_eq!(Table::OF_ORGANISATION.seen, Seen::Nobody);
        assert_eq!(of("inbox_item").unwrap(), "FALSE");
        assert_eq!(of("member"), None);
    }

    /// Only a table that holds nothing about a contact may be seen by everybody.
    #[test]
    fn nothing_about_a_contact_is_seen_by_everybody() {
        let all: Vec<_> = crate::registry::tables().collect();
        for table in &all {
            if crate::registry::subject(table, &all) == Ok(Some(crate::registry::Person::Contact)) {
                assert_ne!(table.seen, Seen::Everybody, "{}", table.name);
            }
            if table.seen == Seen::AsSubject {
                assert_ne!(of(table.name).unwrap(), "FALSE", "{} leads nowhere", table.name);
            }
        }
    }
}
