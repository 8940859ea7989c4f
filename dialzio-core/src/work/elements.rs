//! Elements that wait in line.

use chrono::TimeDelta;

use super::{WorkReport, Worker};
use crate::account::Route;
use crate::effect::Backoff;
use crate::error::Error;
use crate::inbox::{InboxItem, InboxWrite};
use crate::ledger::Action;
use crate::scope::OrgScope;
use crate::store::{Batch, Cause, Lease, StoreError};

/// How long news waits for what it speaks of.
const PATIENCE: TimeDelta = TimeDelta::minutes(10);
/// How long it waits between two looks.
const LOOK_AGAIN: TimeDelta = TimeDelta::seconds(2);

impl Worker<'_> {
    pub(super) async fn elements(
        &self,
        scope: &OrgScope,
        lease: &Lease,
        items: Vec<InboxItem>,
    ) -> Result<WorkReport, Error> {
        let mut report = WorkReport::default();
        for item in items {
            let cause = Cause::Waiting(item.id, *lease);
            let Some(account) = self.crm.store().account(scope, item.account).await? else {
                self.crm.intake().stuck(scope, &item, &cause).await?;
                continue;
            };
            let route = Route { org: scope.org(), account: account.id, portfolio: account.portfolio };
            let now = self.crm.now();
            let late = now >= item.received_at + PATIENCE;
            match self.crm.intake().waited(scope, &route, &item, &cause, late).await {
                Ok(true) => report.decided += 1,
                Ok(false) => self.later(scope, &item, &cause, LOOK_AGAIN, item.attempts).await?,
                Err(Error::Store(StoreError::Unmet(_))) => {
                    self.later(scope, &item, &cause, TimeDelta::zero(), item.attempts + 1).await?;
                }
                Err(error @ Error::Store(_)) => return Err(error),
                Err(error) => {
                    tracing::warn!(code = %error.code(), element = %item.id, "an element could not be decided");
                    match Backoff::INBOX.wait(item.attempts, None, self.crm.entropy()) {
                        Some(wait) => self.later(scope, &item, &cause, wait, item.attempts + 1).await?,
                        None => self.crm.intake().stuck(scope, &item, &cause).await?,
                    }
                }
            }
        }
        Ok(report)
    }

    async fn later(
        &self,
        scope: &OrgScope,
        item: &InboxItem,
        cause: &Cause,
        wait: TimeDelta,
        attempts: u32,
    ) -> Result<(), Error> {
        let now = self.crm.now();
        let mut batch = Batch::caused_by(cause, Action::Parked, now);
        // Never at once: a lane that is looked at again and again would starve the others.
        let due_at = now + wait.max(TimeDelta::milliseconds(20));
        batch.write(InboxWrite::Retry { id: item.id, due_at, attempts });
        match self.crm.store().commit_one(scope, batch).await {
            Err(StoreError::Unmet(_)) => Ok(()),
            other => Ok(other.map(|_| ())?),
        }
    }
}
