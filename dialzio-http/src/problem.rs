//! Errors at the edge: RFC 9457 problem documents, one table from errors to statuses.

use axum::extract::rejection::{JsonRejection, QueryRejection};
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use dialzio_core::Error;
use dialzio_core::media::FileError;
use serde::Serialize;

/// A problem document. Its `code` is stable; `title` and `detail` are for people.
#[derive(Debug, Clone, Serialize)]
pub struct Problem {
    /// A stable URI for the kind: `urn:dialzio:problem:` and the code.
    #[serde(rename = "type")]
    pub kind: String,
    /// The kind in words.
    pub title: String,
    /// The HTTP status.
    pub status: u16,
    /// What happened here. Never repeats input, never shows internals.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub detail: Option<String>,
    /// The dotted code.
    pub code: String,
    /// Which fields, for input that cannot be used.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub errors: Vec<FieldError>,
    /// The rules that refused, the deciding one first.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub reasons: Vec<String>,
    /// Try again after this many seconds.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub retry_after: Option<u32>,
}

/// A field that cannot be used.
#[derive(Debug, Clone, Serialize)]
pub struct FieldError {
    /// JSON pointer to the field.
    pub pointer: String,
    /// What is wrong with it.
    pub detail: String,
}

impl Problem {
    /// A problem of a status and code.
    #[must_use]
    pub fn new(status: StatusCode, code: &str, title: &str) -> Self {
        Self {
            kind: format!("urn:dialzio:problem:{code}"),
            title: title.to_owned(),
            status: status.as_u16(),
            detail: None,
            code: code.to_owned(),
            errors: Vec::new(),
            reasons: Vec::new(),
            retry_after: None,
        }
    }

    /// With what happened here.
    #[must_use]
    pub fn detail(mut self, detail: impl Into<String>) -> Self {
        self.detail = Some(detail.into());
        self
    }

    /// A field that cannot be used.
    #[must_use]
    pub fn invalid(field: &str, detail: impl Into<String>) -> Self {
        let mut problem = Self::new(
            StatusCode::UNPROCESSABLE_ENTITY,
            "input.invalid",
            "The request cannot be used as it is",
        );
        problem.errors.push(FieldError { pointer: format!("/{field}"), detail: detail.into() });
        problem
    }

    /// Too much at once; the same request may be made again.
    #[must_use]
    pub fn busy() -> Self {
        let mut problem = Self::new(
            StatusCode::SERVICE_UNAVAILABLE,
            "server.busy",
            "Too much is being uploaded at the moment",
        );
        problem.retry_after = Some(2);
        problem
    }

    /// The disk is too full for a file.
    #[must_use]
    pub fn no_room() -> Self {
        tracing::error!("uploads are refused: the disk is almost full");
        let mut problem = Self::new(
            StatusCode::SERVICE_UNAVAILABLE,
            "disk.low",
            "Files cannot be taken: the disk of the server is almost full",
        );
        problem.retry_after = Some(60);
        problem
    }

    /// No such address or record.
    #[must_use]
    pub fn not_found() -> Self {
        Self::new(StatusCode::NOT_FOUND, "request.not_found", "There is nothing at this address")
    }

    /// Nobody is signed in.
    #[must_use]
    pub fn unauthenticated() -> Self {
        Self::from(Error::Unauthenticated)
    }
}

/// The one table from errors to statuses.
fn status(error: &Error) -> StatusCode {
    match error {
        Error::Unauthenticated => StatusCode::UNAUTHORIZED,
        Error::Denied { .. } | Error::Refused(_) => StatusCode::FORBIDDEN,
        Error::NotFound { .. } | Error::MediaUnavailable => StatusCode::NOT_FOUND,
        Error::Conflict { .. } | Error::Duplicate { .. } | Error::Account(_) => StatusCode::CONFLICT,
        Error::Invalid { .. } | Error::Template(_) | Error::IdempotencyReused => {
            StatusCode::UNPROCESSABLE_ENTITY
        }
        Error::File(FileError::TooLarge { .. }) => StatusCode::PAYLOAD_TOO_LARGE,
        Error::File(FileError::Type { .. }) => StatusCode::UNSUPPORTED_MEDIA_TYPE,
        Error::File(_) => StatusCode::UNPROCESSABLE_ENTITY,
        Error::Provider(_) => StatusCode::BAD_GATEWAY,
        Error::Store(dialzio_core::StoreError::Unmet(_)) => StatusCode::CONFLICT,
        Error::Busy | Error::Store(_) | Error::Blob(_) => StatusCode::SERVICE_UNAVAILABLE,
        _ => StatusCode::INTERNAL_SERVER_ERROR,
    }
}

impl From<Error> for Problem {
    fn from(error: Error) -> Self {
        let status = status(&error);
        if status.is_server_error() {
            tracing::error!(code = %error.code(), "a request failed");
        }
        let mut problem = Self::new(status, &error.code(), &error.to_string());
        match &error {
            Error::Invalid { field, problem: why } => {
                problem.title = "The request cannot be used as it is".to_owned();
                problem.errors.push(FieldError { pointer: format!("/{field}"), detail: why.clone() });
            }
            Error::Refused(refusal) => {
                problem.reasons = refusal.reasons.iter().map(|reason| reason.code.to_string()).collect();
            }
            Error::Provider(refused) => problem.detail = refused.detail().map(str::to_owned),
            _ => {}
        }
        if status == StatusCode::SERVICE_UNAVAILABLE {
            problem.retry_after = Some(2);
        }
        problem
    }
}

impl From<JsonRejection> for Problem {
    fn from(rejection: JsonRejection) -> Self {
        match rejection {
            JsonRejection::MissingJsonContentType(_) => Self::new(
                StatusCode::UNSUPPORTED_MEDIA_TYPE,
                "request.media_type",
                "The body must be application/json",
            ),
            JsonRejection::JsonDataError(error) => {
                // The decoder's words name the field and the expected type; they may quote input, so only the place is kept.
                let place = error.body_text();
                let place = place.split(": ").nth(1).unwrap_or_default();
                Self::new(StatusCode::UNPROCESSABLE_ENTITY, "input.invalid", "A field has the wrong shape")
                    .detail(place.chars().filter(char::is_ascii_graphic).take(80).collect::<String>())
            }
            JsonRejection::JsonSyntaxError(_) => {
                Self::new(StatusCode::BAD_REQUEST, "request.malformed", "The body is not JSON")
            }
            other if other.status() == StatusCode::PAYLOAD_TOO_LARGE => Self::too_large(),
            _ => Self::new(StatusCode::BAD_REQUEST, "request.malformed", "The body cannot be read"),
        }
    }
}

impl From<QueryRejection> for Problem {
    fn from(_: QueryRejection) -> Self {
        Self::new(StatusCode::BAD_REQUEST, "request.query", "The query of the address cannot be read")
    }
}

impl Problem {
    /// The body is over the limit.
    #[must_use]
    pub fn too_large() -> Self {
        Self::new(StatusCode::PAYLOAD_TOO_LARGE, "request.too_large", "The body is too large")
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let status = StatusCode::from_u16(self.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        let retry = self.retry_after;
        let body = serde_json::to_vec(&self).unwrap_or_default();
        let mut response = (status, body).into_response();
        // Pages show the same problem in their own words.
        response.extensions_mut().insert(self);
        let headers = response.headers_mut();
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/problem+json"));
        if let Some(seconds) = retry {
            headers.insert(header::RETRY_AFTER, HeaderValue::from(seconds));
        }
        if status == StatusCode::UNAUTHORIZED {
            headers.insert(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
        }
        response
    }
}
