//! Conversations, messages, and what belongs to them.

use crate::registry::DataCategory::{MessageContent, MessageMedia, MessageMeta, Usage};
use crate::registry::{Column, RetentionClass, Seen, SubjectPath, Table, Transfer};

const fn gone(name: &'static str, category: crate::registry::DataCategory) -> Column {
    Column::gone(name, category)
}

const fn kept(name: &'static str, category: crate::registry::DataCategory, reason: &'static str) -> Column {
    Column::kept(name, category, reason)
}

/// Why the words of messages are not moved.
const INDEX: &str = "made from the messages";
const COUNT: &str = "how many conversations are in a queue";

pub(super) const TABLES: &[Table] = &[
    Table {
        name: "conversation",
        seen: Seen::Assigned("assignee"),
        key: &["org_id", "id"],
        class: RetentionClass::AccountLife,
        subject: SubjectPath::by("contact_id", "contact"),
        columns: &[
            gone("org_id", MessageMeta),
            gone("id", MessageMeta),
            gone("account_id", MessageMeta),
            gone("identity_id", MessageMeta),
            gone("contact_id", MessageMeta),
            gone("state", MessageMeta).theirs("state"),
            gone("snoozed_until", MessageMeta),
            gone("assignee", MessageMeta).zero_if_absent(),
            gone("team", MessageMeta),
            gone("unread", MessageMeta),
            gone("last_message", MessageMeta),
            gone("last_at", MessageMeta).theirs("last_at"),
            gone("last_inbound_at", MessageMeta).theirs("last_inbound_at"),
            gone("last_inbound", MessageMeta),
            gone("seen_up_to", MessageMeta),
            gone("revision", MessageMeta),
            gone("created_at", MessageMeta).theirs("created_at"),
            gone("waiting_since", MessageMeta),
            gone("last_failed", MessageMeta),
            gone("call_permission", MessageMeta).theirs("call_permission"),
            gone("call_permission_until", MessageMeta).theirs("call_permission_until"),
            gone("call_permission_at", MessageMeta).theirs("call_permission_at"),
        ],
        ..Table::OF_ORGANISATION
    },
    Table {
        name: "conversation_activity",
        seen: Seen::AsSubject,
        key: &["org_id", "conversation_id", "id"],
        class: RetentionClass::Messages,
        subject: SubjectPath::by("conversation_id", "conversation"),
        columns: &[
            gone("org_id", MessageMeta),
            gone("conversation_id", MessageMeta),
            gone("id", MessageMeta),
            gone("by", MessageMeta),
            gone("what", MessageMeta),
            gone("member", MessageMeta),
            gone("until", MessageMeta),
            gone("at", MessageMeta),
        ],
        ..Table::OF_ORGANISATION
    },
    Table {
        name: "draft",
        seen: Seen::AsSubject,
        key: &["org_id", "conversation_id", "member_id", "kind"],
        class: RetentionClass::Drafts,
        subject: SubjectPath::by("conversation_id", "conversation"),
        columns: &[
            gone("org_id", MessageMeta),
            gone("conversation_id", MessageMeta),
            gone("member_id", MessageMeta),
            gone("kind", MessageMeta),
            gone("text", MessageContent).theirs("text").hidden(),
            gone("saved_at", MessageMeta).theirs("saved_at"),
        ],
        ..Table::OF_ORGANISATION
    },
    Table {
        name: "notice",
        seen: Seen::AsSubject,
        key: &["org_id", "id"],
        class: RetentionClass::Notices,
        subject: SubjectPath::by("contact_id", "contact"),
        columns: &[
            gone("org_id", MessageMeta),
            gone("id", MessageMeta),
            gone("member_id", MessageMeta),
            gone("reason", MessageMeta),
            gone("record_id", MessageMeta),
            gone("contact_id", MessageMeta),
            gone("author", MessageMeta),
            gone("created_at", MessageMeta),
            gone("read_at", MessageMeta),
        ],
        ..Table::OF_ORGANISATION
    },
    Table {
        name: "scheduled_message",
        seen: Seen::AsSubject,
        key: &["org_id", "id"],
        class: RetentionClass::Messages,
        subject: SubjectPath::by("conversation_id", "conversation"),
        columns: &[
            gone("org_id", MessageMeta),
            gone("id", MessageMeta),
            gone("conversation_id", MessageMeta),
            gone("author", MessageMeta),
            gone("text", MessageContent).theirs("text").hidden(),
            gone("reply_to", MessageMeta),
            gone("send_at", MessageMeta).theirs("send_at"),
            gone("revision", MessageMeta),
            gone("refused_at", MessageMeta).theirs("refused_at"),
            gone("refused_code", MessageMeta).theirs("refused_code"),
            gone("refused_detail", MessageMeta),
        ],
        ..Table::OF_ORGANISATION
    },
    Table {
        name: "queue_count",
        seen: Seen::Assigned("assignee"),
        key: &["org_id", "state", "assignee"],
        class: RetentionClass::Derived,
        subject: SubjectPath::no_person(COUNT),
        columns: &[
            kept("org_id", Usage, COUNT),
            kept("state", Usage, COUNT),
            kept("assignee", Usage, COUNT).zero_if_absent(),
            kept("count", Usage, COUNT),
        ],
        ..Table::OF_ORGANISATION
    },
    Table {
        name: "message",
        seen: Seen::AsSubject,
        key: &["org_id", "id"],
        sqlite_key: Some(&["org_id", "conversation_id", "id"]),
        month: Some("id"),
        class: RetentionClass::Messages,
        subject: SubjectPath::by("conversation_id", "conversation"),
        columns: &[
            gone("org_id", MessageMeta),
            gone("conversation_id", MessageMeta),
            gone("id", MessageMeta),
            gone("direction", MessageMeta).theirs("direction"),
            gone("author", MessageMeta),
            gone("kind", MessageMeta).theirs("kind"),
            gone("text", MessageContent).theirs("text").hidden(),
            gone("content", MessageContent).theirs("content").hidden(),
            gone("content_version", MessageContent),
            gone("purpose", MessageMeta).theirs("purpose"),
            gone("event_at", MessageMeta).theirs("event_at"),
            gone("received_at", MessageMeta).theirs("received_at"),
            gone("expires_at", MessageMeta),
            gone("external_id", MessageMeta).hidden(),
            gone("reply_to", MessageMeta),
            gone("status", MessageMeta).theirs("status"),
            gone("status_at", MessageMeta).theirs("status_at"),
            gone("failure_code", MessageMeta),
            gone("failure_detail", MessageMeta).hidden(),
            gone("edited_at", MessageMeta).theirs("edited_at"),
            gone("revoked_at", MessageMeta).theirs("revoked_at"),
            gone("reactions", MessageContent).theirs("reactions").hidden(),
            gone("context", MessageMeta).theirs("context").hidden(),
            gone("beside", MessageContent).theirs("beside").sealed(),
        ],
        ..Table::OF_ORGANISATION
    },
    Table {
        name: "message_evidence",
        seen: Seen::AsSubject,
        key: &["org_id", "message_id", "status"],
        month: Some("message_id"),
        class: RetentionClass::Messages,
        subject: SubjectPath::by("message_id", "message"),
        columns: &[
            gone("org_id", MessageMeta),
            gone("message_id", MessageMeta),
            gone("status", MessageMeta).theirs("status"),
            gone("at", MessageMeta).theirs("at"),
            gone("failure_code", MessageMeta),
            gone("failure_detail", MessageMeta).hidden(),
        ],
        ..Table::OF_ORGANISATION
    },
    Table {
        name: "message_word",
        seen: Seen::AsSubject,
        key: &["org_id", "message_id", "word"],
        month: Some("message_id"),
        class: RetentionClass::Derived,
        subject: SubjectPath::by("message_id", "message"),
        transfer: Transfer::Left { reason: INDEX },
        columns: &[
            gone("org_id", MessageMeta),
            gone("message_id", MessageMeta),
            gone("word", MessageContent).hidden(),
        ],
        ..Table::OF_ORGANISATION
    },
    Table {
        name: "external_reference",
        seen: Seen::AsSubject,
        key: &["org_id", "account_id", "hash8", "message_id"],
        class: RetentionClass::Bookkeeping,
        subject: SubjectPath::by("message_id", "message"),
        columns: &[
            gone("org_id", MessageMeta),
            gone("account_id", MessageMeta),
            gone("hash8", MessageMeta).hidden(),
            gone("message_id", MessageMeta),
            gone("digest", MessageMeta),
            gone("seen_at", MessageMeta),
        ],
        ..Table::OF_ORGANISATION
    },
    Table {
        name: "media",
        seen: Seen::AsSubject,
        key: &["org_id", "id"],
        class: RetentionClass::Messages,
        subject: SubjectPath::OneOf { kind: "owner_kind", column: "owner_id", tables: &["message", "call"] },
        columns: &[
            gone("org_id", MessageMedia),
            gone("id", MessageMedia),
            gone("owner_kind", MessageMedia),
            gone("owner_id", MessageMedia),
            gone("account_id", MessageMedia),
            gone("what", MessageMedia).theirs("kind"),
            gone("state", MessageMedia),
            gone("mime", MessageMedia).theirs("type"),
            gone("filename", MessageMedia).theirs("filename").hidden(),
            gone("size", MessageMedia).theirs("size"),
            gone("sha256", MessageMedia).hidden(),
            gone("provider_id", MessageMedia).hidden(),
            gone("blob", MessageMedia),
            gone("wrapped_key", MessageMedia).sealed(),
            gone("event_at", MessageMedia).theirs("event_at"),
            gone("expires_at", MessageMedia),
        ],
        ..Table::OF_ORGANISATION
    },
];
