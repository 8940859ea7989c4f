//! What a decoder of webhooks promises. A fixture lends the decoder, signs as the provider would, and brings samples.

use bytes::Bytes;

use crate::entropy::Entropy;
use crate::provider::{
    Inbound, RawWebhook, Trust, VerifiedWebhook, WebhookDecoder, WebhookError, WebhookMethod, WebhookSecrets,
};

/// What a decoder is tested with.
pub trait WebhookFixture {
    /// The decoder under test.
    fn decoder(&self) -> &dyn WebhookDecoder;
    /// The secrets of the app: two, as during rotation.
    fn secrets(&self) -> WebhookSecrets;
    /// A webhook as the provider would send it, signed with the secret of this place.
    fn signed(&self, body: Bytes, secret: usize) -> RawWebhook;
    /// The header that holds the signature, in lower case.
    fn header(&self) -> &str;
    /// Whether the signature covers the body, and not only shows a secret.
    fn covers_body(&self) -> bool;
    /// Bodies as the provider sends them: at least one with several elements of different kinds.
    fn samples(&self) -> Vec<Bytes>;
}

fn decode(fixture: &dyn WebhookFixture, body: Bytes) -> Vec<Inbound> {
    let raw = fixture.signed(body, 0);
    fixture.decoder().decode(&VerifiedWebhook::report(raw, Trust::Signed))
}

fn refused(fixture: &dyn WebhookFixture, raw: RawWebhook, why: &str) {
    let answer = fixture.decoder().verify(raw, &fixture.secrets());
    assert!(matches!(answer, Err(WebhookError::Signature)), "{why}: {answer:?}");
}

/// What the provider signed is believed, under either secret, and its bytes are unchanged.
pub fn a_signed_webhook_is_verified(fixture: &dyn WebhookFixture) {
    let secrets = fixture.secrets().app.len();
    assert!(secrets >= 2, "a fixture has two secrets, as during rotation");
    for body in fixture.samples() {
        for place in 0..secrets {
            let hook =
                fixture.decoder().verify(fixture.signed(body.clone(), place), &fixture.secrets()).unwrap();
            assert_eq!((hook.body(), hook.trust(), hook.challenge()), (&body, Trust::Signed, None));
        }
    }
}

/// Without a signature nothing is believed, nor with one under another name.
pub fn a_missing_signature_is_refused(fixture: &dyn WebhookFixture) {
    for body in fixture.samples() {
        let mut raw = fixture.signed(body, 0);
        raw.headers.retain(|(name, _)| name != fixture.header());
        refused(fixture, raw.clone(), "missing");
        raw.headers.push((fixture.header().to_owned(), String::new()));
        refused(fixture, raw, "empty");
    }
}

/// Two signatures are one too many, even if both are right.
pub fn a_doubled_signature_is_refused(fixture: &dyn WebhookFixture) {
    for body in fixture.samples() {
        let mut raw = fixture.signed(body, 0);
        let own = raw.headers.iter().find(|(name, _)| name == fixture.header()).unwrap().clone();
        raw.headers.push(own);
        refused(fixture, raw, "doubled");
    }
}

/// Every cut of a signature is refused, and every change of one of its characters.
pub fn a_truncated_or_changed_signature_is_refused(fixture: &dyn WebhookFixture) {
    let raw = fixture.signed(fixture.samples().swap_remove(0), 0);
    let place = raw.headers.iter().position(|(name, _)| name == fixture.header()).unwrap();
    let right = raw.headers[place].1.clone();
    let mut wrong: Vec<String> = (0..right.len()).map(|end| right[..end].to_owned()).collect();
    wrong.extend((0..right.len()).map(|at| {
        let mut bytes = right.clone().into_bytes();
        bytes[at] = if bytes[at] == b'0' { b'1' } else { b'0' };
        String::from_utf8(bytes).unwrap()
    }));
    wrong.push(format!("{right}0"));
    for value in wrong {
        let mut raw = raw.clone();
        raw.headers[place].1 = value;
        refused(fixture, raw, "changed");
    }
}

/// A signature over other bytes is refused, if the provider signs bytes.
pub fn a_changed_body_is_refused(fixture: &dyn WebhookFixture) {
    if !fixture.covers_body() {
        return;
    }
    for body in fixture.samples() {
        let raw = fixture.signed(body.clone(), 0);
        let mut longer = body.to_vec();
        longer.push(b' ');
        for other in [longer, body[..body.len() - 1].to_vec(), Vec::new()] {
            refused(fixture, RawWebhook { body: other.into(), ..raw.clone() }, "another body");
        }
    }
}

/// A subscription check without the right token is refused.
pub fn a_wrong_subscription_check_is_refused(fixture: &dyn WebhookFixture) {
    for query in ["", "hub.mode=subscribe&hub.verify_token=wrong&hub.challenge=1", "token=wrong&challenge=1"]
    {
        let (method, query) = (WebhookMethod::Get, query.to_owned());
        let raw = RawWebhook { method, query, headers: Vec::new(), body: Bytes::new() };
        assert!(fixture.decoder().verify(raw, &fixture.secrets()).is_err());
    }
}

/// No bytes make the decoder panic, and none are lost: what is not understood comes back as unknown.
pub fn no_bytes_make_the_decoder_panic(fixture: &dyn WebhookFixture) {
    let entropy = Entropy::seeded(3);
    let small = |below: usize| usize::try_from(entropy.u64() % u64::try_from(below.max(1)).unwrap()).unwrap();
    let fixed = ["", "{", "[]", "{}", "null", "0", "\"\"", "[{}]", "{\"a\":[[[[[[]]]]]]}"];
    let mut bodies: Vec<Vec<u8>> = fixed.iter().map(|body| body.as_bytes().to_vec()).collect();
    bodies.push([b"[".repeat(100_000), b"]".repeat(100_000)].concat());
    for _ in 0..200 {
        let mut noise = vec![0; small(300)];
        entropy.fill(&mut noise);
        bodies.push(noise);
    }
    for sample in fixture.samples() {
        bodies.extend((0..sample.len()).step_by(sample.len() / 64 + 1).map(|end| sample[..end].to_vec()));
        for _ in 0..300 {
            let mut changed = sample.to_vec();
            for _ in 0..=small(4) {
                let place = small(changed.len());
                changed[place] = entropy.array::<1>()[0];
            }
            bodies.push(changed);
        }
    }
    for body in bodies {
        let bytes = Bytes::from(body);
        let found = decode(fixture, bytes.clone());
        let again = fixture.decoder().decode_element(&bytes);
        // A value that no reader takes may cost itself alone; what has not even the form of JSON is kept whole.
        let text = String::from_utf8_lossy(&bytes);
        if serde_json::from_str::<serde::de::IgnoredAny>(&text).is_err() {
            assert!(!found.is_empty() && !again.is_empty(), "bytes that cannot be read are kept");
            assert!(found.iter().all(|element| element.body.kind() == "unknown"));
        }
    }
}

/// What was kept of an element alone is read again as the same: kind, account and time.
pub fn every_element_is_read_again_from_what_was_kept(fixture: &dyn WebhookFixture) {
    let mut kinds = Vec::new();
    let mut most = 0;
    for body in fixture.samples() {
        let found = decode(fixture, body);
        assert!(!found.is_empty(), "a sample holds something");
        most = most.max(found.len());
        for element in found {
            let again = fixture.decoder().decode_element(&element.raw);
            assert_eq!(again.len(), 1, "it was kept alone");
            let one = &again[0];
            assert_eq!(one.body.kind(), element.body.kind());
            assert_eq!((&one.account, one.at), (&element.account, element.at));
            assert_eq!(format!("{:?}", one.body), format!("{:?}", element.body));
            let third = fixture.decoder().decode_element(&one.raw);
            assert_eq!(third.len(), 1, "and can be kept again");
            assert_eq!(third[0].body.kind(), element.body.kind());
            if !kinds.contains(&element.body.kind()) {
                kinds.push(element.body.kind());
            }
        }
    }
    assert!(most > 1 && kinds.len() > 1, "the samples show several kinds: {kinds:?}");
}
