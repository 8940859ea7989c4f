//! Help: requests to the operator of the server and what was answered.

use axum::response::{Html, Response};
use dialzio_core::page::PageRequest;
use dialzio_core::support::{NewSupportRequest, SupportAuthor, SupportMessage, SupportRequest, SupportState};
use dialzio_core::text::{SupportText, Title};
use dialzio_core::{Permission, SupportRequestId};

use super::entry::go_to;
use super::page_context::{PageContext, show};
use super::view::help::{HelpPage, HelpRow, HelpThread, HelpThreadPage, HelpWords};
use super::view::shell::Place;
use crate::api::{Id, text};
use crate::form::Fields;
use crate::problem::Problem;

/// `GET /help`.
pub(crate) async fn page(ctx: PageContext) -> Result<Html<String>, Problem> {
    let found = ctx.crm().support().list(&ctx.actor, PageRequest::first(PageRequest::MAX)).await?;
    let shell = ctx.shell("Help", Place::Help).await?;
    let requests = found.items.iter().map(|request| row(&ctx, request)).collect();
    let sees_all = ctx.may(Permission::SettingsManage);
    show(&HelpPage { shell, requests, sees_all, can_ask: ctx.actor.member().is_some() })
}

/// `GET /help/{support_request}`.
pub(crate) async fn thread_page(
    ctx: PageContext,
    Id(id): Id<SupportRequestId>,
) -> Result<Html<String>, Problem> {
    let thread = thread(&ctx, id).await?;
    show(&HelpThreadPage { shell: ctx.shell("Help", Place::Help).await?, thread })
}

const fn state_of(state: SupportState) -> &'static str {
    match state {
        SupportState::Open => "Waits for an answer",
        SupportState::Answered => "Answered",
        SupportState::Closed => "Closed",
    }
}

fn row(ctx: &PageContext, request: &SupportRequest) -> HelpRow {
    HelpRow {
        href: format!("help/{}", request.id),
        subject: request.subject.reveal().into(),
        member: ctx.member(request.member).unwrap_or_else(|| "Former member".to_owned()).into(),
        state: state_of(request.state),
        time: ctx.moment(request.changed_at),
    }
}

async fn thread(ctx: &PageContext, id: SupportRequestId) -> Result<HelpThread, Problem> {
    let found = ctx.crm().support().get(&ctx.actor, id).await?;
    let words = |message: &SupportMessage| HelpWords {
        author: match message.author {
            SupportAuthor::Operator => "Support".into(),
            SupportAuthor::Member(member) if ctx.actor.member() == Some(member) => "You".into(),
            SupportAuthor::Member(member) => {
                ctx.member(member).unwrap_or_else(|| "Former member".to_owned()).into()
            }
        },
        text: message.text.reveal().into(),
        time: ctx.moment(message.at),
    };
    Ok(HelpThread {
        id: id.to_string(),
        row: row(ctx, &found.request),
        is_closed: found.request.state == SupportState::Closed,
        messages: found.messages.iter().map(words).collect(),
        can_write: ctx.actor.member().is_some(),
    })
}

/// `POST /web/help`: a new request, whose page opens.
pub(crate) async fn open(ctx: PageContext, fields: Fields) -> Result<Response, Problem> {
    let new = NewSupportRequest {
        subject: text::<Title>("subject", fields.get("subject"))?,
        text: text::<SupportText>("text", fields.get("text"))?,
    };
    let made = ctx.crm().support().open(&ctx.actor, new).await?;
    Ok(go_to(&ctx.state, &format!("help/{}", made.id)))
}

/// `POST /web/help/{support_request}/reply`: the messages again.
pub(crate) async fn reply(
    ctx: PageContext,
    Id(id): Id<SupportRequestId>,
    fields: Fields,
) -> Result<Html<String>, Problem> {
    let written = text::<SupportText>("text", fields.get("text"))?;
    ctx.crm().support().reply(&ctx.actor, id, written).await?;
    show(&thread(&ctx, id).await?)
}

/// `POST /web/help/{support_request}/close`: the messages again.
pub(crate) async fn close(ctx: PageContext, Id(id): Id<SupportRequestId>) -> Result<Html<String>, Problem> {
    ctx.crm().support().close(&ctx.actor, id).await?;
    show(&thread(&ctx, id).await?)
}
