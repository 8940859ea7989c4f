//! What a form sends: named texts, and on the addresses that take files at most one file.

use axum::extract::{FromRequest, FromRequestParts, Multipart, Request};
use axum::http::{StatusCode, header};
use bytes::Bytes;
use std::time::Duration;
use tokio::sync::OwnedSemaphorePermit;

use crate::auth::Caller;
use crate::problem::Problem;
use crate::state::AppState;

/// The largest form with a file, in bytes: a provider's largest file and some over, so that one that is a little too
/// large is answered with the limit.
pub(crate) const LARGEST: usize = 128 * 1024 * 1024;
/// Forms over this size count as uploads, of which only some are read at the same time.
const UPLOAD: u64 = 1024 * 1024;
/// How long an upload waits for its turn.
const PATIENCE: Duration = Duration::from_secs(10);

/// A file of a form.
#[derive(Debug, Clone)]
pub(crate) struct Upload {
    pub(crate) name: String,
    #[cfg_attr(
        not(feature = "sandbox"),
        allow(dead_code, reason = "only the emulated phone takes the declared type")
    )]
    pub(crate) mime: String,
    pub(crate) bytes: Bytes,
}

/// What a form without a file sent.
#[derive(Debug, Default)]
pub(crate) struct Fields {
    texts: Vec<(String, String)>,
}

/// What a form that may hold a file sent. Nothing of it is read before its sender was let in.
#[derive(Debug, Default)]
pub(crate) struct FileForm {
    pub(crate) fields: Fields,
    pub(crate) file: Option<Upload>,
    /// Held as long as the file is in memory.
    _turn: Option<OwnedSemaphorePermit>,
}

fn is_multipart(request: &Request) -> bool {
    let kind = request.headers().get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok());
    kind.is_some_and(|kind| kind.starts_with("multipart/form-data"))
}

impl FromRequest<AppState> for Fields {
    type Rejection = Problem;

    async fn from_request(request: Request, state: &AppState) -> Result<Self, Problem> {
        if is_multipart(&request) {
            return Err(Problem::new("request.media_type")
                .detail("This address takes no files: the form must be application/x-www-form-urlencoded"));
        }
        let body = Bytes::from_request(request, state).await.map_err(|_| Problem::too_large())?;
        Ok(Self::of(url::form_urlencoded::parse(&body).into_owned()))
    }
}

impl FromRequest<AppState> for FileForm {
    type Rejection = Problem;

    async fn from_request(request: Request, state: &AppState) -> Result<Self, Problem> {
        let (mut parts, body) = request.into_parts();
        <Caller as FromRequestParts<AppState>>::from_request_parts(&mut parts, state).await?;
        let request = Request::from_parts(parts, body);
        if !is_multipart(&request) {
            return Ok(Self { fields: Fields::from_request(request, state).await?, ..Self::default() });
        }
        let length = request.headers().get(header::CONTENT_LENGTH);
        let length = length.and_then(|value| value.to_str().ok()?.parse::<u64>().ok());
        if length.is_some_and(|length| length > LARGEST as u64) {
            return Err(Problem::too_large());
        }
        if !state.free_space().uploads {
            return Err(Problem::no_room());
        }
        // What does not say how long it is may be long.
        let turn = if length.is_none_or(|length| length > UPLOAD) {
            let turn = tokio::time::timeout(PATIENCE, state.uploads().acquire_owned()).await;
            Some(turn.ok().and_then(Result::ok).ok_or_else(Problem::busy)?)
        } else {
            None
        };
        let form = Multipart::from_request(request, state).await.map_err(|_| malformed())?;
        Ok(Self { _turn: turn, ..Self::multipart(form).await? })
    }
}

fn malformed() -> Problem {
    Problem::new("request.malformed").detail("The form cannot be read")
}

impl FileForm {
    async fn multipart(mut form: Multipart) -> Result<Self, Problem> {
        let mut read = Self::default();
        let failed = |error: axum::extract::multipart::MultipartError| {
            if error.status() == StatusCode::PAYLOAD_TOO_LARGE { Problem::too_large() } else { malformed() }
        };
        while let Some(field) = form.next_field().await.map_err(failed)? {
            let name = field.name().unwrap_or_default().to_owned();
            let file_name = field.file_name().map(str::to_owned);
            let mime = field.content_type().unwrap_or("application/octet-stream").to_owned();
            let bytes = field.bytes().await.map_err(failed)?;
            match file_name {
                None => {
                    let text = String::from_utf8(bytes.to_vec()).map_err(|_| malformed())?;
                    read.fields.push(name, &text);
                }
                // A file field in which nothing was chosen has neither a name nor bytes.
                Some(file) if file.is_empty() && bytes.is_empty() => {}
                Some(_) if read.file.is_some() => {
                    return Err(Problem::invalid("file", "can be given once: one file for each message"));
                }
                Some(file) => read.file = Some(Upload { name: file, mime, bytes }),
            }
        }
        Ok(read)
    }
}

impl Fields {
    fn of(texts: impl Iterator<Item = (String, String)>) -> Self {
        let mut fields = Self::default();
        for (name, text) in texts {
            fields.push(name, &text);
        }
        fields
    }

    /// Browsers send each line break of a text area as CRLF, whatever was typed. Source: HTML, 4.10.22.
    fn push(&mut self, name: String, text: &str) {
        self.texts.push((name, text.replace("\r\n", "\n")));
    }

    /// A text as sent; empty if it is absent.
    pub(crate) fn get(&self, name: &str) -> &str {
        self.texts.iter().find(|(known, _)| known == name).map_or("", |(_, text)| text)
    }

    /// A text without white space around it; `None` if nothing is left.
    pub(crate) fn given(&self, name: &str) -> Option<&str> {
        Some(self.get(name).trim()).filter(|text| !text.is_empty())
    }

    /// Every text whose name starts with `prefix`, by the rest of the name.
    pub(crate) fn under(&self, prefix: &str) -> Vec<(String, String)> {
        let each =
            |(name, text): &(String, String)| Some((name.strip_prefix(prefix)?.to_owned(), text.clone()));
        self.texts.iter().filter_map(each).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::Fields;

    #[test]
    fn a_line_break_of_a_form_is_one_character() {
        let fields = Fields::of([("text".to_owned(), "one\r\ntwo\n".to_owned())].into_iter());
        assert_eq!(fields.get("text"), "one\ntwo\n");
    }
}
