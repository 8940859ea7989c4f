//! Where an answer is written: reply, private note, template.

use askama::Template;

use super::{Chip, Choice, Shown, message::Quote, picker::Picker};

/// Below the log. Answer of `GET /web/conversations/{id}/composer`, put in the place of `#composer`;
/// the page asks for it when the window or consent changes and nothing is typed.
#[derive(Clone, Debug, Template)]
#[template(path = "composer.html")]
pub(crate) struct Composer {
    /// Id of the conversation.
    pub(crate) conversation: String,
    /// The line that answers, as soon as there are two: "Shop line".
    pub(crate) line: Option<Shown>,
    /// Whether the person can be answered by another line.
    pub(crate) can_switch: bool,
    /// A text that confirms an opt-out, where nothing else may be sent.
    pub(crate) confirmation: Option<String>,
    /// Whether a reply is possible: "You can reply for 21 h", "Reply window closed since 09:12", or that an opt-out may be
    /// confirmed.
    pub(crate) window: Option<Chip>,
    /// What consent says about a reply, in words: "Service reply needs no opt-in".
    pub(crate) consent: Option<Chip>,
    /// One more sentence beside the chips: "Choose an approved template. It opens again when Tara writes."
    pub(crate) advice: Option<Shown>,
    /// "Meera is viewing".
    pub(crate) viewing: Option<Shown>,
    /// Whether free text may be sent now. If not, the picker takes the place of the reply box.
    pub(crate) can_reply: bool,
    /// When a reply could be sent later: value is RFC 3339, label "Tomorrow morning", detail "Tue 09:00".
    pub(crate) later: Vec<Choice>,
    /// Whether the channel has templates.
    pub(crate) has_templates: bool,
    /// What may be attached; `None` if the channel takes no files.
    pub(crate) files: Option<Attachable>,
    /// Nothing at all may be sent, and why.
    pub(crate) refusal: Option<Refusal>,
    /// Whether the reader may write private notes.
    pub(crate) can_note: bool,
    /// What the reader has begun to write to the person.
    pub(crate) draft: String,
    /// What the reader has begun to write as a note.
    pub(crate) note_draft: String,
    /// The message that is being answered.
    pub(crate) quote: Option<Quote>,
    /// How texts are counted, where they are sent as SMS.
    pub(crate) sms: Option<SmsCounting>,
    /// Longest text that the channel takes, in characters.
    pub(crate) longest: usize,
    /// Longest text beside a file, in characters.
    pub(crate) longest_caption: usize,
    /// Longest private note, in characters.
    pub(crate) longest_note: usize,
    /// The picker, already open because the window is shut.
    pub(crate) picker: Option<Picker>,
}

impl askama::filters::HtmlSafe for Composer {}

/// Who else has the conversation on the screen, put in the place of `#viewing`.
#[derive(Clone, Debug, Template)]
#[template(path = "viewing.html")]
pub(crate) struct Viewing {
    /// "Meera is viewing".
    pub(crate) viewing: Option<Shown>,
}

/// By which line an answer goes, put into `#ways`.
#[derive(Clone, Debug, Template)]
#[template(path = "ways.html")]
pub(crate) struct Ways {
    /// Id of the person.
    pub(crate) contact: String,
    /// The lines.
    pub(crate) ways: Vec<Way>,
}

/// A line that an answer can go by.
#[derive(Clone, Debug)]
pub(crate) struct Way {
    /// Id of the account.
    pub(crate) account: String,
    /// "SMS · Front desk".
    pub(crate) label: Shown,
    /// What the gate says to a reply there.
    pub(crate) verdict: Shown,
    /// Whether it is the one that is open.
    pub(crate) is_current: bool,
}

/// How the page counts a text as SMS, as [`dialzio_core::sms::Segments`] does.
#[derive(Clone, Debug)]
pub(crate) struct SmsCounting {
    /// What one segment costs: "0.25 INR"; empty if that is not known.
    pub(crate) price: String,
}

impl SmsCounting {
    /// The characters of the default alphabet.
    pub(crate) const fn basic(&self) -> &'static str {
        dialzio_core::sms::GSM7_BASIC
    }

    /// The characters of its extension table.
    pub(crate) const fn extended(&self) -> &'static str {
        dialzio_core::sms::GSM7_EXTENDED
    }
}

/// The files that a channel takes, so that one that cannot go says so before it is uploaded.
#[derive(Clone, Debug)]
pub(crate) struct Attachable {
    /// Types for the dialog of the browser.
    pub(crate) accept: String,
    /// Whose limits these are: "WhatsApp".
    pub(crate) provider: String,
    /// One line for each kind: what it is called, its largest size in bytes, its types.
    pub(crate) kinds: String,
    /// All types in words.
    pub(crate) takes: String,
}

/// Why nothing may be sent, with the one action that helps.
#[derive(Clone, Debug)]
pub(crate) struct Refusal {
    /// "Asha opted out on 2 Nov (wrote STOP). You can reply when she writes again."
    pub(crate) reason: Shown,
    /// What helps: a path of our own and the words of its link.
    pub(crate) way_out: Option<(String, String)>,
}
