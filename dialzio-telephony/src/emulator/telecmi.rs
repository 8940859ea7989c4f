//! The interface of TeleCMI.

use axum::{
    Json,
    response::{IntoResponse, Response},
};
use chrono::{DateTime, TimeDelta, Utc};
use dialzio_core::conversation::Direction;
use secrecy::ExposeSecret;
use serde_json::{Value, json};

use super::{
    asked::{Asked, Fields},
    call::{Call, CallPhase, Side},
    config::{EmulatedAccount, Product},
    payload, play,
    refusal::Refusal,
    sms,
    state::{Shared, State},
};

/// What a page holds, whatever is asked.
const PAGE: u64 = 10;

/// The fewest and the most digits of a number that can be dialled.
const DIGITS: std::ops::RangeInclusive<usize> = 8..=15;

/// Answers a question of TeleCMI's; `None` if the path is none of its.
pub(super) fn serve(shared: &Shared, asked: &Asked) -> Option<Result<Response, Refusal>> {
    if asked.method != "POST" {
        return None;
    }
    if let Some(answer) = sms::serve(shared, asked) {
        return Some(answer.map(|body| Json(body).into_response()));
    }
    let answer = match asked.path.as_str() {
        "/v2/webrtc/click2call" => click_to_call(shared, asked),
        "/v2/c2c/hangup" => hang_up(shared, asked),
        "/v2/answered" => list(shared, asked, Direction::Inbound, true),
        "/v2/missed" => list(shared, asked, Direction::Inbound, false),
        "/v2/out_answered" => list(shared, asked, Direction::Outbound, true),
        "/v2/out_missed" => list(shared, asked, Direction::Outbound, false),
        "/v2/voicemail" => voicemails(shared, asked),
        "/v2/analysis" => totals(shared, asked),
        "/v2/user/list" => users(shared, asked),
        _ => return None,
    };
    Some(answer.map(|body| Json(body).into_response()))
}

fn click_to_call(shared: &Shared, asked: &Asked) -> Result<Value, Refusal> {
    let fields =
        asked.only(&["user_id", "secret", "to", "extra_params", "webrtc", "followme", "callerid"])?;
    let (user, secret, to) = (fields.text("user_id")?, fields.text("secret")?, fields.integer("to")?);
    let (webrtc, follow_me) = (fields.truth("webrtc", true)?, fields.truth("followme", false)?);
    if webrtc == follow_me {
        return Err(Refusal::of(400, "webrtc and followme exclude each other"));
    }
    let extra_params = fields.object("extra_params")?;
    let caller = fields.maybe_integer("callerid")?.map(|number| number.to_string());
    let placed = {
        let state = shared.state();
        let of_user = |account: &&EmulatedAccount| {
            account.product == Product::TeleCmi && account.agents.iter().any(|agent| agent.id == user)
        };
        let found = state.accounts.values().map(|account| &account.facts).find(of_user);
        let account = found.ok_or_else(|| Refusal::of(404, "user not found"))?;
        if account.secret.expose_secret() != secret {
            return Err(Refusal::authentication());
        }
        if follow_me && !account.follow_me {
            return Err(Refusal::of(420, "follow me is not enabled"));
        }
        let our_number = caller.or_else(|| account.numbers.first().cloned()).unwrap_or_default();
        let to = to.to_string();
        play::Placed {
            key: (Product::TeleCmi, account.app_id),
            agent: user.to_owned(),
            // A number of the wrong length is taken, and fails when it is dialled.
            hopeless: !DIGITS.contains(&to.len()),
            customer: to,
            our_number,
            extra_params,
        }
    };
    let request_id = play::place(shared, placed);
    Ok(json!({"code": 200, "msg": "Call initiated", "request_id": request_id}))
}

/// Ends a call by the leg that the user of the token is on: the first one of a call that went out, the second of one that came in.
fn hang_up(shared: &Shared, asked: &Asked) -> Result<Value, Refusal> {
    let fields = asked.only(&["token", "cmiuuid"])?;
    let (token, leg) = (fields.text("token")?, fields.text("cmiuuid")?);
    let id = {
        let state = shared.state();
        let knows = |account: &EmulatedAccount| {
            account.agents.iter().any(|agent| agent.token.expose_secret() == token)
        };
        let key = state.accounts.iter().find(|(_, account)| knows(&account.facts)).map(|(key, _)| *key);
        let is_meant = |call: &&Call| {
            let own = match call.shown.direction {
                Direction::Outbound => Some(&call.first),
                Direction::Inbound => call.seconds.last(),
            };
            Some((call.shown.product, call.shown.app_id)) == key
                && !call.is_over()
                && call.shown.phase != CallPhase::Waiting
                && own.is_some_and(|own| own.id == leg)
        };
        state.calls.iter().find(is_meant).map(|call| call.shown.id.clone())
    };
    let id = id.ok_or_else(|| Refusal::of(404, "not found"))?;
    play::hang_up(shared, &id, Side::Agent).map_err(|error| Refusal::of(404, error.to_string()))?;
    Ok(json!({"code": 200, "msg": "call ended"}))
}

/// The account of a body, if the secret is right.
fn opened(state: &State, fields: &Fields<'_>) -> Result<EmulatedAccount, Refusal> {
    let (app_id, secret) = (fields.integer("appid")?, fields.text("secret")?);
    state.opened(Product::TeleCmi, app_id, secret).cloned().ok_or_else(Refusal::authentication)
}

/// The period and the page that a list is asked for.
struct Range {
    from: DateTime<Utc>,
    until: DateTime<Utc>,
    page: u64,
}

impl Range {
    const KNOWN: [&'static str; 6] = ["appid", "secret", "start_date", "end_date", "page", "limit"];

    fn of(fields: &Fields<'_>, now: DateTime<Utc>, most: u64) -> Result<Self, Refusal> {
        let time = |name: &str, default: DateTime<Utc>| match fields.maybe_integer(name)? {
            None => Ok(default),
            Some(millis) => i64::try_from(millis)
                .ok()
                .and_then(DateTime::from_timestamp_millis)
                .ok_or_else(|| Refusal::parameter(name)),
        };
        let page = fields.maybe_integer("page")?.unwrap_or(1);
        let limit = fields.maybe_integer("limit")?.unwrap_or(PAGE);
        if page == 0 || limit == 0 || limit > most {
            return Err(Refusal::of(400, "page or limit is not valid"));
        }
        Ok(Self { from: time("start_date", now - TimeDelta::days(1))?, until: time("end_date", now)?, page })
    }

    fn holds(&self, at: DateTime<Utc>) -> bool {
        self.from <= at && at <= self.until
    }

    fn cut<T>(&self, all: Vec<T>) -> Vec<T> {
        let skipped = usize::try_from((self.page - 1).saturating_mul(PAGE)).unwrap_or(usize::MAX);
        all.into_iter().skip(skipped).take(usize::try_from(PAGE).unwrap_or_default()).collect()
    }
}

/// The calls of an account that are over, newest first.
fn over<'a>(state: &'a State, account: &EmulatedAccount, range: &Range) -> Vec<&'a Call> {
    let key = (account.product, account.app_id);
    let is_meant = |call: &&Call| {
        (call.shown.product, call.shown.app_id) == key && call.is_over() && range.holds(call.listed_at())
    };
    let mut found: Vec<&Call> = state.calls.iter().filter(is_meant).collect();
    found.sort_by_key(|call| std::cmp::Reverse(call.listed_at()));
    found
}

fn list(shared: &Shared, asked: &Asked, direction: Direction, answered: bool) -> Result<Value, Refusal> {
    let fields = asked.only(&Range::KNOWN)?;
    let state = shared.state();
    let account = opened(&state, &fields)?;
    let range = Range::of(&fields, shared.now(), 20)?;
    let of_list = |call: &&Call| call.shown.direction == direction && call.was_answered() == answered;
    let found: Vec<&Call> = over(&state, &account, &range).into_iter().filter(of_list).collect();
    let count = found.len();
    let row = |call: &Call| payload::row(&account, call, &state.behaviour.hidden_number);
    let rows: Vec<Value> = range.cut(found).into_iter().map(row).collect();
    Ok(json!({"count": count, "cdr": rows, "code": 200}))
}

fn voicemails(shared: &Shared, asked: &Asked) -> Result<Value, Refusal> {
    let fields = asked.only(&Range::KNOWN)?;
    let state = shared.state();
    let account = opened(&state, &fields)?;
    let range = Range::of(&fields, shared.now(), 20)?;
    let found: Vec<&Call> =
        over(&state, &account, &range).into_iter().filter(|call| call.shown.voicemail.is_some()).collect();
    let count = found.len();
    let row = |call: &Call| json!({"time": call.listed_at().timestamp_millis(), "from": call.shown.customer, "voicename": call.shown.voicemail});
    let rows: Vec<Value> = range.cut(found).into_iter().map(row).collect();
    Ok(json!({"count": count, "voicemail": rows, "code": 200}))
}

fn totals(shared: &Shared, asked: &Asked) -> Result<Value, Refusal> {
    let fields = asked.only(&["appid", "secret", "start_date", "end_date"])?;
    let state = shared.state();
    let account = opened(&state, &fields)?;
    let range = Range::of(&fields, shared.now(), 20)?;
    let found = over(&state, &account, &range);
    let answered = found.iter().filter(|call| call.was_answered()).count();
    Ok(json!({"code": 200, "total": found.len(), "answered": answered, "missed": found.len() - answered}))
}

/// The users, each with a password in clear text, as the vendor answers.
fn users(shared: &Shared, asked: &Asked) -> Result<Value, Refusal> {
    let fields = asked.only(&["appid", "secret", "page", "limit"])?;
    let state = shared.state();
    let account = opened(&state, &fields)?;
    let range = Range::of(&fields, shared.now(), 10)?;
    let count = account.agents.len();
    let each = |agent: super::config::EmulatedAgent| {
        let extension = agent.id.split('_').next().and_then(|digits| digits.parse::<u64>().ok());
        json!({"agent_id": agent.id, "name": agent.name, "extension": extension, "password": "in clear text",
               "notify": true, "phone": agent.phone, "start_time": 1, "end_time": 24})
    };
    let agents: Vec<Value> = range.cut(account.agents).into_iter().map(each).collect();
    Ok(json!({"code": 200, "status": "success", "count": count, "agents": agents}))
}
