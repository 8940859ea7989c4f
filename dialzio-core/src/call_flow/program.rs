//! What is done with one call: a list of steps that no provider's form shows in, made from a flow by a pure function.

use chrono::{DateTime, Utc};

use super::CallFlow;
use super::definition::{AfterClosed, CallFlowDefinition, Greeting, RingStrategy};
use super::reach::{DialTarget, Telephones};
use super::sound::SoundUrl;
use crate::phone::{NumberKind, PhoneNumber};
use crate::text::SpokenText;

/// For how long the fallback number is rung, in seconds.
const FALLBACK_SECONDS: u16 = 30;
/// The longest message that a caller leaves, in seconds.
const VOICEMAIL_SECONDS: u16 = 180;
/// What callers hear when no flow can be found, or read in time.
const UNAVAILABLE: &str = "We cannot take your call at the moment. Please call again later.";

/// A step of a call.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum CallStep {
    /// A text is spoken.
    Say(SpokenText),
    /// A sound file is played.
    Play(SoundUrl),
    /// Telephones ring. If one is answered, both speak until either hangs up, and the program is over.
    Dial(Dial),
    /// What the caller says is recorded, until they hang up or for so many seconds.
    Record {
        /// The most seconds.
        seconds: u16,
    },
    /// The call ends.
    HangUp,
}

/// Telephones that ring.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Dial {
    /// Whose; never empty.
    pub targets: Vec<DialTarget>,
    /// All at once, or one after the other.
    pub together: bool,
    /// For how long each rings, in seconds.
    pub seconds: u16,
    /// Our number that was called, in the provider's spelling, which those who are rung see.
    pub our_number: Option<String>,
}

/// Who calls, and what they dialled.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Caller {
    /// Their number; `None` if it is withheld or cannot be read.
    pub number: Option<PhoneNumber>,
    /// Our number that they dialled, in the provider's spelling.
    pub dialled: Option<String>,
}

/// What is done with a call. It has at least one step, and its last one ends the call.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CallProgram(Vec<CallStep>);

impl CallProgram {
    /// The steps, with the end of the call behind them.
    #[must_use]
    pub fn of(steps: Vec<CallStep>) -> Self {
        let mut steps = steps;
        if let Some(end) = steps.iter().position(|step| *step == CallStep::HangUp) {
            steps.truncate(end);
        }
        steps.push(CallStep::HangUp);
        Self(steps)
    }

    /// What is done when no flow can be found, or read in time: a sentence, and the end of the call.
    #[must_use]
    pub fn unavailable() -> Self {
        Self::of(SpokenText::parse(UNAVAILABLE).ok().map(CallStep::Say).into_iter().collect())
    }

    /// The steps, in order.
    #[must_use]
    pub fn steps(&self) -> &[CallStep] {
        &self.0
    }
}

/// What a flow does with a call that comes in now. The caller's own number is never rung, nor a number that costs extra or is for
/// emergencies; a target that cannot be rung is passed over.
#[must_use]
pub fn program(flow: &CallFlow, telephones: &Telephones, caller: &Caller, now: DateTime<Utc>) -> CallProgram {
    let CallFlowDefinition { greeting, hours, ring, fallback, voicemail, closed } = &flow.definition;
    let is_open = hours.as_ref().is_none_or(|hours| hours.is_open(now));
    let may_ring = |target: &DialTarget| {
        let own = [caller.number.as_ref(), flow.number.number()];
        !own.contains(&Some(&target.number)) && target.number.kind() == NumberKind::Ordinary
    };
    let dial = |targets: Vec<DialTarget>, together: bool, seconds: u16| {
        let mut once: Vec<DialTarget> = Vec::new();
        for target in targets.into_iter().filter(may_ring) {
            if once.iter().all(|known| known.number != target.number) {
                once.push(target);
            }
        }
        let our_number = caller.dialled.clone();
        (!once.is_empty()).then_some(CallStep::Dial(Dial { targets: once, together, seconds, our_number }))
    };
    let fallback = || {
        let target = fallback.iter().map(|number| DialTarget { number: number.clone(), agent: None });
        dial(target.collect(), false, FALLBACK_SECONDS)
    };
    let voicemail = || {
        let record = CallStep::Record { seconds: VOICEMAIL_SECONDS };
        voicemail.iter().flat_map(move |asked| [CallStep::Say(asked.prompt.clone()), record.clone()])
    };
    let mut steps = Vec::new();
    if is_open {
        steps.extend(greeting.as_ref().map(|greeting| match greeting {
            Greeting::Say(text) => CallStep::Say(text.clone()),
            Greeting::Play(sound) => CallStep::Play(sound.clone()),
        }));
        if let Some(ring) = ring {
            let targets = ring.targets.iter().filter_map(|target| telephones.reach(target)).collect();
            steps.extend(dial(targets, ring.strategy == RingStrategy::Together, ring.seconds));
        }
        steps.extend(fallback());
        steps.extend(voicemail());
    } else {
        steps.extend(closed.say.clone().map(CallStep::Say));
        match closed.then {
            AfterClosed::HangUp => {}
            AfterClosed::Voicemail => steps.extend(voicemail()),
            AfterClosed::Fallback => {
                steps.extend(fallback());
                steps.extend(voicemail());
            }
        }
    }
    CallProgram::of(steps)
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]
#[path = "program_tests.rs"]
mod tests;
