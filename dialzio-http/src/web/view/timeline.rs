//! What happened with a contact, by day.

use askama::Template;

use super::{Moment, RichText, Shown, thread::Folded};

/// A page of the timeline; answer of `GET /web/contacts/{contact}/timeline`. The first page is put into `#timeline`, a
/// further one takes the place of the button that asked for it.
#[derive(Clone, Debug, Default, Template)]
#[template(path = "timeline.html")]
pub(crate) struct Timeline {
    /// Id of the contact.
    pub(crate) contact: String,
    /// What can be shown alone, and whether it is.
    pub(crate) kinds: Vec<Kind>,
    /// Newest first.
    pub(crate) parts: Vec<Part>,
    /// Address of the next page.
    pub(crate) next: Option<String>,
    /// Whether this follows a page that is already shown.
    pub(crate) is_continuation: bool,
}

impl askama::filters::HtmlSafe for Timeline {}

impl Timeline {
    /// Whether only one kind is shown.
    fn is_filtered(&self) -> bool {
        self.kinds.iter().any(|kind| kind.is_shown && !kind.word.is_empty())
    }
}

/// A choice of what is shown.
#[derive(Clone, Debug)]
pub(crate) struct Kind {
    /// "Messages".
    pub(crate) label: &'static str,
    /// The word in the address; empty for everything.
    pub(crate) word: &'static str,
    /// Whether it is shown now.
    pub(crate) is_shown: bool,
}

/// One part of the timeline.
#[derive(Clone, Debug)]
pub(crate) enum Part {
    /// The day of what follows: "Today", "Mon 16 Nov".
    Day(String),
    /// Messages of one conversation.
    Talk(Talk),
    /// A private note.
    Note {
        /// Who wrote it.
        author: Shown,
        /// When.
        time: Moment,
        /// What it says.
        text: RichText,
    },
    /// Routine changes in a row.
    Changes(Folded),
    /// Anything else that happened.
    Line(Line),
}

/// Messages of one conversation in a row, folded to the first and the last.
#[derive(Clone, Debug)]
pub(crate) struct Talk {
    /// Where the conversation is.
    pub(crate) href: String,
    /// "WhatsApp · Shop line".
    pub(crate) line: Shown,
    /// "12 messages".
    pub(crate) count: String,
    /// Oldest first: all of them, or the first and the last.
    pub(crate) shown: Vec<TalkLine>,
    /// How many there are between the first and the last.
    pub(crate) between: usize,
}

/// One message.
#[derive(Clone, Debug)]
pub(crate) struct TalkLine {
    /// Where it can be seen.
    pub(crate) href: String,
    /// Who wrote it.
    pub(crate) who: Shown,
    /// What it says, in one line.
    pub(crate) text: Shown,
    /// When.
    pub(crate) time: Moment,
}

/// Something that happened, in one line.
#[derive(Clone, Debug)]
pub(crate) struct Line {
    /// Name of the icon.
    pub(crate) icon: &'static str,
    /// One sentence.
    pub(crate) text: Shown,
    /// Where more of it can be seen.
    pub(crate) href: Option<String>,
    /// When.
    pub(crate) time: Moment,
}
