//! What arrived and could not be used: why, what to do about it, trying again, throwing away.

use axum::extract::{Query, State};
use axum::response::{Html, Redirect};
use dialzio_core::QuarantineId;
use dialzio_core::page::PageRequest;
use dialzio_core::webhook::{QuarantineReason, Quarantined};
use serde::Deserialize;

use super::page_context::{PageContext, show};
use super::view::quarantine::{HeldEvent, HeldPage, HeldRow, HeldRows, QuarantinePage};
use super::view::shell::Place;
use super::view::{Chip, Fact, Tone};
use crate::api::{Id, decode_cursor, encode_cursor};
use crate::form::Fields;
use crate::problem::Problem;
use crate::state::AppState;

/// The word that is typed to throw something away.
const WORD: &str = "discard";

/// Where a page begins.
#[derive(Debug, Default, Deserialize)]
pub(crate) struct Paging {
    after: Option<String>,
}

fn reason(reason: QuarantineReason) -> (&'static str, &'static str) {
    match reason {
        QuarantineReason::Unreadable => {
            ("It could not be read", "Retry it after an update that knows this form; else discard it.")
        }
        QuarantineReason::Unrouted => {
            ("It is for a number that is not connected", "Connect the number, then retry it.")
        }
        QuarantineReason::Unknown => (
            "A kind of report that is not understood",
            "Nothing is lost for your people. Retry it after an update.",
        ),
        QuarantineReason::OutOfTime => {
            ("It is too old, or ahead of time", "Look at the phone for what was said; then discard it.")
        }
        QuarantineReason::Contradiction => (
            "The same message came with other words",
            "The first version was kept. Compare, then discard it.",
        ),
        QuarantineReason::Orphan => {
            ("Update of a message that never arrived", "Retry it if the message has arrived since.")
        }
        QuarantineReason::Stuck => {
            ("It failed again and again", "Retry it; if it stays, tell the operator of this server.")
        }
        QuarantineReason::Unsigned => (
            "A report without a signature would change something",
            "Check it with the provider; act on it by hand if it is true, then discard it.",
        ),
        QuarantineReason::Account => {
            ("Update of the account as a whole", "Read it, act on it, then discard it.")
        }
    }
}

fn row(ctx: &PageContext, item: &Quarantined) -> HeldRow {
    HeldRow {
        id: item.id.to_string(),
        time: ctx.moment(item.received_at),
        source: format!("{} webhook · {}", provider(item), item.what).into(),
        reason: reason(item.reason).0.into(),
        state: Chip::new(Tone::Warn, "Waiting"),
    }
}

fn provider(item: &Quarantined) -> &str {
    if item.provider == "whatsapp" { "WhatsApp" } else { &item.provider }
}

async fn rows(ctx: &PageContext, paging: &Paging) -> Result<HeldRows, Problem> {
    let after = paging.after.as_deref().map(decode_cursor).transpose()?;
    let request = PageRequest { after, ..PageRequest::first(50) };
    let page = ctx.crm().quarantine().list(&ctx.actor, request).await?;
    let next = page.next.as_ref().map(encode_cursor);
    Ok(HeldRows { rows: page.items.iter().map(|item| row(ctx, item)).collect(), next })
}

/// `GET /settings/events`.
pub(crate) async fn page(ctx: PageContext) -> Result<Html<String>, Problem> {
    let rows = rows(&ctx, &Paging::default()).await?;
    let shell = ctx.shell("Unprocessed events", Place::Quarantine).await?;
    let total = shell.held.unwrap_or_default();
    show(&QuarantinePage { shell, rows, total })
}

/// `GET /web/quarantine`.
pub(crate) async fn read(ctx: PageContext, Query(paging): Query<Paging>) -> Result<Html<String>, Problem> {
    show(&rows(&ctx, &paging).await?)
}

fn detail(ctx: &PageContext, item: &Quarantined, bytes: &[u8]) -> HeldEvent {
    let (why, advice) = reason(item.reason);
    let laid_out = serde_json::from_slice::<serde_json::Value>(bytes)
        .and_then(|value| serde_json::to_string_pretty(&value))
        .unwrap_or_else(|_| String::from_utf8_lossy(bytes).into_owned());
    HeldEvent {
        id: item.id.to_string(),
        reason: why.into(),
        advice: Some(advice.into()),
        state: Chip::new(Tone::Warn, "Waiting"),
        is_waiting: true,
        facts: vec![
            Fact::new("Arrived", ctx.moment(item.received_at).full),
            Fact::new("Source", format!("{} webhook", provider(item))),
            Fact::new("Kind", item.what.as_str()),
            Fact::new("Size", format!("{} bytes", bytes.len())),
            Fact::new("Removed on", ctx.day_of(item.expires_at)),
        ],
        payload: Some(laid_out.into()),
        confirm_word: WORD.to_owned(),
        outcome: None,
    }
}

async fn event(ctx: &PageContext, id: QuarantineId) -> Result<HeldEvent, Problem> {
    let (item, bytes) = ctx.crm().quarantine().open(&ctx.actor, id).await?;
    Ok(detail(ctx, &item, &bytes))
}

/// `GET /quarantine/{event}`: where the page was in the first releases.
pub(crate) async fn moved(State(state): State<AppState>, Id(id): Id<QuarantineId>) -> Redirect {
    super::entry::moved(&state, &format!("settings/events/{id}"))
}

/// `GET /settings/events/{event}`.
pub(crate) async fn held(ctx: PageContext, Id(id): Id<QuarantineId>) -> Result<Html<String>, Problem> {
    let event = event(&ctx, id).await?;
    show(&HeldPage { shell: ctx.shell("Unprocessed events", Place::Quarantine).await?, event })
}

fn settled(event: HeldEvent, state: &str, outcome: &str) -> HeldEvent {
    HeldEvent {
        is_waiting: false,
        advice: None,
        state: Chip::new(Tone::Neutral, state),
        outcome: Some(Chip::new(Tone::Ok, outcome)),
        ..event
    }
}

/// `POST /web/quarantine/{event}/replay`.
pub(crate) async fn replay(ctx: PageContext, Id(id): Id<QuarantineId>) -> Result<Html<String>, Problem> {
    let event = event(&ctx, id).await?;
    ctx.crm().quarantine().replay(&ctx.actor, id).await?;
    let words = "Retried. If it fails again, it stays here.";
    show(&settled(event, "Replayed", words))
}

/// `POST /web/quarantine/{event}/discard`.
pub(crate) async fn discard(
    ctx: PageContext,
    Id(id): Id<QuarantineId>,
    fields: Fields,
) -> Result<Html<String>, Problem> {
    if fields.get("confirm").trim() != WORD {
        return Err(Problem::invalid("confirm", "must be the word that is asked for"));
    }
    let event = event(&ctx, id).await?;
    ctx.crm().quarantine().discard(&ctx.actor, id).await?;
    show(&HeldEvent { payload: None, ..settled(event, "Discarded", "Thrown away.") })
}
