//! The sandbox: a phone on which a person plays the customer.

use askama::Template;

use super::{
    Avatar, Shell, Shown,
    message::{Bubble, Content, Delivery},
};

/// The page at `/sandbox` and `/sandbox/{person}`.
#[derive(Clone, Debug, Template)]
#[template(path = "sandbox.html")]
pub(crate) struct SandboxPage {
    /// Around it.
    pub(crate) shell: Shell,
    /// Invented people, newest first.
    pub(crate) people: Vec<SandboxPerson>,
    /// Form for another one.
    pub(crate) form: SandboxForm,
    /// The phone that is switched on.
    pub(crate) phone: Option<Phone>,
    /// Who can call the business: the person whose phone is switched on.
    pub(crate) from: Option<SandboxCaller>,
    /// The calls in progress.
    pub(crate) calls: SandboxCalls,
    /// The day of sample conversations.
    pub(crate) day: SampleDay,
    /// The clock, if it can be moved.
    pub(crate) clock: Option<SandboxClock>,
}

/// A person who can call.
#[derive(Clone, Debug)]
pub(crate) struct SandboxCaller {
    /// Id in the sandbox.
    pub(crate) id: String,
    /// Whether they have a number; otherwise they can only hide it.
    pub(crate) has_number: bool,
}

/// The calls of the sandbox that go on, and its latest SMS; put in the place of `#sandbox-calls`.
#[derive(Clone, Debug, Default, Template)]
#[template(path = "sandbox_calls.html")]
pub(crate) struct SandboxCalls {
    /// Newest first.
    pub(crate) calls: Vec<SandboxCall>,
    /// Newest first.
    pub(crate) sms: Vec<SandboxSms>,
}

/// An SMS of the sandbox.
#[derive(Clone, Debug)]
pub(crate) struct SandboxSms {
    /// Whether it is "from" or "to" the person.
    pub(crate) way: &'static str,
    /// The person's number.
    pub(crate) who: String,
    /// What it says.
    pub(crate) text: Shown,
}

impl askama::filters::HtmlSafe for SandboxCalls {}

/// One call.
#[derive(Clone, Debug)]
pub(crate) struct SandboxCall {
    /// Id at the emulated provider.
    pub(crate) id: String,
    /// "TeleCMI: call from +91 98400 12345".
    pub(crate) title: Shown,
    /// "rings at the desk".
    pub(crate) what: &'static str,
    /// What a call flow has spoken to the caller, and whom it rings; empty without one.
    pub(crate) heard: String,
    /// What someone can do: its word and its label.
    pub(crate) acts: Vec<(&'static str, &'static str)>,
}

/// The clock of the sandbox; answer of its post, put in the place of `#sandbox-clock`.
#[derive(Clone, Debug, Template)]
#[template(path = "sandbox_clock.html")]
pub(crate) struct SandboxClock {
    /// "Mon 23 Nov 2026, 10:42".
    pub(crate) now: String,
    /// "26 hours", "31 days"; nothing while it shows the machine's time.
    pub(crate) ahead: Option<String>,
    /// How far it can be moved: the word in the form, and "1 hour".
    pub(crate) steps: Vec<(&'static str, &'static str)>,
}

impl askama::filters::HtmlSafe for SandboxClock {}

/// The phone of one person alone, to be shown beside their conversation.
#[derive(Clone, Debug, Template)]
#[template(path = "sandbox_frame.html")]
pub(crate) struct SandboxFrame {
    /// Around it.
    pub(crate) shell: Shell,
    /// The phone; nothing for a conversation on a number that is not the sandbox's.
    pub(crate) phone: Option<Phone>,
}

/// One invented person.
#[derive(Clone, Debug)]
pub(crate) struct SandboxPerson {
    /// Id in the sandbox.
    pub(crate) id: String,
    /// Profile name.
    pub(crate) name: Shown,
    /// Number or `@username`.
    pub(crate) address: Shown,
    /// Mark.
    pub(crate) avatar: Avatar,
    /// Whether it is the phone that is switched on.
    pub(crate) is_selected: bool,
}

/// Invents a person; answered with status 422 when something must be corrected.
#[derive(Clone, Debug, Default, Template)]
#[template(path = "sandbox_form.html")]
pub(crate) struct SandboxForm {
    /// Profile name, one suggested.
    pub(crate) name: String,
    /// Number, one suggested; empty for a person who shares none.
    pub(crate) number: String,
    /// Username, for a person who shares no number.
    pub(crate) username: String,
    /// What is wrong.
    pub(crate) error: Option<String>,
}

impl askama::filters::HtmlSafe for SandboxForm {}

/// One phone. The thread is seen from the customer's side: `is_inbound` means from the business.
#[derive(Clone, Debug, Template)]
#[template(path = "phone.html")]
pub(crate) struct Phone {
    /// Id of the person in the sandbox.
    pub(crate) id: String,
    /// Name of the business.
    pub(crate) business: Shown,
    /// Mark of the business.
    pub(crate) avatar: Avatar,
    /// "to Shop line · +91 80 4718 0000".
    pub(crate) line: Shown,
    /// The log.
    pub(crate) items: PhoneItems,
}

impl askama::filters::HtmlSafe for Phone {}

/// The log of a phone; answer of `GET /web/sandbox/{person}/thread` and of its posts, merged into `#phone-items`.
#[derive(Clone, Debug, Default, Template)]
#[template(path = "phone_items.html")]
pub(crate) struct PhoneItems {
    /// Id of the person in the sandbox.
    pub(crate) person: String,
    /// Oldest first.
    pub(crate) items: Vec<Bubble>,
}

impl askama::filters::HtmlSafe for PhoneItems {}

/// A day of sample conversations; answer of its post and of `GET /web/sandbox/day`, put in the place of `#sample-day`.
#[derive(Clone, Debug, Default, Template)]
#[template(path = "sample_day.html")]
pub(crate) struct SampleDay {
    /// Messages played.
    pub(crate) done: u64,
    /// Messages in all; 0 while it does not run.
    pub(crate) total: u64,
    /// Whether it runs now: the part then asks again every second.
    pub(crate) is_running: bool,
    /// What it came to: "214 messages from 32 people".
    pub(crate) outcome: Option<String>,
}

impl askama::filters::HtmlSafe for SampleDay {}
