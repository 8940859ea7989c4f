//! The parts page, filled.

use super::{inbox, pages, shell, thread};
use crate::web::view::{
    Action, Avatar, Chip, Tone,
    composer::Composer,
    contact_list::ContactRows,
    inbox::QueueList,
    parts::{PartsPage, Side},
    sandbox::SampleDay,
    shell::{Place, Undo},
    state::State,
    tasks::{Due, TaskList},
};

pub(crate) fn page(base: &str) -> PartsPage {
    let shell = super::Shell { base: base.to_owned(), ..shell("Parts", Place::Elsewhere) };
    PartsPage { shell, sides: ["light", "dark"].map(side).into() }
}

fn side(theme: &'static str) -> Side {
    use super::composer::{Case, composer, refused_picker};
    Side {
        theme,
        chips: vec![
            Chip::new(Tone::Neutral, "Customer"),
            Chip::new(Tone::Ok, "21 h left"),
            Chip::new(Tone::Warn, "54 min left"),
            Chip::new(Tone::Bad, "Failed"),
            Chip::new(Tone::Info, "New lead"),
            Chip::new(Tone::Ok, "Counts down by itself").closing(86_000),
        ],
        avatars: ["Asha S", "Imran M", "@kavya", "Prakash Nair", "Lakshmi D", "João C", "Tara Rao"]
            .iter()
            .map(|name| Avatar::of(name))
            .collect(),
        queues: vec![inbox::list(""), QueueList { groups: Vec::new(), ..inbox::list("") }],
        heads: [State::Open, State::Snoozed, State::Closed]
            .map(|state| thread::head(Case::Open, state))
            .into(),
        items: thread::every_item(),
        composers: vec![
            composer(Case::Open),
            Composer {
                window: Some(Chip::new(Tone::Warn, "Reply window open · 54 min left")),
                draft: String::new(),
                note_draft: String::new(),
                viewing: None,
                ..composer(Case::Open)
            },
            composer(Case::Shut),
            Composer { picker: Some(refused_picker()), ..composer(Case::Shut) },
            composer(Case::Refused),
        ],
        person: thread::person(Case::Refused),
        ledger: pages::ledger(),
        contacts: vec![pages::rows(), ContactRows::default()],
        new_contact: pages::wrong_contact(),
        timeline: pages::timeline(),
        task_lists: vec![
            pages::tasks(),
            TaskList { due: Due::Today, can_write: true, ..TaskList::default() },
        ],
        numbers: pages::cards(),
        settings: pages::settings_form(),
        held: pages::held_event(),
        days: vec![
            SampleDay::default(),
            SampleDay { done: 84, total: 214, is_running: true, outcome: None },
            SampleDay { outcome: Some("214 messages from 32 people.".into()), ..SampleDay::default() },
        ],
        undo: Undo {
            target: "thread-head",
            text: "Closed.".into(),
            action: Action::new("Undo", "web/conversations/c1/reopen"),
            seconds: 10,
        },
        problem: "Not sent: 104 MB is over WhatsApp’s 100 MB limit for documents.".into(),
        action: Action::new("Plain", "dev/parts"),
    }
}
