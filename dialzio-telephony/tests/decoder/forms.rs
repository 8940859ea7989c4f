//! The forms in which a report arrives: JSON, a form, a query, alone or wrapped.

use bytes::Bytes;
use dialzio_core::provider::{
    CallReport, InboundBody, Provider, RawWebhook, Trust, VerifiedWebhook, WebhookMethod, WebhookSecrets,
};
use serde_json::{Value, json};

use crate::corpus::{files, folders};
use crate::describe::text;
use crate::{decode, providers, telecmi};

fn verify(
    provider: &dyn Provider,
    method: WebhookMethod,
    query: &str,
    body: impl Into<Bytes>,
) -> VerifiedWebhook {
    let raw = RawWebhook { method, query: query.to_owned(), headers: Vec::new(), body: body.into() };
    let secrets = WebhookSecrets { app: Vec::new(), verify_token: None };
    provider.webhooks().unwrap().verify(raw, &secrets).unwrap()
}

fn calls(provider: &dyn Provider, hook: &VerifiedWebhook) -> Vec<CallReport> {
    let found = provider.webhooks().unwrap().decode(hook).into_iter();
    found
        .filter_map(|element| match element.body {
            InboundBody::Call(report) => Some(*report),
            _ => None,
        })
        .collect()
}

/// A payload as the fields of a form or a query.
fn form(payload: &Value) -> String {
    let pairs = payload.as_object().unwrap().iter();
    let each = |(name, value): (&String, &Value)| {
        let text = text(value).unwrap_or_else(|| value.to_string());
        (name.clone(), text)
    };
    url::form_urlencoded::Serializer::new(String::new()).extend_pairs(pairs.map(each)).finish()
}

#[test]
fn a_report_says_the_same_in_whatever_form_it_arrives() {
    for provider in &providers() {
        for folder in folders(provider.id().0) {
            for (name, body) in files(&folder).iter().filter(|(name, _)| name.starts_with("webhook-")) {
                let payload: Value = serde_json::from_slice(body).unwrap();
                let plain = calls(&**provider, &verify(&**provider, WebhookMethod::Post, "", body.clone()));
                let nested = url::form_urlencoded::Serializer::new(String::new())
                    .append_pair("payload", &payload.to_string())
                    .finish();
                let ways = [
                    (WebhookMethod::Post, String::new(), form(&payload)),
                    (WebhookMethod::Get, form(&payload), String::new()),
                    (WebhookMethod::Get, String::new(), payload.to_string()),
                    (WebhookMethod::Get, "source=telecmi".to_owned(), payload.to_string()),
                    (WebhookMethod::Get, form(&payload), "{}".to_owned()),
                    (WebhookMethod::Post, String::new(), nested),
                    (WebhookMethod::Post, String::new(), json!({ "data": payload }).to_string()),
                    (WebhookMethod::Post, String::new(), json!({ "ok": true, "cdr": [payload] }).to_string()),
                    (WebhookMethod::Post, String::new(), json!([payload]).to_string()),
                    (WebhookMethod::Post, String::new(), json!({ "body": payload.to_string() }).to_string()),
                ];
                for (method, query, body) in ways {
                    let hook = verify(&**provider, method, &query, body.clone());
                    assert_eq!(hook.trust(), Trust::PathOnly);
                    let found = calls(&**provider, &hook);
                    assert!(found == plain, "{name} as {method:?} {query} {body}");
                }
            }
        }
    }
}

#[test]
fn several_reports_in_one_body_are_several_elements_each_kept_alone() {
    let one =
        json!({"type":"cdr","direction":"inbound","status":"missed","cmiuuid":"a1","from":919876500001_u64});
    let two =
        json!({"type":"cdr","direction":"inbound","status":"missed","cmiuuid":"b2","from":919876500002_u64});
    let body = json!({"data": [one, 7, two]}).to_string();
    let found = decode(&*telecmi(), body);
    let kinds: Vec<&str> = found.iter().map(|element| element.body.kind()).collect();
    assert_eq!(kinds, ["call", "unknown", "call"]);
    for element in &found {
        let again = decode(&*telecmi(), element.raw.clone());
        assert_eq!(again.len(), 1);
        assert_eq!(again[0].body.kind(), element.body.kind());
    }
    assert_eq!(found[2].raw, two.to_string());
}

/// A person who opens the address in a browser, or a dashboard that tries it, gets an answer, and nothing is taken in.
#[test]
fn a_request_that_says_nothing_is_answered_and_leaves_nothing() {
    for method in [WebhookMethod::Get, WebhookMethod::Post] {
        let hook = verify(&*telecmi(), method, "", " \n");
        assert_eq!(hook.challenge(), Some(""));
    }
}

#[test]
fn what_arrives_is_believed_no_further_than_its_address() {
    let hook = verify(&*telecmi(), WebhookMethod::Post, "", "not JSON");
    assert_eq!((hook.trust(), hook.challenge()), (Trust::PathOnly, None));
    let found = telecmi().webhooks().unwrap().decode(&hook);
    assert_eq!(found[0].body.kind(), "unknown");
    assert_eq!(found[0].raw, "not JSON");
}
