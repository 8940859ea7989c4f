//! The interface of Piopiy.

use axum::{
    Json,
    response::{IntoResponse, Response},
};
use serde_json::{Value, json};

use super::{
    asked::{Asked, Fields},
    call::{Call, Side, Which},
    config::{EmulatedAccount, Product},
    payload, play,
    refusal::Refusal,
    state::{Shared, State},
};

/// Answers a question of Piopiy's; `None` if the path is none of its.
pub(super) fn serve(shared: &Shared, asked: &Asked) -> Option<Result<Response, Refusal>> {
    if asked.method != "POST" {
        return None;
    }
    let answer = match asked.path.as_str() {
        "/v2/ind_pcmo_make_call" | "/v2/global_pcmo_make_call" => make_call(shared, asked),
        "/v1/call/action" | "/v1/call/global_action" => act(shared, asked),
        "/v1/piopiy/requestid_cdr" => by_request(shared, asked),
        "/v1/piopiy/cmiuuid_cdr" => by_leg(shared, asked),
        "/v2/piopiy/get_channels" => channels(shared, asked),
        _ => return None,
    };
    Some(answer.map(|body| Json(body).into_response()))
}

/// A missing property is 422 here.
fn required<T>(found: Result<T, Refusal>, name: &str) -> Result<T, Refusal> {
    found.map_err(|_| Refusal::of(422, format!("{name} is required")))
}

fn opened<'a>(state: &'a State, fields: &Fields<'_>, wrong: Refusal) -> Result<&'a EmulatedAccount, Refusal> {
    let app_id = required(fields.integer("appid"), "appid")?;
    let secret = required(fields.text("secret"), "secret")?;
    state.opened(Product::Piopiy, app_id, secret).ok_or(wrong)
}

/// Rings a number, and then the one that the program joins to it.
fn make_call(shared: &Shared, asked: &Asked) -> Result<Value, Refusal> {
    let fields = asked.only(&["appid", "secret", "from", "to", "pcmo", "extra_params", "duration"])?;
    let from = required(fields.integer("from"), "from")?.to_string();
    let to = required(fields.integer("to"), "to")?.to_string();
    fields.maybe_integer("duration")?;
    let customer = joined(required(fields.list("pcmo"), "pcmo")?)?;
    let extra_params = fields.object("extra_params")?;
    let placed = {
        let state = shared.state();
        let account = opened(&state, &fields, Refusal::of(420, "app id or secret is not valid"))?;
        if !account.numbers.contains(&from) {
            return Err(Refusal::of(404, "from is not a number of this app"));
        }
        play::Placed {
            key: (Product::Piopiy, account.app_id),
            agent: to,
            hopeless: !(8..=15).contains(&customer.len()),
            customer,
            our_number: from,
            extra_params,
        }
    };
    let request_id = play::place(shared, placed);
    Ok(json!({
        "data": {"status": "progress", "request_id": request_id},
        "status": "progress", "request_id": request_id, "code": 200,
    }))
}

/// Whom a program joins: the first telephone of its first bridge.
fn joined(program: &[Value]) -> Result<String, Refusal> {
    let bridge = program.iter().find(|action| action["action"] == "bridge");
    let bridge = bridge.ok_or_else(|| Refusal::of(422, "a program without a bridge is not emulated"))?;
    let telephone = &bridge["connect"][0];
    let number = telephone["number"].as_u64().filter(|_| telephone["type"] == "pstn");
    number.map(|number| number.to_string()).ok_or_else(|| Refusal::of(422, "connect is required"))
}

/// The end of a call, or a hold. The id may be spelled in either way.
fn act(shared: &Shared, asked: &Asked) -> Result<Value, Refusal> {
    let fields = asked.only(&["appid", "secret", "action", "cmiuid", "cmiuuid"])?;
    let leg = fields.text("cmiuuid").or_else(|_| fields.text("cmiuid"))?;
    let action = fields.text("action")?;
    let id = {
        let state = shared.state();
        let app_id = opened(&state, &fields, Refusal::authentication())?.app_id;
        let found = calls(&state, app_id).find(|call| !call.is_over() && call.leg_by_id(leg).is_some());
        found.map(|call| call.shown.id.clone()).ok_or_else(|| Refusal::of(404, "not found"))?
    };
    let done = match action {
        "hangup" => play::hang_up(shared, &id, Side::Agent),
        "hold" => play::hold(shared, &id, Some(true)),
        "unhold" => play::hold(shared, &id, Some(false)),
        "holdToggle" => play::hold(shared, &id, None),
        _ => return Err(Refusal::parameter("action")),
    };
    done.map_err(|error| Refusal::of(404, error.to_string()))?;
    Ok(json!({"code": 200, "status": "success"}))
}

fn calls(state: &State, app_id: u64) -> impl Iterator<Item = &Call> {
    let is_own = move |call: &&Call| call.shown.product == Product::Piopiy && call.shown.app_id == app_id;
    state.calls.iter().filter(is_own)
}

fn by_request(shared: &Shared, asked: &Asked) -> Result<Value, Refusal> {
    let fields = asked.only(&["appid", "secret", "request_id"])?;
    let request = fields.text("request_id")?;
    let state = shared.state();
    let account = opened(&state, &fields, Refusal::authentication())?;
    let is_meant = |call: &&Call| call.is_over() && call.shown.request_id.as_deref() == Some(request);
    let call = calls(&state, account.app_id).find(is_meant).ok_or_else(|| Refusal::of(404, "not found"))?;
    let hidden = &state.behaviour.hidden_number;
    let rows: Vec<Value> = [Which::Second, Which::First]
        .into_iter()
        .filter_map(|which| payload::look_up(account, call, which, hidden))
        .collect();
    Ok(json!({"count": rows.len(), "cdr": rows, "code": 200}))
}

fn by_leg(shared: &Shared, asked: &Asked) -> Result<Value, Refusal> {
    let fields = asked.only(&["appid", "secret", "cmiuuid"])?;
    let leg = fields.text("cmiuuid")?;
    let state = shared.state();
    let account = opened(&state, &fields, Refusal::authentication())?;
    let found = calls(&state, account.app_id).filter(|call| call.is_over()).find_map(|call| {
        let which = if call.first.id == leg { Which::First } else { Which::Second };
        (call.leg(which)?.id == leg)
            .then(|| payload::look_up(account, call, which, &state.behaviour.hidden_number))?
    });
    found.map(|row| json!({"cdr": row, "code": 200})).ok_or_else(|| Refusal::of(404, "not found"))
}

fn channels(shared: &Shared, asked: &Asked) -> Result<Value, Refusal> {
    let fields = asked.only(&["appid", "secret"])?;
    let state = shared.state();
    let account = opened(&state, &fields, Refusal::authentication())?;
    let open = calls(&state, account.app_id).filter(|call| !call.is_over()).count();
    Ok(json!({"code": 200, "channel": open.to_string()}))
}
