//! Canned replies: the page that keeps them, and the list above the reply box.

use axum::extract::Query;
use axum::http::StatusCode;
use axum::response::{Html, IntoResponse, Response};
use dialzio_core::canned_reply::{CannedReply, CannedReplyPatch, NewCannedReply, Placeholder, Shortcut};
use dialzio_core::text::{CannedText, Title};
use dialzio_core::{CannedReplyId, ConversationId, Error, Permission, Revision};
use serde::Deserialize;

use super::page_context::{PageContext, beside, show};
use super::view::Action;
use super::view::canned_replies::{CannedForm, CannedList, CannedOptions, CannedPage, CannedRow};
use super::view::shell::{Place, Undo};
use crate::api::{Id, Ids};
use crate::form::Fields;
use crate::problem::Problem;

/// How long an undo is offered, in seconds.
const OFFERED: u32 = 10;
/// The address of the list as a part of the page.
const LIST: &str = "web/canned-replies";

/// Which form is open: `new`, or the id of the one that is edited.
#[derive(Debug, Deserialize)]
pub(crate) struct Open {
    edit: Option<String>,
}

/// `GET /settings/canned-replies`.
pub(crate) async fn page(ctx: PageContext) -> Result<Html<String>, Problem> {
    let list = list(&ctx, None).await?;
    show(&CannedPage { shell: ctx.shell("Canned replies", Place::CannedReplies).await?, list })
}

/// `GET /web/canned-replies`: the list, with the form that is asked for.
pub(crate) async fn read(ctx: PageContext, Query(open): Query<Open>) -> Result<Html<String>, Problem> {
    let form = match open.edit.as_deref() {
        None | Some("") => None,
        Some("new") => Some(CannedForm::default()),
        Some(id) => {
            let id = id.parse().map_err(|_| Problem::not_found())?;
            Some(form_of(&ctx.crm().canned_replies().get(&ctx.actor, id).await?))
        }
    };
    show(&list(&ctx, form).await?)
}

fn form_of(kept: &CannedReply) -> CannedForm {
    CannedForm {
        id: Some(kept.id.to_string()),
        revision: kept.revision.0.to_string(),
        title: kept.title.reveal().to_owned(),
        shortcut: kept.shortcut.to_string(),
        text: kept.text.reveal().to_owned(),
        ..CannedForm::default()
    }
}

async fn list(ctx: &PageContext, form: Option<CannedForm>) -> Result<CannedList, Problem> {
    let can_manage = ctx.may(Permission::SettingsManage);
    let rows = ctx.crm().canned_replies().all(&ctx.actor).await?.iter().map(row).collect();
    Ok(CannedList { can_manage, rows, form: form.filter(|_| can_manage), placeholders: placeholders() })
}

/// Each placeholder with its meaning.
fn placeholders() -> Vec<(String, &'static str)> {
    let words = |placeholder| match placeholder {
        Placeholder::FirstName => "first name of the person",
        Placeholder::Name => "name of the person",
        Placeholder::Organisation => "name of your organisation",
        Placeholder::Member => "name of the member who sends it",
    };
    Placeholder::ALL.iter().map(|placeholder| (placeholder.token(), words(*placeholder))).collect()
}

fn row(kept: &CannedReply) -> CannedRow {
    CannedRow {
        id: kept.id.to_string(),
        revision: kept.revision.0.to_string(),
        title: kept.title.reveal().into(),
        shortcut: kept.shortcut.to_string(),
        text: kept.text.reveal().into(),
        first_line: kept
            .text
            .reveal()
            .lines()
            .find(|line| !line.trim().is_empty())
            .unwrap_or_default()
            .into(),
    }
}

/// What was typed, checked; mistakes are marked in the form.
fn checked(form: &mut CannedForm) -> Option<NewCannedReply> {
    let title = Title::parse(form.title.trim());
    let shortcut = Shortcut::parse(form.shortcut.trim().trim_start_matches('/'));
    let text = CannedText::parse(&form.text);
    form.title_error = title.as_ref().err().map(|error| format!("The title {error}."));
    form.shortcut_error = shortcut.as_ref().err().map(|error| format!("The shortcut {error}."));
    form.text_error = text.as_ref().err().map(|error| format!("The text {error}."));
    Some(NewCannedReply { title: title.ok()?, shortcut: shortcut.ok()?, text: text.ok()? })
}

fn typed(id: Option<CannedReplyId>, fields: &Fields) -> CannedForm {
    CannedForm {
        id: id.map(|id| id.to_string()),
        revision: fields.get("revision").to_owned(),
        title: fields.get("title").to_owned(),
        shortcut: fields.get("shortcut").to_owned(),
        text: fields.get("text").to_owned(),
        ..CannedForm::default()
    }
}

/// The form again with what was refused in words, at its field.
async fn again(ctx: &PageContext, mut form: CannedForm, error: Option<Error>) -> Result<Response, Problem> {
    match error {
        None => {}
        Some(Error::Duplicate { .. }) => {
            form.shortcut_error = Some("Another canned reply has this shortcut.".to_owned());
        }
        Some(Error::Invalid { field: "text", problem }) => {
            form.text_error = Some(format!("The text {problem}."));
        }
        Some(Error::Invalid { problem, .. }) => form.title_error = Some(format!("This {problem}.")),
        Some(Error::Stale { .. } | Error::Conflict { .. }) => {
            let id = form.id.as_deref().and_then(|id| id.parse().ok()).ok_or_else(Problem::not_found)?;
            let now = ctx.crm().canned_replies().get(&ctx.actor, id).await?;
            form.revision = now.revision.0.to_string();
            form.problem = Some(format!(
                "A colleague changed this canned reply while you were editing. It now reads: {} Save again to replace that with your version.",
                now.text.reveal()
            ));
        }
        Some(other) => return Err(other.into()),
    }
    Ok((StatusCode::UNPROCESSABLE_ENTITY, show(&list(ctx, Some(form)).await?)?).into_response())
}

/// `POST /web/canned-replies`: a new one, or one whose deletion is taken back.
pub(crate) async fn add(ctx: PageContext, fields: Fields) -> Result<Response, Problem> {
    let mut form = typed(None, &fields);
    let Some(new) = checked(&mut form) else { return again(&ctx, form, None).await };
    match ctx.crm().canned_replies().add(&ctx.actor, new).await {
        Ok(_) => Ok(show(&list(&ctx, None).await?)?.into_response()),
        Err(error) => again(&ctx, form, Some(error)).await,
    }
}

/// `POST /web/canned-replies/{canned_reply}`.
pub(crate) async fn save(
    ctx: PageContext,
    Id(id): Id<CannedReplyId>,
    fields: Fields,
) -> Result<Response, Problem> {
    let mut form = typed(Some(id), &fields);
    let Some(new) = checked(&mut form) else { return again(&ctx, form, None).await };
    let patch =
        CannedReplyPatch { title: Some(new.title), shortcut: Some(new.shortcut), text: Some(new.text) };
    match ctx.crm().canned_replies().change(&ctx.actor, id, Some(revision(&fields)?), patch).await {
        Ok(_) => Ok(show(&list(&ctx, None).await?)?.into_response()),
        Err(error) => again(&ctx, form, Some(error)).await,
    }
}

fn revision(fields: &Fields) -> Result<Revision, Problem> {
    let revision = fields.get("revision").parse().map(Revision);
    revision.map_err(|_| Problem::invalid("revision", "is not a revision"))
}

/// `POST /web/canned-replies/{canned_reply}/delete`: gone, with an Undo that adds it again.
pub(crate) async fn delete(
    ctx: PageContext,
    Id(id): Id<CannedReplyId>,
    fields: Fields,
) -> Result<Html<String>, Problem> {
    let gone = ctx.crm().canned_replies().delete(&ctx.actor, id, Some(revision(&fields)?)).await?;
    let Html(mut html) = show(&list(&ctx, None).await?)?;
    let action = Action::new("Undo", LIST)
        .field("title", gone.title.reveal())
        .field("shortcut", gone.shortcut.as_str())
        .field("text", gone.text.reveal());
    let text = format!("Deleted: {}", gone.title.reveal()).into();
    html.push_str(&beside(
        "undo",
        "beforeend",
        &Undo { text, action, seconds: OFFERED, target: "canned-list" },
    )?);
    Ok(Html(html))
}

/// `GET /web/conversations/{conversation}/canned-replies`: what `/` offers.
pub(crate) async fn options(ctx: PageContext, Id(id): Id<ConversationId>) -> Result<Html<String>, Problem> {
    let rows = ctx.crm().canned_replies().all(&ctx.actor).await?.iter().map(row).collect();
    show(&CannedOptions {
        conversation: id.to_string(),
        rows,
        can_manage: ctx.may(Permission::SettingsManage),
    })
}

/// `GET /web/conversations/{conversation}/canned-replies/{canned_reply}`: filled, as the box takes it.
pub(crate) async fn filled(
    ctx: PageContext,
    Ids(conversation, id): Ids<ConversationId, CannedReplyId>,
) -> Result<axum::Json<serde_json::Value>, Problem> {
    let filled = ctx.crm().canned_replies().filled(&ctx.actor, conversation, id).await?;
    let missing: Vec<_> = filled.missing.iter().map(|placeholder| placeholder.token()).collect();
    Ok(axum::Json(serde_json::json!({ "text": filled.text, "missing": missing })))
}

/// Refuses a text in which a placeholder is still open.
///
/// # Errors
/// `input.invalid`, with the placeholders that are left.
pub(crate) async fn refuse_unfilled(
    ctx: &PageContext,
    conversation: ConversationId,
    text: &str,
) -> Result<(), Problem> {
    let left = ctx.crm().canned_replies().unfilled(&ctx.actor, conversation, text).await?;
    if left.is_empty() {
        return Ok(());
    }
    let left: Vec<_> = left.into_iter().map(Placeholder::token).collect();
    let words = format!("has {} left to fill in: write the words in its place", left.join(" and "));
    Err(Problem::invalid("text", words))
}
