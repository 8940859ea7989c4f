//! The rows of the call log as comma-separated values.

use axum::extract::State;
use dialzio_core::call::{Call, CallChannels, CallQuery};
use dialzio_core::page::{Cursor, Page, PageRequest};
use dialzio_core::{Actor, Error, Identifiers, TypedId};

use super::Asked;
use super::calls::CallFilter;
use super::csv_file::{CsvFile, Export};
use super::table::harmless;
use crate::auth::Caller;
use crate::problem::Problem;
use crate::state::AppState;

/// The columns, in order.
const COLUMNS: [&str; 16] = [
    "id",
    "channel",
    "direction",
    "state",
    "confirmed",
    "customer",
    "withheld",
    "our_number",
    "contact",
    "member",
    "started_at",
    "answered_at",
    "ended_at",
    "talk_seconds",
    "disposition",
    "note",
];

fn row(call: &Call, channels: &CallChannels, seen: Identifiers) -> [String; COLUMNS.len()] {
    let time = |at: Option<chrono::DateTime<chrono::Utc>>| at.map(|at| at.to_rfc3339()).unwrap_or_default();
    let id = |id: Option<uuid::Uuid>| id.map(|id| id.to_string()).unwrap_or_default();
    [
        call.id.to_string(),
        channels.of(call.account).to_string(),
        call.direction.to_string(),
        call.state.to_string(),
        call.confirmed.to_string(),
        call.customer.as_ref().map(|number| seen.number(number)).unwrap_or_default(),
        call.withheld.to_string(),
        harmless(call.our_number.as_deref().unwrap_or_default()),
        id(call.contact.map(TypedId::uuid)),
        id(call.member.map(TypedId::uuid)),
        time(Some(call.started_at)),
        time(call.answered_at),
        time(call.ended_at),
        call.talk_seconds.map(|seconds| seconds.to_string()).unwrap_or_default(),
        id(call.disposition.map(TypedId::uuid)),
        harmless(call.note.as_ref().map_or("", |note| note.reveal())),
    ]
}

/// The calls of a query.
#[derive(Clone)]
pub(crate) struct CallsExport {
    state: AppState,
    by: Actor,
    query: CallQuery,
    channels: CallChannels,
}

impl CallsExport {
    /// Ready to be read.
    ///
    /// # Errors
    /// What the log refuses.
    pub(crate) async fn of(state: AppState, by: Actor, query: CallQuery) -> Result<Self, Problem> {
        let channels = state.crm().calls().channels(&by).await?;
        Ok(Self { state, by, query, channels })
    }
}

impl Export for CallsExport {
    type Row = Call;
    const NAME: &'static str = "calls.csv";
    const COLUMNS: &'static [&'static str] = &COLUMNS;

    async fn page(&self, after: Option<Cursor>) -> Result<Page<Call>, Error> {
        let request = PageRequest { after, ..PageRequest::first(PageRequest::MAX) };
        self.state.crm().calls().list(&self.by, &self.query, request).await
    }

    fn cells(&self, call: &Call) -> Vec<String> {
        row(call, &self.channels, self.by.identifiers()).into()
    }

    async fn sent(&self, rows: u32) -> Result<(), Error> {
        self.state.crm().calls().exported(&self.by, rows).await
    }
}

/// `GET /v1/calls/export`.
pub async fn get(
    State(state): State<AppState>,
    Caller(actor): Caller,
    Asked(filter): Asked<CallFilter>,
) -> Result<CsvFile, Problem> {
    let query = filter.query(&state, &actor).await?;
    CsvFile::of(CallsExport::of(state, actor, query).await?).await
}
