//! Webhooks of every kind that is on the wire, from fixtures of our own, and what each is to the domain.
#![cfg(feature = "rustls")]
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test stops at the first surprise")]

#[path = "support/kinds.rs"]
mod kinds;
#[path = "support/summary.rs"]
mod summary;

use bytes::Bytes;
use chrono::DateTime;
use dialzio_core::{
    call::{CallAlias, HangupCause},
    conversation::{Content, DeliveryStatus, Direction, Forwarded, MediaKind},
    provider::{
        CallReport, CallReportKind, Inbound, InboundBody, InboundContent, InboundMessage, Provider,
        ReportTime,
    },
};
use dialzio_whatsapp::{MetaCloud, MetaConfig};
use proptest::prelude::*;
use serde_json::{Value, json};

use kinds::KINDS;

fn decode(body: impl Into<Bytes>) -> Vec<Inbound> {
    static CLOUD: std::sync::LazyLock<MetaCloud> =
        std::sync::LazyLock::new(|| MetaCloud::new(MetaConfig::default()).unwrap());
    CLOUD.webhooks().unwrap().decode_element(&body.into())
}

fn fixture(name: &str) -> Bytes {
    let path = format!("{}/tests/fixtures/webhooks/{name}.json", env!("CARGO_MANIFEST_DIR"));
    Bytes::from(std::fs::read(path).unwrap())
}

fn one(name: &str) -> Inbound {
    let mut found = decode(fixture(name));
    assert_eq!(found.len(), 1, "{name}");
    found.remove(0)
}

fn message(name: &str) -> InboundMessage {
    match one(name).body {
        InboundBody::Message(message) => *message,
        other => panic!("{name} is {}", other.kind()),
    }
}

fn ready(name: &str) -> Content {
    match message(name).content {
        InboundContent::Ready(content) => content,
        InboundContent::Media(_) => panic!("{name} is a file"),
    }
}

#[test]
fn every_element_is_read_again_from_its_own_bytes() {
    for (name, _) in KINDS {
        for inbound in decode(fixture(name)) {
            let again = decode(inbound.raw.clone());
            assert_eq!(again.len(), 1, "{name} {:?}", inbound.raw);
            assert_eq!(summary::summary(&again[0]), summary::summary(&inbound), "{name}");
            assert_eq!((&again[0].account, again[0].at), (&inbound.account, inbound.at), "{name}");
        }
    }
}

#[test]
fn a_text_has_its_sender_time_and_account() {
    let inbound = one("text");
    assert_eq!(inbound.account.as_ref().unwrap().0, "100200300");
    assert_eq!(inbound.at.unwrap().timestamp(), 1_790_000_100);
    assert_eq!(inbound.raw, fixture("text"));
    let said = message("text");
    assert_eq!(said.sender.phone.unwrap().digits(), "919876500001");
    assert_eq!(said.sender.scoped.unwrap().reveal(), "IN.7700112233");
    assert_eq!(said.sender.profile_name.unwrap().reveal(), "Asha");
    let Content::Text { body } = ready("text") else { panic!("no text") };
    assert_eq!(body.reveal(), "வணக்கம், is my fern ready? 🌿");
}

#[test]
fn a_person_may_show_no_phone_or_no_user_id() {
    let hidden = message("text-phone-hidden").sender;
    assert_eq!((hidden.phone, hidden.scoped.unwrap().reveal()), (None, "IN.8812"));
    assert_eq!(hidden.parent_scoped.unwrap().reveal(), "IN.ENT.4411");
    assert_eq!(hidden.username.unwrap().reveal(), "meena.k");
    let old = message("text-without-user-id").sender;
    assert!(old.phone.is_some() && old.scoped.is_none());
}

#[test]
fn context_and_referral_are_kept() {
    assert_eq!(message("text-reply").reply_to.unwrap().reveal(), "wamid.b3V0Z29pbmc0Mg==");
    let context = |name| message(name).context;
    assert_eq!(context("text-forwarded").forwarded, Some(Forwarded::Once));
    assert_eq!(context("text-frequently-forwarded").forwarded, Some(Forwarded::Often));
    assert!(context("text").is_empty() && message("text").beside.is_none());
    assert_eq!(context("text-referral").referral.unwrap().click_id.as_deref(), Some("Aff-green"));
    let product = context("text-referred-product").product.unwrap();
    assert_eq!(product.product.as_deref(), Some("fern-1"));
    assert_eq!(context("text-group").group.as_deref(), Some("Z3JvdXA6Zmlyc3Q="));
}

#[test]
fn files_have_one_digest_in_either_spelling() {
    let media = |name| match message(name).content {
        InboundContent::Media(media) => media,
        InboundContent::Ready(_) => panic!("{name} is no file"),
    };
    assert_eq!(media("image").sha256, media("media-digest-in-hex").sha256);
    assert!(media("image").sha256.is_some());
    assert_eq!(media("image").caption.unwrap().reveal(), "Is this one left?");
    assert_eq!(media("voice").what, MediaKind::Voice);
    assert_eq!(media("voice").mime.as_deref(), Some("audio/ogg; codecs=opus"));
    assert_eq!(media("document").filename.as_deref(), Some("order.pdf"));
    assert_eq!(media("sticker").provider_id.as_deref(), Some("5566778899"));
}

#[test]
fn answers_of_the_person_carry_what_was_chosen() {
    let Content::Choice { id, title, .. } = ready("list-reply") else { panic!("no choice") };
    assert_eq!((id.as_str(), title.reveal()), ("fern", "Fern"));
    let Content::Form { response, .. } = ready("form-reply") else { panic!("no form") };
    assert_eq!(serde_json::from_str::<Value>(&response).unwrap()["day"], "monday");
    let permission = |name| match ready(name) {
        Content::CallPermission { accepted, expires_at } => (accepted, expires_at),
        _ => panic!("no permission"),
    };
    assert_eq!(permission("call-permission-given"), (true, Some(1_790_600_000)));
    assert_eq!(permission("call-permission-refused"), (false, None));
    assert_eq!(permission("call-permission-permanent"), (true, None));
    // Neither for good nor with an end: it holds for the seven days that the provider gives.
    assert_eq!(permission("call-permission-automatic"), (true, Some(1_790_000_300 + 7 * 86_400)));
    let Content::Order { catalog, items, .. } = ready("order") else { panic!("no order") };
    assert_eq!((catalog.as_deref(), items[0].quantity, items[0].price), (Some("77"), Some(2.0), Some(149.5)));
    let Content::Contacts { cards } = ready("contacts-on-request") else { panic!("no cards") };
    assert!(cards[0].own);
    let Content::Contacts { cards } = ready("contacts") else { panic!("no cards") };
    assert_eq!((cards[0].own, cards[0].name.as_deref()), (false, Some("Ravi K")));
    assert_eq!(cards[0].emails[0].value, "ravi@example.com");
    let Content::Location { latitude, longitude, .. } = ready("location-as-text") else { panic!("no place") };
    assert_eq!((latitude, longitude), (Some(13.0827), Some(80.2707)));
}

#[test]
fn what_is_not_understood_is_kept_whole() {
    let Content::Unsupported { raw, .. } = ready("type-of-the-future") else { panic!("understood") };
    let kept: Value = serde_json::from_str(&raw).unwrap();
    assert_eq!(kept["hologram"], json!({"beam": 1}));
    assert_eq!(one("field-of-the-future").raw, fixture("field-of-the-future"));
}

#[test]
fn the_last_of_two_equal_keys_wins() {
    let said = message("keys-twice");
    assert_eq!(said.external.reveal(), "wamid.bGFzdA==");
}

#[test]
fn statuses_tell_the_message_the_reason_and_the_person() {
    let update = |name| match one(name).body {
        InboundBody::Delivery(update) => *update,
        other => panic!("{name} is {}", other.kind()),
    };
    let sent = update("status-sent");
    assert_eq!(sent.own.unwrap().to_string(), "01998a5e-7d00-7000-8000-000000000042");
    assert_eq!(sent.external.reveal(), "wamid.b3V0Z29pbmc0Mg==");
    let failed = update("status-failed");
    assert_eq!(failed.failure.unwrap().detail.as_deref(), Some("More than 24 hours have passed."));
    assert!(!failed.marketing_stopped && update("status-failed-marketing-stopped").marketing_stopped);
    let hidden = update("status-phone-hidden").recipient;
    assert_eq!((hidden.phone, hidden.scoped.unwrap().reveal()), (None, "IN.8812"));
    assert_eq!(hidden.parent_scoped.unwrap().reveal(), "IN.ENT.4411");
    let group = update("status-group");
    assert_eq!(
        (group.status, group.recipient.phone.unwrap().digits()),
        (DeliveryStatus::Read, "919876500001")
    );
}

#[test]
fn a_change_of_number_or_id_joins_both() {
    let update = |name| match one(name).body {
        InboundBody::Identity(update) => update,
        other => panic!("{name} is {}", other.kind()),
    };
    for name in ["system-number-changed", "system-number-changed-old"] {
        let update = update(name);
        assert_eq!(update.previous.phone.unwrap().digits(), "919876500001");
        assert_eq!(update.current.phone.unwrap().digits(), "919876500003");
        assert!(update.external.is_some());
    }
    for name in ["system-user-id-changed", "user-id-update"] {
        let update = update(name);
        assert_eq!(update.previous.scoped.unwrap().reveal(), "IN.7700112233", "{name}");
        assert_eq!(update.current.scoped.unwrap().reveal(), "IN.99", "{name}");
    }
}

#[test]
fn neighbours_of_an_odd_element_keep_their_senders() {
    let found = decode(fixture("batch-with-odd-neighbours"));
    let names: Vec<String> = found
        .iter()
        .filter_map(|inbound| match &inbound.body {
            InboundBody::Message(message) => {
                Some(message.sender.profile_name.clone().unwrap().reveal().to_owned())
            }
            _ => None,
        })
        .collect();
    assert_eq!(names, ["Asha", "Asha", "Ravi"]);
    let template = found.iter().find(|inbound| inbound.body.kind() == "template").unwrap();
    assert_eq!(template.account.as_ref().unwrap().0, "900800701");
    assert_eq!(template.at.unwrap().timestamp(), 1_790_000_400);
}

#[test]
fn bytes_that_are_no_webhook_are_one_unknown() {
    for body in ["", "{", "[]", "null", "\u{1}", "{}", r#"{"entry":[]}"#, r#"{"object":"page","entry":[{}]}"#]
    {
        let found = decode(body.as_bytes().to_vec());
        assert_eq!(found.len(), 1, "{body}");
        assert_eq!(found[0].body.kind(), "unknown", "{body}");
        assert_eq!(found[0].raw, body.as_bytes(), "{body}");
    }
    assert_eq!(decode(vec![0xff, 0xfe])[0].body.kind(), "unknown");
    let deep = format!("{}{}", "[".repeat(100_000), "]".repeat(100_000));
    assert_eq!(decode(deep).len(), 1);
    let inside = format!(
        r#"{{"entry":[{{"changes":[{{"field":"messages","value":{{"messages":[{0}1{1}]}}}}]}}]}}"#,
        "[".repeat(50_000),
        "]".repeat(50_000)
    );
    assert_eq!(decode(inside)[0].body.kind(), "unknown");
}

/// Any JSON, small.
fn json_value() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        "[a-z0-9 é\\u{0}]{0,8}".prop_map(Value::from),
    ];
    leaf.prop_recursive(3, 16, 4, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
            prop::collection::btree_map("[a-z_]{1,6}", inner, 0..4)
                .prop_map(|map| Value::Object(map.into_iter().collect())),
        ]
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, ..ProptestConfig::default() })]

    #[test]
    fn no_bytes_make_the_decoder_panic(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
        prop_assert!(!decode(bytes).is_empty());
    }

    /// Anything anywhere in a message leaves its neighbour as it was.
    #[test]
    fn one_odd_member_never_costs_the_neighbour(
        which in 0..KINDS.len(),
        key in prop::sample::select(vec!["id", "from", "timestamp", "type", "text", "image", "context", "contacts",
            "interactive", "system", "reaction", "errors", "referral"]),
        odd in json_value(),
    ) {
        let body: Value = serde_json::from_slice(&fixture(KINDS[which].0)).unwrap();
        let Some(message) = body.pointer("/entry/0/changes/0/value/messages/0") else { return Ok(()) };
        let mut spoiled = message.clone();
        spoiled[key] = odd;
        let good: Value = serde_json::from_slice(&fixture("text")).unwrap();
        let mut batch = good.clone();
        let list = batch.pointer_mut("/entry/0/changes/0/value/messages").unwrap().as_array_mut().unwrap();
        list.insert(0, spoiled);
        let found = decode(batch.to_string());
        prop_assert_eq!(found.len(), 2);
        prop_assert_eq!(summary::summary(&found[1]), "message text");
        let again = decode(found[0].raw.clone());
        prop_assert_eq!(summary::summary(&again[0]), summary::summary(&found[0]));
    }
}

fn reported(name: &str) -> CallReport {
    match one(name).body {
        InboundBody::Call(report) => *report,
        other => panic!("{name} is {}", other.kind()),
    }
}

#[test]
fn a_call_has_its_ids_numbers_times_and_account() {
    let at = |second: i64| DateTime::from_timestamp(1_790_000_300 + second, 0).map(ReportTime::At);
    let inbound = one("call");
    assert_eq!(inbound.account.as_ref().unwrap().0, "100200300");
    assert_eq!(inbound.at.unwrap().timestamp(), 1_790_000_300);
    let rings = reported("call");
    assert_eq!(rings.aliases, [CallAlias::parse("wacid.Q0FMTA==").unwrap()]);
    assert_eq!((rings.kind, rings.direction), (CallReportKind::Live, Some(Direction::Inbound)));
    assert_eq!((rings.our_number.as_deref(), rings.leg.started), (Some("914412345678"), at(0)));
    let person = rings.person.unwrap();
    assert_eq!(person.phone.unwrap().reveal(), "+919876500001");
    assert_eq!(person.scoped.unwrap().reveal(), "IN.7700112233");
    assert_eq!(person.profile_name.unwrap().reveal(), "Asha");
    let ended = reported("call-ended");
    assert_eq!(ended.kind, CallReportKind::Record);
    assert_eq!((ended.leg.answered, ended.leg.ended), (at(8), at(95)));
    let missed = reported("call-missed");
    assert_eq!((missed.leg.answered, missed.leg.ended, missed.leg.cause), (None, at(30), None));
    let placed = reported("call-placed");
    assert_eq!(placed.direction, Some(Direction::Outbound));
    assert_eq!(placed.person.unwrap().phone.unwrap().reveal(), "+919876500001");
    assert_eq!(placed.own, None, "what another program sends along is not ours");
    let failed = reported("call-failed");
    assert_eq!(failed.failure.unwrap().detail.as_deref(), Some("Nobody answered in time."));
    assert_eq!(failed.leg.cause, Some(HangupCause::Failed));
}

#[test]
fn a_caller_may_show_no_phone_and_one_without_any_id_hides_it() {
    let hidden = reported("call-phone-hidden").person.unwrap();
    assert_eq!((hidden.phone, hidden.scoped.unwrap().reveal()), (None, "IN.8812"));
    assert_eq!(hidden.username.unwrap().reveal(), "meena.k");
    let found = decode(fixture("call-without-parts"));
    let InboundBody::Call(nobody) = &found[2].body else { panic!("no call") };
    assert_eq!((&nobody.person, nobody.customer.as_deref()), (&None, Some("")));
    assert_eq!((nobody.leg.started, found[2].at), (None, None), "a time that is none is not made up");
}

#[test]
fn no_description_of_a_media_session_is_kept() {
    let mut seen = 0;
    for (name, _) in KINDS.iter().filter(|(name, _)| name.starts_with("call")) {
        seen += usize::from(String::from_utf8_lossy(&fixture(name)).contains("sdp"));
        for inbound in decode(fixture(name)) {
            let kept = String::from_utf8_lossy(&inbound.raw).to_lowercase();
            assert!(!kept.contains("sdp") && !kept.contains("198.51.100.7"), "{name}: {kept}");
        }
    }
    assert_eq!(seen, 6, "fixtures that have one");
}

#[test]
fn our_own_number_is_never_the_person() {
    let mut body: Value = serde_json::from_slice(&fixture("call-placed")).unwrap();
    body["entry"][0]["changes"][0]["value"]["calls"][0]["to"] = json!("914412345678");
    body["entry"][0]["changes"][0]["value"]["calls"][0]["to_user_id"] = Value::Null;
    let found = decode(body.to_string());
    let InboundBody::Call(placed) = &found[0].body else { panic!("no call") };
    assert_eq!(placed.person.as_ref().unwrap().phone.as_ref().unwrap().reveal(), "+919876500001");
}

#[test]
fn the_way_of_a_call_without_a_word_for_it_is_told_by_its_numbers() {
    for (name, way) in [("call", Direction::Inbound), ("call-placed", Direction::Outbound)] {
        let mut body: Value = serde_json::from_slice(&fixture(name)).unwrap();
        body["entry"][0]["changes"][0]["value"]["calls"][0].as_object_mut().unwrap().remove("direction");
        let found = decode(body.to_string());
        let InboundBody::Call(report) = &found[0].body else { panic!("no call") };
        assert_eq!(report.direction, Some(way), "{name}");
    }
}
