//! Webhooks about calls, as the decoder reads them.

use bytes::Bytes;

use super::{PERSON, TelephonyFixture, elements, reports, telephony, told};
use crate::entropy::Entropy;
use crate::provider::{CallReport, CallReportKind, InboundBody};

/// Webhooks about a call that we placed are read as reports, with ids, and lead back to it.
pub async fn reports_lead_to_their_call(fixture: &dyn TelephonyFixture) {
    let (own, accepted, webhooks) = told(fixture).await;
    let account = fixture.access().routing_key;
    let decoder = fixture.provider().webhooks().unwrap();
    let elements = elements(fixture, &webhooks);
    for element in &elements {
        if let Some(named) = &element.account {
            assert_eq!(named.0, account, "it is of the account that it came for");
        }
        let again = decoder.decode_element(&element.raw);
        assert_eq!(again.len(), 1, "it was kept alone");
        assert_eq!((&again[0].account, again[0].body.kind()), (&element.account, element.body.kind()));
        if let (InboundBody::Call(one), InboundBody::Call(other)) = (&again[0].body, &element.body) {
            assert!(one == other, "what was kept of a report is read again as the same");
        }
    }
    let all = reports(&elements);
    assert!(!all.is_empty(), "no webhook is read as a report of a call");
    assert!(all.iter().all(|report| !report.aliases.is_empty()), "a report has an id");
    let leads = |report: &&&CallReport| {
        report.own == Some(own) || accepted.request.iter().any(|request| report.aliases.contains(request))
    };
    assert!(all.iter().any(|report| leads(&report)), "no report leads to the call that was placed");
    let digits = |text: &String| text.chars().filter(char::is_ascii_digit).collect::<String>();
    let names = |report: &&CallReport| report.customer.as_ref().map(digits).as_deref() == Some(PERSON);
    assert!(all.iter().any(names), "no report names the person");
    assert!(all.iter().any(|report| report.leg.ended.is_some() || report.leg.result.is_some()), "no end");
    let capabilities = telephony(fixture).capabilities();
    let is_live = all.iter().any(|report| report.kind == CallReportKind::Live);
    assert_eq!(is_live, capabilities.live_events, "live events are posted if they are declared");
    if capabilities.recordings {
        assert!(all.iter().any(|report| !report.recordings.is_empty()), "no report names the recording");
    }
}

/// No bytes make the decoder panic, and none are lost: what is not understood comes back as unknown.
pub async fn no_bytes_make_the_decoder_panic(fixture: &dyn TelephonyFixture) {
    let (_, _, webhooks) = told(fixture).await;
    let decoder = fixture.provider().webhooks().unwrap();
    let entropy = Entropy::seeded(5);
    let small = |below: usize| usize::try_from(entropy.u64() % u64::try_from(below.max(1)).unwrap()).unwrap();
    let mut bodies: Vec<Vec<u8>> = ["{", "[", "nothing", "{\"a\":", "\u{0}\u{0}", "%%%=&&"]
        .iter()
        .map(|body| body.as_bytes().to_vec())
        .collect();
    bodies.push([b"[".repeat(100_000), b"]".repeat(99_999)].concat());
    for sample in webhooks.iter().map(|raw| &raw.body) {
        bodies.extend((1..sample.len()).step_by(sample.len() / 64 + 1).map(|end| sample[..end].to_vec()));
        for _ in 0..200 {
            let mut changed = sample.to_vec();
            for _ in 0..=small(4) {
                let place = small(changed.len());
                if let Some(byte) = changed.get_mut(place) {
                    *byte = entropy.array::<1>()[0];
                }
            }
            bodies.push(changed);
        }
    }
    for body in bodies {
        let found = decoder.decode_element(&Bytes::from(body.clone()));
        let text = String::from_utf8_lossy(&body);
        if !text.trim().is_empty() && serde_json::from_str::<serde::de::IgnoredAny>(&text).is_err() {
            assert!(!found.is_empty(), "bytes that cannot be read are kept");
        }
    }
}
