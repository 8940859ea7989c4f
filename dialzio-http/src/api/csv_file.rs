//! Lists as files of comma-separated values (RFC 4180), read page by page while they are sent. Each export is in the audit
//! log with the number of its rows before its last row is sent.

use axum::body::{Body, Bytes};
use axum::http::{HeaderValue, header};
use axum::response::{IntoResponse, Response};
use dialzio_core::Error;
use dialzio_core::page::{Cursor, Page};
use futures_util::stream::{self, StreamExt};

use super::table::{CSV, describe};
use crate::operation::{Draft, Output};
use crate::problem::Problem;

/// What is exported. Clones stand for the same export.
pub(crate) trait Export: Clone + Send + Sync + 'static {
    /// A row as it is read.
    type Row: Send;
    /// The name of the file.
    const NAME: &'static str;
    /// The columns, in order.
    const COLUMNS: &'static [&'static str];

    /// A page of rows behind a place.
    fn page(&self, after: Option<Cursor>) -> impl Future<Output = Result<Page<Self::Row>, Error>> + Send;
    /// The cells of a row, one for each column.
    fn cells(&self, row: &Self::Row) -> Vec<String>;
    /// Writes into the audit log that so many rows were sent.
    fn sent(&self, rows: u32) -> impl Future<Output = Result<(), Error>> + Send;
}

/// Rows that were sent without an entry in the audit log yet. A transfer that is broken off has them entered too.
struct Sent<E: Export> {
    export: E,
    rows: u32,
}

impl<E: Export> Sent<E> {
    /// All was read: the entry comes before the last rows are sent, so no whole file leaves without one.
    async fn enter(&mut self) -> Result<(), Error> {
        let rows = std::mem::take(&mut self.rows);
        self.export.sent(rows).await
    }
}

impl<E: Export> Drop for Sent<E> {
    fn drop(&mut self) {
        let rows = std::mem::take(&mut self.rows);
        if rows == 0 {
            return;
        }
        let export = self.export.clone();
        if let Ok(runtime) = tokio::runtime::Handle::try_current() {
            runtime.spawn(async move {
                if let Err(error) = export.sent(rows).await {
                    tracing::warn!(%error, "an export that was broken off is not in the audit log");
                }
            });
        }
    }
}

/// Where an export is.
enum Place<E: Export> {
    /// The first page was read, and is sent with the names of the columns.
    First(Sent<E>, Page<E::Row>),
    /// Behind this place.
    Behind(Sent<E>, Cursor),
}

fn lines(rows: impl IntoIterator<Item = Vec<String>>) -> Result<Vec<u8>, csv::Error> {
    let mut writer = csv::Writer::from_writer(Vec::new());
    for row in rows {
        writer.write_record(row)?;
    }
    writer.into_inner().map_err(|error| error.into_error().into())
}

type Step<E> = (std::io::Result<Bytes>, Option<Place<E>>);

/// The lines of the next page, and the place behind it.
async fn step<E: Export>(place: Place<E>) -> Step<E> {
    let (sent, page, head) = match place {
        Place::First(sent, page) => {
            (sent, Ok(page), vec![E::COLUMNS.iter().map(|&name| name.to_owned()).collect()])
        }
        Place::Behind(sent, after) => {
            let page = sent.export.page(Some(after)).await;
            (sent, page, Vec::new())
        }
    };
    match read(sent, page, head).await {
        Ok((lines, next)) => (Ok(lines), next),
        // The transfer ends without its end, so that a file that is not whole is seen to be so.
        Err(error) => (Err(error), None),
    }
}

async fn read<E: Export>(
    mut sent: Sent<E>,
    page: Result<Page<E::Row>, Error>,
    head: Vec<Vec<String>>,
) -> std::io::Result<(Bytes, Option<Place<E>>)> {
    let page = page.map_err(std::io::Error::other)?;
    let rows = page.items.iter().map(|row| sent.export.cells(row));
    let lines = lines(head.into_iter().chain(rows)).map_err(std::io::Error::other)?;
    sent.rows = sent.rows.saturating_add(u32::try_from(page.items.len()).unwrap_or(u32::MAX));
    let next = match page.next {
        Some(after) => Some(Place::Behind(sent, after)),
        None => {
            sent.enter().await.map_err(std::io::Error::other)?;
            None
        }
    };
    Ok((lines.into(), next))
}

/// A file of comma-separated values, to be kept.
#[derive(Debug)]
pub struct CsvFile {
    name: &'static str,
    body: Body,
}

impl CsvFile {
    /// An export as a file that is read on while it is sent.
    ///
    /// # Errors
    /// What the list refuses. An error behind the first page ends the transfer.
    pub(crate) async fn of<E: Export>(export: E) -> Result<Self, Problem> {
        let first = export.page(None).await?;
        let place = Place::First(Sent { export, rows: 0 }, first);
        let rows = stream::unfold(Some(place), |place| async { Some(step(place?).await) });
        // A body may be asked once more behind its end.
        Ok(Self { name: E::NAME, body: Body::from_stream(rows.fuse()) })
    }

    /// Rows that are at hand.
    ///
    /// # Errors
    /// `server.failed` if they cannot be written.
    pub(crate) fn whole(
        name: &'static str,
        rows: impl IntoIterator<Item = Vec<String>>,
    ) -> Result<Self, Problem> {
        let lines = lines(rows).map_err(|_| Problem::new("server.failed"))?;
        Ok(Self { name, body: Body::from(lines) })
    }
}

impl IntoResponse for CsvFile {
    fn into_response(self) -> Response {
        let name = HeaderValue::from_str(&format!("attachment; filename=\"{}\"", self.name));
        let headers = [
            (header::CONTENT_TYPE, HeaderValue::from_static(CSV)),
            (header::CONTENT_DISPOSITION, name.unwrap_or_else(|_| HeaderValue::from_static("attachment"))),
        ];
        (headers, self.body).into_response()
    }
}

impl Output for CsvFile {
    const MEDIA_TYPE: &'static str = "text/csv";

    fn describe(draft: &mut Draft) {
        describe(draft);
    }
}
