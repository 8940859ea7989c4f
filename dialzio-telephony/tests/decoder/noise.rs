//! No bytes make a decoder fail, and none are lost.

use std::sync::Arc;

use bytes::Bytes;
use dialzio_core::provider::{
    InboundBody, Provider, RawWebhook, WebhookDecoder, WebhookMethod, WebhookSecrets,
};
use dialzio_core::testing::conformance::webhook::{self, WebhookFixture};
use proptest::prelude::*;

use crate::corpus::{files, folders};
use crate::providers;

/// What the suites for decoders need to know. The parts of them that are about signatures hold for no provider here.
struct Hooks(Arc<dyn Provider>);

impl WebhookFixture for Hooks {
    fn decoder(&self) -> &dyn WebhookDecoder {
        self.0.webhooks().unwrap()
    }

    fn secrets(&self) -> WebhookSecrets {
        WebhookSecrets { app: Vec::new(), verify_token: None }
    }

    fn signed(&self, body: Bytes, _: usize) -> RawWebhook {
        RawWebhook { method: WebhookMethod::Post, query: String::new(), headers: Vec::new(), body }
    }

    fn header(&self) -> &str {
        "none"
    }

    fn covers_body(&self) -> bool {
        false
    }

    /// Each payload alone, and all of them in one body.
    fn samples(&self) -> Vec<Bytes> {
        let all = folders(self.0.id().0).iter().flat_map(|folder| files(folder)).collect::<Vec<_>>();
        let mut samples: Vec<Bytes> =
            all.into_iter().filter(|(name, _)| name.starts_with("webhook-")).map(|(_, body)| body).collect();
        let mut batch = b"[".to_vec();
        for body in &samples {
            batch.extend_from_slice(body);
            batch.push(b',');
        }
        batch.extend_from_slice(b"{}]");
        samples.push(batch.into());
        samples
    }
}

fn hooks() -> [Hooks; 2] {
    providers().map(|provider| Hooks(Arc::from(provider)))
}

#[test]
fn no_bytes_make_a_decoder_panic() {
    hooks().iter().for_each(|fixture| webhook::no_bytes_make_the_decoder_panic(fixture));
}

#[test]
fn every_element_is_read_again_from_what_was_kept() {
    hooks().iter().for_each(|fixture| webhook::every_element_is_read_again_from_what_was_kept(fixture));
}

/// Whatever arrives, both decoders answer with at least one element, take no word for a call that has no id, and keep to the
/// limits of what they pass on.
fn holds(body: &[u8], query: &str) {
    for provider in providers_once() {
        let decoder = provider.webhooks().unwrap();
        let raw = RawWebhook {
            method: WebhookMethod::Get,
            query: query.to_owned(),
            headers: Vec::new(),
            body: Bytes::copy_from_slice(body),
        };
        let hook = decoder.verify(raw, &WebhookSecrets { app: Vec::new(), verify_token: None }).unwrap();
        let found = decoder.decode(&hook);
        assert!(!found.is_empty());
        for element in found {
            if let InboundBody::Call(report) = element.body {
                assert!(!report.aliases.is_empty() || report.own.is_some());
                if let Some(dialzio_core::call::LegResult::Other(word)) = &report.leg.result {
                    assert!(
                        !word.is_empty() && word.chars().count() <= 60 && !word.chars().any(char::is_control)
                    );
                }
                assert!(report.customer.as_deref() != Some("null"));
            }
        }
    }
}

fn providers_once() -> &'static [Box<dyn Provider>; 2] {
    static ONCE: std::sync::OnceLock<[Box<dyn Provider>; 2]> = std::sync::OnceLock::new();
    ONCE.get_or_init(providers)
}

/// JSON that looks like a report: known fields with values of any shape.
fn odd_report() -> impl Strategy<Value = String> {
    let names = prop::sample::select(vec![
        "type",
        "status",
        "direction",
        "leg",
        "from",
        "to",
        "time",
        "cmiuuid",
        "cmiuid",
        "conversation_uuid",
        "request_id",
        "call_id",
        "appid",
        "app_id",
        "user",
        "team",
        "answeredsec",
        "waitedsec",
        "duration",
        "start_time",
        "answer_time",
        "end_time",
        "hangup_reason",
        "filename",
        "voicename",
        "record",
        "extra_params",
        "custom",
        "data",
        "cdr",
    ]);
    let values = prop_oneof![
        prop::sample::select(vec![
            "null",
            "true",
            "\"\"",
            "\"null\"",
            "{}",
            "[]",
            "[{}]",
            "-1",
            "1e999",
            "1.5E11",
            "9.19E+11",
            "\"cdr\"",
            "\"event\"",
            "\"missed\"",
            "\"in_answered\"",
            "\"OUT_\"",
            "\"recv_bye\"",
            "\"inbound\"",
            "\"outbound\"",
            "\"b\"",
            "\"\\ud800\"",
            "\"{\\\"dialzio_call\\\":\\\"\\\"}\"",
            "\"dialzio_call\"",
            "\"https://x/?file=\"",
            "9223372036854775807",
            "\"_\"",
        ])
        .prop_map(str::to_owned),
        any::<i64>().prop_map(|number| number.to_string()),
        any::<f64>().prop_map(|number| format!("{number:e}")),
        ".{0,20}".prop_map(|text| serde_json::to_string(&text).unwrap()),
    ];
    prop::collection::vec((names, values), 0..12).prop_map(|members| {
        let members: Vec<String> =
            members.iter().map(|(name, value)| format!("\"{name}\":{value}")).collect();
        format!("{{{}}}", members.join(","))
    })
}

/// Some thousands, or as many as `PROPTEST_CASES` says.
fn cases() -> u32 {
    ProptestConfig::default().cases.max(4_000)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: cases(), failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_bytes_are_kept(body in prop::collection::vec(any::<u8>(), 0..200), query in ".{0,60}") {
        holds(&body, &query);
    }

    #[test]
    fn any_report_is_read_as_far_as_it_can_be(body in odd_report()) {
        holds(body.as_bytes(), "");
        holds(format!("[{body},{body}]").as_bytes(), "");
        holds(format!("x={}", body.replace('%', "%25").replace('&', "%26")).as_bytes(), "");
    }
}
