//! Calls: the log, one call, what goes on now, and how calls go.

use askama::Template;

use super::saved_views::ViewMenu;
use super::{Avatar, Chip, Choice, Fact, Moment, Shell, Shown};

/// The page at `/calls`.
#[derive(Clone, Debug, Template)]
#[template(path = "calls_page.html")]
pub(crate) struct CallsPage {
    /// Around it.
    pub(crate) shell: Shell,
    /// Whether the reader may place calls.
    pub(crate) can_call: bool,
    /// Saved views.
    pub(crate) views: ViewMenu,
    /// The log.
    pub(crate) list: CallList,
}

/// Tabs, filters and rows. Answer of `GET /web/calls`, put in the place of `#call-list`.
#[derive(Clone, Debug, Default, Template)]
#[template(path = "call_list.html")]
pub(crate) struct CallList {
    /// The parts of the log.
    pub(crate) tabs: Vec<CallTab>,
    /// The view that is shown; its word in the address.
    pub(crate) view: &'static str,
    /// Members to choose from.
    pub(crate) members: Vec<Choice>,
    /// Outcomes to choose from.
    pub(crate) dispositions: Vec<Choice>,
    /// Durations to choose from.
    pub(crate) durations: Vec<Choice>,
    /// The number that is looked for, as typed.
    pub(crate) number: String,
    /// The first day, as an ISO date.
    pub(crate) from: String,
    /// The last day, as an ISO date.
    pub(crate) to: String,
    /// What is wrong with the number or a day.
    pub(crate) error: Option<String>,
    /// Whether something narrows the log.
    pub(crate) is_narrowed: bool,
    /// The query of the page, without a cursor.
    pub(crate) query: String,
    /// Newest first, under their days.
    pub(crate) days: Vec<CallDay>,
    /// Address of the next page of rows.
    pub(crate) next: Option<String>,
    /// Whether the reader may change calls.
    pub(crate) can_write: bool,
}

impl askama::filters::HtmlSafe for CallList {}

impl CallList {
    /// One sentence for an empty log.
    pub(crate) fn empty_sentence(&self) -> &'static str {
        match (self.is_narrowed, self.view) {
            (true, _) => "No call is like this.",
            (false, "waiting") => "No missed call waits to be called back.",
            (false, "missed") => "No call was missed.",
            (false, "voicemail") => "No voicemail was left.",
            (false, _) => "No calls yet. They appear here automatically.",
        }
    }
}

/// A part of the log.
#[derive(Clone, Debug)]
pub(crate) struct CallTab {
    /// "Missed".
    pub(crate) label: &'static str,
    /// Address of the page.
    pub(crate) href: String,
    /// How many wait; empty if none do.
    pub(crate) count: String,
    /// Whether it is shown.
    pub(crate) is_shown: bool,
}

/// The calls of one day.
#[derive(Clone, Debug)]
pub(crate) struct CallDay {
    /// "Today".
    pub(crate) label: String,
    /// Newest first.
    pub(crate) rows: Vec<CallRow>,
}

/// One call in the log.
#[derive(Clone, Debug)]
pub(crate) struct CallRow {
    /// Id.
    pub(crate) id: String,
    /// Name of the icon: which way it went.
    pub(crate) icon: &'static str,
    /// "Incoming", for those who do not see the icon.
    pub(crate) way: &'static str,
    /// "WhatsApp", for a call that did not go by telephone.
    pub(crate) channel: Option<&'static str>,
    /// Who it was with.
    pub(crate) who: Shown,
    /// What became of it.
    pub(crate) state: Chip,
    /// The outcome that was chosen.
    pub(crate) outcome: Option<Shown>,
    /// The member.
    pub(crate) member: Shown,
    /// "4 min 12 s", or empty.
    pub(crate) talk: String,
    /// When it began.
    pub(crate) time: Moment,
    /// Whether there is a recording or voicemail.
    pub(crate) has_file: bool,
    /// A missed call that waits: for how long, and the number to call.
    pub(crate) waits: Option<(String, Option<String>)>,
}

/// The page of one call.
#[derive(Clone, Debug, Template)]
#[template(path = "call_page.html")]
pub(crate) struct CallPage {
    /// Around it.
    pub(crate) shell: Shell,
    /// What it is about.
    pub(crate) card: CallCard,
}

/// One call with all that is known. Put in the place of `#call`.
#[derive(Clone, Debug, Template)]
#[template(path = "call_card.html")]
pub(crate) struct CallCard {
    /// Id.
    pub(crate) id: String,
    /// Who it was with.
    pub(crate) who: Shown,
    /// Mark.
    pub(crate) avatar: Avatar,
    /// Where the contact is.
    pub(crate) contact: Option<String>,
    /// The number to call back and to copy.
    pub(crate) number: Option<String>,
    /// What became of it, and remarks.
    pub(crate) chips: Vec<Chip>,
    /// One sentence about a call that failed, was refused or is not confirmed.
    pub(crate) remark: Option<Shown>,
    /// Times, durations, numbers.
    pub(crate) facts: Vec<Fact>,
    /// The attempts to reach people.
    pub(crate) legs: Vec<LegRow>,
    /// Recordings and voicemails.
    pub(crate) files: Vec<CallFile>,
    /// People who have the number, to choose from; empty if the call is somebody's already or has no number.
    pub(crate) candidates: Vec<Choice>,
    /// Whether a new contact can be made of it.
    pub(crate) can_add: bool,
    /// The form after a call.
    pub(crate) wrap_up: WrapUp,
    /// A missed call that waits to be called back.
    pub(crate) is_waiting: bool,
    /// Whether the reader may change it.
    pub(crate) can_write: bool,
    /// Whether the reader may delete recordings.
    pub(crate) can_delete: bool,
    /// What the person may have said to being recorded, with what is known.
    pub(crate) consents: Vec<Choice>,
    /// What can be entered right at a recording that is not played before.
    pub(crate) answers: Vec<Choice>,
}

impl askama::filters::HtmlSafe for CallCard {}

/// One leg.
#[derive(Clone, Debug)]
pub(crate) struct LegRow {
    /// "Ravi Kumar", "Customer".
    pub(crate) who: Shown,
    /// "answered", "did not answer".
    pub(crate) what: &'static str,
    /// When it began.
    pub(crate) time: Option<Moment>,
}

/// A recording or voicemail.
#[derive(Clone, Debug)]
pub(crate) struct CallFile {
    /// Id.
    pub(crate) id: String,
    /// "Recording", "Voicemail".
    pub(crate) label: &'static str,
    /// Where it is played from; `None` while it is not stored.
    pub(crate) src: Option<String>,
    /// Why it cannot be played.
    pub(crate) waiting: &'static str,
    /// Whether it waits for what the person said to being recorded.
    pub(crate) asks: bool,
    /// Heights of the waveform, 0 to 100; empty for a file that is not read yet.
    pub(crate) kept: String,
}

/// Outcome, note and follow-up. Answer of its post: [`CallCard`], or [`Dock`] from the dock.
#[derive(Clone, Debug, Default, Template)]
#[template(path = "call_wrap_up.html")]
pub(crate) struct WrapUp {
    /// Id of the call.
    pub(crate) id: String,
    /// Where the form stands: `page` or `dock`. Tells its fields apart from those of the other place.
    pub(crate) place: &'static str,
    /// Outcomes.
    pub(crate) dispositions: Vec<Choice>,
    /// The note as it is.
    pub(crate) note: String,
    /// Whether a follow-up can be added: it is known whose call it is.
    pub(crate) can_follow_up: bool,
    /// What is wrong.
    pub(crate) error: Option<String>,
}

impl askama::filters::HtmlSafe for WrapUp {}

impl WrapUp {
    /// Whether it stands in the dock.
    pub(crate) fn is_in_dock(&self) -> bool {
        self.place == "dock"
    }
}

/// What goes on now. Answer of `GET /web/dock`, put in the place of `#dock`.
#[derive(Clone, Debug, Default, Template)]
#[template(path = "dock.html")]
pub(crate) struct Dock {
    /// Missed calls that wait to be called back, for the rail.
    pub(crate) missed: u32,
    /// Whether the reader can place calls, so that numbers in texts are called from here.
    pub(crate) can_call: bool,
    /// Calls that ring or go on, and those that have just ended and want an outcome.
    pub(crate) calls: Vec<DockCall>,
}

impl askama::filters::HtmlSafe for Dock {}

/// One call in the dock.
#[derive(Clone, Debug)]
pub(crate) struct DockCall {
    /// Id.
    pub(crate) id: String,
    /// Who it is with.
    pub(crate) who: Shown,
    /// Mark.
    pub(crate) avatar: Avatar,
    /// Where the contact is.
    pub(crate) contact: Option<String>,
    /// "Incoming call", "Calling", "In call", "Ended".
    pub(crate) state: &'static str,
    /// Since when the state counts, as RFC 3339; the page counts on.
    pub(crate) since: Option<String>,
    /// Whether it rings.
    pub(crate) rings: bool,
    /// What is known of the person: stage, last words, open tasks, owner.
    pub(crate) lines: Vec<Shown>,
    /// People who share the number.
    pub(crate) candidates: Vec<Choice>,
    /// Whether a new contact can be made of it.
    pub(crate) can_add: bool,
    /// What can be done: word of the API, label.
    pub(crate) actions: Vec<(&'static str, &'static str)>,
    /// What the provider cannot do.
    pub(crate) cannot: Option<Shown>,
    /// The form after the call.
    pub(crate) wrap_up: Option<WrapUp>,
    /// Why it failed or was refused.
    pub(crate) remark: Option<Shown>,
}

/// The page at `/reports/calls`.
#[derive(Clone, Debug, Template)]
#[template(path = "call_report.html")]
pub(crate) struct CallReportPage {
    /// Around it.
    pub(crate) shell: Shell,
    /// The first day, as an ISO date.
    pub(crate) from: String,
    /// The last day, as an ISO date.
    pub(crate) to: String,
    /// Members to choose from.
    pub(crate) members: Vec<Choice>,
    /// What is wrong with the period.
    pub(crate) error: Option<String>,
    /// Sums of the period: label and value.
    pub(crate) facts: Vec<Fact>,
    /// Calls by the hour of the day.
    pub(crate) hours: Vec<HourBar>,
    /// Calls by member.
    pub(crate) rows: Vec<MemberRow>,
    /// Calls by outcome.
    pub(crate) outcomes: Vec<(Shown, u32)>,
}

impl CallReportPage {
    /// Whether there is anything to show.
    pub(crate) fn is_empty(&self) -> bool {
        self.hours.iter().all(|hour| hour.answered + hour.missed + hour.outbound == 0)
    }
}

/// One hour of the day.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct HourBar {
    /// 0 to 23.
    pub(crate) hour: usize,
    /// Calls that came in and were answered.
    pub(crate) answered: u32,
    /// Calls that came in and were missed.
    pub(crate) missed: u32,
    /// Calls that went out.
    pub(crate) outbound: u32,
    /// Heights of the three in the drawing, bottom up, in its units of 120.
    pub(crate) heights: [u32; 3],
}

impl HourBar {
    /// Where the bar begins, from the left.
    pub(crate) fn x(&self) -> usize {
        self.hour * 25 + 4
    }

    /// Where a part of it begins, from the top.
    pub(crate) fn y(&self, part: usize) -> u32 {
        120_u32.saturating_sub(self.heights.iter().take(part + 1).sum())
    }
}

/// The calls of one member.
#[derive(Clone, Debug)]
pub(crate) struct MemberRow {
    /// The member.
    pub(crate) who: Shown,
    /// Calls that came in and were answered.
    pub(crate) answered: u32,
    /// Calls that came in and were missed.
    pub(crate) missed: u32,
    /// Calls that went out.
    pub(crate) outbound: u32,
    /// Calls that went out and reached the person.
    pub(crate) reached: u32,
    /// "1 h 12 min".
    pub(crate) talk: String,
    /// "14 s", or empty.
    pub(crate) answer: String,
}

/// The agents of a telephone system, at `/settings/channels/{account}/agents`.
#[derive(Clone, Debug, Template)]
#[template(path = "agents_page.html")]
pub(crate) struct AgentsPage {
    /// Around it.
    pub(crate) shell: Shell,
    /// Name of the account.
    pub(crate) account: Shown,
    /// The list.
    pub(crate) list: AgentList,
}

/// Answer of its posts, put in the place of `#agents`.
#[derive(Clone, Debug, Default, Template)]
#[template(path = "agents.html")]
pub(crate) struct AgentList {
    /// Id of the account.
    pub(crate) id: String,
    /// Whether the telephone system lists its users itself; otherwise telephones are added by hand.
    pub(crate) is_listed: bool,
    /// Members to choose from, for a telephone that is added.
    pub(crate) members: Vec<Choice>,
    /// The agents.
    pub(crate) rows: Vec<AgentRow>,
    /// Whether the reader may change them.
    pub(crate) can_write: bool,
}

impl askama::filters::HtmlSafe for AgentList {}

/// One agent.
#[derive(Clone, Debug)]
pub(crate) struct AgentRow {
    /// The provider's id.
    pub(crate) id: String,
    /// The name there.
    pub(crate) name: Shown,
    /// The number that is rung.
    pub(crate) phone: Option<String>,
    /// Members to choose from.
    pub(crate) members: Vec<Choice>,
}
