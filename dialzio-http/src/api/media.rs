//! Files: opened, read by range, never shown as anything they only claim to be.

use axum::body::Body;
use axum::extract::{FromRequestParts, State};
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use dialzio_core::MediaId;
use dialzio_core::media::OpenedMedia;
use futures_util::StreamExt;
use std::convert::Infallible;
use utoipa::openapi::content::ContentBuilder;
use utoipa::openapi::schema::{KnownFormat, SchemaFormat};
use utoipa::openapi::{Required, ResponseBuilder};

use super::Id;
use crate::auth::Caller;
use crate::operation::{Draft, Input, Output, header as described, text};
use crate::problem::Problem;
use crate::state::AppState;

/// The media type of files that are not shown.
const DOWNLOAD: &str = "application/octet-stream";
/// Bytes that are opened at a time.
const STRETCH: u64 = 1024 * 1024;

/// The types that may be shown beside messages, by their first bytes. Anything else is a download.
fn sniff(head: &[u8]) -> Option<&'static str> {
    let at = |offset: usize, magic: &[u8]| head.get(offset..offset + magic.len()) == Some(magic);
    match () {
        () if at(0, b"\xff\xd8\xff") => Some("image/jpeg"),
        () if at(0, b"\x89PNG\r\n\x1a\n") => Some("image/png"),
        () if at(0, b"GIF87a") || at(0, b"GIF89a") => Some("image/gif"),
        () if at(0, b"RIFF") && at(8, b"WEBP") => Some("image/webp"),
        () if at(0, b"OggS") => Some("audio/ogg"),
        () if at(0, b"RIFF") && at(8, b"WAVE") => Some("audio/wav"),
        // An MPEG frame of layer 3, with or without a checksum.
        () if at(0, b"ID3") || matches!(head, [0xff, 0xe2 | 0xe3 | 0xf2 | 0xf3 | 0xfa | 0xfb, ..]) => {
            Some("audio/mpeg")
        }
        () if at(0, b"#!AMR") => Some("audio/amr"),
        () if at(4, b"ftypM4A") => Some("audio/mp4"),
        () if at(4, b"ftyp") => Some("video/mp4"),
        () => None,
    }
}

/// One range of bytes as asked for, cut to the size. `None` if it lies outside.
fn range(headers: &HeaderMap, size: u64) -> Option<Option<std::ops::Range<u64>>> {
    let Some(text) = headers.get(header::RANGE).and_then(|value| value.to_str().ok()) else {
        return Some(None);
    };
    let Some((from, to)) = text.strip_prefix("bytes=").and_then(|spec| spec.split_once('-')) else {
        return Some(None);
    };
    let range = match (from.parse::<u64>(), to.parse::<u64>()) {
        (Ok(from), Ok(to)) if from <= to => from..to.saturating_add(1).min(size),
        (Ok(from), Err(_)) if to.is_empty() => from..size,
        (Err(_), Ok(last)) if from.is_empty() => size.saturating_sub(last)..size,
        _ => return Some(None),
    };
    (range.start < size).then_some(Some(range))
}

/// A file name for a header: plain ASCII, and the real one in UTF-8 (RFC 6266).
fn disposition(kind: &str, name: Option<&str>) -> HeaderValue {
    let name: String = name
        .unwrap_or("file")
        .chars()
        .filter(|c| !c.is_control() && !matches!(c, '/' | '\\' | '"'))
        .take(100)
        .collect();
    let ascii: String =
        name.chars().map(|c| if c.is_ascii_alphanumeric() || ".-_ ".contains(c) { c } else { '_' }).collect();
    let mut encoded = String::new();
    for byte in name.bytes() {
        if byte.is_ascii_alphanumeric() || b".-_".contains(&byte) {
            encoded.push(char::from(byte));
        } else {
            encoded.push_str(&format!("%{byte:02X}"));
        }
    }
    let text = format!("{kind}; filename=\"{ascii}\"; filename*=UTF-8''{encoded}");
    HeaderValue::from_str(&text).unwrap_or_else(|_| HeaderValue::from_static("attachment"))
}

/// Streams an opened file, or the part of it that was asked for.
///
/// # Errors
/// A problem if its beginning cannot be opened.
pub async fn serve(state: &AppState, file: OpenedMedia, headers: &HeaderMap) -> Result<Response, Problem> {
    let crm = state.crm();
    let size = file.size;
    let head = crm.media().read(&file, 0..64).await?;
    let shown = sniff(&head);
    let Some(part) = range(headers, size) else {
        let mut response = StatusCode::RANGE_NOT_SATISFIABLE.into_response();
        let whole = HeaderValue::from_str(&format!("bytes */{size}"))
            .unwrap_or(HeaderValue::from_static("bytes */*"));
        response.headers_mut().insert(header::CONTENT_RANGE, whole);
        return Ok(response);
    };
    let partial = part.is_some();
    let part = part.unwrap_or(0..size);
    let name =
        disposition(if shown.is_some() { "inline" } else { "attachment" }, file.media.filename.as_deref());
    let (state, span) = (state.clone(), part.clone());
    let body = futures_util::stream::unfold((state, file, part.start), move |(state, file, at)| {
        let end = span.end;
        async move {
            if at >= end {
                return None;
            }
            let next = (at + STRETCH).min(end);
            let bytes = state.crm().media().read(&file, at..next).await.map_err(std::io::Error::other);
            let next = if bytes.is_ok() { next } else { end };
            Some((bytes, (state, file, next)))
        }
    });
    // A layer around this may ask once more after the end, at which an unfolded stream panics.
    let mut response = Body::from_stream(body.fuse()).into_response();
    *response.status_mut() = if partial { StatusCode::PARTIAL_CONTENT } else { StatusCode::OK };
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(shown.unwrap_or(DOWNLOAD)));
    headers.insert(header::CONTENT_DISPOSITION, name);
    headers.insert(header::ACCEPT_RANGES, HeaderValue::from_static("bytes"));
    headers.insert(header::CONTENT_LENGTH, HeaderValue::from(part.end - part.start));
    headers.insert(header::CONTENT_SECURITY_POLICY, HeaderValue::from_static("sandbox; default-src 'none'"));
    if partial {
        let spec = format!("bytes {}-{}/{size}", part.start, part.end.saturating_sub(1));
        headers.insert(
            header::CONTENT_RANGE,
            HeaderValue::from_str(&spec).unwrap_or(HeaderValue::from_static("bytes */*")),
        );
    }
    Ok(response)
}

/// `GET /v1/media/{media}`.
pub async fn get(
    State(state): State<AppState>,
    Caller(actor): Caller,
    Id(id): Id<MediaId>,
    Ranged(headers): Ranged,
) -> Result<FileBytes, Problem> {
    let file = state.crm().media().open(&actor, id).await?;
    serve(&state, file, &headers).await.map(FileBytes)
}

/// The range of bytes that is asked for.
#[derive(Debug)]
pub struct Ranged(pub(super) HeaderMap);

impl<S: Sync> FromRequestParts<S> for Ranged {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Infallible> {
        Ok(Self(parts.headers.clone()))
    }
}

impl Input for Ranged {
    fn describe(draft: &mut Draft) {
        let meaning = "One range of bytes, such as `bytes=0-1023`. What cannot be read is ignored.";
        draft.header("Range", Required::False, text(), meaning);
    }
}

/// The bytes of a file, or of the range that was asked for.
#[derive(Debug)]
pub struct FileBytes(Response);

impl From<Response> for FileBytes {
    fn from(response: Response) -> Self {
        Self(response)
    }
}

impl IntoResponse for FileBytes {
    fn into_response(self) -> Response {
        self.0
    }
}

impl Output for FileBytes {
    const MEDIA_TYPE: &'static str = DOWNLOAD;

    fn describe(draft: &mut Draft) {
        let bytes = text().format(Some(SchemaFormat::KnownFormat(KnownFormat::Binary))).build();
        let content = ContentBuilder::new().schema(Some(bytes)).build();
        let kinds = [DOWNLOAD, "image/*", "audio/*", "video/*"];
        let all = |answer: ResponseBuilder| {
            let answer = answer.header("Content-Disposition", described("The name of the file."));
            kinds.iter().fold(answer, |answer, kind| answer.content(*kind, content.clone()))
        };
        draft.success = all(std::mem::take(&mut draft.success));
        let range = || described("The range of bytes, and the size of the file.");
        let part = all(ResponseBuilder::new().description("The range of bytes that was asked for"));
        let part = part.header("Content-Range", range());
        let outside = ResponseBuilder::new().description("The range lies outside the file");
        let outside = outside.header("Content-Range", range());
        draft.others.insert(206, part.build());
        draft.others.insert(416, outside.build());
        draft.fails(&["media.unavailable", "recording.withheld", "blob.unavailable"]);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_known_bytes_are_shown_and_svg_never() {
        assert_eq!(sniff(b"\x89PNG\r\n\x1a\nrest"), Some("image/png"));
        for other in [&b"<svg xmlns="[..], b"<html>", b"PK\x03\x04", b"MZ", b""] {
            assert_eq!(sniff(other), None);
        }
    }

    #[test]
    fn ranges_are_cut_to_the_file() {
        let ask = |text: &'static str| {
            let mut headers = HeaderMap::new();
            headers.insert(header::RANGE, HeaderValue::from_static(text));
            range(&headers, 100)
        };
        assert_eq!(ask("bytes=0-9"), Some(Some(0..10)));
        assert_eq!(ask("bytes=90-"), Some(Some(90..100)));
        assert_eq!(ask("bytes=-5"), Some(Some(95..100)));
        assert_eq!(ask("bytes=50-900"), Some(Some(50..100)));
        assert_eq!(ask("bytes=100-"), None);
        assert_eq!(ask("lines=1-2"), Some(None));
    }

    #[test]
    fn file_names_cannot_break_out_of_their_header() {
        let value = disposition("attachment", Some("a\"; evil=\r\nx/../ü.pdf"));
        let text = value.to_str().unwrap();
        assert!(!text.contains('\n') && !text.contains("../") && text.contains("%C3%BC"));
    }
}
