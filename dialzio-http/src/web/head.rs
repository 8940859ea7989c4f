//! The header of a conversation: who answers, and where it stands. Every change but reopening offers to be undone.

use axum::http::StatusCode;
use axum::response::Html;
use chrono::{DateTime, Datelike, Days, NaiveTime, TimeDelta, Utc, Weekday};
use dialzio_core::conversation::{ConversationState, InboxEntry};
use dialzio_core::{ConversationId, Permission};

use super::desk::{Desk, beside, show};
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
pub(crate) fn of(desk: &Desk, entry: &InboxEntry, here: &str) -> ThreadHead {
    let name = words::person(entry);
    let conversation = &entry.conversation;
    let state = conversation.state_at(desk.now);
    let mut line = vec!["WhatsApp".to_owned()];
    line.extend(words::address(entry).filter(|address| *address != name));
    if let Some(since) = entry.doubtful_since {
        line.push(format!("may be another person since {}", desk.day_of(since)));
    }
    line.push(match conversation.assignee {
        Some(id) if desk.actor.member() == Some(id) => "assigned to you".to_owned(),
        Some(id) => {
            format!("assigned to {}", desk.member(id).unwrap_or_else(|| "somebody who left".to_owned()))
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
            ConversationState::Snoozed { until } => Some(format!("until {}", desk.when(until))),
            _ => None,
        },
        members: desk.member_choices(conversation.assignee),
        me: desk.actor.member().map(|id| id.to_string()).unwrap_or_default(),
        takes: if conversation.assignee.is_none() { "claim" } else { "assign" },
        snooze: snoozes(desk),
        back: if here.is_empty() { "/inbox".to_owned() } else { format!("/inbox?{here}") },
        can_write: desk.may(Permission::ConversationsWrite),
    }
}

fn rfc3339(at: DateTime<Utc>) -> String {
    at.to_rfc3339_opts(chrono::SecondsFormat::Secs, true)
}

/// When a conversation could come back.
fn snoozes(desk: &Desk) -> Vec<Choice> {
    let at = |days: u64, hour: u32| {
        let day = desk.today().checked_add_days(Days::new(days))?;
        desk.instant(day.and_time(NaiveTime::from_hms_opt(hour, 0, 0)?))
    };
    let to_monday = 7 - u64::from(desk.today().weekday().days_since(Weekday::Mon));
    let all = [
        ("In three hours", Some(desk.now + TimeDelta::hours(3))),
        ("This evening", at(0, 18).filter(|at| *at > desk.now + TimeDelta::hours(1))),
        ("Tomorrow morning", at(1, 9)),
        ("Next Monday", at(to_monday, 9)),
        ("In a week", at(7, 9)),
    ];
    let choice = |(label, at): (&str, Option<DateTime<Utc>>)| {
        let at = at?;
        Some(Choice::new(rfc3339(at), label).with(desk.local(at).format("%a %H:%M").to_string()))
    };
    all.into_iter().filter_map(choice).collect()
}

async fn answer(desk: &Desk, id: ConversationId, undo: Option<Undo>) -> Result<Html<String>, Problem> {
    let entry = desk.crm().conversations().get(&desk.actor, id).await?;
    let Html(mut html) = show(&of(desk, &entry, ""))?;
    if let Some(undo) = undo {
        html.push_str(&beside("undo", &undo)?);
    }
    Ok(Html(html))
}

fn undo(text: String, action: Action) -> Option<Undo> {
    Some(Undo { text: text.into(), action, seconds: OFFERED })
}

/// `GET /web/conversations/{conversation}/head`.
pub(crate) async fn read(desk: Desk, Id(id): Id<ConversationId>) -> Result<Html<String>, Problem> {
    answer(&desk, id, None).await
}

/// `POST /web/conversations/{conversation}/assign`.
pub(crate) async fn assign(
    desk: Desk,
    Id(id): Id<ConversationId>,
    fields: Fields,
) -> Result<Html<String>, Problem> {
    let to = fields.given("member").map(|text| crate::api::word("member", text)).transpose()?;
    let service = desk.crm().conversations();
    let before = service.get(&desk.actor, id).await?.conversation.assignee;
    service.assign(&desk.actor, id, to).await?;
    let words = match to {
        Some(member) if desk.actor.member() == Some(member) => "Assigned to you".to_owned(),
        Some(member) => format!("Assigned to {}", desk.member(member).unwrap_or_default()),
        None => "Assigned to nobody".to_owned(),
    };
    let back = Action::new("Undo", format!("/web/conversations/{id}/assign"))
        .field("member", before.map(|id| id.to_string()).unwrap_or_default());
    answer(&desk, id, if before == to { None } else { undo(words, back) }).await
}

/// `POST /web/conversations/{conversation}/claim`: for the member who asks, if nobody has it.
pub(crate) async fn claim(desk: Desk, Id(id): Id<ConversationId>) -> Result<Html<String>, Problem> {
    desk.crm().conversations().claim(&desk.actor, id, None, None).await?;
    let back = Action::new("Undo", format!("/web/conversations/{id}/assign")).field("member", "");
    answer(&desk, id, undo("Assigned to you".to_owned(), back)).await
}

/// `POST /web/conversations/{conversation}/snooze`.
pub(crate) async fn snooze(
    desk: Desk,
    Id(id): Id<ConversationId>,
    fields: Fields,
) -> Result<Html<String>, Problem> {
    let until = fields.given("until").map(|text| DateTime::parse_from_rfc3339(text).map(|at| at.to_utc()));
    let until = until.transpose().map_err(|_| Problem::invalid("until", "is not a time"))?;
    let state = until.map_or(ConversationState::Open, |until| ConversationState::Snoozed { until });
    desk.crm().conversations().set_state(&desk.actor, id, state).await?;
    let offer = until.and_then(|until| {
        let back = Action::new("Undo", format!("/web/conversations/{id}/snooze")).field("until", "");
        undo(format!("Snoozed until {}", desk.when(until)), back)
    });
    answer(&desk, id, offer).await
}

/// `POST /web/conversations/{conversation}/close`.
pub(crate) async fn close(desk: Desk, Id(id): Id<ConversationId>) -> Result<Html<String>, Problem> {
    desk.crm().conversations().set_state(&desk.actor, id, ConversationState::Closed).await?;
    let back = Action::new("Undo", format!("/web/conversations/{id}/reopen"));
    answer(&desk, id, undo("Closed".to_owned(), back)).await
}

/// `POST /web/conversations/{conversation}/reopen`.
pub(crate) async fn reopen(desk: Desk, Id(id): Id<ConversationId>) -> Result<Html<String>, Problem> {
    desk.crm().conversations().set_state(&desk.actor, id, ConversationState::Open).await?;
    answer(&desk, id, None).await
}

/// `POST /web/conversations/{conversation}/read`.
pub(crate) async fn seen(desk: Desk, Id(id): Id<ConversationId>) -> Result<StatusCode, Problem> {
    desk.crm().conversations().seen(&desk.actor, id).await?;
    Ok(StatusCode::NO_CONTENT)
}
