//! Webhooks of both providers. Neither signs them, so that an address which no one can guess is all that protects them: they
//! inform, and decide nothing.

use bytes::Bytes;
use dialzio_core::provider::{Inbound, InboundBody, RawWebhook, Trust, VerifiedWebhook};

use crate::body::{Fields, What, elements};
use crate::report::Read;

/// How an adapter reads the fields of a report.
pub(crate) type Reader = fn(&Fields) -> Read;

/// Takes a webhook as it is. What arrives by the query stands in for the body, unless there is a body that says something. A
/// request that says nothing at all asks whether there is someone here, and is answered.
pub(crate) fn verify(raw: RawWebhook, reader: Reader) -> VerifiedWebhook {
    let is_blank = raw.body.iter().all(u8::is_ascii_whitespace);
    if is_blank && raw.query.is_empty() {
        return VerifiedWebhook::subscription(raw, String::new());
    }
    let query = Bytes::copy_from_slice(raw.query.as_bytes());
    let tells = |body: &Bytes| {
        decode(body, reader).iter().any(|element| !matches!(element.body, InboundBody::Unknown { .. }))
    };
    let takes_query = is_blank || !query.is_empty() && !tells(&raw.body) && tells(&query);
    let body = if takes_query { query } else { raw.body.clone() };
    VerifiedWebhook::report(RawWebhook { body, ..raw }, Trust::PathOnly)
}

/// Reads a whole body. Never fails: what is not understood is unknown, with its bytes.
pub(crate) fn decode(body: &Bytes, reader: Reader) -> Vec<Inbound> {
    let each = |element: crate::body::Element| {
        let Read { account, at, body } = match element.what {
            What::Fields(fields) => reader(&fields),
            What::Unread(what) => {
                Read { account: None, at: None, body: InboundBody::Unknown { what: what.to_owned() } }
            }
        };
        Inbound { account, at, body, raw: element.raw }
    };
    elements(body).into_iter().map(each).collect()
}
