//! Calls, the ids by which providers name them, and the users of telephone systems.

use crate::registry::DataCategory::{Account, CallLog, ContactNote, Usage};
use crate::registry::{Column, RetentionClass, Seen, SubjectPath, Table};

const fn gone(name: &'static str, category: crate::registry::DataCategory) -> Column {
    Column::gone(name, category)
}

const OWN_FLOW: &str =
    "what the organisation does with its calls; the numbers in it are those of its own telephones";

/// A call is the person's whom it was linked to. Before that, and for good if nobody did it, the number says whose it is:
/// where several people share it, all of them.
const WHOSE: SubjectPath = SubjectPath::FirstOf(&[
    SubjectPath::by("contact_id", "contact"),
    SubjectPath::Identifier {
        column: "customer_key",
        of: &[("contact_detail", "subject_key"), ("channel_alias", "subject_key")],
    },
]);

pub(super) const TABLES: &[Table] = &[
    Table {
        name: "call",
        seen: Seen::Assigned("member_id"),
        key: &["org_id", "id"],
        subject: WHOSE,
        columns: &[
            gone("org_id", CallLog),
            gone("id", CallLog),
            gone("account_id", CallLog),
            gone("direction", CallLog).theirs("direction"),
            gone("state", CallLog).theirs("state"),
            gone("confirmed", CallLog),
            gone("member_id", CallLog),
            gone("disposition_id", CallLog),
            gone("contact_id", CallLog),
            gone("began_hour", CallLog),
            gone("started_at", CallLog).theirs("started_at"),
            gone("answered_at", CallLog).theirs("answered_at"),
            gone("ended_at", CallLog).theirs("ended_at"),
            gone("talk_seconds", CallLog).theirs("talk_seconds"),
            gone("wait_seconds", CallLog).theirs("wait_seconds"),
            gone("duration_class", CallLog),
            gone("customer", CallLog).theirs("number").part(),
            gone("customer_key", CallLog).hidden(),
            gone("withheld", CallLog).theirs("number_withheld"),
            gone("our_number", CallLog).theirs("our_number"),
            gone("identity_id", CallLog),
            gone("agent", CallLog),
            gone("placed_by", CallLog),
            gone("placed", CallLog),
            gone("purpose", CallLog).theirs("purpose"),
            gone("cause", CallLog).theirs("cause"),
            gone("word", CallLog),
            gone("recording_consent", CallLog).theirs("recording_consent"),
            gone("handled_at", CallLog).theirs("handled_at"),
            gone("task_id", CallLog),
            gone("revision", CallLog),
            gone("created_at", CallLog).theirs("created_at"),
            gone("failure_code", CallLog),
            gone("failure_detail", CallLog).hidden(),
            gone("note", ContactNote).theirs("note").hidden(),
            gone("evidence", CallLog).hidden(),
        ],
        ..Table::OF_ORGANISATION
    },
    Table {
        name: "call_alias",
        seen: Seen::AsSubject,
        key: &["org_id", "account_id", "alias"],
        subject: SubjectPath::by("call_id", "call"),
        columns: &[
            gone("org_id", CallLog),
            gone("account_id", CallLog),
            gone("alias", CallLog).hidden(),
            gone("call_id", CallLog),
        ],
        ..Table::OF_ORGANISATION
    },
    Table {
        name: "call_agent",
        seen: Seen::Everybody,
        key: &["org_id", "account_id", "id"],
        subject: SubjectPath::by("member_id", "member"),
        columns: &[
            gone("org_id", Account),
            gone("account_id", Account),
            gone("id", Account).theirs("agent"),
            gone("name", Account).theirs("name"),
            gone("phone", Account).theirs("number").part(),
            gone("phone_key", Account).hidden(),
            gone("member_id", Account),
        ],
        ..Table::OF_ORGANISATION
    },
    Table {
        name: "call_flow",
        seen: Seen::Everybody,
        key: &["org_id", "id"],
        class: RetentionClass::AccountLife,
        subject: SubjectPath::no_person(OWN_FLOW),
        columns: &[
            Column::kept("org_id", Usage, OWN_FLOW),
            Column::kept("id", Usage, OWN_FLOW),
            Column::kept("account_id", Usage, OWN_FLOW),
            Column::kept("name", Usage, OWN_FLOW),
            Column::kept("number", Usage, OWN_FLOW),
            Column::kept("enabled", Usage, OWN_FLOW),
            Column::kept("definition", Usage, OWN_FLOW),
            Column::kept("revision", Usage, OWN_FLOW),
        ],
        ..Table::OF_ORGANISATION
    },
];
