//! The page at `/dev/parts`: every part in every state, light and dark side by side.

use askama::Template;

use super::{
    Action, Avatar, Chip, Shell,
    calls::{CallCard, CallList, DockCall},
    canned_replies::CannedOptions,
    composer::Composer,
    contact::{Ledger, NewContactForm},
    contact_list::{ContactFilter, ContactRows},
    filter::FilterForm,
    inbox::QueueList,
    notices::{MentionOptions, NoticeList},
    numbers::{NumberCard, SettingsForm},
    person::PersonPane,
    quarantine::HeldEvent,
    sandbox::SampleDay,
    scheduled::ScheduledList,
    shell::Undo,
    tasks::TaskList,
    text::Shown,
    thread::{ThreadHead, ThreadItems},
    timeline::Timeline,
};

/// All parts, shown once per theme.
#[derive(Clone, Debug, Template)]
#[template(path = "parts.html")]
pub(crate) struct PartsPage {
    /// Around it.
    pub(crate) shell: Shell,
    /// The same parts, light then dark.
    pub(crate) sides: Vec<Side>,
}

/// One column: a theme and all parts in it.
#[derive(Clone, Debug, Template)]
#[template(path = "parts_side.html")]
pub(crate) struct Side {
    /// "light" or "dark".
    pub(crate) theme: &'static str,
    /// One chip per tone, and a long one.
    pub(crate) chips: Vec<Chip>,
    /// One per ground.
    pub(crate) avatars: Vec<Avatar>,
    /// Filled, and empty.
    pub(crate) queues: Vec<QueueList>,
    /// What narrows and orders the queue.
    pub(crate) filter: FilterForm,
    /// Open, snoozed, closed.
    pub(crate) heads: Vec<ThreadHead>,
    /// Every kind of item.
    pub(crate) items: ThreadItems,
    /// Window open, running out, shut with a picker, refused.
    pub(crate) composers: Vec<Composer>,
    /// What is sent later, and what could not be.
    pub(crate) scheduled: ScheduledList,
    /// What `/` offers.
    pub(crate) canned: CannedOptions,
    /// What `@` offers.
    pub(crate) mentions: MentionOptions,
    /// Right pane.
    pub(crate) person: PersonPane,
    /// Ledger.
    pub(crate) ledger: Ledger,
    /// Table, and empty.
    pub(crate) contacts: Vec<ContactRows>,
    /// What narrows and orders contacts.
    pub(crate) contact_filter: ContactFilter,
    /// Form with mistakes.
    pub(crate) new_contact: NewContactForm,
    /// What happened.
    pub(crate) timeline: Timeline,
    /// Lists of follow-ups.
    pub(crate) task_lists: Vec<TaskList>,
    /// Read and unread.
    pub(crate) notices: NoticeList,
    /// Missed, answered, by WhatsApp.
    pub(crate) calls: CallList,
    /// One call with all that is known.
    pub(crate) call: CallCard,
    /// One that rings, and one that has ended.
    pub(crate) docked: Vec<DockCall>,
    /// Healthy and not.
    pub(crate) numbers: Vec<NumberCard>,
    /// Settings, saved.
    pub(crate) settings: SettingsForm,
    /// An event that is held.
    pub(crate) held: HeldEvent,
    /// Idle, running, done.
    pub(crate) days: Vec<SampleDay>,
    /// Undo bar.
    pub(crate) undo: Undo,
    /// A refusal.
    pub(crate) problem: Shown,
    /// Unused on this page, shown as a plain button.
    pub(crate) action: Action,
}

impl askama::filters::HtmlSafe for Side {}
