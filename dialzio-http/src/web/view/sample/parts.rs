//! The parts page, filled.

use super::{calls, inbox, notices, pages, shell, thread};
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
            Chip::new(Tone::Ok, "Connected"),
            Chip::new(Tone::Warn, "54 min left"),
            Chip::new(Tone::Bad, "Not sent"),
            Chip::new(Tone::Info, "New lead"),
            Chip::new(Tone::Ok, "Counts down by itself").closing(86_000),
        ],
        avatars: ["Asha S", "Imran M", "@kavya", "Prakash Nair", "Lakshmi D", "João C", "Tara Rao"]
            .iter()
            .map(|name| Avatar::of(name))
            .collect(),
        queues: vec![inbox::list(""), QueueList { groups: Vec::new(), ..inbox::list("") }],
        filter: inbox::filter(),
        heads: [State::Open, State::Snoozed, State::Closed]
            .map(|state| thread::head(Case::Open, state))
            .into(),
        items: thread::every_item(),
        composers: vec![
            composer(Case::Open),
            Composer {
                window: Some(Chip::new(Tone::Warn, "You can reply for 54 min")),
                draft: String::new(),
                note_draft: String::new(),
                viewing: None,
                ..composer(Case::Open)
            },
            composer(Case::Shut),
            Composer { picker: Some(refused_picker()), ..composer(Case::Shut) },
            composer(Case::Refused),
        ],
        scheduled: thread::scheduled(),
        canned: notices::canned(),
        mentions: notices::mentions(),
        person: thread::person(Case::Refused),
        ledger: pages::ledger(),
        contacts: vec![pages::rows(), ContactRows::default()],
        contact_filter: pages::contact_filter(),
        new_contact: pages::wrong_contact(),
        timeline: pages::timeline(),
        task_lists: vec![
            pages::tasks(),
            TaskList { due: Due::Today, can_write: true, ..TaskList::default() },
        ],
        notices: notices::list(),
        calls: calls::log(),
        call: calls::card(),
        docked: calls::docked(),
        numbers: pages::cards(),
        settings: pages::settings_form(),
        held: pages::held_event(),
        days: vec![
            SampleDay::default(),
            SampleDay { done: 21, total: 52, is_running: true, outcome: None },
            SampleDay { outcome: Some("52 steps of 12 people.".into()), ..SampleDay::default() },
        ],
        undo: Undo {
            target: "thread-head",
            text: "Closed Asha Subramaniam".into(),
            action: Action::new("Undo", "web/conversations/c1/reopen"),
            seconds: 10,
        },
        problem: "Not sent: 104 MB is over WhatsApp’s 100 MB limit for documents.".into(),
        action: Action::new("Plain", "dev/parts"),
    }
}
