//! Errors at the edge: RFC 9457 problem documents, one list of codes with their statuses and titles.

mod title;

use axum::extract::rejection::{JsonRejection, QueryRejection};
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use dialzio_core::consent::RefusalCode;
use dialzio_core::{Error, Permission, StoreError};
use serde::Serialize;
use utoipa::openapi::schema::{AnyOfBuilder, ObjectBuilder, SchemaType, Type};
use utoipa::openapi::{RefOr, Schema};
use utoipa::{PartialSchema, ToSchema};

/// Why a request failed (RFC 9457). `code` is stable; `title` and `detail` are for people.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct Problem {
    /// A stable URI for the kind: `urn:dialzio:problem:` and the code.
    #[serde(rename = "type")]
    pub kind: String,
    /// The kind in words, the same each time.
    pub title: String,
    /// The HTTP status.
    pub status: u16,
    /// What happened this time. Never repeats input, never shows internals.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub detail: Option<String>,
    /// A stable dotted code for programs.
    #[schema(value_type = ProblemCode)]
    pub code: String,
    /// The invalid fields.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub errors: Vec<FieldError>,
    /// The rules that refused a message, the deciding one first.
    #[schema(value_type = Vec<RefusalCode>)]
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub reasons: Vec<String>,
    /// The current record, where a change was refused because the record has changed.
    #[schema(value_type = Object)]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub present: Option<Box<Present>>,
    /// Try again after this many seconds.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub retry_after: Option<u32>,
    /// The permission that the caller lacks, for the audit log.
    #[serde(skip)]
    pub(crate) denied: Option<Permission>,
}

/// A record as it stands.
#[derive(Debug, Clone, Serialize)]
#[serde(transparent)]
pub struct Present {
    /// The record, as its address shows it.
    pub record: serde_json::Value,
    /// Its tag, for `ETag`.
    #[serde(skip)]
    pub(crate) tag: Option<HeaderValue>,
}

/// An invalid field.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct FieldError {
    /// JSON pointer to the field.
    pub pointer: String,
    /// What is wrong with it.
    pub detail: String,
}

/// The words of `code`: the list of the server's own, or `provider.` and the code of a provider.
#[derive(Debug, Clone, Copy)]
pub struct ProblemCode;

impl PartialSchema for ProblemCode {
    fn schema() -> RefOr<Schema> {
        let text = || ObjectBuilder::new().schema_type(SchemaType::new(Type::String));
        let provider = text().pattern(Some(r"^provider\.")).description(Some("The code of a provider."));
        AnyOfBuilder::new()
            .item(text().enum_values(Some(title::all())))
            .item(provider)
            .description(Some("A stable dotted code for programs."))
            .into()
    }
}

impl ToSchema for ProblemCode {}

/// The status that a code of the server's own is answered with.
pub(crate) fn status_of(code: &str) -> Option<u16> {
    title::of(code).map(|(status, _)| status)
}

impl Problem {
    /// The media type of problems.
    pub const MEDIA_TYPE: &'static str = "application/problem+json";

    /// A problem of a code, whose status and title are in the list of codes.
    #[must_use]
    pub fn new(code: &str) -> Self {
        let unlisted = || (StatusCode::INTERNAL_SERVER_ERROR.as_u16(), "This did not work".into());
        let (status, title) = title::of(code).unwrap_or_else(unlisted);
        Self {
            kind: format!("urn:dialzio:problem:{code}"),
            title: title.into_owned(),
            status,
            detail: None,
            code: code.to_owned(),
            errors: Vec::new(),
            reasons: Vec::new(),
            present: None,
            retry_after: None,
            denied: None,
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
        let mut problem = Self::new("input.invalid");
        problem.errors.push(FieldError { pointer: format!("/{field}"), detail: detail.into() });
        problem
    }

    /// Another field that cannot be used.
    #[must_use]
    pub fn also(mut self, field: &str, detail: impl Into<String>) -> Self {
        self.errors.push(FieldError { pointer: format!("/{field}"), detail: detail.into() });
        self
    }

    /// Too much at once; the same request may be made again.
    #[must_use]
    pub fn busy() -> Self {
        let mut problem = Self::new("server.busy");
        problem.retry_after = Some(2);
        problem
    }

    /// The disk is too full for a file.
    #[must_use]
    pub fn no_room() -> Self {
        tracing::error!("uploads are refused: the disk is almost full");
        let mut problem = Self::new("disk.low");
        problem.retry_after = Some(60);
        problem
    }

    /// No such address or record.
    #[must_use]
    pub fn not_found() -> Self {
        Self::new("request.not_found")
    }

    /// The caller is not signed in.
    #[must_use]
    pub fn unauthenticated() -> Self {
        Self::from(Error::Unauthenticated)
    }
}

/// Says how many attempts to sign in are free and when the next one is. Source: draft-ietf-httpapi-ratelimit-headers.
pub(crate) fn say_limit(headers: &mut HeaderMap, seconds: u32) {
    headers.insert("ratelimit-policy", HeaderValue::from_static("\"sign-in\";q=5;w=60"));
    if let Ok(value) = HeaderValue::from_str(&format!("\"sign-in\";r=0;t={seconds}")) {
        headers.insert("ratelimit", value);
    }
}

impl From<Error> for Problem {
    fn from(error: Error) -> Self {
        if matches!(error, Error::Store(StoreError::Cursor)) {
            return Self::invalid("cursor", "is not one that this list gave out");
        }
        let mut problem = Self::new(&error.code());
        if matches!(error, Error::Provider(_)) {
            problem.status = StatusCode::BAD_GATEWAY.as_u16();
        }
        if problem.status >= 500 {
            tracing::error!(code = %problem.code, "a request failed");
        }
        match &error {
            Error::Invalid { field, problem: why } => {
                problem.errors.push(FieldError { pointer: format!("/{field}"), detail: why.clone() });
            }
            Error::Refused(refusal) => {
                problem.detail = Some(refusal.to_string());
                problem.reasons = refusal.reasons.iter().map(|reason| reason.code.to_string()).collect();
            }
            Error::Template(misfit) => {
                problem.detail = Some(capital(&misfit.to_string()));
                // A name may hold what has a meaning in a pointer (RFC 6901, 3).
                let pointer = misfit.parameter().map(|name| name.replace('~', "~0").replace('/', "~1"));
                problem.errors.extend(pointer.map(|name| FieldError {
                    pointer: format!("/template/parameters/{name}"),
                    detail: misfit.to_string(),
                }));
            }
            Error::Provider(answer) => {
                title::of_provider(answer).clone_into(&mut problem.title);
                problem.detail = answer.detail().map(str::to_owned);
            }
            // What else it says is for people too: which permission, which limit.
            Error::Denied { .. } | Error::File(_) => problem.detail = Some(capital(&error.to_string())),
            _ => {}
        }
        if let Error::Denied { permission } = error {
            problem.denied = Some(permission);
        }
        if let Error::TooManyRevealed { seconds } = error {
            problem.retry_after = Some(seconds);
        }
        if problem.status == StatusCode::SERVICE_UNAVAILABLE {
            problem.retry_after = Some(2);
        }
        if matches!(error, Error::Store(StoreError::Full)) {
            problem.retry_after = Some(60);
        }
        problem
    }
}

/// A sentence begins with a capital.
fn capital(text: &str) -> String {
    let mut rest = text.chars();
    rest.next().map_or_else(String::new, |first| first.to_uppercase().chain(rest).collect())
}

/// What a field of a body has wrong, from the decoder's words: where it stands, then what is wrong, which may quote what
/// was sent. Only names of fields and what would be right are taken over.
fn of_shape(words: &str) -> Problem {
    let after = |text: &'static str| words.find(text).map(|start| &words[start + text.len()..]);
    let quoted = |text: &str| text.split('`').next().unwrap_or_default().to_owned();
    let is_name = |name: &str| {
        name.len() <= 64 && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"_-.[]".contains(&byte))
    };
    // "…: people[0].name: invalid type…"
    let path = words.split(": ").nth(1).filter(|path| is_name(path)).unwrap_or_default();
    let pointer = path.replace("].", "/").replace(['.', '['], "/").replace(']', "");
    let (field, detail) = if let Some(rest) = after("unknown field `") {
        let known: Vec<_> = after("expected ").unwrap_or_default().split('`').skip(1).step_by(2).collect();
        let detail = match known.as_slice() {
            [] => "is unknown: there are no fields here".to_owned(),
            [only] => format!("is unknown: the only field here is {only}"),
            [all @ .., last] => format!("is unknown: the fields here are {} and {last}", all.join(", ")),
        };
        let name = Some(quoted(rest)).filter(|name| is_name(name)).unwrap_or_default();
        (if pointer.ends_with(&name) { pointer } else { format!("{pointer}/{name}") }, detail)
    } else if let Some(rest) = after("missing field `") {
        let name = quoted(rest);
        (
            if path == "." || path.is_empty() { name } else { format!("{pointer}/{name}") },
            "is missing".to_owned(),
        )
    } else {
        let expected = after("expected ").map(|rest| rest.split(" at line").next().unwrap_or_default());
        let expected = match expected.unwrap_or_default() {
            "u32" | "u64" | "i64" | "usize" => "a whole number",
            "a boolean" => "true or false",
            "a string" => "a text",
            "a sequence" => "a list",
            "" => "another value",
            other => other,
        };
        (pointer, format!("has the wrong shape: {expected} is expected"))
    };
    Problem::invalid(field.trim_matches('/'), detail)
}

impl From<JsonRejection> for Problem {
    fn from(rejection: JsonRejection) -> Self {
        match rejection {
            JsonRejection::MissingJsonContentType(_) => {
                Self::new("request.media_type").detail("The body must be application/json")
            }
            JsonRejection::JsonDataError(error) => of_shape(&error.body_text()),
            JsonRejection::JsonSyntaxError(_) => {
                Self::new("request.malformed").detail("The body is not JSON")
            }
            other if other.status() == StatusCode::PAYLOAD_TOO_LARGE => Self::too_large(),
            _ => Self::new("request.malformed").detail("The body cannot be read"),
        }
    }
}

impl From<QueryRejection> for Problem {
    fn from(_: QueryRejection) -> Self {
        Self::new("request.query")
    }
}

impl Problem {
    /// The body is over the limit.
    #[must_use]
    pub fn too_large() -> Self {
        Self::new("request.too_large")
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let status = StatusCode::from_u16(self.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        let retry = self.retry_after;
        let of_attempts = self.code == "access.too_many_attempts";
        let tag = self.present.as_ref().and_then(|present| present.tag.clone());
        let body = serde_json::to_vec(&self).unwrap_or_default();
        let mut response = (status, body).into_response();
        // Pages show the same problem in their own words.
        response.extensions_mut().insert(self);
        let headers = response.headers_mut();
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(Self::MEDIA_TYPE));
        if let Some(seconds) = retry {
            headers.insert(header::RETRY_AFTER, HeaderValue::from(seconds));
            if of_attempts {
                say_limit(headers, seconds);
            }
        }
        if let Some(tag) = tag {
            headers.insert(header::ETAG, tag);
        }
        if status == StatusCode::UNAUTHORIZED {
            headers.insert(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
        }
        response
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::api::Body;
    use axum::extract::FromRequest;
    use serde::Deserialize;

    #[derive(Debug, Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Detail {
        #[serde(rename = "kind")]
        _kind: String,
    }

    #[derive(Debug, Deserialize)]
    #[serde(deny_unknown_fields)]
    #[allow(dead_code, reason = "only its shape is read")]
    struct Contact {
        name: String,
        stage: Option<u32>,
        details: Option<Vec<Detail>>,
    }

    async fn wrong(body: &'static str) -> (String, String) {
        let request =
            axum::http::Request::post("/").header("content-type", "application/json").body(body.into());
        let problem = Body::<Contact>::from_request(request.unwrap(), &()).await.unwrap_err();
        assert_eq!((problem.status, problem.code.as_str()), (422, "input.invalid"));
        let [error] = &problem.errors[..] else { panic!("{problem:?}") };
        (error.pointer.clone(), error.detail.clone())
    }

    #[tokio::test]
    #[allow(clippy::panic, reason = "a test fails by panicking")]
    async fn a_field_that_is_wrong_is_named_with_what_would_be_right() {
        for (body, pointer, detail) in [
            (r#"{"nmae":"Asha"}"#, "/nmae", "is unknown: the fields here are name, stage and details"),
            (
                r#"{"name":"A","details":[{"kidn":"x"}]}"#,
                "/details/0/kidn",
                "is unknown: the only field here is kind",
            ),
            (r#"{"stage":1}"#, "/name", "is missing"),
            (r#"{"name":"A","details":[{}]}"#, "/details/0/kind", "is missing"),
            (r#"{"name":17}"#, "/name", "has the wrong shape: a text is expected"),
            (
                r#"{"name":"A","stage":"hidden words"}"#,
                "/stage",
                "has the wrong shape: a whole number is expected",
            ),
            (r#"{"name":"A","details":"hidden"}"#, "/details", "has the wrong shape: a list is expected"),
            (r#"{"hidden words":1}"#, "/", "is unknown: the fields here are name, stage and details"),
        ] {
            assert_eq!(wrong(body).await, (pointer.to_owned(), detail.to_owned()), "{body}");
        }
    }

    #[test]
    fn an_error_has_the_title_of_its_code_and_says_what_is_particular_to_it_apart() {
        let denied = Problem::from(Error::Denied { permission: dialzio_core::Permission::ALL[0] });
        assert_eq!(denied.title, "You may not do this: ask an owner for the permission");
        assert!(denied.detail.is_some_and(|detail| detail.starts_with("Not allowed: ")));
        let broken = Problem::from(Error::Store(StoreError::Broken("table contacts, row 17".to_owned())));
        assert_eq!(broken.detail, None, "what is for the log stays there");
    }
}
