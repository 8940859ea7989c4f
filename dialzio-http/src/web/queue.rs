//! The left pane: whose conversations wait, newest first.

use axum::extract::Query;
use axum::response::Html;
use dialzio_core::ConversationId;
use dialzio_core::contact::ContactQuery;
use dialzio_core::conversation::{
    Conversation, ConversationQuery, ConversationState, DeliveryStatus, Direction, InboxEntry, InboxView,
    QueueCounts, StateFilter,
};
use dialzio_core::page::{Page, PageRequest};
use serde::Deserialize;

use super::page_context::{PageContext, show};
use super::view::inbox::{Queue, QueueList, QueueRow, View};
use super::view::state::State;
use super::view::{Avatar, Chip, Shown, Tone};
use super::words;
use crate::api::{decode_cursor, encode_cursor};
use crate::problem::Problem;

/// Rows of a page.
const ROWS: u32 = 30;
/// People that a search looks at.
const FOUND: u32 = 50;

/// What is listed, as the address says it.
#[derive(Debug, Clone, Default, Deserialize)]
pub(crate) struct Listed {
    pub(crate) view: Option<String>,
    pub(crate) state: Option<String>,
    pub(crate) q: Option<String>,
    rows: Option<u32>,
    after: Option<String>,
}

impl Listed {
    /// The whole is the default: a conversation that nobody has taken yet must be seen.
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
    let page = if listed.search().is_empty() { page(ctx, listed).await? } else { found(ctx, listed).await? };
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
        rows: page.items.iter().map(|entry| row(ctx, entry, open)).collect(),
        next: page.next.as_ref().map(encode_cursor),
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

/// Conversations with people that match what was typed, within the tab that is open.
async fn found(ctx: &PageContext, listed: &Listed) -> Result<Page<InboxEntry>, Problem> {
    let query = ContactQuery::matching(listed.search());
    let people = ctx.crm().contacts().list(&ctx.actor, &query, PageRequest::first(FOUND)).await?;
    let service = ctx.crm().conversations();
    let mut items = Vec::new();
    for person in people.items {
        for conversation in service.of_contact(&ctx.actor, person.id).await? {
            if is_listed(ctx, &conversation, listed) {
                items.push(service.get(&ctx.actor, conversation.id).await?);
            }
        }
    }
    items.sort_by_key(|entry| std::cmp::Reverse((entry.conversation.last_at, entry.conversation.id)));
    Ok(Page { items, next: None })
}

fn is_listed(ctx: &PageContext, conversation: &Conversation, listed: &Listed) -> bool {
    let whose = match core_view(ctx, listed.view()) {
        InboxView::Mine(member) => conversation.assignee == Some(member),
        InboxView::Unassigned => conversation.assignee.is_none(),
        InboxView::All => true,
    };
    whose && conversation.state_at(ctx.now).as_str() == listed.state().name()
}

/// What is left of the reply window, in words.
pub(crate) fn time_left(minutes: i64) -> String {
    if minutes >= 60 { format!("{} h left", minutes / 60) } else { format!("{minutes} min left") }
}

fn row(ctx: &PageContext, entry: &InboxEntry, open: Option<ConversationId>) -> QueueRow {
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
    let left = conversation.window_left(ctx.now);
    if left.num_seconds() > 0 && conversation.state_at(ctx.now) != ConversationState::Closed {
        let tone = if left.num_minutes() < 60 { Tone::Warn } else { Tone::Ok };
        chips.push(Chip::new(tone, time_left(left.num_minutes())).closing(left.num_seconds()));
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
        time: ctx.moment(conversation.last_at),
        last: words::last_line(entry.last.as_ref()).into(),
        unread: conversation.unread.into(),
        chips,
        is_selected: open == Some(conversation.id),
    }
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
    Ok(Queue { account, search: listed.search().to_owned(), list: list(ctx, listed, open).await? })
}

/// `GET /web/inbox/queue`.
pub(crate) async fn read(ctx: PageContext, Query(listed): Query<Listed>) -> Result<Html<String>, Problem> {
    show(&list(&ctx, &listed, None).await?)
}
