//! What the provider knows of one call. There is no list of calls.
//!
//! A leg is asked for by its id, and all legs of a request by the id of the request. The rows have no ids themselves.

use dialzio_core::CallId;
use dialzio_core::call::{CallAlias, LegResult, LegRole};
use dialzio_core::conversation::Direction;
use dialzio_core::provider::{AccountAccess, AccountHealth, CallReport, CallReportKind, ProviderError};
use secrecy::ExposeSecret;
use serde::Serialize;

use super::connection::{CALLER_ID, SECRET};
use super::error::READING;
use crate::body::Fields;
use crate::client::{self, Client};
use crate::config::Service;
use crate::{hangup, number, report};

/// How many ids of one call are asked for.
const MOST_IDS: usize = 8;

/// `POST /v1/piopiy/cmiuuid_cdr`, `POST /v1/piopiy/requestid_cdr`.
#[derive(Serialize)]
struct LookUp<'a> {
    appid: u64,
    secret: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    cmiuuid: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    request_id: Option<&'a str>,
}

/// `POST /v2/piopiy/get_channels`.
#[derive(Serialize)]
struct Channels<'a> {
    appid: u64,
    secret: &'a str,
}

/// The rows of one call. The legs that webhooks told of are asked for one by one; a request then adds those that they did not.
pub(crate) async fn find(
    client: &Client,
    access: &AccountAccess,
    ids: &[CallAlias],
) -> Result<Vec<CallReport>, ProviderError> {
    let (legs, requests): (Vec<&CallAlias>, Vec<&CallAlias>) =
        ids.iter().take(MOST_IDS).partition(|id| is_uuid(id));
    let mut found: Vec<CallReport> = Vec::new();
    let mut is_first = true;
    for id in legs {
        pause(client, &mut is_first).await;
        let answer = look_up(client, access, "v1/piopiy/cmiuuid_cdr", Some(id), None).await?;
        found.extend(answer.and_then(|answer| answer.object("cdr")).map(|row| read(&row, id, Some(id))));
    }
    for id in requests {
        pause(client, &mut is_first).await;
        let answer = look_up(client, access, "v1/piopiy/requestid_cdr", None, Some(id)).await?;
        let rows = answer.map(|answer| answer.list("cdr")).unwrap_or_default();
        for row in rows {
            let report = read(&row, id, None);
            if !found.iter().any(|known| known.leg.role == report.leg.role) {
                found.push(report);
            }
        }
    }
    Ok(found)
}

async fn pause(client: &Client, is_first: &mut bool) {
    if !std::mem::take(is_first) {
        tokio::time::sleep(client.config.page_gap).await;
    }
}

/// Legs are named by UUIDs, requests by other texts. Our own ids are UUIDs too.
fn is_uuid(id: &CallAlias) -> bool {
    id.as_str().parse::<CallId>().is_ok()
}

/// One look-up; `None` if the provider knows no such id.
async fn look_up(
    client: &Client,
    access: &AccountAccess,
    path: &str,
    leg: Option<&CallAlias>,
    request: Option<&CallAlias>,
) -> Result<Option<Fields>, ProviderError> {
    let body = LookUp {
        appid: client::app_id(client, access)?,
        secret: client::credential(client, access, SECRET)?,
        cmiuuid: leg.map(CallAlias::as_str),
        request_id: request.map(CallAlias::as_str),
    };
    match client.post(access, (Service::Programs, path), &body, READING).await {
        Ok(answer) => Ok(Some(answer)),
        Err(ProviderError::Refused { code, .. }) if code == "404" => Ok(None),
        Err(error) => Err(error),
    }
}

/// A row as a report of one leg. Whom an outbound leg called is left to what is known of the call: in one that we placed, the
/// first leg is the agent's.
fn read(row: &Fields, id: &CallAlias, leg: Option<&CallAlias>) -> CallReport {
    let mut report = CallReport::new(CallReportKind::Record);
    report.aliases = vec![id.clone()];
    let is_second = row.text(&["leg"]).is_some_and(|leg| leg.eq_ignore_ascii_case("b"));
    report.leg.role = Some(if is_second { LegRole::Second } else { LegRole::First });
    report.leg.id = leg.cloned();
    if !is_second
        && row.text(&["direction"]).is_some_and(|direction| direction.eq_ignore_ascii_case("inbound"))
    {
        report.direction = Some(Direction::Inbound);
        report.customer = report::caller(row, "from");
        report.our_number = report::number(row, &["to"]);
    }
    if leg.is_none() {
        // Only calls that were placed have requests.
        report.direction = Some(Direction::Outbound);
    }
    report.leg.started = report::at(row);
    if let Some(status) = row.text(&["status"]) {
        let (result, cause) = hangup::result(&status);
        report.leg.talk_seconds = row.count(&["duration"]).filter(|_| result == LegResult::Answered);
        (report.leg.result, report.leg.cause) = (Some(result), cause);
    }
    report
}

/// Whether the credentials are right: how many calls go on is the smallest thing that can be asked. The number of the account is
/// the one that calls are said to come from.
pub(crate) async fn check(client: &Client, access: &AccountAccess) -> Result<AccountHealth, ProviderError> {
    let body = Channels {
        appid: client::app_id(client, access)?,
        secret: client::credential(client, access, SECRET)?,
    };
    client.post(access, (Service::Rest, "v2/piopiy/get_channels"), &body, READING).await?;
    let caller = access.credentials.get(CALLER_ID).map(ExposeSecret::expose_secret);
    let display_number = caller.and_then(number::own_number).map(|number| format!("+{number}"));
    Ok(AccountHealth { display_number, verified_name: None, quality: None })
}
