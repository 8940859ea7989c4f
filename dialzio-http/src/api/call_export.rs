//! The rows of the call log as comma-separated values (RFC 4180).

use axum::extract::State;
use axum::http::{HeaderValue, header};
use axum::response::{IntoResponse, Response};
use dialzio_core::call::{Call, CallChannels, CallQuery};
use dialzio_core::page::PageRequest;
use dialzio_core::{Actor, TypedId};
use std::num::NonZeroU32;

use super::Asked;
use super::calls::CallFilter;
use super::table::{CSV, describe, harmless};
use crate::auth::Caller;
use crate::operation::{Draft, Output};
use crate::problem::Problem;
use crate::state::AppState;

/// The most rows of one file.
pub(crate) const MOST: usize = 50_000;
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

fn row(call: &Call, channels: &CallChannels) -> [String; COLUMNS.len()] {
    let time = |at: Option<chrono::DateTime<chrono::Utc>>| at.map(|at| at.to_rfc3339()).unwrap_or_default();
    let id = |id: Option<uuid::Uuid>| id.map(|id| id.to_string()).unwrap_or_default();
    [
        call.id.to_string(),
        channels.of(call.account).to_string(),
        call.direction.to_string(),
        call.state.to_string(),
        call.confirmed.to_string(),
        call.customer.as_ref().map(|number| number.reveal().to_owned()).unwrap_or_default(),
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

/// The calls of a query as a file.
///
/// # Errors
/// What the log refuses; a problem if there are more than a file takes.
pub(crate) async fn file(state: &AppState, by: &Actor, query: &CallQuery) -> Result<Vec<u8>, Problem> {
    let failed = |_| Problem::new("server.failed");
    let mut writer = csv::Writer::from_writer(Vec::new());
    writer.write_record(COLUMNS).map_err(failed)?;
    let channels = state.crm().calls().channels(by).await?;
    let (mut after, mut count) = (None, 0);
    loop {
        let page =
            state.crm().calls().list(by, query, PageRequest::after(after, NonZeroU32::new(200))).await?;
        count += page.items.len();
        if count > MOST {
            return Err(Problem::invalid(
                "since",
                format!("leaves more than {MOST} calls: choose a shorter period"),
            ));
        }
        for call in &page.items {
            writer.write_record(row(call, &channels)).map_err(failed)?;
        }
        after = page.next;
        if after.is_none() {
            return writer.into_inner().map_err(|_| Problem::new("server.failed"));
        }
    }
}

/// Comma-separated values to be kept as a file.
#[derive(Debug)]
pub struct CsvFile(pub(crate) Vec<u8>);

impl IntoResponse for CsvFile {
    fn into_response(self) -> Response {
        let headers = [
            (header::CONTENT_TYPE, HeaderValue::from_static(CSV)),
            (header::CONTENT_DISPOSITION, HeaderValue::from_static("attachment; filename=\"calls.csv\"")),
        ];
        (headers, self.0).into_response()
    }
}

impl Output for CsvFile {
    const MEDIA_TYPE: &'static str = "text/csv";

    fn describe(draft: &mut Draft) {
        describe(draft);
    }
}

/// `GET /v1/calls/export`.
pub async fn get(
    State(state): State<AppState>,
    Caller(actor): Caller,
    Asked(filter): Asked<CallFilter>,
) -> Result<CsvFile, Problem> {
    let query = filter.query(&state, &actor).await?;
    Ok(CsvFile(file(&state, &actor, &query).await?))
}
