//! SMS of TeleCMI: taken from a user, and kept in the user's inbox with what people write.

use secrecy::ExposeSecret;
use serde_json::{Value, json};

use super::{
    asked::{Asked, Fields},
    config::{EmulatedAgent, EmulatorError, Product},
    message::EmulatedSms,
    refusal::Refusal,
    state::{Shared, State},
};

/// What a page holds.
const PAGE: usize = 10;

/// Answers a question about SMS; `None` if the path is none of these.
pub(super) fn serve(shared: &Shared, asked: &Asked) -> Option<Result<Value, Refusal>> {
    match asked.path.as_str() {
        "/v2/messages" => Some(send(shared, asked)),
        "/v2/inboxes" => Some(inbox(shared, asked)),
        "/v2/unread_sms" => Some(unread(shared, asked)),
        _ => None,
    }
}

/// The user of a token, and the account.
fn user(state: &State, fields: &Fields<'_>) -> Result<(u64, EmulatedAgent), Refusal> {
    let token = fields.text("token")?;
    let accounts = state.accounts.values().map(|account| &account.facts);
    let found = accounts.filter(|account| account.product == Product::TeleCmi).find_map(|account| {
        let agent = account.agents.iter().find(|agent| agent.token.expose_secret() == token)?;
        Some((account.app_id, agent.clone()))
    });
    found.ok_or_else(|| Refusal::of(404, "Invalid user token"))
}

fn send(shared: &Shared, asked: &Asked) -> Result<Value, Refusal> {
    let fields = asked.only(&["token", "text", "to"])?;
    let (text, to) = (fields.text("text")?.to_owned(), fields.integer("to")?);
    let at = shared.now();
    {
        let mut state = shared.state();
        let (app_id, user) = user(&state, &fields)?;
        let id = state.next_uuid();
        let customer = to.to_string();
        state.sms.push(EmulatedSms { id, app_id, user: user.id, customer, received: false, text, at });
    }
    shared.changed();
    Ok(json!({"code": 200, "msg": "message sent"}))
}

fn inbox(shared: &Shared, asked: &Asked) -> Result<Value, Refusal> {
    let fields = asked.only(&["token", "from", "to", "page"])?;
    let (from, to, page) = (fields.integer("from")?, fields.integer("to")?, fields.integer("page")?);
    if page == 0 {
        return Err(Refusal::parameter("page"));
    }
    let state = shared.state();
    let (app_id, user) = user(&state, &fields)?;
    let numbers = state.accounts.get(&(Product::TeleCmi, app_id)).map(|account| &account.facts.numbers);
    let ours = numbers.and_then(|numbers| numbers.first().cloned()).unwrap_or_default();
    let within = |sms: &&EmulatedSms| {
        let at = u64::try_from(sms.at.timestamp_millis()).unwrap_or_default();
        sms.app_id == app_id && sms.user == user.id && from <= at && at <= to
    };
    let mut found: Vec<&EmulatedSms> = state.sms.iter().filter(within).collect();
    found.reverse();
    let row = |sms: &&EmulatedSms| {
        let (from, to) = if sms.received { (&sms.customer, &ours) } else { (&ours, &sms.customer) };
        json!({"msg": sms.text, "read": 0, "from": from, "to": to, "time": sms.at.timestamp_millis(),
               "msg_id": sms.id, "type": if sms.received { "received" } else { "sent" }})
    };
    let skipped = usize::try_from(page - 1).unwrap_or(usize::MAX).saturating_mul(PAGE);
    let rows: Vec<Value> = found.iter().skip(skipped).take(PAGE).map(row).collect();
    Ok(json!({"count": found.len(), "sms": rows, "code": 200}))
}

fn unread(shared: &Shared, asked: &Asked) -> Result<Value, Refusal> {
    let fields = asked.only(&["token"])?;
    let state = shared.state();
    let (app_id, user) = user(&state, &fields)?;
    let is_unread = |sms: &&EmulatedSms| sms.received && sms.app_id == app_id && sms.user == user.id;
    Ok(json!({"unread": state.sms.iter().filter(is_unread).count(), "code": 200}))
}

/// A person writes to an account: it is in the inbox of its first user.
pub(super) fn receive(shared: &Shared, app_id: u64, from: &str, text: &str) -> Result<String, EmulatorError> {
    let at = shared.now();
    let id = {
        let mut state = shared.state();
        let account = state.accounts.get(&(Product::TeleCmi, app_id));
        let account = account.ok_or(EmulatorError::UnknownAccount(app_id))?;
        let user = account.facts.agents.first().map(|agent| agent.id.clone());
        let user = user.ok_or_else(|| EmulatorError::UnknownAgent(String::new()))?;
        let id = state.next_uuid();
        state.sms.push(EmulatedSms {
            id: id.clone(),
            app_id,
            user,
            customer: from.to_owned(),
            received: true,
            text: text.to_owned(),
            at,
        });
        id
    };
    shared.changed();
    Ok(id)
}
