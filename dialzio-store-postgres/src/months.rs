//! Months of messages, evidence, events and audit entries: opened before the first write in them, closed when all of them
//! has expired.

use chrono::{DateTime, Datelike, Months as Span, NaiveDate, TimeDelta, Utc};
use std::collections::BTreeSet;
use std::str::FromStr;
use std::sync::{Mutex, PoisonError};

use dialzio_core::media::MediaOwnerKind;
use dialzio_core::store::periods::{AUDIT_PERIOD, LOG_PERIOD, RETENTION_CAP};
use dialzio_core::time::{ConfirmedTime, OLDEST_EVENT};
use dialzio_core::{MessageId, OrgId, TypedId, id_floor};

use crate::Shared;
use crate::codec::id;
use crate::error::Res;
use crate::run::params;
use crate::session::{Session, Source, Wanted};
use crate::statements as sql;

/// How many months are open ahead of now, so that a late sweep does not leave a month without its table.
const AHEAD: u32 = 2;
/// How long after its end a month is kept, by our own clock; the server judges by its own besides.
fn life(parent: &str) -> TimeDelta {
    match parent {
        // A message may be eight days younger than its id says.
        "message" => RETENTION_CAP + OLDEST_EVENT,
        "event" => LOG_PERIOD,
        _ => AUDIT_PERIOD,
    }
}

/// The months that are known to be open.
#[derive(Debug, Default)]
pub(crate) struct Months(Mutex<BTreeSet<NaiveDate>>);

/// The first day of an instant's month.
fn month_of(at: DateTime<Utc>) -> NaiveDate {
    let day = at.date_naive();
    day.with_day(1).unwrap_or(day)
}

fn after(month: NaiveDate, count: u32) -> NaiveDate {
    month.checked_add_months(Span::new(count)).unwrap_or(month)
}

fn start_of(month: NaiveDate) -> DateTime<Utc> {
    month.and_time(chrono::NaiveTime::MIN).and_utc()
}

/// The instant in a message's id.
pub(crate) fn instant_of(message: MessageId) -> Option<DateTime<Utc>> {
    let (high, _) = message.uuid().as_u64_pair();
    DateTime::from_timestamp_millis(i64::try_from(high >> 16).ok()?)
}

impl Months {
    /// Opens the months of these instants, those that are not known to be open.
    pub(crate) async fn open(
        &self,
        shared: &Shared,
        instants: impl IntoIterator<Item = DateTime<Utc>>,
    ) -> Res<()> {
        let missing: BTreeSet<NaiveDate> = {
            let known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
            instants.into_iter().map(month_of).filter(|month| !known.contains(month)).collect()
        };
        if missing.is_empty() {
            return Ok(());
        }
        let source = Source::Pool(shared.pool.clone());
        let mut session = Session::begin(&source, &shared.sql, Wanted::WriteSystem).await?;
        for month in &missing {
            session.db()?.any(sql::MONTH_OPEN, params![month.to_string()]).await?;
        }
        session.commit().await?;
        self.0.lock().unwrap_or_else(PoisonError::into_inner).extend(missing);
        Ok(())
    }

    /// Opens the months to come, and closes those in which everything has expired and no file is left.
    pub(crate) async fn keep(&self, shared: &Shared, at: ConfirmedTime) -> Res<u64> {
        let now = at.instant();
        let this = month_of(now);
        self.open(shared, (0..=AHEAD).map(|count| start_of(after(this, count)))).await?;
        let mut closed = 0;
        for (parent, month) in self.all(shared).await? {
            let over = start_of(after(month, 1)) + life(&parent) <= now;
            // A month goes without a look at its rows, so that files of its records would stay behind.
            let holds_files = match MediaOwnerKind::from_str(&parent) {
                Ok(owners) if over => self.has_files(shared, owners, month).await?,
                _ => false,
            };
            if !over || holds_files {
                continue;
            }
            closed += u64::from(self.close(shared, &parent, month).await?);
        }
        Ok(closed)
    }

    /// The months there are, of each table that has them.
    async fn all(&self, shared: &Shared) -> Res<Vec<(String, NaiveDate)>> {
        let source = Source::Pool(shared.pool.clone());
        let mut session = Session::begin(&source, &shared.sql, Wanted::ReadSystem).await?;
        let schema = shared.sql.schema().as_str();
        let found = session
            .db()?
            .all(sql::MONTHS, params![schema], |row| {
                let c = crate::codec::Cols::new(row, "month");
                let (parent, name): (String, String) = (c.get()?, c.get()?);
                let month = name.strip_prefix(&format!("{parent}_")).map(|text| format!("{text}_01"));
                Ok(month
                    .and_then(|text| NaiveDate::parse_from_str(&text, "%Y_%m_%d").ok())
                    .map(|m| (parent, m)))
            })
            .await;
        let found = session.end(found).await?;
        Ok(found.into_iter().flatten().collect())
    }

    /// Whether a file of a record of this month is left, in any organisation.
    async fn has_files(&self, shared: &Shared, owners: MediaOwnerKind, month: NaiveDate) -> Res<bool> {
        let source = Source::Pool(shared.pool.clone());
        let (from, to) = (id_floor(start_of(month)), id_floor(start_of(after(month, 1))));
        let mut last: Option<OrgId> = None;
        loop {
            let mut session = Session::begin(&source, &shared.sql, Wanted::ReadSystem).await?;
            let orgs = crate::system::heads(&mut session.db()?, last, 100).await;
            let orgs = session.end(orgs).await?;
            let Some(newest) = orgs.last() else { return Ok(false) };
            last = Some(*newest);
            for org in orgs {
                let mut session = Session::begin(&source, &shared.sql, Wanted::Read(org)).await?;
                let row = params![id(org), owners.as_str(), from, to];
                let found = session.db()?.any(sql::MEDIA_BETWEEN, row).await;
                if session.end(found).await? {
                    return Ok(true);
                }
            }
        }
    }

    async fn close(&self, shared: &Shared, parent: &str, month: NaiveDate) -> Res<bool> {
        let source = Source::Pool(shared.pool.clone());
        let mut session = Session::begin(&source, &shared.sql, Wanted::WriteSystem).await?;
        let closed = session
            .db()?
            .one(sql::MONTH_CLOSE, params![parent, month.to_string()], |row| {
                crate::codec::Cols::new(row, "month").get::<bool>()
            })
            .await?;
        session.commit().await?;
        let closed = closed == Some(true);
        if closed && parent == "message" {
            self.0.lock().unwrap_or_else(PoisonError::into_inner).remove(&month);
        }
        Ok(closed)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn migrations_close_months_after_the_same_periods() {
        let text = include_str!("../migrations/0002_months.sql");
        for parent in ["message", "event"] {
            let life = format!("WHEN '{parent}' THEN INTERVAL '{} days'", life(parent).num_days());
            assert!(text.contains(&life), "{life}");
        }
        assert!(text.contains("WHEN 'audit' THEN INTERVAL '36 months'"));
        // The longest three years that there are.
        assert_eq!(life("audit"), TimeDelta::days(3 * 365 + 1));
    }

    #[test]
    fn an_id_tells_its_month() {
        let at = DateTime::from_timestamp_millis(1_772_409_600_123).unwrap();
        let message = MessageId::from_uuid(id_floor(at));
        assert_eq!(instant_of(message), Some(at));
        assert_eq!(month_of(at).to_string(), "2026-03-01");
        assert_eq!(after(month_of(at), 10).to_string(), "2027-01-01");
    }
}
