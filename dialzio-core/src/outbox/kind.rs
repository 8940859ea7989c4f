//! The table of job kinds: one row says all that is special to a kind but how it is done, which is its handler's.

use chrono::TimeDelta;
use uuid::Uuid;

use super::backoff::Retries;
use super::queue::QueueKind;
use crate::id::{CallId, MediaId, MessageId, ScheduledMessageId, TypedId};

/// What the table says about a kind of job.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct JobRow {
    /// The stored word.
    pub name: &'static str,
    /// The kind of queue it is worked on in.
    pub queue: QueueKind,
    /// How long after it is first due it is given up; an endless one is not. Its settled row is kept for this long and
    /// [`LOG_PERIOD`](crate::store::periods::LOG_PERIOD) more.
    pub lifetime: TimeDelta,
    /// How long it waits after a failure, and how often it is tried again.
    pub retries: Retries,
    /// Whether it is about one record.
    pub has_subject: bool,
}

/// Declares the kinds. A row: the kind and the record it is about, the stored word, the queue, the lifetime, the retries.
macro_rules! job_kinds {
    ($($(#[$doc:meta])* $kind:ident $(($id:ident: $subject:ty))? =
        $name:literal, $queue:ident, $lifetime:expr, $retries:ident;)+) => {
        /// What is to be done, and the id of the record it is about.
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        #[non_exhaustive]
        pub enum JobKind { $($(#[$doc])* $kind $(($subject))?),+ }

        impl JobKind {
            /// Every row of the table, in the order of the kinds.
            pub const TABLE: &[JobRow] = &[$(job_kinds!(@row $name, $queue, $lifetime, $retries, $($id)?)),+];

            /// The kind's row of the table.
            #[must_use]
            pub const fn row(&self) -> JobRow {
                match self {
                    $(Self::$kind { .. } => job_kinds!(@row $name, $queue, $lifetime, $retries, $($id)?)),+
                }
            }

            /// The id of the record it is about; `None` for what is about the queue's account.
            #[must_use]
            pub fn subject(&self) -> Option<Uuid> {
                match self { $(Self::$kind $(($id))? => job_kinds!(@subject $($id)?)),+ }
            }

            /// Rebuilds it from its stored word and record; `None` for a word that is not in the table, or a record that is
            /// missing or too many.
            #[must_use]
            pub fn from_stored(name: &str, subject: Option<Uuid>) -> Option<Self> {
                match (name, subject) {
                    $(($name, job_kinds!(@pattern $($id)?)) =>
                        Some(Self::$kind $((<$subject>::from_uuid($id)))?),)+
                    _ => None,
                }
            }
        }
    };
    (@row $name:literal, $queue:ident, $lifetime:expr, $retries:ident, $($id:ident)?) => {
        JobRow {
            name: $name,
            queue: QueueKind::$queue,
            lifetime: $lifetime,
            retries: Retries::$retries,
            has_subject: job_kinds!(@has $($id)?),
        }
    };
    (@has) => { false };
    (@has $id:ident) => { true };
    (@subject) => { None };
    (@subject $id:ident) => { Some($id.uuid()) };
    (@pattern) => { None };
    (@pattern $id:ident) => { Some($id) };
}

job_kinds! {
    /// Send a message.
    Send(message: MessageId) = "send", Send, TimeDelta::days(3), SEND;
    /// Fetch the file of a received message. The provider keeps it for seven days.
    FetchMedia(media: MediaId) = "fetch_media", Media, TimeDelta::days(7), FETCH;
    /// Show the person that their message was read.
    MarkRead(message: MessageId) = "mark_read", Signal, TimeDelta::hours(1), FETCH;
    /// Fetch the template list of the queue's account.
    SyncTemplates = "sync_templates", Signal, TimeDelta::days(1), FETCH;
    /// Delete the bytes of a file whose row is gone. Personal data: it is never given up.
    DeleteBlob(media: MediaId) = "delete_blob", Blob, TimeDelta::days(30), DELETE;
    /// Send a scheduled message. It is refused if that was not possible within a day of its time.
    SendScheduled(scheduled: ScheduledMessageId) = "send_scheduled", Scheduled, TimeDelta::days(1), SEND;
    /// Places a call.
    PlaceCall(call: CallId) = "place_call", Call, TimeDelta::hours(1), SEND;
    /// Asks the provider what became of a call.
    ConfirmCall(call: CallId) = "confirm_call", CallLog, TimeDelta::days(1), FETCH;
    /// Finds what webhooks missed, in the provider's log.
    ReconcileCalls = "reconcile_calls", CallLog, TimeDelta::days(30), DELETE;
    /// Reads received messages from the provider's list, where no webhook tells of them.
    ReadMessages = "read_messages", Signal, TimeDelta::days(30), DELETE;
}

impl JobKind {
    /// The stored word for the kind.
    #[must_use]
    pub const fn name(&self) -> &'static str {
        self.row().name
    }

    /// The kind of queue it is worked on in.
    #[must_use]
    pub const fn queue(&self) -> QueueKind {
        self.row().queue
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::outbox::Backoff;

    /// Stored since the first release: word, queue, whether it is about a record.
    const STORED: [(&str, &str, bool); 10] = [
        ("send", "send", true),
        ("fetch_media", "media", true),
        ("mark_read", "signal", true),
        ("sync_templates", "signal", false),
        ("delete_blob", "blob", true),
        ("send_scheduled", "scheduled", true),
        ("place_call", "call", true),
        ("confirm_call", "call_log", true),
        ("reconcile_calls", "call_log", false),
        ("read_messages", "signal", false),
    ];

    #[test]
    fn the_table_reads_what_the_first_release_stored() {
        let table: Vec<_> =
            JobKind::TABLE.iter().map(|row| (row.name, row.queue.as_str(), row.has_subject)).collect();
        assert_eq!(table[..STORED.len()], STORED, "a stored word may be added, never changed");
    }

    #[test]
    fn each_kind_comes_back_from_what_is_stored_of_it() {
        let id = Uuid::from_u128(7);
        for row in JobKind::TABLE {
            let subject = row.has_subject.then_some(id);
            let kind = JobKind::from_stored(row.name, subject).unwrap();
            assert_eq!((kind.row(), kind.subject()), (*row, subject));
            let other = if row.has_subject { None } else { Some(id) };
            assert_eq!(JobKind::from_stored(row.name, other), None, "{}", row.name);
            let same_name = JobKind::TABLE.iter().filter(|other| other.name == row.name);
            assert_eq!(same_name.count(), 1, "{} is there twice", row.name);
        }
        assert_eq!(JobKind::from_stored("Send", Some(id)), None);
    }

    #[test]
    fn each_kind_has_a_lifetime_a_backoff_and_a_queue_of_jobs() {
        let sound = |backoff: Backoff| {
            backoff.base > TimeDelta::zero()
                && backoff.factor > 1
                && backoff.cap > backoff.base
                && backoff.retries != Some(0)
        };
        for row in JobKind::TABLE {
            assert!(row.lifetime >= TimeDelta::hours(1), "{}", row.name);
            assert!(sound(row.retries.unreached) && sound(row.retries.fault), "{}", row.name);
            assert!(!row.queue.holds_elements(), "{} waits among received elements", row.name);
        }
        let queues = QueueKind::ALL.iter().filter(|queue| !queue.holds_elements());
        for queue in queues {
            assert!(JobKind::TABLE.iter().any(|row| row.queue == *queue), "{queue} has no job");
        }
    }

    #[test]
    fn only_deletion_and_the_reading_of_logs_have_no_end() {
        let endless = JobKind::TABLE.iter().filter(|row| row.retries.are_endless());
        let endless: Vec<_> = endless.map(|row| row.name).collect();
        assert_eq!(endless, ["delete_blob", "reconcile_calls", "read_messages"]);
    }
}
