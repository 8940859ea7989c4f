//! What the store holds: plain maps, one struct for each organisation.

use chrono::{DateTime, TimeDelta, Utc};
use std::collections::{BTreeMap, BTreeSet};

use crate::access::{
    ApiKey, FailedAttempts, Invitation, KeyUse, Member, Org, Passkey, SecondFactor, Session, TokenHash, User,
    UserToken,
};
use crate::account::{App, KeyCheck, ProviderAccount};
use crate::call::{Call, CallAgent, CallAlias};
use crate::call_flow::CallFlow;
use crate::canned_reply::CannedReply;
use crate::consent::{ConsentRecord, Suppression, SuppressionScope};
use crate::contact::{Alias, AliasKind, ChannelIdentity, Contact, Note, Portfolio, Task};
use crate::conversation::{
    Activity, Conversation, DeliveryStatus, Draft, DraftKind, Evidence, ExternalId, Message, MessageDigest,
    ScheduledMessage, Template,
};
use crate::disposition::Disposition;
use crate::event::Recorded;
use crate::id::{
    AccountId, ActivityId, ApiKeyId, AppId, BacklogId, CallFlowId, CallId, CannedReplyId, ChannelIdentityId,
    ContactId, ConversationId, DispositionId, IdentityProviderId, JobId, MailId, MediaId, MemberId,
    MessageId, NoteId, NoticeId, OrgId, PasskeyId, QuarantineId, SavedViewId, ScheduledMessageId,
    ServiceUpdateId, SupportMessageId, SupportRequestId, TaskId, TeamId, UsageEventId, UserId, WorkerId,
};
use crate::identity_provider::{IdentityProvider, MemberIdentity};
use crate::ledger::{AuditEntry, ChainHash, ChainHead};
use crate::mail::QueuedMail;
use crate::media::Media;
use crate::news::{NewsReader, ServiceUpdate};
use crate::notice::Notice;
use crate::operator::OperatorEntry;
use crate::outbox::{Fence, Job, Queue};
use crate::saved_view::SavedView;
use crate::store::periods::{MESSAGE_DAYS, RETENTION_CAP};
use crate::store::{RecordRef, StoreError, StoreResult};
use crate::support::{SupportMessage, SupportRequest};
use crate::team::Team;
use crate::text::Subject;
use crate::time::TimeMark;
use crate::usage::UsageEvent;
use crate::webhook::{BacklogItem, Quarantined};

/// By what an alias is unique.
pub(super) type AliasKey = (Portfolio, AliasKind, String);

/// The key of an alias.
pub(super) fn alias_key(portfolio: &Portfolio, alias: &Alias) -> AliasKey {
    (portfolio.clone(), alias.kind(), alias.match_key())
}

/// An alias and who holds it.
#[derive(Debug, Clone)]
pub(super) struct HeldAlias {
    pub(super) identity: ChannelIdentityId,
    pub(super) alias: Alias,
    pub(super) seen_at: DateTime<Utc>,
    pub(super) former_at: Option<DateTime<Utc>>,
    /// Order of arrival, for aliases that were seen at the same instant.
    pub(super) place: u64,
}

/// What is remembered of a provider's id.
#[derive(Debug, Clone, Copy)]
pub(super) struct Reference {
    pub(super) message: MessageId,
    pub(super) digest: Option<MessageDigest>,
    pub(super) at: DateTime<Utc>,
}

/// What is remembered of a client's key.
#[derive(Debug, Clone, Copy)]
pub(super) struct Used {
    pub(super) fingerprint: [u8; 32],
    pub(super) answer: RecordRef,
    pub(super) at: DateTime<Utc>,
}

/// All of one organisation.
#[derive(Debug, Clone, Default)]
pub(super) struct Rows {
    pub(super) org: Option<Org>,
    pub(super) members: BTreeMap<MemberId, Member>,
    pub(super) keys: BTreeMap<ApiKeyId, ApiKey>,
    pub(super) scheduled: BTreeMap<ScheduledMessageId, ScheduledMessage>,
    pub(super) dispositions: BTreeMap<DispositionId, Disposition>,
    pub(super) call_flows: BTreeMap<CallFlowId, CallFlow>,
    pub(super) canned_replies: BTreeMap<CannedReplyId, CannedReply>,
    pub(super) teams: BTreeMap<TeamId, Team>,
    pub(super) identity_providers: BTreeMap<IdentityProviderId, IdentityProvider>,
    pub(super) member_identities: BTreeMap<(IdentityProviderId, Subject), MemberIdentity>,
    pub(super) support_requests: BTreeMap<SupportRequestId, SupportRequest>,
    pub(super) support_messages: BTreeMap<(SupportRequestId, SupportMessageId), SupportMessage>,
    pub(super) saved_views: BTreeMap<SavedViewId, SavedView>,
    pub(super) calls: BTreeMap<CallId, Call>,
    pub(super) call_aliases: BTreeMap<(AccountId, CallAlias), CallId>,
    pub(super) call_agents: BTreeMap<(AccountId, String), CallAgent>,
    pub(super) accounts: BTreeMap<AccountId, ProviderAccount>,
    pub(super) templates: BTreeMap<AccountId, Vec<Template>>,
    pub(super) templates_asked: BTreeMap<AccountId, DateTime<Utc>>,
    pub(super) contacts: BTreeMap<ContactId, Contact>,
    pub(super) notes: BTreeMap<NoteId, Note>,
    pub(super) tasks: BTreeMap<TaskId, Task>,
    /// Without their aliases, which are in `aliases`.
    pub(super) identities: BTreeMap<ChannelIdentityId, ChannelIdentity>,
    pub(super) redirects: BTreeMap<ChannelIdentityId, ChannelIdentityId>,
    pub(super) aliases: BTreeMap<AliasKey, HeldAlias>,
    pub(super) alias_places: u64,
    pub(super) conversations: BTreeMap<ConversationId, Conversation>,
    /// With their reactions.
    pub(super) messages: BTreeMap<MessageId, Message>,
    pub(super) drafts: BTreeMap<(ConversationId, MemberId, DraftKind), Draft>,
    pub(super) notices: BTreeMap<NoticeId, Notice>,
    pub(super) usage: BTreeMap<UsageEventId, UsageEvent>,
    pub(super) activities: BTreeMap<ActivityId, Activity>,
    pub(super) evidence: BTreeMap<(MessageId, DeliveryStatus), Evidence>,
    pub(super) references: BTreeMap<(AccountId, ExternalId), Reference>,
    pub(super) media: BTreeMap<MediaId, Media>,
    pub(super) consents: Vec<ConsentRecord>,
    pub(super) suppressions: BTreeMap<([u8; 16], SuppressionScope), Suppression>,
    pub(super) jobs: BTreeMap<JobId, Job>,
    /// Effects that wait for their account.
    pub(super) resting: BTreeSet<JobId>,
    pub(super) backlog: BTreeMap<BacklogId, BacklogItem>,
    pub(super) quarantine: BTreeMap<QuarantineId, Quarantined>,
    pub(super) used: BTreeMap<[u8; 32], Used>,
    pub(super) events: Vec<Recorded>,
    /// How many events there ever were.
    pub(super) event_count: u64,
    pub(super) audit: Vec<AuditEntry>,
}

impl Rows {
    /// How long messages and files are kept: the organisation's period, never longer than the cap.
    pub(super) fn retention(&self) -> TimeDelta {
        let days = self.org.as_ref().map_or(MESSAGE_DAYS, |org| org.message_days);
        TimeDelta::days(i64::from(days)).min(RETENTION_CAP)
    }

    /// Nothing is kept longer than the cap, whatever was asked for; the SQL stores have a check constraint for it.
    pub(super) fn check_end(event_at: DateTime<Utc>, expires_at: Option<DateTime<Utc>>) -> StoreResult<()> {
        if expires_at.is_some_and(|end| end > event_at + RETENTION_CAP) {
            return Err(StoreError::Broken("kept longer than twelve months".to_owned()));
        }
        Ok(())
    }

    /// Whether a message or file can still be seen.
    pub(super) fn alive(
        &self,
        event_at: DateTime<Utc>,
        expires_at: Option<DateTime<Utc>>,
        now: DateTime<Utc>,
    ) -> bool {
        event_at + self.retention() > now && expires_at.is_none_or(|end| end > now)
    }

    /// A message that can still be seen.
    pub(super) fn message(&self, id: MessageId, now: DateTime<Utc>) -> Option<&Message> {
        self.messages.get(&id).filter(|message| self.alive(message.event_at, message.expires_at, now))
    }

    /// The identity that an id leads to after any joins.
    pub(super) fn survivor(&self, mut id: ChannelIdentityId) -> ChannelIdentityId {
        while let Some(next) = self.redirects.get(&id) {
            id = *next;
        }
        id
    }

    /// An identity with its aliases, the most recently seen last; a joined one resolves to the survivor.
    pub(super) fn identity(&self, id: ChannelIdentityId) -> Option<ChannelIdentity> {
        let id = self.survivor(id);
        let mut found = self.identities.get(&id)?.clone();
        let mut held: Vec<_> = self.aliases.values().filter(|held| held.identity == id).collect();
        held.sort_by_key(|held| (held.seen_at, held.place));
        let given_up = held.iter().filter_map(|held| {
            held.former_at.map(|since| crate::contact::Former { alias: held.alias.clone(), since })
        });
        found.former = given_up.collect();
        found.aliases = held.into_iter().map(|held| held.alias.clone()).collect();
        Some(found)
    }

    /// The identities of a contact, oldest first.
    pub(super) fn identities_of(&self, contact: ContactId) -> Vec<ChannelIdentity> {
        let of = self.identities.values().filter(|identity| identity.contact == contact);
        let live = of.filter(|identity| !self.redirects.contains_key(&identity.id));
        live.filter_map(|identity| self.identity(identity.id)).collect()
    }

    /// The digest that the next audit entry links to.
    pub(super) fn chain_head(&self) -> ChainHead {
        let (seq, hash) = self.audit.last().map_or((0, ChainHash::START), |entry| (entry.seq, entry.hash));
        ChainHead { seq, hash }
    }
}

/// What belongs to no organisation, or to all.
#[derive(Debug, Clone, Default)]
pub(super) struct System {
    pub(super) users: BTreeMap<UserId, User>,
    pub(super) sessions: BTreeMap<TokenHash, Session>,
    pub(super) invitations: BTreeMap<TokenHash, Invitation>,
    pub(super) second_factors: BTreeMap<UserId, SecondFactor>,
    pub(super) passkeys: BTreeMap<PasskeyId, Passkey>,
    /// By bucket and slot.
    pub(super) failed_attempts: BTreeMap<(u16, u8), FailedAttempts>,
    pub(super) user_tokens: BTreeMap<TokenHash, UserToken>,
    pub(super) mails: BTreeMap<MailId, QueuedMail>,
    pub(super) news: BTreeMap<ServiceUpdateId, ServiceUpdate>,
    pub(super) news_readers: BTreeMap<UserId, NewsReader>,
    /// When users were last in an organisation.
    pub(super) seen: BTreeMap<(UserId, OrgId), DateTime<Utc>>,
    /// When keys were used last.
    pub(super) key_uses: BTreeMap<(OrgId, ApiKeyId), KeyUse>,
    pub(super) apps: BTreeMap<AppId, App>,
    pub(super) unrouted: BTreeMap<QuarantineId, Quarantined>,
    /// In order of their places.
    pub(super) key_checks: Vec<KeyCheck>,
    pub(super) time_mark: Option<TimeMark>,
    /// The operator log, oldest first.
    pub(super) operator_log: Vec<OperatorEntry>,
}

/// A lease that was given.
#[derive(Debug, Clone, Copy)]
pub(super) struct Held {
    pub(super) by: WorkerId,
    pub(super) fence: Fence,
    pub(super) until: DateTime<Utc>,
}

/// Leases, and the greatest fence of each queue.
#[derive(Debug, Default)]
pub(super) struct Leases {
    pub(super) held: BTreeMap<Queue, Held>,
    pub(super) fences: BTreeMap<Queue, u64>,
}

/// All that the store holds: the rows of each organisation, and those of the installation.
#[derive(Debug, Default)]
pub(super) struct World {
    pub(super) orgs: BTreeMap<OrgId, Rows>,
    pub(super) system: System,
    pub(super) leases: Leases,
}
