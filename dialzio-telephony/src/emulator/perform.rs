//! Plays a program: what the caller hears, whose telephones ring, and what is recorded.
//!
//! How a program goes on after a bridge that nobody answered is not documented: here with the next action. A bridge that was
//! answered ends it.

use std::{collections::VecDeque, sync::Arc};

use super::{
    call::{Call, CallPhase, Leg, Which},
    config::EmulatorError,
    play::{self, Told, answer, end, expect, step},
    program::{Action, Playing},
    state::{Shared, State},
};

/// The agent who is rung declines, or does not answer. Others who are rung ring on; otherwise the program goes on, if there is
/// one.
pub(super) fn agent_leaves(
    shared: &Arc<Shared>,
    id: &str,
    reason: &'static str,
) -> Result<(), EmulatorError> {
    play::agent_leaves(shared, id, reason)?;
    go_on(shared, id)
}

/// The time of those who are rung is up: the program goes on.
pub(super) fn nobody_answers(shared: &Arc<Shared>, id: &str) -> Result<(), EmulatorError> {
    while shared.state().call_mut(id)?.shown.phase == CallPhase::AgentRings {
        let before = shared.state().call_mut(id)?.seconds.iter().filter(|leg| leg.ended.is_none()).count();
        agent_leaves(shared, id, "recv_cancel")?;
        if before <= 1 {
            break;
        }
    }
    Ok(())
}

/// One of several who are rung at once answers.
pub(super) fn answers_at(shared: &Shared, id: &str, agent: &str) -> Result<(), EmulatorError> {
    {
        let mut state = shared.state();
        let call = state.call_mut(id)?;
        expect(call, &[CallPhase::AgentRings])?;
        let rings = |leg: &Leg| leg.party == agent && leg.ended.is_none();
        let place = call.seconds.iter().position(rings);
        let place = place.ok_or_else(|| EmulatorError::UnknownAgent(agent.to_owned()))?;
        let leg = call.seconds.remove(place);
        call.shown.agent = Some(leg.party.clone());
        call.seconds.push(leg);
    }
    play::agent_answers(shared, id)
}

/// A program was answered: it is played from its first action.
pub(super) fn begin(shared: &Arc<Shared>, id: &str, actions: VecDeque<Action>) {
    {
        let mut state = shared.state();
        let Ok(call) = state.call_mut(id) else { return };
        if call.is_over() {
            return;
        }
        call.playing = Some(Playing { actions, ..Playing::default() });
    }
    // The call was there a moment ago; what ended it since then ended the program too.
    let _ = go_on(shared, id);
}

/// What was answered cannot be played: the call ends.
pub(super) fn refuse(shared: &Shared, id: &str, why: String) {
    if let Ok(call) = shared.state().call_mut(id) {
        call.shown.refused = Some(why);
    }
    // A caller who has hung up meanwhile needs no end.
    let _ = end(shared, id, "failed", None);
}

/// Plays what is next, until somebody has to do something.
fn go_on(shared: &Arc<Shared>, id: &str) -> Result<(), EmulatorError> {
    loop {
        let action = {
            let mut state = shared.state();
            let call = state.call_mut(id)?;
            if call.shown.phase != CallPhase::Waiting {
                return Ok(());
            }
            let Some(playing) = call.playing.as_mut() else { return Ok(()) };
            match playing.next.pop_front() {
                Some((number, seconds)) => {
                    Action::Ring { numbers: vec![number], together: true, seconds, tries: 1 }
                }
                None => match playing.actions.pop_front() {
                    Some(action) => action,
                    // A program that ends with a recording goes on until the caller hangs up.
                    None if playing.is_recorded => {
                        call.shown.phase = CallPhase::Recording;
                        drop(state);
                        shared.changed();
                        return Ok(());
                    }
                    None => Action::HangUp,
                },
            }
        };
        match action {
            Action::Hear(what) => step(shared, id, |state, call, told| {
                call.shown.heard.push(what);
                pick_up(state, call, told);
                Ok(())
            })?,
            Action::Record => step(shared, id, |state, call, told| {
                if let Some(playing) = call.playing.as_mut() {
                    playing.is_recorded = true;
                }
                pick_up(state, call, told);
                Ok(())
            })?,
            Action::GoOn => {
                let mut state = shared.state();
                let call = state.call_mut(id)?;
                (call.playing, call.shown.is_programmed) = (None, false);
                drop(state);
                shared.changed();
                return Ok(());
            }
            Action::HangUp => return end(shared, id, "sent_bye", None),
            Action::Ring { numbers, together, seconds, tries } => {
                bridge(shared, id, &numbers, together, seconds, tries)?;
            }
        }
    }
}

/// The platform takes the call, once.
fn pick_up(state: &State, call: &mut Call, told: &mut Told<'_>) {
    if call.first.answered.is_none() {
        answer(call, Which::First, told.at);
        told.event(state, call, Which::First, "answered");
    }
}

/// Telephones ring; those of a bridge that rings one after the other wait for their turn.
fn bridge(
    shared: &Arc<Shared>,
    id: &str,
    numbers: &[String],
    together: bool,
    seconds: u64,
    tries: u64,
) -> Result<(), EmulatorError> {
    let rung = if together { numbers } else { &numbers[..1.min(numbers.len())] };
    step(shared, id, |state, call, told| {
        for number in rung {
            call.seconds.push(Leg::ringing(state.next_uuid(), number, told.at));
            call.shown.agent = Some(number.clone());
            call.shown.phase = CallPhase::AgentRings;
            told.event(state, call, Which::Second, "started");
        }
        if let Some(playing) = call.playing.as_mut() {
            let later = std::iter::repeat_n(numbers, usize::try_from(tries).unwrap_or(1)).flatten();
            let skipped = if together { numbers.len() } else { 1 };
            playing.next.extend(later.skip(skipped).map(|number| (number.clone(), seconds)));
        }
        Ok(())
    })?;
    let leg = shared.state().call_mut(id)?.seconds.last().map(|leg| leg.id.clone());
    if let Some(leg) = leg {
        shared.spawn(give_up(Arc::clone(shared), id.to_owned(), leg, seconds));
    }
    Ok(())
}

/// After a while, those who ring do not answer any more.
async fn give_up(shared: Arc<Shared>, id: String, leg: String, seconds: u64) {
    tokio::time::sleep(std::time::Duration::from_secs(seconds)).await;
    let rings = {
        let mut state = shared.state();
        let call = state.call_mut(&id);
        call.is_ok_and(|call| {
            call.shown.phase == CallPhase::AgentRings
                && call
                    .seconds
                    .iter()
                    .any(|one| one.id == leg && one.ended.is_none() && one.answered.is_none())
        })
    };
    if rings {
        // Somebody may have answered in between; then there is nothing to give up.
        let _ = nobody_answers(&shared, &id);
    }
}
