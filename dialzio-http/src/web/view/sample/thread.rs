//! A thread with one item of each kind, and its person.

use super::{
    at,
    composer::{Case, composer},
};
use crate::web::view::addresses::Addresses;
use crate::web::view::{
    Action, Avatar, Chip, Choice, Fact, RichText, Shown, Tone,
    message::{Bubble, Card, Content, Delivery, NoteItem, Quote, Reaction},
    person::{ConsentRow, ContactStatus, Doubt, Note, Notes, PersonPane, Task, Tasks},
    scheduled::{ScheduledItem, ScheduledList},
    state::State,
    thread::{EventLine, Folded, Item, ThreadHead, ThreadItems, ThreadPane},
};

pub(crate) fn name(case: Case) -> &'static str {
    match case {
        Case::Open => "Asha Subramaniam",
        Case::Shut => "Tara Rao",
        Case::Refused => "Lakshmi D.",
    }
}

pub(crate) fn pane(case: Case) -> ThreadPane {
    ThreadPane {
        at: None,
        head: head(case, State::Open),
        items: items(),
        scheduled: scheduled(),
        composer: composer(case),
    }
}

pub(crate) fn head(case: Case, state: State) -> ThreadHead {
    ThreadHead {
        id: match case {
            Case::Open => "c1",
            Case::Shut => "shut",
            Case::Refused => "refused",
        }
        .into(),
        name: name(case).into(),
        avatar: Avatar::of(name(case)),
        line: "WhatsApp · +91 98400 12345 · assigned to you".into(),
        call: Some(("+919840012345".to_owned(), "c1".to_owned())),
        state,
        until: (state == State::Snoozed).then(|| "until tomorrow 09:00".to_owned()),
        members: vec![
            Choice::new("m1", "Ravi Kumar").with("you").chosen(),
            Choice::new("m2", "Meera Iyer").with("7 open"),
            Choice::new("", "Unassigned"),
        ],
        me: "m1".into(),
        takes: "assign",
        snooze: vec![
            Choice::new("2026-11-23T14:00:00+05:30", "Later today").with("14:00"),
            Choice::new("2026-11-24T09:00:00+05:30", "Tomorrow morning").with("Tue 09:00"),
            Choice::new("2026-11-30T09:00:00+05:30", "Next week").with("Mon 30 Nov, 09:00"),
        ],
        back: "inbox?view=mine&state=open".into(),
        can_write: true,
    }
}

fn message(id: &str, time: &str, content: Content) -> Bubble {
    Bubble {
        id: id.into(),
        is_inbound: true,
        speaker: None,
        author: None,
        content,
        quote: None,
        origin: None,
        advert: None,
        reactions: Vec::new(),
        time: at(time),
        is_edited: false,
        delivery: None,
        can_quote: true,
    }
}

fn ours(id: &str, time: &str, text: &str, delivery: Delivery) -> Item {
    let bubble = message(id, time, Content::Text(text.into()));
    Item::Message(Box::new(Bubble { is_inbound: false, delivery: Some(delivery), ..bubble }))
}

fn theirs(bubble: Bubble) -> Item {
    Item::Message(Box::new(bubble))
}

fn photo() -> Content {
    Content::Image {
        src: "assets/sample-photo.svg".into(),
        size: Some((240, 132)),
        caption: Some("This one, in blue please".into()),
    }
}

/// What a usual morning looks like.
pub(crate) fn items() -> ThreadItems {
    let day = |date: &str, label: &str| Item::Day { date: date.into(), label: label.into() };
    ThreadItems {
        conversation: "c1".into(),
        earlier: Some("k1".into()),
        items: vec![
            day("2026-11-22", "Yesterday"),
            Item::Event(EventLine {
                id: "e1".into(),
                text: "Meera assigned this to Ravi".into(),
                time: at("16:20"),
                tone: Tone::Neutral,
                folds: false,
            }),
            Item::Note(NoteItem {
                id: "n1".into(),
                author: "Ravi".into(),
                time: at("16:24"),
                text: "Wants delivery before Diwali. Offered free wrapping.".into(),
            }),
            day("2026-11-23", "Today"),
            theirs(message("m1", "10:31", photo())),
            ours("m2", "10:34", "We have two left in blue. Shall I keep one aside for you?", Delivery::Read),
            theirs(Bubble {
                reactions: vec![Reaction { emoji: "❤️".into(), by: "Ravi".into() }],
                ..message("m3", "10:41", Content::Text("Yes please 🙏".into()))
            }),
            theirs(message(
                "m4",
                "10:42",
                Content::Text(
                    "Can you hold the blue one until Friday? <b>Sale</b> at https://example.com/blue, right?"
                        .into(),
                ),
            )),
            ours(
                "m5",
                "10:43",
                "Here is the catalogue for the new season",
                Delivery::Failed {
                    reason: "Not sent: 104 MB is over WhatsApp’s 100 MB limit for documents.".into(),
                    details: Some("131053 Media upload error".into()),
                    actions: vec![
                        Action::new("Send as link", "web/messages/m5/link").field("key", "1"),
                        Action::new("Remove", "web/messages/m5/drop"),
                    ],
                },
            ),
        ],
    }
}

/// Three changes in a row.
pub(super) fn changes() -> Vec<EventLine> {
    let all = [
        ("e3", "Ravi assigned this to themselves", "10:51"),
        ("e4", "Ravi snoozed the conversation until tomorrow 09:00", "10:51"),
        ("e5", "Ravi closed the conversation", "10:58"),
    ];
    let line = |(id, text, time): (&str, &str, &str)| EventLine {
        id: id.into(),
        text: text.into(),
        time: at(time),
        tone: Tone::Neutral,
        folds: true,
    };
    all.map(line).into()
}

/// One item of each kind and state.
pub(crate) fn every_item() -> ThreadItems {
    let mut all = items();
    let body: RichText = "Hello Tara, order 4711 is ready for collection until 8 pm.".into();
    all.earlier = None;
    all.items.extend([
        Item::New { count: 8 },
        Item::Event(EventLine {
            id: "e2".into(),
            text: "Asha opted out of marketing (wrote STOP)".into(),
            time: at("10:50"),
            tone: Tone::Warn,
            folds: false,
        }),
        Item::Folded(Folded { lines: changes() }),
        theirs(message(
            "x1",
            "10:52",
            Content::Document {
                href: "assets/favicon.svg".into(),
                name: "Invoice\u{202E}fdp.exe".into(),
                kind: "PDF · 1.2 MB".into(),
                caption: None,
            },
        )),
        theirs(message(
            "x2",
            "10:52",
            Content::Audio { src: "assets/none.ogg".into(), length: Some("0:24".into()) },
        )),
        theirs(message(
            "x3",
            "10:53",
            Content::Location {
                label: "T. Nagar".into(),
                detail: "Usman Road, Chennai".into(),
                href: Some("https://www.openstreetmap.org/?mlat=13.04&mlon=80.23".into()),
            },
        )),
        theirs(message(
            "x4",
            "10:53",
            Content::Cards(vec![
                Card {
                    name: "Meera Iyer".into(),
                    details: vec!["Lake Clinic".into(), "+91 98400 55555 · CELL".into()],
                },
                Card { name: "Plumber".into(), details: vec!["No number on it".into()] },
            ]),
        )),
        theirs(message(
            "x5",
            "10:54",
            Content::Video { src: "assets/none.mp4".into(), caption: Some("How it folds".into()) },
        )),
        theirs(message(
            "x6",
            "10:54",
            Content::MediaPending { what: "Photo · loading".into(), caption: None },
        )),
        theirs(message(
            "x7",
            "10:55",
            Content::MediaGone {
                reason: "Photo · removed after 12 months".into(),
                caption: Some("In blue".into()),
            },
        )),
        theirs(message("x8", "10:55", Content::Revoked)),
        theirs(message("x9", "10:56", Content::Unsupported("a poll".into()))),
        theirs(Bubble {
            is_edited: true,
            quote: Some(Quote {
                id: Some("m2".into()),
                author: "You".into(),
                text: "We have two left in blue. Shall I keep one aside for you?".into(),
            }),
            ..message("x10", "10:57", Content::Text("Yes, both if you can".into()))
        }),
        theirs(Bubble {
            is_inbound: false,
            author: Some("Meera".into()),
            delivery: Some(Delivery::Delivered),
            ..message(
                "x11",
                "10:58",
                Content::Template {
                    name: "order_ready".into(),
                    header: Some("Your order is ready".into()),
                    body,
                    footer: Some("Reply STOP to end".into()),
                    buttons: vec!["Directions".into(), "Call us".into()],
                },
            )
        }),
        ours("x12", "10:59", "Queued", Delivery::Queued),
        ours("x13", "10:59", "Sent", Delivery::Sent),
        ours("x14", "10:59", "Delivered", Delivery::Delivered),
        ours("x15", "10:59", "Read", Delivery::Read),
        ours(
            "x16",
            "11:00",
            "It is unknown whether this was sent",
            Delivery::Unknown {
                reason: "WhatsApp did not answer, so it is not known whether this was sent.".into(),
                actions: vec![
                    Action::new("Send again", "web/messages/x16/resend"),
                    Action::new("Mark as sent", "web/messages/x16/mark-sent"),
                    Action::new("Mark as failed", "web/messages/x16/drop"),
                ],
            },
        ),
        ours(
            "x17",
            "11:00",
            "The new season is here",
            Delivery::Deferred {
                when: "Goes out at 10:00, after quiet hours".into(),
                actions: vec![Action::new("Cancel", "web/messages/x17/cancel")],
            },
        ),
        ours(
            "x18",
            "11:01",
            "The new season is here",
            Delivery::Suppressed { reason: "Not sent: opted out on 2 Nov (wrote STOP).".into() },
        ),
        ours(
            "x19",
            "11:01",
            "Never mind",
            Delivery::Cancelled { reason: "Cancelled before sending, 11:02.".into() },
        ),
    ]);
    all
}

pub(crate) fn status() -> ContactStatus {
    ContactStatus {
        can_write: true,
        contact: "p1".into(),
        stages: vec![
            Choice::new("new", "New"),
            Choice::new("customer", "Customer").chosen(),
            Choice::new("lost", "Lost"),
        ],
        owners: vec![
            Choice::new("", "Unassigned"),
            Choice::new("m1", "Ravi Kumar").chosen(),
            Choice::new("m2", "Meera Iyer"),
        ],
        tags: vec!["silk".into(), "festive".into()],
    }
}

pub(crate) fn addresses() -> Addresses {
    let facts = vec![
        Fact::new("Mobile", "+91 98400 12345"),
        Fact::new("WhatsApp", "same number"),
        Fact::new("Email", "asha@example.com"),
        Fact::new("City", "Chennai · 11:02 there"),
    ];
    Addresses { facts, is_masked: false, reveal: None, is_revealed: false }
}

pub(crate) fn consent() -> Vec<ConsentRow> {
    let row = |label: &str, tone, text: &str| ConsentRow { label: label.into(), chip: Chip::new(tone, text) };
    vec![
        row("WhatsApp, replies", Tone::Ok, "No opt-in needed"),
        row("WhatsApp, marketing", Tone::Ok, "Opted in 3 Oct"),
        row("WhatsApp, updates", Tone::Bad, "Opted out 2 Nov"),
        row("Phone calls", Tone::Warn, "Not asked"),
    ]
}

pub(crate) fn tasks() -> Tasks {
    Tasks {
        contact: "p1".into(),
        error: None,
        can_write: true,
        tasks: vec![
            Task {
                id: "k1".into(),
                text: "Call about delivery date".into(),
                due: Some(Chip::new(Tone::Warn, "Fri 17:00")),
                is_done: false,
            },
            Task {
                id: "k2".into(),
                text: "Send the swatches".into(),
                due: Some(Chip::new(Tone::Bad, "2 days late")),
                is_done: false,
            },
            Task { id: "k3".into(), text: "Ask for the address".into(), due: None, is_done: true },
        ],
    }
}

pub(crate) fn notes() -> Notes {
    Notes {
        contact: "p1".into(),
        error: None,
        can_write: true,
        notes: vec![Note {
            author: "Ravi".into(),
            time: at("14 Nov"),
            text: "Prefers Tamil. Two earlier orders, always blue.".into(),
        }],
    }
}

pub(crate) fn doubts() -> Vec<Doubt> {
    vec![Doubt {
        path: "web/contacts/p1/doubt".into(),
        identity: "i1".into(),
        text: "Ravi writes from +91 98400 12345, which Asha had given up on 3 Nov.".into(),
    }]
}

pub(crate) fn kept() -> Shown {
    "Messages are deleted 365 days after they are sent. Oldest here: 14 Mar.".into()
}

pub(crate) fn person(case: Case) -> PersonPane {
    PersonPane {
        contact: "p1".into(),
        name: name(case).into(),
        avatar: Avatar::of(name(case)),
        chips: if case == Case::Refused {
            vec![Chip::new(Tone::Bad, "Do not contact").because("Wrote STOP on 20 Nov")]
        } else {
            Vec::new()
        },
        status: status(),
        addresses: addresses(),
        doubts: doubts(),
        consent: consent(),
        tasks: tasks(),
        notes: notes(),
        kept: kept(),
    }
}

pub(crate) fn scheduled() -> ScheduledList {
    let waits = ScheduledItem {
        id: "s1".into(),
        revision: "1".into(),
        author: "You".into(),
        text: "What you ordered is ready to be picked up.".into(),
        when: "tomorrow 09:00".into(),
        refused: None,
        warning: Some("Will not be sent as things stand: The reply window is closed.".into()),
    };
    let refused = ScheduledItem {
        id: "s2".into(),
        refused: Some("Not sent yesterday 09:00. Opted out.".into()),
        warning: None,
        ..waits.clone()
    };
    ScheduledList { conversation: "c1".into(), items: vec![waits, refused], form: None, can_send: true }
}
