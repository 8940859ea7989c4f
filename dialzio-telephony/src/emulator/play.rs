//! What agents and customers do, and what the vendor reports of it.

use chrono::{DateTime, Utc};
use dialzio_core::conversation::Direction;
use serde_json::Value;

use super::{
    call::{Call, CallPhase, EmulatedCall, Leg, Side, Which},
    config::{EmulatorError, Product},
    payload,
    program::{self, Playing},
    routing,
    state::{Key, Shared, State},
};

/// A call that a request placed.
pub(super) struct Placed {
    pub(super) key: Key,
    /// The agent who is rung first: an id of TeleCMI, a number of Piopiy.
    pub(super) agent: String,
    pub(super) customer: String,
    pub(super) our_number: String,
    pub(super) extra_params: Option<Value>,
    /// The number of the customer cannot be dialled, so that the call ends by itself.
    pub(super) hopeless: bool,
}

/// What is posted of a step, in order.
pub(super) struct Told<'a> {
    shared: &'a Shared,
    key: Key,
    pub(super) at: DateTime<Utc>,
    posts: Vec<Value>,
}

impl<'a> Told<'a> {
    fn new(shared: &'a Shared, key: Key, at: DateTime<Utc>) -> Self {
        Self { shared, key, at, posts: Vec::new() }
    }

    pub(super) fn event(&mut self, state: &State, call: &Call, which: Which, status: &str) {
        if !state.behaviour.live_events {
            return;
        }
        let hidden = &state.behaviour.hidden_number;
        if let Ok(account) = state.account(self.key) {
            self.posts.extend(payload::event(account, call, which, status, self.at, hidden));
        }
    }

    fn records(&mut self, state: &State, call: &Call) {
        if let (true, Ok(account)) = (state.behaviour.records, state.account(self.key)) {
            self.posts.extend(payload::records(account, call, &state.behaviour.hidden_number));
        }
    }

    fn attempt(&mut self, state: &State, call: &Call, reason: &str) {
        if let (true, Ok(account)) = (state.behaviour.records, state.account(self.key)) {
            self.posts.extend(payload::attempt(account, call, reason, &state.behaviour.hidden_number));
        }
    }

    fn post(self) {
        self.shared.changed();
        self.shared.post(self.key, self.posts);
    }
}

fn begun(state: &mut State, key: Key, direction: Direction, first: Leg, now: DateTime<Utc>) -> Call {
    let sip_id = state.next_uuid();
    Call {
        shown: EmulatedCall {
            id: first.id.clone(),
            product: key.0,
            app_id: key.1,
            direction,
            customer: None,
            our_number: String::new(),
            agent: None,
            phase: CallPhase::Waiting,
            is_programmed: false,
            heard: Vec::new(),
            refused: None,
            on_hold: false,
            request_id: None,
            extra_params: None,
            started_at: now,
            answered_at: None,
            ended_at: None,
            recording: None,
            voicemail: None,
        },
        sip_id,
        first,
        seconds: Vec::new(),
        reason: "recv_bye",
        playing: None,
    }
}

/// A request placed a call: the agent rings. Answers the id of the request.
pub(super) fn place(shared: &Shared, placed: Placed) -> String {
    let now = shared.now();
    let mut told = Told::new(shared, placed.key, now);
    let (request_id, id) = {
        let mut guard = shared.state();
        let state = &mut *guard;
        let first = Leg::ringing(state.next_uuid(), &placed.agent, now);
        let mut call = begun(state, placed.key, Direction::Outbound, first, now);
        let request_id = state.next_request();
        call.shown.customer = Some(placed.customer);
        call.shown.our_number = placed.our_number;
        call.shown.agent = Some(placed.agent);
        call.shown.extra_params = placed.extra_params;
        call.shown.request_id = Some(request_id.clone());
        call.shown.phase = CallPhase::AgentRings;
        told.event(state, &call, Which::First, "started");
        let id = call.shown.id.clone();
        state.calls.push(call);
        (request_id, id)
    };
    told.post();
    if placed.hopeless {
        // It was made a moment ago, and no one else knows of it yet.
        let _ = end(shared, &id, "failed", None);
    }
    request_id
}

/// A customer calls. `from` is `None` if the number is withheld. Answers the call, and the question about it where one is asked.
pub(super) fn call_in(
    shared: &Shared,
    key: Key,
    from: Option<&str>,
    to: &str,
) -> Result<(String, Option<Value>), EmulatorError> {
    let now = shared.now();
    let mut told = Told::new(shared, key, now);
    let (id, question) = {
        let mut guard = shared.state();
        let state = &mut *guard;
        state.account(key)?;
        let first = Leg::ringing(state.next_uuid(), to, now);
        let mut call = begun(state, key, Direction::Inbound, first, now);
        call.shown.customer = from.map(str::to_owned);
        call.shown.our_number = to.to_owned();
        told.event(state, &call, Which::First, if key.0 == Product::TeleCmi { "waiting" } else { "started" });
        let id = call.shown.id.clone();
        let asks = state.accounts.get(&key).is_some_and(|account| account.answer_url.is_some());
        let from = from.unwrap_or(&state.behaviour.hidden_number);
        let question = asks.then(|| match key.0 {
            Product::Piopiy => program::question(&id, from, to, now.timestamp_millis()),
            Product::TeleCmi => routing::question(key.1, &id, from, to),
        });
        if question.is_some() {
            call.playing = Some(Playing::default());
            call.shown.is_programmed = true;
        }
        state.calls.push(call);
        (id, question)
    };
    told.post();
    Ok((id, question))
}

/// Does something with a call at a point where it can happen.
pub(super) fn step(
    shared: &Shared,
    id: &str,
    act: impl FnOnce(&mut State, &mut Call, &mut Told<'_>) -> Result<(), EmulatorError>,
) -> Result<(), EmulatorError> {
    let mut told;
    {
        let mut guard = shared.state();
        let state = &mut *guard;
        let mut call = state.call_mut(id)?.clone();
        told = Told::new(shared, (call.shown.product, call.shown.app_id), shared.now());
        act(state, &mut call, &mut told)?;
        *state.call_mut(id)? = call;
    }
    told.post();
    Ok(())
}

pub(super) fn expect(call: &Call, phases: &[CallPhase]) -> Result<(), EmulatorError> {
    if phases.contains(&call.shown.phase) {
        Ok(())
    } else {
        Err(EmulatorError::OutOfPlace(call.shown.phase.as_str()))
    }
}

/// An agent of a call that came in is rung.
pub(super) fn ring(shared: &Shared, id: &str, agent: &str) -> Result<(), EmulatorError> {
    step(shared, id, |state, call, told| {
        expect(call, &[CallPhase::Waiting])?;
        let account = state.account(told.key)?;
        if told.key.0 == Product::TeleCmi && !account.agents.iter().any(|known| known.id == agent) {
            return Err(EmulatorError::UnknownAgent(agent.to_owned()));
        }
        call.seconds.push(Leg::ringing(state.next_uuid(), agent, told.at));
        call.shown.agent = Some(agent.to_owned());
        call.shown.phase = CallPhase::AgentRings;
        told.event(state, call, Which::Second, "started");
        Ok(())
    })
}

/// The agent who is rung answers.
pub(super) fn agent_answers(shared: &Shared, id: &str) -> Result<(), EmulatorError> {
    step(shared, id, |state, call, told| {
        expect(call, &[CallPhase::AgentRings])?;
        match call.shown.direction {
            Direction::Inbound => {
                answer(call, Which::First, told.at);
                answer(call, Which::Second, told.at);
                let others = call.seconds.len() - 1;
                for place in 0..others {
                    if call.seconds[place].ended.is_none() {
                        call.seconds[place].ended = Some(told.at);
                    }
                }
                call.shown.answered_at = Some(told.at);
                call.shown.phase = CallPhase::Talking;
                told.event(state, call, Which::First, "answered");
                told.event(state, call, Which::Second, joined(told.key));
            }
            Direction::Outbound => {
                answer(call, Which::First, told.at);
                told.event(state, call, Which::First, "answered");
                let customer = call.shown.customer.clone().unwrap_or_default();
                call.seconds.push(Leg::ringing(state.next_uuid(), &customer, told.at));
                call.shown.phase = CallPhase::CustomerRings;
                told.event(state, call, Which::Second, "started");
            }
        }
        Ok(())
    })
}

/// The customer who is rung answers.
pub(super) fn customer_answers(shared: &Shared, id: &str) -> Result<(), EmulatorError> {
    step(shared, id, |state, call, told| {
        expect(call, &[CallPhase::CustomerRings])?;
        answer(call, Which::Second, told.at);
        call.shown.answered_at = Some(told.at);
        call.shown.phase = CallPhase::Talking;
        told.event(state, call, Which::Second, joined(told.key));
        Ok(())
    })
}

pub(super) fn answer(call: &mut Call, which: Which, at: DateTime<Utc>) {
    if let Some(leg) = call.leg_mut(which) {
        leg.answered = Some(at);
    }
}

/// The word for a second leg that was answered.
const fn joined(key: Key) -> &'static str {
    match key.0 {
        Product::TeleCmi => "answered",
        Product::Piopiy => "bridged",
    }
}

/// The agent who is rung declines, or does not answer. A caller waits on; a call that was placed is over.
pub(super) fn agent_leaves(shared: &Shared, id: &str, reason: &'static str) -> Result<(), EmulatorError> {
    let direction = {
        let mut state = shared.state();
        let call = state.call_mut(id)?;
        expect(call, &[CallPhase::AgentRings])?;
        call.shown.direction
    };
    if direction == Direction::Outbound {
        return end(shared, id, reason, None);
    }
    step(shared, id, |state, call, told| {
        expect(call, &[CallPhase::AgentRings])?;
        if let Some(leg) = call.leg_mut(Which::Second) {
            leg.ended = Some(told.at);
        }
        call.shown.phase = CallPhase::Waiting;
        told.event(state, call, Which::Second, "hangup");
        told.attempt(state, call, reason);
        // Of several who were rung at once, the others ring on.
        if let Some(place) = call.seconds.iter().position(|leg| leg.ended.is_none() && leg.answered.is_none())
        {
            let leg = call.seconds.remove(place);
            call.shown.agent = Some(leg.party.clone());
            call.seconds.push(leg);
            call.shown.phase = CallPhase::AgentRings;
        }
        Ok(())
    })
}

/// The customer who is rung declines, or does not answer.
pub(super) fn customer_leaves(shared: &Shared, id: &str, reason: &'static str) -> Result<(), EmulatorError> {
    {
        let mut state = shared.state();
        expect(state.call_mut(id)?, &[CallPhase::CustomerRings])?;
    }
    end(shared, id, reason, None)
}

/// One side hangs up, at any point of the call.
pub(super) fn hang_up(shared: &Shared, id: &str, side: Side) -> Result<(), EmulatorError> {
    let reason = {
        let mut state = shared.state();
        let call = state.call_mut(id)?;
        match (side, call.shown.phase) {
            (_, CallPhase::Ended) => return Err(EmulatorError::OutOfPlace(CallPhase::Ended.as_str())),
            // An agent who does not speak yet has nothing to hang up.
            (Side::Agent, phase @ (CallPhase::Waiting | CallPhase::Recording)) => {
                return Err(EmulatorError::OutOfPlace(phase.as_str()));
            }
            (Side::Agent, CallPhase::Talking) => "sent_bye",
            (Side::Agent, _) => "sent_cancel",
            (Side::Customer, CallPhase::CustomerRings) => "recv_reject",
            (Side::Customer, _) => "recv_bye",
        }
    };
    let left = {
        let mut state = shared.state();
        let call = state.call_mut(id)?;
        let app_id = call.shown.app_id;
        // What was said until then is recorded.
        let is_recorded = call.shown.phase == CallPhase::Recording;
        is_recorded.then(|| state.next_file(app_id, shared.now()))
    };
    end(shared, id, reason, left)
}

/// The caller whom no one answered leaves a message, and the call ends. An agent who is rung is not rung any more.
pub(super) fn leave_voicemail(shared: &Shared, id: &str) -> Result<(), EmulatorError> {
    let (file, rings) = {
        let mut guard = shared.state();
        let call = guard.call_mut(id)?;
        // A program asks for a message itself, and only then is there something that records it.
        match call.playing {
            Some(_) => expect(call, &[CallPhase::Recording])?,
            None => expect(call, &[CallPhase::Waiting, CallPhase::AgentRings])?,
        }
        if call.shown.direction == Direction::Outbound {
            return Err(EmulatorError::OutOfPlace(call.shown.phase.as_str()));
        }
        let (app_id, rings) = (call.shown.app_id, call.shown.phase == CallPhase::AgentRings);
        (guard.next_file(app_id, shared.now()), rings)
    };
    if rings {
        agent_leaves(shared, id, "recv_cancel")?;
    }
    end(shared, id, "recv_bye", Some(file))
}

/// Ends a call: its legs, its recording, and what is told of it.
pub(super) fn end(
    shared: &Shared,
    id: &str,
    reason: &'static str,
    voicemail: Option<String>,
) -> Result<(), EmulatorError> {
    step(shared, id, |state, call, told| {
        if call.is_over() {
            return Err(EmulatorError::OutOfPlace(CallPhase::Ended.as_str()));
        }
        let rang = call.shown.phase == CallPhase::AgentRings && call.shown.direction == Direction::Inbound;
        call.reason = reason;
        call.shown.phase = CallPhase::Ended;
        call.shown.on_hold = false;
        call.shown.ended_at = Some(told.at);
        call.shown.voicemail = voicemail;
        let open = [Which::Second, Which::First].map(|which| {
            let leg = call.leg_mut(which).filter(|leg| leg.ended.is_none());
            leg.map(|leg| leg.ended = Some(told.at)).map(|()| which)
        });
        for which in open.into_iter().flatten() {
            told.event(state, call, which, "hangup");
        }
        if rang {
            told.attempt(state, call, "recv_cancel");
        }
        if call.was_answered() && state.account(told.key)?.recorded {
            call.shown.recording = Some(state.next_file(told.key.1, told.at));
        }
        told.records(state, call);
        Ok(())
    })
}

/// The agent lets the customer wait, or goes on.
pub(super) fn hold(shared: &Shared, id: &str, on: Option<bool>) -> Result<(), EmulatorError> {
    {
        let mut state = shared.state();
        let call = state.call_mut(id)?;
        expect(call, &[CallPhase::Talking])?;
        call.shown.on_hold = on.unwrap_or(!call.shown.on_hold);
    }
    shared.changed();
    Ok(())
}
