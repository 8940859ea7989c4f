//! Calls: the log, placing and controlling them, what members say of them, and their recordings.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use chrono::{DateTime, Utc};
use dialzio_core::call::{
    Call, CallChannels, CallPatch, CallPreview, CallQuery, CallState, CallView, DurationClass, HangupCause,
    LegEvidence, NewCall, RecordingConsent, RecordingKind,
};
use dialzio_core::consent::{Channel, Purpose, RefusalCode};
use dialzio_core::contact::SubjectKey;
use dialzio_core::conversation::Direction;
use dialzio_core::media::{Media, MediaState};
use dialzio_core::provider::CallAction;
use dialzio_core::text::CallNote;
use dialzio_core::{
    AccountId, Actor, CallId, ChannelIdentityId, ContactId, DispositionId, Error, Identifiers, MediaId,
    MemberId, Permission, PhoneNumber, Revision, TaskId,
};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::conversations::present;
use super::media::{FileBytes, Ranged, serve};
use super::revision::{IfMatch, Revised, refusal};
use super::sending::Idempotency;
use super::{Asked, Body, Id, Ids, List, Paging, text, word};
use crate::auth::Caller;
use crate::problem::Problem;
use crate::state::AppState;

/// One call, whatever legs and reports there are of it.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Call)]
pub struct CallJson {
    id: CallId,
    /// The number or sender it went through.
    account: AccountId,
    /// By which way it went: `voice` by telephone, or `whatsapp`.
    channel: Channel,
    direction: Direction,
    state: CallState,
    /// Its end was confirmed by asking the provider, which no one else can forge.
    confirmed: bool,
    /// The person's number in E.164, or as `+91 •••• ••••21` for who sees numbers masked; null if it is withheld.
    #[schema(required)]
    customer: Option<String>,
    /// The person hides their number.
    withheld: bool,
    /// Our number, as the provider writes it.
    #[schema(required)]
    our_number: Option<String>,
    /// The channel identity of the person, where the provider carries messages too.
    #[schema(required)]
    identity: Option<ChannelIdentityId>,
    /// Whose call it is; null if that is not known, or if several people have the number.
    #[schema(required)]
    contact: Option<ContactId>,
    /// The member who spoke, was rung, or placed it.
    #[schema(required)]
    member: Option<MemberId>,
    /// The provider's id of the agent.
    #[schema(required)]
    agent: Option<String>,
    /// The principal who placed it; null for a call that was not placed from here.
    #[schema(required)]
    placed_by: Option<String>,
    /// What it is for; null for a call that was not placed from here.
    #[schema(required)]
    purpose: Option<Purpose>,
    /// The team or menu that took it, in the provider's words.
    #[schema(required)]
    queue: Option<String>,
    started_at: DateTime<Utc>,
    #[schema(required)]
    answered_at: Option<DateTime<Utc>>,
    #[schema(required)]
    ended_at: Option<DateTime<Utc>>,
    /// Seconds in which people spoke, as the provider reports it.
    #[schema(required)]
    talk_seconds: Option<u32>,
    /// Seconds that the caller waited, as the provider reports it.
    #[schema(required)]
    wait_seconds: Option<u32>,
    #[schema(required)]
    cause: Option<HangupCause>,
    /// The provider's word for an end that is not known.
    #[schema(required)]
    word: Option<String>,
    /// Why it was refused or failed.
    #[schema(required)]
    failure: Option<CallFailureJson>,
    #[schema(required)]
    disposition: Option<DispositionId>,
    #[schema(required)]
    note: Option<String>,
    recording_consent: RecordingConsent,
    /// Of a missed call: when the person was reached, or a member said that it is done.
    #[schema(required)]
    handled_at: Option<DateTime<Utc>>,
    /// Of a missed call: its follow-up.
    #[schema(required)]
    task: Option<TaskId>,
    /// A time had no zone and was read in the organisation's.
    zone_assumed: bool,
    revision: Revision,
    /// Of one call: its legs.
    #[serde(skip_serializing_if = "Option::is_none")]
    legs: Option<Vec<LegJson>>,
}

/// Why a call was refused or failed.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = CallFailure)]
struct CallFailureJson {
    code: String,
    #[schema(required)]
    detail: Option<String>,
}

/// One leg of a call: a person or an attempt to reach one.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = CallLeg)]
struct LegJson {
    /// The provider's id.
    id: String,
    /// The provider's id of the agent, if it is an agent's.
    #[schema(required)]
    agent: Option<String>,
    #[schema(required)]
    started_at: Option<DateTime<Utc>>,
    #[schema(required)]
    answered_at: Option<DateTime<Utc>>,
    #[schema(required)]
    ended_at: Option<DateTime<Utc>>,
    answered: bool,
}

impl LegJson {
    fn of(id: &str, leg: &LegEvidence) -> Self {
        let value =
            |time: &Option<dialzio_core::call::Sourced<DateTime<Utc>>>| time.as_ref().map(|time| time.value);
        Self {
            id: id.to_owned(),
            agent: leg.agent.as_ref().map(|agent| agent.value.clone()),
            started_at: value(&leg.started),
            answered_at: value(&leg.answered),
            ended_at: value(&leg.ended),
            answered: leg.is_answered(),
        }
    }
}

impl CallJson {
    /// A call with the way that it went.
    pub(crate) fn of(call: Call, channels: &CallChannels, seen: Identifiers) -> Self {
        Self {
            id: call.id,
            account: call.account,
            channel: channels.of(call.account),
            direction: call.direction,
            state: call.state,
            confirmed: call.confirmed,
            customer: call.customer.as_ref().map(|number| seen.number(number)),
            withheld: call.withheld,
            our_number: call.our_number,
            identity: call.identity,
            contact: call.contact,
            member: call.member,
            agent: call.agent,
            placed_by: call.placed_by,
            purpose: call.purpose,
            queue: call.evidence.queue.as_ref().map(|queue| queue.value.clone()),
            started_at: call.started_at,
            answered_at: call.answered_at,
            ended_at: call.ended_at,
            talk_seconds: call.talk_seconds,
            wait_seconds: call.wait_seconds,
            cause: call.cause,
            word: call.word,
            failure: call.failure.map(|why| CallFailureJson { code: why.code, detail: why.detail }),
            disposition: call.disposition,
            note: call.note.map(|note| note.reveal().to_owned()),
            recording_consent: call.recording_consent,
            handled_at: call.handled_at,
            task: call.task,
            zone_assumed: call.evidence.zone_assumed,
            revision: call.revision,
            legs: None,
        }
    }
}

/// One call with its legs.
async fn revised(state: &AppState, by: &Actor, call: Call) -> Result<Revised<CallJson>, Error> {
    let legs = call
        .evidence
        .legs
        .iter()
        .filter(|(id, _)| !id.is_empty())
        .map(|(id, leg)| LegJson::of(id, leg))
        .collect();
    let channels = state.crm().calls().channels(by).await?;
    Ok(Revised::at(
        call.revision,
        CallJson { legs: Some(legs), ..CallJson::of(call, &channels, by.identifiers()) },
    ))
}

/// Which calls are asked for. All conditions hold at once.
#[derive(Debug, Default, Deserialize, IntoParams)]
pub struct CallFilter {
    /// The part of the log: `all`, `inbound`, `outbound`, `missed`, `waiting` or `voicemail`.
    #[param(inline, value_type = Option<CallView>)]
    view: Option<String>,
    #[param(inline, value_type = Option<AccountId>)]
    account: Option<String>,
    #[param(inline, value_type = Option<MemberId>)]
    member: Option<String>,
    #[param(inline, value_type = Option<ContactId>)]
    contact: Option<String>,
    /// The person's number, in international form or as it is dialled in the organisation's country.
    number: Option<String>,
    #[param(inline, value_type = Option<CallState>)]
    state: Option<String>,
    #[param(inline, value_type = Option<DispositionId>)]
    disposition: Option<String>,
    /// How long people spoke.
    #[param(inline, value_type = Option<DurationClass>)]
    duration: Option<String>,
    /// Calls that began at or after this time.
    #[param(value_type = Option<DateTime<Utc>>)]
    since: Option<String>,
    /// Calls that began before this time.
    #[param(value_type = Option<DateTime<Utc>>)]
    until: Option<String>,
}

impl CallFilter {
    /// What is asked of the log.
    ///
    /// # Errors
    /// A problem that names the field that cannot be read.
    pub(crate) async fn query(&self, state: &AppState, by: &Actor) -> Result<CallQuery, Problem> {
        fn read<T: std::str::FromStr>(field: &str, text: &Option<String>) -> Result<Option<T>, Problem> {
            text.as_deref().filter(|text| !text.is_empty()).map(|text| word(field, text)).transpose()
        }
        let time = |field: &str, text: &Option<String>| {
            let text = text.as_deref().filter(|text| !text.is_empty());
            let read = text.map(|text| DateTime::parse_from_rfc3339(text).map(|at| at.with_timezone(&Utc)));
            read.transpose().map_err(|_| Problem::invalid(field, "is a time such as 2026-11-29T09:30:00Z"))
        };
        // Rights first: what cannot be read is told to callers alone who may see calls.
        state.crm().calls().dials_in(by, Permission::CallsRead).await?;
        let customer = match self.number.as_deref().filter(|text| !text.is_empty()) {
            Some(text) => Some(SubjectKey::phone(&number(state, by, Permission::CallsRead, text).await?)),
            None => None,
        };
        Ok(CallQuery {
            view: read("view", &self.view)?.unwrap_or_default(),
            account: read("account", &self.account)?,
            member: read("member", &self.member)?,
            contact: read("contact", &self.contact)?,
            customer,
            state: read("state", &self.state)?,
            disposition: read("disposition", &self.disposition)?,
            duration: read("duration", &self.duration)?,
            since: time("since", &self.since)?,
            until: time("until", &self.until)?,
        })
    }
}

/// A number as people type it, read in the organisation's region. Rights are looked at first.
///
/// # Errors
/// A problem that says what is wrong with it.
async fn number(
    state: &AppState,
    by: &Actor,
    permission: Permission,
    text: &str,
) -> Result<PhoneNumber, Problem> {
    let region = state.crm().calls().dials_in(by, permission).await?;
    let read = region.map_or_else(|| PhoneNumber::parse(text), |region| PhoneNumber::parse_in(text, region));
    read.map_err(|error| Problem::invalid("number", error.to_string()))
}

/// `GET /v1/calls`.
pub async fn list(
    State(state): State<AppState>,
    Caller(actor): Caller,
    Asked(filter): Asked<CallFilter>,
    Asked(paging): Asked<Paging>,
) -> Result<Json<List<CallJson>>, Problem> {
    let query = filter.query(&state, &actor).await?;
    listed(&state, &actor, &query, &paging).await
}

async fn listed(
    state: &AppState,
    by: &Actor,
    query: &CallQuery,
    paging: &Paging,
) -> Result<Json<List<CallJson>>, Problem> {
    let found = state.crm().calls().list(by, query, paging.request()?).await?;
    let channels = state.crm().calls().channels(by).await?;
    Ok(List::of(found, |call| CallJson::of(call, &channels, by.identifiers())))
}

/// `GET /v1/missed-calls`: those that wait to be called back.
pub async fn missed(
    State(state): State<AppState>,
    Caller(actor): Caller,
    Asked(paging): Asked<Paging>,
) -> Result<Json<List<CallJson>>, Problem> {
    let query = CallQuery { view: CallView::Waiting, ..CallQuery::default() };
    listed(&state, &actor, &query, &paging).await
}

/// `GET /v1/calls/{call}`.
pub async fn get(
    State(state): State<AppState>,
    Caller(actor): Caller,
    Id(id): Id<CallId>,
) -> Result<Revised<CallJson>, Problem> {
    let call = state.crm().calls().get(&actor, id).await?;
    Ok(revised(&state, &actor, call).await?)
}

/// A call to be placed.
#[derive(Debug, Deserialize, ToSchema)]
#[schema(as = NewCall)]
#[serde(deny_unknown_fields)]
pub struct NewCallJson {
    /// The person's number, in international form or as it is dialled in the organisation's country. Without it the first number
    /// of the contact is called.
    number: Option<String>,
    /// Whom to call; with a number: whose it is, where several contacts have it.
    contact: Option<ContactId>,
    /// Through which number or sender; not needed if one alone can place calls.
    account: Option<AccountId>,
    /// What it is for: promotion needs an opt-in for calls. An answer to the person without it.
    purpose: Option<Purpose>,
}

/// The number to call: the one that is given, else the contact's. Rights are looked at first.
async fn called(
    state: &AppState,
    by: &Actor,
    permission: Permission,
    new: &NewCallJson,
) -> Result<PhoneNumber, Problem> {
    match (&new.number, new.contact) {
        (None, Some(contact)) => {
            state.crm().calls().dials_in(by, permission).await?;
            Ok(state.crm().contacts().number(by, contact).await?)
        }
        (typed, _) => number(state, by, permission, typed.as_deref().unwrap_or_default()).await,
    }
}

/// `POST /v1/calls`.
pub async fn place(
    State(state): State<AppState>,
    Caller(actor): Caller,
    Idempotency(key): Idempotency,
    Body(new): Body<NewCallJson>,
) -> Result<(StatusCode, Json<CallJson>), Problem> {
    let number = called(&state, &actor, Permission::CallsWrite, &new).await?;
    let purpose = new.purpose.unwrap_or(Purpose::Service);
    let NewCallJson { contact, account, .. } = new;
    let new = NewCall { account, number, contact, purpose, key: Some(key) };
    let call = state.crm().calls().place(&actor, new).await?;
    let channels = state.crm().calls().channels(&actor).await?;
    Ok((StatusCode::ACCEPTED, Json(CallJson::of(call, &channels, actor.identifiers()))))
}

/// What the gate would say to a call.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = CallPreview)]
pub struct CallPreviewJson {
    /// Whether it could be placed now.
    allowed: bool,
    /// Every rule that says no.
    reasons: Vec<RefusalCode>,
    /// When the hours of calling begin, if they are what stands against it.
    #[schema(required)]
    opens_at: Option<DateTime<Utc>>,
}

/// `POST /v1/calls/preview`.
pub async fn preview(
    State(state): State<AppState>,
    Caller(actor): Caller,
    Body(new): Body<NewCallJson>,
) -> Result<Json<CallPreviewJson>, Problem> {
    let number = called(&state, &actor, Permission::CallsRead, &new).await?;
    let purpose = new.purpose.unwrap_or(Purpose::Service);
    let found = state.crm().calls().preview(&actor, new.account, &number, new.contact, purpose).await?;
    Ok(Json(match found {
        CallPreview::Ready => CallPreviewJson { allowed: true, reasons: Vec::new(), opens_at: None },
        CallPreview::Refused { refusal, opens_at } => CallPreviewJson {
            allowed: false,
            reasons: refusal.reasons.iter().map(|reason| reason.code).collect(),
            opens_at,
        },
    }))
}

/// What is to be done with a call in progress.
#[derive(Debug, Deserialize, ToSchema)]
#[schema(as = CallControl)]
#[serde(deny_unknown_fields)]
pub struct ControlJson {
    action: CallAction,
}

/// `POST /v1/calls/{call}/control`.
pub async fn control(
    State(state): State<AppState>,
    Caller(actor): Caller,
    Id(id): Id<CallId>,
    Body(asked): Body<ControlJson>,
) -> Result<StatusCode, Problem> {
    state.crm().calls().control(&actor, id, asked.action).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// What a member changes about a call: an absent field stays, null clears it.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[schema(as = CallPatch)]
#[serde(deny_unknown_fields)]
pub struct CallPatchJson {
    /// Whose call it is.
    #[serde(default, deserialize_with = "present")]
    #[schema(value_type = Option<ContactId>)]
    contact: Option<Option<ContactId>>,
    /// The outcome.
    #[serde(default, deserialize_with = "present")]
    #[schema(value_type = Option<DispositionId>)]
    disposition: Option<Option<DispositionId>>,
    /// What was said.
    #[serde(default, deserialize_with = "present")]
    #[schema(value_type = Option<CallNote>)]
    note: Option<Option<String>>,
    /// Of a missed call: that it is done.
    handled: Option<bool>,
    /// What the person said to being recorded.
    recording_consent: Option<RecordingConsent>,
    /// The revision that is meant, instead of `If-Match`.
    revision: Option<u32>,
}

/// `PATCH /v1/calls/{call}`.
pub async fn change(
    State(state): State<AppState>,
    Caller(actor): Caller,
    meant: IfMatch,
    Id(id): Id<CallId>,
    Body(patch): Body<CallPatchJson>,
) -> Result<Revised<CallJson>, Problem> {
    let calls = state.crm().calls();
    let seen = meant.revision(patch.revision)?;
    let note = match patch.note {
        Some(Some(said)) => Some(Some(text::<CallNote>("note", &said)?)),
        Some(None) => Some(None),
        None => None,
    };
    let change = CallPatch {
        contact: patch.contact,
        disposition: patch.disposition,
        note,
        handled: patch.handled,
        recording_consent: patch.recording_consent,
    };
    match calls.update(&actor, id, seen, &change).await {
        Ok(call) => Ok(revised(&state, &actor, call).await?),
        Err(error) => {
            let present = async { revised(&state, &actor, calls.get(&actor, id).await?).await };
            Err(refusal(error, present).await)
        }
    }
}

/// A recording or voicemail of a call.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Recording)]
pub struct RecordingJson {
    id: MediaId,
    kind: RecordingKind,
    /// Where it is: still at the provider, stored, or not to be had.
    state: MediaState,
    /// Its size in bytes, once stored.
    #[schema(required)]
    size: Option<u64>,
    /// The organisation requires an agreement that is not entered for the call: it is neither fetched nor played.
    withheld: bool,
    /// From when its twelve months count.
    event_at: DateTime<Utc>,
}

impl RecordingJson {
    fn of(call: &Call, media: &Media, withheld: bool) -> Self {
        let file = media.provider_id.as_deref().unwrap_or_default();
        let kind = call.evidence.recordings.get(file).copied().unwrap_or(RecordingKind::Recording);
        Self { id: media.id, kind, state: media.state, size: media.size, withheld, event_at: media.event_at }
    }
}

/// `GET /v1/calls/{call}/recordings`.
pub async fn recordings(
    State(state): State<AppState>,
    Caller(actor): Caller,
    Id(id): Id<CallId>,
) -> Result<Json<List<RecordingJson>>, Problem> {
    let calls = state.crm().calls();
    let call = calls.get(&actor, id).await?;
    let files = calls.recordings(&actor, &[id]).await?;
    let withheld = calls.withholds(&actor, &call).await?;
    Ok(List::all(files.iter().map(|media| RecordingJson::of(&call, media, withheld)).collect()))
}

/// `DELETE /v1/calls/{call}/recordings/{recording}`.
pub async fn delete_recording(
    State(state): State<AppState>,
    Caller(actor): Caller,
    Ids(call, recording): Ids<CallId, MediaId>,
) -> Result<StatusCode, Problem> {
    state.crm().calls().delete_recording(&actor, call, recording).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// `GET /v1/calls/{call}/recordings/{recording}`.
pub async fn recording(
    State(state): State<AppState>,
    Caller(actor): Caller,
    Ids(call, media): Ids<CallId, MediaId>,
    Ranged(headers): Ranged,
) -> Result<FileBytes, Problem> {
    let file = state.crm().calls().open_recording(&actor, call, media).await?;
    serve(&state, file, &headers).await.map(FileBytes::from)
}
