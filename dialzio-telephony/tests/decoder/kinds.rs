//! The table of kinds, over our own payloads and those of the corpus.

use std::collections::BTreeMap;

use dialzio_core::call::CallAlias;
use dialzio_core::provider::{AccountRef, InboundBody, Provider};
use serde_json::Value;

use crate::corpus::{files, folders};
use crate::describe::{describe, text};
use crate::{decode, piopiy, table, telecmi};

fn each_is_what_the_table_says(provider: &dyn Provider, table: &[(&str, &str)]) {
    let table: BTreeMap<&str, &str> = table.iter().copied().collect();
    for folder in folders(provider.id().0) {
        let all = files(&folder);
        let webhooks: BTreeMap<_, _> = all.iter().filter(|(name, _)| name.starts_with("webhook-")).collect();
        for (name, body) in &webhooks {
            let payload: Value = serde_json::from_slice(body).unwrap();
            let found = decode(provider, (*body).clone());
            let lines: Vec<String> = found.iter().map(|element| describe(&payload, element)).collect();
            let wanted =
                table.get(name.as_str()).unwrap_or_else(|| panic!("{name} is not in the table: {lines:?}"));
            assert_eq!(lines, [*wanted], "{name} of {}", folder.display());
            let account = text(&payload["appid"]).or_else(|| text(&payload["app_id"])).map(AccountRef);
            assert_eq!(found[0].account, account, "{name}");
            assert_eq!(found[0].at.map(|at| at.timestamp_millis()), payload["time"].as_i64(), "{name}");
            assert_eq!(found[0].raw, **body, "{name} is kept as it arrived");
            ids_stand_in_order(name, &payload, &found[0].body);
        }
        for name in table.keys() {
            assert!(
                webhooks.contains_key(&(*name).to_owned()),
                "{name} is in the table and not in {}",
                folder.display()
            );
        }
    }
}

/// The id of the whole call comes first, and none is left out.
fn ids_stand_in_order(name: &str, payload: &Value, body: &InboundBody) {
    let InboundBody::Call(report) = body else { return };
    let mut wanted: Vec<String> = Vec::new();
    for field in ["conversation_uuid", "cmiuuid", "request_id", "call_id"] {
        wanted.extend(text(&payload[field]).filter(|id| !wanted.contains(id)));
    }
    let found: Vec<&str> = report.aliases.iter().map(CallAlias::as_str).collect();
    assert_eq!(found, wanted, "{name}");
    let leg = report.leg.id.as_ref().map(CallAlias::as_str);
    assert!(leg.is_none_or(|leg| payload["cmiuuid"] == leg), "{name}");
}

#[test]
fn each_webhook_of_telecmi_is_what_the_table_says() {
    each_is_what_the_table_says(&*telecmi(), table::TELECMI);
}

#[test]
fn each_webhook_of_piopiy_is_what_the_table_says() {
    each_is_what_the_table_says(&*piopiy(), table::PIOPIY);
}

/// What else is posted to addresses of ours, by mistake or by other functions of the vendor, is kept and is no call.
#[test]
fn what_is_no_report_of_a_call_is_unknown() {
    for body in [
        r#"{"from":"919876500001","appid":"3333301"}"#,
        r#"{"action":"outbound","from":"919876500001","to":"914412345678","time":1790000100000,"cmiuuid":"5c1d"}"#,
        r#"{"from":919876500001,"to":914412345678,"dtmf":"1","cmuuid":"5c1d"}"#,
    ] {
        let found = decode(&*piopiy(), body);
        assert_eq!(found[0].body.kind(), "unknown", "{body}");
        assert_eq!(found[0].raw, body);
    }
    let found = decode(&*telecmi(), r#"{"from":"919876500001","app":"3333301"}"#);
    assert_eq!((found[0].body.kind(), &found[0].account), ("unknown", &None));
    // A question that names no call is about no call.
    let found = decode(&*telecmi(), r#"{"from":"919876500001","appid":"3333301"}"#);
    assert_eq!((found[0].body.kind(), &found[0].account), ("account", &Some(AccountRef("3333301".into()))));
}
