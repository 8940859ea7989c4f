//! The system tables.

use crate::registry::DataCategory::{
    Account, Audit, IntegrationCredential, IntegrationMeta, Outbox, SecurityLog, Usage,
};
use crate::registry::{
    Column, Engine, Person, Placement, Presence, RetentionClass, Rights, Seen, SubjectPath, Table, Transfer,
};

const fn gone(name: &'static str, category: crate::registry::DataCategory) -> Column {
    Column::gone(name, category)
}

const fn kept(name: &'static str, category: crate::registry::DataCategory, reason: &'static str) -> Column {
    Column::kept(name, category, reason)
}

const SETTINGS: &str = "settings of the organisation, not of a person";
const OF_THE_WHOLE: &str = "numbers of the organisation as a whole";
const OWN_APP: &str = "about the organisation's own app at a provider";
const OWN_SECRET: &str = "sealed secret of the organisation's own app";
const KEY_HASH: &str = "hash of a key for programs and whose it is";
const KEY_USE: &str = "when a key for programs was used last, and from which network";
const OWN_NUMBER: &str = "about the organisation's own number at a provider";
const DUE: &str = "when work is due, by account";
const SEALED_30_DAYS: &str = "sealed, cannot be told whose it is, gone after thirty days";
const KEYED_COUNT: &str = "counts under keyed hashes, from which nobody can be told, gone after an hour";
const MAIL: &str = "sealed, cannot be told whose it is, gone within a day";
const NEWS: &str = "what the operator tells all who sign in";
const PROBE: &str = "shows that the store can write";
const CLOCK: &str = "how far the clock is known to have come";
const OPERATOR: &str = "what the operator of the installation did, and why";
const KEY_PROOF: &str = "shows which keys the installation was sealed with";
const UNFINISHED: &str = "there as long as an installation is being moved in";
const SCHEMA: &str = "which steps the schema has taken";

pub(super) const TABLES: &[Table] = &[
    Table {
        name: "org",
        seen: Seen::Everybody,
        key: &["org_id"],
        class: RetentionClass::AccountLife,
        subject: SubjectPath::no_person(SETTINGS),
        rights: Rights::BOTH,
        placement: Placement::Distributed,
        columns: &[
            kept("org_id", Account, SETTINGS),
            kept("name", Account, SETTINGS),
            kept("zone", Account, SETTINGS),
            kept("open_from", Account, SETTINGS),
            kept("open_until", Account, SETTINGS),
            kept("marketing_cap", Account, SETTINGS),
            kept("message_days", Account, SETTINGS),
            kept("created_at", Account, SETTINGS),
            kept("revision", Account, SETTINGS),
            kept("country", Account, SETTINGS),
            kept("recordings", Account, SETTINGS),
            kept("requires_second_factor", Account, SETTINGS),
            kept("agents_see_masked", Account, SETTINGS),
        ],
        ..Table::OF_SYSTEM
    },
    Table {
        name: "org_head",
        seen: Seen::Everybody,
        key: &["org_id"],
        class: RetentionClass::Machinery,
        subject: SubjectPath::no_person(OF_THE_WHOLE),
        rights: Rights::BOTH,
        placement: Placement::Distributed,
        columns: &[
            kept("org_id", Audit, OF_THE_WHOLE),
            kept("event_seq", Audit, OF_THE_WHOLE),
            kept("audit_seq", Audit, OF_THE_WHOLE),
            kept("audit_hash", Audit, OF_THE_WHOLE),
            kept("ledger_seq", Audit, OF_THE_WHOLE),
        ],
        ..Table::OF_SYSTEM
    },
    Table {
        name: "key_check",
        key: &["place"],
        class: RetentionClass::AccountLife,
        subject: SubjectPath::no_person(KEY_PROOF),
        columns: &[
            kept("place", IntegrationCredential, KEY_PROOF),
            kept("key_id", IntegrationCredential, KEY_PROOF),
            kept("mac", IntegrationCredential, KEY_PROOF).hidden(),
            kept("made_at", IntegrationCredential, KEY_PROOF),
            kept("kept", IntegrationCredential, KEY_PROOF).sealed(),
            kept("retired_at", IntegrationCredential, KEY_PROOF),
        ],
        ..Table::OF_SYSTEM
    },
    Table {
        name: "time_mark",
        key: &["one"],
        class: RetentionClass::Machinery,
        subject: SubjectPath::no_person(CLOCK),
        columns: &[
            kept("one", Usage, CLOCK),
            kept("trusted_at", Usage, CLOCK),
            kept("ahead_at", Usage, CLOCK),
            kept("held", Usage, CLOCK),
        ],
        ..Table::OF_SYSTEM
    },
    Table {
        name: "operator_log",
        key: &["seq"],
        class: RetentionClass::Audit,
        subject: SubjectPath::no_person(OPERATOR),
        rights: Rights::APPENDED,
        columns: &[
            kept("seq", Audit, OPERATOR),
            kept("at", Audit, OPERATOR),
            kept("reason", Audit, OPERATOR),
            kept("action", Audit, OPERATOR),
            kept("org_id", Audit, OPERATOR),
            kept("subject", Audit, OPERATOR),
            kept("hash", Audit, OPERATOR),
        ],
        ..Table::OF_SYSTEM
    },
    Table {
        name: "user",
        key: &["id"],
        class: RetentionClass::AccountLife,
        subject: SubjectPath::Is(Person::User),
        columns: &[
            gone("id", Account),
            gone("email", Account).theirs("email").part(),
            gone("email_key", Account).part(),
            gone("password", Account).hidden(),
            gone("created_at", Account).theirs("created_at"),
            gone("revision", Account),
            gone("email_confirmed_at", Account).theirs("email_confirmed_at"),
        ],
        ..Table::OF_SYSTEM
    },
    Table {
        name: "membership",
        key: &["user_id", "org_id", "member_id"],
        class: RetentionClass::AccountLife,
        subject: SubjectPath::by("user_id", "user"),
        rights: Rights::BOTH,
        columns: &[
            gone("user_id", Account),
            gone("org_id", Account),
            gone("member_id", Account),
            gone("state", Account),
            gone("seen_at", SecurityLog).theirs("last_active_at"),
        ],
        ..Table::OF_SYSTEM
    },
    Table {
        name: "session",
        key: &["hash"],
        class: RetentionClass::Session,
        subject: SubjectPath::by("user_id", "user"),
        columns: &[
            gone("hash", SecurityLog).hidden(),
            gone("user_id", SecurityLog),
            gone("org_id", SecurityLog),
            gone("created_at", SecurityLog).theirs("signed_in_at"),
            gone("expires_at", SecurityLog),
            gone("seen_at", SecurityLog).theirs("seen_at"),
            gone("browser", SecurityLog).theirs("browser"),
            gone("kept_in_org", SecurityLog),
        ],
        ..Table::OF_SYSTEM
    },
    Table {
        name: "invitation",
        key: &["hash"],
        class: RetentionClass::Session,
        subject: SubjectPath::Identifier { column: "email", of: &[("user", "email")] },
        columns: &[
            gone("hash", Account).hidden(),
            gone("org_id", Account),
            gone("email", Account).theirs("email").part(),
            gone("role", Account).theirs("role"),
            gone("expires_at", Account),
            gone("created_at", Account).theirs("invited_at"),
            gone("mailed", Account),
            gone("visibility", Account),
        ],
        ..Table::OF_SYSTEM
    },
    Table {
        name: "second_factor",
        key: &["user_id"],
        class: RetentionClass::AccountLife,
        subject: SubjectPath::by("user_id", "user"),
        columns: &[
            gone("user_id", SecurityLog),
            gone("secret", SecurityLog).sealed(),
            gone("created_at", SecurityLog),
            gone("confirmed_at", SecurityLog).theirs("second_factor_since"),
            gone("last_step", SecurityLog),
            gone("recovery", SecurityLog).hidden(),
            gone("revision", SecurityLog),
        ],
        ..Table::OF_SYSTEM
    },
    Table {
        name: "passkey",
        key: &["id"],
        class: RetentionClass::AccountLife,
        subject: SubjectPath::by("user_id", "user"),
        columns: &[
            gone("id", SecurityLog),
            gone("user_id", SecurityLog),
            gone("name", Account).theirs("passkey"),
            gone("credential", SecurityLog).hidden(),
            gone("handle", SecurityLog).hidden(),
            gone("public_key", SecurityLog).hidden(),
            gone("transports", SecurityLog),
            gone("counters", SecurityLog),
            gone("created_at", SecurityLog).theirs("passkey_since"),
            gone("used_at", SecurityLog).theirs("passkey_used_at"),
            gone("revision", SecurityLog),
        ],
        ..Table::OF_SYSTEM
    },
    Table {
        name: "user_token",
        key: &["hash"],
        class: RetentionClass::Session,
        subject: SubjectPath::by("user_id", "user"),
        columns: &[
            gone("hash", SecurityLog).hidden(),
            gone("purpose", SecurityLog),
            gone("user_id", SecurityLog),
            gone("created_at", SecurityLog),
            gone("expires_at", SecurityLog),
        ],
        ..Table::OF_SYSTEM
    },
    Table {
        name: "failed_attempt",
        key: &["bucket", "slot"],
        class: RetentionClass::Session,
        subject: SubjectPath::no_person(KEYED_COUNT),
        columns: &[
            kept("bucket", SecurityLog, KEYED_COUNT),
            kept("slot", SecurityLog, KEYED_COUNT),
            kept("key", SecurityLog, KEYED_COUNT).hidden(),
            kept("failures", SecurityLog, KEYED_COUNT),
            kept("since", SecurityLog, KEYED_COUNT),
            kept("shut_until", SecurityLog, KEYED_COUNT),
            kept("last_at", SecurityLog, KEYED_COUNT),
            kept("revision", SecurityLog, KEYED_COUNT),
        ],
        ..Table::OF_SYSTEM
    },
    Table {
        name: "mail",
        key: &["id"],
        class: RetentionClass::Session,
        subject: SubjectPath::no_person(MAIL),
        columns: &[
            kept("id", Outbox, MAIL),
            kept("sealed", Outbox, MAIL).sealed(),
            kept("created_at", Outbox, MAIL),
            kept("due_at", Outbox, MAIL),
            kept("expires_at", Outbox, MAIL),
            kept("attempts", Outbox, MAIL),
            kept("revision", Outbox, MAIL),
        ],
        ..Table::OF_SYSTEM
    },
    Table {
        name: "service_update",
        key: &["id"],
        class: RetentionClass::News,
        subject: SubjectPath::no_person(NEWS),
        columns: &[
            kept("id", Account, NEWS),
            kept("kind", Account, NEWS),
            kept("title", Account, NEWS),
            kept("text", Account, NEWS),
            kept("published_at", Account, NEWS),
            kept("mailed_to", Outbox, NEWS),
            kept("mailed_at", Outbox, NEWS),
            kept("revision", Account, NEWS),
        ],
        ..Table::OF_SYSTEM
    },
    Table {
        name: "news_reader",
        key: &["user_id"],
        class: RetentionClass::AccountLife,
        subject: SubjectPath::by("user_id", "user"),
        columns: &[
            gone("user_id", Account),
            gone("read_up_to", Usage),
            gone("takes_product", Account).theirs("takes_product_news"),
        ],
        ..Table::OF_SYSTEM
    },
    Table {
        name: "app",
        key: &["id"],
        class: RetentionClass::Integration,
        subject: SubjectPath::no_person(OWN_APP),
        columns: &[
            kept("id", IntegrationMeta, OWN_APP),
            kept("org_id", IntegrationMeta, OWN_APP).zero_if_absent(),
            kept("provider", IntegrationMeta, OWN_APP),
            kept("name", IntegrationMeta, OWN_APP),
            kept("hook", IntegrationMeta, OWN_APP).hidden(),
            kept("verify_token", IntegrationCredential, OWN_APP).sealed(),
            kept("created_at", IntegrationMeta, OWN_APP),
            kept("revision", IntegrationMeta, OWN_APP),
            kept("hook_seen_at", IntegrationMeta, OWN_APP),
            kept("former_hook", IntegrationMeta, OWN_APP).hidden(),
            kept("former_until", IntegrationMeta, OWN_APP),
            kept("former_seen_at", IntegrationMeta, OWN_APP),
        ],
        ..Table::OF_SYSTEM
    },
    Table {
        name: "app_secret",
        key: &["app_id", "place"],
        class: RetentionClass::Integration,
        subject: SubjectPath::no_person(OWN_SECRET),
        columns: &[
            kept("app_id", IntegrationCredential, OWN_SECRET),
            kept("place", IntegrationCredential, OWN_SECRET),
            kept("sealed", IntegrationCredential, OWN_SECRET).sealed(),
        ],
        ..Table::OF_SYSTEM
    },
    Table {
        name: "api_key_owner",
        key: &["hash"],
        class: RetentionClass::AccountLife,
        subject: SubjectPath::no_person(KEY_HASH),
        rights: Rights::BOTH,
        columns: &[
            kept("hash", SecurityLog, KEY_HASH).hidden(),
            kept("org_id", SecurityLog, KEY_HASH),
            kept("key_id", SecurityLog, KEY_HASH),
        ],
        ..Table::OF_SYSTEM
    },
    Table {
        name: "api_key_use",
        key: &["org_id", "key_id"],
        class: RetentionClass::AccountLife,
        subject: SubjectPath::no_person(KEY_USE),
        columns: &[
            kept("org_id", SecurityLog, KEY_USE),
            kept("key_id", SecurityLog, KEY_USE),
            kept("used_at", SecurityLog, KEY_USE),
            kept("network", SecurityLog, KEY_USE),
        ],
        ..Table::OF_SYSTEM
    },
    Table {
        name: "route",
        key: &["provider", "external_id", "org_id", "account_id"],
        class: RetentionClass::Integration,
        subject: SubjectPath::no_person(OWN_NUMBER),
        rights: Rights::BOTH,
        columns: &[
            kept("provider", IntegrationMeta, OWN_NUMBER),
            kept("external_id", IntegrationMeta, OWN_NUMBER),
            kept("org_id", IntegrationMeta, OWN_NUMBER),
            kept("account_id", IntegrationMeta, OWN_NUMBER),
            kept("app_id", IntegrationMeta, OWN_NUMBER),
            kept("business_id", IntegrationMeta, OWN_NUMBER),
            kept("portfolio", IntegrationMeta, OWN_NUMBER),
        ],
        ..Table::OF_SYSTEM
    },
    Table {
        name: "lane",
        key: &["org_id", "account_id", "kind"],
        class: RetentionClass::Machinery,
        subject: SubjectPath::no_person(DUE),
        rights: Rights::BOTH,
        columns: &[
            kept("org_id", Outbox, DUE),
            kept("account_id", Outbox, DUE),
            kept("kind", Outbox, DUE),
            kept("due_at", Outbox, DUE),
        ],
        ..Table::OF_SYSTEM
    },
    Table {
        name: "lease",
        presence: Presence::Only(Engine::Postgres),
        key: &["org_id", "account_id", "kind"],
        class: RetentionClass::Machinery,
        subject: SubjectPath::no_person(DUE),
        rights: Rights::BOTH,
        transfer: Transfer::Left { reason: "who held a lease there holds none here" },
        columns: &[
            kept("org_id", Outbox, DUE),
            kept("account_id", Outbox, DUE),
            kept("kind", Outbox, DUE),
            kept("fence", Outbox, DUE),
            kept("holder", Outbox, DUE),
            kept("held_until", Outbox, DUE),
        ],
        ..Table::OF_SYSTEM
    },
    Table {
        name: "quarantine",
        key: &["id"],
        class: RetentionClass::Quarantine,
        subject: SubjectPath::no_person(SEALED_30_DAYS),
        rights: Rights::BOTH,
        transfer: Transfer::MovedFew,
        columns: &[
            kept("id", Outbox, SEALED_30_DAYS),
            kept("org_id", Outbox, SEALED_30_DAYS).zero_if_absent(),
            kept("app_id", Outbox, SEALED_30_DAYS),
            kept("provider", Outbox, SEALED_30_DAYS),
            kept("reason", Outbox, SEALED_30_DAYS),
            kept("what", Outbox, SEALED_30_DAYS),
            kept("sealed", Outbox, SEALED_30_DAYS).sealed(),
            kept("received_at", Outbox, SEALED_30_DAYS),
            kept("expires_at", Outbox, SEALED_30_DAYS),
            kept("trust", Outbox, SEALED_30_DAYS),
        ],
        ..Table::OF_SYSTEM
    },
    Table {
        name: "heartbeat",
        key: &["one"],
        class: RetentionClass::Machinery,
        subject: SubjectPath::no_person(PROBE),
        transfer: Transfer::Left { reason: "the probe of a store that can write" },
        columns: &[kept("one", Usage, PROBE), kept("at", Usage, PROBE)],
        ..Table::OF_SYSTEM
    },
    Table {
        name: "transfer",
        presence: Presence::WhileTransferring,
        class: RetentionClass::Machinery,
        subject: SubjectPath::no_person(UNFINISHED),
        rights: Rights::NONE,
        transfer: Transfer::Left { reason: UNFINISHED },
        columns: &[kept("source", Usage, UNFINISHED), kept("begun_at", Usage, UNFINISHED)],
        ..Table::OF_SYSTEM
    },
    Table {
        name: "schema_version",
        presence: Presence::Only(Engine::Postgres),
        key: &["version"],
        class: RetentionClass::Machinery,
        subject: SubjectPath::no_person(SCHEMA),
        rights: Rights::READ,
        transfer: Transfer::Left { reason: SCHEMA },
        columns: &[
            kept("version", Usage, SCHEMA),
            kept("description", Usage, SCHEMA),
            kept("installed_on", Usage, SCHEMA),
            kept("success", Usage, SCHEMA),
            kept("checksum", Usage, SCHEMA),
            kept("execution_time", Usage, SCHEMA),
        ],
        ..Table::OF_SYSTEM
    },
    Table {
        name: "migration",
        presence: Presence::Only(Engine::Sqlite),
        key: &["number"],
        class: RetentionClass::Machinery,
        subject: SubjectPath::no_person(SCHEMA),
        rights: Rights::NONE,
        transfer: Transfer::Left { reason: SCHEMA },
        columns: &[
            kept("number", Usage, SCHEMA),
            kept("name", Usage, SCHEMA),
            kept("checksum", Usage, SCHEMA),
            kept("applied_at", Usage, SCHEMA),
        ],
        ..Table::OF_SYSTEM
    },
];
