//! The words of calls: their ids, states, causes, and what is known of an agreement to being recorded.

use serde::{Deserialize, Serialize};

use crate::name::string_enum;

/// An id by which a provider names a call, one of its legs, or our request for it: 1 to 200 visible ASCII characters.
/// Unique within an account.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct CallAlias(String);

impl CallAlias {
    /// The most characters.
    pub const MAX: usize = 200;

    /// An id, if it has the form of one.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let fits = (1..=Self::MAX).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_graphic());
        fits.then(|| Self(text.to_owned()))
    }

    /// The id as the provider writes it.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// The word of a call whose provider tells nothing of what became of it, behind [`CallState::Ended`].
pub const NOT_REPORTED: &str = "not_reported";

string_enum! {
    /// Where a call stands.
    pub enum CallState {
        /// Waits to be placed.
        Queued = "queued",
        /// It is being placed: what became of it is not known yet.
        Dispatched = "dispatched",
        /// Somebody is being rung.
        Ringing = "ringing",
        /// Both sides speak.
        InProgress = "in_progress",
        /// It was answered and is over.
        Completed = "completed",
        /// Nobody here answered.
        Missed = "missed",
        /// Nobody here answered, and the caller left a message.
        Voicemail = "voicemail",
        /// The person did not answer.
        NoAnswer = "no_answer",
        /// The person's line was busy, or they declined.
        Busy = "busy",
        /// It could not be connected, or the provider refused it.
        Failed = "failed",
        /// It ended before the person was rung: it was cancelled, or no agent picked up.
        Cancelled = "cancelled",
        /// The gate did not allow it.
        Refused = "refused",
        /// It may have been placed; the provider did not answer. Never placed again by itself.
        Unknown = "unknown",
        /// It ended with a status that is not known here; the provider's word is kept. The word is [`NOT_REPORTED`] where the
        /// provider reports nothing.
        Ended = "ended",
    }
}

impl CallState {
    /// Whether the call is over.
    #[must_use]
    pub const fn is_final(self) -> bool {
        !matches!(self, Self::Queued | Self::Dispatched | Self::Ringing | Self::InProgress | Self::Unknown)
    }

    /// Whether a caller was not reached by us: a missed call that wants to be called back.
    #[must_use]
    pub const fn is_missed(self) -> bool {
        matches!(self, Self::Missed | Self::Voicemail)
    }
}

string_enum! {
    /// Why a call ended. Providers that say "caller" mean the side outside.
    pub enum HangupCause {
        /// Not said.
        Unknown = "unknown",
        /// Nobody answered in time.
        NotAnswered = "not_answered",
        /// It was taken back.
        Cancelled = "cancelled",
        /// It was declined.
        Rejected = "rejected",
        /// The line was busy.
        Busy = "busy",
        /// It could not be connected.
        Failed = "failed",
        /// The person outside hung up.
        CustomerHungUp = "customer_hung_up",
        /// The agent hung up.
        AgentHungUp = "agent_hung_up",
    }
}

string_enum! {
    /// When an organisation has recordings of its calls: each is fetched and played only if what is known of the person's
    /// agreement is enough.
    #[derive(Default)]
    pub enum RecordingRule {
        /// Unless the person refused.
        #[default]
        Always = "always",
        /// Once it is entered that the person was told, or agreed.
        WhenAnnounced = "when_announced",
        /// Once it is entered that the person agreed.
        WhenAgreed = "when_agreed",
    }
}

impl RecordingRule {
    /// Whether what is known of an agreement is enough. A refusal never is.
    #[must_use]
    pub const fn allows(self, known: RecordingConsent) -> bool {
        match known {
            RecordingConsent::Agreed => true,
            RecordingConsent::Announced => matches!(self, Self::Always | Self::WhenAnnounced),
            RecordingConsent::Unknown => matches!(self, Self::Always),
            RecordingConsent::Refused => false,
        }
    }
}

string_enum! {
    /// What is known of a person's agreement to being recorded.
    #[derive(Default)]
    pub enum RecordingConsent {
        /// Nothing is known.
        #[default]
        Unknown = "unknown",
        /// They were told.
        Announced = "announced",
        /// They agreed.
        Agreed = "agreed",
        /// They said no.
        Refused = "refused",
    }
}
