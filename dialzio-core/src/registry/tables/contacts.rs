//! Who works in an organisation, its accounts, and the people it talks to.

use crate::registry::DataCategory::{
    Account, ContactIdentity, ContactNote, IntegrationCredential, IntegrationMeta, SecurityLog, Usage,
};
use crate::registry::TableScope::{Organisation, System};
use crate::registry::{Column, RetentionClass, Table};

const fn gone(name: &'static str, category: crate::registry::DataCategory) -> Column {
    Column::gone(name, category)
}

const fn kept(name: &'static str, category: crate::registry::DataCategory, reason: &'static str) -> Column {
    Column::kept(name, category, reason)
}

const OWN_KEY: &str = "a key for programs, made for the organisation";
const OWN_NUMBER: &str = "about the organisation's own number at a provider";
const OWN_TEXT: &str = "a text of the organisation without anybody's data";
const INDEX_SETTINGS: &str = "settings of the index of words";

pub(super) const TABLES: &[Table] = &[
    Table {
        name: "member",
        scope: Organisation,
        class: RetentionClass::AccountLife,
        columns: &[
            gone("org_id", Account),
            gone("id", Account),
            gone("user_id", Account),
            gone("name", Account).theirs("name"),
            gone("role", Account).theirs("role"),
            gone("state", Account).theirs("state"),
            gone("created_at", Account).theirs("joined_at"),
            gone("revision", Account),
        ],
    },
    Table {
        name: "api_key",
        scope: Organisation,
        class: RetentionClass::AccountLife,
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
        ],
    },
    Table {
        name: "account",
        scope: Organisation,
        class: RetentionClass::Integration,
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
            kept("templates_asked_at", IntegrationMeta, OWN_NUMBER),
            kept("token", IntegrationCredential, OWN_NUMBER).hidden(),
            kept("state", IntegrationMeta, OWN_NUMBER),
            kept("checked_at", IntegrationMeta, OWN_NUMBER),
            kept("created_at", IntegrationMeta, OWN_NUMBER),
            kept("revision", IntegrationMeta, OWN_NUMBER),
        ],
    },
    Table {
        name: "template",
        scope: Organisation,
        class: RetentionClass::Integration,
        columns: &[
            kept("org_id", IntegrationMeta, OWN_TEXT),
            kept("account_id", IntegrationMeta, OWN_TEXT),
            kept("name", IntegrationMeta, OWN_TEXT),
            kept("language", IntegrationMeta, OWN_TEXT),
            kept("definition", IntegrationMeta, OWN_TEXT),
        ],
    },
    Table {
        name: "contact",
        scope: Organisation,
        class: RetentionClass::AccountLife,
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
    },
    Table {
        name: "contact_detail",
        scope: Organisation,
        class: RetentionClass::AccountLife,
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
    },
    Table {
        name: "contact_tag",
        scope: Organisation,
        class: RetentionClass::AccountLife,
        columns: &[
            gone("org_id", ContactIdentity),
            gone("contact_id", ContactIdentity),
            gone("tag", ContactIdentity).theirs("tag"),
        ],
    },
    Table {
        name: "note",
        scope: Organisation,
        class: RetentionClass::AccountLife,
        columns: &[
            gone("org_id", ContactNote),
            gone("contact_id", ContactNote),
            gone("id", ContactNote),
            gone("author", ContactNote),
            gone("text", ContactNote).theirs("text").hidden(),
            gone("created_at", ContactNote).theirs("created_at"),
        ],
    },
    Table {
        name: "task",
        scope: Organisation,
        class: RetentionClass::AccountLife,
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
    },
    Table {
        name: "channel_identity",
        scope: Organisation,
        class: RetentionClass::AccountLife,
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
            // Somebody else's, until it is said who writes.
            gone("doubt_number", ContactIdentity).part(),
            gone("doubt_name", ContactIdentity).part(),
            gone("doubt_at", ContactIdentity),
        ],
    },
    Table {
        name: "channel_alias",
        scope: Organisation,
        class: RetentionClass::AccountLife,
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
            gone("place", ContactIdentity).where_needed(),
        ],
    },
    Table {
        name: "contact_search",
        scope: Organisation,
        class: RetentionClass::Derived,
        columns: &[
            gone("doc", ContactIdentity),
            gone("org_id", ContactIdentity),
            gone("contact_id", ContactIdentity),
            gone("sort_key", ContactIdentity).part(),
            gone("stage", ContactIdentity),
            gone("tokens", ContactIdentity).hidden(),
        ],
    },
    Table {
        name: "contact_word",
        scope: Organisation,
        class: RetentionClass::Derived,
        columns: &[
            gone("org_id", ContactIdentity),
            gone("contact_id", ContactIdentity),
            gone("word", ContactIdentity).hidden(),
        ],
    },
    Table {
        name: "contact_words",
        scope: Organisation,
        class: RetentionClass::Derived,
        columns: &[
            gone("tokens", ContactIdentity).hidden(),
            gone("contact_words", ContactIdentity),
            gone("rank", ContactIdentity),
        ],
    },
    Table {
        name: "contact_words_data",
        scope: Organisation,
        class: RetentionClass::Derived,
        columns: &[gone("id", ContactIdentity), gone("block", ContactIdentity).hidden()],
    },
    Table {
        name: "contact_words_idx",
        scope: Organisation,
        class: RetentionClass::Derived,
        columns: &[
            gone("segid", ContactIdentity),
            gone("term", ContactIdentity).hidden(),
            gone("pgno", ContactIdentity),
        ],
    },
    Table {
        name: "contact_words_config",
        scope: System,
        class: RetentionClass::Machinery,
        columns: &[kept("k", Usage, INDEX_SETTINGS), kept("v", Usage, INDEX_SETTINGS)],
    },
];
