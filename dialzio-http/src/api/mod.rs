//! The API under `/v1`: JSON in, JSON out, over the same services as the pages.

pub mod accounts;
pub mod consents;
pub mod contacts;
pub mod conversations;
pub mod events;
pub mod media;
pub mod messages;
pub mod organisation;
pub mod quarantine;
pub mod revision;

use axum::extract::rejection::JsonRejection;
use axum::extract::{FromRequest, FromRequestParts, Path, Query, Request};
use axum::http::request::Parts;
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use dialzio_core::page::{Cursor, Page, PageRequest};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use std::num::NonZeroU32;
use std::str::FromStr;

use crate::problem::Problem;

/// A JSON body; what cannot be read becomes a problem.
#[derive(Debug)]
pub struct Body<T>(pub T);

impl<T: DeserializeOwned, S: Send + Sync> FromRequest<S> for Body<T> {
    type Rejection = Problem;

    async fn from_request(request: Request, state: &S) -> Result<Self, Problem> {
        let read: Result<axum::Json<T>, JsonRejection> = axum::Json::from_request(request, state).await;
        Ok(Self(read?.0))
    }
}

/// The id in an address; one that is none is the same 404 as one that does not exist.
#[derive(Debug)]
pub struct Id<T>(pub T);

impl<T: FromStr, S: Send + Sync> FromRequestParts<S> for Id<T> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        let Path(text) =
            Path::<String>::from_request_parts(parts, state).await.map_err(|_| Problem::not_found())?;
        text.parse().map(Self).map_err(|_| Problem::not_found())
    }
}

/// Two ids in an address.
#[derive(Debug)]
pub struct Ids<A, B>(pub A, pub B);

impl<A: FromStr, B: FromStr, S: Send + Sync> FromRequestParts<S> for Ids<A, B> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        let path = Path::<(String, String)>::from_request_parts(parts, state).await;
        let Path((first, second)) = path.map_err(|_| Problem::not_found())?;
        match (first.parse(), second.parse()) {
            (Ok(first), Ok(second)) => Ok(Self(first, second)),
            _ => Err(Problem::not_found()),
        }
    }
}

/// The query of an address; what cannot be read becomes a problem.
#[derive(Debug)]
pub struct Asked<T>(pub T);

impl<T: DeserializeOwned, S: Send + Sync> FromRequestParts<S> for Asked<T> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        let Query(value) = Query::<T>::from_request_parts(parts, state).await?;
        Ok(Self(value))
    }
}

/// Where a page starts and how long it is.
#[derive(Debug, Default, Deserialize)]
pub struct Paging {
    cursor: Option<String>,
    limit: Option<NonZeroU32>,
}

impl Paging {
    /// As the core asks for it.
    ///
    /// # Errors
    /// A problem for a cursor that is none of ours.
    pub fn request(&self) -> Result<PageRequest, Problem> {
        let cursor = self.cursor.as_deref().map(decode_cursor).transpose()?;
        Ok(PageRequest::after(cursor, self.limit))
    }
}

/// Reads a cursor. It holds nothing but the key of an item its holder has seen, so it needs no seal: another key only
/// starts the same list elsewhere.
///
/// # Errors
/// A problem for text that is none of ours.
pub fn decode_cursor(text: &str) -> Result<Cursor, Problem> {
    let bytes = URL_SAFE_NO_PAD.decode(text).ok().filter(|bytes| (1..=1_024).contains(&bytes.len()));
    bytes.map(Cursor).ok_or_else(|| Problem::invalid("cursor", "is not one that was given out"))
}

/// Writes a cursor.
#[must_use]
pub fn encode_cursor(cursor: &Cursor) -> String {
    URL_SAFE_NO_PAD.encode(&cursor.0)
}

/// One page of a list. Never carries a count.
#[derive(Debug, Serialize)]
pub struct List<T> {
    /// The items.
    pub data: Vec<T>,
    /// Where the next page starts; `null` at the end.
    pub next_cursor: Option<String>,
}

impl<T> List<T> {
    /// From a page.
    pub fn of<U>(page: Page<U>, each: impl FnMut(U) -> T) -> axum::Json<Self> {
        let next_cursor = page.next.as_ref().map(encode_cursor);
        axum::Json(Self { data: page.items.into_iter().map(each).collect(), next_cursor })
    }

    /// All there is.
    pub fn all(data: Vec<T>) -> axum::Json<Self> {
        axum::Json(Self { data, next_cursor: None })
    }
}

/// Reads a word of a closed set, or says which field has another.
///
/// # Errors
/// A problem that names the field.
pub fn word<T: FromStr>(field: &str, text: &str) -> Result<T, Problem> {
    text.parse().map_err(|_| Problem::invalid(field, "is not one of the words that are allowed here"))
}

/// Reads a text of the core, or says which field has what wrong.
///
/// # Errors
/// A problem that names the field.
pub fn text<T: FromStr<Err: std::fmt::Display>>(field: &str, text: &str) -> Result<T, Problem> {
    text.parse().map_err(|error: T::Err| Problem::invalid(field, error.to_string()))
}

/// `GET /openapi.json`.
pub async fn document(
    axum::extract::State(state): axum::extract::State<crate::state::AppState>,
) -> axum::Json<serde_json::Value> {
    axum::Json(state.document().clone())
}
