use std::collections::BTreeSet;

use super::*;

fn all() -> Vec<&'static Table> {
    tables().collect()
}

/// What is wrong with the declaration of a table, among all that are declared.
fn faults(table: &Table, among: &[&Table]) -> Vec<String> {
    let name = table.name;
    let mut wrong = Vec::new();
    let person = subject(table, among).unwrap_or_else(|error| {
        wrong.push(error);
        None
    });
    let of_organisation = table.scope == TableScope::Organisation;
    if person.is_none() && of_organisation && table.is_personal() {
        wrong.push(format!("{name} holds personal data and leads to no person"));
    }
    let goes = |column: &&Column| !matches!(column.erase, EraseAction::Keep { .. });
    if person.is_none() && table.columns.iter().any(|column| goes(&column)) {
        wrong.push(format!("an erasure changes {name}, which leads to no person"));
    }
    let deleted = table.columns.iter().filter(|column| column.erase == EraseAction::DeleteRow).count();
    if deleted != 0 && deleted != table.columns.len() {
        wrong.push(format!("an erasure deletes rows of {name} in part"));
    }
    for column in table.columns {
        let place = format!("{name}.{}", column.name);
        match column.erase {
            EraseAction::Keep { reason } if reason.len() <= 8 => {
                wrong.push(format!("{place} is kept without a reason"));
            }
            // What only keeps a person from being contacted again stays for them.
            EraseAction::Keep { .. }
                if column.category.is_about_contacts()
                    && column.mask != Mask::Open
                    && column.category != DataCategory::Suppression =>
            {
                wrong.push(format!("{place} is masked and survives an erasure"));
            }
            EraseAction::Clear if table.key.contains(&column.name) => {
                wrong.push(format!("{place} is cleared and part of the key"));
            }
            _ => {}
        }
    }
    let columns: BTreeSet<_> = table.columns.iter().map(|column| column.name).collect();
    if columns.len() != table.columns.len() {
        wrong.push(format!("{name} names a column twice"));
    }
    let exports: Vec<_> = table.columns.iter().filter_map(|column| column.export).collect();
    if exports.iter().collect::<BTreeSet<_>>().len() != exports.len() {
        wrong.push(format!("{name} exports two columns under one name"));
    }
    let keys = table.key.iter().chain(table.sqlite_key.into_iter().flatten()).chain(&table.month);
    wrong.extend(keys.filter(|key| !columns.contains(*key)).map(|key| format!("{name} has no column {key}")));
    if table.key.is_empty() && matches!(table.transfer, Transfer::Moved | Transfer::MovedFew) {
        wrong.push(format!("{name} is moved and has no key"));
    }
    // What lies beneath an index of SQLite's own names no organisation.
    let beneath = matches!(table.subject, SubjectPath::With { .. });
    if of_organisation && !beneath && !columns.contains("org_id") {
        wrong.push(format!("rows of {name} do not name their organisation"));
    }
    if table.is_in(Engine::Postgres) {
        let led = table.key.first() == Some(&"org_id");
        if (of_organisation || table.placement == Placement::Distributed) && !led {
            wrong.push(format!("the key of {name} does not begin with the organisation"));
        }
        if !table.rights.organisation.is_empty() && table.has_row_security() && !columns.contains("org_id") {
            wrong.push(format!("{name} is open inside organisations and names none"));
        }
        if !table.has_row_security() && (columns.contains("org_id") || table.is_personal()) {
            wrong.push(format!("{name} is shown whole to everybody"));
        }
        if of_organisation && !table.rights.system.is_empty() {
            wrong.push(format!("{name} is open to the system, which sees no content"));
        }
        if of_organisation && table.placement != Placement::Distributed {
            wrong.push(format!("{name} belongs to organisations and is not distributed by them"));
        }
    }
    wrong
}

#[test]
fn every_declaration_is_complete() {
    let all = all();
    let names: BTreeSet<_> = all.iter().map(|table| table.name).collect();
    assert_eq!(names.len(), all.len(), "a table is declared twice");
    let wrong: Vec<_> = all.iter().flat_map(|table| faults(table, &all)).collect();
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// What is sealed and no kind names would be left behind when keys are rotated.
#[test]
fn every_sealed_column_is_a_kind_of_sealed_value() {
    let declared: BTreeSet<String> = tables()
        .flat_map(|table| {
            let sealed = table.columns.iter().filter(|column| column.is_sealed);
            sealed.map(move |column| format!("{}.{}", table.name, column.name))
        })
        .collect();
    let kinds: BTreeSet<String> =
        crate::account::SealedKind::ALL.iter().map(|kind| kind.as_str().to_owned()).collect();
    assert_eq!(declared, kinds);
    for kind in crate::account::SealedKind::ALL {
        let (name, _) = kind.as_str().split_once('.').unwrap();
        assert_eq!(table(name).unwrap().scope == TableScope::System, kind.is_of_system(), "{kind}");
    }
}

/// The row of a message leads to the conversation, and that to the contact.
#[test]
fn paths_are_followed_to_the_person() {
    let all = all();
    let of = |name: &str| subject(table(name).unwrap(), &all).unwrap();
    for name in [
        "contact",
        "message",
        "media",
        "channel_alias",
        "consent_subject",
        "suppression",
        "contact_words_idx",
        "call",
        "call_alias",
    ] {
        assert_eq!(of(name), Some(Person::Contact), "{name}");
    }
    for name in ["user", "member", "session", "invitation", "call_agent"] {
        assert_eq!(of(name), Some(Person::User), "{name}");
    }
    for name in ["org", "audit", "queue_count", "inbox_item"] {
        assert_eq!(of(name), None, "{name}");
    }
}

#[test]
fn a_declaration_that_is_wrong_is_noticed() {
    const NOTE: Table = Table {
        name: "diary",
        key: &["org_id", "id"],
        subject: SubjectPath::Reference { column: "contact_id", table: "contact", key: "id" },
        columns: &[
            Column::gone("org_id", DataCategory::ContactNote),
            Column::gone("id", DataCategory::ContactNote),
            Column::gone("contact_id", DataCategory::ContactNote),
        ],
        ..Table::OF_ORGANISATION
    };
    const SURVIVES: &[Column] = &[
        Column::gone("org_id", DataCategory::ContactNote),
        Column::gone("id", DataCategory::ContactNote),
        Column::kept("contact_id", DataCategory::ContactNote, "for no good reason").hidden(),
    ];
    let said = |broken: Table| {
        let among: Vec<&Table> = tables().chain([&NOTE]).collect();
        faults(&broken, &among).join("; ")
    };
    assert_eq!(said(NOTE), "");
    let no_person = SubjectPath::no_person("it belongs to no person at all");
    const TO_CONTACT: SubjectPath = SubjectPath::by("contact_id", "contact");
    const UNKNOWN: &[SubjectPath] = &[TO_CONTACT, SubjectPath::by("author", "contact")];
    const PARTED: &[SubjectPath] = &[TO_CONTACT, SubjectPath::by("contact_id", "member")];
    let first_of = |paths| Table { subject: SubjectPath::FirstOf(paths), ..NOTE };
    let one_of =
        |kind, tables| Table { subject: SubjectPath::OneOf { kind, column: "contact_id", tables }, ..NOTE };
    for (broken, word) in [
        (Table { subject: no_person, ..NOTE }, "holds personal data and leads to no person"),
        (Table { subject: SubjectPath::no_person(""), ..NOTE }, "no reason why"),
        (Table { subject: SubjectPath::by("author", "contact"), ..NOTE }, "a column author that it has not"),
        (Table { subject: SubjectPath::by("contact_id", "people"), ..NOTE }, "not declared before it"),
        (Table { subject: SubjectPath::by("contact_id", "diary"), ..NOTE }, "not declared before it"),
        (Table { subject: SubjectPath::by("contact_id", "contact_tag"), ..NOTE }, "which is not its key"),
        (Table { subject: SubjectPath::by("contact_id", "account"), ..NOTE }, "leads to no person"),
        (one_of("author", &["contact"]), "a column author that it has not"),
        (one_of("id", &[]), "leads to no table"),
        (one_of("id", &["people"]), "not declared before it"),
        (one_of("id", &["contact_tag"]), "which is not its key"),
        (one_of("id", &["contact", "member"]), "different persons, or at none"),
        (one_of("id", &["contact", "account"]), "different persons, or at none"),
        (first_of(&[]), "leads to no table"),
        (first_of(UNKNOWN), "a column author that it has not"),
        (first_of(PARTED), "different persons, or at none"),
        (
            Table { subject: SubjectPath::Identifier { column: "id", of: &[("user", "shoe_size")] }, ..NOTE },
            "does not exist",
        ),
        (Table { key: &["org_id", "page"], ..NOTE }, "no column page"),
        (Table { key: &[], ..NOTE }, "has no key"),
        (Table { key: &["id"], ..NOTE }, "begin with the organisation"),
        (Table { month: Some("at"), ..NOTE }, "no column at"),
        (Table { rights: Rights::BOTH, ..NOTE }, "open to the system"),
        (Table { rights: Rights::READ, ..NOTE }, "shown whole to everybody"),
        (Table { placement: Placement::Coordinator, ..NOTE }, "not distributed"),
        (Table { columns: SURVIVES, ..NOTE }, "survives an erasure"),
    ] {
        assert!(said(broken).contains(word), "{word}: {}", said(broken));
    }
}

#[test]
fn a_schema_that_differs_is_noticed() {
    for engine in [Engine::Sqlite, Engine::Postgres] {
        let live = |table: &Table| LiveTable {
            name: table.name.to_owned(),
            columns: table.columns.iter().map(|column| column.name.to_owned()).collect(),
            key: table.live_key(engine).into_iter().map(str::to_owned).collect(),
            refers_to: Vec::new(),
        };
        let good: Vec<LiveTable> = tables().filter(|table| table.is_in(engine)).map(live).collect();
        assert_eq!(check_schema(engine, &good), Vec::<String>::new());
        let mut bad = good;
        let place =
            |live: &[LiveTable], name: &str| live.iter().position(|table| table.name == name).unwrap();
        let contact = place(&bad, "contact");
        bad[contact].columns[0] = "shoe_size".to_owned();
        let task = place(&bad, "task");
        bad[task].key.reverse();
        bad[task].refers_to = vec!["contact".to_owned(), "task".to_owned(), "message".to_owned()];
        bad.push(LiveTable { name: "diary".to_owned(), ..bad[contact].clone() });
        let audit = place(&bad, "audit");
        bad.remove(audit);
        let wrong = check_schema(engine, &bad);
        assert_eq!(wrong.len(), 6, "{wrong:?}");
    }
}
