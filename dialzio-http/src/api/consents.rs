//! The consent ledger.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use chrono::{DateTime, Utc};
use dialzio_core::consent::{
    Channel, ConsentEvent, ConsentRecord, Evidence, EvidenceKind, NewConsent, Purpose, PurposeScope,
    State as Standing, Withdrawal,
};
use dialzio_core::text::EvidenceText;
use dialzio_core::{ConsentId, ContactId, MessageId};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::{Asked, Body, Id, List, Paging, text, word};
use crate::auth::Caller;
use crate::problem::Problem;
use crate::state::AppState;

/// What proves a consent or a withdrawal.
#[derive(Debug, Deserialize, ToSchema)]
#[schema(as = NewConsentEvidence)]
#[serde(deny_unknown_fields)]
pub struct NewEvidenceJson {
    #[schema(value_type = EvidenceKind)]
    kind: String,
    /// Where, when and how it was given.
    #[schema(value_type = EvidenceText)]
    note: String,
    /// The message that proves it.
    #[serde(default)]
    message: Option<MessageId>,
}

impl NewEvidenceJson {
    fn read(&self) -> Result<Evidence, Problem> {
        Ok(Evidence {
            kind: word::<EvidenceKind>("evidence", &self.kind)?,
            note: text::<EvidenceText>("evidence", &self.note)?,
            message: self.message,
        })
    }
}

/// What proves an entry of the ledger.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = ConsentEvidence)]
pub struct EvidenceJson {
    kind: EvidenceKind,
    /// Where, when and how it was given.
    note: String,
    /// The message that proves it.
    #[schema(required)]
    message: Option<MessageId>,
}

/// An entry of the ledger.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Consent)]
pub struct ConsentJson {
    id: ConsentId,
    /// The entry's place in the ledger of the organisation.
    seq: u64,
    contact: ContactId,
    channel: Channel,
    scope: PurposeScope,
    event: ConsentEvent,
    evidence: EvidenceJson,
    /// The principal who recorded it: `member:` or `key:` and an id, `service:` and a name, or `system`.
    recorded_by: String,
    /// When the person said it.
    occurred_at: DateTime<Utc>,
    recorded_at: DateTime<Utc>,
    /// When a consent expires.
    #[schema(required)]
    expires_at: Option<DateTime<Utc>>,
}

impl From<ConsentRecord> for ConsentJson {
    fn from(record: ConsentRecord) -> Self {
        let evidence = EvidenceJson {
            kind: record.evidence.kind,
            note: record.evidence.note.reveal().to_owned(),
            message: record.evidence.message,
        };
        Self {
            id: record.id,
            seq: record.seq.0,
            contact: record.contact,
            channel: record.channel,
            scope: record.scope,
            event: record.event,
            evidence,
            recorded_by: record.recorded_by,
            occurred_at: record.occurred_at,
            recorded_at: record.recorded_at,
            expires_at: record.expires_at,
        }
    }
}

/// `GET /v1/contacts/{contact}/consents`.
pub async fn list(
    State(state): State<AppState>,
    Caller(actor): Caller,
    Id(id): Id<ContactId>,
    Asked(paging): Asked<Paging>,
) -> Result<Json<List<ConsentJson>>, Problem> {
    let page = state.crm().consents().history(&actor, id, paging.request()?).await?;
    Ok(List::of(page, ConsentJson::from))
}

/// What counts now for one channel and purpose.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = ConsentState)]
pub struct StateJson {
    channel: Channel,
    purpose: Purpose,
    state: Standing,
    /// The person stopped marketing at the provider.
    provider_stop: bool,
    /// The entry that decides.
    #[schema(required)]
    record: Option<ConsentJson>,
}

/// `GET /v1/contacts/{contact}/consents/state`.
pub async fn state(
    State(state): State<AppState>,
    Caller(actor): Caller,
    Id(id): Id<ContactId>,
) -> Result<Json<List<StateJson>>, Problem> {
    let mut all = Vec::new();
    for channel in [Channel::WhatsApp, Channel::Sms, Channel::Voice] {
        for purpose in [Purpose::Marketing, Purpose::Utility, Purpose::Service] {
            let found = state.crm().consents().state(&actor, id, channel, purpose).await?;
            let provider_stop = found.provider_stop.is_some();
            let record = found.record.map(ConsentJson::from);
            all.push(StateJson { channel, purpose, state: found.state, provider_stop, record });
        }
    }
    Ok(List::all(all))
}

/// A new entry of the ledger.
#[derive(Debug, Deserialize, ToSchema)]
#[schema(as = NewConsent)]
#[serde(deny_unknown_fields)]
pub struct NewConsentJson {
    #[schema(value_type = Channel)]
    channel: String,
    #[schema(value_type = PurposeScope)]
    scope: String,
    evidence: NewEvidenceJson,
    /// When the person said it.
    occurred_at: DateTime<Utc>,
    /// When a consent expires; as the policy says unless given.
    expires_at: Option<DateTime<Utc>>,
    /// Of a withdrawal: the person was asked and refused.
    #[serde(default)]
    refused: bool,
}

/// `POST /v1/contacts/{contact}/consents`.
pub async fn record(
    State(state): State<AppState>,
    Caller(actor): Caller,
    Id(contact): Id<ContactId>,
    Body(new): Body<NewConsentJson>,
) -> Result<(StatusCode, Json<ConsentJson>), Problem> {
    let new = NewConsent {
        contact,
        channel: word("channel", &new.channel)?,
        scope: word("scope", &new.scope)?,
        evidence: new.evidence.read()?,
        occurred_at: new.occurred_at,
        expires_at: new.expires_at,
    };
    let record = state.crm().consents().grant(&actor, new).await?;
    Ok((StatusCode::CREATED, Json(record.into())))
}

/// `POST /v1/contacts/{contact}/consents/withdrawals`.
pub async fn withdraw(
    State(state): State<AppState>,
    Caller(actor): Caller,
    Id(contact): Id<ContactId>,
    Body(new): Body<NewConsentJson>,
) -> Result<(StatusCode, Json<ConsentJson>), Problem> {
    let new = Withdrawal {
        contact,
        channel: word("channel", &new.channel)?,
        scope: word("scope", &new.scope)?,
        evidence: new.evidence.read()?,
        occurred_at: new.occurred_at,
        refused: new.refused,
    };
    let record = state.crm().consents().withdraw(&actor, new).await?;
    Ok((StatusCode::CREATED, Json(record.into())))
}
