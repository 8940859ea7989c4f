//! What an answer of the third version means. Here the HTTP status decides; a code in the body may still refuse.
//!
//! Source: the vendor's libraries for Python and Node.js, read 2026-11. The form of a success is not documented: one library shows
//! a message alone, programs that use it read an id from one of several fields.

use dialzio_core::call::CallAlias;
use dialzio_core::provider::{ProviderError, RefusalReason};

use super::connection::PIOPIY_V3;
use crate::answer::{Answer, Meaning, Repeat, ambiguous, code, shown, usual};
use crate::body::Fields;
use crate::report;

/// The largest answer, in bytes.
pub(super) const LARGEST: usize = 1 << 20;
/// Where the id of a call that was placed may stand.
const IDS: [&str; 4] = ["call_id", "request_id", "request", "id"];

/// The fields of a success, if it has any. What is neither a success nor a refusal of the vendor's came from something in between,
/// so it is not known whether the request was carried out.
pub(super) fn read(answer: &Answer, repeat: Repeat, token: &str) -> Result<Option<Fields>, ProviderError> {
    let fields = std::str::from_utf8(&answer.body).ok().and_then(Fields::of_object);
    let meaning = fields.as_ref().and_then(code).map(usual);
    let is_blank = answer.body.iter().all(u8::is_ascii_whitespace);
    match (answer.status, fields, meaning) {
        (200..=299, fields, None | Some(Meaning::Done)) if fields.is_some() || is_blank => Ok(fields),
        (200..=299, None, _) => Err(answer.unspoken(PIOPIY_V3, repeat)),
        (200..=299, Some(fields), Some(meaning)) => Err(refusal(answer, repeat, &fields, meaning, token)),
        (status @ 400..=499, Some(fields), _) => {
            Err(refusal(answer, repeat, &fields, of_status(status), token))
        }
        // Without a token nothing is carried out, whoever says so.
        (401, ..) => Err(credentials(answer, None)),
        _ => Err(answer.unspoken(PIOPIY_V3, repeat)),
    }
}

/// What a refusing status means.
const fn of_status(status: u16) -> Meaning {
    match status {
        401 => Meaning::Credentials,
        403 => Meaning::Refused(RefusalReason::Account),
        400 | 422 => Meaning::Refused(RefusalReason::Malformed),
        408 | 425 => Meaning::Fault,
        429 => Meaning::Throttled,
        _ => Meaning::Refused(RefusalReason::Other),
    }
}

fn credentials(answer: &Answer, detail: Option<String>) -> ProviderError {
    ProviderError::Credentials { provider: PIOPIY_V3, code: format!("http_{}", answer.status), detail }
}

fn refusal(answer: &Answer, repeat: Repeat, fields: &Fields, meaning: Meaning, token: &str) -> ProviderError {
    let provider = PIOPIY_V3;
    let detail = fields.text(&["error", "message", "msg"]).map(|words| shown(&words, &[token]));
    let code = code(fields).map_or_else(|| format!("http_{}", answer.status), |code| code.to_string());
    match meaning {
        Meaning::Credentials => credentials(answer, detail),
        Meaning::Throttled => ProviderError::Throttled { provider, code, retry_after: answer.retry_after },
        Meaning::Refused(reason) => ProviderError::Refused { provider, code, reason, detail },
        Meaning::Done | Meaning::Fault | Meaning::Unlisted => match repeat {
            Repeat::Doubles => ambiguous(provider, format!("code {code} with HTTP status {}", answer.status)),
            Repeat::Harmless => ProviderError::Fault { provider, code },
        },
    }
}

/// The id of a call that was placed, if the answer names one.
pub(super) fn id(fields: &Fields) -> Option<CallAlias> {
    let within = fields.object("data").map(|data| report::aliases(&data, &IDS)).unwrap_or_default();
    report::aliases(fields, &IDS).into_iter().chain(within).next()
}
