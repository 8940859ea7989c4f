//! Right pane of the inbox, and the parts that the contact page shares with it.

use askama::Template;

use super::{Avatar, Chip, Choice, Moment, RichText, Shown};

/// Who the conversation is with. Answer of `GET /web/conversations/{id}/person`, put in the place of `#person`.
#[derive(Clone, Debug, Template)]
#[template(path = "person.html")]
pub(crate) struct PersonPane {
    /// Id of the contact.
    pub(crate) contact: String,
    /// Name, `@username` or number.
    pub(crate) name: Shown,
    /// Mark.
    pub(crate) avatar: Avatar,
    /// Do not contact, restricted, and the like.
    pub(crate) chips: Vec<Chip>,
    /// Stage, owner and tags.
    pub(crate) status: ContactStatus,
    /// Numbers, addresses, city with the time there.
    pub(crate) addresses: super::addresses::Addresses,
    /// Who may be another person.
    pub(crate) doubts: Vec<Doubt>,
    /// One row per purpose.
    pub(crate) consent: Vec<ConsentRow>,
    /// Follow-ups.
    pub(crate) tasks: Tasks,
    /// Notes on the person.
    pub(crate) notes: Notes,
    /// How long things are kept, in a sentence.
    pub(crate) kept: Shown,
}

impl askama::filters::HtmlSafe for PersonPane {}

/// A person with another profile writes from a number that the person had given up.
#[derive(Clone, Debug)]
pub(crate) struct Doubt {
    /// Where the answer goes.
    pub(crate) path: String,
    /// The identity.
    pub(crate) identity: String,
    /// What was seen.
    pub(crate) text: Shown,
}

/// Stage, owner, tags, each changed in place. Answer of the posts that change them, put in the place of `#contact-status`.
#[derive(Clone, Debug, Template)]
#[template(path = "contact_status.html")]
pub(crate) struct ContactStatus {
    /// Id of the contact.
    pub(crate) contact: String,
    /// Stages of the organisation.
    pub(crate) stages: Vec<Choice>,
    /// Members; the empty value is unassigned.
    pub(crate) owners: Vec<Choice>,
    /// Tags on the contact.
    pub(crate) tags: Vec<Shown>,
    /// Whether the reader may change them; otherwise they are text.
    pub(crate) can_write: bool,
}

impl askama::filters::HtmlSafe for ContactStatus {}

impl ContactStatus {
    /// The present stage in words.
    pub(crate) fn stage(&self) -> Shown {
        present(&self.stages)
    }

    /// The present owner's name.
    pub(crate) fn owner(&self) -> Shown {
        present(&self.owners)
    }
}

fn present(choices: &[Choice]) -> Shown {
    choices.iter().find(|choice| choice.selected).map(|choice| choice.label.clone()).unwrap_or_default()
}

/// Consent for one purpose on one channel.
#[derive(Clone, Debug)]
pub(crate) struct ConsentRow {
    /// "WhatsApp, marketing".
    pub(crate) label: Shown,
    /// "Opted in 3 Oct", "Not asked".
    pub(crate) chip: Chip,
}

/// Follow-ups with a form to add one. Answer of their posts, put in the place of `#tasks`.
#[derive(Clone, Debug, Template)]
#[template(path = "tasks.html")]
pub(crate) struct Tasks {
    /// Id of the contact.
    pub(crate) contact: String,
    /// Open first, then by due time.
    pub(crate) tasks: Vec<Task>,
    /// What is wrong with the form.
    pub(crate) error: Option<String>,
    /// Whether the reader may add and finish tasks.
    pub(crate) can_write: bool,
}

impl askama::filters::HtmlSafe for Tasks {}

/// One follow-up.
#[derive(Clone, Debug)]
pub(crate) struct Task {
    /// Id.
    pub(crate) id: String,
    /// What is to be done.
    pub(crate) text: Shown,
    /// "Fri 17:00", warn when due, bad when overdue.
    pub(crate) due: Option<Chip>,
    /// Whether it is done.
    pub(crate) is_done: bool,
}

/// Notes with a form to add one. Answer of its post, put in the place of `#notes`.
#[derive(Clone, Debug, Template)]
#[template(path = "notes.html")]
pub(crate) struct Notes {
    /// Id of the contact.
    pub(crate) contact: String,
    /// Newest first.
    pub(crate) notes: Vec<Note>,
    /// What is wrong with the form.
    pub(crate) error: Option<String>,
    /// Whether the reader may add notes.
    pub(crate) can_write: bool,
}

impl askama::filters::HtmlSafe for Notes {}

/// One note on a person.
#[derive(Clone, Debug)]
pub(crate) struct Note {
    /// Who wrote it.
    pub(crate) author: Shown,
    /// When.
    pub(crate) time: Moment,
    /// Words.
    pub(crate) text: RichText,
}
