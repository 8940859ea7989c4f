//! Reads and writes of conversations, messages and templates.

use std::borrow::Cow;

use async_trait::async_trait;
use chrono::{DateTime, Utc};

use super::{
    Activity, Content, Conversation, DeliveryStatus, Direction, Evidence, ExternalId, FailureNote, Message,
    MessageDigest, MessageSearch, Reaction, Template,
};
use crate::account::Sealed;
use crate::call::CallPermission;
use crate::consent::ConsentRecord;
use crate::contact::{Alias, ChannelIdentity, Portfolio, Stage, SubjectKey};
use crate::id::{AccountId, ChannelIdentityId, ContactId, ConversationId, MemberId, MessageId};
use crate::masking::Identifiers;
use crate::name::string_enum;
use crate::page::{Page, PageRequest};
use crate::phone::PhoneNumber;
use crate::scope::{Audience, OrgScope};
use crate::store::StoreResult;
use crate::text::{MessageText, PersonName, TagName, Username};

/// Whose conversations are asked for.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum InboxView {
    /// Assigned to one member.
    Mine(MemberId),
    /// Not assigned to a member.
    Unassigned,
    /// Every conversation of the organisation.
    #[default]
    All,
}

impl InboxView {
    /// What an audience sees of it: views that together hold it and share no conversation, each kept together by one index.
    #[must_use]
    pub fn within(self, audience: &Audience) -> Vec<Self> {
        let Audience::Of { members, unassigned } = audience else { return vec![self] };
        let nobody = unassigned.then_some(Self::Unassigned);
        match self {
            Self::All => members.iter().copied().map(Self::Mine).chain(nobody).collect(),
            Self::Unassigned => nobody.into_iter().collect(),
            Self::Mine(member) => members.contains(&member).then_some(self).into_iter().collect(),
        }
    }
}

string_enum! {
    /// The state of the conversations that are asked for.
    #[cfg_attr(feature = "openapi", schema(as = ConversationState))]
    #[derive(Default)]
    pub enum StateFilter {
        /// Open, and those whose snooze has run out.
        #[default]
        Open = "open",
        /// Snoozed, and not yet due.
        Snoozed = "snoozed",
        /// Conversations that a member has closed.
        Closed = "closed",
    }
}

string_enum! {
    /// In which order conversations are listed.
    #[derive(Default)]
    pub enum ConversationOrder {
        /// Newest message first.
        #[default]
        Latest = "latest",
        /// Those that wait for an answer alone, the longest wait first.
        Waiting = "waiting",
    }
}

/// What narrows a list of conversations further. All that is given has to hold.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ConversationFilter {
    /// On this account.
    pub account: Option<AccountId>,
    /// With people at this stage.
    pub stage: Option<Stage>,
    /// With people who have this tag, in exactly this spelling.
    pub tag: Option<TagName>,
    /// With something unread.
    pub unread: bool,
    /// Whose newest message could not be delivered.
    pub failed: bool,
}

impl ConversationFilter {
    /// Whether it narrows nothing.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }
}

/// Which conversations are asked for. Ties are decided by id, in the direction of the order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ConversationQuery {
    /// Whose conversations: all, one member's, or unassigned ones.
    pub view: InboxView,
    /// In which state.
    pub state: StateFilter,
    /// What narrows them further.
    pub filter: ConversationFilter,
    /// In which order.
    pub order: ConversationOrder,
    /// The instant that decides whether a snooze has run out.
    pub now: DateTime<Utc>,
}

impl ConversationQuery {
    /// From how many people with a stage or a tag on the queue is walked, and each of its conversations looked at, instead
    /// of the people's conversations being collected.
    pub const MANY: u32 = 4_000;

    /// A queue without a filter, newest message first.
    #[must_use]
    pub fn new(view: InboxView, state: StateFilter, now: DateTime<Utc>) -> Self {
        Self { view, state, filter: ConversationFilter::default(), order: ConversationOrder::Latest, now }
    }

    /// Whether a conversation is assigned as asked for.
    #[must_use]
    pub fn sees(&self, assignee: Option<MemberId>) -> bool {
        match self.view {
            InboxView::All => true,
            InboxView::Unassigned => assignee.is_none(),
            InboxView::Mine(member) => assignee == Some(member),
        }
    }
}

/// The newest message of a conversation, for a list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LastMessage {
    /// The id; ids sort by the time they were made at.
    pub id: MessageId,
    /// Inbound if the person wrote, outbound if we did.
    pub direction: Direction,
    /// Who of us wrote it, as a stored principal; `None` for inbound.
    pub author: Option<String>,
    /// Its kind word.
    pub kind: String,
    /// What a person would read.
    pub display_text: Option<MessageText>,
    /// What became of it.
    pub status: DeliveryStatus,
}

impl LastMessage {
    /// What a person would read, as this reader sees it: see [`Content::seen_with`](super::Content::seen_with).
    #[must_use]
    pub fn text_seen_with(&self, identifiers: Identifiers) -> Option<Cow<'_, str>> {
        let text = self.display_text.as_ref()?.reveal();
        Some(match self.kind.as_str() {
            "contacts" => identifiers.name(text),
            "system" => identifiers.sentence(text),
            _ => Cow::Borrowed(text),
        })
    }
}

/// A conversation with what a list shows beside it, joined by key at read time.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InboxEntry {
    /// The conversation with state, assignee and unread count.
    pub conversation: Conversation,
    /// The contact's name.
    pub contact_name: Option<PersonName>,
    /// The stage of the relationship, from lead to customer.
    pub stage: Stage,
    /// The name the person gave at the provider.
    pub profile_name: Option<PersonName>,
    /// Their public handle.
    pub username: Option<Username>,
    /// Their number, if one was ever shown.
    pub phone: Option<PhoneNumber>,
    /// Since when it has not been clear whose number this is; `None` if that is clear.
    pub doubtful_since: Option<DateTime<Utc>>,
    /// The newest message; `None` if there is none or it has expired.
    pub last: Option<LastMessage>,
}

/// Which conversations a search asks for: those with people whom its words find, newest message first.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ConversationSearch {
    /// Folded tokens that a person has to have ([`crate::search::query_tokens`]), the last one as a prefix.
    pub tokens: Vec<String>,
    /// In which state.
    pub state: StateFilter,
    /// What narrows them further.
    pub filter: ConversationFilter,
    /// The instant that decides whether a snooze has run out.
    pub now: DateTime<Utc>,
}

impl ConversationSearch {
    /// From how many matching people on conversations are no longer counted, and the queue is walked instead.
    pub const MANY: u32 = 4_000;
}

/// What a search found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FoundConversations {
    /// One page, newest message first.
    pub page: Page<InboxEntry>,
    /// How many there are on all pages; `None` if the words fit [`ConversationSearch::MANY`] people or more.
    pub total: Option<u32>,
}

/// A message that a search found.
#[derive(Debug, Clone, PartialEq)]
pub struct FoundMessage {
    /// The message.
    pub message: Message,
    /// Its conversation, with what a list shows of it.
    pub entry: InboxEntry,
}

/// How many conversations are in each queue. Kept as rows that commits move, never counted on reading.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct QueueCounts {
    /// For each stored state word and assignee: how many. A snooze that has run out still counts as snoozed
    /// until the sweep wakes it.
    pub rows: Vec<(String, Option<MemberId>, u32)>,
}

impl QueueCounts {
    /// The number in one queue.
    #[must_use]
    pub fn count(&self, view: InboxView, state: &str) -> u32 {
        let wanted = |assignee: &Option<MemberId>| match view {
            InboxView::All => true,
            InboxView::Unassigned => assignee.is_none(),
            InboxView::Mine(member) => *assignee == Some(member),
        };
        self.rows
            .iter()
            .filter(|(word, who, _)| word == state && wanted(who))
            .map(|(_, _, count)| count)
            .sum()
    }
}

/// What intake asks before it decides, for all elements of one account at once.
#[derive(Debug, Clone)]
pub struct InboundQuery {
    /// The account they came by.
    pub account: AccountId,
    /// Where ids for people mean something.
    pub portfolio: Portfolio,
    /// Every id of a person that is mentioned.
    pub aliases: Vec<Alias>,
    /// Every provider id of a message that is mentioned; without those of messages that are taken for new, as
    /// [`crate::store::Precondition::ExternalFree`] is what [`ConversationWrite::Append`] stands on.
    pub external: Vec<ExternalId>,
    /// Every id of ours that was echoed.
    pub own: Vec<MessageId>,
    /// Something that was said may touch consent: only then are numbers on contacts and consent entries looked up.
    pub consent: bool,
}

impl InboundQuery {
    /// The numbers asked for that none of those who are known holds: contacts are looked for by these alone.
    #[must_use]
    pub fn numbers_of_nobody(&self, known: &[KnownIdentity]) -> Vec<SubjectKey> {
        let held = |number: &Alias| {
            let same =
                |alias: &Alias| alias.kind() == number.kind() && alias.match_key() == number.match_key();
            known.iter().any(|person| person.identity.aliases.iter().any(same))
        };
        let numbers = self.aliases.iter().filter(|alias| !held(alias)).filter_map(|alias| match alias {
            Alias::Phone(number) => Some(SubjectKey::phone(number)),
            Alias::BusinessScoped(_) | Alias::ParentBusinessScoped(_) => None,
        });
        numbers.collect()
    }
}

/// A person who is known under one of the aliases asked for.
#[derive(Debug, Clone)]
pub struct KnownIdentity {
    /// Who, with all aliases.
    pub identity: ChannelIdentity,
    /// What consent can be kept about: the keys of the numbers and addresses on their contact, if consent was asked about.
    pub details: Vec<SubjectKey>,
    /// Their conversation on the account asked for.
    pub conversation: Option<Conversation>,
    /// The consent entries that cover any of their aliases, if consent was asked about.
    pub consents: Vec<ConsentRecord>,
}

/// A message that is known under one of the ids asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KnownMessage {
    /// Our id of the message, not the provider's.
    pub id: MessageId,
    /// The conversation that the message is in.
    pub conversation: ConversationId,
    /// Inbound if the person wrote, outbound if we did.
    pub direction: Direction,
    /// The provider's id, if known by it.
    pub external: Option<ExternalId>,
    /// What it said when it first arrived; `None` for a message of ours.
    pub digest: Option<MessageDigest>,
    /// What became of it.
    pub status: DeliveryStatus,
}

/// All that a decision about received elements needs, in one round trip.
#[derive(Debug, Clone, Default)]
pub struct InboundFacts {
    /// People known under one of the aliases.
    pub identities: Vec<KnownIdentity>,
    /// Contacts that have one of the aliases' numbers as a typed detail, or are known under it elsewhere and have not given it
    /// up, oldest first; only of numbers that no identity is known under here.
    pub candidates: Vec<(SubjectKey, ContactId)>,
    /// Messages known under one of the ids.
    pub messages: Vec<KnownMessage>,
}

impl InboundFacts {
    /// Candidates as they are promised, however a store has found them: oldest first, each once.
    #[must_use]
    pub fn candidates_in_order(mut found: Vec<(SubjectKey, ContactId)>) -> Vec<(SubjectKey, ContactId)> {
        found.sort_unstable_by(|a, b| (a.1, &a.0).cmp(&(b.1, &b.0)));
        found.dedup();
        found
    }
}

/// Reads of conversations and messages. An expired message is not found, whether swept or not.
#[async_trait]
pub trait ConversationStore: Send + Sync {
    /// Reads one conversation; `None` if the organisation has none with this id.
    async fn conversation(&self, scope: &OrgScope, id: ConversationId) -> StoreResult<Option<Conversation>>;
    /// One conversation with what a list shows beside it.
    async fn inbox_entry(&self, scope: &OrgScope, id: ConversationId) -> StoreResult<Option<InboxEntry>>;
    /// One page of a queue.
    async fn inbox(
        &self,
        scope: &OrgScope,
        query: &ConversationQuery,
        page: PageRequest,
    ) -> StoreResult<Page<InboxEntry>>;
    /// All conversations of a contact, newest message first; at most 200.
    async fn conversations_of(&self, scope: &OrgScope, contact: ContactId) -> StoreResult<Vec<Conversation>>;
    /// The conversation of an identity on an account.
    async fn conversation_with(
        &self,
        scope: &OrgScope,
        account: AccountId,
        identity: ChannelIdentityId,
    ) -> StoreResult<Option<Conversation>>;
    /// Conversations with people whom a search finds.
    async fn find_conversations(
        &self,
        scope: &OrgScope,
        query: &ConversationSearch,
        page: PageRequest,
    ) -> StoreResult<FoundConversations>;
    /// Messages that have all words of a search, newest first (by id, descending). A page may hold fewer than were asked
    /// for, even none, and name the next one: no more than [`MessageSearch::EXAMINED`] are looked at for a page.
    async fn find_messages(
        &self,
        scope: &OrgScope,
        query: &MessageSearch,
        page: PageRequest,
    ) -> StoreResult<Page<FoundMessage>>;
    /// How many open conversations with something unread are assigned to this member or unassigned; counted up to
    /// `most`.
    async fn unread_conversations(
        &self,
        scope: &OrgScope,
        member: Option<MemberId>,
        most: u32,
    ) -> StoreResult<u32>;
    /// How many conversations each of these queries asks for, in their order; each counted up to `most`.
    async fn count_conversations(
        &self,
        scope: &OrgScope,
        queries: &[ConversationQuery],
        most: u32,
    ) -> StoreResult<Vec<u32>>;
    /// How many are in each queue.
    async fn queue_counts(&self, scope: &OrgScope) -> StoreResult<QueueCounts>;
    /// One message with its reactions.
    async fn message(&self, scope: &OrgScope, id: MessageId) -> StoreResult<Option<Message>>;
    /// Messages of a conversation with their reactions, newest first (by id, descending).
    async fn messages(
        &self,
        scope: &OrgScope,
        conversation: ConversationId,
        page: PageRequest,
    ) -> StoreResult<Page<Message>>;
    /// Everything that is known about the delivery of these messages, in no order. Of a message that has expired there
    /// is nothing.
    async fn evidence_of(
        &self,
        scope: &OrgScope,
        messages: &[MessageId],
    ) -> StoreResult<Vec<(MessageId, Evidence)>>;
    /// What was done with a conversation, newest first (by id, descending). What has expired is not found.
    async fn activities(
        &self,
        scope: &OrgScope,
        conversation: ConversationId,
        page: PageRequest,
    ) -> StoreResult<Page<Activity>>;
    /// All that a decision about received elements needs, whatever the scope's audience sees.
    async fn inbound_facts(&self, scope: &OrgScope, query: &InboundQuery) -> StoreResult<InboundFacts>;
    /// All templates of an account, by name, then language.
    async fn templates(&self, scope: &OrgScope, account: AccountId) -> StoreResult<Vec<Template>>;
    /// When the list was asked for that [`templates`](Self::templates) answers; `None` before the first.
    async fn templates_asked_at(
        &self,
        scope: &OrgScope,
        account: AccountId,
    ) -> StoreResult<Option<DateTime<Utc>>>;
}

/// How a new message moves its conversation's head. Commutes: maxima and sums only.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct HeadDelta {
    /// Adds to the unread count.
    pub unread: u32,
    /// Opens it if it is snoozed or closed.
    pub reopen: bool,
    /// The person wrote: raises `last_inbound_at` and `last_inbound`.
    pub inbound: bool,
}

/// A change to conversations and messages.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub enum ConversationWrite {
    /// A new conversation. Another one of the same account and identity: [`crate::store::Precondition::ConversationFree`]
    /// fails.
    Insert(Conversation),
    /// State, assignee and team as they are now; the store raises the revision by one. Guard it with
    /// [`crate::store::Precondition::Revision`]. Head, unread and marks are not touched, but for the wait, which ends when
    /// it is closed and is looked up again when it is opened.
    Update(Conversation),
    /// A new message: inserts it with its first evidence, records its external id (with `digest`, for 60 days), and
    /// moves the head: the greatest id becomes the last message, `last_at` and `last_inbound_at` take the maximum, and
    /// the conversation waits or is answered ([`super::Conversation::take`]).
    /// The external id known already for this account: [`crate::store::Precondition::ExternalFree`] fails.
    Append {
        /// The account, for the external id.
        account: AccountId,
        /// The message. Boxed, since it is far larger than its neighbours.
        message: Box<Message>,
        /// How the head moves.
        head: HeadDelta,
        /// What it said, for a received one.
        digest: Option<MessageDigest>,
    },
    /// Evidence about a message: kept once for each status with the earliest time; the message shows the highest rank
    /// ([`super::Delivery::take`]).
    Evidence {
        /// The message that changes.
        message: MessageId,
        /// The report to add to the history.
        evidence: Evidence,
    },
    /// The provider, or the state of the account, refused a message of ours: nothing left, and it waits again
    /// ([`super::Delivery::requeue`]).
    Requeue {
        /// The message that changes.
        message: MessageId,
        /// Why, and since when.
        why: FailureNote,
        /// When it was refused.
        at: DateTime<Utc>,
    },
    /// The provider's id of a message of ours, once known.
    External {
        /// The account by which the provider knows the id.
        account: AccountId,
        /// The message that changes.
        message: MessageId,
        /// The provider's id; one message may have several.
        external: ExternalId,
    },
    /// What the person answered when they were asked whether they may be called: the newest by its time stays, of the same
    /// instant the one that permits less ([`CallPermission::newest`]).
    CallPermission {
        /// The conversation with the person.
        conversation: ConversationId,
        /// The answer.
        permission: CallPermission,
    },
    /// A conversation is unread again: the read mark goes, and at least one message counts as unread.
    MarkUnread(ConversationId),
    /// A reaction: the newest by `at` stays for each side; at the same instant the greater emoji.
    Reaction(Reaction),
    /// An edit: the newest by `at` stays. Ignored for a message that was taken back.
    Edit {
        /// The message that changes.
        message: MessageId,
        /// What it holds now.
        content: Box<Content>,
        /// What the edit held beside its content, sealed as [`Message::beside`], which it replaces.
        beside: Option<Sealed>,
        /// When, by the provider's clock.
        at: DateTime<Utc>,
    },
    /// The person took a message back: its content is replaced, whatever comes later.
    Revoke {
        /// The message that changes.
        message: MessageId,
        /// What stands in its place.
        content: Box<Content>,
        /// When, by the provider's clock.
        at: DateTime<Utc>,
    },
    /// Something was done with a conversation. The same id again changes nothing.
    Activity(Activity),
    /// The team has read up to here: raises the mark; unread becomes zero if it reaches the last message.
    Seen {
        /// The conversation that changes.
        conversation: ConversationId,
        /// Up to here.
        up_to: MessageId,
    },
}
