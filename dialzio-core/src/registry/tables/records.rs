//! What people agreed to, work that waits, and the logs.

use crate::registry::DataCategory::{Audit, ConsentLedger, Outbox, SecurityLog, Suppression};
use crate::registry::{Column, RetentionClass, Seen, SubjectPath, Table, Transfer};

const fn kept(name: &'static str, category: crate::registry::DataCategory, reason: &'static str) -> Column {
    Column::kept(name, category, reason)
}

const PROOF: &str = "proof that consent was respected, with nothing that names the person";
const BY_HASH: &str = "ties a proof to a person only by keyed hash";
const DO_NOT_CONTACT: &str = "keyed hash that keeps a person from being contacted again";
const IDS_ONLY: &str = "holds ids and words only, none of which name a person once their rows are gone";
const SEALED: &str = "sealed, and gone once settled";
const SEALED_UNREAD: &str = "sealed until it is decided, which tells whose it is";
const HASHES: &str = "hashes and an id, gone after 48 hours";

pub(super) const TABLES: &[Table] = &[
    Table {
        name: "consent",
        seen: Seen::AsSubject,
        key: &["org_id", "seq"],
        class: RetentionClass::Ledger,
        subject: SubjectPath::by("contact_id", "contact"),
        columns: &[
            kept("org_id", ConsentLedger, PROOF),
            kept("seq", ConsentLedger, PROOF),
            kept("id", ConsentLedger, PROOF),
            kept("contact_id", ConsentLedger, PROOF),
            kept("channel", ConsentLedger, PROOF).theirs("channel"),
            kept("scope", ConsentLedger, PROOF).theirs("scope"),
            kept("event", ConsentLedger, PROOF).theirs("event"),
            kept("evidence_kind", ConsentLedger, PROOF).theirs("evidence_kind"),
            kept("evidence_note", ConsentLedger, PROOF).theirs("evidence_note").hidden().cleared(),
            kept("evidence_message", ConsentLedger, PROOF).cleared(),
            kept("recorded_by", ConsentLedger, PROOF),
            kept("occurred_at", ConsentLedger, PROOF).theirs("occurred_at"),
            kept("recorded_at", ConsentLedger, PROOF).theirs("recorded_at"),
            kept("expires_at", ConsentLedger, PROOF).theirs("expires_at"),
        ],
        ..Table::OF_ORGANISATION
    },
    Table {
        name: "consent_subject",
        seen: Seen::AsSubject,
        key: &["org_id", "subject_key", "seq"],
        class: RetentionClass::Ledger,
        subject: SubjectPath::Reference { column: "seq", table: "consent", key: "seq" },
        columns: &[
            kept("org_id", ConsentLedger, BY_HASH),
            kept("subject_key", ConsentLedger, BY_HASH).theirs("identifier").part().hashed(),
            kept("seq", ConsentLedger, BY_HASH),
            kept("place", ConsentLedger, BY_HASH),
        ],
        ..Table::OF_ORGANISATION
    },
    Table {
        name: "suppression",
        key: &["org_id", "hash", "scope"],
        class: RetentionClass::Suppression,
        subject: SubjectPath::Identifier {
            column: "hash",
            of: &[("contact_detail", "subject_key"), ("channel_alias", "subject_key")],
        },
        columns: &[
            kept("org_id", Suppression, DO_NOT_CONTACT),
            kept("hash", Suppression, DO_NOT_CONTACT).hidden(),
            kept("scope", Suppression, DO_NOT_CONTACT),
            kept("key_version", Suppression, DO_NOT_CONTACT),
            kept("created_at", Suppression, DO_NOT_CONTACT),
        ],
        ..Table::OF_ORGANISATION
    },
    Table {
        name: "effect",
        key: &["org_id", "id"],
        class: RetentionClass::Bookkeeping,
        subject: SubjectPath::by("conversation_id", "conversation"),
        columns: &[
            kept("org_id", Outbox, IDS_ONLY),
            kept("id", Outbox, IDS_ONLY),
            kept("account_id", Outbox, IDS_ONLY).zero_if_absent(),
            kept("conversation_id", Outbox, IDS_ONLY),
            kept("work", Outbox, IDS_ONLY),
            kept("subject", Outbox, IDS_ONLY),
            kept("lane", Outbox, IDS_ONLY),
            kept("state", Outbox, IDS_ONLY),
            kept("not_before", Outbox, IDS_ONLY),
            kept("deadline", Outbox, IDS_ONLY),
            kept("attempts", Outbox, IDS_ONLY),
            kept("resting", Outbox, IDS_ONLY),
        ],
        ..Table::OF_ORGANISATION
    },
    Table {
        name: "inbox_item",
        key: &["org_id", "id"],
        class: RetentionClass::UntilSettled,
        subject: SubjectPath::no_person(SEALED_UNREAD),
        transfer: Transfer::MovedFew,
        columns: &[
            kept("org_id", Outbox, SEALED),
            kept("id", Outbox, SEALED),
            kept("account_id", Outbox, SEALED),
            kept("lane", Outbox, SEALED),
            kept("provider", Outbox, SEALED),
            kept("app_id", Outbox, SEALED),
            kept("sealed", Outbox, SEALED).sealed(),
            kept("received_at", Outbox, SEALED),
            kept("due_at", Outbox, SEALED),
            kept("attempts", Outbox, SEALED),
            kept("trust", Outbox, SEALED),
        ],
        ..Table::OF_ORGANISATION
    },
    Table {
        name: "idempotency",
        key: &["org_id", "key"],
        class: RetentionClass::Idempotency,
        subject: SubjectPath::no_person(HASHES),
        columns: &[
            kept("org_id", Outbox, HASHES),
            kept("key", Outbox, HASHES).hidden(),
            kept("print", Outbox, HASHES).hidden(),
            kept("kind", Outbox, HASHES),
            kept("answer", Outbox, HASHES),
            kept("at", Outbox, HASHES),
        ],
        ..Table::OF_ORGANISATION
    },
    Table {
        name: "event",
        key: &["org_id", "seq"],
        month: Some("at"),
        class: RetentionClass::Bookkeeping,
        subject: SubjectPath::no_person(IDS_ONLY),
        columns: &[
            kept("org_id", Outbox, IDS_ONLY),
            kept("seq", Outbox, IDS_ONLY),
            kept("at", Outbox, IDS_ONLY),
            kept("body", Outbox, IDS_ONLY),
        ],
        ..Table::OF_ORGANISATION
    },
    Table {
        name: "audit",
        seen: Seen::Everybody,
        key: &["org_id", "seq"],
        month: Some("at"),
        class: RetentionClass::Audit,
        subject: SubjectPath::no_person(IDS_ONLY),
        columns: &[
            kept("org_id", Audit, IDS_ONLY),
            kept("seq", Audit, IDS_ONLY),
            kept("at", Audit, IDS_ONLY),
            kept("principal", SecurityLog, IDS_ONLY),
            kept("action", Audit, IDS_ONLY),
            kept("subject", Audit, IDS_ONLY),
            kept("cause", Audit, IDS_ONLY),
            kept("origin", SecurityLog, IDS_ONLY),
            kept("detail", Audit, IDS_ONLY),
            kept("consents", Audit, IDS_ONLY),
            kept("hash", Audit, IDS_ONLY),
        ],
        ..Table::OF_ORGANISATION
    },
];
