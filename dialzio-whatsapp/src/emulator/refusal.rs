//! Answers that say no, in Graph's error shape.

use axum::{
    Json,
    http::StatusCode,
    response::{IntoResponse, Response},
};
use serde_json::{Value, json};

/// Code, HTTP status and title of the errors that the platform documents for messaging.
///
/// Source: *Cloud API error codes*, read 2026-05.
const DOCUMENTED: &[(u32, u16, &str)] = &[
    (0, 401, "AuthException"),
    (1, 400, "API Unknown"),
    (2, 503, "API Service"),
    (3, 500, "API Method"),
    (4, 400, "API Too Many Calls"),
    (10, 403, "Permission Denied"),
    (33, 400, "Parameter value is not valid"),
    (100, 400, "Invalid parameter"),
    (190, 401, "Access token has expired"),
    (200, 403, "Permission is either not granted or has been removed"),
    (368, 403, "Temporarily blocked for policies violations"),
    (2200, 400, "Callback verification failed"),
    (80007, 400, "Rate limit issues"),
    (130_429, 400, "Rate limit hit"),
    (130_472, 400, "User's number is part of an experiment"),
    (130_497, 403, "Business account is restricted from messaging users in this country"),
    (131_000, 500, "Something went wrong"),
    (131_005, 403, "Access denied"),
    (131_008, 400, "Required parameter is missing"),
    (131_009, 400, "Parameter value is not valid"),
    (131_016, 500, "Service unavailable"),
    (131_021, 400, "Recipient cannot be sender"),
    (131_026, 400, "Message undeliverable"),
    (131_030, 400, "Recipient phone number not in allowed list"),
    (131_031, 403, "Account has been locked"),
    (131_037, 400, "Display name approval is needed"),
    (131_041, 400, "Group unknown"),
    (131_042, 400, "Business eligibility payment issue"),
    (131_045, 500, "Incorrect certificate"),
    (131_047, 400, "Re-engagement message"),
    (131_048, 400, "Spam rate limit hit"),
    (131_049, 400, "This message was not delivered to maintain healthy ecosystem engagement"),
    (131_050, 400, "User has stopped marketing messages from this business"),
    (131_051, 400, "Message type unknown"),
    (131_052, 400, "Media download error"),
    (131_053, 400, "Media upload error"),
    (131_056, 400, "(Business account, consumer account) pair rate limit hit"),
    (131_057, 500, "Account in maintenance mode"),
    (131_059, 400, "Paging cursor expired or corrupt"),
    (131_062, 400, "Business-scoped user id not allowed for this message"),
    (131_064, 400, "Messaging limited for misclassified templates"),
    (132_000, 400, "Number of parameters does not match the expected number of params"),
    (132_001, 404, "Template name does not exist in the translation"),
    (132_005, 400, "Translated text too long"),
    (132_007, 400, "Template format character policy violated"),
    (132_008, 400, "Template parameter is not valid"),
    (132_012, 400, "Parameter format does not match format in the created template"),
    (132_015, 400, "Template is paused"),
    (132_016, 400, "Template is disabled"),
    (132_018, 400, "There was an issue with the parameters in your template"),
    (133_004, 503, "Server temporarily unavailable"),
    (133_005, 400, "Two step verification PIN mismatch"),
    (133_010, 400, "Phone number not registered"),
    (134_100, 400, "Only marketing messages supported"),
    (135_000, 400, "Generic user error"),
    (137_000, 400, "Recipient identity key hash mismatch"),
    (139_100, 400, "Failed to block or unblock some users"),
];

/// A request that Graph turns down.
#[derive(Debug, Clone)]
pub(super) struct Refusal {
    pub(super) status: u16,
    pub(super) code: u32,
    subcode: Option<u32>,
    kind: &'static str,
    message: String,
    details: Option<String>,
}

impl Refusal {
    /// The documented refusal for a code; an unknown code is a plain 400.
    pub(super) fn of(code: u32) -> Self {
        let (status, title) = documented(code);
        Self {
            status,
            code,
            subcode: None,
            kind: "OAuthException",
            message: format!("(#{code}) {title}"),
            details: None,
        }
    }

    /// Code 100 with its own message, as Graph words a parameter of the wrong shape.
    pub(super) fn parameter(message: impl Into<String>) -> Self {
        Self { message: format!("(#100) {}", message.into()), ..Self::of(100) }
    }

    /// An object that is not there, or not visible with this token: code 100, subcode 33.
    pub(super) fn no_such_object(method: &str, id: &str) -> Self {
        let verb = method.to_lowercase();
        Self {
            subcode: Some(33),
            kind: "GraphMethodException",
            message: format!(
                "Unsupported {verb} request. Object with ID '{id}' does not exist, cannot be loaded due to \
                 missing permissions, or does not support this operation"
            ),
            ..Self::of(100)
        }
    }

    /// A token that opens nothing: code 190 and 401.
    pub(super) fn bad_token() -> Self {
        Self {
            subcode: Some(467),
            message: "Error validating access token: the session is invalid".to_owned(),
            ..Self::of(190)
        }
    }

    pub(super) fn details(self, details: impl Into<String>) -> Self {
        Self { details: Some(details.into()), ..self }
    }

    /// The same with another HTTP status than the code's own.
    pub(super) fn with_status(self, status: u16) -> Self {
        Self { status, ..self }
    }

    /// The body, without an HTTP status around it.
    pub(super) fn body(&self, trace: &str) -> Value {
        let mut error = json!({
            "message": self.message,
            "type": self.kind,
            "code": self.code,
            "fbtrace_id": trace,
        });
        if let Some(details) = &self.details {
            error["error_data"] = json!({ "messaging_product": "whatsapp", "details": details });
        }
        if let Some(subcode) = self.subcode {
            error["error_subcode"] = json!(subcode);
        }
        json!({ "error": error })
    }

    pub(super) fn respond(&self, trace: &str) -> Response {
        let status = StatusCode::from_u16(self.status).unwrap_or(StatusCode::BAD_REQUEST);
        (status, Json(self.body(trace))).into_response()
    }
}

/// HTTP status and title of a code.
pub(super) fn documented(code: u32) -> (u16, &'static str) {
    DOCUMENTED
        .iter()
        .find(|(known, _, _)| *known == code)
        .map_or((400, "Unknown error"), |(_, status, title)| (*status, title))
}

/// The same refusal as the webhooks tell it, in `statuses[].errors[]`.
pub(super) fn webhook_error(code: u32) -> Value {
    let (_, title) = documented(code);
    json!({
        "code": code,
        "title": title,
        "message": title,
        "error_data": { "details": format!("{title}.") },
        "href": "https://developers.facebook.com/docs/whatsapp/cloud-api/support/error-codes/",
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_error_has_the_documented_shape() {
        let body = Refusal::of(130_429).details("too fast").body("A1");
        assert_eq!(
            body,
            json!({"error": {
                "message": "(#130429) Rate limit hit",
                "type": "OAuthException",
                "code": 130_429,
                "error_data": {"messaging_product": "whatsapp", "details": "too fast"},
                "fbtrace_id": "A1",
            }})
        );
    }

    #[test]
    fn each_documented_code_stands_once_and_has_an_error_status() {
        for (position, (code, status, _)) in DOCUMENTED.iter().enumerate() {
            assert!(*status >= 400, "{code}");
            assert!(DOCUMENTED[position + 1..].iter().all(|(other, _, _)| other != code), "{code}");
        }
    }
}
