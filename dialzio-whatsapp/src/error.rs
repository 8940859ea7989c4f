//! Graph's error codes in the words of the domain. The code decides, never the title or the HTTP status;
//! only an undocumented code falls back to the status.
//!
//! Source: Meta, *Cloud API error codes*, read 2026-05.

use std::time::Duration;

use dialzio_core::provider::{ProviderError, ProviderId, RefusalReason};
use serde::Deserialize;
use serde_json::value::RawValue;

use crate::scalar::Scalar;

/// The word for this provider.
pub(crate) const WHATSAPP: ProviderId = ProviderId("whatsapp");

/// Longest explanation that is kept, in characters.
const LONGEST_DETAIL: usize = 500;

/// What a code asks us to do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Meaning {
    Refused(RefusalReason),
    /// Slow down, for so many seconds if the code implies it.
    Throttled(Option<u64>),
    Fault,
    Credentials,
    Unlisted,
}

/// What a documented code means.
pub(crate) fn meaning(code: i64) -> Meaning {
    use RefusalReason::{Account, MarketingStopped, Media, Recipient, Template, WindowClosed, Withheld};
    match code {
        0 | 3 | 10 | 190 | 200..=299 | 131_005 => Meaning::Credentials,
        1 | 2 | 131_000 | 131_016 | 133_004 | 135_000 | 139_103 => Meaning::Fault,
        4 | 80_007 | 130_429 => Meaning::Throttled(None),
        131_056 => Meaning::Throttled(Some(6)),
        131_057 | 2_494_100 => Meaning::Throttled(Some(120)),
        133_015 => Meaning::Throttled(Some(300)),
        33
        | 368
        | 131_031
        | 131_037
        | 131_042
        | 131_044
        | 131_045
        | 131_063
        | 133_000
        | 133_005..=133_010
        | 133_016
        | 134_011 => Meaning::Refused(Account),
        130_497 | 131_020 | 131_021 | 131_026 | 131_030 | 131_041 | 131_062 | 137_000 => {
            Meaning::Refused(Recipient)
        }
        130_472 | 131_048 | 131_049 | 131_064 => Meaning::Refused(Withheld),
        131_047 => Meaning::Refused(WindowClosed),
        131_050 => Meaning::Refused(MarketingStopped),
        131_052 | 131_053 => Meaning::Refused(Media),
        132_000..=132_069 | 134_100..=134_102 => Meaning::Refused(Template),
        100 | 131_008 | 131_009 | 131_051 | 131_055 | 131_059 => Meaning::Refused(RefusalReason::Malformed),
        _ => Meaning::Unlisted,
    }
}

#[derive(Debug, Deserialize)]
struct ErrorBody<'a> {
    #[serde(borrow)]
    error: Option<&'a RawValue>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct GraphError<'a> {
    #[serde(borrow)]
    code: Scalar<'a>,
    #[serde(borrow)]
    error_subcode: Scalar<'a>,
    #[serde(borrow)]
    error_data: Option<&'a RawValue>,
    #[serde(borrow)]
    error_user_msg: Scalar<'a>,
    #[serde(borrow)]
    message: Scalar<'a>,
    #[serde(borrow)]
    error_user_title: Scalar<'a>,
    #[serde(borrow)]
    title: Scalar<'a>,
}

/// The words of an error: its details, else what it says to people, else its message, else its title.
pub(crate) fn words(error_data: Option<&RawValue>, others: &[&Scalar<'_>]) -> Option<String> {
    let data = error_data.and_then(|data| serde_json::from_str::<ErrorData<'_>>(data.get()).ok());
    let details = data.as_ref().and_then(|data| data.details.filled());
    let words = details.or_else(|| others.iter().find_map(|words| words.filled()))?;
    Some(words.chars().take(LONGEST_DETAIL).collect())
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct ErrorData<'a> {
    #[serde(borrow)]
    pub(crate) details: Scalar<'a>,
}

/// The error that an answer reports; `None` if it has no error object.
pub(crate) fn reported(status: u16, retry_after: Option<Duration>, body: &[u8]) -> Option<ProviderError> {
    let object = serde_json::from_slice::<ErrorBody<'_>>(body).ok()?.error?;
    let error: GraphError<'_> = serde_json::from_str(object.get()).ok()?;
    let others = [&error.error_user_msg, &error.message, &error.error_user_title, &error.title];
    let detail = words(error.error_data, &others);
    // An object that is not visible with this token: subcode 33 of code 100.
    let code = match (error.code.integer(), error.error_subcode.integer()) {
        (Some(100), Some(33)) => Some(33),
        (code, _) => code,
    };
    Some(provider_error(code, status, retry_after, detail))
}

/// The words without what may be a token: some answers repeat the one that they refuse ("Malformed access token EAA…").
fn without_tokens(words: &str) -> String {
    /// Longer than any word of a sentence, shorter than any token.
    const LONGEST_WORD: usize = 30;
    let each =
        |word: &'_ str| if word.chars().count() > LONGEST_WORD { "…".to_owned() } else { word.to_owned() };
    words.split_whitespace().map(each).collect::<Vec<_>>().join(" ")
}

fn provider_error(
    code: Option<i64>,
    status: u16,
    retry_after: Option<Duration>,
    detail: Option<String>,
) -> ProviderError {
    let provider = WHATSAPP;
    let found = code.map_or(Meaning::Unlisted, meaning);
    let code = code.map_or_else(|| "none".to_owned(), |code| code.to_string());
    match found {
        Meaning::Refused(reason) => ProviderError::Refused { provider, code, reason, detail },
        Meaning::Throttled(implied) => {
            let retry_after = retry_after.or(implied.map(Duration::from_secs));
            ProviderError::Throttled { provider, code, retry_after }
        }
        Meaning::Fault => ProviderError::Fault { provider, code },
        Meaning::Credentials => {
            ProviderError::Credentials { provider, code, detail: detail.as_deref().map(without_tokens) }
        }
        Meaning::Unlisted => {
            tracing::warn!(%code, status, "undocumented Graph error code");
            if status >= 500 {
                ProviderError::Fault { provider, code }
            } else {
                ProviderError::Refused { provider, code, reason: RefusalReason::Other, detail }
            }
        }
    }
}

/// An error of a request that names nothing but our own number: if that is not visible, the token has lost it.
pub(crate) fn of_our_number(error: ProviderError) -> ProviderError {
    match error {
        ProviderError::Refused { provider, code, reason: RefusalReason::Account, detail } if code == "33" => {
            ProviderError::Credentials { provider, code, detail }
        }
        other => other,
    }
}

/// A refusal of our own, before anything is sent.
pub(crate) fn refused(code: &str, reason: RefusalReason) -> ProviderError {
    ProviderError::Refused { provider: WHATSAPP, code: code.to_owned(), reason, detail: None }
}

/// Something that WhatsApp, or this adapter, cannot do.
pub(crate) fn unsupported(what: &'static str) -> ProviderError {
    ProviderError::Unsupported { provider: WHATSAPP, what }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(status: u16, body: &str) -> ProviderError {
        reported(status, None, body.as_bytes()).unwrap()
    }

    #[test]
    fn the_code_decides_and_not_the_status_or_the_title() {
        let body = r#"{"error":{"message":"(#190) whatever","code":130429,"error_data":{"details":"slow"}}}"#;
        assert!(matches!(read(400, body), ProviderError::Throttled { .. }));
        assert!(matches!(read(500, body), ProviderError::Throttled { .. }));
        let body = r#"{"error":{"message":"Rate limit hit","code":"190"}}"#;
        assert!(matches!(read(429, body), ProviderError::Credentials { code, .. } if code == "190"));
    }

    #[test]
    fn an_undocumented_code_is_permanent_below_500_and_a_fault_above() {
        let body = r#"{"error":{"code":999999}}"#;
        assert!(!read(400, body).is_retryable());
        assert!(read(503, body).is_retryable());
        assert!(!read(400, r#"{"error":{}}"#).is_retryable());
    }

    #[test]
    fn the_explanation_is_kept_and_cut() {
        let body =
            format!(r#"{{"error":{{"code":132000,"error_data":{{"details":"{}"}}}}}}"#, "x".repeat(900));
        assert_eq!(read(400, &body).detail().unwrap().len(), LONGEST_DETAIL);
    }

    #[test]
    fn an_invisible_object_is_a_lost_account() {
        let body = r#"{"error":{"code":100,"error_subcode":33}}"#;
        let error = read(400, body);
        assert!(matches!(error, ProviderError::Refused { reason: RefusalReason::Account, .. }));
        assert!(matches!(of_our_number(error), ProviderError::Credentials { code, .. } if code == "33"));
    }

    #[test]
    fn a_token_that_is_repeated_in_a_refusal_is_left_out() {
        let token = "EAA".repeat(40);
        let body = format!(r#"{{"error":{{"code":190,"message":"Malformed access token {token}"}}}}"#);
        assert_eq!(read(401, &body).detail(), Some("Malformed access token …"));
    }

    #[test]
    fn an_error_without_details_has_its_message_and_without_that_its_title() {
        let detail = |rest: &str| {
            read(400, &format!(r#"{{"error":{{"code":100{rest}}}}}"#)).detail().map(str::to_owned)
        };
        let all = r#","message":"(#100) No","title":"T","error_user_msg":"U","error_data":{"details":"D"}"#;
        assert_eq!(detail(all).as_deref(), Some("D"));
        assert_eq!(detail(&all.replace("details", "other")).as_deref(), Some("U"));
        assert_eq!(detail(r#","message":"(#100) No","title":"T""#).as_deref(), Some("(#100) No"));
        assert_eq!(detail(r#","message":"","title":"T""#).as_deref(), Some("T"));
        assert_eq!(detail(""), None);
    }

    #[test]
    fn a_body_without_an_error_object_reports_nothing() {
        for body in ["", "<html></html>", "{}", "[]", r#"{"error":"no"}"#, r#"{"success":true}"#] {
            assert!(reported(502, None, body.as_bytes()).is_none(), "{body}");
        }
    }
}
