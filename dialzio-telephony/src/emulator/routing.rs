//! Routings of TeleCMI for calls that come in: the question whom to ring, and the answer judged as the vendor would.
//!
//! Source: TeleCMI, *CHUB, HTTP web flow*, read 2026-11. Users are rung in the order of the list, as many rounds as `loop` says,
//! which is inferred.

use std::collections::VecDeque;

use serde_json::{Value, json};

use super::config::EmulatedAgent;
use super::program::Action;

/// The fields of an answer that are known.
const FIELDS: [&str; 8] =
    ["code", "loop", "followme", "hangup", "timeout", "welcome_music", "waiting_music", "result"];
/// The time for which a user is rung if the answer does not say, in seconds.
const USUAL_SECONDS: u64 = 20;

/// The question, in the documented form that names the call.
pub(super) fn question(app_id: u64, call: &str, from: &str, to: &str) -> Value {
    json!({"from": from, "to": to, "cmiuuid": call, "appid": app_id})
}

/// Reads an answer as the vendor judges it; what it would refuse is said in words.
pub(super) fn read(body: &[u8], agents: &[EmulatedAgent]) -> Result<VecDeque<Action>, String> {
    let value: Value = serde_json::from_slice(body).map_err(|_| "the answer is not JSON".to_owned())?;
    let fields = value.as_object().ok_or("the answer is no object")?;
    if let Some(strange) = fields.keys().find(|name| !FIELDS.contains(&name.as_str())) {
        return Err(format!("{strange} is not a field of the answer"));
    }
    if fields.get("code").and_then(Value::as_u64) != Some(200) {
        return Err("code is not 200".to_owned());
    }
    let whole = |name: &str, usual: u64| match fields.get(name) {
        None => Ok(usual),
        Some(value) => {
            value.as_u64().filter(|number| *number > 0).ok_or_else(|| format!("{name} is not a number"))
        }
    };
    let truth = |name: &str| match fields.get(name) {
        None => Ok(false),
        Some(value) => value.as_bool().ok_or_else(|| format!("{name} is neither true nor false")),
    };
    truth("followme")?;
    let result = fields.get("result").and_then(Value::as_array).ok_or("result is no list")?;
    let rung = result.iter().map(|user| {
        let id = user["agent_id"].as_str().ok_or("a user has no agent_id")?;
        let is_right =
            |agent: &&EmulatedAgent| agent.id == id && user["phone"].as_str() == Some(&agent.phone);
        agents.iter().find(is_right).map(|agent| agent.id.clone()).ok_or("a user is not of this account")
    });
    let numbers: Vec<String> = rung.collect::<Result<_, _>>()?;
    let (seconds, tries) = (whole("timeout", USUAL_SECONDS)?, whole("loop", 1)?);
    let mut actions = VecDeque::new();
    if !numbers.is_empty() {
        actions.push_back(Action::Ring { numbers, together: false, seconds, tries });
    }
    actions.push_back(if truth("hangup")? { Action::HangUp } else { Action::GoOn });
    Ok(actions)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn agents() -> Vec<EmulatedAgent> {
        let agent = |place: u64| EmulatedAgent {
            id: format!("{place}_7"),
            name: "Desk".to_owned(),
            phone: format!("9144710001{place}"),
            token: String::new().into(),
        };
        vec![agent(101), agent(102)]
    }

    #[test]
    fn an_answer_that_the_vendor_would_refuse_is_refused() {
        let right = json!({"code": 200, "result": [{"agent_id": "101_7", "phone": "9144710001101"}]});
        for (field, value) in [
            ("code", json!(404)),
            ("code", json!("200")),
            ("loop", json!(0)),
            ("timeout", json!("20")),
            ("hangup", json!("true")),
            ("followme", json!(1)),
            ("greeting", json!("Welcome")),
            ("result", json!({})),
            ("result", json!([{"agent_id": "101_7"}])),
            ("result", json!([{"phone": "9144710001101"}])),
            ("result", json!([{"agent_id": "103_7", "phone": "9144710001103"}])),
            ("result", json!([{"agent_id": "101_7", "phone": "9144710001102"}])),
        ] {
            let mut answer = right.clone();
            answer[field] = value;
            assert!(read(answer.to_string().as_bytes(), &agents()).is_err(), "{answer}");
        }
        let ring = |numbers: &[&str], tries| Action::Ring {
            numbers: numbers.iter().map(|id| (*id).to_owned()).collect(),
            together: false,
            seconds: 20,
            tries,
        };
        let read = |answer: &Value| read(answer.to_string().as_bytes(), &agents()).unwrap();
        assert_eq!(read(&right), [ring(&["101_7"], 1), Action::GoOn]);
        let both = json!({"code": 200, "loop": 2, "hangup": true, "result": [
            {"agent_id": "101_7", "phone": "9144710001101"}, {"agent_id": "102_7", "phone": "9144710001102"}]});
        assert_eq!(read(&both), [ring(&["101_7", "102_7"], 2), Action::HangUp]);
        assert_eq!(read(&json!({"code": 200, "result": []})), [Action::GoOn]);
    }
}
