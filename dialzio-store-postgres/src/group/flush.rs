//! Writes what a group has kept in memory.

use uuid::Uuid;

use dialzio_core::AccountId;
use dialzio_core::outbox::QueueKind;
use dialzio_core::store::rows::Columns;

use super::Group;
use crate::codec::{Cols, id, or_nil, time};
use crate::error::Res;
use crate::run::{Db, params};
use crate::statements as sql;

impl Group {
    /// Writes heads that have moved, so that statements see them.
    pub(crate) async fn write_heads(&mut self, db: &mut Db<'_>) -> Res<()> {
        let moved = self.moved_heads();
        crate::conversations::put_heads(db, id(self.org), &moved).await
    }

    /// Writes messages and what goes with them, so that statements see them.
    pub(crate) async fn write_messages(&mut self, db: &mut Db<'_>) -> Res<()> {
        let (key, rows) = (id(self.org), &mut self.rows);
        crate::messages::put_messages(db, key, &std::mem::take(&mut rows.messages)).await?;
        crate::messages::put_evidence(db, key, &std::mem::take(&mut rows.evidence)).await?;
        crate::messages::put_references(db, key, &std::mem::take(&mut rows.references)).await
    }

    /// Writes jobs, so that statements see them.
    pub(crate) async fn write_jobs(&mut self, db: &mut Db<'_>) -> Res<()> {
        crate::outbox::put_jobs(db, id(self.org), &std::mem::take(&mut self.rows.jobs)).await
    }

    /// Writes both logs.
    pub(crate) async fn write_logs(&mut self, db: &mut Db<'_>) -> Res<()> {
        let (key, rows) = (id(self.org), &mut self.rows);
        crate::ledger::put_events(db, key, &std::mem::take(&mut rows.events)).await?;
        crate::ledger::put_audit(db, key, &std::mem::take(&mut rows.audit)).await
    }

    /// Writes all of it. Nothing is left to write then.
    pub(crate) async fn flush(&mut self, db: &mut Db<'_>) -> Res<()> {
        let key = id(self.org);
        self.write_heads(db).await?;
        self.write_messages(db).await?;
        self.write_jobs(db).await?;
        self.write_logs(db).await?;
        for ((state, who), by) in std::mem::take(&mut self.counts) {
            if by != 0 && db.run(sql::MOVE_COUNT, params![key, state, who, by]).await? == 0 {
                db.run(sql::PUT_COUNT, params![key, state, who, by]).await?;
            }
        }
        let contacts: Vec<_> = std::mem::take(&mut self.contacts).into_iter().collect();
        if !contacts.is_empty() {
            crate::search::index(db, key, &contacts).await?;
        }
        for (account, kind) in std::mem::take(&mut self.queues) {
            write_queue(db, key, account, kind).await?;
        }
        if std::mem::take(&mut self.head.moved) {
            let head = &self.head;
            let ends = [head.event.0, head.audit, head.ledger.0].map(u64::cast_signed);
            db.run(sql::PUT_HEAD, params![key, ends[0], ends[1], head.hash.0.as_slice(), ends[2]]).await?;
        }
        Ok(())
    }
}

async fn write_queue(db: &mut Db<'_>, org: Uuid, account: Option<AccountId>, kind: QueueKind) -> Res<()> {
    let account = or_nil(account);
    let due = db
        .one(sql::LANE_DUE, params![org, kind.as_str(), account], |row| {
            let c = Cols::new(row, "lane");
            let (job, item) = (c.opt_time()?, c.opt_time()?);
            Ok(match (job, item) {
                (Some(a), Some(b)) => Some(a.min(b)),
                (a, b) => a.or(b),
            })
        })
        .await?;
    match due.flatten() {
        Some(at) => db.run(sql::PUT_LANE, params![org, account, kind.as_str(), time(at)]).await?,
        None => db.run(sql::DROP_LANE, params![org, account, kind.as_str()]).await?,
    };
    Ok(())
}
