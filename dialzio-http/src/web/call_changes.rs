//! What members say of a call: its outcome, a note, a follow-up, whose it is, and that a missed one is done.

use axum::response::Html;
use chrono::NaiveDateTime;
use dialzio_core::call::{Call, CallPatch, RecordingConsent};
use dialzio_core::contact::{NewContact, NewTask};
use dialzio_core::text::{CallNote, PersonName, TaskTitle};
use dialzio_core::{CallId, ContactId, DispositionId, MediaId};

use super::call::card;
use super::dock;
use super::page_context::{PageContext, show};
use crate::api::{Id, text, word};
use crate::form::Fields;
use crate::problem::Problem;

async fn answer(ctx: &PageContext, call: &Call, place: &str) -> Result<Html<String>, Problem> {
    if place == "dock" { show(&dock::dock(ctx).await?) } else { show(&card(ctx, call).await?) }
}

/// `POST /web/calls/{call}/wrap-up`: outcome, note, and a follow-up.
pub(crate) async fn save(
    ctx: PageContext,
    Id(id): Id<CallId>,
    fields: Fields,
) -> Result<Html<String>, Problem> {
    let disposition: Option<DispositionId> =
        fields.given("disposition").map(|chosen| word("disposition", chosen)).transpose()?;
    let note = fields.given("note").map(|said| text::<CallNote>("note", said)).transpose()?;
    let title = fields.given("task").map(|title| text::<TaskTitle>("task", title)).transpose()?;
    let due = match fields.given("due") {
        Some(due) => {
            let local = NaiveDateTime::parse_from_str(due, "%Y-%m-%dT%H:%M");
            let local = local.map_err(|_| Problem::invalid("due", "is not a date and time"))?;
            ctx.instant(local)
        }
        None => None,
    };
    if due.is_some() && title.is_none() {
        return Err(Problem::invalid("task", "is missing: say what is to be done by then"));
    }
    if title.is_some() && ctx.crm().calls().get(&ctx.actor, id).await?.contact.is_none() {
        return Err(Problem::invalid("task", "needs a person: say first whose call it was"));
    }
    let patch = CallPatch { disposition: Some(disposition), note: Some(note), ..CallPatch::default() };
    let call = ctx.crm().calls().update(&ctx.actor, id, None, &patch).await?;
    if let (Some(title), Some(contact)) = (title, call.contact) {
        let new = NewTask { title, due_at: due, assignee: ctx.actor.member() };
        ctx.crm().contacts().add_task(&ctx.actor, contact, new).await?;
    }
    answer(&ctx, &call, fields.get("place")).await
}

/// `POST /web/calls/{call}/contact`: says whose call it is, or makes a contact of it.
pub(crate) async fn assign(
    ctx: PageContext,
    Id(id): Id<CallId>,
    fields: Fields,
) -> Result<Html<String>, Problem> {
    let contact: ContactId = match fields.given("contact") {
        Some(chosen) => word("contact", chosen)?,
        None => {
            let call = ctx.crm().calls().get(&ctx.actor, id).await?;
            let number = call
                .customer
                .ok_or_else(|| Problem::invalid("name", "cannot be added: the call has no number"))?;
            let name = fields.given("name").map(|name| text::<PersonName>("name", name)).transpose()?;
            let new = NewContact { name, ..NewContact::default() }.phone(number);
            ctx.crm().contacts().create(&ctx.actor, new).await?.id
        }
    };
    let patch = CallPatch { contact: Some(Some(contact)), ..CallPatch::default() };
    let call = ctx.crm().calls().update(&ctx.actor, id, None, &patch).await?;
    answer(&ctx, &call, fields.get("place")).await
}

/// `POST /web/calls/{call}/handled`: a missed call is done.
pub(crate) async fn handled(
    ctx: PageContext,
    Id(id): Id<CallId>,
    fields: Fields,
) -> Result<Html<String>, Problem> {
    let patch = CallPatch { handled: Some(true), ..Default::default() };
    let call = ctx.crm().calls().update(&ctx.actor, id, None, &patch).await?;
    // The log is read again when the event arrives; on its own page the call is shown as it is now.
    if fields.get("place") == "page" { show(&card(&ctx, &call).await?) } else { Ok(Html(String::new())) }
}

/// `POST /web/calls/{call}/recording-consent`: what the person said to being recorded. With a refusal the recordings are gone.
pub(crate) async fn recording_consent(
    ctx: PageContext,
    Id(id): Id<CallId>,
    fields: Fields,
) -> Result<Html<String>, Problem> {
    let said: RecordingConsent = word("recording_consent", fields.get("recording_consent"))?;
    let patch = CallPatch { recording_consent: Some(said), ..CallPatch::default() };
    let call = ctx.crm().calls().update(&ctx.actor, id, None, &patch).await?;
    show(&card(&ctx, &call).await?)
}

/// `POST /web/calls/{call}/recordings/delete`: a recording, before its time.
pub(crate) async fn delete_recording(
    ctx: PageContext,
    Id(id): Id<CallId>,
    fields: Fields,
) -> Result<Html<String>, Problem> {
    let recording: MediaId = word("recording", fields.get("recording"))?;
    ctx.crm().calls().delete_recording(&ctx.actor, id, recording).await?;
    show(&card(&ctx, &ctx.crm().calls().get(&ctx.actor, id).await?).await?)
}
