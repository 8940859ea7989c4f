//! Queueing the mails of service updates.

use chrono::TimeDelta;

use super::worker::Worker;
use crate::error::Error;
use crate::mail::{self, Letter};
use crate::news::ServiceUpdateChange;
use crate::store::{StoreError, SystemWrite};

/// Most users whose mails are queued in one commit.
const CHUNK: u32 = 100;
/// How long after its publication an update is mailed. A server that gets a mailer later does not mail old ones.
const MAILED_WITHIN: TimeDelta = TimeDelta::days(1);

impl Worker<'_> {
    /// Queues the mails of service updates that were not mailed to everybody yet. How far it has come is kept in the same
    /// commit as the mails, so nobody gets two after a crash, and nobody none.
    ///
    /// # Errors
    /// [`Error::Store`]; [`Error::Sealed`] and [`Error::Keys`] if a mail cannot be sealed.
    pub(super) async fn queue_news(&self) -> Result<(), Error> {
        let (store, system) = (self.runtime.store(), self.runtime.system());
        while let Some(update) = store.news_to_mail(system, self.runtime.now() - MAILED_WITHIN).await? {
            let users = store.news_recipients(system, update.mailed_to, CHUNK).await?;
            let is_last = users.len() < CHUNK as usize;
            let change = ServiceUpdateChange {
                mailed_to: users.last().map(|last| Some(last.user())),
                mailed_at: is_last.then(|| Some(self.runtime.now())),
            };
            let revision = update.revision;
            let mut writes = vec![SystemWrite::ChangeNews { update: update.id, revision, change }];
            let letter = Letter::News { kind: update.kind, title: &update.title, text: &update.text };
            for user in users.iter().filter(|user| user.takes(update.kind)) {
                writes.push(mail::queue(self.runtime, user.email(), &letter, None).await?);
            }
            match store.commit_system(system, writes, None).await {
                // Another worker queues them, or the update was withdrawn.
                Err(StoreError::PreconditionFailed(_)) => return Ok(()),
                other => other?,
            };
        }
        Ok(())
    }
}
