//! The caller's own precondition: what a record's revision is comes back as `ETag`, and a change says in `If-Match` (or in
//! the body's `revision`) which one it means. Another one is refused with 412 and the record as it stands.

use axum::Json;
use axum::extract::{FromRequestParts, Request};
use axum::http::request::Parts;
use axum::http::{HeaderValue, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use dialzio_core::{Error, Revision};
use serde::Serialize;
use utoipa::ToSchema;
use utoipa::openapi::Required;

use crate::operation::{Draft, Input, JSON, Output, text};
use crate::problem::{Present, Problem};

/// An answer with the tag of what it holds.
#[derive(Debug)]
pub struct Revised<T>(pub(crate) StatusCode, pub(crate) String, pub(crate) T);

impl<T> Revised<T> {
    /// A record that was read or changed, at this revision.
    pub(crate) fn at(revision: Revision, record: T) -> Self {
        Self(StatusCode::OK, revision.0.to_string(), record)
    }

    /// A record that was made.
    pub(crate) fn made(revision: Revision, record: T) -> Self {
        Self(StatusCode::CREATED, revision.0.to_string(), record)
    }
}

fn quoted(tag: &str) -> Option<HeaderValue> {
    HeaderValue::from_str(&format!("\"{tag}\"")).ok()
}

impl<T: Serialize> IntoResponse for Revised<T> {
    fn into_response(self) -> Response {
        let mut response = (self.0, Json(self.2)).into_response();
        if let Some(tag) = quoted(&self.1) {
            response.headers_mut().insert(header::ETAG, tag);
        }
        response
    }
}

impl<T: ToSchema> Output for Revised<T> {
    const MEDIA_TYPE: &'static str = JSON;

    fn describe(draft: &mut Draft) {
        <Json<T> as Output>::describe(draft);
        draft.answers_header("ETag", "The revision of the record, for `If-Match`.");
    }
}

/// The tag that a caller means, if they mean one.
#[derive(Debug, Clone, Default)]
pub struct IfMatch(Option<String>);

impl<S: Send + Sync> FromRequestParts<S> for IfMatch {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Problem> {
        let mut all = parts.headers.get_all(header::IF_MATCH).iter();
        let (first, more) = (all.next(), all.next());
        let Some(first) = first else { return Ok(Self(None)) };
        let text = first.to_str().ok().filter(|_| more.is_none()).map(str::trim);
        match text {
            // Any revision will do; a record that is not there is not found.
            Some("*") => Ok(Self(None)),
            Some(text) if !text.contains(',') => {
                match text.strip_prefix('"').and_then(|tag| tag.strip_suffix('"')) {
                    Some(tag) => Ok(Self(Some(tag.to_owned()))),
                    None => Err(unreadable()),
                }
            }
            _ => Err(unreadable()),
        }
    }
}

impl Input for IfMatch {
    const REVISED: bool = true;

    fn describe(draft: &mut Draft) {
        let meaning = "The `ETag` of the record to change. If the record has another one by now, the change is refused with 412, \
             and `present` is the current record.";
        draft.header("If-Match", Required::False, text(), meaning);
        draft.fails(&["request.precondition", "input.invalid"]);
    }
}

fn unreadable() -> Problem {
    Problem::new("request.precondition")
        .detail("If-Match has to be one ETag as it was given out, in quotation marks, or *")
}

impl IfMatch {
    /// The revision that is meant, by header or by the body's field.
    ///
    /// # Errors
    /// A problem if they mean different ones.
    pub(crate) fn revision(self, field: Option<u32>) -> Result<Option<Revision>, Problem> {
        // A tag that is none of ours is one that no record has.
        let named = self.0.map(|tag| tag.parse().unwrap_or(0));
        match (named, field) {
            (Some(named), Some(field)) if named != field => {
                Err(Problem::invalid("revision", "is another one than that of If-Match"))
            }
            (named, field) => Ok(named.or(field).map(Revision)),
        }
    }

    /// Whether no particular one is meant.
    pub(crate) const fn is_any(&self) -> bool {
        self.0.is_none()
    }

    /// Whether the tag that is meant, if any, is this one.
    pub(crate) fn admits(&self, tag: &str) -> bool {
        self.0.as_deref().is_none_or(|meant| meant == tag)
    }
}

/// A refusal, with the record as it stands where it was refused because of that.
pub(crate) async fn refusal<T: Serialize, E>(
    error: Error,
    present: impl Future<Output = Result<Revised<T>, E>>,
) -> Problem {
    let moved = matches!(error, Error::Stale { .. } | Error::Claimed);
    let mut problem = Problem::from(error);
    // Who may change but not read gets the refusal alone.
    if moved
        && let Ok(present) = present.await
        && let Ok(record) = serde_json::to_value(&present.2)
    {
        problem.present = Some(Box::new(Present { record, tag: quoted(&present.1) }));
    }
    problem
}

/// Refuses a precondition where none is looked at: better than to change something in spite of it.
pub(crate) async fn none_here(request: Request, next: Next) -> Response {
    if request.headers().contains_key(header::IF_MATCH) {
        let title = "This address takes no If-Match";
        return Problem::new("request.precondition").detail(title).into_response();
    }
    next.run(request).await
}
