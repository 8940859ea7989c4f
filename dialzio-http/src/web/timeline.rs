//! What happened with a contact, newest first, from everything that is kept about them.

use axum::extract::Query;
use axum::response::Html;
use chrono::{DateTime, Utc};
use dialzio_core::contact::TaskQuery;
use dialzio_core::conversation::Direction;
use dialzio_core::page::PageRequest;
use dialzio_core::{ContactId, Permission};
use serde::Deserialize;

use super::page_context::{PageContext, show};
use super::view::contact::{Timeline, TimelineItem};
use super::words;
use super::{activity, bubble};
use crate::api::Id;
use crate::problem::Problem;

/// Things on a page.
const SHOWN: usize = 40;
/// How far back each kind is looked at.
const LOOK: u32 = 200;

/// Where the page begins.
#[derive(Debug, Deserialize)]
pub(crate) struct From {
    after: Option<i64>,
}

/// `GET /web/contacts/{contact}/timeline`.
pub(crate) async fn read(
    ctx: PageContext,
    Id(id): Id<ContactId>,
    Query(from): Query<From>,
) -> Result<Html<String>, Problem> {
    let before = from.after.and_then(DateTime::from_timestamp_micros);
    show(&of(&ctx, id, before).await?)
}

struct Found {
    at: DateTime<Utc>,
    icon: &'static str,
    text: String,
    href: Option<String>,
}

/// A page of what happened before an instant.
pub(crate) async fn of(
    ctx: &PageContext,
    id: ContactId,
    before: Option<DateTime<Utc>>,
) -> Result<Timeline, Problem> {
    let mut found = messages(ctx, id).await?;
    found.extend(others(ctx, id).await?);
    found.retain(|item| before.is_none_or(|before| item.at < before));
    found.sort_by_key(|item| std::cmp::Reverse(item.at));
    let next = (found.len() > SHOWN).then(|| found[SHOWN - 1].at.timestamp_micros().to_string());
    let item = |found: Found| TimelineItem {
        icon: found.icon,
        text: found.text.into(),
        href: found.href,
        time: ctx.moment(found.at),
    };
    let items = found.into_iter().take(SHOWN).map(item).collect();
    Ok(Timeline { contact: id.to_string(), items, next })
}

async fn messages(ctx: &PageContext, id: ContactId) -> Result<Vec<Found>, Problem> {
    let mut found = Vec::new();
    if !ctx.may(Permission::ConversationsRead) {
        return Ok(found);
    }
    let service = ctx.crm().conversations();
    let contact = ctx.crm().contacts().get(&ctx.actor, id).await?;
    let identities = ctx.crm().contacts().identities(&ctx.actor, id).await?;
    let name = words::contact_name(&contact, &identities);
    for talk in service.of_contact(&ctx.actor, id).await? {
        let page = service.messages(&ctx.actor, talk.id, PageRequest::first(LOOK)).await?;
        let done = service.activities(&ctx.actor, talk.id, PageRequest::first(LOOK)).await?;
        found.extend(done.items.iter().map(|done| {
            let (text, href) = (activity::sentence(ctx, &name, done), Some(format!("inbox/{}", talk.id)));
            Found { at: done.at, icon: "inbox", text, href }
        }));
        found.extend(page.items.iter().map(|message| {
            let line = bubble::line(message);
            let text = match (message.direction, message.author.as_deref()) {
                (Direction::Outbound, Some(author)) => format!("{}: {line}", ctx.who(author)),
                (Direction::Outbound, None) => format!("Us: {line}"),
                (Direction::Inbound, _) => format!("{name}: {line}"),
            };
            Found { at: message.event_at, icon: "message", text, href: Some(format!("inbox/{}", talk.id)) }
        }));
    }
    Ok(found)
}

async fn others(ctx: &PageContext, id: ContactId) -> Result<Vec<Found>, Problem> {
    let mut found = Vec::new();
    let contact = ctx.crm().contacts().get(&ctx.actor, id).await?;
    found.push(Found {
        at: contact.created_at,
        icon: "person",
        text: "Contact created".to_owned(),
        href: None,
    });
    let notes = ctx.crm().contacts().notes(&ctx.actor, id, PageRequest::first(LOOK)).await?;
    found.extend(notes.items.iter().map(|note| {
        let text = format!("{} noted: {}", ctx.who(&note.author), note.text.reveal());
        Found { at: note.created_at, icon: "note", text, href: None }
    }));
    let query = TaskQuery { contact: Some(id), ..TaskQuery::default() };
    let tasks = ctx.crm().contacts().tasks(&ctx.actor, &query, PageRequest::first(LOOK)).await?;
    for task in &tasks.items {
        let title = task.title.reveal();
        found.push(Found { at: task.created_at, icon: "check", text: format!("Task: {title}"), href: None });
        if let Some(at) = task.done_at {
            found.push(Found { at, icon: "check", text: format!("Done: {title}"), href: None });
        }
    }
    if ctx.may(Permission::ConsentRead) {
        let records = ctx.crm().consents().history(&ctx.actor, id, PageRequest::first(LOOK)).await?;
        found.extend(records.items.iter().map(|record| Found {
            at: record.recorded_at,
            icon: "shield",
            text: format!(
                "Consent {}: {}, {}",
                words::event(record.event).to_lowercase(),
                words::channel(record.channel),
                words::scope(record.scope).to_lowercase()
            ),
            href: Some(format!("contacts/{id}?tab=consent")),
        }));
    }
    Ok(found)
}
