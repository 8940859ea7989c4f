//! Recorded files: from the vendor's hosts alone, whole, and sound.

use bytes::Bytes;
use dialzio_core::provider::{AccountAccess, FetchedMedia, ProviderError, RefusalReason};
use reqwest::Method;
use url::Url;

use crate::answer::{Answer, Repeat, Rules, refused, usual};
use crate::audio::{self, Flaw};
use crate::client::{self, Client};
use crate::config::Service;
use crate::file;

/// The largest file that is taken, in bytes.
const LARGEST: usize = 100 << 20;
/// How many redirects are followed.
const MOST_REDIRECTS: usize = 3;

/// Fetches a file by the name that a report gave it. `player` is the path that hands files out, and `secret` the name of the
/// parameter under which it takes the account's secret. A name that is a whole address is fetched as it is, without the secret.
pub(crate) async fn fetch(
    client: &Client,
    access: &AccountAccess,
    (player, secret): (&str, &str),
    name: &str,
) -> Result<FetchedMedia, ProviderError> {
    let base = client.address(access, Service::Rest, player)?;
    let name = file::kept(name).ok_or_else(|| gone(client, "name"))?;
    let mut address = if file::is_link(&name) {
        Url::parse(&name).map_err(|_| gone(client, "name"))?
    } else {
        let opens = client::credential(client, access, "secret")?;
        let mut address = base.clone();
        address
            .query_pairs_mut()
            .append_pair("appid", &access.routing_key)
            .append_pair(secret, opens)
            .append_pair("file", &name);
        address
    };
    // Each hop is followed here, since each has to be an allowed host.
    for _ in 0..=MOST_REDIRECTS {
        if !client.config.allows_file(&base, &address) {
            return Err(gone(client, "host"));
        }
        let request = client.ask(Method::GET, address.clone()).timeout(client.config.recording_timeout);
        let answer = client.answer(request, Repeat::Harmless, LARGEST).await?;
        match (answer.status, &answer.location) {
            (300..=399, Some(location)) => {
                address = address.join(location).map_err(|_| gone(client, "redirect"))?;
            }
            _ => return sound(client, access, &answer),
        }
    }
    Err(gone(client, "redirects"))
}

/// The file, if it is sound. JSON says why there is none, with whatever status: 502 means that it is not published yet.
fn sound(client: &Client, access: &AccountAccess, answer: &Answer) -> Result<FetchedMedia, ProviderError> {
    let found = audio::sniff(&answer.body);
    let rules = Rules { repeat: Repeat::Harmless, meaning: usual, bare: false };
    let secret = client::credential(client, access, "secret").unwrap_or_default();
    match (answer.status, found) {
        (200..=299, Ok(mime)) => {
            Ok(FetchedMedia { bytes: Bytes::clone(&answer.body), mime: Some(mime.to_owned()) })
        }
        (_, Err(Flaw::Json)) => match answer.success(client.provider, rules, &[secret]) {
            // An object that says that all is well, and is no file.
            Ok(_) => Err(gone(client, "no_sound")),
            Err(ProviderError::Refused { provider, code, detail, .. }) => {
                Err(ProviderError::Refused { provider, code, reason: RefusalReason::Media, detail })
            }
            Err(error) => Err(error),
        },
        (200..=299, Err(Flaw::Truncated)) => Err(gone(client, "truncated")),
        (200..=299, Err(Flaw::NoSound)) => Err(gone(client, "no_sound")),
        _ => match answer.unspoken(client.provider, Repeat::Harmless) {
            ProviderError::Refused { provider, code, detail, .. } => {
                Err(ProviderError::Refused { provider, code, reason: RefusalReason::Media, detail })
            }
            error => Err(error),
        },
    }
}

fn gone(client: &Client, code: &str) -> ProviderError {
    refused(client.provider, code, RefusalReason::Media)
}
