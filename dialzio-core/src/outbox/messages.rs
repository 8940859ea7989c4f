//! Reading received messages from a provider's list, where no webhook tells of them.

use chrono::{DateTime, TimeDelta, Utc};

use super::handlers::Handled;
use super::job::{Job, JobState};
use super::lease::Lease;
use super::worker::Worker;
use super::write::JobWrite;
use crate::account::{
    AccountChange, AccountNote, AccountService, AccountState, AccountWrite, ProviderAccount,
};
use crate::error::{Error, RecordKind};
use crate::event::DomainEvent;
use crate::intake::Intake;
use crate::ledger::Action;
use crate::provider::ProviderError;
use crate::scope::OrgScope;
use crate::store::{Batch, Cause, Precondition, RecordRef, StoreError};

/// How often the list is read: as long as a person may wait until their message is seen.
const EVERY: TimeDelta = TimeDelta::seconds(10);
/// How often it is looked whether an account that is out of use is in use again.
const WHILE_OUT_OF_USE: TimeDelta = TimeDelta::minutes(15);
/// How far a reading reaches back before the one before it: a provider may list a message late.
const OVERLAP: TimeDelta = TimeDelta::minutes(10);
/// How much one job reads, beside the overlap, since it has to end within its lease. A longer gap is read part by part.
const AT_ONCE: TimeDelta = TimeDelta::hours(6);
/// The most pages that one job reads.
const MOST_PAGES: u32 = 200;

impl Worker<'_> {
    /// Reads what was received since the job was due, with an overlap, and puts the job off to the next reading.
    pub(super) async fn read_messages(
        &self,
        scope: &OrgScope,
        lease: &Lease,
        job: &Job,
    ) -> Result<Handled, Error> {
        let id = job.account.ok_or(Error::missing(RecordKind::Account))?;
        let now = self.runtime.now();
        let until = now.min(job.not_before + AT_ONCE);
        let account = self.runtime.store().account(scope, id).await?;
        // The readings go on while the account is out of use, so that there is one job of them for each account.
        let account = account.filter(|account| account.state == AccountState::Routable);
        let in_use = match account {
            Some(account) if AccountService::new(self.runtime).messaging(&account).is_ok() => {
                let done = self.read_list(scope, &account, job.not_before - OVERLAP, until).await;
                self.account_says(scope, &account, done.as_ref().err(), now).await?;
                done?;
                true
            }
            _ => false,
        };
        let due = match (in_use, until < now) {
            (true, true) => until,
            (true, false) => now + EVERY,
            // What was received meanwhile is read once the account is in use again.
            (false, _) => now + WHILE_OUT_OF_USE,
        };
        // The same job each time: as many rows as readings would be too many.
        let mut batch = Batch::caused_by(&Cause::Job(job.id, *lease), Action::JobPostponed, now);
        batch.about(job.id).require(Precondition::Job(job.id, JobState::Pending)).write(JobWrite::Update {
            id: job.id,
            state: JobState::Pending,
            not_before: Some(due),
            attempts: 0,
        });
        match self.runtime.store().commit_one(scope, batch).await {
            // The lease ran out: another worker reads.
            Err(StoreError::PreconditionFailed(_)) => Ok(Handled::Committed),
            other => Ok(other.map(|_| Handled::Committed)?),
        }
    }

    async fn read_list(
        &self,
        scope: &OrgScope,
        account: &ProviderAccount,
        from: DateTime<Utc>,
        until: DateTime<Utc>,
    ) -> Result<(), Error> {
        let service = AccountService::new(self.runtime);
        let messaging = service.messaging(account)?;
        if !messaging.capabilities().lists_messages {
            return Ok(());
        }
        let access = service.access(scope.org(), account).await?;
        let mut after = None;
        for _ in 0..MOST_PAGES {
            let page = messaging.list_messages(&access, from, until, after).await?;
            Intake::new(self.runtime).listed(scope, account, page.messages).await?;
            after = page.next;
            if after.is_none() {
                return Ok(());
            }
        }
        tracing::warn!(account = %account.id, "the provider's list of messages has more pages than are read");
        Ok(())
    }

    /// Shows on the account that its list cannot be read, or that it can be again. Calls may go by other credentials, so its
    /// state stays.
    async fn account_says(
        &self,
        scope: &OrgScope,
        account: &ProviderAccount,
        error: Option<&Error>,
        now: DateTime<Utc>,
    ) -> Result<(), Error> {
        let shown = account.problem.as_ref().map(|problem| problem.code.as_str());
        let problem = match error {
            Some(Error::Provider(error @ ProviderError::Credentials { .. })) => {
                let code = error.code();
                let detail = error.detail().map(str::to_owned);
                Some(AccountNote { code, detail, at: now })
            }
            Some(_) => return Ok(()),
            None => None,
        };
        if shown == problem.as_ref().map(|problem| problem.code.as_str()) {
            return Ok(());
        }
        let change = AccountChange { problem: Some(problem), ..AccountChange::default() };
        let mut batch = Batch::caused_by(&Cause::Stored, Action::AccountChanged, now);
        batch
            .about(account.id)
            .require(Precondition::Revision(RecordRef::Account(account.id), account.revision))
            .write(AccountWrite::Change { account: account.id, change: Box::new(change) })
            .event(DomainEvent::AccountChanged { account: account.id });
        match self.runtime.store().commit_one(scope, batch).await {
            // It was changed meanwhile: the next reading shows what holds then.
            Err(StoreError::PreconditionFailed(_)) => Ok(()),
            other => Ok(other.map(drop)?),
        }
    }
}
