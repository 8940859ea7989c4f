//! Typed ids: one newtype each over a version 7 UUID (RFC 9562), so that ids sort by time and never mix.

use chrono::{DateTime, Utc};
use std::sync::atomic::{AtomicU64, Ordering};
use uuid::Uuid;

use crate::entropy::Entropy;

/// An id type that can be made by an [`IdSource`].
pub trait TypedId: Copy + Sized {
    /// Wraps a UUID.
    fn from_uuid(uuid: Uuid) -> Self;
    /// The UUID inside.
    fn uuid(self) -> Uuid;
}

macro_rules! typed_id {
    ($($(#[$doc:meta])* $name:ident),+ $(,)?) => {$(
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize)]
        #[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
        #[serde(transparent)]
        pub struct $name(Uuid);

        impl TypedId for $name {
            fn from_uuid(uuid: Uuid) -> Self { Self(uuid) }
            fn uuid(self) -> Uuid { self.0 }
        }
        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result { self.0.fmt(f) }
        }
        impl std::fmt::Debug for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                write!(f, concat!(stringify!($name), "({})"), self.0)
            }
        }
        impl std::str::FromStr for $name {
            type Err = IdError;
            fn from_str(text: &str) -> Result<Self, IdError> {
                Uuid::try_parse(text).map(Self).map_err(|_| IdError)
            }
        }
    )+};
}

/// The text is not a UUID.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not an id: a UUID is expected")]
pub struct IdError;

typed_id! {
    /// An organisation: the business that talks to its customers.
    OrgId,
    /// A person who signs in.
    UserId,
    /// A user in one organisation.
    MemberId,
    /// A session of a user; half of the hash of its token.
    SessionId,
    /// An invitation; half of the hash of its token.
    InvitationId,
    /// A mail to a person who signs in.
    MailId,
    /// A message of the operator to all who sign in.
    ServiceUpdateId,
    /// A passkey of a person who signs in.
    PasskeyId,
    /// A team inside an organisation.
    TeamId,
    /// Where members of an organisation sign in with their account at work.
    IdentityProviderId,
    /// A request of a member to the operator of the installation.
    SupportRequestId,
    /// A message of such a request.
    SupportMessageId,
    /// A person the organisation talks to.
    ContactId,
    /// One person within one provider portfolio.
    ChannelIdentityId,
    /// A private note on a contact.
    NoteId,
    /// Something that a member has to do for a contact by a time.
    TaskId,
    /// A connected number or sender at a provider.
    AccountId,
    /// An application registered at a provider, whose secret signs webhooks.
    AppId,
    /// The unguessable part of a webhook address.
    HookId,
    /// A conversation: one channel identity on one account.
    ConversationId,
    /// Something that was done with a conversation; the time inside is when.
    ActivityId,
    /// A message; the time inside is its event time.
    MessageId,
    /// A text that is sent at a later time.
    ScheduledMessageId,
    /// A telephone call.
    CallId,
    /// An outcome of a call that people can choose.
    DispositionId,
    /// A text that members send often.
    CannedReplyId,
    /// What a list shows, saved under a name.
    SavedViewId,
    /// An import of contacts from a file.
    ImportId,
    /// A notification of a member; the time inside is when it was made.
    NoticeId,
    /// A use of a page by a member; the time inside is when it was.
    UsageEventId,
    /// What is done with calls that come in.
    CallFlowId,
    /// A received or sent file.
    MediaId,
    /// An entry of the consent ledger.
    ConsentId,
    /// Something to be done outside the database.
    JobId,
    /// A received element that waits to be decided.
    BacklogId,
    /// Received bytes that could not be used.
    QuarantineId,
    /// An API key.
    ApiKeyId,
    /// A worker process that leases queues.
    WorkerId,
    /// An entry of the audit log.
    AuditId,
}

impl OrgId {
    /// The nil id: means "no organisation" in system tables and sealed system values.
    pub const NIL: Self = Self(Uuid::nil());
}

/// The only source of ids. Ids of one source made for the same millisecond sort in the order of making,
/// so that messages whose provider counts in whole seconds keep the order of arrival.
#[derive(Debug)]
pub struct IdSource {
    entropy: Entropy,
    counter: AtomicU64,
}

const COUNTER_BITS: u32 = 42;

impl IdSource {
    /// Ids that cannot be predicted.
    #[must_use]
    pub fn random() -> Self {
        Self::over(Entropy::system())
    }

    /// The same ids for the same seed, for tests that compare runs.
    #[cfg(any(test, feature = "testing"))]
    #[must_use]
    pub fn seeded(seed: u64) -> Self {
        Self::over(Entropy::seeded(seed))
    }

    fn over(entropy: Entropy) -> Self {
        // Starts in the lower half of the counter's room, so that a process never wraps it.
        let start = entropy.u64() >> (64 - COUNTER_BITS + 1);
        Self { entropy, counter: AtomicU64::new(start) }
    }

    /// A new id whose time is `at` (milliseconds; earlier than 1970 counts as 1970).
    pub fn next<T: TypedId>(&self, at: DateTime<Utc>) -> T {
        let millis = u64::try_from(at.timestamp_millis()).unwrap_or(0) & 0xffff_ffff_ffff;
        let count = self.counter.fetch_add(1, Ordering::Relaxed) & ((1 << COUNTER_BITS) - 1);
        let noise = self.entropy.u64() & 0xffff_ffff;
        let high = (millis << 16) | 0x7000 | (count >> 30);
        let low = (0b10 << 62) | ((count & 0x3fff_ffff) << 32) | noise;
        T::from_uuid(Uuid::from_u64_pair(high, low))
    }
}

/// An id that is the same whenever the same bytes come with the same time, so that a repeated delivery is recognised by
/// its id alone: the time (milliseconds), then 74 bits of the digest.
#[must_use]
pub(crate) fn id_of<T: TypedId>(at: DateTime<Utc>, digest: &[u8; 32]) -> T {
    let millis = u64::try_from(at.timestamp_millis()).unwrap_or(0) & 0xffff_ffff_ffff;
    let noise = |from: usize| u64::from_be_bytes(std::array::from_fn(|place| digest[from + place]));
    let high = (millis << 16) | 0x7000 | (noise(0) >> 52);
    T::from_uuid(Uuid::from_u64_pair(high, (0b10 << 62) | (noise(8) >> 2)))
}

/// The time inside an id, in whole milliseconds.
#[must_use]
pub fn time_of(id: impl TypedId) -> DateTime<Utc> {
    let (high, _) = id.uuid().as_u64_pair();
    let millis = i64::try_from(high >> 16).unwrap_or(0);
    DateTime::from_timestamp_millis(millis).unwrap_or_default()
}

/// The smallest UUID whose time is `at`: a bound for range reads and retention cut-offs.
#[must_use]
pub fn id_floor(at: DateTime<Utc>) -> Uuid {
    let millis = u64::try_from(at.timestamp_millis()).unwrap_or(0) & 0xffff_ffff_ffff;
    Uuid::from_u64_pair((millis << 16) | 0x7000, 0b10 << 62)
}

#[cfg(test)]
mod tests {
    use super::*;
    use chrono::TimeZone;

    #[test]
    fn ids_of_one_millisecond_keep_the_order_of_making_and_are_version_seven() {
        let ids = IdSource::seeded(7);
        let at = Utc.timestamp_opt(1_750_000_000, 0).unwrap();
        let made: Vec<MessageId> = (0..5_000).map(|_| ids.next(at)).collect();
        assert!(made.windows(2).all(|pair| pair[0] < pair[1]));
        assert_eq!(made[0].uuid().get_version_num(), 7);
        assert!(made[0].uuid() >= id_floor(at));
        assert!(made[4_999].uuid() < id_floor(at + chrono::Duration::milliseconds(1)));
    }
}
