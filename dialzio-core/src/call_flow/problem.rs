//! What is wrong with a call flow: each problem names its field.

use super::weekday::Weekday;

/// Why a call flow is not saved. Never contains a number or a text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum CallFlowProblem {
    /// Callers would hear the greeting and nothing else.
    #[error("leads nowhere: choose someone to ring, or switch voicemail on, or give a fallback number")]
    LeadsNowhere,
    /// The ring step names nobody.
    #[error("names nobody: choose a member or a number, or leave the step out")]
    NobodyToRing,
    /// No member of the ring step has a telephone.
    #[error(
        "reaches nobody: none of the members has a telephone in this account; add one, or choose a number"
    )]
    NobodyReachable,
    /// A member is not of the organisation.
    #[error("names a member who is not there: choose one of the list")]
    UnknownMember,
    /// The same telephone twice.
    #[error("names the same telephone twice: remove one of them")]
    TargetTwice,
    /// More telephones than a step may have.
    #[error("has too many telephones: at most {max}")]
    TooManyTargets {
        /// The most that a step has.
        max: usize,
    },
    /// Rung for too short or too long.
    #[error("must be 5 to 60 seconds")]
    RingSeconds,
    /// A premium number in the ring step.
    #[error("has a number that costs extra: choose an ordinary one")]
    PremiumTarget,
    /// An emergency number in the ring step.
    #[error("has a number for emergencies: choose an ordinary one")]
    EmergencyTarget,
    /// A number that calls come in to is rung itself.
    #[error("has a number of this organisation that calls come in to: calls would go in a circle")]
    OwnTarget,
    /// A premium number as fallback.
    #[error("costs extra: choose an ordinary number")]
    PremiumFallback,
    /// An emergency number as fallback.
    #[error("is a number for emergencies: choose an ordinary one")]
    EmergencyFallback,
    /// A number that calls come in to is the fallback.
    #[error("is a number of this organisation that calls come in to: calls would go in a circle")]
    OwnFallback,
    /// No day has hours.
    #[error("have no open day: give at least one, or leave the hours out to be always open")]
    ClosedWeek,
    /// A span that ends before it begins.
    #[error("end before they begin on {}: for hours past midnight, end at 24:00 and begin the next day at 00:00", day.name())]
    BackwardHours {
        /// The day.
        day: Weekday,
    },
    /// Two spans of a day overlap.
    #[error("overlap on {}: let one end before the other begins", day.name())]
    OverlappingHours {
        /// The day.
        day: Weekday,
    },
    /// More spans than a week may have.
    #[error("have too many spans: at most {max} in a week")]
    TooManySpans {
        /// The most.
        max: usize,
    },
    /// More dates than a flow may have.
    #[error("are too many: at most {max}")]
    TooManyClosedDates {
        /// The most.
        max: usize,
    },
    /// Voicemail outside hours, which the flow does not have.
    #[error("leads to voicemail, which is off: switch voicemail on, or choose another step")]
    ClosedWithoutVoicemail,
    /// A fallback outside hours, which the flow does not have.
    #[error("leads to the fallback number, which is missing: give one, or choose another step")]
    ClosedWithoutFallback,
    /// The provider speaks and plays nothing of ours before it rings.
    #[error("is not possible in this channel: its provider plays what is set up there; choose none")]
    GreetingUnsupported,
    /// The provider rings the telephones of members alone.
    #[error("has a number, and this channel rings members alone: choose members")]
    NumberUnsupported,
    /// The provider rings one telephone after the other.
    #[error("must be one after the other: this channel does not ring several telephones together")]
    TogetherUnsupported,
    /// The provider rings the telephones of members alone.
    #[error("is not possible in this channel: it rings members alone; leave it empty")]
    FallbackUnsupported,
    /// The provider records nothing for a flow.
    #[error(
        "is not possible in this channel: its provider records no message for a call flow; switch voicemail off"
    )]
    VoicemailUnsupported,
    /// The provider speaks nothing of ours.
    #[error("is not possible in this channel: its provider speaks no words of a call flow; leave it empty")]
    ClosedWordsUnsupported,
}

impl CallFlowProblem {
    /// The field that it is about, as the API names it.
    #[must_use]
    pub const fn field(self) -> &'static str {
        match self {
            Self::LeadsNowhere
            | Self::NobodyToRing
            | Self::NobodyReachable
            | Self::UnknownMember
            | Self::TargetTwice
            | Self::TooManyTargets { .. }
            | Self::PremiumTarget
            | Self::EmergencyTarget
            | Self::OwnTarget => "ring",
            Self::NumberUnsupported => "ring",
            Self::TogetherUnsupported => "strategy",
            Self::GreetingUnsupported => "greeting",
            Self::VoicemailUnsupported => "voicemail",
            Self::ClosedWordsUnsupported => "closed_say",
            Self::RingSeconds => "seconds",
            Self::PremiumFallback
            | Self::EmergencyFallback
            | Self::OwnFallback
            | Self::FallbackUnsupported => "fallback",
            Self::ClosedWeek
            | Self::BackwardHours { .. }
            | Self::OverlappingHours { .. }
            | Self::TooManySpans { .. } => "hours",
            Self::TooManyClosedDates { .. } => "closed_dates",
            Self::ClosedWithoutVoicemail | Self::ClosedWithoutFallback => "closed",
        }
    }
}
