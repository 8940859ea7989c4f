//! Columns: what one holds, what an erasure does to it, under which name a person gets it, how it is masked.

use crate::name::string_enum;

string_enum! {
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
        /// Records of text messages by SMS.
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

impl DataCategory {
    /// Whether values of this category are about a contact, so that a row that holds one has to lead to them.
    #[must_use]
    pub const fn is_about_contacts(self) -> bool {
        matches!(
            self,
            Self::ContactIdentity
                | Self::ContactNote
                | Self::CallLog
                | Self::CallRecording
                | Self::CallTranscript
                | Self::MessageContent
                | Self::MessageMeta
                | Self::MessageMedia
                | Self::SmsRecord
                | Self::ConsentLedger
                | Self::Suppression
        )
    }
}

/// What the erasure of a person does to a column of a row about them. This is the declaration that an erasure reads; it
/// changes nothing by itself.
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

/// How a value is shown to those who may not see it. A declaration, as [`EraseAction`] is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mask {
    /// As it is: it says nothing about a person.
    Open,
    /// A part of it: the last digits, the first letter.
    Partial,
    /// Not at all.
    Full,
}

/// A column: its category, mask, export name and erase action.
#[derive(Debug, Clone, Copy)]
pub struct Column {
    /// Its name, the same in every store.
    pub name: &'static str,
    /// What it holds.
    pub category: DataCategory,
    /// What an erasure does to it.
    pub erase: EraseAction,
    /// Its name in what a person gets of their data; `None` if it is not theirs. The declaration that an export reads.
    pub export: Option<&'static str>,
    /// How it is masked.
    pub mask: Mask,
    /// Whether it is the order of arrival: a column that PostgreSQL numbers itself, the number of the row in SQLite.
    pub is_row_number: bool,
    /// Whether an absent value is `NULL` in one store and sixteen zero bytes in another, which a transfer moves as zeros.
    /// Both come before any id, so that a key with them is in the same order in both.
    pub is_zero_if_absent: bool,
    /// Whether it holds values, or data keys, that are sealed with a key of the installation. Each such column is a
    /// [`SealedKind`](crate::account::SealedKind).
    pub is_sealed: bool,
}

impl Column {
    /// A column that goes with its row and shows nothing about a person by itself.
    pub(super) const fn gone(name: &'static str, category: DataCategory) -> Self {
        Self::of(name, category, EraseAction::DeleteRow)
    }

    /// A column that an erasure leaves as it is, for this reason.
    pub(super) const fn kept(name: &'static str, category: DataCategory, reason: &'static str) -> Self {
        Self::of(name, category, EraseAction::Keep { reason })
    }

    const fn of(name: &'static str, category: DataCategory, erase: EraseAction) -> Self {
        Self {
            name,
            category,
            erase,
            export: None,
            mask: Mask::Open,
            is_row_number: false,
            is_zero_if_absent: false,
            is_sealed: false,
        }
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

    pub(super) const fn row_number(self) -> Self {
        Self { is_row_number: true, ..self }
    }

    pub(super) const fn zero_if_absent(self) -> Self {
        Self { is_zero_if_absent: true, ..self }
    }

    /// Sealed, and so shown to nobody.
    pub(super) const fn sealed(self) -> Self {
        Self { is_sealed: true, ..self.hidden() }
    }

    pub(super) const fn part(self) -> Self {
        Self { mask: Mask::Partial, ..self }
    }

    pub(super) const fn hidden(self) -> Self {
        Self { mask: Mask::Full, ..self }
    }

    /// Whether it is about a person: about a contact, or part of what a person gets of their data.
    #[must_use]
    pub const fn is_personal(&self) -> bool {
        self.category.is_about_contacts() || self.export.is_some()
    }
}
