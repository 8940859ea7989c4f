//! Entries of the audit log as comma-separated values (RFC 4180), newest first.

use axum::extract::State;
use dialzio_core::ledger::{AuditEntry, AuditFilter, Detail, Network};
use dialzio_core::page::{Cursor, Page};
use dialzio_core::{Actor, Error, StoreError};

use super::Asked;
use super::audit::AuditSearch;
use super::csv_file::{CsvFile, Export};
use super::table::harmless;
use crate::auth::Caller;
use crate::problem::Problem;
use crate::state::AppState;

/// The columns, in order.
const COLUMNS: [&str; 9] =
    ["seq", "at", "principal", "action", "subject", "cause", "origin", "detail", "hash"];
/// Entries that are read at once.
const PAGE: u32 = 200;

/// The entries of a search.
#[derive(Clone)]
pub(crate) struct AuditExport {
    pub(crate) state: AppState,
    pub(crate) by: Actor,
    pub(crate) filter: AuditFilter,
}

impl Export for AuditExport {
    type Row = AuditEntry;
    const NAME: &'static str = "audit.csv";
    const COLUMNS: &'static [&'static str] = &COLUMNS;

    async fn page(&self, after: Option<Cursor>) -> Result<Page<AuditEntry>, Error> {
        let place = |cursor: Cursor| cursor.0.try_into().map(u64::from_be_bytes);
        let before = after.map(place).transpose().map_err(|_| Error::Store(StoreError::Cursor))?;
        let page = self.state.crm().ledger().find(&self.by, &self.filter, before, PAGE).await?;
        let next = page.next.map(|next| Cursor(next.to_be_bytes().to_vec()));
        Ok(Page { items: page.entries, next })
    }

    fn cells(&self, entry: &AuditEntry) -> Vec<String> {
        let id = |id: Option<uuid::Uuid>| id.map(|id| id.to_string()).unwrap_or_default();
        vec![
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

    async fn sent(&self, rows: u32) -> Result<(), Error> {
        self.state.crm().ledger().exported(&self.by, rows).await
    }
}

/// `GET /v1/audit/export`.
pub async fn get(
    State(state): State<AppState>,
    Caller(actor): Caller,
    Asked(search): Asked<AuditSearch>,
) -> Result<CsvFile, Problem> {
    let filter = search.filter()?;
    CsvFile::of(AuditExport { state, by: actor, filter }).await
}
