//! The left pane: whose conversations wait, newest first.

use axum::extract::Query;
use axum::response::Html;
use chrono::{DateTime, TimeDelta, Utc};
use dialzio_core::conversation::{
    ConversationOrder, ConversationState, DeliveryStatus, Direction, DraftKind, InboxEntry, StateFilter,
};
use dialzio_core::page::{Page, PageRequest};
use dialzio_core::saved_view::SavedQuery;
use dialzio_core::{ConversationId, Permission};
use std::collections::{BTreeMap, BTreeSet};

use super::filter;
use super::lines::Lines;
use super::listed::Listed;
use super::page_context::{PageContext, show};
use super::view::inbox::{Queue, QueueGroup, QueueList, QueueRow};
use super::view::state::State;
use super::view::{Avatar, Chip, Shown, Tone};
use super::{bulk, saved_views, words};
use crate::api::{decode_cursor, encode_cursor};
use crate::problem::Problem;

/// Rows of a page.
const ROWS: u32 = 30;
/// From when on a row says how long a reply is still possible.
const CLOSES_SOON: TimeDelta = TimeDelta::hours(4);
/// How much of a draft a row shows, in characters.
const DRAFT_SHOWN: usize = 120;
/// Rows of each state that a search shows at first.
const FOUND: u32 = 20;

/// The list.
pub(crate) async fn list(
    ctx: &PageContext,
    listed: &Listed,
    open: Option<ConversationId>,
) -> Result<QueueList, Problem> {
    let lines = Lines::of(ctx).await?;
    let groups = if listed.search().is_empty() {
        vec![group(ctx, listed, &page(ctx, listed).await?, &lines, open).await?]
    } else {
        found(ctx, listed, &lines, open).await?
    };
    let messages = super::found::messages(ctx, listed, &lines).await?;
    let chosen = listed.chosen();
    Ok(QueueList {
        view: listed.view(),
        state: listed.state(),
        search: listed.search().to_owned(),
        numbers: filter::numbers(ctx, listed).await?,
        narrowed: chosen.pairs(),
        chips: filter::chips(ctx, listed).await?,
        groups,
        messages,
        is_continuation: listed.after.is_some(),
    })
}

async fn page(ctx: &PageContext, listed: &Listed) -> Result<Page<InboxEntry>, Problem> {
    let query = filter::asked(ctx, &listed.chosen(), listed.view(), listed.state());
    let after = listed.after.as_deref().map(decode_cursor).transpose()?;
    let request = PageRequest { after, ..PageRequest::first(listed.rows.unwrap_or(ROWS)) };
    Ok(ctx.crm().conversations().list(&ctx.actor, &query, request).await?)
}

/// A group without a heading.
async fn group(
    ctx: &PageContext,
    listed: &Listed,
    page: &Page<InboxEntry>,
    lines: &Lines,
    open: Option<ConversationId>,
) -> Result<QueueGroup, Problem> {
    let shown: Vec<_> = page.items.iter().map(|entry| entry.conversation.id).collect();
    let drafts = own_drafts(ctx, &shown).await?;
    let opted_out = opted_out(ctx, page).await?;
    let is_waiting = listed.chosen().order == ConversationOrder::Waiting;
    let row = |entry: &InboxEntry| {
        let draft = drafts.get(&entry.conversation.id).cloned();
        let is_out = opted_out.contains(&entry.conversation.id);
        let mut row = QueueRow { draft, ..row(ctx, entry, is_out, lines, open) };
        if let Some(since) = entry.conversation.waiting_since.filter(|_| is_waiting) {
            row.chips.insert(0, waits(ctx, since));
        }
        row
    };
    Ok(QueueGroup {
        state: None,
        count: String::new(),
        rows: page.items.iter().map(row).collect(),
        next: page.next.as_ref().map(encode_cursor),
    })
}

/// Those of a page whose people opted out of all messages, for who may know.
async fn opted_out(ctx: &PageContext, page: &Page<InboxEntry>) -> Result<BTreeSet<ConversationId>, Problem> {
    if !ctx.may(Permission::ConsentRead) {
        return Ok(BTreeSet::new());
    }
    let talks: Vec<_> = page.items.iter().map(|entry| &entry.conversation).collect();
    Ok(ctx.crm().consents().opted_out(&ctx.actor, &talks).await?)
}

/// What the reader has begun to write in these conversations: the reply, else the note.
async fn own_drafts(
    ctx: &PageContext,
    shown: &[ConversationId],
) -> Result<BTreeMap<ConversationId, Shown>, Problem> {
    let mut drafts = ctx.crm().conversations().drafts(&ctx.actor, shown).await?;
    // Of two the later one in the list stays.
    drafts.sort_by_key(|draft| draft.kind == DraftKind::Reply);
    let first = |text: &str| text.chars().take(DRAFT_SHOWN).collect::<String>();
    Ok(drafts.iter().map(|draft| (draft.conversation, first(draft.text.reveal()).into())).collect())
}

/// Conversations with people that match what was typed: those of every state, each state with its number.
async fn found(
    ctx: &PageContext,
    listed: &Listed,
    lines: &Lines,
    open: Option<ConversationId>,
) -> Result<Vec<QueueGroup>, Problem> {
    let after = listed.after.as_deref().map(decode_cursor).transpose()?;
    let request = PageRequest { after, ..PageRequest::first(listed.rows.unwrap_or(FOUND).max(FOUND)) };
    let narrowed = listed.chosen().filter;
    let mut groups = Vec::new();
    for (filter, state) in [
        (StateFilter::Open, State::Open),
        (StateFilter::Snoozed, State::Snoozed),
        (StateFilter::Closed, State::Closed),
    ] {
        if listed.group.is_some_and(|wanted| wanted.state() != Some(filter)) {
            continue;
        }
        let found = ctx
            .crm()
            .conversations()
            .find(&ctx.actor, listed.search(), filter, narrowed.clone(), request.clone())
            .await?;
        if found.page.items.is_empty() {
            continue;
        }
        let count =
            found.total.map_or_else(|| format!("{}+", found.page.items.len()), |total| total.to_string());
        groups.push(QueueGroup {
            state: Some(state),
            count,
            ..group(ctx, listed, &found.page, lines, open).await?
        });
    }
    Ok(groups)
}

/// How long a person has been waiting for an answer.
fn waits(ctx: &PageContext, since: DateTime<Utc>) -> Chip {
    let minutes = (ctx.now - since).num_minutes().max(0);
    let long = match minutes {
        0..1_440 => time_left(minutes),
        _ => format!("{} d", minutes / 1_440),
    };
    Chip::new(Tone::Neutral, format!("Waiting {long}")).because(format!("Since {}", ctx.when(since)))
}

/// What is left of the reply window, in words.
pub(crate) fn time_left(minutes: i64) -> String {
    if minutes >= 60 { format!("{} h", minutes / 60) } else { format!("{minutes} min") }
}

fn row(
    ctx: &PageContext,
    entry: &InboxEntry,
    is_out: bool,
    lines: &Lines,
    open: Option<ConversationId>,
) -> QueueRow {
    let name = words::person(ctx, entry);
    let conversation = &entry.conversation;
    let mut chips = Vec::new();
    let status =
        entry.last.as_ref().filter(|last| last.direction == Direction::Outbound).map(|last| last.status);
    match status {
        Some(DeliveryStatus::Failed) => chips.push(Chip::new(Tone::Bad, "Not sent")),
        Some(DeliveryStatus::Unknown) => chips.push(Chip::new(Tone::Warn, "Outcome not known")),
        _ => {}
    }
    if entry.doubtful_since.is_some() {
        chips.push(Chip::new(Tone::Warn, "May be another person"));
    }
    // How long a reply would be possible is of no use where none is.
    if is_out {
        chips.push(Chip::new(Tone::Bad, "Opted out").because("Opted out of all messages"));
    } else {
        chips.extend(window(ctx, entry));
    }
    if entry.phone.is_none() {
        chips.push(Chip::new(Tone::Neutral, "No number shared"));
    }
    if let ConversationState::Snoozed { until } = conversation.state_at(ctx.now) {
        chips.push(Chip::new(Tone::Neutral, format!("Until {}", ctx.when(until))));
    }
    QueueRow {
        id: conversation.id.to_string(),
        avatar: Avatar::of(&name),
        name: name.into(),
        line: lines.name(conversation.account),
        time: ctx.moment(conversation.last_at),
        last: words::last_line(ctx, entry.last.as_ref()).into(),
        draft: None,
        unread: conversation.unread.into(),
        chips,
        is_selected: open == Some(conversation.id),
    }
}

/// The reply window where it matters: when it is about to close, and when it has closed before an answer was given.
fn window(ctx: &PageContext, entry: &InboxEntry) -> Option<Chip> {
    let conversation = &entry.conversation;
    if conversation.state_at(ctx.now) == ConversationState::Closed {
        return None;
    }
    let end = conversation.window_ends()?;
    let left = conversation.window_left(ctx.now);
    let waits = entry.last.as_ref().is_some_and(|last| last.direction == Direction::Inbound);
    if left.num_seconds() <= 0 {
        let hint = format!("The reply window closed {}", ctx.when(end));
        return waits.then(|| Chip::new(Tone::Neutral, "Template only").because(hint));
    }
    let hint = format!("The reply window closes {}", ctx.when(end));
    let tone = if left.num_minutes() < 60 { Tone::Bad } else { Tone::Warn };
    let chip = Chip::new(tone, format!("{} left", time_left(left.num_minutes()))).closing(left.num_seconds());
    (left < CLOSES_SOON).then(|| chip.because(hint))
}

/// The pane around the list.
pub(crate) async fn pane(
    ctx: &PageContext,
    listed: &Listed,
    open: Option<ConversationId>,
) -> Result<Queue, Problem> {
    let accounts = ctx.crm().accounts().list(&ctx.actor).await?;
    let account = match accounts.as_slice() {
        [one] => {
            let number =
                one.display_number.as_deref().map(|number| format!(" · {number}")).unwrap_or_default();
            Some(Shown::from(format!("{}{number}", one.name.reveal())))
        }
        _ => None,
    };
    let filter = filter::form(ctx, listed).await?;
    let views = saved_views::menu(ctx, listed.here(), SavedQuery::Inbox(listed.saved())).await?;
    Ok(Queue {
        views,
        account,
        search: listed.search().to_owned(),
        filter,
        list: list(ctx, listed, open).await?,
        bulk: bulk::bar(ctx),
    })
}

/// `GET /web/inbox/queue`.
pub(crate) async fn read(ctx: PageContext, Query(listed): Query<Listed>) -> Result<Html<String>, Problem> {
    show(&list(&ctx, &listed, None).await?)
}
