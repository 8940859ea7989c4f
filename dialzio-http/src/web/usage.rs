//! My activity: what is kept of a member's own use, and for who manages the organisation how many members use what.

use axum::extract::Query;
use axum::response::Html;
use dialzio_core::Permission;
use dialzio_core::page::PageRequest;
use dialzio_core::usage::{UsageAction, UsageBrowser, UsageEvent, UsageSummary};
use serde::Deserialize;

use super::page_context::{PageContext, show};
use super::profile::family;
use super::view::shell::Place;
use super::view::usage::{GroupRow, GroupTable, UsagePage, UsageRow, UsageRows};
use crate::api::usage::address;
use crate::api::{decode_cursor, encode_cursor};
use crate::problem::Problem;

/// Rows of a page.
const ROWS: u32 = 50;

/// Where a page begins.
#[derive(Debug, Default, Deserialize)]
pub(crate) struct Paging {
    after: Option<String>,
}

/// `GET /settings/activity`.
pub(crate) async fn page(ctx: PageContext) -> Result<Html<String>, Problem> {
    let organisation = if ctx.may(Permission::SettingsManage) {
        Some(organisation(&ctx, &ctx.crm().usage().summary(&ctx.actor).await?))
    } else {
        None
    };
    let rows = rows(&ctx, &Paging::default()).await?;
    show(&UsagePage { shell: ctx.shell("My activity", Place::Activity).await?, rows, organisation })
}

/// `GET /web/activity`: the rows behind a place.
pub(crate) async fn read(ctx: PageContext, Query(paging): Query<Paging>) -> Result<Html<String>, Problem> {
    show(&rows(&ctx, &paging).await?)
}

async fn rows(ctx: &PageContext, paging: &Paging) -> Result<UsageRows, Problem> {
    let after = paging.after.as_deref().map(decode_cursor).transpose()?;
    let request = PageRequest { after, ..PageRequest::first(ROWS) };
    let page = ctx.crm().usage().own(&ctx.actor, request).await?;
    let next = page.next.as_ref().map(encode_cursor);
    Ok(UsageRows { rows: page.items.iter().map(|event| row(ctx, event)).collect(), next })
}

fn row(ctx: &PageContext, event: &UsageEvent) -> UsageRow {
    UsageRow {
        time: ctx.when(event.at),
        page: event.page.to_string(),
        action: match event.action {
            UsageAction::Viewed => "Opened",
            UsageAction::Submitted => "Sent",
            UsageAction::Changed => "Changed",
            UsageAction::Removed => "Removed",
        },
        browser: browser(event.browser),
        address: address(&event.address).unwrap_or_else(|| "Not known".to_owned()),
    }
}

fn browser(used: UsageBrowser) -> String {
    let name = used.family().map_or("Another browser", family);
    used.major().map_or_else(|| name.to_owned(), |major| format!("{name} {major}"))
}

/// A number that was rounded down to a multiple of five, as what it stands for.
fn between(members: u32) -> String {
    format!("{members} to {}", members + 4)
}

fn organisation(ctx: &PageContext, summary: &UsageSummary) -> [GroupTable; 3] {
    let row = |name: String, members: u32| GroupRow { name, members: between(members) };
    let pages = summary.pages.iter().map(|(page, members)| row(page.to_string(), *members));
    let browsers = summary.browsers.iter().filter_map(|(known, members)| {
        let name = known.map_or("Other browsers", family);
        members.map(|members| row(name.to_owned(), members))
    });
    let days = summary.days.iter();
    let days = days.filter_map(|(day, members)| members.map(|members| row(ctx.day(*day), members)));
    [
        GroupTable {
            id: "usage-pages",
            title: "By page",
            column: "Page",
            rows: pages.collect(),
            rest: "All other pages",
        },
        GroupTable {
            id: "usage-browsers",
            title: "By browser",
            column: "Browser",
            rows: browsers.collect(),
            rest: "All other browsers",
        },
        GroupTable {
            id: "usage-days",
            title: "By day",
            column: "Day",
            rows: days.collect(),
            rest: "All other days",
        },
    ]
}
