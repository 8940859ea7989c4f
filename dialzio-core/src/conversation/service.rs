//! Use cases of conversations: list, read, open, assign, snooze, close.

use super::{
    Activity, ActivityKind, Conversation, ConversationFilter, ConversationQuery, ConversationSearch,
    ConversationState, ConversationWrite, Evidence, FoundConversations, FoundMessage, InboxEntry, Message,
    MessageNarrow, MessageSearch, QueueCounts, Reaction, SoughtWords, StateFilter, beside_context,
};
use crate::access::active_member;
use crate::account::AccountService;
use crate::contact::ContactService;
use crate::contact::{ChannelIdentity, Contact};
use crate::error::{Error, RecordKind};
use crate::event::DomainEvent;
use crate::id::{AccountId, ContactId, ConversationId, MemberId, MessageId};
use crate::ledger::Action;
use crate::notice::{NoticeAbout, tell};
use crate::outbox::{Job, JobKind};
use crate::page::{Page, PageRequest};
use crate::runtime::Runtime;
use crate::scope::{Actor, OrgScope, Permission};
use crate::store::{Batch, Precondition, RecordRef, Revision, StoreError};

/// How often a change is tried again when another caller was faster.
const TRIES: usize = 3;

/// What is to change about a conversation; `None` leaves a field as it is.
#[derive(Debug, Clone, Default)]
pub struct ConversationPatch {
    /// The new state; `None` leaves it as it is.
    pub state: Option<ConversationState>,
    /// The new assignee; `Some(None)` removes the assignment.
    pub assignee: Option<Option<MemberId>>,
    /// Only if the conversation is still at this revision.
    pub revision: Option<Revision>,
}

/// Conversations and messages.
#[derive(Debug, Clone, Copy)]
pub struct ConversationService<'a> {
    pub(super) runtime: &'a Runtime,
}

impl<'a> ConversationService<'a> {
    pub(crate) const fn new(runtime: &'a Runtime) -> Self {
        Self { runtime }
    }

    /// One page of a queue.
    ///
    /// # Errors
    /// [`Error::Denied`] without [`Permission::ConversationsRead`].
    pub async fn list(
        &self,
        by: &Actor,
        query: &ConversationQuery,
        page: PageRequest,
    ) -> Result<Page<InboxEntry>, Error> {
        let scope = by.scope_for(Permission::ConversationsRead)?;
        Ok(self.runtime.store().inbox(scope, query, page).await?)
    }

    /// How many conversations each of these queries asks for, in their order; each counted up to `most`.
    ///
    /// # Errors
    /// [`Error::Denied`] without [`Permission::ConversationsRead`].
    pub async fn count(
        &self,
        by: &Actor,
        queries: &[ConversationQuery],
        most: u32,
    ) -> Result<Vec<u32>, Error> {
        let scope = by.scope_for(Permission::ConversationsRead)?;
        Ok(self.runtime.store().count_conversations(scope, queries, most).await?)
    }

    /// Conversations in one state with people whom these words find: parts of names, usernames, addresses and tags, or
    /// any four consecutive digits of a number. Newest message first.
    ///
    /// # Errors
    /// [`Error::Denied`] without [`Permission::ConversationsRead`] and [`Permission::ContactsRead`].
    pub async fn find(
        &self,
        by: &Actor,
        words: &str,
        state: StateFilter,
        filter: ConversationFilter,
        page: PageRequest,
    ) -> Result<FoundConversations, Error> {
        by.scope_for(Permission::ContactsRead)?;
        let scope = by.scope_for(Permission::ConversationsRead)?;
        let tokens = crate::search::query_tokens(words);
        let whole = by.identifiers().are_whole();
        let tokens = if whole { tokens } else { crate::search::whole_numbers(tokens) };
        let now = self.runtime.now();
        let query = ConversationSearch { tokens, state, filter, now };
        Ok(self.runtime.store().find_conversations(scope, &query, page).await?)
    }

    /// Messages in which all of these words stand, newest first; the last word may be the beginning of one. On one account
    /// or in one conversation alone, if they are given, and what else narrows them. A page may hold fewer messages than were asked for, even none, and
    /// name the next one. Words in which nothing can be compared find nothing.
    ///
    /// # Errors
    /// [`Error::Denied`] without [`Permission::ConversationsRead`].
    pub async fn find_messages(
        &self,
        by: &Actor,
        words: &str,
        account: Option<AccountId>,
        conversation: Option<ConversationId>,
        narrow: MessageNarrow,
        page: PageRequest,
    ) -> Result<Page<FoundMessage>, Error> {
        let scope = by.scope_for(Permission::ConversationsRead)?;
        let Some(words) = SoughtWords::parse(words) else {
            return Ok(Page { items: Vec::new(), next: None });
        };
        let query = MessageSearch { account, conversation, narrow, ..MessageSearch::new(words) };
        let page = PageRequest { after: page.after.or_else(|| narrow.start()), ..page };
        let mut found = self.runtime.store().find_messages(scope, &query, page).await?;
        found.next = found.next.filter(|next| !narrow.is_past(next));
        Ok(found)
    }

    /// How many open conversations with something unread are assigned to this member or unassigned; counted up to
    /// `most`.
    ///
    /// # Errors
    /// [`Error::Denied`] without [`Permission::ConversationsRead`].
    pub async fn unread(&self, by: &Actor, most: u32) -> Result<u32, Error> {
        let scope = by.scope_for(Permission::ConversationsRead)?;
        Ok(self.runtime.store().unread_conversations(scope, by.member(), most).await?)
    }

    /// How many conversations are in each queue.
    ///
    /// # Errors
    /// [`Error::Denied`] without [`Permission::ConversationsRead`].
    pub async fn counts(&self, by: &Actor) -> Result<QueueCounts, Error> {
        let scope = by.scope_for(Permission::ConversationsRead)?;
        Ok(self.runtime.store().queue_counts(scope).await?)
    }

    /// One conversation with what a list shows beside it.
    ///
    /// # Errors
    /// [`Error::NotFound`]; [`Error::Denied`] without [`Permission::ConversationsRead`].
    pub async fn get(&self, by: &Actor, id: ConversationId) -> Result<InboxEntry, Error> {
        let scope = by.scope_for(Permission::ConversationsRead)?;
        self.runtime.store().inbox_entry(scope, id).await?.ok_or(Error::missing(RecordKind::Conversation))
    }

    pub(super) async fn require(&self, scope: &OrgScope, id: ConversationId) -> Result<Conversation, Error> {
        self.runtime.store().conversation(scope, id).await?.ok_or(Error::missing(RecordKind::Conversation))
    }

    /// All conversations of a contact.
    ///
    /// # Errors
    /// [`Error::Denied`] without [`Permission::ConversationsRead`].
    pub async fn of_contact(&self, by: &Actor, contact: ContactId) -> Result<Vec<Conversation>, Error> {
        let scope = by.scope_for(Permission::ConversationsRead)?;
        Ok(self.runtime.store().conversations_of(scope, contact).await?)
    }

    /// Messages of a conversation, newest first.
    ///
    /// # Errors
    /// [`Error::NotFound`]; [`Error::Denied`] without [`Permission::ConversationsRead`].
    pub async fn messages(
        &self,
        by: &Actor,
        id: ConversationId,
        page: PageRequest,
    ) -> Result<Page<Message>, Error> {
        let scope = by.scope_for(Permission::ConversationsRead)?;
        let messages = self.runtime.store().messages(scope, id, page).await?;
        if messages.items.is_empty() {
            self.require(scope, id).await?;
        }
        Ok(messages)
    }

    /// What was done with a conversation, newest first.
    ///
    /// # Errors
    /// [`Error::NotFound`]; [`Error::Denied`] without [`Permission::ConversationsRead`].
    pub async fn activities(
        &self,
        by: &Actor,
        id: ConversationId,
        page: PageRequest,
    ) -> Result<Page<Activity>, Error> {
        let scope = by.scope_for(Permission::ConversationsRead)?;
        let done = self.runtime.store().activities(scope, id, page).await?;
        if done.items.is_empty() {
            self.require(scope, id).await?;
        }
        Ok(done)
    }

    /// One message.
    ///
    /// # Errors
    /// [`Error::NotFound`]; [`Error::Denied`] without [`Permission::ConversationsRead`].
    pub async fn message(&self, by: &Actor, id: MessageId) -> Result<Message, Error> {
        self.require_message(by.scope_for(Permission::ConversationsRead)?, id).await
    }

    /// Everything that is known about the delivery of these messages, in the order in which it happened: also a failure
    /// that a later delivery outranked.
    ///
    /// # Errors
    /// [`Error::Denied`] without [`Permission::ConversationsRead`].
    pub async fn evidence_of(
        &self,
        by: &Actor,
        messages: &[MessageId],
    ) -> Result<Vec<(MessageId, Evidence)>, Error> {
        let scope = by.scope_for(Permission::ConversationsRead)?;
        if messages.is_empty() {
            return Ok(Vec::new());
        }
        let mut all = self.runtime.store().evidence_of(scope, messages).await?;
        all.sort_by_key(|(message, evidence)| (*message, evidence.at, evidence.status.rank()));
        Ok(all)
    }

    /// What the provider sent with a message and nothing else shows: a JSON object, its values by their path in what
    /// arrived. `None` if there was nothing more.
    ///
    /// # Errors
    /// [`Error::NotFound`]; [`Error::Sealed`]; [`Error::Denied`] without [`Permission::ConversationsRead`].
    pub async fn beside(&self, by: &Actor, id: MessageId) -> Result<Option<String>, Error> {
        let message = self.message(by, id).await?;
        let Some(sealed) = &message.beside else { return Ok(None) };
        let plain = self.runtime.sealer().open(&beside_context(by.org(), id), sealed).await?;
        Ok(Some(String::from_utf8_lossy(&plain).into_owned()))
    }

    /// The conversation of a contact on an account: the one there is, or a new one.
    ///
    /// # Errors
    /// [`Error::Account`] if no messages are sent by the account; [`Error::Invalid`] if the contact has no number; [`Error::Duplicate`] if the number belongs to another person there;
    /// [`Error::NotFound`]; [`Error::Denied`] without [`Permission::ConversationsWrite`].
    pub async fn open(
        &self,
        by: &Actor,
        contact: ContactId,
        account: AccountId,
    ) -> Result<Conversation, Error> {
        let scope = by.scope_for(Permission::ConversationsWrite)?;
        let store = self.runtime.store();
        let account = store.account(scope, account).await?.ok_or(Error::missing(RecordKind::Account))?;
        AccountService::new(self.runtime).messaging(&account)?;
        let identity: ChannelIdentity =
            ContactService::new(self.runtime).identity_for(by, scope, contact, &account).await?;
        for _ in 0..TRIES {
            if let Some(known) = store.conversation_with(&scope.whole(), account.id, identity.id).await? {
                // There is one for each person and account, and it may be in the hands of a member they do not see.
                let seen = Some(known).filter(|known| scope.audience().sees(known.assignee));
                return seen.ok_or(Error::missing(RecordKind::Conversation));
            }
            let now = self.runtime.now();
            let conversation = Conversation {
                id: self.runtime.ids().next(now),
                account: account.id,
                identity: identity.id,
                contact: identity.contact,
                state: ConversationState::Open,
                assignee: by.holder(),
                team: None,
                unread: 0,
                last_message: None,
                last_at: now,
                last_inbound_at: None,
                last_inbound: None,
                seen_up_to: None,
                waiting_since: None,
                last_failed: false,
                call_permission: None,
                revision: Revision::FIRST,
                created_at: now,
            };
            let mut batch = Batch::new(by, Action::ConversationChanged, now);
            batch
                .about(conversation.id)
                .write(ConversationWrite::Insert(conversation.clone()))
                .event(DomainEvent::ConversationChanged { conversation: conversation.id });
            match store.commit_one(scope, batch).await {
                Err(StoreError::PreconditionFailed(_)) => {}
                other => return Ok(other.map(|_| conversation)?),
            }
        }
        Err(Error::Conflict { kind: RecordKind::Conversation })
    }

    /// Commits a conversation as it is to be, if it is still as it was, and tells the member whom it is newly assigned to.
    async fn put(
        &self,
        by: &Actor,
        scope: &OrgScope,
        before: &Conversation,
        after: Conversation,
    ) -> Result<(), StoreError> {
        let assigned = after.assignee.filter(|member| before.assignee != Some(*member));
        let (about, contact) = (NoticeAbout::Conversation(before.id), before.contact);
        let mut batch = self.changed(by, before, after);
        tell(self.runtime, &mut batch, by, assigned, about, contact);
        self.runtime.store().commit_one(scope, batch).await.map(drop)
    }

    /// A batch that changes a conversation at the revision that was read, with its audit entry and event.
    pub(super) fn changed(&self, by: &Actor, before: &Conversation, after: Conversation) -> Batch {
        let mut batch = Batch::new(by, Action::ConversationChanged, self.runtime.now());
        batch.about(before.id);
        self.include(&mut batch, by, before, after);
        batch
    }

    /// Puts a change of a conversation at the revision that was read into a batch, with what was done and its event.
    pub(crate) fn include(&self, batch: &mut Batch, by: &Actor, before: &Conversation, after: Conversation) {
        let (id, now) = (before.id, self.runtime.now());
        batch
            .require(Precondition::Revision(RecordRef::Conversation(id), before.revision))
            .event(DomainEvent::ConversationChanged { conversation: id });
        for what in ActivityKind::between(before, &after, now) {
            let (by, done) = (by.principal().to_ref(), self.runtime.ids().next(now));
            batch.write(ConversationWrite::Activity(Activity {
                id: done,
                conversation: id,
                by,
                what,
                at: now,
            }));
        }
        batch.write(ConversationWrite::Update(after));
    }

    /// Changes a conversation, all of the patch or nothing of it.
    ///
    /// # Errors
    /// [`Error::Stale`] if it is not at the patch's revision; [`Error::Invalid`] for a snooze that is not ahead;
    /// [`Error::NotFound`] for the conversation or the member; [`Error::Conflict`] after three lost races;
    /// [`Error::Denied`] without [`Permission::ConversationsWrite`].
    pub async fn update(
        &self,
        by: &Actor,
        id: ConversationId,
        patch: ConversationPatch,
    ) -> Result<Conversation, Error> {
        let scope = by.scope_for(Permission::ConversationsWrite)?;
        if let Some(ConversationState::Snoozed { until }) = patch.state
            && until <= self.runtime.now()
        {
            return Err(Error::invalid("snoozed_until", "must lie in the future"));
        }
        if let Some(Some(member)) = patch.assignee {
            active_member(self.runtime, scope, member).await?;
        }
        for _ in 0..TRIES {
            let before = self.require(scope, id).await?;
            if patch.revision.is_some_and(|wanted| wanted != before.revision) {
                return Err(Error::Stale { kind: RecordKind::Conversation });
            }
            let mut after = before.clone();
            after.state = patch.state.unwrap_or(after.state);
            after.assignee = patch.assignee.unwrap_or(after.assignee);
            match self.put(by, scope, &before, after).await {
                Err(StoreError::PreconditionFailed(_)) => {}
                other => {
                    other?;
                    // Also one that went to a member whose work the caller does not see.
                    return self.require(&scope.whole(), id).await;
                }
            }
        }
        Err(Error::Conflict { kind: RecordKind::Conversation })
    }

    /// Opens, snoozes or closes a conversation, at whatever revision it is.
    ///
    /// # Errors
    /// As [`update`](Self::update).
    pub async fn set_state(
        &self,
        by: &Actor,
        id: ConversationId,
        state: ConversationState,
    ) -> Result<Conversation, Error> {
        self.update(by, id, ConversationPatch { state: Some(state), ..ConversationPatch::default() }).await
    }

    /// Assigns a conversation to a member, or removes the assignment, without a check of the revision.
    ///
    /// # Errors
    /// As [`update`](Self::update).
    pub async fn assign(
        &self,
        by: &Actor,
        id: ConversationId,
        to: Option<MemberId>,
    ) -> Result<Conversation, Error> {
        self.update(by, id, ConversationPatch { assignee: Some(to), ..ConversationPatch::default() }).await
    }

    /// Takes a conversation that is not assigned. Of several who do it at the same time one wins; the member who
    /// has it already wins again. `member` says for whom, if it is not the caller.
    ///
    /// # Errors
    /// [`Error::Claimed`] if another member has it; [`Error::Stale`] if it is not at `revision`; [`Error::Invalid`] if the
    /// caller is no member and names none; [`Error::NotFound`]; [`Error::Conflict`]; [`Error::Denied`] without
    /// [`Permission::ConversationsWrite`].
    pub async fn claim(
        &self,
        by: &Actor,
        id: ConversationId,
        member: Option<MemberId>,
        revision: Option<Revision>,
    ) -> Result<Conversation, Error> {
        let scope = by.scope_for(Permission::ConversationsWrite)?;
        self.require(scope, id).await?;
        let needed = "is needed: who asks is no member";
        let member = member.or(by.member()).ok_or(Error::invalid("member", needed))?;
        active_member(self.runtime, scope, member).await?;
        for _ in 0..TRIES {
            let before = self.require(scope, id).await?;
            match before.assignee {
                Some(holder) if holder != member => return Err(Error::Claimed),
                _ if revision.is_some_and(|wanted| wanted != before.revision) => {
                    return Err(Error::Stale { kind: RecordKind::Conversation });
                }
                Some(_) => return Ok(before),
                None => {}
            }
            let after = Conversation { assignee: Some(member), ..before.clone() };
            match self.put(by, scope, &before, after).await {
                Err(StoreError::PreconditionFailed(_)) => {}
                other => {
                    other?;
                    // Also one that went to a member whose work the caller does not see.
                    return self.require(&scope.whole(), id).await;
                }
            }
        }
        Err(Error::Conflict { kind: RecordKind::Conversation })
    }

    /// Marks a conversation as read up to its last message, and lets the person's device know.
    ///
    /// # Errors
    /// [`Error::NotFound`]; [`Error::Denied`] without [`Permission::ConversationsWrite`].
    pub async fn seen(&self, by: &Actor, id: ConversationId) -> Result<(), Error> {
        let scope = by.scope_for(Permission::ConversationsWrite)?;
        let conversation = self.require(scope, id).await?;
        let Some(up_to) =
            conversation.last_message.filter(|last| conversation.seen_up_to.is_none_or(|seen| seen < *last))
        else {
            return Ok(());
        };
        let now = self.runtime.now();
        let mut batch = Batch::new(by, Action::ConversationChanged, now);
        batch
            .about(id)
            .write(ConversationWrite::Seen { conversation: id, up_to })
            .event(DomainEvent::ConversationRead { conversation: id });
        if let Some(inbound) = conversation.last_inbound.filter(|_| conversation.unread > 0) {
            let job = Job::new(self.runtime.ids().next(now), JobKind::MarkRead(inbound), now);
            batch.job(job.through(conversation.account).within(id));
        }
        self.runtime.store().commit_one(scope, batch).await?;
        Ok(())
    }

    /// The contact of a conversation's person.
    ///
    /// # Errors
    /// [`Error::NotFound`]; [`Error::Denied`] without [`Permission::ContactsRead`].
    pub async fn person(
        &self,
        by: &Actor,
        id: ConversationId,
    ) -> Result<(Contact, Vec<ChannelIdentity>), Error> {
        let scope = by.scope_for(Permission::ContactsRead)?;
        let conversation = self.require(scope, id).await?;
        let store = self.runtime.store();
        let contact =
            store.contact(scope, conversation.contact).await?.ok_or(Error::missing(RecordKind::Contact))?;
        let identities = store.channel_identities(scope, contact.id).await?;
        Ok((contact, identities))
    }

    /// Reactions of a message as they stand.
    #[must_use]
    pub fn reactions(message: &Message) -> Vec<&Reaction> {
        message.reactions.iter().filter(|reaction| reaction.emoji.is_some()).collect()
    }
}
