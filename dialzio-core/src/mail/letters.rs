//! What our mails say.

use chrono::{DateTime, Utc};

use crate::access::Browser;
use crate::access::chrono_tz_name::ZoneName;
use crate::ledger::Network;
use crate::news::NewsKind;
use crate::text::{NewsText, Title};

/// A mail, before it is written. Its links let somebody in, so it is not printed.
#[derive(Clone, Copy)]
pub(crate) enum Letter<'a> {
    /// A link by which a new password is set.
    NewPassword {
        /// The link.
        link: &'a str,
    },
    /// A link to sign in by.
    SignIn {
        /// The link.
        link: &'a str,
    },
    /// A link that confirms the address.
    ConfirmAddress {
        /// The link.
        link: &'a str,
    },
    /// An invitation into an organisation.
    Invitation {
        /// The organisation.
        org: &'a Title,
        /// The link.
        link: &'a str,
        /// How long it is good, in the time of the organisation.
        until: (DateTime<Utc>, ZoneName),
    },
    /// The user signed in on a device that was not known.
    NewDevice {
        /// When, in the time of the organisation.
        at: (DateTime<Utc>, ZoneName),
        /// The family of the browser, if it is a known one.
        browser: Option<Browser>,
        /// From which network, if that is known.
        network: Option<Network>,
    },
    /// A passkey was added.
    #[cfg(feature = "passkeys")]
    PasskeyAdded {
        /// When, in the time of the organisation.
        at: (DateTime<Utc>, ZoneName),
        /// What the user calls it.
        name: &'a Title,
    },
    /// A service update.
    News {
        /// What it is about.
        kind: NewsKind,
        /// Its title.
        title: &'a Title,
        /// What it says.
        text: &'a NewsText,
    },
    /// The operator answered a request for help. It says nothing of either.
    SupportAnswered,
    /// The password was changed.
    PasswordChanged {
        /// When, in the time of the organisation.
        at: (DateTime<Utc>, ZoneName),
    },
}

/// What to do about something that one did not do oneself.
const NOT_YOU: &str = "If this was not you, set a new password at once (\"Forgot your password?\" on the page for signing \
in), look at the sessions in your profile, and tell those who manage your organisation.";

impl Letter<'_> {
    /// Subject and text.
    pub(super) fn write(&self) -> (String, String) {
        let (subject, text) = match self {
            Self::NewPassword { link } => (
                "Set a new password".to_owned(),
                format!(
                    "Somebody asked for a new password for the Dialzio account with this address.\n\n\
                     To set one, open this link within 30 minutes. It works once:\n\n{link}\n\n\
                     If it was not you, there is nothing to do: the password stays as it is."
                ),
            ),
            Self::SignIn { link } => (
                "Your link to sign in".to_owned(),
                format!(
                    "Somebody asked for a link to sign in to the Dialzio account with this address.\n\n\
                     Open it within 15 minutes. It works once:\n\n{link}\n\n\
                     If it was not you, there is nothing to do. Pass it on to nobody: whoever opens it is signed in as you."
                ),
            ),
            Self::ConfirmAddress { link } => (
                "Confirm your address".to_owned(),
                format!(
                    "Somebody made a Dialzio account with this address.\n\n\
                     If it was you, open this link within a day, in a browser where you are signed in:\n\n{link}\n\n\
                     Only then can a new password or a link to sign in be sent to you. If it was not you, do not open it."
                ),
            ),
            Self::Invitation { org, link, until } => (
                format!("You are invited to {}", org.reveal()),
                format!(
                    "You are invited to work in {} on Dialzio.\n\n\
                     To make your account, open this link until {}. It works once:\n\n{link}\n\n\
                     If you do not know who invites you, there is nothing to do.",
                    org.reveal(),
                    shown(*until)
                ),
            ),
            Self::NewDevice { at, browser, network } => (
                "You signed in on a new device".to_owned(),
                format!(
                    "Somebody signed in to your Dialzio account on a device that was not used for it before.\n\n\
                     When: {}\nBrowser: {}\nNetwork: {}\n\nIf it was you, there is nothing to do.\n\n{NOT_YOU}",
                    shown(*at),
                    browser.map_or("not known", named),
                    network.map_or_else(|| "not known".to_owned(), |network| network.to_string())
                ),
            ),
            #[cfg(feature = "passkeys")]
            Self::PasskeyAdded { at, name } => (
                "A passkey was added to your account".to_owned(),
                format!(
                    "The passkey \"{}\" was added to your Dialzio account on {}. It signs in without a password.\n\n\
                     {NOT_YOU} Remove the passkey there.",
                    name.reveal(),
                    shown(*at)
                ),
            ),
            Self::News { kind, title, text } => (
                format!("{}: {}", subject_of(*kind), title.reveal()),
                format!(
                    "{}\n\n{}",
                    text.reveal(),
                    if kind.always_arrives() {
                        "You get this mail because you have a Dialzio account. News of this kind reaches all who have one."
                    } else {
                        "You get this mail because you have a Dialzio account. You can turn product news off under \"What's new\"."
                    }
                ),
            ),
            Self::SupportAnswered => (
                "There is an answer to your request for help".to_owned(),
                "A request for help that you made on Dialzio was answered.\n\n\
                 To read the answer and to write back, sign in and open Help in the menu."
                    .to_owned(),
            ),
            Self::PasswordChanged { at } => (
                "Your password was changed".to_owned(),
                format!(
                    "The password of your Dialzio account was changed on {}. All sessions have ended.\n\n{NOT_YOU}",
                    shown(*at)
                ),
            ),
        };
        (subject, format!("{text}\n\nThis mail was sent by a program. Nobody reads answers to it.\n"))
    }
}

/// What the subject of a service update begins with.
const fn subject_of(kind: NewsKind) -> &'static str {
    match kind {
        NewsKind::Security => "Security",
        NewsKind::Incident => "Incident",
        NewsKind::Maintenance => "Maintenance",
        NewsKind::Policy => "Change of policy",
        NewsKind::Product => "New in Dialzio",
    }
}

/// What people call a browser.
const fn named(browser: Browser) -> &'static str {
    match browser {
        Browser::Chrome => "Chrome",
        Browser::Edge => "Edge",
        Browser::Firefox => "Firefox",
        Browser::Opera => "Opera",
        Browser::Safari => "Safari",
        Browser::Samsung => "Samsung Internet",
    }
}

/// An instant as people write it, with its zone.
fn shown((at, zone): (DateTime<Utc>, ZoneName)) -> String {
    format!("{} ({})", zone.local(at).format("%-d %B %Y, %H:%M"), zone.as_str())
}
