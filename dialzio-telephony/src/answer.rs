//! What an answer means. The code in the body decides, never the HTTP status: failures arrive with status 200, and codes come
//! as numbers and as texts (`200`, `"cmi-200"`).

use std::time::Duration;

use bytes::Bytes;
use dialzio_core::provider::{ProviderError, ProviderId, RefusalReason};

use crate::body::Fields;

/// Longest explanation that is kept, in characters.
const LONGEST_DETAIL: usize = 500;
/// Longer than any word of a sentence, shorter than any token.
const LONGEST_WORD: usize = 30;
/// As many digits in a row may be a telephone number.
const NUMBER_DIGITS: usize = 6;

/// Whether a request may be made again when its outcome is not known.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Repeat {
    /// A second time changes nothing: reads, and the end of a call.
    Harmless,
    /// A second time is a second call.
    Doubles,
}

/// What a code of a body means.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Meaning {
    /// It was carried out.
    Done,
    /// No, and no again.
    Refused(RefusalReason),
    /// Not now.
    Throttled,
    /// A fault over there.
    Fault,
    /// The credentials are not accepted.
    Credentials,
    /// Not documented.
    Unlisted,
}

/// How the answers of one request are read.
#[derive(Clone, Copy)]
pub(crate) struct Rules {
    /// Whether the request may be made again.
    pub(crate) repeat: Repeat,
    /// What its codes mean.
    pub(crate) meaning: fn(i64) -> Meaning,
    /// An answer without a code is a success too: its form is not documented.
    pub(crate) bare: bool,
}

/// A whole answer.
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) location: Option<String>,
    pub(crate) retry_after: Option<Duration>,
    pub(crate) body: Bytes,
}

/// What all codes mean where nothing else is documented for a request.
///
/// Source: TeleCMI, *CHUB* and *Piopiy* reference, read 2026-11; 407 for a wrong secret as observed.
pub(crate) fn usual(code: i64) -> Meaning {
    match code {
        200 | 2000 => Meaning::Done,
        400 | 422 | 501 => Meaning::Refused(RefusalReason::Malformed),
        401 | 407 => Meaning::Credentials,
        403 => Meaning::Refused(RefusalReason::Account),
        404 => Meaning::Refused(RefusalReason::Other),
        429 => Meaning::Throttled,
        500 | 502..=504 => Meaning::Fault,
        _ => Meaning::Unlisted,
    }
}

/// The code of a body: a number, or the number behind the last hyphen of a text.
pub(crate) fn code(fields: &Fields) -> Option<i64> {
    let text = fields.text(&["code", "cmi_code"])?;
    text.rsplit('-').next()?.trim().parse().ok()
}

impl Answer {
    /// The fields of a success. An answer that is neither a success nor a refusal of the vendor came from something in between,
    /// so it is not known whether the request was carried out. `secrets` are left out of explanations.
    pub(crate) fn success(
        &self,
        provider: ProviderId,
        rules: Rules,
        secrets: &[&str],
    ) -> Result<Fields, ProviderError> {
        let fields = std::str::from_utf8(&self.body).ok().and_then(Fields::of_object);
        let is_ok = (200..=299).contains(&self.status);
        match fields.as_ref().and_then(code) {
            Some(code) => {
                let found = (rules.meaning)(code);
                match (fields, found) {
                    (Some(fields), Meaning::Done) if is_ok => Ok(fields),
                    (fields, found) => {
                        let words = fields.and_then(|fields| fields.text(&["msg", "message", "error"]));
                        let detail = words.map(|words| shown(&words, secrets));
                        Err(self.refusal(provider, rules.repeat, &code.to_string(), found, detail))
                    }
                }
            }
            None => match fields.filter(|_| is_ok && rules.bare) {
                Some(fields) => Ok(fields),
                None => Err(self.unspoken(provider, rules.repeat)),
            },
        }
    }

    /// What an answer of the vendor that is no success means.
    fn refusal(
        &self,
        provider: ProviderId,
        repeat: Repeat,
        code: &str,
        found: Meaning,
        detail: Option<String>,
    ) -> ProviderError {
        let code = code.to_owned();
        match found {
            Meaning::Refused(reason) => ProviderError::Refused { provider, code, reason, detail },
            Meaning::Credentials => ProviderError::Credentials { provider, code, detail },
            Meaning::Throttled => ProviderError::Throttled { provider, code, retry_after: self.retry_after },
            // A fault in the middle of it may have come after the first telephone rang.
            Meaning::Done | Meaning::Fault | Meaning::Unlisted if repeat == Repeat::Doubles => {
                ambiguous(provider, format!("code {code} with HTTP status {}", self.status))
            }
            Meaning::Unlisted if self.status < 500 => {
                tracing::warn!(%provider, %code, status = self.status, "undocumented code");
                ProviderError::Refused { provider, code, reason: RefusalReason::Other, detail }
            }
            Meaning::Done | Meaning::Fault | Meaning::Unlisted => ProviderError::Fault { provider, code },
        }
    }

    /// What an answer without a code means.
    pub(crate) fn unspoken(&self, provider: ProviderId, repeat: Repeat) -> ProviderError {
        let code = format!("http_{}", self.status);
        match (self.status, repeat) {
            (429, _) => ProviderError::Throttled { provider, code, retry_after: self.retry_after },
            (status, Repeat::Doubles) => {
                ambiguous(provider, format!("HTTP status {status} without a code in the body"))
            }
            (401 | 407, _) => ProviderError::Credentials { provider, code, detail: None },
            (200..=299, _) => ProviderError::Fault { provider, code: "unreadable".to_owned() },
            (500.., _) => ProviderError::Fault { provider, code },
            _ => ProviderError::Refused { provider, code, reason: RefusalReason::Other, detail: None },
        }
    }
}

/// An explanation as it may be shown: without the secret of the request, without what may be a token, and without telephone
/// numbers, since some answers repeat what they refuse.
pub(crate) fn shown(words: &str, secrets: &[&str]) -> String {
    let mut words = words.to_owned();
    for secret in secrets.iter().filter(|secret| !secret.is_empty()) {
        words = words.replace(secret, "…");
    }
    let longest_number = |word: &str| {
        let is_digit = |c: char| c.is_ascii_digit();
        word.split(|c| !is_digit(c)).map(str::len).max().unwrap_or_default()
    };
    let each = |word: &str| {
        let is_hidden = word.chars().count() > LONGEST_WORD || longest_number(word) >= NUMBER_DIGITS;
        if is_hidden { "…".to_owned() } else { word.chars().filter(|c| !c.is_control()).collect() }
    };
    let shown: Vec<String> = words.split_whitespace().map(each).collect();
    shown.join(" ").chars().take(LONGEST_DETAIL).collect()
}

/// It is not known whether it was carried out.
pub(crate) fn ambiguous(provider: ProviderId, why: String) -> ProviderError {
    ProviderError::Ambiguous { provider, source: why.into() }
}

/// A refusal of our own, before anything is sent, or of what was received.
pub(crate) fn refused(provider: ProviderId, code: &str, reason: RefusalReason) -> ProviderError {
    ProviderError::Refused { provider, code: code.to_owned(), reason, detail: None }
}

#[cfg(test)]
mod tests {
    use super::*;

    const HERE: ProviderId = ProviderId("here");

    fn read(status: u16, body: &str, repeat: Repeat) -> Result<Fields, ProviderError> {
        let answer = Answer {
            status,
            location: None,
            retry_after: None,
            body: Bytes::copy_from_slice(body.as_bytes()),
        };
        answer.success(HERE, Rules { repeat, meaning: usual, bare: false }, &["the-secret"])
    }

    fn error(status: u16, body: &str, repeat: Repeat) -> ProviderError {
        read(status, body, repeat).err().unwrap()
    }

    #[test]
    fn a_success_is_a_code_in_the_body_in_any_of_its_spellings() {
        for body in [
            r#"{"code":200}"#,
            r#"{"code":"200"}"#,
            r#"{"code":"cmi-200"}"#,
            r#"{"code":"cmi-2000"}"#,
            r#"{"cmi_code":200}"#,
        ] {
            assert!(read(200, body, Repeat::Doubles).is_ok(), "{body}");
        }
        for body in ["{}", "[]", "", "<html></html>", r#"{"code":null}"#, r#"{"code":"ok"}"#] {
            assert!(matches!(error(200, body, Repeat::Harmless), ProviderError::Fault { .. }), "{body}");
            assert!(matches!(error(200, body, Repeat::Doubles), ProviderError::Ambiguous { .. }), "{body}");
        }
    }

    #[test]
    fn the_code_decides_and_not_the_status() {
        for status in [200, 400, 500] {
            assert!(matches!(
                error(status, r#"{"code":407}"#, Repeat::Doubles),
                ProviderError::Credentials { .. }
            ));
            assert!(matches!(
                error(status, r#"{"code":"cmi-404"}"#, Repeat::Doubles),
                ProviderError::Refused { .. }
            ));
            assert!(matches!(
                error(status, r#"{"code":429}"#, Repeat::Doubles),
                ProviderError::Throttled { .. }
            ));
        }
        assert!(matches!(error(500, r#"{"code":200}"#, Repeat::Harmless), ProviderError::Fault { .. }));
    }

    #[test]
    fn a_fault_may_be_asked_again_but_not_if_that_would_call_twice() {
        for body in [r#"{"code":500}"#, r#"{"code":502}"#, r#"{"code":799}"#] {
            assert!(matches!(error(200, body, Repeat::Doubles), ProviderError::Ambiguous { .. }), "{body}");
        }
        assert!(matches!(error(200, r#"{"code":500}"#, Repeat::Harmless), ProviderError::Fault { .. }));
        assert!(matches!(error(503, "", Repeat::Harmless), ProviderError::Fault { .. }));
        assert!(matches!(error(503, "", Repeat::Doubles), ProviderError::Ambiguous { .. }));
        assert!(matches!(error(429, "", Repeat::Doubles), ProviderError::Throttled { .. }));
        assert!(matches!(error(404, "<html>", Repeat::Harmless), ProviderError::Refused { .. }));
    }

    #[test]
    fn an_explanation_shows_neither_a_secret_nor_a_number() {
        let long = "x".repeat(40);
        let body = format!(
            r#"{{"code":404,"msg":"invalid number 919000000351 (+91-9000000351) for the-secret, token {long}"}}"#
        );
        let error = error(200, &body, Repeat::Doubles);
        assert_eq!(error.detail(), Some("invalid number … … for …, token …"));
        assert_eq!(shown(&"ab ".repeat(400), &[]).chars().count(), LONGEST_DETAIL);
    }
}
