//! Who works in an organisation, its accounts, and the people it talks to.

use crate::registry::DataCategory::{
    Account, ContactIdentity, ContactNote, IntegrationCredential, IntegrationMeta, SecurityLog,
    SupportTicket, Usage,
};
use crate::registry::{
    Column, Engine, Person, Presence, RetentionClass, Rights, Seen, SubjectPath, Table, Transfer,
};

const fn gone(name: &'static str, category: crate::registry::DataCategory) -> Column {
    Column::gone(name, category)
}

const fn kept(name: &'static str, category: crate::registry::DataCategory, reason: &'static str) -> Column {
    Column::kept(name, category, reason)
}

const OWN_KEY: &str = "a key for programs, made for the organisation";
const OWN_NUMBER: &str = "about the organisation's own number at a provider";
const OWN_TEXT: &str = "a text of the organisation without personal data";
const OWN_SIGN_ON: &str = "about the organisation's own identity provider";
const OWN_LIST: &str = "a list that the organisation keeps, without personal data";
const INDEX: &str = "made from the contacts, by each engine in its own way";
const INDEX_SETTINGS: &str = "settings of the index of words";

/// The owner sees a contact, and everybody who has work with it: a conversation, a follow-up or a call.
const BY_OWNER_OR_WORK: Seen = Seen::AssignedOrReached {
    column: "owner",
    from: &[
        ("conversation", "contact_id", "assignee"),
        ("task", "contact_id", "assignee"),
        ("call", "contact_id", "member_id"),
    ],
};

pub(super) const TABLES: &[Table] = &[
    Table {
        name: "member",
        seen: Seen::Everybody,
        key: &["org_id", "id"],
        class: RetentionClass::AccountLife,
        subject: SubjectPath::by("user_id", "user"),
        columns: &[
            gone("org_id", Account),
            gone("id", Account),
            gone("user_id", Account),
            gone("name", Account).theirs("name"),
            gone("role", Account).theirs("role"),
            gone("state", Account).theirs("state"),
            gone("created_at", Account).theirs("joined_at"),
            gone("revision", Account),
            gone("visibility", Account).theirs("visibility"),
        ],
        ..Table::OF_ORGANISATION
    },
    Table {
        name: "usage_event",
        seen: Seen::Assigned("member_id"),
        key: &["org_id", "id"],
        class: RetentionClass::Usage,
        subject: SubjectPath::by("member_id", "member"),
        columns: &[
            gone("org_id", Usage),
            gone("id", Usage),
            gone("member_id", Usage),
            gone("page", Usage).theirs("page"),
            gone("action", Usage).theirs("action"),
            gone("browser", Usage).theirs("browser"),
            gone("ip", Usage).theirs("address").hidden(),
            gone("network", Usage).theirs("network").part(),
            gone("at", Usage).theirs("at"),
        ],
        ..Table::OF_ORGANISATION
    },
    Table {
        name: "support_request",
        seen: Seen::Assigned("member_id"),
        key: &["org_id", "id"],
        class: RetentionClass::Support,
        subject: SubjectPath::by("member_id", "member"),
        columns: &[
            gone("org_id", SupportTicket),
            gone("id", SupportTicket),
            gone("member_id", SupportTicket),
            gone("subject", SupportTicket).theirs("subject").hidden(),
            gone("state", SupportTicket).theirs("state"),
            gone("created_at", SupportTicket).theirs("created_at"),
            gone("changed_at", SupportTicket),
            gone("closed_at", SupportTicket).theirs("closed_at"),
            gone("revision", SupportTicket),
        ],
        ..Table::OF_ORGANISATION
    },
    Table {
        name: "support_message",
        seen: Seen::AsSubject,
        key: &["org_id", "request_id", "id"],
        class: RetentionClass::Support,
        subject: SubjectPath::by("request_id", "support_request"),
        columns: &[
            gone("org_id", SupportTicket),
            gone("request_id", SupportTicket),
            gone("id", SupportTicket),
            gone("member_id", SupportTicket),
            gone("text", SupportTicket).theirs("text").hidden(),
            gone("at", SupportTicket).theirs("at"),
        ],
        ..Table::OF_ORGANISATION
    },
    Table {
        name: "api_key",
        seen: Seen::Everybody,
        key: &["org_id", "id"],
        class: RetentionClass::AccountLife,
        subject: SubjectPath::no_person(OWN_KEY),
        columns: &[
            kept("org_id", SecurityLog, OWN_KEY),
            kept("id", SecurityLog, OWN_KEY),
            kept("name", SecurityLog, OWN_KEY),
            kept("permissions", SecurityLog, OWN_KEY),
            kept("hash", SecurityLog, OWN_KEY).hidden(),
            kept("created_at", SecurityLog, OWN_KEY),
            kept("expires_at", SecurityLog, OWN_KEY),
            kept("revoked_at", SecurityLog, OWN_KEY),
            kept("revision", SecurityLog, OWN_KEY),
            kept("made_by", SecurityLog, OWN_KEY),
            kept("allowed_from", SecurityLog, OWN_KEY),
        ],
        ..Table::OF_ORGANISATION
    },
    Table {
        name: "disposition",
        seen: Seen::Everybody,
        key: &["org_id", "id"],
        class: RetentionClass::AccountLife,
        subject: SubjectPath::no_person(OWN_LIST),
        columns: &[
            kept("org_id", Usage, OWN_LIST),
            kept("id", Usage, OWN_LIST),
            kept("name", Usage, OWN_LIST),
            kept("counts_as_reached", Usage, OWN_LIST),
            kept("position", Usage, OWN_LIST),
            kept("archived_at", Usage, OWN_LIST),
            kept("revision", Usage, OWN_LIST),
            kept("match_key", Usage, OWN_LIST),
        ],
        ..Table::OF_ORGANISATION
    },
    Table {
        name: "canned_reply",
        seen: Seen::Everybody,
        key: &["org_id", "id"],
        class: RetentionClass::AccountLife,
        subject: SubjectPath::no_person(OWN_LIST),
        columns: &[
            kept("org_id", Usage, OWN_LIST),
            kept("id", Usage, OWN_LIST),
            kept("title", Usage, OWN_LIST),
            kept("shortcut", Usage, OWN_LIST),
            kept("text", Usage, OWN_LIST),
            kept("revision", Usage, OWN_LIST),
        ],
        ..Table::OF_ORGANISATION
    },
    Table {
        name: "identity_provider",
        seen: Seen::Everybody,
        key: &["org_id", "id"],
        class: RetentionClass::AccountLife,
        subject: SubjectPath::no_person(OWN_SIGN_ON),
        columns: &[
            kept("org_id", IntegrationMeta, OWN_SIGN_ON),
            kept("id", IntegrationMeta, OWN_SIGN_ON),
            kept("name", IntegrationMeta, OWN_SIGN_ON),
            kept("issuer", IntegrationMeta, OWN_SIGN_ON),
            kept("client_id", IntegrationMeta, OWN_SIGN_ON),
            kept("client_secret", IntegrationCredential, OWN_SIGN_ON).sealed(),
            kept("revision", IntegrationMeta, OWN_SIGN_ON),
        ],
        ..Table::OF_ORGANISATION
    },
    Table {
        name: "member_identity",
        seen: Seen::Everybody,
        key: &["org_id", "provider_id", "subject"],
        class: RetentionClass::AccountLife,
        subject: SubjectPath::by("member_id", "member"),
        columns: &[
            gone("org_id", SecurityLog),
            gone("provider_id", SecurityLog),
            gone("subject", SecurityLog).theirs("subject").hidden(),
            gone("member_id", SecurityLog),
            gone("linked_at", SecurityLog).theirs("single_sign_on_since"),
        ],
        ..Table::OF_ORGANISATION
    },
    // Ids of members, whose names are their own rows'.
    Table {
        name: "team",
        seen: Seen::Everybody,
        key: &["org_id", "id"],
        class: RetentionClass::AccountLife,
        subject: SubjectPath::no_person(OWN_LIST),
        columns: &[
            kept("org_id", Usage, OWN_LIST),
            kept("id", Usage, OWN_LIST),
            kept("name", Usage, OWN_LIST),
            kept("members", Usage, OWN_LIST),
            kept("revision", Usage, OWN_LIST),
        ],
        ..Table::OF_ORGANISATION
    },
    // Shared or not, a view goes with the member who saved it: its name is what they wrote.
    Table {
        name: "saved_view",
        seen: Seen::Everybody,
        key: &["org_id", "id"],
        class: RetentionClass::AccountLife,
        subject: SubjectPath::by("member_id", "member"),
        columns: &[
            gone("org_id", Account),
            gone("id", Account),
            gone("member_id", Account),
            gone("name", Account).theirs("name"),
            gone("shared", Account).theirs("shared"),
            gone("query", Account).theirs("query"),
            gone("revision", Account),
        ],
        ..Table::OF_ORGANISATION
    },
    Table {
        name: "account",
        seen: Seen::Everybody,
        key: &["org_id", "id"],
        class: RetentionClass::Integration,
        subject: SubjectPath::no_person(OWN_NUMBER),
        columns: &[
            kept("org_id", IntegrationMeta, OWN_NUMBER),
            kept("id", IntegrationMeta, OWN_NUMBER),
            kept("provider", IntegrationMeta, OWN_NUMBER),
            kept("app_id", IntegrationMeta, OWN_NUMBER),
            kept("name", IntegrationMeta, OWN_NUMBER),
            kept("external_id", IntegrationMeta, OWN_NUMBER),
            kept("business_id", IntegrationMeta, OWN_NUMBER),
            kept("portfolio", IntegrationMeta, OWN_NUMBER),
            kept("display_number", IntegrationMeta, OWN_NUMBER),
            kept("base_url", IntegrationMeta, OWN_NUMBER),
            kept("problem", IntegrationMeta, OWN_NUMBER),
            kept("sms", IntegrationMeta, OWN_NUMBER),
            kept("templates_asked_at", IntegrationMeta, OWN_NUMBER),
            kept("token", IntegrationCredential, OWN_NUMBER).sealed(),
            kept("state", IntegrationMeta, OWN_NUMBER),
            kept("checked_at", IntegrationMeta, OWN_NUMBER),
            kept("created_at", IntegrationMeta, OWN_NUMBER),
            kept("revision", IntegrationMeta, OWN_NUMBER),
        ],
        ..Table::OF_ORGANISATION
    },
    Table {
        name: "template",
        seen: Seen::Everybody,
        key: &["org_id", "account_id", "name", "language"],
        class: RetentionClass::Integration,
        subject: SubjectPath::no_person(OWN_TEXT),
        columns: &[
            kept("org_id", IntegrationMeta, OWN_TEXT),
            kept("account_id", IntegrationMeta, OWN_TEXT),
            kept("name", IntegrationMeta, OWN_TEXT),
            kept("language", IntegrationMeta, OWN_TEXT),
            kept("definition", IntegrationMeta, OWN_TEXT),
        ],
        ..Table::OF_ORGANISATION
    },
    Table {
        name: "contact",
        seen: BY_OWNER_OR_WORK,
        key: &["org_id", "id"],
        class: RetentionClass::AccountLife,
        subject: SubjectPath::Is(Person::Contact),
        columns: &[
            gone("org_id", ContactIdentity),
            gone("id", ContactIdentity),
            gone("name", ContactIdentity).theirs("name").part(),
            gone("name_source", ContactIdentity).theirs("name_source"),
            gone("sort_key", ContactIdentity).part(),
            gone("stage", ContactIdentity).theirs("stage"),
            gone("owner", ContactIdentity),
            gone("restricted", ContactIdentity).theirs("restricted"),
            gone("revision", ContactIdentity),
            gone("created_at", ContactIdentity).theirs("created_at"),
            gone("updated_at", ContactIdentity).theirs("updated_at"),
        ],
        ..Table::OF_ORGANISATION
    },
    Table {
        name: "contact_detail",
        seen: Seen::AsSubject,
        key: &["org_id", "contact_id", "place"],
        class: RetentionClass::AccountLife,
        subject: SubjectPath::by("contact_id", "contact"),
        columns: &[
            gone("org_id", ContactIdentity),
            gone("contact_id", ContactIdentity),
            gone("place", ContactIdentity),
            gone("kind", ContactIdentity).theirs("kind"),
            gone("value", ContactIdentity).theirs("value").part(),
            gone("as_written", ContactIdentity).theirs("as_written").part(),
            gone("label", ContactIdentity).theirs("label"),
            gone("subject_key", ContactIdentity).part(),
        ],
        ..Table::OF_ORGANISATION
    },
    Table {
        name: "contact_tag",
        seen: Seen::AsSubject,
        key: &["org_id", "contact_id", "tag"],
        class: RetentionClass::AccountLife,
        subject: SubjectPath::by("contact_id", "contact"),
        columns: &[
            gone("org_id", ContactIdentity),
            gone("contact_id", ContactIdentity),
            gone("tag", ContactIdentity).theirs("tag"),
        ],
        ..Table::OF_ORGANISATION
    },
    Table {
        name: "note",
        seen: Seen::AsSubject,
        key: &["org_id", "contact_id", "id"],
        class: RetentionClass::AccountLife,
        subject: SubjectPath::by("contact_id", "contact"),
        columns: &[
            gone("org_id", ContactNote),
            gone("contact_id", ContactNote),
            gone("id", ContactNote),
            gone("author", ContactNote),
            gone("text", ContactNote).theirs("text").hidden(),
            gone("created_at", ContactNote).theirs("created_at"),
        ],
        ..Table::OF_ORGANISATION
    },
    Table {
        name: "task",
        seen: Seen::Assigned("assignee"),
        key: &["org_id", "id"],
        class: RetentionClass::AccountLife,
        subject: SubjectPath::by("contact_id", "contact"),
        columns: &[
            gone("org_id", ContactNote),
            gone("id", ContactNote),
            gone("contact_id", ContactNote),
            gone("title", ContactNote).theirs("title").hidden(),
            gone("due_at", ContactNote).theirs("due_at"),
            gone("assignee", ContactNote),
            gone("done_at", ContactNote).theirs("done_at"),
            gone("created_at", ContactNote).theirs("created_at"),
            gone("revision", ContactNote),
        ],
        ..Table::OF_ORGANISATION
    },
    Table {
        name: "channel_identity",
        seen: Seen::AsSubjectOrSurvivor("joined_into"),
        key: &["org_id", "id"],
        class: RetentionClass::AccountLife,
        subject: SubjectPath::by("contact_id", "contact"),
        transfer: Transfer::MovedAfter("joined_into"),
        columns: &[
            gone("org_id", ContactIdentity),
            gone("id", ContactIdentity),
            gone("contact_id", ContactIdentity),
            gone("portfolio", ContactIdentity),
            gone("profile_name", ContactIdentity).theirs("profile_name").part(),
            gone("username", ContactIdentity).theirs("username").part(),
            gone("profile_at", ContactIdentity).theirs("profile_at"),
            gone("unreachable_since", ContactIdentity).theirs("unreachable_since"),
            gone("created_at", ContactIdentity).theirs("first_seen_at"),
            gone("joined_into", ContactIdentity),
            // It may be another person's, until a member says whose it is.
            gone("doubt_number", ContactIdentity).part(),
            gone("doubt_name", ContactIdentity).part(),
            gone("doubt_at", ContactIdentity),
        ],
        ..Table::OF_ORGANISATION
    },
    Table {
        name: "channel_alias",
        seen: Seen::AsSubject,
        key: &["org_id", "portfolio", "kind", "match_key"],
        class: RetentionClass::AccountLife,
        subject: SubjectPath::by("identity_id", "channel_identity"),
        columns: &[
            gone("org_id", ContactIdentity),
            gone("portfolio", ContactIdentity),
            gone("kind", ContactIdentity).theirs("kind"),
            gone("match_key", ContactIdentity).part(),
            gone("identity_id", ContactIdentity),
            gone("value", ContactIdentity).theirs("value").part(),
            gone("subject_key", ContactIdentity).part(),
            gone("seen_at", ContactIdentity).theirs("seen_at"),
            gone("former_at", ContactIdentity).theirs("given_up_at"),
            // Order of arrival, where rows have no number of their own.
            gone("place", ContactIdentity).row_number(),
        ],
        ..Table::OF_ORGANISATION
    },
    Table {
        name: "contact_search",
        seen: Seen::AsSubject,
        presence: Presence::Only(Engine::Sqlite),
        key: &["doc"],
        class: RetentionClass::Derived,
        subject: SubjectPath::by("contact_id", "contact"),
        transfer: Transfer::Left { reason: INDEX },
        columns: &[
            gone("doc", ContactIdentity),
            gone("org_id", ContactIdentity),
            gone("contact_id", ContactIdentity),
            gone("sort_key", ContactIdentity).part(),
            gone("stage", ContactIdentity),
            gone("tokens", ContactIdentity).hidden(),
        ],
        ..Table::OF_ORGANISATION
    },
    Table {
        name: "contact_word",
        seen: Seen::AsSubject,
        presence: Presence::Only(Engine::Postgres),
        key: &["org_id", "contact_id", "word"],
        class: RetentionClass::Derived,
        subject: SubjectPath::by("contact_id", "contact"),
        transfer: Transfer::Left { reason: INDEX },
        columns: &[
            gone("org_id", ContactIdentity),
            gone("contact_id", ContactIdentity),
            gone("word", ContactIdentity).hidden(),
        ],
        ..Table::OF_ORGANISATION
    },
    Table {
        name: "contact_words",
        presence: Presence::Only(Engine::Sqlite),
        class: RetentionClass::Derived,
        subject: SubjectPath::With { table: "contact_search" },
        transfer: Transfer::Left { reason: INDEX },
        columns: &[
            gone("tokens", ContactIdentity).hidden(),
            gone("contact_words", ContactIdentity),
            gone("rank", ContactIdentity),
        ],
        ..Table::OF_ORGANISATION
    },
    Table {
        name: "contact_words_data",
        presence: Presence::Only(Engine::Sqlite),
        key: &["id"],
        class: RetentionClass::Derived,
        subject: SubjectPath::With { table: "contact_words" },
        transfer: Transfer::Left { reason: INDEX },
        columns: &[gone("id", ContactIdentity), gone("block", ContactIdentity).hidden()],
        ..Table::OF_ORGANISATION
    },
    Table {
        name: "contact_words_idx",
        presence: Presence::Only(Engine::Sqlite),
        key: &["segid", "term"],
        class: RetentionClass::Derived,
        subject: SubjectPath::With { table: "contact_words" },
        transfer: Transfer::Left { reason: INDEX },
        columns: &[
            gone("segid", ContactIdentity),
            gone("term", ContactIdentity).hidden(),
            gone("pgno", ContactIdentity),
        ],
        ..Table::OF_ORGANISATION
    },
    Table {
        name: "contact_words_config",
        presence: Presence::Only(Engine::Sqlite),
        key: &["k"],
        class: RetentionClass::Machinery,
        subject: SubjectPath::no_person(INDEX_SETTINGS),
        rights: Rights::NONE,
        transfer: Transfer::Left { reason: INDEX },
        columns: &[kept("k", Usage, INDEX_SETTINGS), kept("v", Usage, INDEX_SETTINGS)],
        ..Table::OF_SYSTEM
    },
];
