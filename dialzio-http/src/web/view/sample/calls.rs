//! Calls with invented people: the log, one call, and the dock.

use super::at;
use crate::web::view::{
    Avatar, Chip, Choice, Fact, Tone,
    calls::{CallCard, CallDay, CallFile, CallList, CallRow, CallTab, DockCall, LegRow, WrapUp},
};

fn row(id: &str, icon: &'static str, way: &'static str, who: &str, state: Chip, time: &str) -> CallRow {
    CallRow {
        id: id.into(),
        icon,
        way,
        channel: None,
        who: who.into(),
        state,
        outcome: None,
        member: "Ravi Kumar".into(),
        talk: String::new(),
        time: at(time),
        has_file: false,
        waits: None,
    }
}

pub(super) fn log() -> CallList {
    let tab =
        |label, count: &str, is_shown| CallTab { label, href: "calls".into(), count: count.into(), is_shown };
    CallList {
        tabs: vec![tab("All", "", true), tab("Missed", "", false), tab("To call back", "1", false)],
        members: vec![Choice::new("", "Anyone").chosen(), Choice::new("m1", "Ravi Kumar")],
        dispositions: vec![Choice::new("", "Any outcome").chosen(), Choice::new("d1", "Interested")],
        durations: vec![Choice::new("", "Any duration").chosen()],
        days: vec![CallDay {
            label: "Today".into(),
            rows: vec![
                CallRow {
                    waits: Some(("12 min".into(), Some("+919962044321".into()))),
                    member: "".into(),
                    ..row("k1", "call-missed", "Missed", "Imran M.", Chip::new(Tone::Bad, "Missed"), "10:38")
                },
                CallRow {
                    outcome: Some("Interested".into()),
                    talk: "4 min 12 s".into(),
                    has_file: true,
                    ..row(
                        "k2",
                        "call-in",
                        "Incoming",
                        "Asha Subramaniam",
                        Chip::new(Tone::Ok, "Answered"),
                        "10:12",
                    )
                },
                CallRow {
                    channel: Some("WhatsApp"),
                    ..row("k3", "call-out", "Outgoing", "@kavya", Chip::new(Tone::Warn, "No answer"), "09:40")
                },
            ],
        }],
        can_write: true,
        ..CallList::default()
    }
}

fn wrap_up(place: &'static str) -> WrapUp {
    WrapUp {
        id: "k2".into(),
        place,
        dispositions: vec![
            Choice::new("", "No outcome"),
            Choice::new("d1", "Interested").chosen(),
            Choice::new("d2", "Call back later"),
        ],
        note: "Wants to see it on Saturday.".into(),
        can_follow_up: true,
        error: None,
    }
}

pub(super) fn card() -> CallCard {
    CallCard {
        id: "k2".into(),
        who: "Asha Subramaniam".into(),
        avatar: Avatar::of("Asha Subramaniam"),
        contact: Some("contacts/p1".into()),
        number: Some("+919840012345".into()),
        chips: vec![Chip::new(Tone::Ok, "Answered"), Chip::new(Tone::Neutral, "Interested")],
        remark: None,
        facts: vec![Fact::new("Began", "Mon 23 Nov 2026, 10:12"), Fact::new("Spoke", "4 min 12 s")],
        legs: vec![
            LegRow { who: "Meera Iyer".into(), what: "did not answer", time: Some(at("10:12")) },
            LegRow { who: "Ravi Kumar".into(), what: "answered", time: Some(at("10:12")) },
        ],
        files: vec![CallFile {
            id: "r1".into(),
            label: "Recording",
            src: None,
            waiting: "It is played once it is known what the person said to being recorded.",
            asks: true,
            kept: "Deleted 90 days after the call.".into(),
        }],
        candidates: Vec::new(),
        can_add: false,
        wrap_up: wrap_up("page"),
        is_waiting: true,
        can_write: true,
        can_delete: true,
        consents: vec![Choice::new("unknown", "Not known").chosen(), Choice::new("given", "Agreed")],
        answers: vec![Choice::new("given", "Agreed"), Choice::new("refused", "Refused")],
    }
}

/// One that rings, and one that has ended.
pub(super) fn docked() -> Vec<DockCall> {
    let rings = DockCall {
        id: "k4".into(),
        who: "Imran M.".into(),
        avatar: Avatar::of("Imran M."),
        contact: Some("contacts/p2".into()),
        state: "Incoming call",
        since: None,
        rings: true,
        lines: vec!["Customer · owner Ravi".into(), "Last: is this the right part?".into()],
        candidates: Vec::new(),
        can_add: false,
        actions: vec![("hang_up", "Hang up")],
        cannot: Some("Answer on your telephone.".into()),
        wrap_up: None,
        remark: None,
    };
    let ended = DockCall {
        id: "k5".into(),
        who: "+971 50 123 4567".into(),
        avatar: Avatar::of("+971"),
        contact: None,
        state: "Ended",
        rings: false,
        lines: Vec::new(),
        can_add: true,
        actions: Vec::new(),
        cannot: None,
        wrap_up: Some(wrap_up("dock")),
        ..rings.clone()
    };
    vec![rings, ended]
}
