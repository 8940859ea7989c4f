//! Who works on which queue: rows, since there is more than one process. A fence grows with each new holder.

use chrono::{DateTime, Utc};

use dialzio_core::WorkerId;
use dialzio_core::outbox::{Fence, Lease, Queue};
use dialzio_core::store::rows::Columns;

use crate::codec::{Cols, id, or_nil, time};
use crate::error::Res;
use crate::run::{Db, params};
use crate::statements as sql;

/// A lease that was given, and whether the last holder went without giving it back.
pub(crate) struct Given {
    pub(crate) lease: Lease,
    pub(crate) abandoned: bool,
}

pub(crate) async fn take(
    db: &mut Db<'_>,
    queue: Queue,
    by: WorkerId,
    now: DateTime<Utc>,
    until: DateTime<Utc>,
) -> Res<Option<Given>> {
    let (org, account, kind) = (id(queue.org), or_nil(queue.account), queue.kind.as_str());
    loop {
        let kept = db
            .one(sql::LEASE_FOR_UPDATE, params![org, account, kind], |row| {
                let c = Cols::new(row, "lease");
                Ok((c.number::<u64>()?, c.opt_id::<WorkerId>()?, c.time()?))
            })
            .await?;
        let (fence, abandoned) = match kept {
            None => {
                let row = params![org, account, kind, 1_i64, id(by), time(until)];
                if db.run(sql::PUT_LEASE, row).await? == 0 {
                    // Another worker was faster: now there is a row to read.
                    continue;
                }
                return Ok(Some(Given { lease: Lease { queue, fence: Fence(1), until }, abandoned: false }));
            }
            Some((_, Some(holder), held_until)) if held_until > now && holder != by => return Ok(None),
            // The worker's own: the fence stays, so that what it has begun is still valid.
            Some((fence, Some(_), held_until)) if held_until > now => (fence, false),
            Some((fence, holder, _)) => (fence + 1, holder.is_some()),
        };
        let row = params![org, account, kind, fence.cast_signed(), id(by), time(until)];
        db.run(sql::SET_LEASE, row).await?;
        return Ok(Some(Given { lease: Lease { queue, fence: Fence(fence), until }, abandoned }));
    }
}

pub(crate) async fn give_back(db: &mut Db<'_>, lease: &Lease) -> Res<()> {
    let queue = lease.queue;
    let (org, account, kind) = (id(queue.org), or_nil(queue.account), queue.kind.as_str());
    db.run(sql::RELEASE, params![org, account, kind, lease.fence.0.cast_signed()]).await.map(drop)
}
