//! What was shared in a conversation: pictures, sounds, files and links; and the way to a day in it.

use axum::extract::Query;
use axum::response::{Html, IntoResponse, Response};
use chrono::{NaiveDate, NaiveTime};
use dialzio_core::ConversationId;
use dialzio_core::conversation::MessageSort;
use dialzio_core::page::PageRequest;
use serde::Deserialize;

use super::bubble::Bubbles;
use super::entry::go_to;
use super::page_context::{PageContext, show};
use super::view::shared::{NoDay, SharedItem, SharedList, SharedTab};
use crate::api::{Id, decode_cursor, encode_cursor};
use crate::problem::Problem;

/// Rows of a page.
const ROWS: u32 = 30;
/// The kinds that are listed, with their names.
const KINDS: [(MessageSort, &str); 4] = [
    (MessageSort::Picture, "Pictures"),
    (MessageSort::Document, "Files"),
    (MessageSort::Audio, "Audio"),
    (MessageSort::Link, "Links"),
];

/// What is listed.
#[derive(Debug, Deserialize)]
pub(crate) struct Asked {
    #[serde(default)]
    kind: String,
    after: Option<String>,
}

/// `GET /web/conversations/{conversation}/shared`.
pub(crate) async fn list(
    ctx: PageContext,
    Id(id): Id<ConversationId>,
    Query(asked): Query<Asked>,
) -> Result<Html<String>, Problem> {
    let entry = ctx.crm().conversations().get(&ctx.actor, id).await?;
    let wanted = asked.kind.parse().unwrap_or(MessageSort::Picture);
    let (sort, _) = KINDS.into_iter().find(|(sort, _)| *sort == wanted).unwrap_or(KINDS[0]);
    let after = asked.after.as_deref().map(decode_cursor).transpose()?;
    let request = PageRequest { after, ..PageRequest::first(ROWS) };
    let page = ctx.crm().conversations().shared(&ctx.actor, id, sort, request).await?;
    let bubbles = Bubbles::of(&ctx, &entry, &page.items).await?;
    let mut items = Vec::with_capacity(page.items.len());
    for message in &page.items {
        let bubble = bubbles.bubble(message).await?;
        items.push(SharedItem {
            href: format!("inbox/{id}?at={}", message.id),
            links: match sort {
                MessageSort::Link => bubble.content.links(),
                _ => Vec::new(),
            },
            content: bubble.content,
            time: ctx.moment(message.event_at),
        });
    }
    let tab = |(kind, label): (MessageSort, &'static str)| SharedTab {
        kind: kind.as_str(),
        label,
        is_open: kind == sort,
    };
    show(&SharedList {
        conversation: id.to_string(),
        kind: sort.as_str(),
        tabs: KINDS.map(tab).into(),
        items,
        next: page.next.as_ref().map(encode_cursor),
        is_continuation: asked.after.is_some(),
    })
}

/// Which day.
#[derive(Debug, Deserialize)]
pub(crate) struct Day {
    #[serde(default)]
    on: String,
}

/// `GET /web/conversations/{conversation}/day`: to the last message of a day, or of the days before it.
pub(crate) async fn day(
    ctx: PageContext,
    Id(id): Id<ConversationId>,
    Query(asked): Query<Day>,
) -> Result<Response, Problem> {
    let Ok(day) = asked.on.parse::<NaiveDate>() else {
        return Err(Problem::invalid("on", "is needed: a day such as 2026-11-30"));
    };
    let next = day.succ_opt().and_then(|next| ctx.instant(next.and_time(NaiveTime::MIN)));
    let before = next.ok_or_else(|| Problem::invalid("on", "is no day of our calendar"))?;
    match ctx.crm().conversations().newest_before(&ctx.actor, id, before).await? {
        Some(message) => Ok(go_to(&ctx.state, &format!("inbox/{id}?at={message}"))),
        None => Ok(show(&NoDay { day: ctx.day(day) })?.into_response()),
    }
}
