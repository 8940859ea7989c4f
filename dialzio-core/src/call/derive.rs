//! What the evidence amounts to: the state, times and agent of a call.

use chrono::{DateTime, Utc};

use super::evidence::{CallEvidence, CallSource, LegEvidence, LegResult, LegRole, RecordingKind, Sourced};
use super::words::{CallState, HangupCause};
use crate::conversation::Direction;

/// What a call's evidence amounts to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Derived {
    /// Which way it went; inbound as long as nothing says otherwise.
    pub direction: Direction,
    /// The state.
    pub state: CallState,
    /// The end rests on what the provider answered when it was asked, not on a webhook alone.
    pub confirmed: bool,
    /// When it began.
    pub started_at: Option<DateTime<Utc>>,
    /// When both sides spoke.
    pub answered_at: Option<DateTime<Utc>>,
    /// When it ended.
    pub ended_at: Option<DateTime<Utc>>,
    /// Seconds in which people spoke, as reported.
    pub talk_seconds: Option<u32>,
    /// Seconds that the caller waited, as reported.
    pub wait_seconds: Option<u32>,
    /// Why it ended.
    pub cause: Option<HangupCause>,
    /// The provider's id of the agent who spoke, or who was rung last.
    pub agent: Option<String>,
    /// The provider's word for an end that is not known.
    pub word: Option<String>,
}

fn value<T: Clone>(sourced: Option<&Sourced<T>>) -> Option<T> {
    sourced.map(|known| known.value.clone())
}

/// A leg by the side that it turned out to be.
struct Sides<'a> {
    whole: Option<&'a LegEvidence>,
    customer: Vec<&'a LegEvidence>,
    agents: Vec<&'a LegEvidence>,
}

impl<'a> Sides<'a> {
    fn of(evidence: &'a CallEvidence) -> Self {
        let (mut whole, mut customer, mut agents) = (None, Vec::new(), Vec::new());
        for (id, leg) in &evidence.legs {
            if id == CallEvidence::WHOLE {
                whole = Some(leg);
                continue;
            }
            // Where we placed the call and the agent is rung first, the first leg is the agent's.
            let is_agent = match leg.role.as_ref().map(|role| role.value) {
                Some(LegRole::Agent) => true,
                Some(LegRole::First) => evidence.agent_first,
                Some(LegRole::Second) => !evidence.agent_first,
                Some(LegRole::Customer | LegRole::Whole) | None => false,
            };
            if is_agent { agents.push(leg) } else { customer.push(leg) }
        }
        Self { whole, customer, agents }
    }

    /// The agent's leg that counts: the one answered last, or the one rung last.
    fn agent(&self) -> Option<&'a LegEvidence> {
        let time = |leg: &LegEvidence| {
            let answered = value(leg.answered.as_ref());
            (leg.is_answered(), answered.or(value(leg.started.as_ref())), value(leg.agent.as_ref()))
        };
        self.agents.iter().copied().max_by_key(|leg| time(leg))
    }

    /// The person's leg that counts: an answered one before others.
    fn person(&self) -> Option<&'a LegEvidence> {
        self.customer.iter().copied().max_by_key(|leg| (leg.is_answered(), value(leg.started.as_ref())))
    }

    fn all(&self) -> impl Iterator<Item = &'a LegEvidence> {
        self.whole.into_iter().chain(self.customer.iter().copied()).chain(self.agents.iter().copied())
    }
}

impl CallEvidence {
    /// What the evidence amounts to. `placed` is the state that our own request left the call in, if we placed it.
    #[must_use]
    pub fn derive(&self, placed: Option<CallState>) -> Derived {
        let direction = value(self.direction.as_ref()).unwrap_or(Direction::Inbound);
        let sides = Sides::of(self);
        let (agent, person) = (sides.agent(), sides.person());
        // Talk is on the person's leg of a call that we placed, and on the agent's leg of one that came in.
        let talking = match direction {
            Direction::Outbound => person,
            Direction::Inbound => agent.or(person),
        };
        let (state, source, word) = self.state(&sides, direction, placed);
        let answered = state == CallState::Completed || state == CallState::InProgress;
        let whole = sides.whole;
        let seconds = |of: fn(&LegEvidence) -> Option<&Sourced<u32>>| {
            value(whole.and_then(of).or_else(|| talking.and_then(of)).or_else(|| person.and_then(of)))
        };
        let first_start = sides.all().filter_map(|leg| leg.started.as_ref()).map(|at| at.value).min();
        let ended_at = value(whole.and_then(|leg| leg.ended.as_ref()))
            .or_else(|| sides.all().filter_map(|leg| leg.ended.as_ref()).map(|at| at.value).max());
        let cause =
            whole.and_then(|leg| leg.cause.as_ref()).or_else(|| person.and_then(|leg| leg.cause.as_ref()));
        let speaker =
            whole.and_then(|leg| leg.agent.as_ref()).or_else(|| agent.and_then(|leg| leg.agent.as_ref()));
        Derived {
            direction,
            state,
            confirmed: state.is_final() && source >= Some(CallSource::Asked),
            started_at: value(whole.and_then(|leg| leg.started.as_ref())).or(first_start),
            answered_at: value(
                whole
                    .and_then(|leg| leg.answered.as_ref())
                    .or_else(|| talking.and_then(|leg| leg.answered.as_ref()))
                    .filter(|_| answered),
            ),
            ended_at: ended_at.filter(|_| state.is_final()),
            talk_seconds: if answered { seconds(|leg| leg.talk_seconds.as_ref()) } else { None },
            wait_seconds: seconds(|leg| leg.wait_seconds.as_ref()),
            cause: value(cause),
            agent: value(speaker),
            word,
        }
    }

    fn state(
        &self,
        sides: &Sides<'_>,
        direction: Direction,
        placed: Option<CallState>,
    ) -> (CallState, Option<CallSource>, Option<String>) {
        let agent_answered = sides.agents.iter().any(|leg| leg.is_answered());
        // What a flow recorded of a call in which nobody spoke with the caller is what the caller left.
        let left = self.by_flow && !agent_answered;
        let voicemail = self.recordings.values().any(|kind| left || *kind == RecordingKind::Voicemail);
        // The person is rung once the agent has answered, whether or not that was told.
        let agent_away = !sides.agents.is_empty() && !agent_answered && sides.customer.is_empty();
        let person = sides.person();
        // The record of the whole call, or of the person's leg, says how it ended.
        let told = sides
            .whole
            .and_then(|leg| leg.result.as_ref().map(|result| (leg, result)))
            .or_else(|| person.and_then(|leg| leg.result.as_ref().map(|result| (leg, result))));
        if let Some((leg, result)) = told {
            let source = Some(result.source);
            let cause = leg.cause.as_ref().map(|cause| cause.value);
            return match (&result.value, direction) {
                (LegResult::Answered, Direction::Inbound) if left && voicemail => {
                    (CallState::Voicemail, source, None)
                }
                (LegResult::Answered, Direction::Inbound) if left => (CallState::Missed, source, None),
                (LegResult::Answered, _) => (CallState::Completed, source, None),
                (LegResult::Other(word), _) => (CallState::Ended, source, Some(word.clone())),
                (LegResult::Failed, Direction::Outbound) => (CallState::Failed, source, None),
                (LegResult::Busy, Direction::Outbound) => (CallState::Busy, source, None),
                (_, Direction::Inbound) if voicemail => (CallState::Voicemail, source, None),
                (_, Direction::Inbound) => (CallState::Missed, source, None),
                (LegResult::Missed, Direction::Outbound) => {
                    let state = match cause {
                        Some(HangupCause::Busy | HangupCause::Rejected) => CallState::Busy,
                        Some(HangupCause::Failed) => CallState::Failed,
                        // Nobody here picked up, so the person was never rung.
                        _ if self.agent_first && agent_away => CallState::Cancelled,
                        _ => CallState::NoAnswer,
                    };
                    (state, source, None)
                }
            };
        }
        // Only the agent's leg is known to have ended: the person was never rung.
        if direction == Direction::Outbound
            && person.is_none()
            && let Some(result) = sides.agent().and_then(|leg| leg.result.as_ref())
            && result.value != LegResult::Answered
        {
            return (CallState::Cancelled, Some(result.source), None);
        }
        let ends = |legs: &[&LegEvidence]| {
            legs.iter().filter_map(|leg| leg.ended.as_ref()).map(|at| at.source).max()
        };
        let answered = |legs: &[&LegEvidence]| legs.iter().any(|leg| leg.is_answered());
        let (ended, talked) = match direction {
            Direction::Inbound => (ends(&sides.customer), agent_answered),
            Direction::Outbound => {
                (ends(&sides.customer).or_else(|| ends(&sides.agents)), answered(&sides.customer))
            }
        };
        let ended = ended.or_else(|| sides.whole.and_then(|leg| leg.ended.as_ref()).map(|at| at.source));
        if let Some(source) = ended {
            let state = match (direction, talked) {
                (_, true) => CallState::Completed,
                (Direction::Inbound, false) if voicemail => CallState::Voicemail,
                (Direction::Inbound, false) => CallState::Missed,
                (Direction::Outbound, false) if agent_away => CallState::Cancelled,
                (Direction::Outbound, false) => CallState::NoAnswer,
            };
            return (state, Some(source), None);
        }
        if talked {
            return (CallState::InProgress, None, None);
        }
        if sides.all().next().is_some() {
            return (CallState::Ringing, None, None);
        }
        (placed.unwrap_or(CallState::Ringing), None, None)
    }
}
