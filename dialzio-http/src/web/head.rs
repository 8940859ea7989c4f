//! The header of a conversation: who answers, and where it stands. Every change but reopening offers to be undone.

use axum::http::StatusCode;
use axum::response::Html;
use chrono::{DateTime, Datelike, Days, NaiveTime, TimeDelta, Utc, Weekday};
use dialzio_core::conversation::{ConversationState, InboxEntry};
use dialzio_core::{ConversationId, Permission};

use super::lines::Lines;
use super::page_context::{PageContext, beside, show};
use super::view::shell::Undo;
use super::view::state::State;
use super::view::thread::ThreadHead;
use super::view::{Action, Avatar, Choice};
use super::words;
use crate::api::Id;
use crate::form::Fields;
use crate::problem::Problem;

/// How long an undo is offered, in seconds.
const OFFERED: u32 = 10;

/// The header.
pub(crate) fn of(ctx: &PageContext, entry: &InboxEntry, lines: &Lines, here: &str) -> ThreadHead {
    let name = words::person(ctx, entry);
    let conversation = &entry.conversation;
    let state = conversation.state_at(ctx.now);
    let named = lines.name(conversation.account).map(|name| name.to_string());
    // A name that has the channel in it says it once.
    let channel = lines.channel(conversation.account);
    let mut line: Vec<String> = match named {
        Some(name) if name.starts_with(channel) => vec![name],
        Some(name) => vec![channel.to_owned(), name],
        None => vec![channel.to_owned()],
    };
    line.extend(words::address(entry, ctx.identifiers()).filter(|address| *address != name));
    if let Some(since) = entry.doubtful_since {
        line.push(format!("may be another person since {}", ctx.day_of(since)));
    }
    line.push(match conversation.assignee {
        Some(id) if ctx.actor.member() == Some(id) => "assigned to you".to_owned(),
        Some(id) => {
            format!("assigned to {}", ctx.member(id).unwrap_or_else(|| "a former member".to_owned()))
        }
        None => "unassigned".to_owned(),
    });
    ThreadHead {
        id: conversation.id.to_string(),
        avatar: Avatar::of(&name),
        name: name.into(),
        line: line.join(" · ").into(),
        state: match state {
            ConversationState::Open => State::Open,
            ConversationState::Snoozed { .. } => State::Snoozed,
            ConversationState::Closed => State::Closed,
        },
        until: match state {
            ConversationState::Snoozed { until } => Some(format!("until {}", ctx.when(until))),
            _ => None,
        },
        members: ctx.member_choices(conversation.assignee),
        me: ctx.actor.member().map(|id| id.to_string()).unwrap_or_default(),
        takes: if conversation.assignee.is_none() { "claim" } else { "assign" },
        snooze: snoozes(ctx),
        call: entry
            .phone
            .as_ref()
            .filter(|_| lines.can_call())
            .map(|number| (ctx.number_to_post(number), conversation.contact.to_string())),
        back: if here.is_empty() { "inbox".to_owned() } else { format!("inbox?{here}") },
        can_write: ctx.may(Permission::ConversationsWrite),
    }
}

pub(crate) fn rfc3339(at: DateTime<Utc>) -> String {
    at.to_rfc3339_opts(chrono::SecondsFormat::Secs, true)
}

/// When a conversation could come back.
pub(crate) fn snoozes(ctx: &PageContext) -> Vec<Choice> {
    let at = |days: u64, hour: u32| {
        let day = ctx.today().checked_add_days(Days::new(days))?;
        ctx.instant(day.and_time(NaiveTime::from_hms_opt(hour, 0, 0)?))
    };
    let to_monday = 7 - u64::from(ctx.today().weekday().days_since(Weekday::Mon));
    let all = [
        ("In 3 hours", Some(ctx.now + TimeDelta::hours(3))),
        ("This evening", at(0, 18).filter(|at| *at > ctx.now + TimeDelta::hours(1))),
        ("Tomorrow morning", at(1, 9)),
        ("Next Monday", at(to_monday, 9)),
        ("In a week", at(7, 9)),
    ];
    let choice = |(label, at): (&str, Option<DateTime<Utc>>)| {
        let at = at?;
        Some(Choice::new(rfc3339(at), label).with(ctx.local(at).format("%a %H:%M").to_string()))
    };
    all.into_iter().filter_map(choice).collect()
}

async fn answer(ctx: &PageContext, id: ConversationId, undo: Option<Undo>) -> Result<Html<String>, Problem> {
    let entry = ctx.crm().conversations().get(&ctx.actor, id).await?;
    let Html(mut html) = show(&of(ctx, &entry, &Lines::of(ctx).await?, ""))?;
    if let Some(undo) = undo {
        html.push_str(&beside("undo", "beforeend", &undo)?);
    }
    Ok(Html(html))
}

async fn name_of(ctx: &PageContext, id: ConversationId) -> Result<String, Problem> {
    Ok(words::person(ctx, &ctx.crm().conversations().get(&ctx.actor, id).await?))
}

/// The mark of a post that takes something back: no other Undo is offered for it.
const TAKES_BACK: &str = "takes_back";

fn undo(text: String, action: Action) -> Option<Undo> {
    let action = action.field(TAKES_BACK, "yes");
    Some(Undo { text: text.into(), action, target: "thread-head", seconds: OFFERED })
}

/// `GET /web/conversations/{conversation}/head`.
pub(crate) async fn read(ctx: PageContext, Id(id): Id<ConversationId>) -> Result<Html<String>, Problem> {
    answer(&ctx, id, None).await
}

/// `POST /web/conversations/{conversation}/assign`.
pub(crate) async fn assign(
    ctx: PageContext,
    Id(id): Id<ConversationId>,
    fields: Fields,
) -> Result<Html<String>, Problem> {
    let to = fields.given("member").map(|text| crate::api::word("member", text)).transpose()?;
    let service = ctx.crm().conversations();
    let entry = service.get(&ctx.actor, id).await?;
    let (name, before) = (words::person(&ctx, &entry), entry.conversation.assignee);
    service.assign(&ctx.actor, id, to).await?;
    let words = match to {
        Some(member) if ctx.actor.member() == Some(member) => format!("Assigned {name} to you"),
        Some(member) => format!("Assigned {name} to {}", ctx.member(member).unwrap_or_default()),
        None => format!("Unassigned {name}"),
    };
    let back = Action::new("Undo", format!("web/conversations/{id}/assign"))
        .field("member", before.map(|id| id.to_string()).unwrap_or_default());
    let is_new = before != to && fields.given(TAKES_BACK).is_none();
    answer(&ctx, id, if is_new { undo(words, back) } else { None }).await
}

/// `POST /web/conversations/{conversation}/claim`: for the member who asks, if it is unassigned.
pub(crate) async fn claim(ctx: PageContext, Id(id): Id<ConversationId>) -> Result<Html<String>, Problem> {
    let name = name_of(&ctx, id).await?;
    ctx.crm().conversations().claim(&ctx.actor, id, None, None).await?;
    let back = Action::new("Undo", format!("web/conversations/{id}/assign")).field("member", "");
    answer(&ctx, id, undo(format!("Assigned {name} to you"), back)).await
}

/// `POST /web/conversations/{conversation}/snooze`.
pub(crate) async fn snooze(
    ctx: PageContext,
    Id(id): Id<ConversationId>,
    fields: Fields,
) -> Result<Html<String>, Problem> {
    let until = fields.given("until").map(|text| DateTime::parse_from_rfc3339(text).map(|at| at.to_utc()));
    let until = until.transpose().map_err(|_| Problem::invalid("until", "is not a time"))?;
    let Some(until) = until else {
        ctx.crm().conversations().set_state(&ctx.actor, id, ConversationState::Open).await?;
        return answer(&ctx, id, None).await;
    };
    let undo = snooze_it(&ctx, id, until).await?;
    answer(&ctx, id, undo).await
}

async fn snooze_it(
    ctx: &PageContext,
    id: ConversationId,
    until: DateTime<Utc>,
) -> Result<Option<Undo>, Problem> {
    let name = name_of(ctx, id).await?;
    ctx.crm().conversations().set_state(&ctx.actor, id, ConversationState::Snoozed { until }).await?;
    let back = Action::new("Undo", format!("web/conversations/{id}/snooze")).field("until", "");
    Ok(undo(format!("Snoozed {name} until {}", ctx.when(until)), back))
}

async fn close_it(ctx: &PageContext, id: ConversationId) -> Result<Option<Undo>, Problem> {
    let name = name_of(ctx, id).await?;
    ctx.crm().conversations().set_state(&ctx.actor, id, ConversationState::Closed).await?;
    let back = Action::new("Undo", format!("web/conversations/{id}/reopen"));
    Ok(undo(format!("Closed {name}"), back))
}

/// `POST /web/conversations/{conversation}/close`.
pub(crate) async fn close(ctx: PageContext, Id(id): Id<ConversationId>) -> Result<Html<String>, Problem> {
    let undo = close_it(&ctx, id).await?;
    answer(&ctx, id, undo).await
}

/// What becomes of a conversation once something else was done in it.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Leave {
    /// It is closed.
    Closed,
    /// It comes back at a time.
    SnoozedUntil(DateTime<Utc>),
}

/// Closes or snoozes a conversation after something else was done in it: the header and the Undo, each for its place.
pub(crate) async fn left(ctx: &PageContext, id: ConversationId, then: Leave) -> Result<String, Problem> {
    let undo = match then {
        Leave::Closed => close_it(ctx, id).await?,
        Leave::SnoozedUntil(until) => snooze_it(ctx, id, until).await?,
    };
    let entry = ctx.crm().conversations().get(&ctx.actor, id).await?;
    let mut html = beside("thread-head", "outerHTML", &of(ctx, &entry, &Lines::of(ctx).await?, ""))?;
    if let Some(undo) = undo {
        html.push_str(&beside("undo", "beforeend", &undo)?);
    }
    Ok(html)
}

/// `POST /web/conversations/{conversation}/reopen`.
pub(crate) async fn reopen(ctx: PageContext, Id(id): Id<ConversationId>) -> Result<Html<String>, Problem> {
    ctx.crm().conversations().set_state(&ctx.actor, id, ConversationState::Open).await?;
    answer(&ctx, id, None).await
}

/// `POST /web/conversations/{conversation}/read`.
pub(crate) async fn seen(ctx: PageContext, Id(id): Id<ConversationId>) -> Result<StatusCode, Problem> {
    ctx.crm().conversations().seen(&ctx.actor, id).await?;
    Ok(StatusCode::NO_CONTENT)
}
