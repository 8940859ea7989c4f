//! A customer calls by WhatsApp.

use chrono::TimeDelta;
use serde_json::{Value, json};

use super::{
    config::EmulatorError,
    customer::contact,
    person::CustomerIdentity,
    state::Shared,
    webhook::{envelope, message_value, timestamp},
};

/// How long the customer lets it ring.
const PATIENCE: TimeDelta = TimeDelta::seconds(20);

/// The customer has called, and has hung up since nobody answered. Answers the provider's id of the call.
pub(super) fn in_vain(
    shared: &Shared,
    number_id: &str,
    identity: &CustomerIdentity,
) -> Result<String, EmulatorError> {
    let now = shared.now();
    let (id, webhooks, is_blocked) = {
        let mut guard = shared.state();
        let state = &mut *guard;
        let person = state.people.meet(identity).ok_or(EmulatorError::NoIdentity)?;
        let id = state.next_wamid(person).replacen("wamid.", "wacid.", 1);
        let Some(number) = state.numbers.get(number_id) else {
            return Err(EmulatorError::UnknownNumber(number_id.to_owned()));
        };
        let known = state.people.get(person);
        let told = |event: &str, at, more: (&str, Value)| {
            let mut value = message_value(&number.facts);
            let mut call = json!({"id": id, "event": event, "timestamp": timestamp(at),
                "direction": "USER_INITIATED", "to": value["metadata"]["display_phone_number"]});
            if let Some(wa_id) = known.visible_wa_id() {
                call["from"] = json!(wa_id);
            }
            if state.behaviour.user_ids || known.hides_phone {
                call["from_user_id"] = json!(known.user_id);
            }
            call[more.0] = more.1;
            value["contacts"] = json!([contact(known, state.behaviour.user_ids)]);
            value["calls"] = json!([call]);
            envelope(&number.facts, "calls", &value)
        };
        let session = json!({"sdp_type": "offer", "sdp": "v=0\r\no=- 0 0 IN IP4 127.0.0.1\r\ns=-\r\n"});
        let webhooks = [
            told("connect", now - PATIENCE, ("session", session)),
            told("terminate", now, ("status", json!("COMPLETED"))),
        ];
        (id.clone(), webhooks, state.is_blocked(number_id, person))
    };
    // The business hears nothing of a person it has blocked.
    if !is_blocked {
        webhooks.iter().for_each(|webhook| shared.post(number_id, webhook));
    }
    Ok(id)
}
