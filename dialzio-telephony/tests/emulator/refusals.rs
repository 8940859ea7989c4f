//! What the emulator does not take, so that a mistake of the adapters is seen.

use serde_json::{Value, json};

use crate::fixture::{APP_ID, ASHA, DID, Fixture, RAVI, SECRET};

async fn ask(fixture: &Fixture, path: &str, body: &Value) -> Value {
    let url = fixture.vendor.base_url().join(path).unwrap();
    let stream =
        tokio::net::TcpStream::connect((url.host_str().unwrap(), url.port().unwrap())).await.unwrap();
    let text = body.to_string();
    let request = format!(
        "POST /{path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nContent-Type: application/json\r\nContent-Length: {}\r\n\r\n{text}",
        text.len()
    );
    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    let mut stream = stream;
    stream.write_all(request.as_bytes()).await.unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await.unwrap();
    let (_, body) = answer.split_once("\r\n\r\n").unwrap();
    serde_json::from_str(body).unwrap_or(Value::Null)
}

/// A body with other members; `null` takes one away.
fn changed(body: &Value, changes: &Value) -> Value {
    let mut body = body.clone();
    let fields = body.as_object_mut().unwrap();
    for (name, value) in changes.as_object().unwrap() {
        match value {
            Value::Null => drop(fields.remove(name)),
            value => drop(fields.insert(name.clone(), value.clone())),
        }
    }
    body
}

#[tokio::test]
async fn a_call_of_telecmi_is_judged() {
    let fixture = Fixture::new().await;
    let right = json!({"user_id": RAVI, "secret": SECRET, "to": 919876500001_u64, "callerid": 914412345678_u64,
                       "webrtc": true, "followme": false, "extra_params": {"a": 1}});
    let path = "v2/webrtc/click2call";
    assert_eq!(ask(&fixture, path, &right).await["code"], 200);
    for (changes, code) in [
        (json!({"user_id": null}), 400),
        (json!({"user_id": "999_3333301"}), 404),
        (json!({"secret": "another"}), 407),
        (json!({"to": null}), 400),
        (json!({"to": ASHA}), 400),
        (json!({"to": 919876500001.5}), 400),
        (json!({"to": -5}), 400),
        (json!({"callerid": DID}), 400),
        (json!({"webrtc": "true"}), 400),
        (json!({"followme": true}), 400),
        (json!({"webrtc": false}), 400),
        (json!({"webrtc": false, "followme": true}), 420),
        (json!({"extra_params": "text"}), 400),
        (json!({"appid": APP_ID}), 400),
    ] {
        assert_eq!(ask(&fixture, path, &changed(&right, &changes)).await["code"], code, "{changes}");
    }
    assert_eq!(ask(&fixture, path, &json!([])).await["code"], 400);
    assert_eq!(fixture.vendor.calls().len(), 1, "what was refused was not placed");
}

#[tokio::test]
async fn a_call_of_piopiy_is_judged() {
    let fixture = Fixture::new().await;
    let bridge = json!([{"action": "bridge", "connect": [{"type": "pstn", "number": 919876500001_u64}]}]);
    let right = json!({"appid": APP_ID, "secret": SECRET, "from": 914412345678_u64, "to": 919876500101_u64, "pcmo": bridge});
    let path = "v2/ind_pcmo_make_call";
    assert_eq!(ask(&fixture, path, &right).await["code"], 200);
    for (changes, code) in [
        (json!({"secret": "another"}), 420),
        (json!({"appid": 7}), 420),
        (json!({"appid": null}), 422),
        (json!({"from": null}), 422),
        (json!({"to": "919876500101"}), 422),
        (json!({"from": 919999999999_u64}), 404),
        (json!({"pcmo": []}), 422),
        (json!({"pcmo": [{"action": "hangup"}]}), 422),
        (
            json!({"pcmo": [{"action": "bridge", "connect": [{"type": "pstn", "number": "919876500001"}]}]}),
            422,
        ),
        (json!({"duration": "60"}), 400),
        (json!({"user_id": RAVI}), 400),
    ] {
        assert_eq!(ask(&fixture, path, &changed(&right, &changes)).await["code"], code, "{changes}");
    }
    assert_eq!(fixture.vendor.calls().len(), 1);
}

#[tokio::test]
async fn lists_and_users_are_judged() {
    let fixture = Fixture::new().await;
    let right = json!({"appid": APP_ID, "secret": SECRET, "page": 1, "limit": 10});
    for path in
        ["v2/answered", "v2/missed", "v2/out_answered", "v2/out_missed", "v2/voicemail", "v2/user/list"]
    {
        assert_eq!(ask(&fixture, path, &right).await["code"], 200, "{path}");
        for (changes, code) in [
            (json!({"secret": "another"}), 407),
            (json!({"appid": "3333301"}), 400),
            (json!({"limit": 21}), 400),
            (json!({"page": 0}), 400),
            (json!({"start": 5}), 400),
        ] {
            assert_eq!(
                ask(&fixture, path, &changed(&right, &changes)).await["code"],
                code,
                "{path} {changes}"
            );
        }
    }
    assert_eq!(ask(&fixture, "v2/user/list", &changed(&right, &json!({"limit": 11}))).await["code"], 400);
    assert_eq!(ask(&fixture, "v2/no_such_list", &right).await, Value::Null, "a page, as the vendor has it");
}

#[tokio::test]
async fn what_opens_an_account_is_not_kept_with_its_requests() {
    let fixture = Fixture::new().await;
    ask(&fixture, "v2/analysis", &json!({"appid": APP_ID, "secret": SECRET})).await;
    let shown = format!("{:?} {:?}", fixture.vendor.requests(), fixture.vendor);
    assert!(shown.contains("analysis") && !shown.contains(SECRET), "{shown}");
    assert_eq!(fixture.vendor.requests()[0].status, Some(200));
    fixture.vendor.forget_requests();
    assert!(fixture.vendor.requests().is_empty());
}
