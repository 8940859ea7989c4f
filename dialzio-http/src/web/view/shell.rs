//! What surrounds every page: title, rail, theme, and the dialogs for keys and for going somewhere.

use askama::Template;

use super::goto::{GotoEntry, Offered, entries};
use super::{Action, Avatar, Shown};

/// Which colours a person asked for. Kept in the cookie `dialzio_theme` (`light` or `dark`).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Theme {
    /// As the system says.
    #[default]
    System,
    /// Always light.
    Light,
    /// Always dark.
    Dark,
}

impl Theme {
    /// The theme that a cookie value names; anything unknown follows the system.
    pub(crate) fn from_cookie(value: &str) -> Self {
        match value {
            "light" => Self::Light,
            "dark" => Self::Dark,
            _ => Self::System,
        }
    }

    /// Value of the attribute `data-theme`.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::System => "system",
            Self::Light => "light",
            Self::Dark => "dark",
        }
    }
}

/// How much room a row of the inbox takes. Kept in the cookie `dialzio_rows` (`compact`).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Rows {
    /// Two lines, and a third for what needs attention.
    #[default]
    Comfortable,
    /// Two lines and no more.
    Compact,
}

impl Rows {
    /// The choice that a cookie value names; anything unknown is comfortable.
    pub(crate) fn from_cookie(value: &str) -> Self {
        if value == "compact" { Self::Compact } else { Self::Comfortable }
    }

    /// Value of the attribute `data-rows`.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Comfortable => "comfortable",
            Self::Compact => "compact",
        }
    }
}

/// The places in the rail.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Place {
    /// Conversations.
    Inbox,
    /// Telephone calls.
    Calls,
    /// Follow-ups.
    Tasks,
    /// People.
    Contacts,
    /// What the reader was told about.
    Notices,
    /// What the operator tells all who sign in.
    News,
    /// Requests to the operator.
    Help,
    /// Events that could not be taken in.
    Quarantine,
    /// Texts that members send often.
    CannedReplies,
    /// What is done with calls that come in.
    CallFlows,
    /// Deletion of recordings, and when they are kept.
    Recordings,
    /// Connected channels.
    Channels,
    /// The member's own name, password and sessions.
    Profile,
    /// What is kept of the member's own use.
    Activity,
    /// Approved texts by line.
    Templates,
    /// Who works here.
    Members,
    /// Keys for programs.
    ApiKeys,
    /// What was done.
    Audit,
    /// Quiet hours, caps, zone.
    Settings,
    /// The phone that plays the customer.
    Sandbox,
    /// Not in the rail.
    Elsewhere,
}

/// Everything around the content of a page for a signed-in person.
#[derive(Clone, Debug)]
pub(crate) struct Shell {
    /// What the addresses of the page are read against: the path that the router is mounted at, with a slash at its end.
    pub(crate) base: String,
    /// Path of the page for signing in, ours or the host's.
    pub(crate) sign_in: String,
    /// Whether pages say which conversation is on the screen.
    pub(crate) presence: bool,
    /// Whether the page signs in and out itself.
    pub(crate) signs_out: bool,
    /// Title of the window, without the name of the product.
    pub(crate) title: Shown,
    /// Which place is marked in the rail.
    pub(crate) place: Place,
    /// Colours.
    pub(crate) theme: Theme,
    /// How much room a row of the inbox takes.
    pub(crate) rows: Rows,
    /// Name of the signed-in person.
    pub(crate) member: Shown,
    /// The member whose session this is, so that the page can ask them to sign in again; `None` if they came another way.
    pub(crate) session_of: Option<String>,
    /// Whether browsers have passkeys for this site, so that they can sign in again with one.
    pub(crate) passkeys: bool,
    /// Their mark.
    pub(crate) avatar: Avatar,
    /// Name of the organisation.
    pub(crate) organisation: Shown,
    /// Unread conversations of this person, for the rail.
    pub(crate) unread: u64,
    /// Unread notices of this person, for the rail.
    pub(crate) notices: u32,
    /// Unread service updates, for the rail.
    pub(crate) news: u32,
    /// Missed calls that wait to be called back, for the rail; `None` for who may not see calls.
    pub(crate) missed: Option<u32>,
    /// Events held back, for the rail. The place is shown to those who may open it.
    pub(crate) held: Option<u64>,
    /// Whether the reader may open the audit log.
    pub(crate) audit: bool,
    /// Whether the reader may open the list of API keys.
    pub(crate) api_keys: bool,
    /// Whether the sandbox runs, so that its phone is in the rail.
    pub(crate) sandbox: bool,
    /// Whether single-key shortcuts are on for this person.
    pub(crate) keys: bool,
    /// The last event before the page was read, after which its stream of live events begins.
    pub(crate) after: Option<u64>,
}

impl Shell {
    /// Whether the page is one of the settings.
    pub(crate) fn is_settings(&self) -> bool {
        matches!(
            self.place,
            Place::Profile
                | Place::Activity
                | Place::Members
                | Place::ApiKeys
                | Place::Audit
                | Place::Templates
                | Place::Settings
                | Place::CannedReplies
                | Place::CallFlows
                | Place::Recordings
                | Place::Channels
                | Place::Quarantine
        )
    }

    /// Pages and commands to go to, before anything is typed.
    pub(crate) fn entries(&self) -> Vec<GotoEntry> {
        entries(
            "",
            Offered {
                events: self.held.is_some(),
                audit: self.audit,
                api_keys: self.api_keys,
                sandbox: self.sandbox,
            },
        )
    }

    /// Whether `place` is the one marked in the rail.
    pub(crate) fn is(&self, place: Place) -> bool {
        self.place == place
    }
}

/// Answer with an Undo that lasts: put into `#undo` through an `<hx-partial>`.
#[derive(Clone, Debug, Template)]
#[template(path = "undo.html")]
pub(crate) struct Undo {
    /// What happened: "Closed".
    pub(crate) text: Shown,
    /// The post that takes it back.
    pub(crate) action: Action,
    /// Id of the element that its answer takes the place of.
    pub(crate) target: &'static str,
    /// How long it is offered, in seconds.
    pub(crate) seconds: u32,
}

impl askama::filters::HtmlSafe for Undo {}

/// Results of the go-to-anything dialog, put into `#goto-results`.
#[derive(Clone, Debug, Template)]
#[template(path = "goto_results.html")]
pub(crate) struct GotoResults {
    /// What was typed.
    pub(crate) query: String,
    /// People found, at most ten.
    pub(crate) people: Vec<GotoPerson>,
    /// Places and commands that match.
    pub(crate) entries: Vec<GotoEntry>,
}

/// One person found.
#[derive(Clone, Debug)]
pub(crate) struct GotoPerson {
    /// Where the person or the open conversation is.
    pub(crate) href: String,
    /// Name, `@username` or number.
    pub(crate) name: Shown,
    /// Mark.
    pub(crate) avatar: Avatar,
    /// The identity that matched: "+91 98400 12345".
    pub(crate) detail: Shown,
}
