//! Answers that say no, in the vendor's shape: status 200, and a code in the body.

use axum::{
    Json,
    response::{IntoResponse, Response},
};
use serde_json::json;

/// A request that the vendor turns down.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Refusal {
    pub(super) code: i64,
    words: String,
}

impl Refusal {
    pub(super) fn of(code: i64, words: impl Into<String>) -> Self {
        Self { code, words: words.into() }
    }

    /// A parameter that is missing or of another kind.
    pub(super) fn parameter(name: &str) -> Self {
        Self::of(400, format!("{name} is missing or not valid"))
    }

    pub(super) fn authentication() -> Self {
        Self::of(407, "Authentication Failed")
    }

    pub(super) fn respond(&self) -> Response {
        Json(json!({"code": self.code, "error": true, "msg": self.words})).into_response()
    }
}
