//! What a provider sends is shown, kept, or left out for a reason that stands here: every value of every webhook of
//! the corpus is looked for in what the API answers afterwards.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use base64::Engine as _;
use chrono::DateTime;
use dialzio_core::Clock;
use serde_json::Value;

use crate::corpus::{Stage, corpora, distinct, elsewhere, recent, samples, stage};

/// Values that are not in the API, by the end of their path, and why.
const LEFT_OUT: &[(&str, &str)] = &[
    ("object", "the same in every webhook"),
    ("field", "names the list that is read"),
    ("entry[].id", "our own business account: it is the account's business_id"),
    ("metadata.display_phone_number", "our own number, which the account shows"),
    ("metadata.phone_number_id", "our own number: it is the account's routing_key"),
    ("messages[].type", "shown as kind, in our word for it"),
    ("audio.url", "an address of five minutes; the file is fetched by its id"),
    ("document.url", "an address of five minutes; the file is fetched by its id"),
    ("image.url", "an address of five minutes; the file is fetched by its id"),
    ("sticker.url", "an address of five minutes; the file is fetched by its id"),
    ("video.url", "an address of five minutes; the file is fetched by its id"),
    ("audio.id", "the provider's handle for thirty days; here the file has an id of its own"),
    ("document.id", "the provider's handle for thirty days; here the file has an id of its own"),
    ("image.id", "the provider's handle for thirty days; here the file has an id of its own"),
    ("sticker.id", "the provider's handle for thirty days; here the file has an id of its own"),
    ("video.id", "the provider's handle for thirty days; here the file has an id of its own"),
    ("audio.voice", "shown as the kind voice"),
    ("context.forwarded", "shown as context.forwarded, in a word"),
    ("context.frequently_forwarded", "shown as context.forwarded, in a word"),
    ("contacts[].origin", "shown as own: the person's own number, on request"),
    ("interactive.type", "shown as the kind and the control that was used"),
    ("call_permission_reply.response", "shown as accepted"),
    ("system.type", "shown as identity_changed; the ids are on the person"),
    ("profile.username", "one revision writes an @ in front; shown without"),
    ("contacts[].user_id", "one example writes a stray letter in front; shown without"),
    ("user_preferences[].category", "marketing, the only one that is read; another one is kept whole"),
    ("user_id_update[].detail", "the provider's sentence for it; the ids are on the person"),
    (
        "calls[].id",
        "the provider's id, by which its webhooks are one call; here the call has an id of its own",
    ),
    ("calls[].event", "shown as the times and the state of the call"),
    ("calls[].direction", "shown as direction, in our word for it"),
    ("calls[].status", "shown as the state of the call"),
    ("calls[].timestamp", "when the webhook was made; the call's own times are shown"),
    ("calls[].biz_opaque_callback_data", "what another program sent along with its call"),
    ("session.sdp", "describes the media session, and is never kept"),
    ("session.sdp_type", "describes the media session, and is never kept"),
    ("webrtc.sdp", "describes the media session, and is never kept"),
    ("statuses[].id", "of a call: the provider's id; here the call has an id of its own"),
    ("statuses[].type", "names what it is about"),
    ("statuses[].status", "of a call: shown as its state"),
    ("statuses[].biz_opaque_callback_data", "of a call: what another program sent along"),
    ("value.errors[].message", "says less than the details, which are shown with the call"),
    ("value.errors[].title", "says less than the details, which are shown with the call"),
    ("user_id_update[].timestamp", "decides which of two changes is newer; the ids are on the person"),
];

/// Every value with its path, list places left out.
fn leaves(value: &Value, path: &str, found: &mut Vec<(String, Value)>) {
    match value {
        Value::Object(members) => {
            for (name, value) in members {
                let path = if path.is_empty() { name.clone() } else { format!("{path}.{name}") };
                leaves(value, &path, found);
            }
        }
        Value::Array(items) => items.iter().for_each(|item| leaves(item, &format!("{path}[]"), found)),
        value => found.push((path.to_owned(), value.clone())),
    }
}

/// The forms in which a value may be shown.
fn forms(path: &str, value: &Value) -> Vec<String> {
    let text = match value {
        Value::String(text) => text.clone(),
        other => other.to_string(),
    };
    let mut forms = vec![text.clone()];
    let is_time = ["timestamp", "time", "_date", "expiration"].iter().any(|end| path.ends_with(end));
    if is_time && let Some(at) = text.parse().ok().and_then(|at| DateTime::from_timestamp(at, 0)) {
        forms.push(at.format("%Y-%m-%dT%H:%M:%S").to_string());
    }
    if let Ok(number) = text.parse::<f64>() {
        forms.push(number.to_string());
    }
    if path.ends_with("sha256")
        && let Ok(digest) = base64::engine::general_purpose::STANDARD.decode(&text)
    {
        forms.push(digest.iter().map(|byte| format!("{byte:02x}")).collect());
    }
    forms
}

fn is_left_out(path: &str) -> Option<&'static str> {
    LEFT_OUT.iter().map(|(end, _)| *end).find(|end| path.ends_with(end))
}

/// Everything of the organisation that the API shows, with what is sealed opened.
async fn shown(stage: &Stage, ids: &BTreeSet<String>) -> Vec<String> {
    let mut all = Vec::new();
    for message in stage.messages().await {
        let id = message["external_id"].as_str().unwrap_or_default();
        if !ids.contains(id) {
            continue;
        }
        if message["has_more"] == true {
            let path = format!("/v1/messages/{}/beside", message["id"].as_str().unwrap());
            all.push(stage.fixture.get(&stage.seat, &path).await.is(200).json["values"].clone());
        }
        all.push(message);
    }
    for contact in stage.fixture.list(&stage.seat, "/v1/contacts").await {
        let id = contact["id"].as_str().unwrap();
        for rest in ["identities", "consents"] {
            all.extend(stage.fixture.list(&stage.seat, &format!("/v1/contacts/{id}/{rest}")).await);
        }
        all.push(contact);
    }
    for call in stage.fixture.list(&stage.seat, "/v1/calls").await {
        let path = format!("/v1/calls/{}", call["id"].as_str().unwrap());
        let mut found = Vec::new();
        leaves(&stage.fixture.get(&stage.seat, &path).await.is(200).json, "", &mut found);
        // That a call is confirmed says nothing of a voice note.
        all.extend(found.into_iter().map(|(_, value)| value).filter(|value| !value.is_boolean()));
    }
    let mut texts = Vec::new();
    for value in all {
        let mut found = Vec::new();
        leaves(&value, "", &mut found);
        texts.extend(found.into_iter().map(|(_, value)| match value {
            Value::String(text) => text,
            other => other.to_string(),
        }));
    }
    texts
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn each_value_that_arrives_is_in_the_api_or_left_out_for_a_reason() {
    let mut lost: BTreeMap<String, Vec<String>> = BTreeMap::new();
    let mut used = BTreeSet::new();
    for folder in corpora() {
        look_for_each(&folder, &mut lost, &mut used).await;
    }
    for (path, where_) in &lost {
        println!("{path}: {}", where_.join("; "));
    }
    println!("{} paths are lost, {} are left out on purpose", lost.len(), LEFT_OUT.len());
    assert!(lost.is_empty(), "values that the API does not show");
    let unused: Vec<_> = LEFT_OUT.iter().filter(|(end, _)| !used.contains(end)).collect();
    println!("left out and not there: {unused:?}");
    // Some are peculiar to the examples that are not published.
    assert!(elsewhere().is_none() || unused.is_empty(), "{unused:?}");
}

async fn look_for_each(
    folder: &Path,
    lost: &mut BTreeMap<String, Vec<String>>,
    used: &mut BTreeSet<&'static str>,
) {
    let (samples, _) = samples(folder);
    let stage = stage(&samples).await;
    let mut posted = Vec::new();
    for (place, sample) in samples.iter().enumerate() {
        let mut body = sample.body.clone();
        distinct(&mut body, place);
        recent(&mut body, stage.fixture.clock.now(), place);
        assert_eq!(stage.post(&body).await, 200);
        posted.push((sample, body));
    }
    stage.finish().await;
    let kept: Vec<Value> = stage.kept_whole().await;
    for (sample, body) in posted {
        let mut values = Vec::new();
        leaves(&body, "", &mut values);
        let ids: BTreeSet<String> =
            values.iter().filter_map(|(_, value)| value.as_str().map(str::to_owned)).collect();
        let texts = shown(&stage, &ids).await;
        let changes = changes(&body);
        for (path, value) in values {
            let forms = forms(&path, &value);
            if texts.iter().any(|text| forms.iter().any(|form| text.contains(form))) {
                continue;
            }
            // What could not be used is kept whole, with its change.
            let whole = |kept: &Value| {
                let mut inside = Vec::new();
                leaves(kept, "", &mut inside);
                changes_shared(kept, &changes) && inside.contains(&(path.clone(), value.clone()))
            };
            if kept.iter().any(whole) {
                continue;
            }
            match is_left_out(&path) {
                Some(end) => drop(used.insert(end)),
                None => lost.entry(path).or_default().push(format!("{}: {value}", sample.name)),
            }
        }
    }
}

/// The ids and fields by which a change is found again among what was kept.
fn changes(body: &Value) -> BTreeSet<String> {
    let entries = body["entry"].as_array().cloned().unwrap_or_default();
    let changes = entries.iter().flat_map(|entry| entry["changes"].as_array().cloned().unwrap_or_default());
    let mut names = BTreeSet::new();
    for change in changes {
        let value = &change["value"];
        for list in ["messages", "statuses", "errors", "user_preferences", "user_id_update"] {
            names.extend(value[list].as_array().into_iter().flatten().map(Value::to_string));
        }
        names.insert(value.to_string());
    }
    names
}

/// Whether something kept holds one of these changes or elements.
fn changes_shared(kept: &Value, names: &BTreeSet<String>) -> bool {
    !changes(kept).is_disjoint(names)
}
