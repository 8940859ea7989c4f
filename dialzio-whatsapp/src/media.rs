//! Files: look-up, download from allowed hosts only, upload.

use bytes::Bytes;
use dialzio_core::provider::{AccountAccess, FetchedMedia, ProviderError, RefusalReason, UploadedMedia};
use reqwest::{
    Method,
    multipart::{Form, Part},
};
use sha2::{Digest, Sha256};
use url::Url;

use crate::{
    client::{GraphClient, Repeat},
    digest,
    error::{WHATSAPP, refused},
    wire::{MetaMedia, PRODUCT},
};

/// The largest file that WhatsApp delivers, in bytes. Source: Meta, *Media*, read 2026-05.
pub(crate) const LARGEST_FILE: usize = 100 << 20;
/// How many redirects of a download are followed.
const MOST_REDIRECTS: usize = 3;

/// Fetches a received file. An address that has expired in between is looked up once more.
pub(crate) async fn fetch(
    client: &GraphClient,
    access: &AccountAccess,
    provider_id: &str,
) -> Result<FetchedMedia, ProviderError> {
    match fetch_once(client, access, provider_id).await? {
        Some(fetched) => Ok(fetched),
        None => fetch_once(client, access, provider_id).await?.ok_or_else(|| gone("http_404")),
    }
}

/// `None` if the address was looked up and the file was not there.
async fn fetch_once(
    client: &GraphClient,
    access: &AccountAccess,
    provider_id: &str,
) -> Result<Option<FetchedMedia>, ProviderError> {
    let request = client
        .request(access, Method::GET, &[provider_id])?
        .query(&[("phone_number_id", access.routing_key.as_str())]);
    let answer = client.json(request, Repeat::Harmless).await.map_err(lost)?;
    let facts: MetaMedia<'_> = serde_json::from_slice(&answer).map_err(|_| unreadable())?;
    let address = facts.url.text().and_then(|url| Url::parse(url).ok()).ok_or_else(unreadable)?;
    let Some((bytes, announced)) = download(client, access, address).await? else { return Ok(None) };
    let expected = facts.sha256.text().and_then(digest::sha256);
    if expected.is_some_and(|expected| Sha256::digest(&bytes)[..] != expected[..]) {
        return Err(ProviderError::Fault { provider: WHATSAPP, code: "digest".to_owned() });
    }
    Ok(Some(FetchedMedia { bytes, mime: facts.mime_type.owned().or(announced) }))
}

/// Follows redirects itself, since each hop has to be an allowed host. `None` for 404.
async fn download(
    client: &GraphClient,
    access: &AccountAccess,
    mut address: Url,
) -> Result<Option<(Bytes, Option<String>)>, ProviderError> {
    let base = client.base(access)?;
    for _ in 0..=MOST_REDIRECTS {
        if !client.config.allows_media(&base, &address) {
            return Err(gone("host"));
        }
        let request = client.ask(access, Method::GET, address.clone())?.timeout(client.config.media_timeout);
        let answer = client.answer(request, Repeat::Harmless, LARGEST_FILE).await?;
        match (answer.status, &answer.location) {
            (404, _) => return Ok(None),
            (300..=399, Some(location)) => {
                address = address.join(location).map_err(|_| unreadable())?;
            }
            _ => {
                let mime = answer.mime.clone();
                return Ok(Some((answer.success(Repeat::Harmless)?, mime)));
            }
        }
    }
    Err(gone("redirects"))
}

/// Uploads a file. A second upload is a second file that nothing refers to, so it may be repeated.
pub(crate) async fn upload(
    client: &GraphClient,
    access: &AccountAccess,
    mime: &str,
    filename: &str,
    bytes: Bytes,
) -> Result<UploadedMedia, ProviderError> {
    if bytes.len() > LARGEST_FILE {
        return Err(gone("too_large"));
    }
    let length = u64::try_from(bytes.len()).map_err(|_| gone("too_large"))?;
    let part = Part::stream_with_length(bytes, length)
        .file_name(filename.to_owned())
        .mime_str(mime)
        .map_err(|_| refused("mime", RefusalReason::Media))?;
    let form =
        Form::new().text("messaging_product", PRODUCT).text("type", mime.to_owned()).part("file", part);
    let request = client
        .request(access, Method::POST, &[&access.routing_key, "media"])?
        .multipart(form)
        .timeout(client.config.media_timeout);
    let answer = client.json(request, Repeat::Harmless).await?;
    let facts: MetaMedia<'_> = serde_json::from_slice(&answer).map_err(|_| unreadable())?;
    facts.id.owned().map(|provider_id| UploadedMedia { provider_id }).ok_or_else(unreadable)
}

/// An id that is not visible, or no media id at all, is a file that is gone.
fn lost(error: ProviderError) -> ProviderError {
    match error {
        ProviderError::Refused { provider, code, detail, .. } => {
            ProviderError::Refused { provider, code, reason: RefusalReason::Media, detail }
        }
        other => other,
    }
}

fn gone(code: &str) -> ProviderError {
    refused(code, RefusalReason::Media)
}

fn unreadable() -> ProviderError {
    ProviderError::Fault { provider: WHATSAPP, code: "unreadable".to_owned() }
}
