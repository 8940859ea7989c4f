//! What has expired goes.

use chrono::{DateTime, TimeDelta, Utc};

use super::BrokenRule;
use super::commit::Frame;
use super::state::Rows;
use crate::id::{ActivityId, MediaId, MessageId};
use crate::media::{Media, MediaOwner};
use crate::outbox::{Job, JobKind};
use crate::store::Purge;
use crate::store::periods::{KEY_PERIOD, LOG_PERIOD, REFERENCE_PERIOD};
use crate::time::ConfirmedTime;

impl Rows {
    /// Removes at most `limit` rows; answers how many.
    pub(super) fn purge(
        &mut self,
        frame: &Frame<'_>,
        class: Purge,
        by: ConfirmedTime,
        kept: TimeDelta,
        limit: u32,
        at: DateTime<Utc>,
    ) -> u64 {
        let limit = limit as usize;
        // Nothing is deleted that a read still shows.
        let by = by.no_later(frame.now);
        let before = by.instant() - kept;
        match class {
            Purge::Messages => self.purge_messages(frame, before, by, limit, at),
            Purge::Drafts => {
                let over = self.drafts.iter().filter(|(_, draft)| draft.saved_at < before);
                let gone: Vec<_> = over.map(|(key, _)| *key).take(limit).collect();
                self.drafts.retain(|key, _| !gone.contains(key));
                gone.len() as u64
            }
            Purge::Notices => {
                let over = self.notices.values().filter(|notice| notice.created_at < before);
                let gone: Vec<_> = over.map(|notice| notice.id).take(limit).collect();
                self.notices.retain(|id, _| !gone.contains(id));
                gone.len() as u64
            }
            Purge::Scheduled => {
                let over = self.scheduled.values().filter(|message| message.send_at < before);
                let gone: Vec<_> = over.map(|message| message.id).take(limit).collect();
                self.scheduled.retain(|id, _| !gone.contains(id));
                gone.len() as u64
            }
            Purge::Support => self.purge_support(before, limit),
            Purge::Usage => self.purge_usage(by.instant(), limit),
            Purge::Quarantine => {
                let gone = self.quarantine.values().filter(|bytes| bytes.expires_at <= before);
                let gone: Vec<_> = gone.map(|bytes| bytes.id).take(limit).collect();
                self.quarantine.retain(|id, _| !gone.contains(id));
                gone.len() as u64
            }
            Purge::Bookkeeping => self.purge_bookkeeping(before, limit),
        }
    }

    fn purge_messages(
        &mut self,
        frame: &Frame<'_>,
        before: DateTime<Utc>,
        by: ConfirmedTime,
        limit: usize,
        at: DateTime<Utc>,
    ) -> u64 {
        let over = |event_at: DateTime<Utc>, expires_at: Option<DateTime<Utc>>| {
            event_at < before || expires_at.is_some_and(|end| end <= by.instant())
        };
        let messages = self.messages.values().filter(|message| over(message.event_at, message.expires_at));
        let messages: Vec<MessageId> = messages.map(|message| message.id).take(limit).collect();
        let goes_too = |media: &Media| match media.owner {
            _ if frame.broken_rule == Some(BrokenRule::OwnerIgnored) => false,
            MediaOwner::Message(message) => messages.contains(&message),
            MediaOwner::Call(_) => false,
        };
        let files = self.media.values().filter(|media| over(media.event_at, media.expires_at));
        let alone = files.filter(|media| !goes_too(media));
        let alone: Vec<MediaId> =
            alone.map(|media| media.id).take(limit.saturating_sub(messages.len())).collect();
        let gone = self.media.values().filter(|media| goes_too(media) || alone.contains(&media.id));
        let gone: Vec<_> = gone.map(|media| (media.id, media.blob.is_some())).collect();
        for (id, stored) in gone {
            self.media.remove(&id);
            if stored {
                let job = Job::new(frame.ids.next(at), JobKind::DeleteBlob(id), at);
                self.jobs.insert(job.id, job);
            }
        }
        self.messages.retain(|id, _| !messages.contains(id));
        self.evidence.retain(|(id, _), _| !messages.contains(id));
        let left = limit.saturating_sub(messages.len() + alone.len());
        let done = self.activities.values().filter(|done| done.at < before);
        let done: Vec<ActivityId> = done.map(|done| done.id).take(left).collect();
        self.activities.retain(|id, _| !done.contains(id));
        (messages.len() + alone.len() + done.len()) as u64
    }

    fn purge_bookkeeping(&mut self, before: DateTime<Utc>, limit: usize) -> u64 {
        let mut left = limit;
        let mut take = |expired: bool| {
            let gone = expired && left > 0;
            left -= usize::from(gone);
            gone
        };
        self.used.retain(|_, used| !take(used.at + KEY_PERIOD <= before));
        self.references.retain(|_, reference| !take(reference.at + REFERENCE_PERIOD <= before));
        self.jobs.retain(|_, job| !take(!job.state.is_open() && job.deadline + LOG_PERIOD <= before));
        self.events.retain(|event| !take(event.at + LOG_PERIOD <= before));
        (limit - left) as u64
    }
}
