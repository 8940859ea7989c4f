//! The inbox as a page, and one conversation with its person.

use axum::extract::Query;
use axum::response::Html;
use dialzio_core::ConversationId;

use super::desk::{Desk, show};
use super::queue::{self, Listed};
use super::view::inbox::{Conversation, InboxPage};
use super::view::shell::Place;
use super::view::thread::ThreadPane;
use super::{composer, head, person, thread, words};
use crate::api::Id;
use crate::problem::Problem;

/// `GET /inbox`.
pub(crate) async fn page(desk: Desk, Query(listed): Query<Listed>) -> Result<Html<String>, Problem> {
    let page = InboxPage {
        shell: desk.shell("Inbox", Place::Inbox).await?,
        queue: queue::pane(&desk, &listed, None).await?,
        conversation: Conversation::None,
    };
    show(&page)
}

/// `GET /inbox/{conversation}`.
pub(crate) async fn page_open(
    desk: Desk,
    Id(id): Id<ConversationId>,
    Query(listed): Query<Listed>,
) -> Result<Html<String>, Problem> {
    let (conversation, name) = open(&desk, id, &listed).await?;
    let page = InboxPage {
        shell: desk.shell(name, Place::Inbox).await?,
        queue: queue::pane(&desk, &listed, Some(id)).await?,
        conversation,
    };
    show(&page)
}

/// `GET /web/conversations/{conversation}`.
pub(crate) async fn read(
    desk: Desk,
    Id(id): Id<ConversationId>,
    Query(listed): Query<Listed>,
) -> Result<Html<String>, Problem> {
    show(&open(&desk, id, &listed).await?.0)
}

/// A conversation as it is: what is unread stays so until the page, once it is visible, says that it was read.
async fn open(desk: &Desk, id: ConversationId, listed: &Listed) -> Result<(Conversation, String), Problem> {
    let entry = desk.crm().conversations().get(&desk.actor, id).await?;
    let pane = ThreadPane {
        head: head::of(desk, &entry, &listed.here()),
        items: thread::latest(desk, &entry, true).await?,
        composer: composer::of(desk, &entry).await?,
    };
    let person = person::pane(desk, &entry).await?;
    let open = Conversation::Open { thread: Box::new(pane), person: Box::new(person) };
    Ok((open, words::person(&entry)))
}
