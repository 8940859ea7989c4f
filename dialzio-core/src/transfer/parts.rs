//! What is moved, in which order: whatever another row refers to comes first.

use super::Cell;
use crate::registry;

/// Rows that are moved at once.
const PAGE: u32 = 500;
/// Rows with a whole webhook in each.
const FEW: u32 = 32;

/// A table, or the rows of one that fulfil a condition.
#[derive(Debug, Clone, Copy)]
pub struct Part {
    /// The table.
    pub table: &'static str,
    /// Columns that are unique together, by which rows are ordered. Both stores order them alike: bytes and text by their
    /// bytes.
    pub key: &'static [&'static str],
    /// Which rows, as a condition that both engines understand.
    pub only: Option<&'static str>,
    /// A column in which one store has nothing, or nothing but no bytes, and another sixteen zero bytes; those are what is
    /// moved. All three come before any id, so that a key with them is in the same order in both.
    pub or_zero: Option<&'static str>,
    /// How many rows are moved at once.
    pub page: u32,
}

impl Part {
    const fn of(table: &'static str, key: &'static [&'static str]) -> Self {
        Self { table, key, only: None, or_zero: None, page: PAGE }
    }

    const fn only(self, only: &'static str) -> Self {
        Self { only: Some(only), ..self }
    }

    const fn or_zero(self, column: &'static str) -> Self {
        Self { or_zero: Some(column), ..self }
    }

    const fn few(self) -> Self {
        Self { page: FEW, ..self }
    }

    /// The columns, in the order in which a row has them.
    pub fn columns(&self) -> impl Iterator<Item = &'static str> + use<> {
        let table = self.table;
        registry::tables()
            .filter(move |known| known.name == table)
            .flat_map(|known| known.columns)
            .map(|column| column.name)
    }

    /// The key of a row.
    #[must_use]
    pub fn key_of(&self, row: &[Cell]) -> Vec<Cell> {
        let cell = |key: &&str| {
            let place = self.columns().position(|column| column == *key)?;
            row.get(place).cloned()
        };
        self.key.iter().filter_map(cell).collect()
    }
}

/// All that is moved. Not among it is what a store makes itself: words, the steps of its schema, leases (whose holders are
/// gone) and the probe.
pub const PARTS: &[Part] = &[
    Part::of("org", &["org_id"]),
    Part::of("org_head", &["org_id"]),
    Part::of("key_check", &["place"]),
    Part::of("time_mark", &["one"]),
    Part::of("operator_log", &["seq"]),
    Part::of("user", &["id"]),
    Part::of("membership", &["user_id", "org_id", "member_id"]),
    Part::of("session", &["hash"]),
    Part::of("invitation", &["hash"]),
    Part::of("app", &["id"]).or_zero("org_id"),
    Part::of("app_secret", &["app_id", "place"]),
    Part::of("api_key_owner", &["hash"]),
    Part::of("route", &["provider", "external_id", "org_id", "account_id"]),
    Part::of("lane", &["org_id", "account_id", "kind"]),
    Part::of("quarantine", &["id"]).or_zero("org_id").few(),
    Part::of("member", &["org_id", "id"]),
    Part::of("api_key", &["org_id", "id"]),
    Part::of("account", &["org_id", "id"]),
    Part::of("template", &["org_id", "account_id", "name", "language"]),
    Part::of("contact", &["org_id", "id"]),
    Part::of("contact_detail", &["org_id", "contact_id", "place"]),
    Part::of("contact_tag", &["org_id", "contact_id", "tag"]),
    Part::of("note", &["org_id", "contact_id", "id"]),
    Part::of("task", &["org_id", "id"]),
    // Those that others were joined into come first: a survivor is never joined itself.
    Part::of("channel_identity", &["org_id", "id"]).only("joined_into IS NULL"),
    Part::of("channel_identity", &["org_id", "id"]).only("NOT (joined_into IS NULL)"),
    Part::of("channel_alias", &["org_id", "portfolio", "kind", "match_key"]),
    Part::of("conversation", &["org_id", "id"]).or_zero("assignee"),
    Part::of("conversation_activity", &["org_id", "conversation_id", "id"]),
    Part::of("queue_count", &["org_id", "state", "assignee"]).or_zero("assignee"),
    Part::of("message", &["org_id", "id"]),
    Part::of("message_evidence", &["org_id", "message_id", "status"]),
    Part::of("external_reference", &["org_id", "account_id", "hash8", "message_id"]),
    Part::of("media", &["org_id", "id"]),
    Part::of("consent", &["org_id", "seq"]),
    Part::of("consent_subject", &["org_id", "subject_key", "seq"]),
    Part::of("suppression", &["org_id", "hash", "scope"]),
    Part::of("effect", &["org_id", "id"]).or_zero("account_id"),
    Part::of("inbox_item", &["org_id", "id"]).few(),
    Part::of("idempotency", &["org_id", "key"]),
    Part::of("event", &["org_id", "seq"]),
    Part::of("audit", &["org_id", "seq"]),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_table_that_a_store_cannot_make_itself_is_moved() {
        for table in registry::tables() {
            let moved = PARTS.iter().any(|part| part.table == table.name);
            let made = table.is_optional()
                && !["org_head", "lane", "queue_count", "time_mark"].contains(&table.name);
            assert_eq!(moved, !made, "{}", table.name);
        }
    }

    #[test]
    fn keys_and_marks_are_columns_of_their_tables() {
        for part in PARTS {
            let columns: Vec<_> = part.columns().collect();
            for name in part.key.iter().chain(&part.or_zero) {
                assert!(columns.contains(name), "{}.{name}", part.table);
            }
            let row: Vec<_> = (0_i64..).take(columns.len()).map(Cell::Integer).collect();
            assert_eq!(part.key_of(&row).len(), part.key.len());
        }
    }

    #[test]
    fn parts_of_one_table_stand_together_and_leave_nothing_out() {
        let split: Vec<_> = PARTS.iter().filter(|part| part.only.is_some()).collect();
        assert_eq!(split.len(), 2);
        assert_eq!(split[0].table, split[1].table);
        assert_eq!(format!("NOT ({})", split[0].only.unwrap()), split[1].only.unwrap());
    }
}
