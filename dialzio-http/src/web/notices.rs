//! What the reader was told about: the page, the bell's number, and what `@` offers in a note.

use axum::extract::Query;
use axum::http::StatusCode;
use axum::response::Html;
use dialzio_core::access::MemberState;
use dialzio_core::notice::{NoticeAbout, NoticeEntry, ReadNotices};
use dialzio_core::page::PageRequest;
use serde::Deserialize;

use super::page_context::{PageContext, show, unread_notices};
use super::view::Avatar;
use super::view::notices::{MentionOptions, NoticeList, NoticeRow, NoticesPage};
use super::view::shell::Place;
use crate::form::Fields;
use crate::problem::Problem;

/// Rows of a page.
const ROWS: u32 = 50;
/// Letters of a note that are shown.
const SHOWN: usize = 240;

/// What is listed, as the address says it.
#[derive(Debug, Clone, Default, Deserialize)]
pub(crate) struct Listed {
    #[serde(default)]
    unread: bool,
    rows: Option<u32>,
}

impl Listed {
    /// Of the query that a form carries.
    fn of(query: &str) -> Self {
        let field = |name: &str| {
            let mut pairs = url::form_urlencoded::parse(query.as_bytes());
            pairs.find(|(known, _)| known == name).map(|(_, value)| value.into_owned())
        };
        let rows = field("rows").and_then(|rows| rows.parse().ok());
        Self { unread: field("unread").as_deref() == Some("true"), rows }
    }
}

/// `GET /notices`.
pub(crate) async fn page(ctx: PageContext, Query(listed): Query<Listed>) -> Result<Html<String>, Problem> {
    let list = list(&ctx, &listed).await?;
    show(&NoticesPage { shell: ctx.shell("Notices", Place::Notices).await?, list })
}

/// `GET /web/notices`.
pub(crate) async fn read(ctx: PageContext, Query(listed): Query<Listed>) -> Result<Html<String>, Problem> {
    show(&list(&ctx, &listed).await?)
}

async fn list(ctx: &PageContext, listed: &Listed) -> Result<NoticeList, Problem> {
    let rows = listed.rows.unwrap_or(ROWS).clamp(ROWS, PageRequest::MAX);
    let page = ctx.crm().notices().list(&ctx.actor, listed.unread, PageRequest::first(rows)).await?;
    let unread = unread_notices(&ctx.state, &ctx.actor).await?;
    let next = page.next.is_some().then(|| (rows + ROWS).min(PageRequest::MAX)).filter(|next| *next > rows);
    Ok(NoticeList {
        unread_only: listed.unread,
        unread: (unread > 0).then(|| if unread > 99 { "99+".to_owned() } else { unread.to_string() }),
        rows,
        notices: page.items.into_iter().map(|entry| row(ctx, entry)).collect(),
        next,
    })
}

fn row(ctx: &PageContext, entry: NoticeEntry) -> NoticeRow {
    let notice = entry.notice;
    let author = ctx.who(&notice.author);
    let contact = notice.contact;
    let (href, did) = match notice.about {
        NoticeAbout::Mention(_) => (format!("contacts/{contact}"), "mentioned you in a note about"),
        NoticeAbout::Conversation(talk) => (format!("inbox/{talk}"), "assigned you the conversation with"),
        NoticeAbout::Task(_) => (format!("contacts/{contact}"), "assigned you a task about"),
    };
    let shown = |text: &str| match text.char_indices().nth(SHOWN) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text.to_owned(),
    };
    NoticeRow {
        id: notice.id.to_string(),
        href,
        avatar: Avatar::of(&author),
        author: author.into(),
        did,
        person: entry.contact_name.map_or_else(
            || "a contact without a name".into(),
            |name| (*ctx.identifiers().name(name.reveal())).into(),
        ),
        text: entry.text.map(|text| shown(text.reveal()).into()),
        time: ctx.moment(notice.created_at),
        is_unread: notice.read_at.is_none(),
    }
}

/// What a form says was read.
fn which(fields: &Fields) -> Result<ReadNotices, Problem> {
    let bad = |field: &'static str| Problem::invalid(field, "is no id");
    if let Some(notice) = fields.given("notice") {
        return notice.parse().map(ReadNotices::One).map_err(|_| bad("notice"));
    }
    if let Some(contact) = fields.given("contact") {
        return contact.parse().map(ReadNotices::About).map_err(|_| bad("contact"));
    }
    fields.get("up_to").parse().map(ReadNotices::UpTo).map_err(|_| bad("up_to"))
}

/// `POST /web/notices`: the list again.
pub(crate) async fn mark(ctx: PageContext, fields: Fields) -> Result<Html<String>, Problem> {
    ctx.crm().notices().read(&ctx.actor, which(&fields)?).await?;
    show(&list(&ctx, &Listed::of(fields.get("list"))).await?)
}

/// `POST /web/notices/opened`: what they were about is on the screen.
pub(crate) async fn opened(ctx: PageContext, fields: Fields) -> Result<StatusCode, Problem> {
    ctx.crm().notices().read(&ctx.actor, which(&fields)?).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// `GET /web/mentions`: the members whom a note may mention.
pub(crate) async fn mentions(ctx: PageContext) -> Result<Html<String>, Problem> {
    let active = ctx.members.iter().filter(|member| member.state == MemberState::Active);
    let others = active.filter(|member| Some(member.id) != ctx.actor.member());
    let option = |member: &dialzio_core::access::Member| {
        let name = member.name.reveal();
        (member.id.to_string(), name.into(), Avatar::of(name))
    };
    show(&MentionOptions { members: others.map(option).collect() })
}
