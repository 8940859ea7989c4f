//! Scheduled messages: they stand at the end of the thread until they are sent, and stay there if they are refused.

use axum::extract::Query;
use axum::http::StatusCode;
use axum::response::{Html, IntoResponse, Response};
use chrono::{DateTime, NaiveDateTime, Utc};
use dialzio_core::conversation::{NewScheduled, Preview, Scheduled, ScheduledPatch};
use dialzio_core::text::MessageText;
use dialzio_core::{ConversationId, Error, Permission, Revision, ScheduledMessageId};
use serde::Deserialize;

use super::page_context::{PageContext, beside, show};
use super::view::Action;
use super::view::scheduled::{ScheduledForm, ScheduledItem, ScheduledList};
use super::view::shell::Undo;
use super::{bubble, canned_replies, head, words};
use crate::api::{Id, text, word};
use crate::form::Fields;
use crate::problem::Problem;

/// How long an undo is offered, in seconds.
const OFFERED: u32 = 10;
/// How a field of day and time is written.
const LOCAL: &str = "%Y-%m-%dT%H:%M";

/// Which one is edited.
#[derive(Debug, Deserialize)]
pub(crate) struct Open {
    edit: Option<ScheduledMessageId>,
}

/// `GET /web/conversations/{conversation}/scheduled`.
pub(crate) async fn read(
    ctx: PageContext,
    Id(id): Id<ConversationId>,
    Query(open): Query<Open>,
) -> Result<Html<String>, Problem> {
    let all = ctx.crm().conversations().scheduled_in(&ctx.actor, id).await?;
    let form = all.iter().find(|one| Some(one.message.id) == open.edit).map(|one| form_of(&ctx, one));
    show(&list_of(&ctx, id, &all, form))
}

/// All of a conversation.
pub(crate) async fn of(ctx: &PageContext, id: ConversationId) -> Result<ScheduledList, Problem> {
    let all = ctx.crm().conversations().scheduled_in(&ctx.actor, id).await?;
    Ok(list_of(ctx, id, &all, None))
}

fn list_of(
    ctx: &PageContext,
    id: ConversationId,
    all: &[Scheduled],
    form: Option<ScheduledForm>,
) -> ScheduledList {
    ScheduledList {
        conversation: id.to_string(),
        items: all.iter().map(|one| item(ctx, one)).collect(),
        form,
        can_send: ctx.may(Permission::MessagesSend),
    }
}

fn item(ctx: &PageContext, one: &Scheduled) -> ScheduledItem {
    let kept = &one.message;
    let warning = match (&kept.refused, &one.forecast) {
        (None, Preview::Refused(refusal)) => {
            Some(format!("Will not be sent as things stand: {}", words::refusal(ctx, refusal)))
        }
        _ => None,
    };
    ScheduledItem {
        id: kept.id.to_string(),
        revision: kept.revision.0.to_string(),
        author: ctx.who(&kept.author).into(),
        text: kept.text.reveal().into(),
        when: ctx.when(kept.send_at),
        refused: kept.refused.as_ref().map(|refused| {
            let why = bubble::why_refused(&refused.why);
            if refused.at < kept.send_at {
                format!("Will not be sent. {why}").into()
            } else {
                format!("Not sent {}. {why}", ctx.when(kept.send_at)).into()
            }
        }),
        warning: warning.map(Into::into),
    }
}

fn form_of(ctx: &PageContext, one: &Scheduled) -> ScheduledForm {
    ScheduledForm {
        id: one.message.id.to_string(),
        revision: one.message.revision.0.to_string(),
        text: one.message.text.reveal().to_owned(),
        send_at: ctx.local(one.message.send_at).format(LOCAL).to_string(),
        ..ScheduledForm::default()
    }
}

/// The time that was chosen: an instant, or day and time in the organisation's zone.
fn chosen(ctx: &PageContext, field: &str, written: &str) -> Result<DateTime<Utc>, Problem> {
    if let Ok(at) = DateTime::parse_from_rfc3339(written) {
        return Ok(at.to_utc());
    }
    let local = NaiveDateTime::parse_from_str(written, LOCAL).ok().and_then(|local| ctx.instant(local));
    local.ok_or_else(|| Problem::invalid(field, "is needed: choose a day and a time"))
}

/// Schedules what was written in the reply box. The answer is the list at the end of the thread.
pub(crate) async fn schedule(
    ctx: &PageContext,
    id: ConversationId,
    fields: &Fields,
    new: NewScheduled,
) -> Result<Html<String>, Problem> {
    let at = match fields.get("send_at") {
        "own" => chosen(ctx, "send_at", fields.get("send_at_own"))?,
        written => chosen(ctx, "send_at", written)?,
    };
    ctx.crm().conversations().schedule(&ctx.actor, id, NewScheduled { send_at: at, ..new }).await?;
    Ok(Html(beside("scheduled", "outerHTML", &of(ctx, id).await?)?))
}

/// `POST /web/scheduled/{scheduled}`: another text or time.
pub(crate) async fn save(
    ctx: PageContext,
    Id(id): Id<ScheduledMessageId>,
    fields: Fields,
) -> Result<Response, Problem> {
    let conversation: ConversationId = word("conversation", fields.get("conversation"))?;
    let mut form = ScheduledForm {
        id: id.to_string(),
        revision: fields.get("revision").to_owned(),
        text: fields.get("text").to_owned(),
        send_at: fields.get("send_at").to_owned(),
        ..ScheduledForm::default()
    };
    let words = MessageText::parse(fields.get("text"));
    form.text_error = words.as_ref().err().map(|error| format!("The text {error}."));
    let open = canned_replies::refuse_unfilled(&ctx, conversation, fields.get("text")).await;
    if let Err(problem) = &open {
        form.text_error = Some(super::problems::sentence(problem));
    }
    let at = chosen(&ctx, "send_at", fields.get("send_at"));
    if at.is_err() {
        form.time_error = Some("Choose a day and a time.".to_owned());
    }
    if let (Ok(words), Ok(at), Ok(())) = (words, at, open) {
        let patch = ScheduledPatch { text: Some(words), send_at: Some(at) };
        let seen = fields.get("revision").parse().map(Revision);
        let seen = seen.map_err(|_| Problem::invalid("revision", "is not a revision"))?;
        match ctx.crm().conversations().reschedule(&ctx.actor, id, Some(seen), patch).await {
            Ok(_) => return Ok(show(&of(&ctx, conversation).await?)?.into_response()),
            Err(Error::Invalid { field: "send_at", problem }) => {
                form.time_error = Some(format!("The time {problem}."));
            }
            Err(Error::Invalid { problem, .. }) => form.text_error = Some(format!("The text {problem}.")),
            Err(Error::Refused(refusal)) => form.text_error = Some(words::refusal(&ctx, &refusal)),
            Err(Error::Stale { .. } | Error::Conflict { .. }) => {
                let now = ctx.crm().conversations().scheduled(&ctx.actor, id).await?;
                form.revision = now.message.revision.0.to_string();
                form.text_error = Some(format!(
                    "A colleague changed this message while you were editing. It now reads: {} Save again to replace that with your version.",
                    now.message.text.reveal()
                ));
            }
            Err(error) => return Err(error.into()),
        }
    }
    let all = ctx.crm().conversations().scheduled_in(&ctx.actor, conversation).await?;
    let list = list_of(&ctx, conversation, &all, Some(form));
    Ok((StatusCode::UNPROCESSABLE_ENTITY, show(&list)?).into_response())
}

/// `POST /web/scheduled/{scheduled}/cancel`, with an Undo that schedules it again while its time has not come.
pub(crate) async fn cancel(
    ctx: PageContext,
    Id(id): Id<ScheduledMessageId>,
    fields: Fields,
) -> Result<Html<String>, Problem> {
    let seen = fields.given("revision").and_then(|revision| revision.parse().ok()).map(Revision);
    let gone = ctx.crm().conversations().unschedule(&ctx.actor, id, seen).await?;
    let Html(mut html) = show(&of(&ctx, gone.conversation).await?)?;
    if gone.send_at > ctx.now {
        let again = format!("web/conversations/{}/scheduled", gone.conversation);
        let action = Action::new("Undo", again)
            .field("text", gone.text.reveal())
            .field("send_at", head::rfc3339(gone.send_at));
        let text = "Cancelled the scheduled message".into();
        html.push_str(&beside(
            "undo",
            "beforeend",
            &Undo { text, action, seconds: OFFERED, target: "scheduled" },
        )?);
    }
    Ok(Html(html))
}

/// `POST /web/conversations/{conversation}/scheduled`: a cancelled one is scheduled again.
pub(crate) async fn again(
    ctx: PageContext,
    Id(id): Id<ConversationId>,
    fields: Fields,
) -> Result<Html<String>, Problem> {
    let new = NewScheduled {
        text: text::<MessageText>("text", fields.get("text"))?,
        reply_to: None,
        send_at: chosen(&ctx, "send_at", fields.get("send_at"))?,
        key: None,
    };
    ctx.crm().conversations().schedule(&ctx.actor, id, new).await?;
    show(&of(&ctx, id).await?)
}
