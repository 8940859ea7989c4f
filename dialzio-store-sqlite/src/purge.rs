//! What has expired goes, a chunk at a time. The bytes are overwritten, since every connection deletes securely.

use chrono::{DateTime, TimeDelta, Utc};
use rusqlite::params;

use dialzio_core::event::Recorded;
use dialzio_core::media::MediaOwner;
use dialzio_core::outbox::{Job, JobKind};
use dialzio_core::store::periods::{KEY_PERIOD, LOG_PERIOD, REFERENCE_PERIOD};
use dialzio_core::store::rows::Columns;
use dialzio_core::store::{Purge, StoreError};
use dialzio_core::time::{ConfirmedTime, OLDEST_EVENT};
use dialzio_core::{ActivityId, ConversationId, JobId, MediaId, MessageId, id_floor};

use crate::apply::Scope;
use crate::codec::{Cols, id, time};
use crate::error::{Failure, Res};
use crate::run::Run;
use crate::statements as sql;

impl Scope<'_> {
    /// Removes at most `limit` rows; answers how many.
    pub(crate) fn purge(&mut self, class: Purge, at: ConfirmedTime, kept: TimeDelta, limit: u32) -> Res<u64> {
        // Nothing is deleted that a read still shows.
        let at = at.no_later(self.shared.now());
        let before = at.instant() - kept;
        match class {
            Purge::Messages => self.purge_messages(before, at, limit as usize),
            Purge::Drafts => self.purge_drafts(before, limit),
            Purge::Scheduled => self.purge_scheduled(before, limit),
            Purge::Notices => self.purge_notices(before, limit),
            Purge::Support => self.purge_support(before, limit),
            Purge::Usage => self.purge_usage(at.instant(), limit),
            Purge::Quarantine => {
                let gone = self.db.run(sql::PURGE_QUARANTINE, params![self.key, time(before), limit])?;
                Ok(gone as u64)
            }
            Purge::Bookkeeping => self.purge_bookkeeping(before, limit as usize),
            _ => Err(Failure::Store(StoreError::Unsupported("a class of rows to purge"))),
        }
    }

    fn purge_drafts(&mut self, before: DateTime<Utc>, limit: u32) -> Res<u64> {
        let over = self.db.all(sql::DRAFTS_OVER, params![self.key, time(before), limit], |row| {
            let c = Cols::new(row, "draft");
            Ok((c.get::<[u8; 16]>()?, c.get::<[u8; 16]>()?, c.get::<String>()?))
        })?;
        for (conversation, member, kind) in &over {
            self.db.run(sql::DROP_DRAFT, params![self.key, conversation, member, kind])?;
        }
        Ok(over.len() as u64)
    }

    fn purge_notices(&mut self, before: DateTime<Utc>, limit: u32) -> Res<u64> {
        let over = self.db.all(sql::NOTICES_OVER, params![self.key, time(before), limit], |row| {
            Cols::new(row, "notice").get::<[u8; 16]>()
        })?;
        for gone in &over {
            self.db.run(sql::DROP_NOTICE, params![self.key, gone])?;
        }
        Ok(over.len() as u64)
    }

    fn purge_scheduled(&mut self, before: DateTime<Utc>, limit: u32) -> Res<u64> {
        let over = self.db.all(sql::SCHEDULED_OVER, params![self.key, time(before), limit], |row| {
            Cols::new(row, "scheduled_message").get::<[u8; 16]>()
        })?;
        for gone in &over {
            self.db.run(sql::DROP_SCHEDULED_MESSAGE, params![self.key, gone])?;
        }
        Ok(over.len() as u64)
    }

    fn purge_messages(&mut self, before: DateTime<Utc>, at: ConfirmedTime, limit: usize) -> Res<u64> {
        let now = time(at.instant());
        let place = |row: &rusqlite::Row<'_>| {
            let c = Cols::new(row, "message");
            Ok((c.id::<MessageId>()?, c.id::<ConversationId>()?))
        };
        // The time in a message's id is its event time, or at most so much later: the oldest ids are looked at alone.
        let newest = id_floor(before + OLDEST_EVENT).into_bytes();
        let row = params![self.key, newest, time(before), limit as i64];
        let mut messages = self.db.all(sql::MESSAGES_OVER, row, place)?;
        let ended = self.db.all(sql::MESSAGES_ENDED, params![self.key, now, limit as i64], place)?;
        messages.extend(ended);
        messages.sort_unstable();
        messages.dedup();
        messages.truncate(limit);
        for (message, conversation) in &messages {
            self.drop_media_of(MediaOwner::Message(*message))?;
            self.db.run(sql::DROP_EVIDENCE, params![self.key, id(*message)])?;
            crate::message_words::remove(self.db, self.key, *message)?;
            self.db.run(sql::DROP_MESSAGE, params![self.key, id(*conversation), id(*message)])?;
        }
        let left = limit - messages.len();
        let file = |row: &rusqlite::Row<'_>| Cols::new(row, "file").id::<MediaId>();
        let mut files = self.db.all(sql::MEDIA_OVER, params![self.key, time(before), left as i64], file)?;
        files.extend(self.db.all(sql::MEDIA_ENDED, params![self.key, now, left as i64], file)?);
        files.sort_unstable();
        files.dedup();
        files.truncate(left);
        for file in &files {
            self.drop_media(*file)?;
        }
        let left = left - files.len();
        let row = params![self.key, time(before), left as i64];
        let done = self.db.all(sql::ACTIVITIES_OVER, row, |row| {
            let c = Cols::new(row, "activity");
            Ok((c.id::<ConversationId>()?, c.id::<ActivityId>()?))
        })?;
        for (conversation, activity) in &done {
            self.db.run(sql::DROP_ACTIVITY, params![self.key, id(*conversation), id(*activity)])?;
        }
        Ok((messages.len() + files.len() + done.len()) as u64)
    }

    /// The files of a record that goes.
    fn drop_media_of(&mut self, owner: MediaOwner) -> Res<()> {
        let row = params![self.key, owner.kind().as_str(), owner.uuid().into_bytes()];
        for file in self.db.all(sql::MEDIA_BELONGING, row, |row| Cols::new(row, "file").id::<MediaId>())? {
            self.drop_media(file)?;
        }
        Ok(())
    }

    /// The row goes, with the key of the blob; the blob itself is deleted afterwards.
    fn drop_media(&mut self, file: MediaId) -> Res<()> {
        let stored = self
            .db
            .one(sql::DROP_MEDIA, params![self.key, id(file)], |row| Cols::new(row, "file").get::<bool>())?;
        if stored != Some(true) {
            return Ok(());
        }
        let id = self.shared.ids.next(self.at);
        self.queue(&Job::new(id, JobKind::DeleteBlob(file), self.at))
    }

    fn purge_bookkeeping(&mut self, before: DateTime<Utc>, limit: usize) -> Res<u64> {
        let mut left = limit;
        let row = params![self.key, time(before - KEY_PERIOD), left as i64];
        left -= self.db.run(sql::PURGE_ONCE, row)?;
        let row = params![self.key, time(before - REFERENCE_PERIOD), left as i64];
        let references = self.db.all(sql::REFERENCES_OVER, row, |row| {
            let c = Cols::new(row, "reference");
            Ok((c.get::<[u8; 16]>()?, c.get::<i64>()?, c.get::<[u8; 16]>()?))
        })?;
        for (account, hash, message) in references {
            left -= self.db.run(sql::DROP_REFERENCE, params![self.key, account, hash, message])?;
        }
        let row = params![self.key, time(before - LOG_PERIOD), left as i64];
        let jobs = self.db.all(sql::EFFECTS_OVER, row, |row| Cols::new(row, "effect").id::<JobId>())?;
        for job in jobs {
            left -= self.db.run(sql::DROP_EFFECT, params![self.key, id(job)])?;
        }
        // Events are in order of time but for clocks of callers: the oldest go until one stays.
        let oldest = crate::ledger::events(self.db, self.key, Default::default(), left.min(10_000) as u32)?;
        let over = |event: &&Recorded| event.at + LOG_PERIOD <= before;
        for event in oldest.iter().take_while(over) {
            left -= self.db.run(sql::DROP_EVENT, params![self.key, event.seq.0.cast_signed()])?;
        }
        Ok((limit - left) as u64)
    }
}
