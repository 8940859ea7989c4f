//! Usage: the caller's own rows, and counts for the organisation that identify no member.

use axum::Json;
use axum::extract::State;
use chrono::{DateTime, NaiveDate, Utc};
use dialzio_core::usage::{UsageAction, UsageAddress, UsageEvent, UsageSummary};
use serde::Serialize;
use utoipa::ToSchema;

use super::{Asked, List, Paging};
use crate::auth::Caller;
use crate::problem::Problem;
use crate::state::AppState;

/// A use of a page by the caller. These five facts are all that is kept.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = UsageEvent)]
pub struct UsageJson {
    /// The template of the page or route, such as `/contacts/{contact}`; never an id, a query or a search term.
    page: String,
    action: UsageAction,
    /// The family with its major version, such as `firefox/132`; `other` for an unknown one.
    browser: String,
    /// The address; after 30 days its network, such as `203.0.113.0/24`; `null` if the server did not know it.
    #[schema(required)]
    address: Option<String>,
    at: DateTime<Utc>,
}

/// An address as it is kept.
pub(crate) fn address(kept: &UsageAddress) -> Option<String> {
    let network = || kept.network().map(|network| network.to_string());
    kept.ip().map(|address| address.to_string()).or_else(network)
}

impl UsageJson {
    fn of(event: &UsageEvent) -> Self {
        Self {
            page: event.page.to_string(),
            action: event.action,
            browser: event.browser.to_string(),
            address: address(&event.address),
            at: event.at,
        }
    }
}

/// `GET /v1/me/usage`.
pub async fn own(
    State(state): State<AppState>,
    Caller(actor): Caller,
    Asked(paging): Asked<Paging>,
) -> Result<Json<List<UsageJson>>, Problem> {
    let page = state.crm().usage().own(&actor, paging.request()?).await?;
    Ok(List::of(page, |event| UsageJson::of(&event)))
}

/// In how many members' uses a page occurs.
#[derive(Debug, Serialize, ToSchema)]
pub struct PageUsage {
    /// The template of the page or route.
    page: String,
    /// How many members, rounded down to a multiple of five.
    #[schema(minimum = 5, multiple_of = 5)]
    members: u32,
}

/// In how many members' uses a day occurs.
#[derive(Debug, Serialize, ToSchema)]
pub struct DayUsage {
    /// A day of UTC.
    day: NaiveDate,
    /// How many members, rounded down to a multiple of five; `null` for fewer than five.
    #[schema(required, minimum = 5, multiple_of = 5)]
    members: Option<u32>,
}

/// In how many members' uses a family of browsers occurs.
#[derive(Debug, Serialize, ToSchema)]
pub struct BrowserUsage {
    /// The family; `other` for unknown ones.
    browser: String,
    /// How many members, rounded down to a multiple of five; `null` for fewer than five.
    #[schema(required, minimum = 5, multiple_of = 5)]
    members: Option<u32>,
}

/// How the organisation used its pages in 90 days. Numbers are of members, in steps of five, so that no number and no
/// difference of two is a group of fewer than five.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = UsageSummary)]
pub struct SummaryJson {
    /// By page. A page of fewer than five members is left out.
    pages: Vec<PageUsage>,
    /// By day, newest first, each of the 90.
    days: Vec<DayUsage>,
    /// By family of browsers, each there is.
    browsers: Vec<BrowserUsage>,
}

impl SummaryJson {
    fn of(summary: UsageSummary) -> Self {
        let word =
            |family: Option<dialzio_core::access::Browser>| family.map_or("other", |known| known.as_str());
        Self {
            pages: summary
                .pages
                .into_iter()
                .map(|(page, members)| PageUsage { page: page.to_string(), members })
                .collect(),
            days: summary.days.into_iter().map(|(day, members)| DayUsage { day, members }).collect(),
            browsers: summary
                .browsers
                .into_iter()
                .map(|(family, members)| BrowserUsage { browser: word(family).to_owned(), members })
                .collect(),
        }
    }
}

/// `GET /v1/org/usage`.
pub async fn summary(
    State(state): State<AppState>,
    Caller(actor): Caller,
) -> Result<Json<SummaryJson>, Problem> {
    Ok(Json(SummaryJson::of(state.crm().usage().summary(&actor).await?)))
}
