//! The consent ledger of a contact, and the two forms that add to it.

use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use chrono::NaiveDate;
use dialzio_core::consent::{
    Channel, ConsentEvent, ConsentRecord, Evidence, EvidenceKind, NewConsent, PurposeScope, Withdrawal,
};
use dialzio_core::page::PageRequest;
use dialzio_core::text::EvidenceText;
use dialzio_core::{ContactId, Permission};

use super::page_context::{PageContext, show};
use super::view::contact::{Ledger, LedgerEntry};
use super::view::{Chip, Choice, Tone};
use super::{problems, words};
use crate::api::{Id, text, word};
use crate::form::Fields;
use crate::problem::Problem;

/// The ledger, newest first.
pub(crate) async fn ledger(ctx: &PageContext, id: ContactId) -> Result<Ledger, Problem> {
    let records = ctx.crm().consents().history(&ctx.actor, id, PageRequest::first(PageRequest::MAX)).await?;
    let purposes = [PurposeScope::Marketing, PurposeScope::Utility, PurposeScope::Any];
    let channels = [Channel::WhatsApp, Channel::Sms, Channel::Voice, Channel::Any];
    let methods = [EvidenceKind::WebForm, EvidenceKind::Call, EvidenceKind::Paper, EvidenceKind::InPerson];
    Ok(Ledger {
        contact: id.to_string(),
        entries: records.items.iter().map(|record| entry(ctx, record)).collect(),
        purposes: purposes.map(|purpose| Choice::new(purpose.as_str(), words::scope(purpose))).into(),
        channels: channels.map(|channel| Choice::new(channel.as_str(), words::channel(channel))).into(),
        methods: methods.map(|kind| Choice::new(kind.as_str(), words::evidence(kind))).into(),
        record_error: None,
        withdraw_error: None,
        today: ctx.today().to_string(),
        can_write: ctx.may(Permission::ConsentWrite),
    })
}

fn entry(ctx: &PageContext, record: &ConsentRecord) -> LedgerEntry {
    let tone = match record.event {
        ConsentEvent::Given | ConsentEvent::Lifted | ConsentEvent::ProviderResume => Tone::Ok,
        ConsentEvent::Refused | ConsentEvent::Withdrawn | ConsentEvent::ProviderStop => Tone::Bad,
    };
    LedgerEntry {
        time: ctx.moment(record.occurred_at),
        event: Chip::new(tone, words::event(record.event)),
        purpose: words::scope(record.scope).into(),
        channel: words::channel(record.channel).into(),
        method: words::evidence(record.evidence.kind).into(),
        evidence: record.evidence.note.reveal().into(),
        by: ctx.who(&record.recorded_by).into(),
        expires: record.expires_at.map(|at| ctx.day_of(at)),
    }
}

/// `POST /web/contacts/{contact}/consent`.
pub(crate) async fn record(
    ctx: PageContext,
    Id(id): Id<ContactId>,
    fields: Fields,
) -> Result<Response, Problem> {
    let is_grant = fields.get("event") != "withdrawn";
    let done = if is_grant { grant(&ctx, id, &fields).await } else { withdraw(&ctx, id, &fields).await };
    let problem = match done {
        Ok(()) => return Ok(show(&ledger(&ctx, id).await?)?.into_response()),
        Err(problem) if problem.status == 422 => Some(problems::sentence(&problem)),
        Err(problem) => return Err(problem),
    };
    let again = ledger(&ctx, id).await?;
    let again = if is_grant {
        Ledger { record_error: problem, ..again }
    } else {
        Ledger { withdraw_error: problem, ..again }
    };
    Ok((StatusCode::UNPROCESSABLE_ENTITY, show(&again)?).into_response())
}

async fn grant(ctx: &PageContext, contact: ContactId, fields: &Fields) -> Result<(), Problem> {
    let day: NaiveDate = fields.get("date").parse().map_err(|_| Problem::invalid("date", "is not a day"))?;
    let new = NewConsent {
        contact,
        channel: word("channel", fields.get("channel"))?,
        scope: word("purpose", fields.get("purpose"))?,
        evidence: Evidence {
            kind: word("method", fields.get("method"))?,
            note: text::<EvidenceText>("evidence", fields.get("evidence").trim())?,
            message: None,
        },
        occurred_at: ctx.on_day(day).ok_or_else(|| Problem::invalid("date", "is not a day"))?,
        expires_at: None,
    };
    ctx.crm().consents().grant(&ctx.actor, new).await?;
    Ok(())
}

/// Taking back must be as easy as giving: what the person said is welcome, not needed.
async fn withdraw(ctx: &PageContext, contact: ContactId, fields: &Fields) -> Result<(), Problem> {
    let said = fields.given("evidence").unwrap_or("Told a member of the team");
    let new = Withdrawal {
        contact,
        channel: word("channel", fields.get("channel"))?,
        scope: word("purpose", fields.get("purpose"))?,
        evidence: Evidence {
            kind: EvidenceKind::InPerson,
            note: text::<EvidenceText>("evidence", said)?,
            message: None,
        },
        occurred_at: ctx.now,
        refused: false,
    };
    ctx.crm().consents().withdraw(&ctx.actor, new).await?;
    Ok(())
}
