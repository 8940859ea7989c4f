//! The lists of calls: what webhooks missed, and what became of a call.
//!
//! There are four lists of calls and no look-up of one. The size of a page is the vendor's: it is said to be twenty, and ten
//! was seen whatever was asked, so that a list ends with an empty page or when as many were seen as it counts.

use chrono::{DateTime, TimeDelta, Utc};
use dialzio_core::call::{CallAlias, LegRole};
use dialzio_core::conversation::Direction;
use dialzio_core::provider::{
    AccountAccess, CallCursor, CallPage, CallReport, CallReportKind, ProviderError, RefusalReason,
};
use serde::Serialize;

use super::connection::{SECRET, TELECMI};
use super::error::READING;
use super::voicemails;
use super::webhook::{Seconds, outcome, recordings};
use crate::answer::refused;
use crate::body::Fields;
use crate::client::{self, Client};
use crate::config::Service;
use crate::report;

/// What is asked for on a page.
const PAGE: u32 = 20;
/// The most pages of one list: one that never ends is broken.
const MOST_PAGES: u32 = 1_000;
/// How long before the time at which a call was first heard of it may be listed.
const BEFORE: TimeDelta = TimeDelta::minutes(10);
/// How long after it: an answered call is listed by the time of the answer, which may have waited for long.
const AFTER: TimeDelta = TimeDelta::minutes(60);

/// A list of calls.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct List {
    name: &'static str,
    direction: Direction,
    answered: bool,
}

/// The lists, those of answered calls first: they are asked for most.
const LISTS: [List; 4] = [
    List { name: "answered", direction: Direction::Inbound, answered: true },
    List { name: "out_answered", direction: Direction::Outbound, answered: true },
    List { name: "missed", direction: Direction::Inbound, answered: false },
    List { name: "out_missed", direction: Direction::Outbound, answered: false },
];

/// A page of a list. Times are milliseconds since 1970.
#[derive(Serialize)]
struct Asked<'a> {
    appid: u64,
    secret: &'a str,
    start_date: i64,
    end_date: i64,
    page: u32,
    limit: u32,
}

/// Where a page begins: in which list, at which page, and how many of the list were seen before it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Place {
    list: usize,
    page: u32,
    seen: u32,
}

impl Place {
    const FIRST: Self = Self { list: 0, page: 1, seen: 0 };

    fn cursor(self) -> Option<CallCursor> {
        let list = LISTS.get(self.list)?;
        Some(CallCursor(format!("{}:{}:{}", list.name, self.page, self.seen)))
    }

    fn read(cursor: &CallCursor) -> Option<Self> {
        let mut parts = cursor.0.split(':');
        let name = parts.next()?;
        let list = LISTS.iter().position(|list| list.name == name)?;
        let (page, seen) = (parts.next()?.parse().ok()?, parts.next()?.parse().ok()?);
        (page > 0 && parts.next().is_none()).then_some(Self { list, page, seen })
    }

    fn next_list(self) -> Self {
        Self { list: self.list + 1, ..Self::FIRST }
    }
}

/// A page of calls of a period.
pub(crate) async fn page(
    client: &Client,
    access: &AccountAccess,
    (from, until): (DateTime<Utc>, DateTime<Utc>),
    after: Option<&CallCursor>,
) -> Result<CallPage, ProviderError> {
    let place = match after {
        None => Place::FIRST,
        Some(cursor) => {
            Place::read(cursor).ok_or_else(|| refused(TELECMI, "cursor", RefusalReason::Malformed))?
        }
    };
    if after.is_some() {
        tokio::time::sleep(client.config.page_gap).await;
    }
    let (mut calls, next) = read_page(client, access, (from, until), place).await?;
    if is_missed(place) {
        voicemails::add(client, access, &mut calls).await?;
    }
    Ok(CallPage { calls, next: next.cursor() })
}

/// What the lists have of one call, by its ids.
pub(crate) async fn find(
    client: &Client,
    access: &AccountAccess,
    ids: &[CallAlias],
    began: DateTime<Utc>,
) -> Result<Vec<CallReport>, ProviderError> {
    let period = (began - BEFORE, began + AFTER);
    let mut place = Place::FIRST;
    while place.list < LISTS.len() {
        if place != Place::FIRST {
            tokio::time::sleep(client.config.page_gap).await;
        }
        let (calls, next) = read_page(client, access, period, place).await?;
        let mut found: Vec<CallReport> =
            calls.into_iter().filter(|call| call.aliases.iter().any(|id| ids.contains(id))).collect();
        if !found.is_empty() {
            if is_missed(place) {
                voicemails::add(client, access, &mut found).await?;
            }
            return Ok(found);
        }
        place = next;
    }
    Ok(Vec::new())
}

/// Whether calls of this list may hold what callers left.
fn is_missed(place: Place) -> bool {
    LISTS.get(place.list).is_some_and(|list| !list.answered && list.direction == Direction::Inbound)
}

/// One page, and where the next one begins.
async fn read_page(
    client: &Client,
    access: &AccountAccess,
    (from, until): (DateTime<Utc>, DateTime<Utc>),
    place: Place,
) -> Result<(Vec<CallReport>, Place), ProviderError> {
    let Some(list) = LISTS.get(place.list) else { return Ok((Vec::new(), place)) };
    let body = Asked {
        appid: client::app_id(client, access)?,
        secret: client::credential(client, access, SECRET)?,
        start_date: from.timestamp_millis(),
        end_date: until.timestamp_millis(),
        page: place.page,
        limit: PAGE,
    };
    let path = format!("v2/{}", list.name);
    let answer = client.post(access, (Service::Rest, &path), &body, READING).await?;
    let rows = answer.list("cdr");
    let seen = place.seen.saturating_add(u32::try_from(rows.len()).unwrap_or(u32::MAX));
    // The old interface calls it `total`.
    let is_all = answer.count(&["count", "total"]).is_some_and(|count| seen >= count);
    let next = if rows.is_empty() || is_all || place.page >= MOST_PAGES {
        place.next_list()
    } else {
        Place { page: place.page + 1, seen, ..place }
    };
    Ok((rows.iter().filter_map(|row| read(row, *list)).collect(), next))
}

/// A row as a report of a whole call. A row without an id cannot be told from others.
fn read(row: &Fields, list: List) -> Option<CallReport> {
    let mut report = CallReport::new(CallReportKind::Record);
    report.aliases = report::aliases(row, &["cmiuid", "cmiuuid", "_id"]);
    if report.aliases.is_empty() {
        return None;
    }
    report.direction = Some(list.direction);
    match list.direction {
        Direction::Inbound => {
            report.customer = report::caller(row, "from");
            // In an answered row `to` may be the agent's telephone.
            report.our_number = if list.answered { None } else { report::number(row, &["to"]) };
        }
        Direction::Outbound => {
            report.customer = report::number(row, &["to"]);
            report.our_number = report::number(row, &["from"]);
        }
    }
    report.leg.role = Some(LegRole::Whole);
    report.leg.agent = row.text(&["agent"]);
    // What is billed of a call that was missed is time in a menu or a queue, not talk.
    let seconds = Seconds {
        talk: row.count(&["billedsec"]).filter(|_| list.answered),
        wait: row.count(&["duration"]).filter(|_| !list.answered && list.direction == Direction::Inbound),
    };
    outcome(&mut report.leg, if list.answered { "answered" } else { "missed" }, report::at(row), &seconds);
    report.recordings = recordings(row);
    Some(report)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cursor_is_read_again_and_another_text_is_none() {
        let place = Place { list: 2, page: 7, seen: 60 };
        assert_eq!(Place::read(&place.cursor().unwrap()), Some(place));
        for odd in
            ["", "answered", "answered:1", "answered:0:0", "answered:1:0:0", "other:1:0", "missed:-1:0"]
        {
            assert_eq!(Place::read(&CallCursor(odd.to_owned())), None, "{odd}");
        }
    }

    #[test]
    fn the_cursor_goes_through_all_lists_and_ends() {
        let mut place = Place::FIRST;
        let mut names = Vec::new();
        while let Some(cursor) = place.cursor() {
            names.push(cursor.0);
            place = place.next_list();
        }
        assert_eq!(names, ["answered:1:0", "out_answered:1:0", "missed:1:0", "out_missed:1:0"]);
    }
}
