//! What a form sends: named texts, and at most one file.

use axum::extract::{FromRequest, Multipart, Request};
use axum::http::header;
use bytes::Bytes;

use crate::problem::Problem;

/// A file of a form.
#[derive(Debug, Clone)]
pub(crate) struct Upload {
    pub(crate) mime: String,
    pub(crate) bytes: Bytes,
}

/// What a form sent, urlencoded or multipart.
#[derive(Debug, Default)]
pub(crate) struct Fields {
    texts: Vec<(String, String)>,
    pub(crate) file: Option<Upload>,
}

impl<S: Send + Sync> FromRequest<S> for Fields {
    type Rejection = Problem;

    async fn from_request(request: Request, state: &S) -> Result<Self, Problem> {
        let kind = request.headers().get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok());
        if kind.is_some_and(|kind| kind.starts_with("multipart/form-data")) {
            let form = Multipart::from_request(request, state).await.map_err(|_| malformed())?;
            return Self::multipart(form).await;
        }
        let body = Bytes::from_request(request, state).await.map_err(|_| Problem::too_large())?;
        let texts = url::form_urlencoded::parse(&body).into_owned().collect();
        Ok(Self { texts, file: None })
    }
}

fn malformed() -> Problem {
    Problem::new(axum::http::StatusCode::BAD_REQUEST, "request.malformed", "The form cannot be read")
}

impl Fields {
    async fn multipart(mut form: Multipart) -> Result<Self, Problem> {
        let mut fields = Self::default();
        let failed = |error: axum::extract::multipart::MultipartError| {
            if error.status() == axum::http::StatusCode::PAYLOAD_TOO_LARGE {
                Problem::too_large()
            } else {
                malformed()
            }
        };
        while let Some(field) = form.next_field().await.map_err(failed)? {
            let name = field.name().unwrap_or_default().to_owned();
            let is_file = field.file_name().is_some();
            let mime = field.content_type().unwrap_or("application/octet-stream").to_owned();
            let bytes = field.bytes().await.map_err(failed)?;
            if !is_file {
                let text = String::from_utf8(bytes.to_vec()).map_err(|_| malformed())?;
                fields.texts.push((name, text));
            } else if !bytes.is_empty() {
                fields.file = Some(Upload { mime, bytes });
            }
        }
        Ok(fields)
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
