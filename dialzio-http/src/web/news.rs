//! What's new: the messages of the operator to all who sign in.

use axum::extract::Query;
use axum::response::Html;
use dialzio_core::ServiceUpdateId;
use dialzio_core::news::{NewsKind, ServiceUpdate};
use dialzio_core::page::PageRequest;
use serde::Deserialize;

use super::page_context::{PageContext, show};
use super::view::news::{NewsList, NewsPage, NewsRow};
use super::view::shell::Place;
use crate::form::Fields;
use crate::problem::Problem;

/// Rows of a page.
const ROWS: u32 = 50;

/// How much is listed, as the address says it.
#[derive(Debug, Clone, Default, Deserialize)]
pub(crate) struct Listed {
    rows: Option<u32>,
}

/// `GET /news`.
pub(crate) async fn page(ctx: PageContext, Query(listed): Query<Listed>) -> Result<Html<String>, Problem> {
    let list = list(&ctx, listed.rows).await?;
    show(&NewsPage { shell: ctx.shell("What's new", Place::News).await?, list })
}

async fn list(ctx: &PageContext, rows: Option<u32>) -> Result<NewsList, Problem> {
    let rows = rows.unwrap_or(ROWS).clamp(ROWS, PageRequest::MAX);
    let found = ctx.crm().news().list(&ctx.actor, PageRequest::first(rows)).await?;
    let Some(found) = found else { return Ok(NewsList { rows, ..NewsList::default() }) };
    let more = found.updates.next.is_some().then(|| (rows + ROWS).min(PageRequest::MAX));
    Ok(NewsList {
        takes_product: Some(found.takes_product),
        rows,
        updates: found.updates.items.iter().map(|update| row(ctx, update, found.unread_after)).collect(),
        next: more.filter(|next| *next > rows),
    })
}

fn row(ctx: &PageContext, update: &ServiceUpdate, unread_after: ServiceUpdateId) -> NewsRow {
    NewsRow {
        id: update.id.to_string(),
        kind: match update.kind {
            NewsKind::Security => "Security",
            NewsKind::Incident => "Incident",
            NewsKind::Maintenance => "Maintenance",
            NewsKind::Policy => "Change of policy",
            NewsKind::Product => "New in Dialzio",
        },
        title: update.title.reveal().into(),
        text: update.text.reveal().into(),
        time: ctx.moment(update.published_at),
        is_unread: update.id > unread_after,
    }
}

/// `POST /web/news/read`: the list again.
pub(crate) async fn read(ctx: PageContext, fields: Fields) -> Result<Html<String>, Problem> {
    let up_to = fields.get("up_to").parse().map_err(|_| Problem::invalid("up_to", "is no id"))?;
    ctx.crm().news().read(&ctx.actor, up_to).await?;
    show(&list(&ctx, fields.get("rows").parse().ok()).await?)
}

/// `POST /web/news/product`: whether the reader takes product news; the list again.
pub(crate) async fn choose(ctx: PageContext, fields: Fields) -> Result<Html<String>, Problem> {
    let takes_product = match fields.get("product") {
        "on" => true,
        "off" => false,
        _ => return Err(Problem::invalid("product", "has to be on or off")),
    };
    ctx.crm().news().take_product(&ctx.actor, takes_product).await?;
    show(&list(&ctx, fields.get("rows").parse().ok()).await?)
}
