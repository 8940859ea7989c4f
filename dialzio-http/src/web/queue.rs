//! The left pane: whose conversations wait, newest first.

use axum::extract::Query;
use axum::response::Html;
use chrono::TimeDelta;
use dialzio_core::ConversationId;
use dialzio_core::conversation::{
    ConversationQuery, ConversationState, DeliveryStatus, Direction, DraftKind, InboxEntry, InboxView,
    QueueCounts, StateFilter,
};
use dialzio_core::page::{Page, PageRequest};
use serde::Deserialize;
use std::collections::BTreeMap;

use super::lines::Lines;
use super::page_context::{PageContext, show};
use super::view::inbox::{Queue, QueueGroup, QueueList, QueueRow, View};
use super::view::state::State;
use super::view::{Avatar, Chip, Shown, Tone};
use super::{bulk, words};
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

/// What is listed, as the address says it.
#[derive(Debug, Clone, Default, Deserialize)]
pub(crate) struct Listed {
    pub(crate) view: Option<String>,
    pub(crate) state: Option<String>,
    pub(crate) q: Option<String>,
    rows: Option<u32>,
    after: Option<String>,
    /// Of a search: the state whose next page is asked for.
    group: Option<StateFilter>,
}

impl Listed {
    /// The whole is the default: a conversation that no member has taken yet must be seen.
    pub(crate) fn view(&self) -> View {
        match self.view.as_deref() {
            Some("mine") => View::Mine,
            Some("unassigned") => View::Unassigned,
            _ => View::All,
        }
    }

    pub(crate) fn state(&self) -> State {
        match self.state.as_deref() {
            Some("snoozed") => State::Snoozed,
            Some("closed") => State::Closed,
            _ => State::Open,
        }
    }

    pub(crate) fn search(&self) -> &str {
        self.q.as_deref().unwrap_or_default().trim()
    }

    /// The query that lists the same again.
    pub(crate) fn here(&self) -> String {
        let mut query = url::form_urlencoded::Serializer::new(String::new());
        query.append_pair("view", self.view().name()).append_pair("state", self.state().name());
        if !self.search().is_empty() {
            query.append_pair("q", self.search());
        }
        query.finish()
    }
}

fn core_view(ctx: &PageContext, view: View) -> InboxView {
    match (view, ctx.actor.member()) {
        (View::Mine, Some(me)) => InboxView::Mine(me),
        (View::Unassigned, _) => InboxView::Unassigned,
        _ => InboxView::All,
    }
}

fn count(ctx: &PageContext, counts: &QueueCounts, view: View, state: State) -> u64 {
    counts.count(core_view(ctx, view), state.name()).into()
}

/// The list.
pub(crate) async fn list(
    ctx: &PageContext,
    listed: &Listed,
    open: Option<ConversationId>,
) -> Result<QueueList, Problem> {
    let (view, state) = (listed.view(), listed.state());
    let lines = Lines::of(ctx).await?;
    let groups = if listed.search().is_empty() {
        vec![group(ctx, &page(ctx, listed).await?, &lines, open).await?]
    } else {
        found(ctx, listed, &lines, open).await?
    };
    let counts = ctx.crm().conversations().counts(&ctx.actor).await?;
    let count = |view, state| count(ctx, &counts, view, state);
    Ok(QueueList {
        view,
        state,
        search: listed.search().to_owned(),
        mine: count(View::Mine, state),
        unassigned: count(View::Unassigned, state),
        all: count(View::All, state),
        open: count(view, State::Open),
        snoozed: count(view, State::Snoozed),
        groups,
        is_continuation: listed.after.is_some(),
    })
}

async fn page(ctx: &PageContext, listed: &Listed) -> Result<Page<InboxEntry>, Problem> {
    let state = match listed.state() {
        State::Open => StateFilter::Open,
        State::Snoozed => StateFilter::Snoozed,
        State::Closed => StateFilter::Closed,
    };
    let query = ConversationQuery { view: core_view(ctx, listed.view()), state, now: ctx.now };
    let after = listed.after.as_deref().map(decode_cursor).transpose()?;
    let request = PageRequest { after, ..PageRequest::first(listed.rows.unwrap_or(ROWS)) };
    Ok(ctx.crm().conversations().list(&ctx.actor, &query, request).await?)
}

/// A group without a heading.
async fn group(
    ctx: &PageContext,
    page: &Page<InboxEntry>,
    lines: &Lines,
    open: Option<ConversationId>,
) -> Result<QueueGroup, Problem> {
    let shown: Vec<_> = page.items.iter().map(|entry| entry.conversation.id).collect();
    let drafts = own_drafts(ctx, &shown).await?;
    let row = |entry: &InboxEntry| {
        let draft = drafts.get(&entry.conversation.id).cloned();
        QueueRow { draft, ..row(ctx, entry, lines, open) }
    };
    Ok(QueueGroup {
        state: None,
        count: String::new(),
        rows: page.items.iter().map(row).collect(),
        next: page.next.as_ref().map(encode_cursor),
    })
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
    let mut groups = Vec::new();
    for (filter, state) in [
        (StateFilter::Open, State::Open),
        (StateFilter::Snoozed, State::Snoozed),
        (StateFilter::Closed, State::Closed),
    ] {
        if listed.group.is_some_and(|wanted| wanted != filter) {
            continue;
        }
        let found =
            ctx.crm().conversations().find(&ctx.actor, listed.search(), filter, request.clone()).await?;
        if found.page.items.is_empty() {
            continue;
        }
        let count =
            found.total.map_or_else(|| format!("{}+", found.page.items.len()), |total| total.to_string());
        groups.push(QueueGroup { state: Some(state), count, ..group(ctx, &found.page, lines, open).await? });
    }
    Ok(groups)
}

/// What is left of the reply window, in words.
pub(crate) fn time_left(minutes: i64) -> String {
    if minutes >= 60 { format!("{} h", minutes / 60) } else { format!("{minutes} min") }
}

fn row(ctx: &PageContext, entry: &InboxEntry, lines: &Lines, open: Option<ConversationId>) -> QueueRow {
    let name = words::person(entry);
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
    chips.extend(window(ctx, entry));
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
    Ok(Queue {
        account,
        search: listed.search().to_owned(),
        list: list(ctx, listed, open).await?,
        bulk: bulk::bar(ctx),
    })
}

/// `GET /web/inbox/queue`.
pub(crate) async fn read(ctx: PageContext, Query(listed): Query<Listed>) -> Result<Html<String>, Problem> {
    show(&list(&ctx, &listed, None).await?)
}
