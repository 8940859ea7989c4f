//! What happens to a message after the platform has taken it: it is shown, priced, and reported on.

use std::{sync::Arc, time::Duration};

use chrono::{DateTime, TimeDelta, Utc};
use serde_json::{Value, json};

use super::{
    config::{EmulatorError, Failure},
    customer::contact,
    param::Param,
    person::{Person, PersonId, canonical_wa_id},
    refusal::{Refusal, webhook_error},
    request::messaging_product,
    rules::{self, Draft, Recipient, Surroundings},
    state::{Conversation, Filed, Shared, State},
    transcript::{EmulatedStatus, Party, TranscriptEntry},
    webhook::{envelope, message_value, timestamp},
};

/// Whether a conversation's 24-hour window is open.
pub(super) fn window_is_open(conversation: Option<&Conversation>, now: DateTime<Utc>) -> bool {
    conversation
        .and_then(|conversation| conversation.last_inbound)
        .is_some_and(|last| now < last + TimeDelta::hours(24))
}

/// Judges and carries out `POST /{phone_number_id}/messages`.
pub(super) fn send(
    shared: &Arc<Shared>,
    number_id: &str,
    body: &Value,
    marketing_only: bool,
    failure: Option<Failure>,
) -> Result<Value, Refusal> {
    let now = shared.now();
    let mut guard = shared.state();
    let state = &mut *guard;
    let Some(number) = state.numbers.get(number_id) else {
        return Err(Refusal::no_such_object("POST", number_id));
    };
    let templates = state.templates.get(&number.facts.waba_id).map(Vec::as_slice).unwrap_or_default();
    let around = Surroundings { number: &number.facts, templates, media: &state.media, marketing_only };
    let draft = rules::judge(body, &around)?;

    let person = match &draft.recipient {
        Recipient::Phone(digits) => state.people.with_wa_id(&canonical_wa_id(digits)),
        Recipient::UserId(user_id) => state.people.by_alias(user_id).ok_or_else(|| {
            Refusal::of(131_026).details("No person with this user id has an account that you can reach.")
        })?,
    };
    let wamid = state.next_wamid(person);
    let key = (number_id.to_owned(), person);
    let conversation = state.conversations.get(&key);
    let is_open = window_is_open(conversation, now);
    let is_marketing = draft.content.category.as_deref() == Some("MARKETING");
    let fails = match failure {
        Some(Failure::FailedStatus(code)) => Some(code),
        _ if draft.content.fails_later.is_some() => draft.content.fails_later,
        _ if state.people.get(person).unreachable || state.is_blocked(number_id, person) => Some(131_026),
        _ if state.behaviour.reply_window && !is_open && draft.content.category.is_none() => Some(131_047),
        _ if is_marketing && conversation.is_some_and(|talk| talk.stopped_marketing) => Some(131_050),
        _ => target_is_missing(state.messages.get(target(&draft)), &draft, &key),
    };
    let is_held = failure == Some(Failure::HeldForQuality);
    let status = if is_held { EmulatedStatus::Held } else { EmulatedStatus::Accepted };
    let filed = Filed {
        number_id: number_id.to_owned(),
        person,
        opaque_id: draft.opaque_id.clone(),
        pricing: Some(pricing(draft.content.category.as_deref(), is_open)),
        status,
    };
    state.messages.insert(wamid.clone(), filed);
    if let Some(opaque_id) = &draft.opaque_id {
        state.records.carried_out(opaque_id);
    }
    let answer = accepted(&wamid, &draft, state.people.get(person), state.behaviour.user_ids, is_held);
    let is_reaction = draft.content.reaction.is_some();
    show(state.conversation(number_id, person), &wamid, now, draft, status, body);
    let reached_target = fails.is_none();
    if is_reaction && reached_target {
        react(state, body);
    }
    let behaviour = state.behaviour.clone();
    drop(guard);

    let course = match fails {
        _ if is_held => Vec::new(),
        Some(code) => vec![EmulatedStatus::Failed(code)],
        None if is_reaction || !behaviour.auto_deliver => vec![EmulatedStatus::Sent],
        None if behaviour.auto_read => {
            vec![EmulatedStatus::Sent, EmulatedStatus::Delivered, EmulatedStatus::Read]
        }
        None => vec![EmulatedStatus::Sent, EmulatedStatus::Delivered],
    };
    report_course(shared, wamid, course, behaviour.status_delay, behaviour.shuffle_webhooks);
    shared.changed();
    Ok(answer)
}

fn target(draft: &Draft) -> &str {
    draft.content.reaction.as_ref().map_or("", |(target, _)| target.as_str())
}

/// A reaction needs a message of the same conversation; without one it fails later.
fn target_is_missing(found: Option<&Filed>, draft: &Draft, key: &(String, PersonId)) -> Option<u32> {
    draft.content.reaction.as_ref()?;
    let is_here = found.is_some_and(|filed| filed.number_id == key.0 && filed.person == key.1);
    (!is_here).then_some(131_009)
}

fn react(state: &mut State, body: &Value) {
    let emoji = body["reaction"]["emoji"].as_str().filter(|emoji| !emoji.is_empty()).map(str::to_owned);
    let target = body["reaction"]["message_id"].as_str().unwrap_or_default();
    if let Some(entry) = state.entry_mut(target) {
        entry.business_reaction = emoji;
    }
}

fn show(
    conversation: &mut Conversation,
    wamid: &str,
    at: DateTime<Utc>,
    draft: Draft,
    status: EmulatedStatus,
    raw: &Value,
) {
    conversation.typing_until = None;
    if draft.content.reaction.is_some() {
        return;
    }
    conversation.entries.push(TranscriptEntry {
        wamid: wamid.to_owned(),
        at,
        from: Party::Business,
        bubble: draft.content.bubble,
        status,
        read_by_business: false,
        reply_to: draft.reply_to,
        business_reaction: None,
        customer_reaction: None,
        edited: false,
        revoked: false,
        opaque_id: draft.opaque_id,
        raw: raw.clone(),
    });
}

fn accepted(wamid: &str, draft: &Draft, person: &Person, user_ids: bool, is_held: bool) -> Value {
    let mut contact = json!({ "input": draft.input });
    if let (Recipient::Phone(_), Some(wa_id)) = (&draft.recipient, &person.wa_id) {
        contact["wa_id"] = json!(wa_id);
    }
    if user_ids {
        contact["user_id"] = json!(person.user_id);
    }
    let mut message = json!({ "id": wamid });
    if draft.content.category.is_some() {
        message["message_status"] = json!(if is_held { "held_for_quality_assessment" } else { "accepted" });
    }
    json!({"messaging_product": "whatsapp", "contacts": [contact], "messages": [message]})
}

/// The price as statuses tell it: templates cost, except utility inside an open window.
fn pricing(category: Option<&str>, window_is_open: bool) -> Value {
    let (kind, category) = match category {
        Some("UTILITY") if window_is_open => ("free_customer_service", "utility".to_owned()),
        Some(category) => ("regular", category.to_lowercase()),
        None => ("free_customer_service", "service".to_owned()),
    };
    json!({"billable": kind == "regular", "pricing_model": "PMP", "type": kind, "category": category})
}

fn report_course(
    shared: &Arc<Shared>,
    wamid: String,
    course: Vec<EmulatedStatus>,
    delay: Duration,
    shuffled: bool,
) {
    if course.is_empty() {
        return;
    }
    let (pending, here) = (shared.begin(), Arc::clone(shared));
    shared.spawn(async move {
        for status in course {
            if !delay.is_zero() && !shuffled {
                tokio::time::sleep(delay).await;
            }
            // The message was filed before its course began.
            let _ = report(&here, &wamid, status);
        }
        drop(pending);
    });
}

/// Moves a message of the business to a status and tells the business.
pub(super) fn report(shared: &Shared, wamid: &str, status: EmulatedStatus) -> Result<(), EmulatorError> {
    let now = shared.now();
    let webhook = {
        let mut state = shared.state();
        let Some(filed) = state.messages.get_mut(wamid) else {
            return Err(EmulatorError::UnknownMessage(wamid.to_owned()));
        };
        if status.rank() > filed.status.rank() {
            filed.status = status;
        }
        let filed = filed.clone();
        if let Some(entry) = state.entry_mut(wamid) {
            entry.status = filed.status;
        }
        let Some(number) = state.numbers.get(&filed.number_id) else {
            return Err(EmulatorError::UnknownNumber(filed.number_id));
        };
        let person = state.people.get(filed.person);
        status.word().map(|word| {
            let told = told(wamid, word, now, status, &filed, person, state.behaviour.user_ids);
            let mut value = message_value(&number.facts);
            if state.behaviour.user_ids && !matches!(status, EmulatedStatus::Failed(_)) {
                value["contacts"] = json!([contact(person, true)]);
            }
            value["statuses"] = json!([told]);
            (filed.number_id.clone(), envelope(&number.facts, "messages", &value))
        })
    };
    shared.changed();
    if let Some((number_id, webhook)) = webhook {
        shared.post(&number_id, &webhook);
    }
    Ok(())
}

fn told(
    wamid: &str,
    word: &str,
    now: DateTime<Utc>,
    status: EmulatedStatus,
    filed: &Filed,
    person: &Person,
    user_ids: bool,
) -> Value {
    let mut told = json!({"id": wamid, "status": word, "timestamp": timestamp(now)});
    if let Some(wa_id) = person.visible_wa_id() {
        told["recipient_id"] = json!(wa_id);
    }
    let is_failed = matches!(status, EmulatedStatus::Failed(_));
    if user_ids && (!is_failed || person.visible_wa_id().is_none()) {
        told["recipient_user_id"] = json!(person.user_id);
    }
    if let Some(opaque_id) = &filed.opaque_id {
        told["biz_opaque_callback_data"] = json!(opaque_id);
    }
    match status {
        EmulatedStatus::Sent | EmulatedStatus::Delivered => told["pricing"] = json!(filed.pricing),
        EmulatedStatus::Failed(code) => told["errors"] = json!([webhook_error(code)]),
        _ => {}
    }
    told
}

/// Carries out a read receipt: `{"status": "read", "message_id": …}`.
pub(super) fn mark_read(shared: &Shared, number_id: &str, body: &Value) -> Result<Value, Refusal> {
    let request = Param::root(body);
    messaging_product(&request)?;
    request.only(&["messaging_product", "status", "message_id", "typing_indicator"])?;
    if request.require("status")?.text()? != "read" {
        return Err(Refusal::parameter("Param status must be one of {read}."));
    }
    let wamid = request.require("message_id")?.text_to(1024)?;
    let is_typing = match request.field("typing_indicator") {
        Some(typing) => {
            typing.only(&["type"])?;
            if typing.require("type")?.text()? != "text" {
                return Err(Refusal::parameter("Param typing_indicator['type'] must be one of {text}."));
            }
            true
        }
        None => false,
    };
    let now = shared.now();
    {
        let mut state = shared.state();
        let unknown = || Refusal::of(131_009).details("The message id is not one that this number received.");
        let filed =
            state.messages.get(wamid).filter(|filed| filed.number_id == number_id).ok_or_else(unknown)?;
        let person = filed.person;
        let conversation = state.conversation(number_id, person);
        let is_inbound = |entry: &TranscriptEntry| entry.wamid == wamid && entry.from == Party::Customer;
        let last = conversation.entries.iter().position(is_inbound).ok_or_else(unknown)?;
        for entry in &mut conversation.entries[..=last] {
            entry.read_by_business |= entry.from == Party::Customer;
        }
        if is_typing {
            conversation.typing_until = Some(now + TimeDelta::seconds(25));
        }
    }
    shared.changed();
    Ok(json!({ "success": true }))
}
