//! The dock: calls that ring or go on now, on every page, and the form after a call.

use axum::http::StatusCode;
use axum::response::{Html, IntoResponse, Response};
use chrono::TimeDelta;
use dialzio_core::call::{Call, CallQuery, CallState, NewCall};
use dialzio_core::consent::Purpose;
use dialzio_core::contact::TaskQuery;
use dialzio_core::conversation::Direction;
use dialzio_core::page::PageRequest;
use dialzio_core::phone::PhoneNumberError;
use dialzio_core::provider::CallAction;
use dialzio_core::{CallId, ContactId, Permission};

use super::call::{people, remark, wrap_up};
use super::call_query::read_number;
use super::calls::{names, who};
use super::page_context::{PageContext, show};
use super::view::calls::{Dock, DockCall};
use super::view::{Avatar, Shown};
use super::words;
use crate::api::{Id, word};
use crate::form::Fields;
use crate::problem::Problem;

/// How far back calls are looked at.
const LOOK_BACK: TimeDelta = TimeDelta::hours(2);
/// How long after its end a call is offered for an outcome.
const AFTERWARDS: TimeDelta = TimeDelta::minutes(15);
/// How far missed calls are counted.
const COUNTED: u32 = 100;
/// The most calls in the dock.
const MOST: usize = 3;

/// `GET /web/dock`.
pub(crate) async fn read(ctx: PageContext) -> Result<Html<String>, Problem> {
    if !ctx.may(Permission::CallsRead) {
        return show(&Dock::default());
    }
    #[cfg(feature = "sandbox")]
    seat(&ctx).await?;
    show(&dock(&ctx).await?)
}

/// In the sandbox each member who opens a page has a telephone on the desk.
#[cfg(feature = "sandbox")]
async fn seat(ctx: &PageContext) -> Result<(), Problem> {
    let (Some(sandbox), Some(member)) = (&ctx.state.options().sandbox, ctx.actor.member()) else {
        return Ok(());
    };
    let access = ctx.crm().access();
    let title = dialzio_core::Principal::service("sandbox").map_err(dialzio_core::Error::from)?;
    let by = access.act_as(ctx.actor.org(), title, dialzio_core::Role::Owner.grant()).await?;
    Ok(sandbox.telephone().seat(ctx.crm(), &by, member).await?)
}

/// Calls that concern the reader now.
pub(crate) async fn dock(ctx: &PageContext) -> Result<Dock, Problem> {
    let query = CallQuery { since: Some(ctx.now - LOOK_BACK), ..CallQuery::default() };
    let recent = ctx.crm().calls().list(&ctx.actor, &query, PageRequest::first(100)).await?.items;
    let concern: Vec<Call> = recent.into_iter().filter(|call| concerns(ctx, call)).take(MOST).collect();
    let names = names(ctx, &concern).await?;
    let mut calls = Vec::with_capacity(concern.len());
    for call in &concern {
        calls.push(shown(ctx, call, who(ctx, call, &names)).await?);
    }
    let missed = ctx.crm().calls().waiting(&ctx.actor, COUNTED).await?;
    Ok(Dock { missed, can_call: ctx.can_call().await?, calls })
}

/// A call concerns the member who placed it or whose agent is rung; one that rings for no known member concerns everybody
/// here who may place calls.
fn concerns(ctx: &PageContext, call: &Call) -> bool {
    let mine = call.member.is_some() && call.member == ctx.actor.member();
    let is_new = call.started_at > ctx.now - LOOK_BACK;
    match call.state {
        CallState::Queued | CallState::Dispatched | CallState::InProgress | CallState::Unknown => {
            mine && is_new
        }
        CallState::Ringing => {
            let open = call.direction == Direction::Inbound
                && call.member.is_none()
                && ctx.may(Permission::CallsWrite);
            is_new && (mine || open)
        }
        // A call that has just ended wants an outcome, and one that went nowhere says why.
        _ => {
            let ended = call.ended_at.unwrap_or(call.started_at);
            mine && call.disposition.is_none()
                && call.note.is_none()
                && ended > ctx.now - AFTERWARDS
                && !call.state.is_missed()
        }
    }
}

async fn shown(ctx: &PageContext, call: &Call, name: String) -> Result<DockCall, Problem> {
    let capabilities = ctx.crm().calls().capabilities(&ctx.actor, call.account).await.ok();
    let goes_on = !call.state.is_final() && call.state != CallState::Unknown;
    let can_write = ctx.may(Permission::CallsWrite);
    let label = |action: &CallAction| match action {
        CallAction::HangUp => ("hang_up", "Hang up"),
        CallAction::Hold => ("hold", "Hold"),
        CallAction::Resume => ("resume", "Resume"),
    };
    let known = capabilities.as_ref().map(|known| known.actions.as_slice()).unwrap_or_default();
    let may_control =
        goes_on && can_write && !matches!(call.state, CallState::Queued | CallState::Dispatched);
    let actions = if may_control { known.iter().map(label).collect() } else { Vec::new() };
    let is_silent = capabilities.as_ref().is_some_and(|known| !known.reports());
    let cannot = if may_control && is_silent {
        Some("The provider does not report on this call. Record how it went.")
    } else {
        (may_control && known.is_empty())
            .then_some("End this call at your telephone: the provider offers no way to do it from here.")
    };
    let state = match (call.state, call.direction) {
        (CallState::Ringing, Direction::Inbound) => "Incoming call",
        (CallState::Queued | CallState::Dispatched, _) => "Placing the call",
        (CallState::Ringing, Direction::Outbound) if is_silent => "Call placed",
        (CallState::Ringing, Direction::Outbound) => "Calling",
        (CallState::InProgress, _) => "In call",
        (CallState::Completed, _) => "Call ended",
        (CallState::NoAnswer, _) => "No answer",
        (CallState::Busy, _) => "Busy",
        (CallState::Unknown, _) => "Outcome not known",
        (CallState::Ended, _) => "Call over",
        _ => "Call not connected",
    };
    let since = goes_on.then(|| call.answered_at.unwrap_or(call.started_at).to_rfc3339());
    let (candidates, can_add) = if can_write { people(ctx, call).await? } else { (Vec::new(), false) };
    let wraps_up = can_write
        && matches!(
            call.state,
            CallState::InProgress
                | CallState::Completed
                | CallState::NoAnswer
                | CallState::Busy
                | CallState::Ended
        )
        || can_write && is_silent && call.state == CallState::Ringing;
    Ok(DockCall {
        id: call.id.to_string(),
        avatar: Avatar::of(&name),
        who: name.into(),
        contact: call.contact.map(|id| format!("contacts/{id}")),
        state,
        since,
        rings: call.state == CallState::Ringing,
        lines: match call.contact.filter(|_| goes_on) {
            Some(contact) => about(ctx, contact).await?,
            None => Vec::new(),
        },
        candidates,
        can_add,
        actions,
        cannot: cannot.map(Shown::from),
        wrap_up: if wraps_up { Some(wrap_up(ctx, call, "dock").await?) } else { None },
        remark: remark(call),
    })
}

/// What a member wants to know while it rings: stage and owner, the last words, what is open.
async fn about(ctx: &PageContext, id: ContactId) -> Result<Vec<Shown>, Problem> {
    if !ctx.may(Permission::ContactsRead) {
        return Ok(Vec::new());
    }
    let contact = ctx.crm().contacts().get(&ctx.actor, id).await?;
    let owner = contact.owner.and_then(|owner| ctx.member(owner));
    let stage = words::stage(contact.stage);
    let mut lines: Vec<Shown> =
        vec![owner.map_or_else(|| stage.to_owned(), |owner| format!("{stage} · {owner}")).into()];
    if ctx.may(Permission::ConversationsRead) {
        let talks = ctx.crm().conversations().of_contact(&ctx.actor, id).await?;
        if let Some(talk) = talks.iter().max_by_key(|talk| talk.last_at) {
            let entry = ctx.crm().conversations().get(&ctx.actor, talk.id).await?;
            lines.push(words::last_line(ctx, entry.last.as_ref()).into());
        }
    }
    let open = TaskQuery { contact: Some(id), assignee: None, open: true };
    for task in ctx.crm().contacts().tasks(&ctx.actor, &open, PageRequest::first(2)).await?.items {
        lines.push(format!("Open task: {}", task.title.reveal()).into());
    }
    Ok(lines)
}

/// `POST /web/calls`: places a call. The dock shows it as soon as it is written.
pub(crate) async fn place(ctx: PageContext, fields: Fields) -> Result<Response, Problem> {
    let contact: Option<ContactId> = fields.given("contact").map(|id| word("contact", id)).transpose()?;
    let call: Option<CallId> = fields.given("call").map(|id| word("call", id)).transpose()?;
    let wrong = |error: PhoneNumberError| Problem::invalid("number", error.to_string());
    let number = match (fields.given("number"), call, contact) {
        (Some(typed), _, _) => read_number(&ctx, typed).map_err(wrong)?,
        (None, Some(call), _) => {
            let call = ctx.crm().calls().get(&ctx.actor, call).await?;
            call.customer.ok_or_else(|| Problem::invalid("call", "has no number"))?
        }
        (None, None, Some(contact)) => ctx.crm().contacts().number(&ctx.actor, contact).await?,
        (None, None, None) => read_number(&ctx, "").map_err(wrong)?,
    };
    let account = fields.given("account").map(|id| word("account", id)).transpose()?;
    let key = Some(super::outgoing::key(&fields)?);
    let new = NewCall { account, number, contact, purpose: Purpose::Service, key };
    ctx.crm().calls().place(&ctx.actor, new).await?;
    let dock = super::page_context::beside("dock", "outerHTML", &dock(&ctx).await?)?;
    Ok((StatusCode::OK, Html(dock)).into_response())
}

/// `POST /web/calls/{call}/control`.
pub(crate) async fn control(
    ctx: PageContext,
    Id(id): Id<CallId>,
    fields: Fields,
) -> Result<Html<String>, Problem> {
    let action: CallAction = word("action", fields.get("action"))?;
    ctx.crm().calls().control(&ctx.actor, id, action).await?;
    show(&dock(&ctx).await?)
}
