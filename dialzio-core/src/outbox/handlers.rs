//! Jobs that are done one at a time: files, read receipts, template lists, deletions. Each may be done twice without harm.

use sha2::{Digest, Sha256};

use super::job::{Job, JobState};
use super::kind::JobKind;
use super::lease::Lease;
use super::report::WorkReport;
use super::worker::Worker;
use crate::account::{AccountService, AccountWrite, ProviderAccount};
use crate::blob::BlobKey;
use crate::call::RecordingConsent;
use crate::error::{Error, RecordKind};
use crate::event::DomainEvent;
use crate::id::{AccountId, MediaId, MessageId};
use crate::ledger::Action;
use crate::media::{Media, MediaOwner, MediaState, MediaWrite};
use crate::outbox::JobWrite;
use crate::provider::{AccountAccess, ProviderError, Signal};
use crate::scope::OrgScope;
use crate::store::{Batch, Cause, Precondition, RecordRef, StoreError};

/// How often a fetched file is written again because its call was changed meanwhile.
const TRIES: u32 = 8;

/// What a handler leaves to be written.
pub(super) enum Handled {
    /// That the job is done.
    Done,
    /// Nothing: the handler committed it with its result.
    Committed,
}

impl Worker<'_> {
    /// Does one job by the handler of its kind, and writes down whether it is done, tried again, or given up.
    pub(super) async fn job(&self, scope: &OrgScope, lease: &Lease, job: Job) -> Result<WorkReport, Error> {
        let mut report = WorkReport::default();
        let now = self.runtime.now();
        // One that is too late is refused, which is its handler's to write down.
        if let JobKind::SendScheduled(id) = job.kind {
            self.send_scheduled(scope, lease, &job, id).await?;
            return Ok(report);
        }
        let retries = job.kind.row().retries;
        if now >= job.deadline && !retries.are_endless() {
            self.give_up(scope, lease, &job).await?;
            return Ok(report);
        }
        let handled = match job.kind {
            JobKind::Send(_) => return self.sends(scope, lease, vec![job]).await,
            JobKind::SendScheduled(_) => Ok(Handled::Committed),
            JobKind::FetchMedia(media) => self.fetch(scope, lease, &job, media).await,
            JobKind::MarkRead(message) => self.mark_read(scope, &job, message).await,
            JobKind::SyncTemplates => self.sync(scope, lease, &job).await,
            JobKind::PlaceCall(call) => self.place_call(scope, lease, &job, call).await,
            JobKind::ConfirmCall(call) => self.confirm_call(scope, lease, &job, call).await,
            JobKind::ReadMessages => self.read_messages(scope, lease, &job).await,
            JobKind::ReconcileCalls => self.reconcile_calls(scope, lease, &job).await,
            JobKind::DeleteBlob(media) => self.delete_blob(scope, media).await,
        };
        match handled {
            Ok(handled) => {
                report.fetched = u32::from(matches!(job.kind, JobKind::FetchMedia(_)));
                if let Handled::Done = handled {
                    self.update_job(scope, lease, &job, JobState::Done, None, job.attempts).await?;
                }
            }
            Err(error @ Error::Store(_)) => return Err(error),
            Err(error) => {
                report.failed = 1;
                tracing::warn!(code = %error.code(), job = %job.id, kind = job.kind.name(), "a job failed");
                let backoff = match &error {
                    Error::Provider(ProviderError::Unreachable { .. }) => retries.unreached,
                    _ => retries.fault,
                };
                let wait = backoff.wait(job.attempts, None, self.runtime.entropy());
                match wait.filter(|_| !is_final(&error)) {
                    Some(wait) => {
                        let due = Some(now + wait);
                        self.update_job(scope, lease, &job, JobState::Pending, due, job.attempts + 1).await?;
                    }
                    None => self.give_up(scope, lease, &job).await?,
                }
            }
        }
        Ok(report)
    }

    /// Marks a job as dead, and the file that it was to fetch as unavailable.
    async fn give_up(&self, scope: &OrgScope, lease: &Lease, job: &Job) -> Result<(), Error> {
        if let JobKind::FetchMedia(id) = job.kind
            && let Some(media) = self.runtime.store().media(scope, id).await?
            && media.state == MediaState::Pending
        {
            let unavailable = Media { state: MediaState::Unavailable, ..media };
            return self.finish_media(scope, lease, job, unavailable, JobState::Dead).await;
        }
        self.update_job(scope, lease, job, JobState::Dead, None, job.attempts).await
    }

    async fn delete_blob(&self, scope: &OrgScope, media: MediaId) -> Result<Handled, Error> {
        self.runtime.blobs().delete(&BlobKey { org: scope.org(), media }).await?;
        Ok(Handled::Done)
    }

    async fn access(
        &self,
        scope: &OrgScope,
        account: Option<AccountId>,
    ) -> Result<(ProviderAccount, AccountAccess), Error> {
        let id = account.ok_or(Error::missing(RecordKind::Account))?;
        let account =
            self.runtime.store().account(scope, id).await?.ok_or(Error::missing(RecordKind::Account))?;
        let access = AccountService::new(self.runtime).access(scope.org(), &account).await?;
        Ok((account, access))
    }

    async fn fetch(&self, scope: &OrgScope, lease: &Lease, job: &Job, id: MediaId) -> Result<Handled, Error> {
        let media = self.runtime.store().media(scope, id).await?.ok_or(Error::missing(RecordKind::Media))?;
        if media.state == MediaState::Stored {
            return Ok(Handled::Done);
        }
        if let MediaOwner::Call(call) = media.owner
            && !crate::call::is_agreed(self.runtime, scope, call).await?
        {
            return self.wait_for_agreement(scope, lease, job).await;
        }
        let (account, access) = self.access(scope, job.account).await?;
        let at_provider = media.provider_id.as_deref().ok_or(Error::missing(RecordKind::Media))?;
        let service = AccountService::new(self.runtime);
        let file = match media.owner {
            MediaOwner::Message(_) => service.messaging(&account)?.fetch_media(&access, at_provider).await?,
            MediaOwner::Call(_) => service.telephony(&account)?.open_recording(&access, at_provider).await?,
        };
        let found: [u8; 32] = Sha256::digest(&file.bytes).into();
        if media.sha256.is_some_and(|announced| announced != found) {
            tracing::warn!(media = %id, "the file is not the one that was announced");
        }
        let blob = BlobKey { org: scope.org(), media: id };
        let wrapped = self.runtime.media_sealer().put(&blob, &file.bytes).await?;
        let stored = Media {
            state: MediaState::Stored,
            mime: media.mime.clone().or(file.mime),
            size: Some(file.bytes.len() as u64),
            sha256: Some(found),
            blob: Some(blob),
            wrapped_key: Some(wrapped),
            ..media
        };
        self.finish_media(scope, lease, job, stored, JobState::Done).await?;
        Ok(Handled::Committed)
    }

    /// Puts off a recording whose person is not known to have agreed, until its job is given up.
    async fn wait_for_agreement(&self, scope: &OrgScope, lease: &Lease, job: &Job) -> Result<Handled, Error> {
        let now = self.runtime.now();
        let mut batch = Batch::caused_by(&Cause::Job(job.id, *lease), Action::JobPostponed, now);
        batch.require(Precondition::Job(job.id, JobState::Pending)).write(JobWrite::Update {
            id: job.id,
            state: JobState::Pending,
            not_before: Some((now + crate::call::LOOK_AGAIN).min(job.deadline)),
            attempts: job.attempts,
        });
        match self.runtime.store().commit_one(scope, batch).await {
            Err(StoreError::PreconditionFailed(_)) => Ok(Handled::Committed),
            other => Ok(other.map(|_| Handled::Committed)?),
        }
    }

    async fn finish_media(
        &self,
        scope: &OrgScope,
        lease: &Lease,
        job: &Job,
        media: Media,
        state: JobState,
    ) -> Result<(), Error> {
        let store = self.runtime.store();
        for _ in 0..TRIES {
            let (now, mut media) = (self.runtime.now(), media.clone());
            let mut batch = Batch::caused_by(&Cause::Job(job.id, *lease), Action::MediaFetched, now);
            match media.owner {
                MediaOwner::Message(id) => {
                    if let Some(message) = store.message(scope, id).await? {
                        let conversation = message.conversation;
                        batch.event(DomainEvent::MediaChanged { conversation, message: id, media: media.id });
                    }
                }
                MediaOwner::Call(id) => {
                    if let Some(call) = store.call(scope, id).await? {
                        // The person refused, or it was deleted, while it was being fetched: it goes with the next sweep.
                        let is_gone = store.media(scope, media.id).await?.is_none();
                        if is_gone || call.recording_consent == RecordingConsent::Refused {
                            media.expires_at = Some(now);
                        }
                        batch.require(Precondition::Revision(RecordRef::Call(id), call.revision));
                        batch.event(DomainEvent::CallChanged { call: id, contact: call.contact });
                    }
                }
            }
            batch.about(media.id).write(MediaWrite::Update(media)).write(JobWrite::Update {
                id: job.id,
                state,
                not_before: None,
                attempts: job.attempts + 1,
            });
            match store.commit_one(scope, batch).await {
                Err(StoreError::PreconditionFailed(failed))
                    if matches!(*failed, Precondition::Revision(..)) => {}
                Err(StoreError::PreconditionFailed(_)) => return Ok(()),
                other => return Ok(other.map(|_| ())?),
            }
        }
        Err(Error::Conflict { kind: RecordKind::Media })
    }

    async fn mark_read(&self, scope: &OrgScope, job: &Job, message: MessageId) -> Result<Handled, Error> {
        let message =
            self.runtime.store().message(scope, message).await?.ok_or(Error::missing(RecordKind::Message))?;
        let Some(external) = message.external else { return Ok(Handled::Done) };
        let (account, access) = self.access(scope, job.account).await?;
        let signal = Signal::Read { message: external, typing: false };
        AccountService::new(self.runtime).messaging(&account)?.signal(&access, &signal).await?;
        Ok(Handled::Done)
    }

    async fn sync(&self, scope: &OrgScope, lease: &Lease, job: &Job) -> Result<Handled, Error> {
        let (account, access) = self.access(scope, job.account).await?;
        let asked_at = self.runtime.now();
        let templates = AccountService::new(self.runtime).messaging(&account)?.templates(&access).await?;
        let mut batch =
            Batch::caused_by(&Cause::Job(job.id, *lease), Action::TemplatesSynced, self.runtime.now());
        batch
            .about(account.id)
            .write(AccountWrite::Templates { account: account.id, asked_at, templates })
            .write(JobWrite::Update {
                id: job.id,
                state: JobState::Done,
                not_before: None,
                attempts: job.attempts + 1,
            })
            .event(DomainEvent::AccountChanged { account: account.id });
        match self.runtime.store().commit_one(scope, batch).await {
            Err(StoreError::PreconditionFailed(_)) => Ok(Handled::Committed),
            other => Ok(other.map(|_| Handled::Committed)?),
        }
    }
}

/// Whether the same job would fail again in the same way.
const fn is_final(error: &Error) -> bool {
    matches!(
        error,
        Error::Provider(ProviderError::Refused { .. } | ProviderError::Unsupported { .. })
            | Error::NotFound { .. }
    )
}
