//! One bad part costs itself and nothing else: what can be read of a message is read, and what it held besides is
//! kept beside it.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test stops at the first surprise")]

use bytes::Bytes;
use dialzio_core::conversation::{Content, ExternalId, Forwarded, MediaKind};
use dialzio_core::provider::{
    Inbound, InboundBody, InboundContent, InboundMedia, InboundMessage, PreferenceValue, Provider,
};
use dialzio_whatsapp::{MetaCloud, MetaConfig};
use serde_json::{Value, json};

fn decode(body: String) -> Vec<Inbound> {
    let cloud = MetaCloud::new(MetaConfig::default()).unwrap();
    cloud.webhooks().unwrap().decode_element(&Bytes::from(body))
}

/// A webhook around the members of one message, as JSON text, so that it may hold what no JSON value can.
fn webhook(members: &str) -> String {
    format!(
        r#"{{"object":"whatsapp_business_account","entry":[{{"id":"1","changes":[{{"field":"messages","value":{{
        "messaging_product":"whatsapp","metadata":{{"phone_number_id":"100200300","display_phone_number":"914412345678"}},
        "contacts":[{{"profile":{{"name":"Nila"}},"wa_id":"919840055501"}}],
        "messages":[{{"from":"919840055501","id":"wamid.bmlsYQ==","timestamp":"1790000100",{members}}}]}}}}]}}]}}"#
    )
}

fn read(members: &str) -> InboundMessage {
    let mut found = decode(webhook(members));
    assert_eq!(found.len(), 1, "{members}");
    match found.remove(0).body {
        InboundBody::Message(message) => *message,
        other => panic!("{members} is {}", other.kind()),
    }
}

fn ready(members: &str) -> Content {
    match read(members).content {
        InboundContent::Ready(content) => content,
        InboundContent::Media(_) => panic!("{members} is a file"),
    }
}

fn file(members: &str) -> InboundMedia {
    match read(members).content {
        InboundContent::Media(file) => file,
        InboundContent::Ready(content) => panic!("{members} is {}", content.kind()),
    }
}

fn beside(members: &str) -> Value {
    read(members).beside.map_or(Value::Null, |json| serde_json::from_str(&json).unwrap())
}

#[test]
fn half_a_letter_costs_that_letter_alone() {
    let text = ready(r#""type":"text","text":{"body":"see you \ud83d at \ude4f eight"}"#);
    assert_eq!(text.display_text(), Some("see you \u{fffd} at \u{fffd} eight"));
    let photo = file(r#""type":"image","image":{"id":"77","caption":"cut \ud83c","mime_type":"image/jpeg"}"#);
    assert_eq!((photo.provider_id.as_deref(), photo.caption.unwrap().reveal()), (Some("77"), "cut \u{fffd}"));
    let body = webhook(r#""type":"text","text":{"body":"hi"}"#).replace("Nila", "Nila \\udc00");
    let InboundBody::Message(message) = decode(body).remove(0).body else { panic!("no message") };
    assert_eq!(message.sender.profile_name.unwrap().reveal(), "Nila \u{fffd}");
    // Whole pairs, and a backslash that only looks like one, stay as they are.
    let text = ready(r#""type":"text","text":{"body":"\ud83d\ude4f \\ud83d"}"#);
    assert_eq!(text.display_text(), Some("🙏 \\ud83d"));
}

#[test]
fn bytes_that_are_no_text_cost_themselves_alone() {
    let mut body = webhook(r#""type":"text","text":{"body":"ab"}"#).into_bytes();
    let at = body.windows(4).position(|four| four == b"\"ab\"").unwrap();
    body[at + 1] = 0xff;
    let cloud = MetaCloud::new(MetaConfig::default()).unwrap();
    let found = cloud.webhooks().unwrap().decode_element(&Bytes::from(body));
    let InboundBody::Message(message) = &found[0].body else { panic!("no message") };
    let InboundContent::Ready(content) = &message.content else { panic!("a file") };
    assert_eq!(content.display_text(), Some("\u{fffd}b"));
}

#[test]
fn a_message_without_a_type_is_what_it_holds() {
    assert_eq!(ready(r#""text":{"body":"hello"}"#).display_text(), Some("hello"));
    assert_eq!(ready(r#""type":"","text":{"body":"hello"}"#).display_text(), Some("hello"));
    assert_eq!(ready(r#""type":null,"location":{"name":"Museum"}"#).display_text(), Some("Museum"));
    assert_eq!(file(r#""type":{},"audio":{"id":"8","voice":true}"#).what, MediaKind::Voice);
    let choice = ready(r#""interactive":{"button_reply":{"id":"a","title":"Yes"}}"#);
    assert_eq!(choice.display_text(), Some("Yes"));
    let reacts = decode(webhook(r#""reaction":{"message_id":"wamid.eA==","emoji":"👍"}"#)).remove(0);
    assert!(matches!(reacts.body, InboundBody::Reaction(_)));
    assert_eq!(ready(r#""odd":1"#).kind(), "unsupported");
}

#[test]
fn what_is_missing_from_an_order_is_missing_and_the_rest_is_there() {
    let order = ready(
        r#""type":"order","order":{"text":"by Friday","product_items":[
            {"product_retailer_id":"fern","quantity":2,"currency":"INR"},
            {"product_retailer_id":"pot","quantity":"some","item_price":1e999,"currency":7},
            "loose"]}"#,
    );
    let Content::Order { catalog, text, items } = order else { panic!("no order") };
    assert_eq!((catalog, text.unwrap().reveal()), (None, "by Friday"));
    assert_eq!((items[0].quantity, items[0].price), (Some(2.0), None));
    assert_eq!((items[1].quantity, items[1].product.as_deref()), (None, Some("pot")));
    assert_eq!(items.len(), 3);
    let kept = beside(
        r#""type":"order","order":{"product_items":[{"quantity":"some","item_price":5,"tax":{"rate":1}},"loose"]}"#,
    );
    assert_eq!(
        kept,
        json!({"order.product_items[0].quantity": "some", "order.product_items[0].tax": {"rate": 1},
               "order.product_items[1]": "loose"})
    );
}

#[test]
fn a_file_with_an_address_instead_of_an_id_keeps_what_is_said_with_it() {
    let file = file(
        r#""type":"document","document":{"link":"https://files.example/quote.pdf","caption":"the quote",
           "filename":"quote.pdf","mime_type":"application/pdf","sha256":"none"}"#,
    );
    assert_eq!(file.provider_id, None);
    assert_eq!(file.link.as_deref(), Some("https://files.example/quote.pdf"));
    assert_eq!(file.caption.unwrap().reveal(), "the quote");
    assert_eq!(
        (file.filename.as_deref(), file.mime.as_deref()),
        (Some("quote.pdf"), Some("application/pdf"))
    );
    assert_eq!(beside(r#""type":"image","image":{"link":"x","sha256":"none"}"#)["image.sha256"], "none");
}

#[test]
fn a_row_keeps_its_description_and_a_place_its_page() {
    let row = ready(
        r#""type":"interactive","interactive":{"type":"list_reply","list_reply":{"id":"r1","title":"9:00","description":"Tuesday"}}"#,
    );
    let Content::Choice { description, .. } = row else { panic!("no choice") };
    assert_eq!(description.unwrap().reveal(), "Tuesday");
    let place =
        ready(r#""type":"location","location":{"latitude":"x","longitude":8.5,"url":"https://p.example/1"}"#);
    let Content::Location { latitude, longitude, url, .. } = place else { panic!("no place") };
    assert_eq!((latitude, longitude, url.as_deref()), (None, Some(8.5), Some("https://p.example/1")));
    assert_eq!(ready(r#""type":"location","location":{"latitude":"x"}"#).kind(), "unsupported");
}

#[test]
fn cards_keep_every_line_with_its_label() {
    let members = r#""type":"contacts","contacts":[
        {"name":{"formatted_name":"Dr Nila Rao","first_name":"Nila","suffix":"MD"},"org":{"company":"Lake Clinic","title":"Dentist","department":"Teeth"},
         "phones":[{"phone":"+91 98400 55502","type":"CELL","wa_id":"919840055502"},{"phone":"044 1234 567","type":"WORK"},{"type":"HOME"}],
         "emails":[{"email":"nila@lake.example","type":"WORK"}],"urls":[{"url":"https://lake.example"}],
         "addresses":[{"street":"1 Lake Road","city":"Chennai","type":"WORK"}],"birthday":"1980-02-29"},
        {"phones":[{"phone":"tel:+919840055503"}]}, 7]"#;
    let Content::Contacts { cards } = ready(members) else { panic!("no cards") };
    assert_eq!(cards.len(), 2);
    let labels: Vec<_> =
        cards[0].phones.iter().map(|line| (line.value.as_str(), line.label.as_deref())).collect();
    assert_eq!(labels, [("+91 98400 55502", Some("CELL")), ("044 1234 567", Some("WORK"))]);
    assert_eq!(cards[0].phones[0].provider_id.as_deref(), Some("919840055502"));
    assert_eq!(
        (cards[0].company.as_deref(), cards[0].title.as_deref()),
        (Some("Lake Clinic"), Some("Dentist"))
    );
    assert_eq!(cards[0].addresses[0].value, "1 Lake Road, Chennai");
    assert_eq!(cards[1].caption(), Some("tel:+919840055503"));
    let kept = beside(members);
    assert_eq!(kept["contacts[0].org.department"], "Teeth");
    assert_eq!(kept["contacts[0].name.suffix"], "MD");
    assert_eq!((&kept["contacts[0].phones[2]"], &kept["contacts[2]"]), (&json!({"type": "HOME"}), &json!(7)));
    assert_eq!(kept["contacts[0].name.first_name"], Value::Null, "the whole name says it already");
}

#[test]
fn where_a_message_comes_from_is_kept_with_any_kind_of_message() {
    let members = r#""type":"sticker","sticker":{"id":"9","animated":true},
        "context":{"id":"wamid.cXVvdGVk","from":"914412345678","frequently_forwarded":true,
                   "referred_product":{"catalog_id":"5","product_retailer_id":"fern"}},
        "referral":{"source_type":"ad","source_id":"42","headline":"Ferns","body":"Half price","ctwa_clid":"click-1",
                    "image_url":"https://ads.example/1.png","welcome_message":{"text":"Hello!"},"extra":[1]},
        "later":{"word":"new"}"#;
    let message = read(members);
    assert_eq!(message.reply_to, ExternalId::parse("wamid.cXVvdGVk"));
    assert_eq!(message.context.forwarded, Some(Forwarded::Often));
    assert_eq!(message.context.product.as_ref().unwrap().product.as_deref(), Some("fern"));
    let referral = message.context.referral.as_ref().unwrap();
    assert_eq!(
        (referral.headline.as_deref(), referral.click_id.as_deref()),
        (Some("Ferns"), Some("click-1"))
    );
    assert_eq!(referral.greeting.as_deref(), Some("Hello!"));
    assert_eq!(
        beside(members),
        json!({"context.from": "914412345678", "later": {"word": "new"}, "referral.extra": [1], "sticker.animated": true})
    );
}

#[test]
fn a_context_or_referral_of_no_known_shape_costs_nothing_else() {
    let members = r#""type":"text","text":{"body":"hi"},"context":"x","referral":[1]"#;
    assert_eq!(ready(members).display_text(), Some("hi"));
    assert_eq!(beside(members), json!({"context": "x", "referral": [1]}));
}

/// Neither a sender nor a contact: the notice itself says who it was and who it is.
#[test]
fn a_notice_that_names_only_the_ids_before_and_after_is_about_that_person() {
    for ids in [
        r#""user_id":"IN.2222","previous_user_id":"IN.1111""#,
        r#""user_id":{"previous":"IN.1111","current":"IN.2222"}"#,
    ] {
        let body = format!(
            r#"{{"object":"whatsapp_business_account","entry":[{{"id":"1","changes":[{{"field":"messages","value":{{
            "metadata":{{"phone_number_id":"100200300"}},
            "messages":[{{"id":"wamid.bmV3cw==","timestamp":"1790000100","type":"system",
                          "system":{{"type":"user_changed_user_id",{ids}}}}}]}}}}]}}]}}"#
        );
        let InboundBody::Identity(update) = decode(body).remove(0).body else { panic!("no news: {ids}") };
        assert_eq!(update.previous.scoped.unwrap().reveal(), "IN.1111");
        assert_eq!(update.current.scoped.unwrap().reveal(), "IN.2222");
    }
}

/// What a preference says, if it is taken for one.
fn preference(fields: &Value) -> Option<PreferenceValue> {
    let mut said = json!({"wa_id": "919840055501", "detail": "told", "timestamp": 1_790_000_100});
    said.as_object_mut().unwrap().extend(fields.as_object().unwrap().clone());
    let value = json!({"messaging_product": "whatsapp",
        "metadata": {"phone_number_id": "100200300", "display_phone_number": "914412345678"},
        "user_preferences": [said]});
    let body = json!({"object": "whatsapp_business_account",
        "entry": [{"id": "1", "changes": [{"field": "user_preferences", "value": value}]}]});
    match decode(body.to_string()).remove(0).body {
        InboundBody::Preference(update) => Some(update.value),
        _ => None,
    }
}

#[test]
fn a_stop_counts_however_the_provider_writes_it() {
    for fields in [
        json!({"value": "stop", "category": "marketing_messages"}),
        json!({"value": "stop"}),
        json!({"value": "stop", "category": "offers"}),
        json!({"value": "STOP", "category": "marketing_messages"}),
    ] {
        assert_eq!(preference(&fields), Some(PreferenceValue::Stop), "{fields}");
    }
    for fields in [
        json!({"value": "resume"}),
        json!({"value": "RESUME", "category": "marketing_messages"}),
        json!({"value": "signup", "category": "offers"}),
    ] {
        assert_eq!(preference(&fields), None, "nothing more is permitted by what is not known: {fields}");
    }
    let resumed = preference(&json!({"value": "resume", "category": "marketing_messages"}));
    assert_eq!(resumed, Some(PreferenceValue::Resume));
}
