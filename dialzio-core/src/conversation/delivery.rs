//! Delivery as ranked evidence: whatever order it arrives in, the highest rank is shown.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use crate::name::string_enum;

string_enum! {
    /// What is known about an outbound message. A received message is always `received`.
    pub enum DeliveryStatus {
        /// It came in.
        Received = "received",
        /// Waits to be sent.
        Queued = "queued",
        /// Refused by the consent gate, never handed over.
        Suppressed = "suppressed",
        /// Taken back, never handed over.
        Cancelled = "cancelled",
        /// Its time ran out, never handed over.
        Expired = "expired",
        /// About to be handed over; outcome not known yet.
        Dispatched = "dispatched",
        /// It is not known whether the provider took it. Never repeated by itself.
        Unknown = "unknown",
        /// The provider took it.
        Accepted = "accepted",
        /// It left the provider.
        Sent = "sent",
        /// The provider cannot deliver it.
        Failed = "failed",
        /// It is on the person's device.
        Delivered = "delivered",
        /// The person opened it.
        Read = "read",
        /// The person listened to it.
        Played = "played",
    }
}

impl DeliveryStatus {
    /// Its rank: the status shown is the one of the highest rank. `delivered` outranks `failed`, since a person
    /// with several devices produces both.
    #[must_use]
    pub const fn rank(self) -> u8 {
        match self {
            Self::Received | Self::Queued => 0,
            Self::Suppressed | Self::Cancelled | Self::Expired => 10,
            Self::Dispatched => 20,
            Self::Unknown => 25,
            Self::Accepted => 30,
            Self::Sent => 40,
            Self::Failed => 50,
            Self::Delivered => 60,
            Self::Read => 70,
            Self::Played => 80,
        }
    }

    /// Whether evidence of `self` replaces a shown status of `shown`: only upwards, and an end that can only be
    /// reached from the queue is not reached from anywhere else.
    #[must_use]
    pub const fn replaces(self, shown: Self) -> bool {
        match self {
            Self::Suppressed | Self::Cancelled | Self::Expired => shown.rank() == 0,
            _ => self.rank() > shown.rank(),
        }
    }
}

/// Why a message failed or was refused, for people and programs.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct FailureNote {
    /// A dotted code of ours (`consent.withdrawn`), or the provider's (`whatsapp.131047`).
    pub code: String,
    /// The provider's explanation, without personal data as far as it can be told.
    pub detail: Option<String>,
}

/// What is known about a message, in one value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Delivery {
    /// The status of the highest rank.
    pub status: DeliveryStatus,
    /// When that happened, by the provider's clock where it reports a time.
    pub at: DateTime<Utc>,
    /// Why it failed or was refused; of a message that waits, why it could not be handed over yet.
    pub failure: Option<FailureNote>,
}

/// One report about a message. Unique by message and status; the earliest time is kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Evidence {
    /// The status that the provider reports.
    pub status: DeliveryStatus,
    /// When it happened, by the provider's clock where it reports a time.
    pub at: DateTime<Utc>,
    /// Why, for `failed` and `suppressed`.
    pub failure: Option<FailureNote>,
}

impl Delivery {
    /// Takes in a piece of evidence; returns whether what is shown changed. The one state machine of a message.
    pub fn take(&mut self, evidence: &Evidence) -> bool {
        let replaced = evidence.status.replaces(self.status);
        let earlier = evidence.status == self.status && evidence.at < self.at;
        if replaced {
            *self = Self { status: evidence.status, at: evidence.at, failure: evidence.failure.clone() };
        } else if earlier {
            self.at = evidence.at;
        }
        replaced || earlier
    }

    /// Leads a message that was refused back to the queue, with why it waits; returns whether what is shown changed. Only a
    /// message of which nothing is known but that it was about to be handed over goes back.
    pub fn requeue(&mut self, why: FailureNote, at: DateTime<Utc>) -> bool {
        let at = match self.status {
            DeliveryStatus::Dispatched => at,
            DeliveryStatus::Queued if self.failure.as_ref() != Some(&why) => self.at,
            _ => return false,
        };
        *self = Self { status: DeliveryStatus::Queued, at, failure: Some(why) };
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use chrono::TimeZone;
    use proptest::prelude::*;

    fn evidence() -> impl Strategy<Value = Evidence> {
        let from_provider = prop::sample::select(vec![
            DeliveryStatus::Accepted,
            DeliveryStatus::Sent,
            DeliveryStatus::Failed,
            DeliveryStatus::Delivered,
            DeliveryStatus::Read,
            DeliveryStatus::Played,
        ]);
        (from_provider, 0_i64..1_000).prop_map(|(status, second)| Evidence {
            status,
            at: Utc.timestamp_opt(second, 0).unwrap(),
            failure: None,
        })
    }

    proptest! {
        #[test]
        fn any_order_of_evidence_ends_in_the_same_state(
            news in prop::collection::vec(evidence(), 0..12),
            seed in any::<u64>(),
        ) {
            let start = Delivery { status: DeliveryStatus::Dispatched, at: Utc.timestamp_opt(0, 0).unwrap(), failure: None };
            let mut shuffled = news.clone();
            let entropy = crate::entropy::Entropy::seeded(seed);
            for i in (1..shuffled.len()).rev() {
                let bound = u64::try_from(i).unwrap() + 1;
                shuffled.swap(i, usize::try_from(entropy.u64() % bound).unwrap());
            }
            let (mut a, mut b) = (start.clone(), start);
            for each in &news { let before = a.status.rank(); a.take(each); prop_assert!(a.status.rank() >= before); }
            for each in shuffled.iter().chain(&news) { b.take(each); }
            prop_assert_eq!(a, b);
        }
    }

    #[test]
    fn delivered_outranks_failed_and_suppressed_is_reached_only_from_the_queue() {
        use DeliveryStatus::{Delivered, Dispatched, Failed, Queued, Sent, Suppressed};
        assert!(Delivered.replaces(Failed) && Failed.replaces(Sent) && !Sent.replaces(Failed));
        assert!(Suppressed.replaces(Queued) && !Suppressed.replaces(Dispatched));
    }
}
