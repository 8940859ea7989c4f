//! Sending the mail that waits.

use chrono::{DateTime, TimeDelta, Utc};

use super::backoff::Backoff;
use super::worker::Worker;
use crate::error::Error;
use crate::id::MailId;
use crate::mail::{self, MailError, Mailer, QueuedMail, QueuedMailChange};
use crate::store::{Revision, StoreError, SystemWrite};

/// Most mails that are sent in one turn.
const CHUNK: u32 = 16;
/// How long a mail is one worker's alone. A mailer answers within a minute.
const HELD: TimeDelta = TimeDelta::seconds(120);
/// How long a mail waits before it is tried again. It ends by its own time.
const RETRY: Backoff =
    Backoff { base: TimeDelta::seconds(10), factor: 2, cap: TimeDelta::minutes(30), retries: None };

impl Worker<'_> {
    /// Queues the mails of new service updates, and sends the mail that is due; answers how many the server took. Without a
    /// mailer it waits until it ends.
    ///
    /// A mail is taken for two minutes before it is handed over, so that no other worker sends it at the same time, and is
    /// gone as soon as the server has it. A crash in between leaves unknown whether it was sent: it is sent again, under the
    /// same `Message-ID`.
    ///
    /// # Errors
    /// [`Error::Store`].
    pub async fn send_mails(&self) -> Result<u32, Error> {
        let Some(mailer) = self.runtime.mailer() else { return Ok(0) };
        let (store, system) = (self.runtime.store(), self.runtime.system());
        self.queue_news().await?;
        let mut sent = 0;
        loop {
            let due = store.mails_due(system, self.runtime.now(), CHUNK).await?;
            if due.is_empty() {
                return Ok(sent);
            }
            for mail in due {
                sent += u32::from(self.send_mail(mailer, mail).await?);
            }
        }
    }

    /// Sends one mail; answers whether the server took it.
    async fn send_mail(&self, mailer: &dyn Mailer, queued: QueuedMail) -> Result<bool, Error> {
        let (id, taken) = (queued.id, self.runtime.taken_mails());
        if taken.has(id) {
            self.end_mail(id).await?;
            return Ok(false);
        }
        let Some(held) = self.put_off(&queued, self.runtime.now() + HELD, queued.attempts + 1).await? else {
            return Ok(false);
        };
        let outcome = match mail::open(self.runtime, &queued).await {
            Ok(mail) => mailer.send(&mail).await,
            Err(Error::Sealed) => Err(MailError::Refused { reply: None }),
            Err(error) => return Err(error),
        };
        match outcome {
            Ok(()) => {
                taken.add(id);
                self.end_mail(id).await?;
                return Ok(true);
            }
            Err(error) if error.may_be_tried_again() => {
                let wait = RETRY.wait(queued.attempts, None, self.runtime.entropy());
                let next = self.runtime.now() + wait.unwrap_or(HELD);
                if next < queued.expires_at {
                    tracing::warn!(%id, reply = error.reply(), attempts = held.attempts, "a mail was not taken, and will be tried again");
                    self.put_off(&held, next, held.attempts).await?;
                } else {
                    tracing::error!(%id, reply = error.reply(), attempts = held.attempts, "a mail was given up: its time is over");
                    self.end_mail(id).await?;
                }
            }
            Err(error) => {
                tracing::error!(%id, reply = error.reply(), "a mail was refused for good");
                self.end_mail(id).await?;
            }
        }
        Ok(false)
    }

    /// Puts a mail off until an instant; `None` if another worker has it, or it is gone.
    async fn put_off(
        &self,
        queued: &QueuedMail,
        until: DateTime<Utc>,
        attempts: u32,
    ) -> Result<Option<QueuedMail>, Error> {
        let change = QueuedMailChange { due_at: Some(until), attempts: Some(attempts) };
        let (mail, revision) = (queued.id, queued.revision);
        let writes = vec![SystemWrite::ChangeMail { mail, revision, change }];
        match self.runtime.store().commit_system(self.runtime.system(), writes, None).await {
            Ok(_) => {
                let revision = Revision(revision.0.saturating_add(1));
                Ok(Some(QueuedMail { due_at: until, attempts, revision, ..queued.clone() }))
            }
            Err(StoreError::PreconditionFailed(_)) => Ok(None),
            Err(error) => Err(error.into()),
        }
    }

    async fn end_mail(&self, id: MailId) -> Result<(), Error> {
        let writes = vec![SystemWrite::EndMail(id)];
        self.runtime.store().commit_system(self.runtime.system(), writes, None).await?;
        self.runtime.taken_mails().forget(id);
        Ok(())
    }
}
