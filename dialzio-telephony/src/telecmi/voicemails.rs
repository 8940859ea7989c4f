//! The list of what callers left. Its rows have no id of a call, so that each is given to the call that it was left in: one of the
//! same number, during which it was left (inferred).

use chrono::{DateTime, TimeDelta, Utc};
use dialzio_core::call::RecordingKind;
use dialzio_core::provider::{AccountAccess, CallReport, ProviderError};
use serde::Serialize;

use super::connection::SECRET;
use super::error::READING;
use crate::body::Fields;
use crate::client::{self, Client};
use crate::config::Service;
use crate::{file, report, time};

/// The most pages.
const MOST_PAGES: u32 = 100;
/// How much the times of the two lists may differ, before and after.
const EARLIER: TimeDelta = TimeDelta::seconds(5);
const LATER: TimeDelta = TimeDelta::seconds(60);

/// `POST /v2/voicemail`. Times are milliseconds since 1970.
#[derive(Serialize)]
struct Asked<'a> {
    appid: u64,
    secret: &'a str,
    start_date: i64,
    end_date: i64,
    page: u32,
}

/// A message that a caller left.
struct Voicemail {
    caller: String,
    at: DateTime<Utc>,
    file: String,
}

/// Adds to missed calls what was left in them.
pub(crate) async fn add(
    client: &Client,
    access: &AccountAccess,
    calls: &mut [CallReport],
) -> Result<(), ProviderError> {
    let begins = calls.iter().filter_map(|call| period(call).map(|(from, _)| from)).min();
    let ends = calls.iter().filter_map(|call| period(call).map(|(_, until)| until)).max();
    let (Some(begins), Some(ends)) = (begins, ends) else { return Ok(()) };
    for left in list(client, access, (begins, ends)).await? {
        let of_it = |call: &&mut CallReport| {
            call.customer.as_deref() == Some(left.caller.as_str())
                && period(call).is_some_and(|(from, until)| from <= left.at && left.at <= until)
        };
        // Who called again at once left it in the later call.
        let later = calls.iter_mut().filter(of_it).max_by_key(|call| period(call));
        if let Some(call) = later {
            call.recordings.push((left.file, RecordingKind::Voicemail));
        }
    }
    Ok(())
}

/// Within which times something may have been left in a call.
fn period(call: &CallReport) -> Option<(DateTime<Utc>, DateTime<Utc>)> {
    let started = call.leg.started.and_then(time::instant)?;
    let ended = call.leg.ended.and_then(time::instant).unwrap_or(started);
    Some((started - EARLIER, ended + LATER))
}

async fn list(
    client: &Client,
    access: &AccountAccess,
    (from, until): (DateTime<Utc>, DateTime<Utc>),
) -> Result<Vec<Voicemail>, ProviderError> {
    let (mut all, mut seen) = (Vec::new(), 0_usize);
    for page in 1..=MOST_PAGES {
        tokio::time::sleep(client.config.page_gap).await;
        let body = Asked {
            appid: client::app_id(client, access)?,
            secret: client::credential(client, access, SECRET)?,
            start_date: from.timestamp_millis(),
            end_date: until.timestamp_millis(),
            page,
        };
        let answer = match client.post(access, (Service::Rest, "v2/voicemail"), &body, READING).await {
            Ok(answer) => answer,
            // An account without voicemail still has its calls.
            Err(ProviderError::Refused { .. }) => break,
            Err(error) => return Err(error),
        };
        let rows = answer.list("voicemail");
        seen += rows.len();
        all.extend(rows.iter().filter_map(read));
        let is_all = answer
            .count(&["count", "total"])
            .is_some_and(|count| u32::try_from(seen).unwrap_or(u32::MAX) >= count);
        if rows.is_empty() || is_all {
            break;
        }
    }
    Ok(all)
}

fn read(row: &Fields) -> Option<Voicemail> {
    Some(Voicemail {
        caller: report::caller(row, "from")?,
        at: report::at(row).and_then(time::instant)?,
        file: file::kept(&row.text(&["voicename", "filename"])?)?,
    })
}
