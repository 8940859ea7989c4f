//! Files: upload, look-up, download through a short-lived address, deletion.

use axum::{
    body::Body,
    extract::{FromRequest, Multipart, Request},
    http::{HeaderMap, header},
    response::{IntoResponse, Response},
};
use bytes::Bytes;
use chrono::{DateTime, TimeDelta, Utc};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use url::Url;

use super::{
    encoding::hex,
    refusal::Refusal,
    state::{Shared, StoredMedia},
};

/// How long a looked-up address works.
const ADDRESS_LIVES: TimeDelta = TimeDelta::minutes(5);

/// The message type that a file of this MIME type is sent as; `None` for a type that is not accepted.
pub(super) fn kind_of_mime(mime: &str) -> Option<&'static str> {
    let essence = mime.split(';').next().unwrap_or_default().trim().to_lowercase();
    match essence.as_str() {
        "image/jpeg" | "image/png" => Some("image"),
        "image/webp" => Some("sticker"),
        "video/mp4" | "video/3gpp" => Some("video"),
        "audio/aac" | "audio/amr" | "audio/mpeg" | "audio/mp4" | "audio/ogg" => Some("audio"),
        "text/plain" | "application/pdf" | "application/msword" => Some("document"),
        office
            if office.starts_with("application/vnd.ms-")
                || office.starts_with("application/vnd.openxmlformats-officedocument.") =>
        {
            Some("document")
        }
        _ => None,
    }
}

/// The largest file of a kind, in bytes.
fn size_limit(kind: &str) -> usize {
    match kind {
        "image" => 5 << 20,
        "sticker" => 500 << 10,
        "audio" | "video" => 16 << 20,
        _ => 100 << 20,
    }
}

/// `POST /{phone_number_id}/media`.
pub(super) async fn upload(
    shared: &Shared,
    phone_number_id: &str,
    query: &[(String, String)],
    request: Request,
) -> Result<Value, Refusal> {
    let malformed = || Refusal::parameter("The body must be multipart/form-data.");
    let mut form = Multipart::from_request(request, &()).await.map_err(|_| malformed())?;
    // The platform takes parameters from the query too.
    let ask = |key: &str| query.iter().find(|(name, _)| name == key).map(|(_, value)| value.clone());
    let (mut product, mut declared, mut lives, mut file) =
        (ask("messaging_product"), ask("type"), ask("ttl_minutes"), None);
    while let Some(field) = form.next_field().await.map_err(|_| malformed())? {
        let name = field.name().unwrap_or_default().to_owned();
        let part_type = field.content_type().map(str::to_owned);
        let bytes = field.bytes().await.map_err(|_| malformed())?;
        match name.as_str() {
            "messaging_product" => product = String::from_utf8(bytes.to_vec()).ok(),
            "type" => declared = String::from_utf8(bytes.to_vec()).ok(),
            "ttl_minutes" => lives = String::from_utf8(bytes.to_vec()).ok(),
            "file" => file = Some((part_type, bytes)),
            other => return Err(Refusal::parameter(format!("Unexpected key \"{other}\"."))),
        }
    }
    if product.as_deref() != Some("whatsapp") {
        return Err(Refusal::parameter("The parameter messaging_product is required."));
    }
    let Some((part_type, bytes)) = file else {
        return Err(Refusal::parameter("The parameter file is required."));
    };
    let Some(mime_type) = part_type.or(declared) else {
        return Err(Refusal::parameter("The parameter type is required."));
    };
    let Some(kind) = kind_of_mime(&mime_type) else {
        return Err(Refusal::parameter(format!(
            "Param file must be a file with one of the supported types. Received file of type '{mime_type}'."
        )));
    };
    if bytes.is_empty() || bytes.len() > size_limit(kind) {
        return Err(Refusal::of(131_053)
            .details(format!("A file of kind {kind} has 1 to {} bytes.", size_limit(kind))));
    }
    let lives = match lives {
        Some(minutes) => minutes
            .parse::<i64>()
            .ok()
            .filter(|minutes| (1..=43_200).contains(minutes))
            .map(TimeDelta::minutes)
            .ok_or_else(|| Refusal::parameter("Param ttl_minutes must be 1 to 43200."))?,
        None => TimeDelta::days(30),
    };
    let id = keep(shared, phone_number_id, mime_type, bytes, lives);
    Ok(json!({ "id": id }))
}

/// `GET /{media_id}`. With `phone_number_id`, only that number's files are seen.
pub(super) fn read(shared: &Shared, id: &str, query: &[(String, String)]) -> Result<Value, Refusal> {
    let state = shared.state();
    let found = state.media.get(id).filter(|media| is_of(media, query));
    let media = found.ok_or_else(|| Refusal::no_such_object("GET", id))?;
    Ok(look_up(id, media, shared.now(), &shared.base_url))
}

/// `DELETE /{media_id}`. With `phone_number_id`, only that number's files are seen.
pub(super) fn delete(shared: &Shared, id: &str, query: &[(String, String)]) -> Result<Value, Refusal> {
    let mut state = shared.state();
    if !state.media.get(id).is_some_and(|media| is_of(media, query)) {
        return Err(Refusal::no_such_object("DELETE", id));
    }
    state.media.remove(id);
    Ok(json!({ "success": true }))
}

fn is_of(media: &StoredMedia, query: &[(String, String)]) -> bool {
    let asked_for = query.iter().find(|(key, _)| key == "phone_number_id");
    asked_for.is_none_or(|(_, owner)| *owner == media.phone_number_id)
}

/// Keeps a file and gives it an id.
pub(super) fn keep(
    shared: &Shared,
    phone_number_id: &str,
    mime_type: String,
    bytes: Bytes,
    lives: TimeDelta,
) -> String {
    let now = shared.now();
    let mut state = shared.state();
    let id = state.next_serial().to_string();
    let media = StoredMedia {
        phone_number_id: phone_number_id.to_owned(),
        mime_type,
        bytes,
        expires_at: now + lives,
    };
    state.media.insert(id.clone(), media);
    id
}

/// The answer about a file.
fn look_up(id: &str, media: &StoredMedia, now: DateTime<Utc>, base: &Url) -> Value {
    json!({
        "messaging_product": "whatsapp",
        "url": address(id, media, now, base),
        "mime_type": media.mime_type,
        "sha256": hex(&media.sha256()),
        "file_size": media.bytes.len(),
        "id": id,
    })
}

/// An address that works for five minutes.
pub(super) fn address(id: &str, media: &StoredMedia, now: DateTime<Utc>, base: &Url) -> Url {
    let expires = (now + ADDRESS_LIVES).timestamp();
    let mut address = base.clone();
    address.set_path("/whatsapp_business/attachments/");
    address
        .query_pairs_mut()
        .append_pair("mid", id)
        .append_pair("ext", &expires.to_string())
        .append_pair("hash", &stamp(id, expires, media));
    address
}

/// What makes an address hard to guess and impossible to extend.
fn stamp(id: &str, expires: i64, media: &StoredMedia) -> String {
    let digest = Sha256::new()
        .chain_update(id)
        .chain_update(expires.to_be_bytes())
        .chain_update(media.sha256())
        .finalize();
    hex(&digest[..16])
}

/// Serves an address made by [`address`]. Bearer and User-Agent are both required.
pub(super) fn download(
    shared: &Shared,
    query: &[(String, String)],
    headers: &HeaderMap,
) -> Result<Response, Refusal> {
    let gone = || Refusal::no_such_object("GET", "attachments").with_status(404);
    let ask = |key: &str| query.iter().find(|(name, _)| name == key).map(|(_, value)| value.as_str());
    let (Some(id), Some(expires), Some(hash)) =
        (ask("mid"), ask("ext").and_then(|ext| ext.parse::<i64>().ok()), ask("hash"))
    else {
        return Err(gone());
    };
    let now = shared.now();
    let state = shared.state();
    let Some(media) = state.media.get(id) else { return Err(gone()) };
    if !headers.contains_key(header::USER_AGENT) {
        return Err(Refusal::of(10).details("A file is fetched with a User-Agent."));
    }
    if !state.opens(headers, &media.phone_number_id) {
        return Err(Refusal::bad_token());
    }
    if hash != stamp(id, expires, media) || now.timestamp() >= expires || now >= media.expires_at {
        return Err(gone());
    }
    let kind = [(header::CONTENT_TYPE, media.mime_type.clone())];
    Ok((kind, Body::from(media.bytes.clone())).into_response())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn mime_parameters_do_not_change_the_kind() {
        assert_eq!(kind_of_mime("audio/ogg; codecs=opus"), Some("audio"));
        assert_eq!(kind_of_mime("IMAGE/PNG"), Some("image"));
        assert_eq!(kind_of_mime("application/x-msdownload"), None);
    }
}
