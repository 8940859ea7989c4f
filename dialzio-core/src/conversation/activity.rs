//! What was done with a conversation: assigned, closed, opened again, snoozed. Kept as long as messages are.

use chrono::{DateTime, Utc};

use super::{Conversation, ConversationState};
use crate::id::{ActivityId, ConversationId, MemberId};
use crate::name::string_enum;

/// One thing that was done.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Activity {
    /// Its id; the time inside is [`at`](Self::at), so order by id is order in time.
    pub id: ActivityId,
    /// With which conversation.
    pub conversation: ConversationId,
    /// By whom, as [`crate::Principal::to_ref`].
    pub by: String,
    /// What was done, with the member or time it concerns.
    pub what: ActivityKind,
    /// When. Retention counts from here.
    pub at: DateTime<Utc>,
}

string_enum! {
    /// The word for what was done with a conversation.
    pub enum ActivityWord {
        /// Given to a member, or taken from one.
        Assigned = "assigned",
        /// Closed by a member or a key.
        Closed = "closed",
        /// Opened again by a member, or by a message of the person.
        Reopened = "reopened",
        /// Snoozed until a time.
        Snoozed = "snoozed",
        /// Brought back, early or when the time came.
        Woken = "woken",
    }
}

/// What was done with a conversation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum ActivityKind {
    /// Assigned to a member, or to no one.
    Assigned {
        /// The new assignee; `None` if it is unassigned now.
        to: Option<MemberId>,
    },
    /// Closed by a member or a key.
    Closed,
    /// Opened again: by a member, or by the system because the person wrote.
    Reopened,
    /// Snoozed until a time.
    Snoozed {
        /// When it comes back to the open queue.
        until: DateTime<Utc>,
    },
    /// The snooze ended: a member ended it, or its time came.
    Woken,
}

impl ActivityKind {
    /// The stored and published word.
    #[must_use]
    pub const fn word(&self) -> ActivityWord {
        match self {
            Self::Assigned { .. } => ActivityWord::Assigned,
            Self::Closed => ActivityWord::Closed,
            Self::Reopened => ActivityWord::Reopened,
            Self::Snoozed { .. } => ActivityWord::Snoozed,
            Self::Woken => ActivityWord::Woken,
        }
    }

    /// The same as text.
    #[must_use]
    pub const fn as_str(&self) -> &'static str {
        self.word().as_str()
    }

    /// To whom it was given.
    #[must_use]
    pub const fn member(&self) -> Option<MemberId> {
        match self {
            Self::Assigned { to } => *to,
            _ => None,
        }
    }

    /// Until when it was put off.
    #[must_use]
    pub const fn until(&self) -> Option<DateTime<Utc>> {
        match self {
            Self::Snoozed { until } => Some(*until),
            _ => None,
        }
    }

    /// Rebuilds it from its stored parts; `None` if they do not fit together.
    #[must_use]
    pub fn from_stored(word: &str, member: Option<MemberId>, until: Option<DateTime<Utc>>) -> Option<Self> {
        match (word, member, until) {
            ("assigned", to, None) => Some(Self::Assigned { to }),
            ("closed", None, None) => Some(Self::Closed),
            ("reopened", None, None) => Some(Self::Reopened),
            ("snoozed", None, Some(until)) => Some(Self::Snoozed { until }),
            ("woken", None, None) => Some(Self::Woken),
            _ => None,
        }
    }

    /// What was done between two states of a conversation, as seen at `now`.
    pub(crate) fn between(before: &Conversation, after: &Conversation, now: DateTime<Utc>) -> Vec<Self> {
        use ConversationState::{Closed, Open, Snoozed};
        let mut done = Vec::new();
        if before.assignee != after.assignee {
            done.push(Self::Assigned { to: after.assignee });
        }
        match (before.state_at(now), after.state_at(now)) {
            (Open, Open) | (Closed, Closed) => {}
            (Snoozed { until: before }, Snoozed { until: after }) if before == after => {}
            (_, Snoozed { until }) => done.push(Self::Snoozed { until }),
            (_, Closed) => done.push(Self::Closed),
            (Snoozed { .. }, Open) => done.push(Self::Woken),
            (Closed, Open) => done.push(Self::Reopened),
        }
        done
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::id::{IdSource, TypedId};
    use crate::store::Revision;

    fn talk(state: ConversationState, assignee: Option<MemberId>) -> Conversation {
        let at = DateTime::UNIX_EPOCH;
        let ids = IdSource::seeded(3);
        Conversation {
            id: ids.next(at),
            account: ids.next(at),
            identity: ids.next(at),
            contact: ids.next(at),
            state,
            assignee,
            team: None,
            unread: 0,
            last_message: None,
            last_at: at,
            last_inbound_at: None,
            last_inbound: None,
            seen_up_to: None,
            waiting_since: None,
            last_failed: false,
            call_permission: None,
            revision: Revision::FIRST,
            created_at: at,
        }
    }

    #[test]
    fn each_change_is_told_once_and_no_change_not_at_all() {
        use ConversationState::{Closed, Open, Snoozed};
        let now = DateTime::UNIX_EPOCH;
        let (soon, later) = (now + chrono::TimeDelta::hours(1), now + chrono::TimeDelta::hours(2));
        let past = now - chrono::TimeDelta::hours(1);
        let me = Some(MemberId::from_uuid(uuid::Uuid::from_u128(7)));
        let told = |before: (ConversationState, Option<MemberId>),
                    after: (ConversationState, Option<MemberId>)| {
            ActivityKind::between(&talk(before.0, before.1), &talk(after.0, after.1), now)
        };
        let cases = [
            ((Open, None), (Open, None), vec![]),
            ((Open, None), (Open, me), vec![ActivityKind::Assigned { to: me }]),
            ((Open, me), (Closed, None), vec![ActivityKind::Assigned { to: None }, ActivityKind::Closed]),
            ((Closed, None), (Open, None), vec![ActivityKind::Reopened]),
            ((Open, None), (Snoozed { until: soon }, None), vec![ActivityKind::Snoozed { until: soon }]),
            ((Snoozed { until: soon }, None), (Snoozed { until: soon }, None), vec![]),
            (
                (Snoozed { until: soon }, None),
                (Snoozed { until: later }, None),
                vec![ActivityKind::Snoozed { until: later }],
            ),
            ((Snoozed { until: soon }, None), (Open, None), vec![ActivityKind::Woken]),
            ((Snoozed { until: past }, None), (Open, None), vec![]),
            ((Snoozed { until: soon }, None), (Closed, None), vec![ActivityKind::Closed]),
        ];
        for (before, after, wanted) in cases {
            assert_eq!(told(before, after), wanted, "{before:?} {after:?}");
        }
    }

    #[test]
    fn stored_parts_come_back_and_odd_ones_do_not() {
        let at = DateTime::UNIX_EPOCH;
        for kind in [
            ActivityKind::Assigned { to: None },
            ActivityKind::Assigned { to: Some(MemberId::from_uuid(uuid::Uuid::from_u128(7))) },
            ActivityKind::Closed,
            ActivityKind::Reopened,
            ActivityKind::Snoozed { until: at },
            ActivityKind::Woken,
        ] {
            assert_eq!(ActivityKind::from_stored(kind.as_str(), kind.member(), kind.until()), Some(kind));
        }
        assert_eq!(ActivityKind::from_stored("snoozed", None, None), None);
        assert_eq!(ActivityKind::from_stored("closed", None, Some(at)), None);
        assert_eq!(ActivityKind::from_stored("opened", None, None), None);
    }
}
