//! The users of the telephone system. Their answer has passwords in clear text, which are not read.

use dialzio_core::provider::{AccountAccess, AccountHealth, ListedAgent, ProviderError};
use dialzio_core::text::PersonName;
use serde::Serialize;

use super::connection::SECRET;
use super::error::{CHECKING, READING};
use crate::body::Fields;
use crate::client::{self, Client};
use crate::config::Service;

/// What is asked for on a page, which is the most.
const PAGE: u32 = 10;
/// The most pages.
const MOST_PAGES: u32 = 200;

/// `POST /v2/user/list`.
#[derive(Serialize)]
struct Asked<'a> {
    appid: u64,
    secret: &'a str,
    page: u32,
    limit: u32,
}

/// `POST /v2/analysis`: totals of the last day.
#[derive(Serialize)]
struct Totals<'a> {
    appid: u64,
    secret: &'a str,
}

/// All users, page by page until one is empty or holds none that is new.
pub(crate) async fn list(client: &Client, access: &AccountAccess) -> Result<Vec<ListedAgent>, ProviderError> {
    let (appid, secret) = (client::app_id(client, access)?, client::credential(client, access, SECRET)?);
    let mut all: Vec<ListedAgent> = Vec::new();
    for page in 1..=MOST_PAGES {
        if page > 1 {
            tokio::time::sleep(client.config.page_gap).await;
        }
        let body = Asked { appid, secret, page, limit: PAGE };
        let answer = client.post(access, (Service::Rest, "v2/user/list"), &body, READING).await?;
        let before = all.len();
        for agent in answer.list("agents").iter().filter_map(read) {
            if !all.iter().any(|known| known.id == agent.id) {
                all.push(agent);
            }
        }
        let is_all = answer
            .count(&["count"])
            .is_some_and(|count| u32::try_from(all.len()).unwrap_or(u32::MAX) >= count);
        if all.len() == before || is_all {
            break;
        }
    }
    Ok(all)
}

/// A user. The third version writes the name in two fields.
fn read(row: &Fields) -> Option<ListedAgent> {
    let names: Vec<String> =
        ["name", "first_name", "last_name"].iter().filter_map(|name| row.text(&[name])).collect();
    Some(ListedAgent {
        id: row.text(&["agent_id", "id"])?,
        name: PersonName::received(&names.join(" ")),
        phone: row.phone("phone").text(),
    })
}

/// Whether the credentials are right. Totals are the smallest thing that any account can be asked.
pub(crate) async fn check(client: &Client, access: &AccountAccess) -> Result<AccountHealth, ProviderError> {
    let body = Totals {
        appid: client::app_id(client, access)?,
        secret: client::credential(client, access, SECRET)?,
    };
    client.post(access, (Service::Rest, "v2/analysis"), &body, CHECKING).await?;
    Ok(AccountHealth { display_number: None, verified_name: None, quality: None })
}
