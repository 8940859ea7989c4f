//! Whose telephone rings for a target, and what stands against saving a flow.

use super::definition::{AfterClosed, CallFlowDefinition, Greeting, RingStep, RingStrategy, RingTarget};
use super::problem::CallFlowProblem;
use super::step::FlowStep;
use crate::call::CallAgent;
use crate::id::MemberId;
use crate::phone::{NumberKind, PhoneNumber};

/// A telephone that rings.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DialTarget {
    /// Its number.
    pub number: PhoneNumber,
    /// The provider's id of the agent whose it is, if it is one's.
    pub agent: Option<String>,
}

/// The telephones of an account by which members are reached: its agents that are mapped to a member who may come in.
#[derive(Debug, Clone, Default)]
pub struct Telephones(Vec<CallAgent>);

impl Telephones {
    /// Those of the agents whose member is one of these.
    #[must_use]
    pub fn of(agents: Vec<CallAgent>, active: &[MemberId]) -> Self {
        let is_theirs = |agent: &CallAgent| agent.member.is_some_and(|member| active.contains(&member));
        Self(agents.into_iter().filter(is_theirs).collect())
    }

    /// Where a target is rung; `None` for a member without a telephone. Of several telephones of a member, the first by id.
    #[must_use]
    pub fn reach(&self, target: &RingTarget) -> Option<DialTarget> {
        match target {
            RingTarget::Number(number) => Some(DialTarget { number: number.clone(), agent: None }),
            RingTarget::Member(member) => self.0.iter().find_map(|agent| {
                let number = agent.phone.clone().filter(|_| agent.member == Some(*member))?;
                Some(DialTarget { number, agent: Some(agent.id.clone()) })
            }),
        }
    }
}

/// What stands against saving a definition: everything at once, so that a page can show each at its field. `members` are those of
/// the organisation, `own` the numbers that its calls come in to, `steps` what the provider can do.
pub(super) fn problems(
    definition: &CallFlowDefinition,
    telephones: &Telephones,
    members: &[MemberId],
    own: &[PhoneNumber],
    steps: &[FlowStep],
) -> Vec<CallFlowProblem> {
    let mut found = unsupported(definition, steps);
    let CallFlowDefinition { greeting: _, hours, ring, fallback, voicemail, closed } = definition;
    match ring {
        Some(ring) => found.extend(ring_problems(ring, telephones, members, own)),
        None if fallback.is_none() && voicemail.is_none() => found.push(CallFlowProblem::LeadsNowhere),
        None => {}
    }
    if let Some(fallback) = fallback {
        match fallback.kind() {
            NumberKind::Premium => found.push(CallFlowProblem::PremiumFallback),
            NumberKind::Emergency => found.push(CallFlowProblem::EmergencyFallback),
            NumberKind::Ordinary if own.contains(fallback) => found.push(CallFlowProblem::OwnFallback),
            NumberKind::Ordinary => {}
        }
    }
    if let Some(hours) = hours {
        found.extend(hours.problems());
        match closed.then {
            AfterClosed::Voicemail if voicemail.is_none() => {
                found.push(CallFlowProblem::ClosedWithoutVoicemail);
            }
            AfterClosed::Fallback if fallback.is_none() => {
                found.push(CallFlowProblem::ClosedWithoutFallback);
            }
            _ => {}
        }
    }
    found
}

/// What a definition has and its provider cannot do.
fn unsupported(definition: &CallFlowDefinition, steps: &[FlowStep]) -> Vec<CallFlowProblem> {
    let CallFlowDefinition { greeting, hours, ring, fallback, voicemail, closed } = definition;
    let can = |step: FlowStep| steps.contains(&step);
    let greets = greeting.as_ref().is_none_or(|greeting| match greeting {
        Greeting::Say(_) => can(FlowStep::Say),
        Greeting::Play(_) => can(FlowStep::Play),
    });
    let is_number = |target: &RingTarget| matches!(target, RingTarget::Number(_));
    let has_number = ring.as_ref().is_some_and(|ring| ring.targets.iter().any(is_number));
    let is_together =
        ring.as_ref().is_some_and(|ring| ring.strategy == RingStrategy::Together && ring.targets.len() > 1);
    let speaks_closed = hours.is_some() && closed.say.is_some();
    [
        (!greets, CallFlowProblem::GreetingUnsupported),
        (has_number && !can(FlowStep::RingNumbers), CallFlowProblem::NumberUnsupported),
        (is_together && !can(FlowStep::RingTogether), CallFlowProblem::TogetherUnsupported),
        (fallback.is_some() && !can(FlowStep::RingNumbers), CallFlowProblem::FallbackUnsupported),
        (
            voicemail.is_some() && !(can(FlowStep::Record) && can(FlowStep::Say)),
            CallFlowProblem::VoicemailUnsupported,
        ),
        (speaks_closed && !can(FlowStep::Say), CallFlowProblem::ClosedWordsUnsupported),
    ]
    .into_iter()
    .filter_map(|(is_so, problem)| is_so.then_some(problem))
    .collect()
}

fn ring_problems(
    ring: &RingStep,
    telephones: &Telephones,
    members: &[MemberId],
    own: &[PhoneNumber],
) -> Vec<CallFlowProblem> {
    let mut found = Vec::new();
    if !(RingStep::LEAST_SECONDS..=RingStep::MOST_SECONDS).contains(&ring.seconds) {
        found.push(CallFlowProblem::RingSeconds);
    }
    if ring.targets.is_empty() {
        found.push(CallFlowProblem::NobodyToRing);
        return found;
    }
    if ring.targets.len() > RingStep::MOST_TARGETS {
        found.push(CallFlowProblem::TooManyTargets { max: RingStep::MOST_TARGETS });
    }
    let is_unknown = |target: &RingTarget| matches!(target, RingTarget::Member(id) if !members.contains(id));
    if ring.targets.iter().any(is_unknown) {
        found.push(CallFlowProblem::UnknownMember);
    }
    let rung: Vec<PhoneNumber> =
        ring.targets.iter().filter_map(|target| telephones.reach(target)).map(|rung| rung.number).collect();
    let is_again = |(place, target): (usize, &RingTarget)| ring.targets[..place].contains(target);
    if ring.targets.iter().enumerate().any(is_again)
        || rung.iter().enumerate().any(|(place, number)| rung[..place].contains(number))
    {
        found.push(CallFlowProblem::TargetTwice);
    }
    if rung.is_empty() {
        found.push(CallFlowProblem::NobodyReachable);
    }
    if rung.iter().any(|number| number.kind() == NumberKind::Premium) {
        found.push(CallFlowProblem::PremiumTarget);
    }
    if rung.iter().any(|number| number.kind() == NumberKind::Emergency) {
        found.push(CallFlowProblem::EmergencyTarget);
    }
    if rung.iter().any(|number| own.contains(number)) {
        found.push(CallFlowProblem::OwnTarget);
    }
    found
}
