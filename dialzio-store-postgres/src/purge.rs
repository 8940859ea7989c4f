//! What has expired goes, a chunk at a time; whole months go at once, see [`crate::months`].

use chrono::{DateTime, TimeDelta, Utc};
use uuid::Uuid;

use dialzio_core::event::Recorded;
use dialzio_core::media::MediaOwner;
use dialzio_core::outbox::{Job, JobKind};
use dialzio_core::store::periods::{KEY_PERIOD, LOG_PERIOD, REFERENCE_PERIOD};
use dialzio_core::store::rows::Columns;
use dialzio_core::store::{Purge, StoreError};
use dialzio_core::time::{ConfirmedTime, OLDEST_EVENT};
use dialzio_core::{JobId, MediaId, MessageId, id_floor};

use crate::apply::Scope;
use crate::codec::{Cols, id_list, time};
use crate::error::{Failure, Res};
use crate::run::{Params, params};
use crate::statements as sql;

impl Scope<'_> {
    /// Removes at most `limit` rows; answers how many.
    pub(crate) async fn purge(
        &mut self,
        class: Purge,
        at: ConfirmedTime,
        kept: TimeDelta,
        limit: u32,
    ) -> Res<u64> {
        // Nothing is deleted that a read still shows.
        let at = at.no_later(self.shared.now());
        let before = at.instant() - kept;
        // What the group has not written yet may have to go too.
        self.group.write_messages(&mut self.db).await?;
        self.group.write_jobs(&mut self.db).await?;
        self.group.write_logs(&mut self.db).await?;
        self.group.references.clear();
        match class {
            Purge::Messages => self.purge_messages(before, at, limit as usize).await,
            Purge::Drafts => {
                let row = params![self.key, time(before), i64::from(limit)];
                self.db.run(sql::PURGE_DRAFTS, row).await
            }
            Purge::Notices => {
                let row = params![self.key, time(before), i64::from(limit)];
                self.db.run(sql::PURGE_NOTICES, row).await
            }
            Purge::Scheduled => {
                let row = params![self.key, time(before), i64::from(limit)];
                self.db.run(sql::PURGE_SCHEDULED, row).await
            }
            Purge::Support => {
                let row = params![self.key, time(before), i64::from(limit)];
                self.db.run(sql::PURGE_SUPPORT, row).await
            }
            Purge::Usage => self.purge_usage(at.instant(), limit).await,
            Purge::Quarantine => {
                let row = params![self.key, time(before), i64::from(limit)];
                self.db.run(sql::PURGE_QUARANTINE, row).await
            }
            Purge::Bookkeeping => self.purge_bookkeeping(before, u64::from(limit)).await,
            _ => Err(Failure::Store(StoreError::Unsupported("a class of rows to purge"))),
        }
    }

    async fn purge_messages(&mut self, before: DateTime<Utc>, at: ConfirmedTime, limit: usize) -> Res<u64> {
        let now = time(at.instant());
        let message = |row: &sqlx::postgres::PgRow| Cols::new(row, "message").id::<MessageId>();
        // The time in a message's id is its event time, or at most so much later: the oldest ids are looked at alone.
        let newest = id_floor(before + OLDEST_EVENT);
        let row = params![self.key, newest, time(before), limit as i64];
        let mut messages = self.db.all(sql::MESSAGES_OVER, row, message).await?;
        messages
            .extend(self.db.all(sql::MESSAGES_ENDED, params![self.key, now, limit as i64], message).await?);
        messages.sort_unstable();
        messages.dedup();
        messages.truncate(limit);
        let file = |row: &sqlx::postgres::PgRow| Cols::new(row, "file").id::<MediaId>();
        if !messages.is_empty() {
            let ids = id_list(messages.iter().copied());
            let owners: Vec<_> = messages.iter().copied().map(MediaOwner::Message).collect();
            self.drop_media_of(&owners).await?;
            self.db.run(sql::DROP_EVIDENCE, params![self.key, ids]).await?;
            crate::message_words::remove(&mut self.db, self.key, &ids).await?;
            self.db.run(sql::DROP_MESSAGES, params![self.key, ids]).await?;
        }
        let left = limit - messages.len();
        let mut files =
            self.db.all(sql::MEDIA_OVER, params![self.key, time(before), left as i64], file).await?;
        files.extend(self.db.all(sql::MEDIA_ENDED, params![self.key, now, left as i64], file).await?);
        files.sort_unstable();
        files.dedup();
        files.truncate(left);
        self.drop_media(&files).await?;
        let left = left - files.len();
        let row = params![self.key, time(before), left as i64];
        let done = self
            .db
            .all(sql::ACTIVITIES_OVER, row, |row| {
                let c = Cols::new(row, "activity");
                Ok((c.get::<Uuid>()?, c.get::<Uuid>()?))
            })
            .await?;
        if !done.is_empty() {
            let (conversations, activities): (Vec<Uuid>, Vec<Uuid>) = done.iter().copied().unzip();
            self.db.run(sql::DROP_ACTIVITIES, params![self.key, conversations, activities]).await?;
        }
        Ok((messages.len() + files.len() + done.len()) as u64)
    }

    /// The files of records that go.
    async fn drop_media_of(&mut self, owners: &[MediaOwner]) -> Res<()> {
        for (kind, ids) in MediaOwner::by_kind(owners) {
            let row = params![self.key, kind.as_str(), ids];
            let file = |row: &sqlx::postgres::PgRow| Cols::new(row, "file").id::<MediaId>();
            let files = self.db.all(sql::MEDIA_BELONGING, row, file).await?;
            self.drop_media(&files).await?;
        }
        Ok(())
    }

    /// The rows go, with the keys of the blobs; the blobs themselves are deleted afterwards.
    async fn drop_media(&mut self, files: &[MediaId]) -> Res<()> {
        if files.is_empty() {
            return Ok(());
        }
        let row = params![self.key, id_list(files.iter().copied())];
        let dropped = self
            .db
            .changing(sql::DROP_MEDIA, row, |row| {
                let c = Cols::new(row, "file");
                Ok((c.id::<MediaId>()?, c.get::<bool>()?))
            })
            .await?;
        for (file, _) in dropped.into_iter().filter(|(_, stored)| *stored) {
            let id = self.shared.ids.next(self.at);
            self.queue(&Job::new(id, JobKind::DeleteBlob(file), self.at));
        }
        Ok(())
    }

    async fn purge_bookkeeping(&mut self, before: DateTime<Utc>, limit: u64) -> Res<u64> {
        let mut left = limit;
        let over = params![self.key, time(before - KEY_PERIOD), left.cast_signed()];
        left -= self.db.run(sql::PURGE_ONCE, over).await?;
        let over = params![self.key, time(before - REFERENCE_PERIOD), left.cast_signed()];
        let references = self
            .db
            .all(sql::REFERENCES_OVER, over, |row| {
                let c = Cols::new(row, "reference");
                Ok((c.get::<Uuid>()?, c.get::<i64>()?, c.get::<Uuid>()?))
            })
            .await?;
        let key = self.key;
        let each = |row: &mut Params, (account, hash, message): &(Uuid, i64, Uuid)| {
            row.add(*account);
            row.add(*hash);
            row.add(*message);
            Ok(())
        };
        left -= self.db.put(sql::DROP_REFERENCES, |row| row.add(key), &references, each).await?;
        let over = params![self.key, time(before - LOG_PERIOD), left.cast_signed()];
        let jobs = self.db.all(sql::EFFECTS_OVER, over, |row| Cols::new(row, "effect").id::<JobId>()).await?;
        left -= self.db.run(sql::DROP_EFFECT, params![self.key, id_list(jobs)]).await?;
        // Events are in order of time but for clocks of callers: the oldest go until one stays.
        let most = u32::try_from(left).unwrap_or(u32::MAX).min(10_000);
        let oldest = crate::ledger::events(&mut self.db, self.key, Default::default(), most).await?;
        let over = |event: &&Recorded| event.at + LOG_PERIOD <= before;
        let gone: Vec<i64> = oldest.iter().take_while(over).map(|event| event.seq.0.cast_signed()).collect();
        if !gone.is_empty() {
            left -= self.db.run(sql::DROP_EVENT, params![self.key, gone]).await?;
        }
        Ok(limit - left)
    }
}
