//! Elements that wait in line.

use chrono::TimeDelta;

use super::backoff::{Backoff, SHORTEST_WAIT};
use super::lease::Lease;
use super::report::WorkReport;
use super::worker::Worker;
use crate::account::Route;
use crate::error::Error;
use crate::intake::Intake;
use crate::ledger::Action;
use crate::scope::OrgScope;
use crate::store::{Batch, Cause, StoreError};
use crate::webhook::{BacklogItem, WebhookWrite};

/// How long an update waits for the message it is about.
const UPDATE_TIMEOUT: TimeDelta = TimeDelta::minutes(10);
/// How long it waits between two tries.
const UPDATE_RETRY: TimeDelta = TimeDelta::seconds(2);
/// Elements that could not be decided: 1 s, tripling to 1 h, eight times, then quarantine.
const RETRIES: Backoff =
    Backoff { base: TimeDelta::seconds(1), factor: 3, cap: TimeDelta::hours(1), retries: Some(8) };

impl Worker<'_> {
    pub(super) async fn elements(
        &self,
        scope: &OrgScope,
        lease: &Lease,
        items: Vec<BacklogItem>,
    ) -> Result<WorkReport, Error> {
        let mut report = WorkReport::default();
        let items = self.together(scope, lease, items, &mut report).await?;
        for item in items {
            let cause = Cause::Waiting(item.id, *lease);
            let Some(account) = self.runtime.store().account(scope, item.account).await? else {
                Intake::new(self.runtime).dead_letter(scope, &item, &cause).await?;
                continue;
            };
            let route = Route { org: scope.org(), account: account.id, portfolio: account.portfolio };
            let now = self.runtime.now();
            let late = now >= item.received_at + UPDATE_TIMEOUT;
            match Intake::new(self.runtime).waited(scope, &route, &item, &cause, late).await {
                Ok(true) => report.decided += 1,
                Ok(false) => self.later(scope, &item, &cause, UPDATE_RETRY, item.attempts).await?,
                Err(Error::Store(StoreError::PreconditionFailed(_))) => {
                    self.later(scope, &item, &cause, TimeDelta::zero(), item.attempts + 1).await?;
                }
                Err(error @ Error::Store(_)) => return Err(error),
                Err(error) => {
                    tracing::warn!(code = %error.code(), element = %item.id, "an element could not be decided");
                    match RETRIES.wait(item.attempts, None, self.runtime.entropy()) {
                        Some(wait) => self.later(scope, &item, &cause, wait, item.attempts + 1).await?,
                        None => Intake::new(self.runtime).dead_letter(scope, &item, &cause).await?,
                    }
                }
            }
        }
        Ok(report)
    }

    /// Decides as many as can be in one commit, as they would have been on arrival; a line that is decided one by one grows
    /// for as long as the store is slow. Gives those back that have to be looked at one by one.
    async fn together(
        &self,
        scope: &OrgScope,
        lease: &Lease,
        items: Vec<BacklogItem>,
        report: &mut WorkReport,
    ) -> Result<Vec<BacklogItem>, Error> {
        let [first, _, ..] = &items[..] else { return Ok(items) };
        let (app, of) = (first.app, first.account);
        let same = items.iter().all(|item| item.app == app && item.account == of && item.attempts == 0);
        let account = if same { self.runtime.store().account(scope, of).await? } else { None };
        let Some(account) = account else { return Ok(items) };
        let route = Route { org: scope.org(), account: account.id, portfolio: account.portfolio };
        match Intake::new(self.runtime).waited_together(scope, &route, &items, &Cause::Chunk(*lease)).await {
            Ok(decided) => {
                report.decided += u32::try_from(decided.len()).unwrap_or(u32::MAX);
                Ok(items.into_iter().filter(|item| !decided.contains(&item.id)).collect())
            }
            Err(Error::Store(StoreError::PreconditionFailed(_))) => Ok(items),
            Err(error @ Error::Store(_)) => Err(error),
            // One of them cannot be decided: which, shows when each is looked at.
            Err(_) => Ok(items),
        }
    }

    async fn later(
        &self,
        scope: &OrgScope,
        item: &BacklogItem,
        cause: &Cause,
        wait: TimeDelta,
        attempts: u32,
    ) -> Result<(), Error> {
        let now = self.runtime.now();
        let mut batch = Batch::caused_by(cause, Action::ElementQueued, now);
        // Never at once: a queue that is looked at again and again would starve the others.
        let due_at = now + wait.max(SHORTEST_WAIT);
        batch.write(WebhookWrite::Retry { id: item.id, due_at, attempts });
        match self.runtime.store().commit_one(scope, batch).await {
            Err(StoreError::PreconditionFailed(_)) => Ok(()),
            other => Ok(other.map(|_| ())?),
        }
    }
}
