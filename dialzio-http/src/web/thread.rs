//! The log of a conversation: messages, private notes and what happened to consent, in one order.

use axum::extract::Query;
use axum::response::Html;
use chrono::{DateTime, NaiveDate, Utc};
use dialzio_core::consent::{ConsentEvent, ConsentRecord, PurposeScope};
use dialzio_core::contact::Note;
use dialzio_core::conversation::{Direction, InboxEntry, Message};
use dialzio_core::page::{Cursor, Page, PageRequest};
use dialzio_core::{ConversationId, MessageId, Permission, Principal};
use serde::Deserialize;

use super::bubble::Bubbles;
use super::page_context::{PageContext, show};
use super::view::Tone;
use super::view::message::NoteItem;
use super::view::thread::{EventLine, Item, ThreadItems, fold};
use super::{activity, words};
use crate::api::{Id, decode_cursor, encode_cursor};
use crate::problem::Problem;

/// Messages of a stretch.
const STRETCH: u32 = 50;
/// How far back a conversation is opened at a message, in messages.
const REACH: usize = 1_000;

/// Where the stretch before the one that is shown begins: the store's key, and the time of the oldest message shown.
struct Earlier {
    cursor: Cursor,
    until: DateTime<Utc>,
}

impl Earlier {
    fn write(&self) -> String {
        format!("{}.{}", self.until.timestamp_micros(), encode_cursor(&self.cursor))
    }

    fn read(text: &str) -> Result<Self, Problem> {
        let unknown = || Problem::invalid("before", "is not one that was given out");
        let (micros, cursor) = text.split_once('.').ok_or_else(unknown)?;
        let until = micros.parse().ok().and_then(DateTime::from_timestamp_micros).ok_or_else(unknown)?;
        Ok(Self { cursor: decode_cursor(cursor)?, until })
    }
}

/// Which stretch is asked for.
#[derive(Debug, Deserialize)]
pub(crate) struct Asked {
    before: Option<String>,
}

/// `GET /web/conversations/{conversation}/thread`.
pub(crate) async fn read(
    ctx: PageContext,
    Id(id): Id<ConversationId>,
    Query(asked): Query<Asked>,
) -> Result<Html<String>, Problem> {
    let entry = ctx.crm().conversations().get(&ctx.actor, id).await?;
    let before = asked.before.as_deref().map(Earlier::read).transpose()?;
    let (until, after) = before.map(|earlier| (earlier.until, earlier.cursor)).unzip();
    let page = said(&ctx, &entry, after, STRETCH).await?;
    show(&stretch(&ctx, &entry, page, until, false).await?)
}

/// The latest stretch, with a line in front of what is new. It reaches back to a message that is looked at, if that is
/// among the latest [`REACH`].
pub(crate) async fn latest(
    ctx: &PageContext,
    entry: &InboxEntry,
    marks_new: bool,
    at: Option<MessageId>,
) -> Result<ThreadItems, Problem> {
    let mut page = said(ctx, entry, None, STRETCH).await?;
    let is_behind = |page: &Page<Message>| match (at, page.items.last()) {
        (Some(at), Some(oldest)) => at < oldest.id && page.items.len() < REACH,
        _ => false,
    };
    while is_behind(&page) {
        let Some(next) = page.next.take() else { break };
        let more = said(ctx, entry, Some(next), PageRequest::MAX).await?;
        page.items.extend(more.items);
        page.next = more.next;
    }
    stretch(ctx, entry, page, None, marks_new).await
}

/// Messages of the conversation, newest first.
async fn said(
    ctx: &PageContext,
    entry: &InboxEntry,
    after: Option<Cursor>,
    limit: u32,
) -> Result<Page<Message>, Problem> {
    let request = PageRequest { after, ..PageRequest::first(limit) };
    Ok(ctx.crm().conversations().messages(&ctx.actor, entry.conversation.id, request).await?)
}

async fn stretch(
    ctx: &PageContext,
    entry: &InboxEntry,
    page: Page<Message>,
    until: Option<DateTime<Utc>>,
    marks_new: bool,
) -> Result<ThreadItems, Problem> {
    let id = entry.conversation.id;
    let mut messages = page.items;
    messages.reverse();
    let since = page.next.as_ref().and_then(|_| messages.first()).map(|message| message.event_at);
    let earlier = page.next.zip(since).map(|(cursor, until)| Earlier { cursor, until }.write());

    let unread = if marks_new { entry.conversation.unread } else { 0 };
    let first_new = first_unread(&messages, unread);
    let bubbles = Bubbles::of(ctx, entry, &messages).await?;
    let mut timed: Vec<(DateTime<Utc>, Item)> = Vec::new();
    for message in &messages {
        if first_new == Some(message.id) {
            timed.push((message.event_at, Item::New { count: unread.into() }));
        }
        timed.push((message.event_at, item(ctx, entry, &bubbles, message).await?));
    }
    let inside =
        |at: DateTime<Utc>| since.is_none_or(|since| since <= at) && until.is_none_or(|until| at < until);
    for (at, item) in beside(ctx, entry).await? {
        if inside(at) {
            timed.push((at, item));
        }
    }
    timed.extend(activity::lines(ctx, entry, since, until).await?);
    timed.sort_by_key(|(at, _)| *at);
    Ok(ThreadItems { conversation: id.to_string(), earlier, items: fold(with_days(ctx, timed)) })
}

/// A message as a bubble; a notice of the provider about the person as a line.
async fn item(
    ctx: &PageContext,
    entry: &InboxEntry,
    bubbles: &Bubbles<'_>,
    message: &Message,
) -> Result<Item, Problem> {
    Ok(match activity::notice(ctx, &words::person(ctx, entry), message) {
        Some(line) => Item::Event(line),
        None => Item::Message(Box::new(bubbles.bubble(message).await?)),
    })
}

fn first_unread(messages: &[Message], unread: u32) -> Option<MessageId> {
    let place = (unread as usize).checked_sub(1)?;
    // Notices of the provider are in the log and were never unread.
    let said = |message: &&Message| {
        message.direction == Direction::Inbound && !activity::is_notice(&message.content)
    };
    let inbound = messages.iter().rev().filter(said);
    inbound.map(|message| message.id).nth(place)
}

/// Notes and consent entries of the person, which belong to no message.
async fn beside(ctx: &PageContext, entry: &InboxEntry) -> Result<Vec<(DateTime<Utc>, Item)>, Problem> {
    let contact = entry.conversation.contact;
    let mut all = Vec::new();
    if ctx.may(Permission::ContactsRead) {
        let notes = ctx.crm().contacts().notes(&ctx.actor, contact, PageRequest::first(100)).await?;
        all.extend(notes.items.iter().map(|note| (note.created_at, Item::Note(note_item(ctx, note)))));
    }
    if ctx.may(Permission::ConsentRead) {
        let records = ctx.crm().consents().history(&ctx.actor, contact, PageRequest::first(100)).await?;
        let name = words::person(ctx, entry);
        let each = |record: &ConsentRecord| (record.recorded_at, Item::Event(event_line(ctx, &name, record)));
        // One message may withdraw more than one thing: its widest entry is the one that is shown.
        let is_widest = |record: &&ConsentRecord| {
            record.scope == PurposeScope::Any
                || record.evidence.message.is_none()
                || !records.items.iter().any(|other| {
                    other.evidence.message == record.evidence.message
                        && (other.scope == PurposeScope::Any || other.id > record.id)
                })
        };
        all.extend(records.items.iter().filter(is_widest).map(each));
    }
    Ok(all)
}

/// A note as the log shows it.
pub(crate) fn note_item(ctx: &PageContext, note: &Note) -> NoteItem {
    NoteItem {
        id: note.id.to_string(),
        author: ctx.who(&note.author).into(),
        time: ctx.clock(note.created_at),
        text: note.text.reveal().into(),
    }
}

fn event_line(ctx: &PageContext, name: &str, record: &ConsentRecord) -> EventLine {
    let what = match record.scope {
        PurposeScope::Any => "all messages".to_owned(),
        scope => words::scope(scope).to_lowercase(),
    };
    let wrote = record.evidence.message.is_some();
    let by = ctx.who(&record.recorded_by);
    let is_automatic = matches!(Principal::from_ref(&record.recorded_by), Ok(Principal::System { .. }));
    let text = match (record.event, wrote) {
        (ConsentEvent::Withdrawn, true) => format!("{name} opted out of {what}"),
        (ConsentEvent::Given, true) => format!("{name} opted in to {what}"),
        (ConsentEvent::Given, false) => format!("{by} recorded an opt-in to {what}"),
        (ConsentEvent::Withdrawn, false) if is_automatic => {
            format!("Opt-out of {what} recorded automatically")
        }
        (ConsentEvent::Withdrawn, false) => format!("{by} recorded an opt-out of {what}"),
        (ConsentEvent::Refused, _) => format!("{by} recorded that {name} said no to {what}"),
        (ConsentEvent::Lifted, _) => format!("{name} took their opt-out back"),
        (ConsentEvent::ProviderStop, _) => format!("{name} stopped marketing in WhatsApp"),
        (ConsentEvent::ProviderResume, _) => format!("{name} resumed marketing in WhatsApp"),
    };
    let tone = match record.event {
        ConsentEvent::Given | ConsentEvent::Lifted | ConsentEvent::ProviderResume => Tone::Neutral,
        ConsentEvent::Refused | ConsentEvent::Withdrawn | ConsentEvent::ProviderStop => Tone::Bad,
    };
    let (id, time) = (record.id.to_string(), ctx.clock(record.recorded_at));
    EventLine { id, text: text.into(), time, tone, folds: false }
}

/// Puts a line in front of each day.
fn with_days(ctx: &PageContext, timed: Vec<(DateTime<Utc>, Item)>) -> Vec<Item> {
    let mut items = Vec::with_capacity(timed.len() + 4);
    let mut shown: Option<NaiveDate> = None;
    for (at, item) in timed {
        let date = ctx.local(at).date();
        if shown != Some(date) {
            shown = Some(date);
            items.push(day(ctx, date));
        }
        items.push(item);
    }
    items
}

fn day(ctx: &PageContext, date: NaiveDate) -> Item {
    Item::Day { date: date.to_string(), label: words::day(ctx, date) }
}

/// These messages alone, as the answer to something done with them. Without days: the page has them, and what is new
/// comes last.
pub(crate) async fn only(
    ctx: &PageContext,
    entry: &InboxEntry,
    messages: &[Message],
) -> Result<ThreadItems, Problem> {
    let bubbles = Bubbles::of(ctx, entry, messages).await?;
    let mut items = Vec::new();
    for message in messages {
        items.push(item(ctx, entry, &bubbles, message).await?);
    }
    Ok(ThreadItems { conversation: entry.conversation.id.to_string(), earlier: None, items })
}
