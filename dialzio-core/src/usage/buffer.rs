//! Uses that were noted and are not written yet. Bounded: what does not fit pushes out the oldest, since no request may wait
//! for its use to be written.

use std::collections::VecDeque;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};

use super::UsageEvent;
use crate::id::OrgId;

/// Most uses that wait: about 2 MB.
const ROOM: usize = 10_000;

/// A use, and the organisation it was in.
pub(super) type Noted = (OrgId, UsageEvent);

/// The uses that wait in this process.
#[derive(Debug, Default)]
pub(crate) struct UsageBuffer {
    waiting: Mutex<VecDeque<Noted>>,
    dropped: AtomicU64,
    reported: AtomicU64,
}

impl UsageBuffer {
    fn waiting(&self) -> MutexGuard<'_, VecDeque<Noted>> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Adds one; the oldest goes if there is no room.
    pub(super) fn add(&self, noted: Noted) {
        let mut waiting = self.waiting();
        if waiting.len() >= ROOM {
            waiting.pop_front();
            self.count_dropped(1);
        }
        waiting.push_back(noted);
    }

    /// Takes all that wait, oldest first.
    pub(super) fn take(&self) -> Vec<Noted> {
        std::mem::take(&mut *self.waiting()).into()
    }

    /// Puts back what could not be written, oldest first. Of these the oldest go if there is no room.
    pub(super) fn put_back(&self, unwritten: Vec<Noted>) {
        let mut waiting = self.waiting();
        for noted in unwritten.into_iter().rev() {
            if waiting.len() < ROOM {
                waiting.push_front(noted);
            } else {
                self.count_dropped(1);
            }
        }
    }

    /// Counts uses that are lost.
    pub(super) fn count_dropped(&self, uses: u64) {
        self.dropped.fetch_add(uses, Ordering::Relaxed);
    }

    /// How many uses were lost since this process began.
    pub(super) fn dropped(&self) -> u64 {
        self.dropped.load(Ordering::Relaxed)
    }

    /// How many were lost since this was asked last.
    pub(super) fn dropped_since_last(&self) -> u64 {
        let dropped = self.dropped();
        dropped.saturating_sub(self.reported.swap(dropped, Ordering::Relaxed))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::TypedId;
    use crate::id::{IdSource, MemberId};
    use crate::usage::{UsageAction, UsageAddress, UsageBrowser, UsagePage};
    use chrono::{DateTime, Utc};

    fn noted(ids: &IdSource, second: i64) -> Noted {
        let at = DateTime::<Utc>::from_timestamp(second, 0).unwrap();
        let event = UsageEvent {
            id: ids.next(at),
            member: MemberId::from_uuid(uuid::Uuid::nil()),
            page: UsagePage::new("/inbox").unwrap(),
            action: UsageAction::Viewed,
            browser: UsageBrowser::OTHER,
            address: UsageAddress::Unknown,
            at,
        };
        (OrgId::NIL, event)
    }

    fn seconds(taken: &[Noted]) -> Vec<i64> {
        taken.iter().map(|(_, event)| event.at.timestamp()).collect()
    }

    #[test]
    fn a_full_buffer_loses_the_oldest_and_counts_them() {
        let (buffer, ids) = (UsageBuffer::default(), IdSource::seeded(1));
        for second in 0..ROOM as i64 + 3 {
            buffer.add(noted(&ids, second));
        }
        assert_eq!((buffer.dropped(), buffer.dropped_since_last(), buffer.dropped_since_last()), (3, 3, 0));
        let taken = buffer.take();
        assert_eq!((taken.len(), taken[0].1.at.timestamp()), (ROOM, 3));
        assert_eq!(buffer.take(), []);
    }

    #[test]
    fn what_could_not_be_written_comes_before_what_was_noted_since() {
        let (buffer, ids) = (UsageBuffer::default(), IdSource::seeded(1));
        buffer.add(noted(&ids, 1));
        buffer.add(noted(&ids, 2));
        let taken = buffer.take();
        buffer.add(noted(&ids, 3));
        buffer.put_back(taken);
        assert_eq!(seconds(&buffer.take()), [1, 2, 3]);

        for second in 0..ROOM as i64 - 1 {
            buffer.add(noted(&ids, 10 + second));
        }
        buffer.put_back(vec![noted(&ids, 1), noted(&ids, 2)]);
        let taken = buffer.take();
        assert_eq!((taken.len(), taken[0].1.at.timestamp()), (ROOM, 2), "the newer one is kept");
        assert_eq!(buffer.dropped(), 1);
    }
}
