//! The work that waits: sends, files, elements in line, what has expired. Nothing starts by itself.

mod elements;
mod files;
mod pace;
mod sends;
mod sweep;
mod uploads;

pub(crate) use pace::Paces;

use chrono::{DateTime, TimeDelta, Utc};
use futures_util::StreamExt;
use std::future::Future;
use std::time::Duration;
use tokio::task::JoinSet;

use crate::crm::Crm;
use crate::effect::{Effect, EffectState, Lane, LaneKind};
use crate::error::Error;
use crate::ledger::Action;
use crate::scope::OrgScope;
use crate::store::{Batch, Cause, Due, EffectWrite, Expect, Lease, StoreError};

/// How long a lane is held. Source: reliability reference, 3.4.
const LEASE: TimeDelta = TimeDelta::seconds(60);
/// Most sends in one chunk: what a crash leaves in doubt.
const CHUNK: u32 = 16;
/// The longest sleep between two looks, for work whose time comes and for a lost hint.
const NAP: Duration = Duration::from_secs(1);
/// How often snoozed conversations are looked at.
const KEEP_EVERY: TimeDelta = TimeDelta::seconds(5);
/// Most lanes that are worked on at the same time.
const SIDE_BY_SIDE: usize = 16;
/// How often what has expired is swept.
const SWEEP_EVERY: TimeDelta = TimeDelta::minutes(10);

/// Logs what went wrong by its code alone; the work is tried again.
fn logged(error: &Error) -> bool {
    tracing::error!(code = %error.code(), "work could not be done and will be tried again");
    true
}

/// What one run did.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct WorkReport {
    /// Messages the provider took.
    pub sent: u32,
    /// Messages the gate stopped or put off.
    pub stopped: u32,
    /// Attempts that failed, whether they are made again or not.
    pub failed: u32,
    /// Files fetched.
    pub fetched: u32,
    /// Files uploaded, to be sent.
    pub uploaded: u32,
    /// Elements decided.
    pub decided: u32,
    /// Rows swept.
    pub swept: u64,
}

impl std::ops::AddAssign for WorkReport {
    fn add_assign(&mut self, other: Self) {
        self.sent += other.sent;
        self.stopped += other.stopped;
        self.failed += other.failed;
        self.fetched += other.fetched;
        self.uploaded += other.uploaded;
        self.decided += other.decided;
        self.swept += other.swept;
    }
}

/// Does the work that waits.
#[derive(Debug, Clone, Copy)]
pub struct Worker<'a> {
    crm: &'a Crm,
}

impl<'a> Worker<'a> {
    pub(crate) const fn new(crm: &'a Crm) -> Self {
        Self { crm }
    }

    /// Works until `shutdown` is ready, then finishes what it holds. Lanes are worked on side by side, so that a slow
    /// provider holds nobody else up. Sends that a crash left without an outcome become unknown first.
    ///
    /// # Errors
    /// [`Error::Store`] if the first look fails; later failures are logged and tried again.
    pub async fn run(&self, shutdown: impl Future<Output = ()> + Send) -> Result<(), Error> {
        self.recover().await?;
        let mut stirred = self.crm.store().stirred();
        let mut shutdown = std::pin::pin!(shutdown);
        let mut lanes = JoinSet::new();
        let mut kept_at: Option<DateTime<Utc>> = None;
        let mut swept_at: Option<DateTime<Utc>> = None;
        loop {
            let now = self.crm.now();
            let pass = async {
                self.start_lanes(&mut lanes).await?;
                if kept_at.is_none_or(|at| now >= at + KEEP_EVERY) {
                    kept_at = Some(now);
                    self.wake_snoozed().await?;
                }
                if swept_at.is_none_or(|at| now >= at + SWEEP_EVERY) {
                    swept_at = Some(now);
                    self.sweep().await?;
                }
                Ok::<_, Error>(())
            };
            let mut failed = pass.await.is_err_and(|error| logged(&error));
            tokio::select! {
                () = &mut shutdown => break,
                _ = stirred.next() => {}
                () = tokio::time::sleep(NAP) => {}
                Some(done) = lanes.join_next() => {
                    failed |= done.is_ok_and(|done: Result<_, Error>| done.is_err_and(|error| logged(&error)));
                }
            }
            if failed {
                tokio::time::sleep(NAP).await;
            }
        }
        while let Some(done) = lanes.join_next().await {
            if let Ok(Err(error)) = done {
                logged(&error);
            }
        }
        Ok(())
    }

    /// Lanes that are due. Of those that are due together, what people wrote comes before what is sent: it may be an
    /// opt-out.
    async fn lanes_due(&self, now: DateTime<Utc>, most: u32) -> Result<Vec<Lane>, Error> {
        let mut lanes = self.crm.store().lanes_due(self.crm.system(), now, most).await?;
        lanes.sort_by_key(|lane| lane.kind);
        Ok(lanes)
    }

    /// Starts work on lanes that are due, in tasks of their own.
    async fn start_lanes(&self, running: &mut JoinSet<Result<(), Error>>) -> Result<(), Error> {
        let free = SIDE_BY_SIDE.saturating_sub(running.len());
        if free == 0 {
            return Ok(());
        }
        let (store, now) = (self.crm.store(), self.crm.now());
        for lane in self.lanes_due(now, u32::try_from(free).unwrap_or(1)).await? {
            let (system, worker) = (self.crm.system(), self.crm.worker_id());
            if let Some(lease) = store.lease(system, lane, worker, now, now + LEASE).await? {
                let crm = self.crm.clone();
                running.spawn(async move {
                    let done = crm.worker().run_lane(lease).await;
                    crm.store().release(crm.system(), lease).await?;
                    done.map(|_| ())
                });
            }
        }
        Ok(())
    }

    /// After a restart: what was dispatched and has no outcome becomes unknown. Answers how many.
    ///
    /// # Errors
    /// [`Error::Store`].
    pub async fn recover(&self) -> Result<u64, Error> {
        Ok(self.crm.store().recover(self.crm.system(), self.crm.now()).await?)
    }

    /// Does all that is due now, sweeps what has expired, and returns: for tests and for schedules.
    ///
    /// # Errors
    /// [`Error::Store`].
    pub async fn run_once(&self) -> Result<WorkReport, Error> {
        let mut report = self.run_lanes().await?;
        report += self.sweep().await?;
        self.wake_snoozed().await?;
        Ok(report)
    }

    async fn run_lanes(&self) -> Result<WorkReport, Error> {
        let mut report = WorkReport::default();
        let store = self.crm.store();
        // Bounded, so that a lane that refills itself cannot hold the sweep back for ever.
        for _ in 0..10_000 {
            let now = self.crm.now();
            let mut moved = false;
            for lane in self.lanes_due(now, 64).await? {
                let Some(lease) =
                    store.lease(self.crm.system(), lane, self.crm.worker_id(), now, now + LEASE).await?
                else {
                    continue;
                };
                let done = self.run_lane(lease).await;
                store.release(self.crm.system(), lease).await?;
                let (part, progressed) = done?;
                report += part;
                moved |= progressed;
            }
            if !moved {
                break;
            }
        }
        Ok(report)
    }

    async fn run_lane(&self, lease: Lease) -> Result<(WorkReport, bool), Error> {
        let scope = OrgScope::new(lease.lane.org);
        let due = self.crm.store().due(&scope, &lease, self.crm.now(), CHUNK).await?;
        let progressed = !due.is_empty();
        let (mut effects, mut elements) = (Vec::new(), Vec::new());
        for work in due {
            match work {
                Due::Effect(effect) => effects.push(effect),
                Due::Element(item) => elements.push(item),
            }
        }
        let mut report = WorkReport::default();
        match lease.lane.kind {
            LaneKind::Inbox | LaneKind::Statuses => report += self.elements(&scope, &lease, elements).await?,
            LaneKind::Send => report += self.sends(&scope, &lease, effects).await?,
            LaneKind::Media | LaneKind::Signal | LaneKind::Blob => {
                for effect in effects {
                    report += self.other(&scope, &lease, effect).await?;
                }
            }
        }
        Ok((report, progressed))
    }

    /// Moves an effect that is still pending to another state.
    async fn settle(
        &self,
        scope: &OrgScope,
        lease: &Lease,
        effect: &Effect,
        state: EffectState,
        not_before: Option<DateTime<Utc>>,
        attempts: u32,
    ) -> Result<(), Error> {
        let cause = Cause::Effect(effect.id, *lease);
        let mut batch = Batch::caused_by(&cause, Action::EffectSettled, self.crm.now());
        batch.expect(Expect::Effect(effect.id, EffectState::Pending)).write(EffectWrite::Settle {
            id: effect.id,
            state,
            not_before,
            attempts,
        });
        match self.crm.store().commit_one(scope, batch).await {
            // Somebody cancelled it meanwhile, or the lease ran out: it is not ours any more.
            Err(StoreError::Unmet(_)) => Ok(()),
            other => Ok(other.map(|_| ())?),
        }
    }
}
