//! Pages other than the inbox, with invented data.

use super::{at, shell, thread};
use crate::web::view::goto;
use crate::web::view::saved_views::ViewMenu;
use crate::web::view::{
    Avatar, Chip, Choice, Fact, Tone,
    contact::{
        ContactAddresses, ContactName, ContactOpen, ContactPage, Ledger, LedgerEntry, NewContactForm, Tab,
    },
    contact_list::{ContactBulk, ContactFilter, ContactRow, ContactRows, ContactsPage},
    filter::FilterChip,
    message::{Bubble, Content, Delivery, Reaction},
    numbers::{NumberCard, NumbersPage, SettingsForm, SettingsPage},
    quarantine::{HeldEvent, HeldPage, HeldRow, HeldRows, QuarantinePage},
    sandbox::{
        Phone, PhoneItems, SampleDay, SandboxCalls, SandboxClock, SandboxForm, SandboxPage, SandboxPerson,
    },
    shell::{GotoPerson, GotoResults, Place},
    tasks::{TaskGroup, TaskList, TaskRow, Whose},
    thread::Folded,
    timeline::{Kind, Line, Part, Talk, TalkLine, Timeline},
};

pub(crate) fn goto(query: &str) -> GotoResults {
    let query = query.strip_prefix("q=").unwrap_or_default().to_owned();
    let person = |name: &str, detail: &str| GotoPerson {
        href: "inbox/c1".into(),
        name: name.into(),
        avatar: Avatar::of(name),
        detail: detail.into(),
    };
    let people = if query.is_empty() || query == "zzz" {
        Vec::new()
    } else {
        vec![person("Asha Subramaniam", "+91 98400 12345"), person("@kavya.designs", "no number")]
    };
    GotoResults {
        entries: goto::entries(
            &query,
            goto::Offered { events: true, audit: true, api_keys: true, sandbox: true },
        ),
        query,
        people,
    }
}

pub(crate) fn rows() -> ContactRows {
    let row = |id: &str, name: &str, address: &str, stage: &str, owner: &str, chips: Vec<Chip>| ContactRow {
        id: id.into(),
        name: name.into(),
        avatar: Avatar::of(name),
        address: address.into(),
        stage: stage.into(),
        owner: owner.into(),
        tags: if id == "p1" { vec!["vip".into(), "wholesale".into()] } else { Vec::new() },
        chips,
        last: (id != "p4").then(|| at("10:42")),
        added: at("12 Oct"),
    };
    ContactRows {
        search: String::new(),
        narrowed: vec![("stage", "customer".to_owned())],
        chips: vec![FilterChip { label: "Customer".into(), href: "contacts".to_owned() }],
        count: "5 contacts".to_owned(),
        is_newest_first: false,
        next: Some("k2".into()),
        is_continuation: false,
        can_write: true,
        rows: vec![
            row("p1", "Asha Subramaniam", "+91 98400 12345", "Customer", "Ravi", Vec::new()),
            row("p2", "Imran M.", "+91 99620 44321", "New", "", Vec::new()),
            row("p3", "@kavya.designs", "no number shared", "Qualified", "Meera", Vec::new()),
            row(
                "p4",
                "João Carvalho",
                "+55 11 91234 5678",
                "Customer",
                "Ravi",
                vec![Chip::new(Tone::Bad, "Opted out")],
            ),
        ],
    }
}

pub(crate) fn contact_filter() -> ContactFilter {
    ContactFilter {
        orders: vec![Choice::new("", "Name, A to Z").chosen(), Choice::new("newest", "Newest first")],
        stages: vec![Choice::new("", "Any stage"), Choice::new("customer", "Customer").chosen()],
        owners: vec![Choice::new("", "Anyone").chosen(), Choice::new("me", "Me")],
        tag: None,
        active: 1,
    }
}

pub(crate) fn contacts() -> ContactsPage {
    ContactsPage {
        views: ViewMenu::default(),
        shell: shell("Contacts", Place::Contacts),
        filter: contact_filter(),
        list: rows(),
        bulk: Some(ContactBulk {
            owners: vec![Choice::new("", "Unassigned"), Choice::new("m1", "Ravi").with("you")],
            stages: vec![Choice::new("new", "New"), Choice::new("customer", "Customer")],
        }),
        new: NewContactForm::default(),
    }
}

pub(crate) fn no_contacts() -> ContactsPage {
    ContactsPage { list: ContactRows { can_write: true, ..ContactRows::default() }, ..contacts() }
}

pub(crate) fn wrong_contact() -> NewContactForm {
    NewContactForm {
        name: "Asha".into(),
        phone: "98400 12345".into(),
        phone_error: Some("Add the country code, for example +91 98400 12345.".into()),
        problem: Some("This number already belongs to Asha Subramaniam.".into()),
        existing: Some("p1".into()),
        ..NewContactForm::default()
    }
}

pub(crate) fn tasks() -> TaskList {
    let row = |id: &str, text: &str, person: &str, due: Option<Chip>, assignee: &str| TaskRow {
        id: id.into(),
        contact: "p1".into(),
        text: text.into(),
        person: person.into(),
        due,
        assignee: Some(assignee.into()),
    };
    let bad = Chip::new(Tone::Bad, "yesterday 17:00");
    let warn = Chip::new(Tone::Warn, "17:00");
    let group = |key, heading, rows: Vec<TaskRow>| TaskGroup { key, heading, count: rows.len(), rows };
    TaskList {
        whose: Whose::Team,
        rows: 50,
        mine: "1".into(),
        team: "3".into(),
        overdue: 1,
        today: 1,
        groups: vec![
            group(
                "overdue",
                "Overdue",
                vec![row("t1", "Call back about the blue one", "Tara Rao", Some(bad), "You")],
            ),
            group(
                "today",
                "Today",
                vec![row("t2", "Send the price list", "Prakash Nair", Some(warn), "Meera")],
            ),
            group("undated", "No date", vec![row("t3", "Ask for a review", "@kavya", None, "Unassigned")]),
        ],
        can_write: true,
        can_call: true,
        ..TaskList::default()
    }
}

pub(crate) fn timeline() -> Timeline {
    let said = |who: &str, text: &str, time: &str| TalkLine {
        href: "inbox/c1".into(),
        who: who.into(),
        text: text.into(),
        time: at(time),
    };
    let line = |icon, text: &str, time: &str| Line { icon, text: text.into(), href: None, time: at(time) };
    let kind = |label, word| Kind { label, word, is_shown: word.is_empty() };
    Timeline {
        contact: "p1".into(),
        kinds: vec![kind("Everything", ""), kind("Messages", "message"), kind("Notes", "note")],
        next: Some("web/contacts/p1/timeline?after=k2".into()),
        is_continuation: false,
        parts: vec![
            Part::Day("Today".into()),
            Part::Talk(Talk {
                href: "inbox/c1".into(),
                line: "WhatsApp · Shop line".into(),
                count: "7 messages".into(),
                shown: vec![
                    said("Asha Subramaniam", "Is the blue one still there?", "10:31"),
                    said("Ravi", "We keep it for you until Friday.", "10:43"),
                ],
                between: 5,
            }),
            Part::Day("Yesterday".into()),
            Part::Changes(Folded { lines: thread::changes() }),
            Part::Note {
                author: "Ravi".into(),
                time: at("16:24"),
                text: "Wants delivery before Diwali. Offered free wrapping.".into(),
            },
            Part::Line(line("task", "Task: Call back about the blue one (done yesterday 17:05)", "12:10")),
            Part::Line(line("shield", "Consent given: WhatsApp, marketing", "11:02")),
        ],
    }
}

pub(crate) fn ledger() -> Ledger {
    let entry = |time: &str,
                 tone,
                 event: &str,
                 purpose: &str,
                 method: &str,
                 evidence: &str,
                 by: &str,
                 expires: Option<&str>| LedgerEntry {
        time: at(time),
        event: Chip::new(tone, event),
        purpose: purpose.into(),
        channel: "WhatsApp".into(),
        method: method.into(),
        evidence: evidence.into(),
        by: by.into(),
        expires: expires.map(Into::into),
    };
    Ledger {
        contact: "p1".into(),
        entries: vec![
            entry(
                "2 Nov",
                Tone::Bad,
                "Withdrawn",
                "Updates",
                "Wrote STOP",
                "Message of 2 Nov, 18:04",
                "by itself",
                None,
            ),
            entry(
                "3 Oct",
                Tone::Ok,
                "Given",
                "Marketing",
                "Web form",
                "Form 2214, box ticked",
                "Ravi",
                Some("3 Oct 2028"),
            ),
        ],
        purposes: vec![Choice::new("marketing", "Marketing").chosen(), Choice::new("utility", "Updates")],
        channels: vec![
            Choice::new("whatsapp", "WhatsApp").chosen(),
            Choice::new("sms", "SMS"),
            Choice::new("voice", "Phone"),
        ],
        methods: vec![
            Choice::new("paper", "On paper"),
            Choice::new("agent_call", "On the phone"),
            Choice::new("web_form", "In a web form").chosen(),
        ],
        record_error: None,
        withdraw_error: None,
        today: "2026-11-23".into(),
        can_write: true,
    }
}

pub(crate) fn contact(query: &str) -> ContactPage {
    ContactPage {
        is_masked: false,
        shell: shell("Asha Subramaniam", Place::Contacts),
        id: "p1".into(),
        head: ContactName { avatar: Avatar::of("Asha Subramaniam"), name: "Asha Subramaniam".into() },
        chips: vec![Chip::new(Tone::Neutral, "Customer"), Chip::new(Tone::Neutral, "Owner: Ravi")],
        number: Some("+91 98400 12345".into()),
        can_call: true,
        conversations: vec![("inbox/c1".into(), "WhatsApp · Shop line".into())],
        open: ContactOpen { open: Vec::new() },
        tab: if query.contains("consent") { Tab::Consent } else { Tab::Timeline },
        timeline: timeline(),
        ledger: ledger(),
        addresses: ContactAddresses { addresses: thread::addresses(), doubts: thread::doubts() },
        status: thread::status(),
        consent: thread::consent(),
        tasks: thread::tasks(),
        notes: thread::notes(),
        kept: thread::kept(),
        can_delete_recordings: true,
    }
}

pub(crate) fn quarantine() -> QuarantinePage {
    let row = |id: &str, time: &str, reason: &str| HeldRow {
        id: id.into(),
        time: at(time),
        source: "WhatsApp webhook".into(),
        reason: reason.into(),
        state: Chip::new(Tone::Warn, "Waiting"),
    };
    QuarantinePage {
        shell: shell("Unprocessed events", Place::Quarantine),
        total: 2,
        rows: HeldRows {
            rows: vec![
                row("q1", "09:12", "The number is not connected here"),
                row("q2", "Sat", "The body is not complete JSON"),
            ],
            next: None,
        },
    }
}

pub(crate) fn held_event() -> HeldEvent {
    HeldEvent {
        id: "q1".into(),
        reason: "The number is not connected here".into(),
        advice: Some("Connect the number, then retry this event.".into()),
        state: Chip::new(Tone::Warn, "Waiting"),
        is_waiting: true,
        facts: vec![
            Fact::new("Arrived", "Mon 23 Nov 2026, 09:12:04"),
            Fact::new("From", "WhatsApp webhook"),
            Fact::new("Size", "1.1 kB"),
            Fact::new("Tried", "once"),
            Fact::new("Removed on", "23 Dec 2026"),
        ],
        payload: Some("{\n  \"object\": \"whatsapp_business_account\",\n  \"entry\": [ … ]\n}".into()),
        confirm_word: "discard".into(),
        outcome: None,
    }
}

pub(crate) fn held() -> HeldPage {
    HeldPage { shell: shell("Unprocessed event", Place::Quarantine), event: held_event() }
}

pub(crate) fn cards() -> Vec<NumberCard> {
    vec![
        NumberCard {
            answer: None,
            id: "a1".into(),
            name: "Shop line".into(),
            line: "WhatsApp · +91 80 4718 0000".into(),
            health: Chip::new(Tone::Ok, "Connected"),
            advice: None,
            facts: vec![
                Fact::new("Last in", "10:42"),
                Fact::new("Last out", "10:43"),
                Fact::new("Quality", "High"),
                Fact::new("Limit", "1,000 people a day"),
                Fact::new("Shown as", "Kaveri Textiles"),
            ],
            hook: None,
            can_manage: true,
            agents: false,
            sms: false,
            is_off: false,
            credentials: Vec::new(),
            token_error: None,
        },
        NumberCard {
            answer: None,
            id: "a2".into(),
            name: "Wholesale".into(),
            line: "WhatsApp · +91 80 4718 0100".into(),
            health: Chip::new(Tone::Bad, "Token refused"),
            advice: Some(
                "Make a new token at the provider and set it here. Messages wait until then.".into(),
            ),
            facts: vec![Fact::new("Last in", "Yesterday 18:20"), Fact::new("Last out", "Yesterday 18:24")],
            hook: None,
            can_manage: true,
            agents: false,
            sms: false,
            is_off: false,
            credentials: Vec::new(),
            token_error: Some("The provider refused this token, so it was not saved.".into()),
        },
    ]
}

pub(crate) fn numbers() -> NumbersPage {
    NumbersPage { shell: shell("Channels", Place::Channels), can_manage: true, numbers: cards() }
}

pub(crate) fn settings_form() -> SettingsForm {
    SettingsForm {
        quiet_from: "21:00".into(),
        quiet_to: "09:00".into(),
        marketing_cap: "2".into(),
        zones: vec![
            Choice::new("Asia/Kolkata", "Asia/Kolkata").chosen(),
            Choice::new("Europe/Lisbon", "Europe/Lisbon"),
        ],
        keys: true,
        can_manage: true,
        is_saved: true,
        ..SettingsForm::default()
    }
}

pub(crate) fn settings() -> SettingsPage {
    SettingsPage { shell: shell("Settings", Place::Settings), form: settings_form() }
}

pub(crate) fn sandbox() -> SandboxPage {
    let person = |id: &str, name: &str, address: &str| SandboxPerson {
        id: id.into(),
        name: name.into(),
        address: address.into(),
        avatar: Avatar::of(name),
        is_selected: id == "s1",
    };
    let bubble = |id: &str, is_inbound, text: &str, delivery| Bubble {
        id: id.into(),
        is_inbound,
        speaker: None,
        author: None,
        content: Content::Text(text.into()),
        quote: None,
        origin: None,
        advert: None,
        reactions: Vec::new(),
        time: at("10:42"),
        is_edited: false,
        delivery,
        can_quote: false,
    };
    SandboxPage {
        shell: shell("Sandbox phone", Place::Sandbox),
        clock: Some(SandboxClock {
            now: "Mon 23 Nov 2026, 10:42".into(),
            ahead: Some("25 hours".into()),
            steps: vec![("hour", "1 hour"), ("day", "25 hours"), ("month", "30 days")],
        }),
        people: vec![
            person("s1", "Asha Subramaniam", "+91 98400 12345"),
            person("s2", "Kavya", "@kavya.designs"),
        ],
        form: SandboxForm {
            name: "Imran M.".into(),
            number: "+91 99620 44321".into(),
            ..SandboxForm::default()
        },
        phone: Some(Phone {
            id: "s1".into(),
            business: "Kaveri Textiles".into(),
            avatar: Avatar::of("Kaveri Textiles"),
            line: "Asha’s phone, to +91 80 4718 0000".into(),
            items: PhoneItems {
                person: "s1".into(),
                items: vec![
                    bubble("b1", false, "Do you have this in blue?", Some(Delivery::Read)),
                    Bubble {
                        reactions: vec![Reaction { emoji: "👍".into(), by: "You".into() }],
                        ..bubble(
                            "b2",
                            true,
                            "We have two left in blue. Shall I keep one aside for you?",
                            None,
                        )
                    },
                    bubble("b3", false, "Yes please 🙏", Some(Delivery::Delivered)),
                ],
            },
        }),
        from: None,
        calls: SandboxCalls::default(),
        day: SampleDay::default(),
    }
}
