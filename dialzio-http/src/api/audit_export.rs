//! Entries of the audit log as comma-separated values (RFC 4180), sent page by page.

use axum::body::{Body, Bytes};
use axum::extract::State;
use axum::http::{HeaderValue, header};
use axum::response::{IntoResponse, Response};
use dialzio_core::ledger::{AuditEntry, AuditFilter, Detail, Network};
use dialzio_core::{Actor, Error};
use futures_util::stream::{self, StreamExt};

use super::Asked;
use super::audit::AuditSearch;
use super::table::{CSV, describe, harmless};
use crate::auth::Caller;
use crate::operation::{Draft, Output};
use crate::problem::Problem;
use crate::state::AppState;

/// The columns, in order.
const COLUMNS: [&str; 9] =
    ["seq", "at", "principal", "action", "subject", "cause", "origin", "detail", "hash"];
/// Entries that are read at once.
const PAGE: u32 = 200;

fn row(entry: &AuditEntry) -> [String; COLUMNS.len()] {
    let id = |id: Option<uuid::Uuid>| id.map(|id| id.to_string()).unwrap_or_default();
    [
        entry.seq.to_string(),
        entry.at.to_rfc3339(),
        harmless(&entry.principal),
        entry.action.to_string(),
        id(entry.subject),
        id(entry.cause),
        entry.origin.as_ref().map(Network::to_string).unwrap_or_default(),
        entry.detail.as_ref().map_or("", Detail::as_str).to_owned(),
        entry.hash.to_string(),
    ]
}

fn lines(rows: impl IntoIterator<Item = [String; COLUMNS.len()]>) -> std::io::Result<Bytes> {
    let mut writer = csv::Writer::from_writer(Vec::new());
    for row in rows {
        writer.write_record(row)?;
    }
    writer.into_inner().map(Bytes::from).map_err(csv::IntoInnerError::into_error)
}

/// Where an export is.
struct Export {
    state: AppState,
    by: Actor,
    filter: AuditFilter,
}

impl Export {
    /// The lines before a place, and where they go on.
    async fn page(&self, before: Option<u64>) -> Result<(Vec<AuditEntry>, Option<u64>), Error> {
        let page = self.state.crm().ledger().find(&self.by, &self.filter, before, PAGE).await?;
        Ok((page.entries, page.next))
    }

    async fn more(self, before: u64) -> (std::io::Result<Bytes>, Option<(Self, u64)>) {
        let read = self.page(Some(before)).await.map_err(std::io::Error::other);
        match read.and_then(|(entries, next)| Ok((lines(entries.iter().map(row))?, next))) {
            Ok((lines, next)) => (Ok(lines), next.map(|next| (self, next))),
            // The transfer ends without its end, so that a file that is not whole is seen to be so.
            Err(error) => (Err(error), None),
        }
    }
}

/// The entries of a filter as a file that is read on while it is sent. The export is put on record first.
///
/// # Errors
/// What the search refuses. An error behind the first page ends the transfer.
pub(crate) async fn file(state: &AppState, by: &Actor, filter: AuditFilter) -> Result<AuditCsv, Problem> {
    let export = Export { state: state.clone(), by: by.clone(), filter };
    let (first, next) = export.page(None).await?;
    state.crm().ledger().exported(by).await?;
    let head = std::iter::once(COLUMNS.map(str::to_owned));
    let head = lines(head.chain(first.iter().map(row))).map_err(|_| Problem::new("server.failed"))?;
    let rest = stream::unfold(next.map(|next| (export, next)), |next| async {
        let (export, before) = next?;
        Some(export.more(before).await)
    });
    let head = stream::once(async { Ok(head) });
    // A body may be asked once more behind its end.
    Ok(AuditCsv(Body::from_stream(head.chain(rest).fuse())))
}

/// Entries as comma-separated values, to be kept as a file.
#[derive(Debug)]
pub struct AuditCsv(Body);

impl IntoResponse for AuditCsv {
    fn into_response(self) -> Response {
        let headers = [
            (header::CONTENT_TYPE, HeaderValue::from_static(CSV)),
            (header::CONTENT_DISPOSITION, HeaderValue::from_static("attachment; filename=\"audit.csv\"")),
        ];
        (headers, self.0).into_response()
    }
}

impl Output for AuditCsv {
    const MEDIA_TYPE: &'static str = "text/csv";

    fn describe(draft: &mut Draft) {
        describe(draft);
    }
}

/// `GET /v1/audit/export`.
pub async fn get(
    State(state): State<AppState>,
    Caller(actor): Caller,
    Asked(search): Asked<AuditSearch>,
) -> Result<AuditCsv, Problem> {
    file(&state, &actor, search.filter()?).await
}
