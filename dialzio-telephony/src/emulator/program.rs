//! Programs of Piopiy for calls that come in: the question, and the answer judged as the vendor would.
//!
//! Source: TeleCMI, *Piopiy, answer URL* and *PCMO*, read 2026-11.

use std::collections::VecDeque;

use serde_json::{Map, Value, json};

/// An action that is played.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Action {
    /// The caller hears words, or the name of a file.
    Hear(String),
    /// Telephones ring, all at once or one after the other, each for so many seconds, so many times.
    Ring { numbers: Vec<String>, together: bool, seconds: u64, tries: u64 },
    /// Everything from here on is recorded.
    Record,
    /// The call ends.
    HangUp,
    /// The call goes on by what is set up at the vendor: agents are rung by [`Emulator::ring`](super::Emulator::ring).
    GoOn,
}

/// What is left of a program, and who is still to be rung of the bridge that is played.
#[derive(Debug, Clone, Default, PartialEq)]
pub(super) struct Playing {
    pub(super) actions: VecDeque<Action>,
    /// Those who are rung after the one who is rung now, one after the other, with the seconds of each.
    pub(super) next: VecDeque<(String, u64)>,
    /// The recording has begun.
    pub(super) is_recorded: bool,
}

/// Reads a program as the vendor judges it; what it would refuse is said in words.
pub(super) fn read(body: &[u8], numbers: &[String]) -> Result<VecDeque<Action>, String> {
    let value: Value = serde_json::from_slice(body).map_err(|_| "the answer is not JSON".to_owned())?;
    let actions = value.as_array().filter(|actions| !actions.is_empty());
    let actions = actions.ok_or("the answer is no list of actions")?;
    actions.iter().map(|action| one(action, numbers)).collect()
}

fn one(action: &Value, numbers: &[String]) -> Result<Action, String> {
    let fields = action.as_object().ok_or("an action is no object")?;
    let word = fields.get("action").and_then(Value::as_str).ok_or("an action has no name")?;
    let text = |name: &str| {
        let text = fields.get(name).and_then(Value::as_str).filter(|text| !text.trim().is_empty());
        text.map(str::to_owned).ok_or_else(|| format!("{word}: {name} is missing"))
    };
    match word {
        "speak" => {
            only(fields, &["text"])?;
            text("text").map(Action::Hear)
        }
        "play" => {
            only(fields, &["file_url", "file_name"])?;
            let file = text("file_url").or_else(|_| text("file_name"))?;
            Ok(Action::Hear(file))
        }
        "record" => only(fields, &[]).map(|()| Action::Record),
        "hangup" => only(fields, &[]).map(|()| Action::HangUp),
        "bridge" => bridge(fields, numbers),
        other => Err(format!("{other} is not an action that is emulated")),
    }
}

fn only(fields: &Map<String, Value>, known: &[&str]) -> Result<(), String> {
    let strange = fields.keys().find(|name| *name != "action" && !known.contains(&name.as_str()));
    strange.map_or(Ok(()), |name| Err(format!("{name} is not a field of this action")))
}

fn bridge(fields: &Map<String, Value>, numbers: &[String]) -> Result<Action, String> {
    only(fields, &["from", "connect", "duration", "timeout", "loop", "ring_type"])?;
    let whole = |name: &str, usual: u64| match fields.get(name) {
        None => Ok(usual),
        Some(value) => value
            .as_u64()
            .filter(|number| *number > 0)
            .ok_or_else(|| format!("bridge: {name} is not a number")),
    };
    if let Some(from) = fields.get("from")
        && !from.as_u64().is_some_and(|from| numbers.contains(&from.to_string()))
    {
        return Err("bridge: from is not a number of this app".to_owned());
    }
    whole("duration", 5_400)?;
    let together = match fields.get("ring_type").map(Value::as_str) {
        None | Some(Some("single")) => false,
        Some(Some("group")) => true,
        Some(_) => return Err("bridge: ring_type is single or group".to_owned()),
    };
    let connect = fields.get("connect").and_then(Value::as_array).filter(|all| !all.is_empty());
    let connect = connect.ok_or("bridge: connect is missing")?;
    let rung = connect.iter().map(|telephone| {
        let number = telephone["number"].as_u64().filter(|_| telephone["type"] == "pstn");
        number.map(|number| number.to_string()).ok_or("bridge: connect is no list of telephones".to_owned())
    });
    let rung = rung.collect::<Result<_, String>>()?;
    Ok(Action::Ring { numbers: rung, together, seconds: whole("timeout", 40)?, tries: whole("loop", 1)? })
}

/// The question, in one of the documented forms.
pub(super) fn question(call: &str, from: &str, to: &str, at: i64) -> Value {
    json!({"action": "inbound", "from": from, "to": to, "time": at, "cmiuuid": call})
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refused(program: &Value) -> String {
        read(program.to_string().as_bytes(), &["914471000002".to_owned()]).unwrap_err()
    }

    #[test]
    fn a_program_that_the_vendor_would_refuse_is_refused() {
        let bridge = |more: Value| {
            let mut bridge =
                json!({"action": "bridge", "connect": [{"type": "pstn", "number": 914471000101_u64}]});
            bridge.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
            json!([bridge])
        };
        for program in [
            json!({}),
            json!([]),
            json!(["speak"]),
            json!([{"text": "x"}]),
            json!([{"action": "speak"}]),
            json!([{"action": "speak", "text": " "}]),
            json!([{"action": "speak", "text": "x", "voice": "y"}]),
            json!([{"action": "play"}]),
            json!([{"action": "record", "seconds": 4}]),
            json!([{"action": "dance"}]),
            json!([{"action": "bridge"}]),
            json!([{"action": "bridge", "connect": []}]),
            json!([{"action": "bridge", "connect": [{"type": "sip", "user": "x"}]}]),
            json!([{"action": "bridge", "connect": [{"type": "pstn", "number": "914471000101"}]}]),
            bridge(json!({"from": 1})),
            bridge(json!({"from": "914471000002"})),
            bridge(json!({"timeout": "20"})),
            bridge(json!({"timeout": 0})),
            bridge(json!({"ring_type": "all"})),
            bridge(json!({"strategy": "all"})),
        ] {
            assert!(!refused(&program).is_empty(), "{program}");
        }
        let right = bridge(
            json!({"from": 914471000002_u64, "timeout": 20, "loop": 1, "duration": 5400, "ring_type": "group"}),
        );
        let read = read(right.to_string().as_bytes(), &["914471000002".to_owned()]).unwrap();
        let numbers = vec!["914471000101".to_owned()];
        assert_eq!(read, [Action::Ring { numbers, together: true, seconds: 20, tries: 1 }]);
    }
}
