//! What a call flow consists of.

use serde::{Deserialize, Serialize};

use super::hours::BusinessHours;
use super::sound::SoundUrl;
use crate::id::MemberId;
use crate::name::string_enum;
use crate::phone::PhoneNumber;
use crate::text::SpokenText;

/// What happens with a call, step by step: the greeting; then, within hours, the telephones of the ring step, the fallback number
/// and voicemail, as far as each is there; outside hours, what `closed` says.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct CallFlowDefinition {
    /// What callers hear first, within hours.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub greeting: Option<Greeting>,
    /// Business hours; without them it is always open.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub hours: Option<BusinessHours>,
    /// Whose telephones ring.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ring: Option<RingStep>,
    /// The number that is rung if the ring step is not answered.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub fallback: Option<PhoneNumber>,
    /// What callers are asked for if the call is not answered; without it the call ends.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub voicemail: Option<Voicemail>,
    /// What happens outside hours.
    #[serde(default)]
    pub closed: ClosedStep,
}

/// What callers hear first.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum Greeting {
    /// A text that is spoken.
    Say(SpokenText),
    /// A sound file that is played.
    Play(SoundUrl),
}

/// Whose telephones ring.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct RingStep {
    /// Who, in the order in which they are rung.
    pub targets: Vec<RingTarget>,
    /// One after the other, or all at once.
    pub strategy: RingStrategy,
    /// For how long each is rung, in seconds: 5 to 60.
    #[cfg_attr(feature = "openapi", schema(minimum = 5, maximum = 60))]
    pub seconds: u16,
}

impl RingStep {
    /// The fewest seconds for which a telephone is rung.
    pub const LEAST_SECONDS: u16 = 5;
    /// The most seconds for which a telephone is rung.
    pub const MOST_SECONDS: u16 = 60;
    /// The most telephones of a step.
    pub const MOST_TARGETS: usize = 10;
}

/// A telephone that is rung.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum RingTarget {
    /// A member, at the telephone of the agent that they are in the account.
    Member(MemberId),
    /// A number.
    Number(PhoneNumber),
}

string_enum! {
    /// How several telephones are rung.
    pub enum RingStrategy {
        /// One after the other.
        InOrder = "in_order",
        /// All at once; the first who answers has the call.
        Together = "together",
    }
}

/// What callers are asked for if the call is not answered.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct Voicemail {
    /// What is spoken before the recording.
    pub prompt: SpokenText,
}

/// What happens outside hours.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct ClosedStep {
    /// What is spoken first.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub say: Option<SpokenText>,
    /// What comes then.
    #[serde(default)]
    pub then: AfterClosed,
}

string_enum! {
    /// What comes after the words for calls outside hours.
    #[derive(Default)]
    pub enum AfterClosed {
        /// The call ends.
        #[default]
        HangUp = "hang_up",
        /// The voicemail of the flow.
        Voicemail = "voicemail",
        /// The fallback number of the flow is rung, and voicemail follows if the flow has it.
        Fallback = "fallback",
    }
}
