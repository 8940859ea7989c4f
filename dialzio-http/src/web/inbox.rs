//! The inbox as a page, and one conversation with its person.

use axum::extract::Query;
use axum::response::Html;
use dialzio_core::ConversationId;

use super::lines::Lines;
use super::listed::Listed;
use super::page_context::{PageContext, show};
use super::queue;
use super::view::inbox::{Conversation, InboxPage};
use super::view::shell::Place;
use super::view::thread::ThreadPane;
use super::{composer, head, person, scheduled, thread, words};
use crate::api::Id;
use crate::problem::Problem;

/// `GET /inbox`.
pub(crate) async fn page(ctx: PageContext, Query(listed): Query<Listed>) -> Result<Html<String>, Problem> {
    let page = InboxPage {
        shell: ctx.shell("Inbox", Place::Inbox).await?,
        queue: queue::pane(&ctx, &listed, None).await?,
        conversation: Conversation::None,
    };
    show(&page)
}

/// `GET /inbox/{conversation}`.
pub(crate) async fn page_open(
    ctx: PageContext,
    Id(id): Id<ConversationId>,
    Query(listed): Query<Listed>,
) -> Result<Html<String>, Problem> {
    let (conversation, name) = open(&ctx, id, &listed).await?;
    let page = InboxPage {
        shell: ctx.shell(name, Place::Inbox).await?,
        queue: queue::pane(&ctx, &listed, Some(id)).await?,
        conversation,
    };
    show(&page)
}

/// `GET /web/conversations/{conversation}`.
pub(crate) async fn read(
    ctx: PageContext,
    Id(id): Id<ConversationId>,
    Query(listed): Query<Listed>,
) -> Result<Html<String>, Problem> {
    show(&open(&ctx, id, &listed).await?.0)
}

/// A conversation as it is: what is unread stays so until the page, once it is visible, says that it was read.
async fn open(
    ctx: &PageContext,
    id: ConversationId,
    listed: &Listed,
) -> Result<(Conversation, String), Problem> {
    let entry = ctx.crm().conversations().get(&ctx.actor, id).await?;
    let pane = ThreadPane {
        head: head::of(ctx, &entry, &Lines::of(ctx).await?, &listed.here()),
        at: listed.message().map(|message| message.to_string()),
        items: thread::latest(ctx, &entry, true, listed.message()).await?,
        scheduled: scheduled::of(ctx, id).await?,
        composer: composer::of(ctx, &entry).await?,
    };
    let person = person::pane(ctx, &entry).await?;
    let open = Conversation::Open { thread: Box::new(pane), person: Box::new(person) };
    Ok((open, words::person(ctx, &entry)))
}
