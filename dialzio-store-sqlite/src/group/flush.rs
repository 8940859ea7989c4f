//! Writes what a group has kept in memory.

use rusqlite::{Connection, params};

use dialzio_core::outbox::Queue;
use dialzio_core::store::rows::Columns;

use super::{Group, queue_account};
use crate::codec::{Cols, id, opt_id, opt_time};
use crate::error::Res;
use crate::run::Run;
use crate::statements as sql;

impl Group {
    /// Writes all of it. Nothing is left to write then.
    pub(crate) fn flush(&mut self, db: &Connection) -> Res<()> {
        for ((org, state, who, assigned), by) in std::mem::take(&mut self.counts) {
            let who: &[u8] = if assigned { &who } else { &[] };
            if by != 0 && db.run(sql::MOVE_COUNT, params![id(org), state, who, by])? == 0 {
                db.run(sql::PUT_COUNT, params![id(org), state, who, by])?;
            }
        }
        for (org, contact) in std::mem::take(&mut self.contacts) {
            crate::search::index(db, org, contact)?;
        }
        for queue in std::mem::take(&mut self.queues) {
            flush_queue(db, queue)?;
        }
        for (org, head) in &mut self.heads {
            if std::mem::take(&mut head.moved) {
                let ends = [head.event.0, head.audit, head.ledger.0].map(u64::cast_signed);
                db.run(sql::PUT_HEAD, params![id(*org), ends[0], ends[1], head.hash.0, ends[2]])?;
            }
        }
        Ok(())
    }
}

fn flush_queue(db: &Connection, queue: Queue) -> Res<()> {
    let org = id(queue.org);
    let due = db.one(sql::LANE_DUE, params![org, queue.kind.as_str(), opt_id(queue.account)], |row| {
        let c = Cols::new(row, "lane");
        let (job, item) = (c.opt_time()?, c.opt_time()?);
        Ok(match (job, item) {
            (Some(a), Some(b)) => Some(a.min(b)),
            (a, b) => a.or(b),
        })
    })?;
    let account = queue_account(queue.account);
    match due.flatten() {
        Some(at) => db.run(sql::PUT_LANE, params![org, account, queue.kind.as_str(), opt_time(Some(at))])?,
        None => db.run(sql::DROP_LANE, params![org, account, queue.kind.as_str()])?,
    };
    Ok(())
}
