//! Verify, decode and map one text webhook in memory, beside a baseline: the same HMAC and a borrowed decode that reads
//! exactly the fields we map. Prints nanoseconds for each and their ratio, from interleaved rounds of one run.
//!
//! `cargo bench -p dialzio-whatsapp --bench webhook`
#![allow(
    clippy::print_stdout,
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a bench reports and fails loudly"
)]

use dialzio_core::provider::{InboundBody, Provider, RawWebhook, WebhookMethod, WebhookSecrets};
use dialzio_whatsapp::{MetaCloud, MetaConfig};
use hmac::{Hmac, KeyInit, Mac};
use serde::Deserialize;
use sha2::Sha256;
use std::borrow::Cow;
use std::hint::black_box;
use std::time::Instant;

const ROUNDS: usize = 21;
const EACH: u32 = 2_000;
const SECRET: &str = "0123456789abcdef0123456789abcdef";

#[derive(Deserialize)]
struct Body<'a> {
    #[serde(borrow)]
    entry: Vec<Entry<'a>>,
}
#[derive(Deserialize)]
struct Entry<'a> {
    #[serde(borrow)]
    changes: Vec<Change<'a>>,
}
#[derive(Deserialize)]
struct Change<'a> {
    #[serde(borrow)]
    value: Value<'a>,
}
#[derive(Deserialize)]
struct Value<'a> {
    #[serde(borrow)]
    metadata: Metadata<'a>,
    #[serde(borrow, default)]
    contacts: Vec<Contact<'a>>,
    #[serde(borrow, default)]
    messages: Vec<Message<'a>>,
}
#[derive(Deserialize)]
struct Metadata<'a> {
    #[serde(borrow)]
    phone_number_id: Cow<'a, str>,
}
#[derive(Deserialize)]
struct Contact<'a> {
    #[serde(borrow)]
    profile: Profile<'a>,
    #[serde(borrow)]
    wa_id: Option<Cow<'a, str>>,
    #[serde(borrow)]
    user_id: Option<Cow<'a, str>>,
}
#[derive(Deserialize)]
struct Profile<'a> {
    #[serde(borrow)]
    name: Option<Cow<'a, str>>,
}
#[derive(Deserialize)]
struct Message<'a> {
    #[serde(borrow)]
    id: Cow<'a, str>,
    #[serde(borrow)]
    from: Option<Cow<'a, str>>,
    #[serde(borrow)]
    timestamp: Cow<'a, str>,
    #[serde(borrow)]
    text: Text<'a>,
}
#[derive(Deserialize)]
struct Text<'a> {
    #[serde(borrow)]
    body: Cow<'a, str>,
}

fn baseline(body: &[u8], signature: &[u8]) -> usize {
    let mut mac = Hmac::<Sha256>::new_from_slice(SECRET.as_bytes()).unwrap();
    mac.update(body);
    mac.verify_slice(signature).unwrap();
    let read: Body<'_> = serde_json::from_slice(body).unwrap();
    let value = &read.entry[0].changes[0].value;
    let (contact, message) = (&value.contacts[0], &value.messages[0]);
    value.metadata.phone_number_id.len()
        + contact.profile.name.as_ref().map_or(0, |name| name.len())
        + contact.wa_id.as_ref().map_or(0, |id| id.len())
        + contact.user_id.as_ref().map_or(0, |id| id.len())
        + message.id.len()
        + message.from.as_ref().map_or(0, |from| from.len())
        + message.timestamp.len()
        + message.text.body.len()
}

fn median(mut samples: Vec<f64>) -> f64 {
    samples.sort_by(f64::total_cmp);
    samples[samples.len() / 2]
}

fn main() {
    let body = include_bytes!("../tests/fixtures/webhooks/text.json");
    // As the platform sends it: without blanks.
    let body: serde_json::Value = serde_json::from_slice(body).unwrap();
    let body = bytes::Bytes::from(serde_json::to_vec(&body).unwrap());
    let mut mac = Hmac::<Sha256>::new_from_slice(SECRET.as_bytes()).unwrap();
    mac.update(&body);
    let signature: Vec<u8> = mac.finalize().into_bytes().to_vec();
    let hex: String = signature.iter().map(|byte| format!("{byte:02x}")).collect();
    let cloud = MetaCloud::new(MetaConfig::default()).unwrap();
    let decoder = cloud.webhooks().unwrap();
    let secrets = WebhookSecrets { app: vec![SECRET.into()], verify_token: Some("verify".into()) };
    let raw = RawWebhook {
        method: WebhookMethod::Post,
        query: String::new(),
        headers: vec![("x-hub-signature-256".into(), format!("sha256={hex}"))],
        body: body.clone(),
    };
    // Each takes a webhook of its own, as it comes from the wire; they are made beforehand.
    let product = |raw: RawWebhook| {
        let verified = decoder.verify(raw, &secrets).unwrap();
        let elements = decoder.decode(&verified);
        assert!(matches!(elements[0].body, InboundBody::Message(_)));
        elements.len()
    };
    let each = |begun: Instant| begun.elapsed().as_nanos() as f64 / f64::from(EACH);
    let (mut ours, mut theirs) = (Vec::new(), Vec::new());
    for _ in 0..ROUNDS {
        let raws: Vec<RawWebhook> = (0..EACH).map(|_| raw.clone()).collect();
        let begun = Instant::now();
        for raw in raws {
            black_box(product(raw));
        }
        ours.push(each(begun));
        let begun = Instant::now();
        for _ in 0..EACH {
            black_box(baseline(&body, &signature));
        }
        theirs.push(each(begun));
    }
    let (ours, theirs) = (median(ours), median(theirs));
    println!(
        "webhook of {} bytes: product {ours:.0} ns, baseline {theirs:.0} ns, ratio {:.2}",
        body.len(),
        theirs / ours
    );
}
