//! Sends: facts, gate, intent, request, outcome. The intent is durable before the first byte leaves.

mod deliver;
mod failure;
mod plan;
mod upload;

use futures_util::future::{join, join_all};
use tokio::time::Instant;

use super::job::{Job, JobState};
use super::lease::Lease;
use super::report::WorkReport;
use super::worker::Worker;
use crate::account::AccountService;
use crate::consent::{ConsentService, SendFacts};
use crate::error::Error;
use crate::id::{AccountId, JobId};
use crate::media::MediaOwner;
use crate::scope::OrgScope;
use crate::store::StoreError;

use plan::Plan;

impl Worker<'_> {
    pub(super) async fn sends(
        &self,
        scope: &OrgScope,
        lease: &Lease,
        due: Vec<Job>,
    ) -> Result<WorkReport, Error> {
        let mut report = WorkReport::default();
        // In order within a conversation: the oldest of each goes first, the others in a later chunk.
        let mut heads: Vec<JobId> = Vec::new();
        let mut seen = Vec::new();
        for job in &due {
            if job.conversation.is_none_or(|conversation| !seen.contains(&conversation)) {
                seen.extend(job.conversation);
                heads.push(job.id);
            }
        }
        let facts = self.runtime.store().send_facts(scope, &heads).await?;
        for orphan in due.iter().filter(|job| heads.contains(&job.id)) {
            if !facts.iter().any(|known| known.job.id == orphan.id) {
                // The message has expired or was erased: there is nothing left to send.
                self.update_job(scope, lease, orphan, JobState::Expired, None, orphan.attempts).await?;
            }
        }
        let with_files: Vec<_> = facts
            .iter()
            .filter(|known| known.message.content.media().is_some())
            .map(|known| MediaOwner::Message(known.message.id))
            .collect();
        let files = if with_files.is_empty() {
            Vec::new()
        } else {
            self.runtime.store().media_of(scope, &with_files).await?
        };
        let mut plans = Vec::new();
        let mut batches = Vec::new();
        let mut uploads = Vec::new();
        let rows = facts.iter().map(|known| known.consent.clone()).collect();
        let consents = ConsentService::new(self.runtime).facts(scope, rows).await?;
        for (known, consent) in facts.into_iter().zip(consents) {
            let file = known.message.content.media();
            let file = file.and_then(|id| files.iter().find(|file| file.id == id));
            match self.plan(lease, known, &consent, file) {
                (Plan::Upload(facts, file), _) => uploads.push(self.upload(scope, *facts, *file)),
                (plan, batch) => {
                    plans.push(plan);
                    batches.push(batch);
                }
            }
        }
        let outcomes = self.runtime.store().commit(scope, batches).await;
        let begun = Instant::now();
        let (mut going, mut limit) = (Vec::new(), None);
        for (plan, outcome) in plans.into_iter().zip(outcomes) {
            match (plan, outcome) {
                (Plan::Go(facts, permit, file), Ok(_)) => {
                    limit = limit.or_else(|| self.rate_limit(&facts));
                    going.push(self.deliver(scope, *facts, permit, file));
                }
                (_, Ok(_)) => report.stopped += 1,
                // A consent, the lease or the job changed meanwhile: the permit is dropped unspent, and the job is
                // decided on again.
                (_, Err(StoreError::PreconditionFailed(_))) => {}
                (_, Err(error)) => return Err(error.into()),
            }
        }
        let sends = going.len();
        let (gone, uploaded) = join(join_all(going), join_all(uploads)).await;
        if let Some((account, per_second)) = limit {
            // The queue stays ours until its messages have been paid for in time.
            let cost = self.runtime.rate_limits().cost(account, per_second, sends, self.runtime.now());
            tokio::time::sleep(cost.saturating_sub(begun.elapsed())).await;
        }
        for done in gone.into_iter().chain(uploaded) {
            report += done?;
        }
        Ok(report)
    }

    /// The account of a send, and how many messages its provider takes each second.
    fn rate_limit(&self, facts: &SendFacts) -> Option<(AccountId, u32)> {
        let capabilities = AccountService::new(self.runtime).messaging(&facts.account).ok()?.capabilities();
        Some((facts.account.id, capabilities.rate_per_second))
    }
}
