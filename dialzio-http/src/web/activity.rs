//! What happened around messages, as lines of the log: who was given a conversation, when it was closed and opened again,
//! and what the provider says about the person.

use chrono::{DateTime, Utc};
use dialzio_core::conversation::{Activity, ActivityKind, Content, InboxEntry, Message};
use dialzio_core::page::{Cursor, PageRequest};
use dialzio_core::{Principal, TypedId, id_floor};

use super::page_context::PageContext;
use super::view::Tone;
use super::view::thread::{EventLine, Item};
use super::words;
use crate::problem::Problem;

/// A notice of the provider's own, in the provider's word for it.
const IDENTITY_CHANGED: &str = "identity_changed";

/// What was done within a stretch of the log: from `since` on, before `until`, without an end where there is none.
pub(crate) async fn lines(
    ctx: &PageContext,
    entry: &InboxEntry,
    since: Option<DateTime<Utc>>,
    until: Option<DateTime<Utc>>,
) -> Result<Vec<(DateTime<Utc>, Item)>, Problem> {
    let id = entry.conversation.id;
    let name = words::person(ctx, entry);
    let mut found = Vec::new();
    // Ids hold the time, so the key of an instant is where its page begins.
    let after = until.map(|until| Cursor(id_floor(until).as_bytes().to_vec()));
    let mut page = PageRequest { after, ..PageRequest::first(PageRequest::MAX) };
    loop {
        let done = ctx.crm().conversations().activities(&ctx.actor, id, page.clone()).await?;
        let inside = |done: &&Activity| since.is_none_or(|since| since <= done.at);
        let whole = done.items.iter().all(|done| inside(&done));
        found.extend(
            done.items.iter().filter(inside).map(|done| (done.at, Item::Event(line(ctx, &name, done)))),
        );
        match done.next.filter(|_| whole) {
            Some(next) => page.after = Some(next),
            None => return Ok(found),
        }
    }
}

pub(crate) fn line(ctx: &PageContext, name: &str, done: &Activity) -> EventLine {
    EventLine {
        id: done.id.uuid().to_string(),
        text: sentence(ctx, name, done).into(),
        time: ctx.clock(done.at),
        tone: Tone::Neutral,
        folds: is_routine(done),
    }
}

/// Whether it is part of the daily round. Giving a conversation to another member is not: it says whose turn it is.
fn is_routine(done: &Activity) -> bool {
    match done.what {
        ActivityKind::Assigned { to: Some(to) } => {
            Principal::from_ref(&done.by).ok() == Some(Principal::Member(to))
        }
        _ => true,
    }
}

/// What was done, in a sentence.
pub(crate) fn sentence(ctx: &PageContext, name: &str, done: &Activity) -> String {
    let by = ctx.who(&done.by);
    let author = Principal::from_ref(&done.by).ok();
    let by_itself = matches!(author, Some(Principal::System { .. }));
    match done.what {
        ActivityKind::Assigned { to: Some(to) } if author == Some(Principal::Member(to)) => {
            format!("{by} assigned this to {}", if by == "You" { "yourself" } else { "themselves" })
        }
        ActivityKind::Assigned { to: Some(to) } => {
            let to = if ctx.actor.member() == Some(to) { Some("you".to_owned()) } else { ctx.member(to) };
            format!("{by} assigned this to {}", to.unwrap_or_else(|| "a former member".to_owned()))
        }
        ActivityKind::Assigned { to: None } => format!("{by} unassigned this conversation"),
        ActivityKind::Closed => format!("{by} closed the conversation"),
        ActivityKind::Reopened if by_itself => format!("Reopened: {name} wrote"),
        ActivityKind::Reopened => format!("{by} reopened the conversation"),
        ActivityKind::Snoozed { until } => format!("{by} snoozed the conversation until {}", ctx.when(until)),
        ActivityKind::Woken if by_itself => "Reopened: the snooze ended".to_owned(),
        ActivityKind::Woken => format!("{by} ended the snooze"),
        _ => format!("{by} changed the conversation"),
    }
}

/// Whether a message is a notice of the provider rather than of a person.
pub(crate) fn is_notice(content: &Content) -> bool {
    matches!(content, Content::System { what, .. } if what == IDENTITY_CHANGED)
}

/// A notice of the provider about the person, as a line.
pub(crate) fn notice(ctx: &PageContext, name: &str, message: &Message) -> Option<EventLine> {
    let Content::System { body, .. } = &message.content else { return None };
    if !is_notice(&message.content) {
        return None;
    }
    let text = match body {
        Some(words) => format!("WhatsApp says: {}", ctx.identifiers().sentence(words.reveal())),
        None => format!("{name} changed their number or account in WhatsApp"),
    };
    let (id, time) = (message.id.to_string(), ctx.clock(message.event_at));
    Some(EventLine { id, text: text.into(), time, tone: Tone::Warn, folds: false })
}
