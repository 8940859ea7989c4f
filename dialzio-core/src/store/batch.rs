//! A batch: one decision, written down with all that follows from it.

use chrono::{DateTime, TimeDelta, Utc};
use sha2::{Digest, Sha256};
use uuid::Uuid;

use super::{Precondition, RecordRef};
use crate::access::AccessWrite;
use crate::account::{AccountWrite, Rewrap, Sealed};
use crate::call::CallWrite;
use crate::call_flow::CallFlowWrite;
use crate::canned_reply::CannedReplyWrite;
use crate::consent::ConsentWrite;
use crate::contact::ContactWrite;
use crate::conversation::{ConversationWrite, DraftWrite, ScheduledWrite};
use crate::disposition::DispositionWrite;
use crate::event::DomainEvent;
use crate::id::{BacklogId, JobId, MessageId, OrgId, TypedId};
use crate::identity_provider::IdentityProviderWrite;
use crate::ledger::{Action, AuditEntry, ConsentMark, Detail, Network};
use crate::media::MediaWrite;
use crate::notice::NoticeWrite;
use crate::outbox::{Job, JobState, JobWrite, Lease, Queue};
use crate::saved_view::SavedViewWrite;
use crate::scope::{Actor, Principal};
use crate::support::SupportWrite;
use crate::team::TeamWrite;
use crate::time::ConfirmedTime;
use crate::usage::UsageWrite;
use crate::webhook::WebhookWrite;

/// A client's own key for a request, by which a retry is recognised: 1 to 255 visible ASCII characters.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct IdempotencyKey(String);

impl IdempotencyKey {
    /// The longest key, in characters.
    pub const MAX: usize = 255;

    /// Checks the characters. `None` if it is empty, too long or not visible ASCII.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let shaped = (1..=Self::MAX).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_graphic());
        shaped.then(|| Self(text.to_owned()))
    }

    /// The key as sent.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// Makes a batch happen once for a client's key. Kept 48 hours; holds no body.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Idempotency {
    /// SHA-256 over principal, route and key.
    pub key: [u8; 32],
    /// SHA-256 over the request.
    pub fingerprint: [u8; 32],
    /// What to answer a retry with.
    pub answer: RecordRef,
}

impl Idempotency {
    /// A key's row for a principal and a use case.
    #[must_use]
    pub fn new(
        principal: &Principal,
        route: &str,
        key: &IdempotencyKey,
        request: &[u8],
        answer: RecordRef,
    ) -> Self {
        let mut hasher = Sha256::new();
        for part in [principal.to_ref().as_bytes(), route.as_bytes(), key.0.as_bytes()] {
            hasher.update(u64::try_from(part.len()).unwrap_or(u64::MAX).to_be_bytes());
            hasher.update(part);
        }
        Self { key: hasher.finalize().into(), fingerprint: Sha256::digest(request).into(), answer }
    }
}

/// Why the system acts by itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Cause {
    /// A webhook that is being taken in; its elements are decided only while their queue is idle.
    Received {
        /// The queue that must be idle.
        queue: Queue,
    },
    /// A webhook that is only put in line or in quarantine.
    Stored,
    /// A waiting element, under a lease.
    Waiting(BacklogId, Lease),
    /// A job, under a lease.
    Job(JobId, Lease),
    /// Several jobs at once, under a lease.
    Chunk(Lease),
    /// Clean-up by the sweep, which no person caused.
    Sweep,
    /// Uses of pages that were noted, written as a group.
    Noted,
}

/// A class of rows that expire together.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Purge {
    /// Messages with their evidence, reactions and files before a cut-off, and those shortened individually. Each file's
    /// blob deletion is queued in the same transaction.
    Messages,
    /// Drafts whose last change lies further back.
    Drafts,
    /// Notices that were made further back.
    Notices,
    /// Scheduled messages that were to be sent further back, and were not.
    Scheduled,
    /// Uses of pages that are 90 days old, and the whole addresses of those that are 30 days old, both counted back from the
    /// instant that is given. A row that loses its address counts as one that is removed.
    Usage,
    /// Requests for help that were closed further back, with their messages.
    Support,
    /// Quarantine whose time is up.
    Quarantine,
    /// Idempotency keys older than 48 hours; settled jobs, external references and events older than 60 days, all
    /// counted back from the instant that is given.
    Bookkeeping,
}

/// A change in a batch; a batch is applied whole or not at all.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub enum Write {
    /// Contacts, their identities, notes and follow-ups.
    Contact(ContactWrite),
    /// To conversations and messages.
    Conversation(ConversationWrite),
    /// What members have begun to write.
    Draft(DraftWrite),
    /// Notifications of members.
    Notice(NoticeWrite),
    /// Messages that are sent at a later time.
    Scheduled(ScheduledWrite),
    /// Uses of pages.
    Usage(UsageWrite),
    /// Rows of files; blobs are deleted by a job.
    Media(MediaWrite),
    /// To the consent ledger.
    Consent(ConsentWrite),
    /// Accounts at providers and their templates.
    Account(AccountWrite),
    /// To the organisation, members, keys.
    Access(AccessWrite),
    /// The list of call outcomes.
    Disposition(DispositionWrite),
    /// Texts that members send often.
    CannedReply(CannedReplyWrite),
    /// What lists show, saved by members.
    SavedView(SavedViewWrite),
    /// Requests for help and their messages.
    Support(SupportWrite),
    /// Members who work together.
    Team(TeamWrite),
    /// A change to identity providers.
    IdentityProvider(IdentityProviderWrite),
    /// What is done with calls that come in.
    CallFlow(CallFlowWrite),
    /// Calls, their ids at providers, and agents.
    Call(CallWrite),
    /// Jobs of the outbox and their queues.
    Job(JobWrite),
    /// To the backlog and the quarantine.
    Webhook(WebhookWrite),
    /// Removes what has expired: at most `limit` rows; [`super::Commit::rows_affected`] says how many, repeat until zero.
    Purge {
        /// The class of rows to delete.
        class: Purge,
        /// By which time.
        at: ConfirmedTime,
        /// How long rows of the class are kept: what lies further back has expired.
        kept: TimeDelta,
        /// How many rows are deleted at most in this batch.
        limit: u32,
    },
    /// The data key of a sealed value is wrapped anew, if the value is still the one that was read; otherwise nothing
    /// changes.
    Rewrap(Rewrap),
    /// Opens conversations whose snooze has run out.
    WakeSnoozed {
        /// Snoozes that end up to this time are over.
        now: DateTime<Utc>,
    },
}

/// The kinds of [`Write`], for suites that must cover all of them.
pub type WriteKind = std::mem::Discriminant<Write>;

macro_rules! into_write {
    ($($part:ident => $variant:ident),+) => {$(
        impl From<$part> for Write {
            fn from(part: $part) -> Self { Self::$variant(part) }
        }
    )+};
}
into_write!(
    ContactWrite => Contact, ConversationWrite => Conversation, DraftWrite => Draft, NoticeWrite => Notice, ScheduledWrite => Scheduled, UsageWrite => Usage, MediaWrite => Media, ConsentWrite => Consent,
    AccountWrite => Account, AccessWrite => Access, DispositionWrite => Disposition, CannedReplyWrite => CannedReply, IdentityProviderWrite => IdentityProvider, SavedViewWrite => SavedView, TeamWrite => Team, CallFlowWrite => CallFlow, CallWrite => Call, JobWrite => Job, WebhookWrite => Webhook, SupportWrite => Support
);

/// One decision, written down. Built from who acts and what they do, so a write without an audit entry cannot exist. Drafts
/// are the one exception: [`BatchParts::entry`].
#[derive(Debug, Clone)]
pub struct Batch {
    parts: BatchParts,
}

/// All of a batch, for stores.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct BatchParts {
    /// Who acts, as [`Principal::to_ref`].
    pub principal: String,
    /// What they do.
    pub action: Action,
    /// About which record.
    pub subject: Option<Uuid>,
    /// Why, for a system action.
    pub cause: Option<Uuid>,
    /// From where, if a request over the network asked for it.
    pub origin: Option<Network>,
    /// More about the action, for the audit log.
    pub detail: Option<Detail>,
    /// When the change was decided.
    pub at: DateTime<Utc>,
    /// What it was decided on.
    pub preconditions: Vec<Precondition>,
    /// The changes, applied in this order.
    pub writes: Vec<Write>,
    /// The events to append to the log, in this order.
    pub events: Vec<DomainEvent>,
    /// Makes it happen once.
    pub once: Option<Idempotency>,
}

impl BatchParts {
    /// The entry that the batch leaves in the audit log. A store asks here and nowhere else, and gives the entry its place
    /// and its digest when it appends it.
    ///
    /// `None` for an [`Action::DraftChanged`] that changes drafts and nothing else: a member's own unsent text is saved as
    /// often as each second and concerns no one else, and what is sent has its entry. `None` for an
    /// [`Action::NoticesRead`] that marks notices as read and nothing else, for the same reason, and for an
    /// [`Action::JobPostponed`] that puts jobs off and nothing else: a list that is read each few seconds and holds nothing
    /// new is no act. `None` for an [`Action::UsageNoted`] of uses of pages alone, which are kept for a shorter time than the log
    /// and would fill it. Any other change in the batch, or any other action, brings the entry back.
    #[must_use]
    pub fn entry(&self) -> Option<AuditEntry> {
        let is_left_out = |write: &Write| match self.action {
            Action::DraftChanged => matches!(write, Write::Draft(_)),
            Action::UsageNoted => matches!(write, Write::Usage(_)),
            Action::NoticesRead => matches!(write, Write::Notice(NoticeWrite::Read { .. })),
            Action::JobPostponed => {
                matches!(write, Write::Job(JobWrite::Update { state: JobState::Pending, .. }))
            }
            _ => false,
        };
        if !self.writes.is_empty() && self.writes.iter().all(is_left_out) {
            return None;
        }
        let consents = self.writes.iter().filter_map(|write| match write {
            Write::Consent(ConsentWrite::Record(record)) => Some(record),
            _ => None,
        });
        Some(AuditEntry {
            subject: self.subject,
            cause: self.cause,
            origin: self.origin,
            detail: self.detail.clone(),
            consents: ConsentMark::of(consents),
            ..AuditEntry::new(self.at, self.principal.clone(), self.action)
        })
    }
}

impl Batch {
    fn with(principal: String, action: Action, at: DateTime<Utc>) -> Self {
        let parts = BatchParts {
            principal,
            action,
            subject: None,
            cause: None,
            origin: None,
            detail: None,
            at: crate::time::micros(at),
            preconditions: Vec::new(),
            writes: Vec::new(),
            events: Vec::new(),
            once: None,
        };
        Self { parts }
    }

    /// A decision of an actor. Without writes it is an audited read.
    #[must_use]
    pub fn new(by: &Actor, action: Action, at: DateTime<Utc>) -> Self {
        let mut batch = Self::with(by.principal().to_ref(), action, at);
        batch.parts.origin = by.origin();
        batch
    }

    /// A decision of the system, for a cause. Adds the lease or the queue's idleness by itself.
    #[must_use]
    pub fn caused_by(cause: &Cause, action: Action, at: DateTime<Utc>) -> Self {
        let mut batch = Self::with(Principal::System.to_ref(), action, at);
        let lease = |batch: &mut Self, lease: &Lease| {
            batch.parts.preconditions.push(Precondition::Lease(lease.queue, lease.fence));
        };
        match cause {
            Cause::Received { queue } => batch.parts.preconditions.push(Precondition::QueueIdle(*queue)),
            Cause::Waiting(id, held) => {
                batch.parts.cause = Some(id.uuid());
                lease(&mut batch, held);
            }
            Cause::Job(id, held) => {
                batch.parts.cause = Some(id.uuid());
                lease(&mut batch, held);
            }
            Cause::Chunk(held) => lease(&mut batch, held),
            Cause::Stored | Cause::Sweep | Cause::Noted => {}
        }
        batch
    }

    /// The first batch of an organisation, which has no members yet.
    pub(crate) fn founding(org: OrgId, at: DateTime<Utc>) -> Self {
        let mut batch = Self::with(Principal::System.to_ref(), Action::OrgFounded, at);
        batch.parts.subject = Some(org.uuid());
        batch
    }

    /// What somebody did from this network who is not signed in.
    pub(crate) fn by_nobody(action: Action, origin: Option<Network>, at: DateTime<Utc>) -> Self {
        let mut batch = Self::with(Principal::System.to_ref(), action, at);
        batch.parts.origin = origin;
        batch
    }

    /// Names the record it is about.
    pub fn about(&mut self, subject: impl TypedId) -> &mut Self {
        self.parts.subject = Some(subject.uuid());
        self
    }

    /// Says in the audit log how many records it is about, where one entry stands for many.
    pub fn counting(&mut self, records: u32) -> &mut Self {
        self.detail(Detail::rows(records))
    }

    /// Says more about the action in the audit log.
    pub fn detail(&mut self, detail: Detail) -> &mut Self {
        self.parts.detail = Some(detail);
        self
    }

    /// Adds a fact it was decided on.
    pub fn require(&mut self, fact: Precondition) -> &mut Self {
        self.parts.preconditions.push(fact);
        self
    }

    /// Adds a change.
    pub fn write(&mut self, write: impl Into<Write>) -> &mut Self {
        self.parts.writes.push(write.into());
        self
    }

    /// Puts what a received message held beside what is shown of it, sealed, into the message that this batch appends,
    /// or into its edit of that instant.
    pub(crate) fn put_beside(
        &mut self,
        id: MessageId,
        edited_at: Option<DateTime<Utc>>,
        sealed: Sealed,
    ) -> &mut Self {
        for write in &mut self.parts.writes {
            match write {
                Write::Conversation(ConversationWrite::Append { message, .. })
                    if message.id == id && edited_at.is_none() =>
                {
                    message.beside = Some(sealed);
                    break;
                }
                Write::Conversation(ConversationWrite::Edit { message, beside, at, .. })
                    if *message == id && edited_at == Some(*at) =>
                {
                    *beside = Some(sealed);
                    break;
                }
                _ => {}
            }
        }
        self
    }

    /// Adds what happened. The same event twice in one batch is one.
    pub fn event(&mut self, event: DomainEvent) -> &mut Self {
        if !self.parts.events.contains(&event) {
            self.parts.events.push(event);
        }
        self
    }

    /// Queues a job.
    pub fn job(&mut self, job: Job) -> &mut Self {
        self.write(JobWrite::Queue(job))
    }

    /// Makes it happen once.
    pub fn once(&mut self, once: Idempotency) -> &mut Self {
        self.parts.once = Some(once);
        self
    }

    /// All of it, for reading.
    #[must_use]
    pub const fn parts(&self) -> &BatchParts {
        &self.parts
    }

    /// All of it.
    #[must_use]
    pub fn into_parts(self) -> BatchParts {
        self.parts
    }
}
