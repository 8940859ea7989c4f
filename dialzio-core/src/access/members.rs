//! Members: what they are, and that they come and go. Who may change whom is decided here and nowhere else.

use super::active::active_member;
use super::{
    AccessService, AccessWrite, ApiKey, ApiKeyChange, Colleague, Member, MemberChange, MemberState,
    Visibility,
};
use crate::call::{CallAgent, CallWrite};
use crate::contact::{ContactWrite, Task, TaskChange, TaskQuery};
use crate::conversation::{Conversation, ConversationQuery, ConversationService, InboxView, StateFilter};
use crate::error::{Error, RecordKind};
use crate::event::DomainEvent;
use crate::id::MemberId;
use crate::ledger::Action;
use crate::page::PageRequest;
use crate::scope::{Actor, Audience, OrgScope, Permission, Principal, Role};
use crate::store::{Batch, Precondition, RecordRef, Revision, StoreError, SystemWrite};

/// How often a change is tried again when another caller was faster.
const TRIES: usize = 3;

/// Open work of a member, which their deactivation hands over or ends.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct InHand {
    /// Conversations that are assigned to them and not closed.
    pub conversations: usize,
    /// Their open follow-ups.
    pub tasks: usize,
    /// Keys that they made and that still work.
    pub keys: usize,
}

/// The records behind [`InHand`].
/// What is to change of a member; `None` leaves a field as it is.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct MemberPatch {
    /// What they are to be.
    pub role: Option<Role>,
    /// How much of the organisation's work they are to see.
    pub visibility: Option<Visibility>,
}

struct Held {
    conversations: Vec<Conversation>,
    tasks: Vec<Task>,
    keys: Vec<ApiKey>,
    /// Telephones that are rung for them.
    agents: Vec<CallAgent>,
}

impl AccessService<'_> {
    /// All members of the organisation, active or not.
    ///
    /// # Errors
    /// [`Error::Denied`] without [`Permission::MembersRead`].
    pub async fn members(&self, by: &Actor) -> Result<Vec<Member>, Error> {
        let scope = by.scope_for(Permission::MembersRead)?;
        Ok(self.runtime.store().members(scope).await?)
    }

    /// One member, active or not.
    ///
    /// # Errors
    /// [`Error::NotFound`]; [`Error::Denied`] without [`Permission::MembersRead`].
    pub async fn member(&self, by: &Actor, id: MemberId) -> Result<Member, Error> {
        let scope = by.scope_for(Permission::MembersRead)?;
        self.runtime.store().member(scope, id).await?.ok_or(Error::missing(RecordKind::Member))
    }

    /// What members sign in with, and when they were last here.
    ///
    /// # Errors
    /// [`Error::Denied`] without [`Permission::MembersManage`].
    pub async fn colleagues(&self, by: &Actor) -> Result<Vec<Colleague>, Error> {
        let org = by.scope_for(Permission::MembersManage)?.org();
        Ok(self.runtime.store().colleagues(self.runtime.system(), org).await?)
    }

    /// The highest role that a caller may give, and whose holders they may change: their own. That of a program
    /// follows from its permissions; a key never counts as an owner, since members below an owner may create keys.
    ///
    /// # Errors
    /// [`Error::Store`].
    pub async fn rank(&self, by: &Actor) -> Result<Option<Role>, Error> {
        let within = |role: &Role| role.grant().permissions().iter().all(|held| by.may(*held));
        let most = Role::ALL.iter().copied().filter(within).max();
        let bound = self.bound(by).await?;
        Ok(most.map(|most| most.min(bound)))
    }

    /// The highest role that this kind of caller may give, whatever permissions they hold.
    async fn bound(&self, by: &Actor) -> Result<Role, Error> {
        Ok(match by.principal() {
            Principal::Member(_) => self.own_member(by).await?.role,
            Principal::ApiKey(_) => Role::Admin,
            Principal::Service(_) | Principal::System => Role::Owner,
        })
    }

    /// Refuses a role above the caller's own.
    pub(super) async fn may_give(&self, by: &Actor, role: Role) -> Result<(), Error> {
        if role > self.bound(by).await? {
            return Err(Error::invalid("role", "must not be above your own"));
        }
        match role.grant().permissions().iter().find(|held| !by.may(**held)) {
            Some(beyond) => Err(Error::Denied { permission: *beyond }),
            None => Ok(()),
        }
    }

    /// A member whom the caller may change.
    pub(super) async fn changeable(&self, by: &Actor, id: MemberId) -> Result<Member, Error> {
        let scope = by.scope_for(Permission::MembersManage)?;
        let found = self.runtime.store().member(scope, id).await?;
        let member = found.ok_or(Error::missing(RecordKind::Member))?;
        if self.rank(by).await?.is_none_or(|own| member.role > own) {
            return Err(Error::invalid("member", "has a role above yours"));
        }
        Ok(member)
    }

    /// What keeps the organisation with an owner: another one, who stays as they are until the change is written.
    async fn another_owner(&self, scope: &OrgScope, than: MemberId) -> Result<Precondition, Error> {
        let members = self.runtime.store().members(scope).await?;
        let owns = |member: &Member| {
            member.id != than && member.role == Role::Owner && member.state == MemberState::Active
        };
        let other = members.into_iter().find(owns);
        let other = other.ok_or(Error::invalid("member", "is the only owner: make another one first"))?;
        Ok(Precondition::Revision(RecordRef::Member(other.id), other.revision))
    }

    /// Changes what a member is. With a revision, only if they are still at that one.
    ///
    /// # Errors
    /// As [`change`](Self::change).
    pub async fn change_role(
        &self,
        by: &Actor,
        id: MemberId,
        role: Role,
        revision: Option<Revision>,
    ) -> Result<Member, Error> {
        self.change(by, id, MemberPatch { role: Some(role), visibility: None }, revision).await
    }

    /// Changes what a member is and how much of the organisation's work they see: all of the patch or nothing of it. It counts
    /// with their next request, and for the keys that they made. With a revision, only if they are still at that one.
    ///
    /// # Errors
    /// [`Error::Invalid`] for a role above the caller's own, a member above the caller, the only owner, an owner or admin who is
    /// to see less than everything, or more to be seen than the caller sees; [`Error::Stale`] if they are not at the revision; [`Error::NotFound`];
    /// [`Error::Conflict`] after three lost races; [`Error::Denied`] without [`Permission::MembersManage`], or for a role with
    /// permissions beyond the caller's.
    pub async fn change(
        &self,
        by: &Actor,
        id: MemberId,
        patch: MemberPatch,
        revision: Option<Revision>,
    ) -> Result<Member, Error> {
        let scope = by.scope_for(Permission::MembersManage)?;
        for _ in 0..TRIES {
            let mut member = self.changeable(by, id).await?;
            if revision.is_some_and(|meant| meant != member.revision) {
                return Err(Error::Stale { kind: RecordKind::Member });
            }
            let role = patch.role.filter(|role| *role != member.role);
            if let Some(role) = patch.role {
                self.may_give(by, role).await?;
            }
            let will_be = role.unwrap_or(member.role);
            if let Some(visibility) = patch.visibility {
                may_show(by, will_be, visibility)?;
            }
            let visibility = patch.visibility.filter(|seen| *seen != member.visibility);
            if role.is_none() && visibility.is_none() {
                return Ok(member);
            }
            let mut batch = Batch::new(by, Action::MemberChanged, self.runtime.now());
            if role.is_some() && member.role == Role::Owner && member.state == MemberState::Active {
                batch.require(self.another_owner(scope, id).await?);
            }
            let change = MemberChange { role, visibility, ..MemberChange::default() };
            change_member(&mut batch, &mut member, change);
            match self.runtime.store().commit_one(scope, batch).await {
                Err(StoreError::PreconditionFailed(_)) => {}
                other => return Ok(other.map(|_| member)?),
            }
        }
        Err(Error::Conflict { kind: RecordKind::Member })
    }

    /// The open work of a member.
    ///
    /// # Errors
    /// [`Error::NotFound`]; [`Error::Denied`] without [`Permission::MembersManage`].
    pub async fn in_hand(&self, by: &Actor, id: MemberId) -> Result<InHand, Error> {
        let scope = by.scope_for(Permission::MembersManage)?;
        self.runtime.store().member(scope, id).await?.ok_or(Error::missing(RecordKind::Member))?;
        let held = self.held(scope, id).await?;
        Ok(InHand { conversations: held.conversations.len(), tasks: held.tasks.len(), keys: held.keys.len() })
    }

    async fn held(&self, scope: &OrgScope, id: MemberId) -> Result<Held, Error> {
        // All of it, or what the caller does not see would stay with a member who has left.
        let scope = &scope.whole();
        let (store, now) = (self.runtime.store(), self.runtime.now());
        let mut conversations = Vec::new();
        for state in [StateFilter::Open, StateFilter::Snoozed] {
            let query = ConversationQuery::new(InboxView::Mine(id), state, now);
            let mut page = PageRequest::first(PageRequest::MAX);
            loop {
                let found = store.inbox(scope, &query, page.clone()).await?;
                conversations.extend(found.items.into_iter().map(|entry| entry.conversation));
                let Some(next) = found.next else { break };
                page.after = Some(next);
            }
        }
        let query = TaskQuery { assignee: Some(id), open: true, ..TaskQuery::default() };
        let (mut tasks, mut page) = (Vec::new(), PageRequest::first(PageRequest::MAX));
        loop {
            let found = store.tasks(scope, &query, page.clone()).await?;
            tasks.extend(found.items);
            let Some(next) = found.next else { break };
            page.after = Some(next);
        }
        let mut keys = store.api_keys(scope).await?;
        keys.retain(|key| key.made_by == Some(id) && key.revoked_at.is_none() && key.expires_at > now);
        let mut agents = Vec::new();
        for account in store.accounts(scope).await? {
            let all = store.call_agents(scope, account.id).await?;
            agents.extend(all.into_iter().filter(|agent| agent.member == Some(id)));
        }
        Ok(Held { conversations, tasks, keys, agents })
    }

    /// Deactivates a member in one step. Their sessions in this organisation, the keys that they created and invitations to
    /// their address end. Incoming calls no longer ring their telephone. Their open conversations and follow-ups are assigned
    /// to another member or to nobody. What they wrote keeps their name. A member who is not active is left unchanged.
    ///
    /// # Errors
    /// [`Error::Invalid`] for oneself, a member above the caller, the only owner, or one who is to get their own;
    /// [`Error::NotFound`] for the member, or for who gets what they have; [`Error::Conflict`] after three lost races;
    /// [`Error::Denied`] without [`Permission::MembersManage`].
    pub async fn deactivate(
        &self,
        by: &Actor,
        id: MemberId,
        hand_over_to: Option<MemberId>,
    ) -> Result<(Member, InHand), Error> {
        let scope = by.scope_for(Permission::MembersManage)?;
        for _ in 0..TRIES {
            let mut member = self.changeable(by, id).await?;
            if by.member() == Some(id) {
                return Err(Error::invalid("member", "must not be yourself: another admin can do it"));
            }
            if let Some(to) = hand_over_to {
                if to == id {
                    return Err(Error::invalid("hand_over_to", "must be another member"));
                }
                active_member(self.runtime, scope, to).await?;
            }
            if member.state != MemberState::Active {
                return Ok((member, InHand::default()));
            }
            let mut batch = Batch::new(by, Action::MemberDeactivated, self.runtime.now());
            batch.about(id).require(Precondition::Revision(RecordRef::Member(id), member.revision));
            if member.role == Role::Owner {
                batch.require(self.another_owner(scope, id).await?);
            }
            let held = self.held(scope, id).await?;
            let given = self.hand_over(by, &mut batch, held, hand_over_to);
            let change = MemberChange { state: Some(MemberState::Disabled), ..MemberChange::default() };
            let mut writes =
                vec![SystemWrite::EndSessions { user: member.user, org: Some(scope.org()), keep: None }];
            writes.extend(self.invitations_of(scope.org(), &member).await?);
            change.apply(&mut member);
            batch.write(AccessWrite::ChangeMember { member: id, change }).event(DomainEvent::OrgChanged);
            let store = self.runtime.store();
            match store.commit_system(self.runtime.system(), writes, Some((scope, batch))).await {
                Err(StoreError::PreconditionFailed(_)) => {}
                Ok(_) => {
                    self.runtime.forget_answers();
                    return Ok((member, given));
                }
                Err(error) => return Err(error.into()),
            }
        }
        Err(Error::Conflict { kind: RecordKind::Member })
    }

    /// Adds the open work of a member to the batch of their deactivation.
    fn hand_over(&self, by: &Actor, batch: &mut Batch, held: Held, to: Option<MemberId>) -> InHand {
        let given = InHand {
            conversations: held.conversations.len(),
            tasks: held.tasks.len(),
            keys: held.keys.len(),
        };
        let conversations = ConversationService::new(self.runtime);
        for before in held.conversations {
            let after = Conversation { assignee: to, ..before.clone() };
            conversations.include(batch, by, &before, after);
        }
        for task in held.tasks {
            let change = TaskChange { assignee: Some(to), ..TaskChange::default() };
            batch
                .require(Precondition::Revision(RecordRef::Task(task.id), task.revision))
                .write(ContactWrite::ChangeTask { task: task.id, change })
                .event(DomainEvent::ContactChanged { contact: task.contact });
        }
        let revoked_at = Some(Some(self.runtime.now()));
        for key in held.keys {
            let change = ApiKeyChange { revoked_at, ..ApiKeyChange::default() };
            batch
                .require(Precondition::Revision(RecordRef::ApiKey(key.id), key.revision))
                .write(AccessWrite::ChangeApiKey { key: key.id, change });
        }
        // Incoming calls no longer ring the telephone of a member who has left.
        for CallAgent { account, id: agent, .. } in held.agents {
            batch.write(CallWrite::MapAgent { account, agent, member: None });
        }
        given
    }

    /// Ends of the invitations into an organisation that name the address of a member.
    async fn invitations_of(
        &self,
        org: crate::id::OrgId,
        member: &Member,
    ) -> Result<Vec<SystemWrite>, Error> {
        let (store, system, now) = (self.runtime.store(), self.runtime.system(), self.runtime.now());
        let user = store.user(system, crate::store::UserKey::Id(member.user)).await?;
        let Some(address) = user.map(|user| user.email.match_key()) else { return Ok(Vec::new()) };
        let mut open = store.invitations_into(system, org, now).await?;
        open.retain(|one| one.email.as_ref().is_some_and(|email| email.match_key() == address));
        Ok(open.into_iter().map(|one| SystemWrite::UseInvitation(one.hash)).collect())
    }

    /// Activates a member who was deactivated, with the role they had. An active member is left unchanged.
    ///
    /// # Errors
    /// [`Error::Invalid`] for a member above the caller; [`Error::NotFound`]; [`Error::Conflict`] after three lost races;
    /// [`Error::Denied`] without [`Permission::MembersManage`].
    pub async fn activate(&self, by: &Actor, id: MemberId) -> Result<Member, Error> {
        let scope = by.scope_for(Permission::MembersManage)?;
        for _ in 0..TRIES {
            let mut member = self.changeable(by, id).await?;
            if member.state == MemberState::Active {
                return Ok(member);
            }
            let change = MemberChange { state: Some(MemberState::Active), ..MemberChange::default() };
            let mut batch = Batch::new(by, Action::MemberActivated, self.runtime.now());
            change_member(&mut batch, &mut member, change);
            match self.runtime.store().commit_one(scope, batch).await {
                Err(StoreError::PreconditionFailed(_)) => {}
                other => return Ok(other.map(|_| member)?),
            }
        }
        Err(Error::Conflict { kind: RecordKind::Member })
    }
}

/// Adds a change of a member to a batch, under the revision that was read.
fn change_member(batch: &mut Batch, member: &mut Member, change: MemberChange) {
    batch
        .about(member.id)
        .require(Precondition::Revision(RecordRef::Member(member.id), member.revision))
        .event(DomainEvent::OrgChanged);
    change.apply(member);
    batch.write(AccessWrite::ChangeMember { member: member.id, change });
}

/// Refuses less than everything for owners and admins, and for others more than the caller sees.
pub(super) fn may_show(by: &Actor, role: Role, visibility: Visibility) -> Result<(), Error> {
    if role >= Role::Admin && visibility != Visibility::All {
        return Err(Error::invalid("visibility", "must be all: owners and admins see everything"));
    }
    let own = match by.audience() {
        Audience::All => Visibility::All,
        Audience::Of { unassigned: true, .. } => Visibility::Team,
        Audience::Of { unassigned: false, .. } => Visibility::Own,
    };
    if visibility > own {
        return Err(Error::invalid("visibility", "must not be more than you see yourself"));
    }
    Ok(())
}
