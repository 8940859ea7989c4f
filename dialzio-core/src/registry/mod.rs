//! The data map: every column of every table of every store, declared once by hand. What a column holds, how long,
//! what an erasure does to it, under which name a person gets it, and how it is masked.
//!
//! Stores show that their live schema and this map name the same columns: [`check_schema`].

mod tables;

pub use tables::TABLES;

use crate::name::words;

words! {
    /// What a column holds. Source: privacy policy, the kinds of data it names.
    pub enum DataCategory {
        /// Of the people and organisations that sign in.
        Account = "account",
        /// Who a contact is and how they are reached.
        ContactIdentity = "contact_identity",
        /// What the team wrote down about a contact.
        ContactNote = "contact_note",
        /// That a call took place.
        CallLog = "call_log",
        /// What was said in a call.
        CallRecording = "call_recording",
        /// What was said in a call, in writing.
        CallTranscript = "call_transcript",
        /// What a message says.
        MessageContent = "message_content",
        /// That a message was exchanged, and what became of it.
        MessageMeta = "message_meta",
        /// Files of messages.
        MessageMedia = "message_media",
        /// Text messages.
        SmsRecord = "sms_record",
        /// How the product is used.
        Usage = "usage",
        /// Who came in, when, from where.
        SecurityLog = "security_log",
        /// Secrets of connected services.
        IntegrationCredential = "integration_credential",
        /// What is known of connected services besides.
        IntegrationMeta = "integration_meta",
        /// What people agreed to.
        ConsentLedger = "consent_ledger",
        /// Who is not to be contacted.
        Suppression = "suppression",
        /// Requests of people about their data.
        PrivacyRequest = "privacy_request",
        /// Requests for help.
        SupportTicket = "support_ticket",
        /// Who accepted which policy.
        PolicyAcceptance = "policy_acceptance",
        /// To whom data was disclosed.
        Disclosure = "disclosure",
        /// What was done by whom.
        Audit = "audit",
        /// Work that waits, and what arrived and waits.
        Outbox = "outbox",
        /// Data made ready to be taken away.
        ExportBundle = "export_bundle",
        /// Data that is being taken in.
        ImportStaging = "import_staging",
    }
}

words! {
    /// How long the rows of a table are kept. Source: privacy reference, retention matrix.
    pub enum RetentionClass {
        /// As long as the organisation is a customer, or until erased.
        AccountLife = "account_life",
        /// Twelve months from the event, or shorter; nobody may lengthen it.
        Messages = "messages",
        /// The relation and 36 months, pseudonymised after an erasure.
        Ledger = "ledger",
        /// 36 months.
        Audit = "audit",
        /// Until lifted.
        Suppression = "suppression",
        /// Until the account is disconnected.
        Integration = "integration",
        /// Until it is settled.
        UntilSettled = "until_settled",
        /// Sixty days, holding ids only.
        Bookkeeping = "bookkeeping",
        /// Forty-eight hours.
        Idempotency = "idempotency",
        /// Thirty days, sealed.
        Quarantine = "quarantine",
        /// Until it ends by itself, hours or days.
        Session = "session",
        /// Made from other rows, and gone with them.
        Derived = "derived",
        /// Of the store itself; holds nothing about anybody.
        Machinery = "machinery",
    }
}

/// Whose a table is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TableScope {
    /// Each row belongs to one organisation.
    Organisation,
    /// What has no organisation yet, or is asked for before one is known.
    System,
}

/// What the erasure of a person does to a column of a row about them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum EraseAction {
    /// Nothing, for this reason.
    Keep {
        /// Why it may stay.
        reason: &'static str,
    },
    /// The value is removed, the row stays.
    Clear,
    /// The row goes.
    DeleteRow,
    /// The value is replaced by a keyed hash, the row stays.
    Hash,
}

/// How a value is shown to those who may not see it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mask {
    /// As it is: it says nothing about a person.
    Open,
    /// A part of it: the last digits, the first letter.
    Partial,
    /// Not at all.
    Full,
}

/// One column.
#[derive(Debug, Clone, Copy)]
pub struct Column {
    /// Its name, the same in every store.
    pub name: &'static str,
    /// What it holds.
    pub category: DataCategory,
    /// What an erasure does to it.
    pub erase: EraseAction,
    /// Its name in what a person gets of their data; `None` if it is not theirs.
    pub export: Option<&'static str>,
    /// How it is masked.
    pub mask: Mask,
    /// Whether a store may do without it, since its engine keeps the same in another way.
    pub optional: bool,
}

impl Column {
    /// A column that goes with its row and shows nothing about a person by itself.
    pub(super) const fn gone(name: &'static str, category: DataCategory) -> Self {
        Self {
            name,
            category,
            erase: EraseAction::DeleteRow,
            export: None,
            mask: Mask::Open,
            optional: false,
        }
    }

    pub(super) const fn kept(name: &'static str, category: DataCategory, reason: &'static str) -> Self {
        let erase = EraseAction::Keep { reason };
        Self { name, category, erase, export: None, mask: Mask::Open, optional: false }
    }

    pub(super) const fn cleared(self) -> Self {
        Self { erase: EraseAction::Clear, ..self }
    }

    pub(super) const fn hashed(self) -> Self {
        Self { erase: EraseAction::Hash, ..self }
    }

    pub(super) const fn theirs(self, export: &'static str) -> Self {
        Self { export: Some(export), ..self }
    }

    pub(super) const fn where_needed(self) -> Self {
        Self { optional: true, ..self }
    }

    pub(super) const fn part(self) -> Self {
        Self { mask: Mask::Partial, ..self }
    }

    pub(super) const fn hidden(self) -> Self {
        Self { mask: Mask::Full, ..self }
    }
}

/// One table.
#[derive(Debug, Clone, Copy)]
pub struct Table {
    /// Its name, the same in every store.
    pub name: &'static str,
    /// Whose it is.
    pub scope: TableScope,
    /// How long its rows are kept.
    pub class: RetentionClass,
    /// All its columns.
    pub columns: &'static [Column],
}

impl Table {
    /// Whether a store may do without it: indexes and machinery differ between engines.
    #[must_use]
    pub fn is_optional(&self) -> bool {
        matches!(self.class, RetentionClass::Derived | RetentionClass::Machinery)
    }

    /// A column by name.
    #[must_use]
    pub fn column(&self, name: &str) -> Option<&'static Column> {
        self.columns.iter().find(|column| column.name == name)
    }
}

/// All tables, one after another.
pub fn tables() -> impl Iterator<Item = &'static Table> {
    TABLES.iter().copied().flatten()
}

/// Compares a live schema with the map; answers what one of them names and the other does not. Empty if they agree.
#[must_use]
pub fn check_schema(live: &[(String, Vec<String>)]) -> Vec<String> {
    let mut wrong = Vec::new();
    for (name, columns) in live {
        let Some(table) = tables().find(|table| table.name == name) else {
            wrong.push(format!("the map does not name table {name}"));
            continue;
        };
        for column in columns.iter().filter(|column| table.column(column).is_none()) {
            wrong.push(format!("the map does not name column {name}.{column}"));
        }
        let absent = |column: &&Column| !column.optional && !columns.iter().any(|live| live == column.name);
        for column in table.columns.iter().filter(absent) {
            wrong.push(format!("there is no column {name}.{}", column.name));
        }
    }
    for table in tables().filter(|table| !table.is_optional()) {
        if !live.iter().any(|(name, _)| name == table.name) {
            wrong.push(format!("there is no table {}", table.name));
        }
    }
    wrong
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn each_table_and_each_column_is_declared_once() {
        let mut names = BTreeSet::new();
        for table in tables() {
            assert!(names.insert(table.name), "{} twice", table.name);
            let columns: BTreeSet<_> = table.columns.iter().map(|column| column.name).collect();
            assert_eq!(columns.len(), table.columns.len(), "{} names a column twice", table.name);
        }
    }

    #[test]
    fn what_is_kept_has_a_reason_and_what_is_exported_has_one_name() {
        for table in tables() {
            let mut exports = BTreeSet::new();
            for column in table.columns {
                let place = format!("{}.{}", table.name, column.name);
                if let EraseAction::Keep { reason } = column.erase {
                    assert!(reason.len() > 8, "{place} is kept without a reason");
                }
                if let Some(name) = column.export {
                    assert!(exports.insert(name), "{place} is exported under a name that is taken");
                }
            }
        }
    }

    #[test]
    fn what_goes_goes_as_a_whole() {
        for table in tables() {
            let deletes =
                table.columns.iter().filter(|column| column.erase == EraseAction::DeleteRow).count();
            assert!(deletes == 0 || deletes == table.columns.len(), "{} goes in part", table.name);
        }
    }

    #[test]
    fn tables_of_an_organisation_name_it() {
        for table in tables().filter(|table| table.scope == TableScope::Organisation && !table.is_optional())
        {
            assert!(table.column("org_id").is_some(), "{}", table.name);
        }
    }

    #[test]
    fn a_schema_that_differs_is_noticed() {
        let mut live: Vec<(String, Vec<String>)> = tables()
            .map(|table| (table.name.to_owned(), table.columns.iter().map(|c| c.name.to_owned()).collect()))
            .collect();
        assert_eq!(check_schema(&live), Vec::<String>::new());
        let contact = live.iter().position(|(name, _)| name == "contact").unwrap();
        live[contact].1[0] = "shoe_size".to_owned();
        live.push(("diary".to_owned(), Vec::new()));
        let audit = live.iter().position(|(name, _)| name == "audit").unwrap();
        live.remove(audit);
        assert_eq!(check_schema(&live).len(), 4);
    }
}
