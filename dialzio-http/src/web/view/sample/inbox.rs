//! The inbox with invented people.

use super::{at, shell, thread};
use crate::web::view::{
    Avatar, Chip, Choice, Tone,
    composer::{Attachable, Composer, Refusal},
    inbox::{Conversation, InboxPage, Queue, QueueList, QueueRow, State, View},
    picker::{OptIn, Picker, PreviewPart, TemplateField, TemplateForm, TemplateItem},
    shell::Place,
};

/// Which conversation is open.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Case {
    /// The window is open.
    Open,
    /// The window is shut, so a template is needed.
    Shut,
    /// Nothing may be sent.
    Refused,
}

impl Case {
    pub(crate) fn of(id: &str) -> Self {
        match id {
            "shut" => Self::Shut,
            "refused" => Self::Refused,
            _ => Self::Open,
        }
    }
}

pub(crate) fn page(query: &str, open: Option<Case>) -> InboxPage {
    InboxPage {
        shell: shell("Inbox", Place::Inbox),
        queue: Queue {
            account: Some("Shop line · +91 80 4718 0000".into()),
            search: String::new(),
            list: list_with(query, open),
        },
        conversation: open.map_or(Conversation::None, conversation),
    }
}

pub(crate) fn empty() -> InboxPage {
    let mut page = page("", None);
    page.queue.list.rows.clear();
    page.queue.list.next = None;
    page
}

pub(crate) fn conversation(case: Case) -> Conversation {
    Conversation::Open { thread: Box::new(thread::pane(case)), person: Box::new(thread::person(case)) }
}

pub(crate) fn list(query: &str) -> QueueList {
    list_with(query, None)
}

fn list_with(query: &str, open: Option<Case>) -> QueueList {
    let view = if query.contains("view=all") {
        View::All
    } else if query.contains("view=unassigned") {
        View::Unassigned
    } else {
        View::Mine
    };
    let state = if query.contains("state=closed") {
        State::Closed
    } else if query.contains("state=snoozed") {
        State::Snoozed
    } else {
        State::Open
    };
    let rows = if state == State::Open { rows(open) } else { Vec::new() };
    QueueList {
        view,
        state,
        search: String::new(),
        mine: 6,
        unassigned: 4,
        all: 31,
        open: 31,
        snoozed: 5,
        rows,
        next: Some("k2".into()),
        is_continuation: query.contains("after="),
    }
}

fn rows(open: Option<Case>) -> Vec<QueueRow> {
    let left = |hours: u32| {
        Chip::new(Tone::Ok, format!("{hours} h left")).because("Until then you can reply freely")
    };
    let shut = || Chip::new(Tone::Neutral, "Template only");
    let row = |id: &str, name: &str, time: &str, last: &str, unread: u64, chips: Vec<Chip>| QueueRow {
        id: id.into(),
        name: name.into(),
        avatar: Avatar::of(name),
        time: at(time),
        last: last.into(),
        unread,
        chips,
        is_selected: match open {
            Some(Case::Open) => id == "c1",
            Some(Case::Shut) => id == "shut",
            Some(Case::Refused) => id == "refused",
            None => false,
        },
    };
    vec![
        row(
            "c1",
            "Asha Subramaniam",
            "10:42",
            "Can you hold the blue one until Friday?",
            0,
            vec![left(21), Chip::new(Tone::Neutral, "Customer")],
        ),
        row(
            "c2",
            "Imran M.",
            "10:38",
            "Photo · is this the right part?",
            2,
            vec![left(23), Chip::new(Tone::Info, "New lead")],
        ),
        row(
            "c3",
            "@kavya.designs",
            "10:15",
            "Hi, saw your ad. Price for 40 pieces?",
            1,
            vec![left(22), Chip::new(Tone::Neutral, "No number shared")],
        ),
        row(
            "c4",
            "Prakash Nair",
            "09:51",
            "You: Sent the invoice just now",
            0,
            vec![Chip::new(Tone::Warn, "54 min left"), Chip::new(Tone::Neutral, "Customer")],
        ),
        row(
            "c5",
            "João Carvalho",
            "Yesterday",
            "You: Not delivered · number has no WhatsApp",
            0,
            vec![Chip::new(Tone::Bad, "Failed"), shut()],
        ),
        row("shut", "Tara Rao", "Yesterday", "Thank you so much!", 0, vec![shut()]),
        row("refused", "Lakshmi D.", "Fri", "STOP", 0, vec![shut(), Chip::new(Tone::Warn, "No marketing")]),
        row(
            "c8",
            "+971 50 123 4567",
            "Fri",
            "Voice message · 0:24",
            0,
            vec![shut(), Chip::new(Tone::Info, "New lead")],
        ),
    ]
}

pub(crate) fn composer(case: Case) -> Composer {
    let base = Composer {
        conversation: "c1".into(),
        window: None,
        consent: None,
        advice: None,
        viewing: None,
        can_reply: false,
        has_templates: true,
        files: Some(Attachable {
            accept: "image/jpeg,image/png,application/pdf".into(),
            provider: "WhatsApp".into(),
            kinds: "pictures|5242880|image/jpeg,image/png\ndocuments|104857600|application/pdf".into(),
            takes: "JPEG, PNG, PDF".into(),
        }),
        refusal: None,
        draft: String::new(),
        quote: None,
        max_length: 4096,
        picker: None,
    };
    match case {
        Case::Open => Composer {
            window: Some(
                Chip::new(Tone::Ok, "Reply window open · 21 h left").because("Until tomorrow 10:42"),
            ),
            consent: Some(Chip::new(Tone::Neutral, "Service reply needs no opt-in")),
            viewing: Some("Meera is viewing".into()),
            can_reply: true,
            draft: "Of course, it is kept aside in your name until Friday evening.".into(),
            ..base
        },
        Case::Shut => Composer {
            conversation: "shut".into(),
            window: Some(Chip::new(Tone::Warn, "Reply window closed since 09:12")),
            advice: Some("Choose an approved template. It opens again when Tara writes.".into()),
            picker: Some(picker(false)),
            ..base
        },
        Case::Refused => Composer {
            conversation: "refused".into(),
            window: Some(Chip::new(Tone::Neutral, "Reply window closed since Fri 18:04")),
            refusal: Some(Refusal {
                reason: "Lakshmi opted out on 20 Nov (wrote STOP). You can reply when she writes again."
                    .into(),
                way_out: Some(("/contacts/p1?tab=consent".into(), "See the ledger".into())),
            }),
            ..base
        },
    }
}

pub(crate) fn picker(can_close: bool) -> Picker {
    let item = |id: &str, name: &str, category: &str, language: &str, refusal: Option<&str>| TemplateItem {
        id: id.into(),
        name: name.into(),
        category: category.into(),
        quality: Some("quality high".into()),
        language: language.into(),
        refusal: refusal.map(Into::into),
        is_chosen: id == "t1",
    };
    Picker {
        conversation: "shut".into(),
        search: String::new(),
        can_close,
        templates: vec![
            item("t1", "order_ready", "Utility", "en", None),
            item("t2", "order_ready", "Utility", "ta", None),
            item("t3", "visit_reminder", "Utility", "en", None),
            item("t4", "new_season", "Marketing", "en", Some("Tara opted out on 2 Nov (wrote STOP)")),
        ],
        chosen: Some(TemplateForm {
            id: "t1".into(),
            name: "order_ready".into(),
            fields: vec![
                TemplateField {
                    name: "name".into(),
                    label: "Name".into(),
                    value: "Tara".into(),
                    error: None,
                },
                TemplateField {
                    name: "order".into(),
                    label: "Order number".into(),
                    value: String::new(),
                    error: None,
                },
            ],
            header: vec![PreviewPart::Text("Your order is ready".into())],
            body: vec![
                PreviewPart::Text("Hello ".into()),
                PreviewPart::Slot { name: "name".into(), label: "name".into(), value: "Tara".into() },
                PreviewPart::Text(", order ".into()),
                PreviewPart::Slot { name: "order".into(), label: "order number".into(), value: "".into() },
                PreviewPart::Text(" is ready for collection until 8 pm.".into()),
            ],
            footer: Some("Reply STOP to end".into()),
            buttons: vec!["Directions".into()],
            refusal: None,
            opt_in: None,
        }),
    }
}

pub(crate) fn refused_picker() -> Picker {
    let mut picker = picker(true);
    for item in &mut picker.templates {
        item.is_chosen = item.id == "t4";
    }
    if let Some(form) = &mut picker.chosen {
        form.id = "t4".into();
        form.fields.clear();
        form.header = vec![PreviewPart::Text("The new season is here".into())];
        form.body = vec![PreviewPart::Text("Come and see 40 new colours, from Saturday.".into())];
        form.refusal = Some("Not possible: Tara has not agreed to marketing on WhatsApp.".into());
        form.opt_in = Some(OptIn {
            purpose: "marketing".into(),
            label: "WhatsApp, marketing".into(),
            methods: vec![
                Choice::new("paper", "On paper"),
                Choice::new("agent_call", "On the phone").chosen(),
                Choice::new("web_form", "In a web form"),
            ],
            evidence: String::new(),
            date: "2026-11-23".into(),
            error: None,
            is_open: true,
        });
    }
    picker
}
