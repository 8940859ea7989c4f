//! What people may do with call flows: those who see accounts read them, those who keep the settings change them.

use chrono::{DateTime, Utc};

use super::program::{CallProgram, Caller, program};
use super::reach::{self, Telephones};
use super::step::FlowStep;
use super::{
    AnsweredNumber, CallFlow, CallFlowChange, CallFlowDefinition, CallFlowProblem, CallFlowWrite,
    MAX_CALL_FLOWS,
};
use crate::access::{Member, MemberState};
use crate::account::{AccountService, ProviderAccount};
use crate::call::{CallAgent, Party};
use crate::error::{Error, RecordKind};
use crate::event::DomainEvent;
use crate::id::{AccountId, CallFlowId, MemberId};
use crate::ledger::Action;
use crate::phone::PhoneNumber;
use crate::runtime::Runtime;
use crate::scope::{Actor, OrgScope, Permission};
use crate::store::{Batch, Precondition, RecordRef, Revision, StoreError};
use crate::text::{PersonName, Title};

const KIND: RecordKind = RecordKind::CallFlow;

/// A call flow to be added.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewCallFlow {
    /// The account whose calls it answers. Its provider asks what to do with calls.
    pub account: AccountId,
    /// What members call it.
    pub name: Title,
    /// Which of our numbers it is for.
    pub number: AnsweredNumber,
    /// Whether it answers calls.
    pub enabled: bool,
    /// What happens with a call.
    pub definition: CallFlowDefinition,
}

/// What to change of a call flow. Fields that are `None` stay as they are.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct CallFlowPatch {
    /// What members call it.
    pub name: Option<Title>,
    /// Which of our numbers it is for.
    pub number: Option<AnsweredNumber>,
    /// Whether it answers calls.
    pub enabled: Option<bool>,
    /// What happens with a call.
    pub definition: Option<CallFlowDefinition>,
}

/// What would be done with a call at a time.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CallFlowPreview {
    /// At which time.
    pub at: DateTime<Utc>,
    /// It is within business hours.
    pub open: bool,
    /// The steps.
    pub program: CallProgram,
}

/// A member, and the telephone at which they can be rung.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MemberTelephone {
    /// The member.
    pub member: MemberId,
    /// Their name.
    pub name: PersonName,
    /// The number of the agent that they are in the account; `None` if there is none.
    pub number: Option<PhoneNumber>,
}

/// What members may do with call flows.
#[derive(Debug, Clone, Copy)]
pub struct CallFlowService<'a> {
    runtime: &'a Runtime,
}

/// What a flow is checked against.
struct Around {
    members: Vec<Member>,
    agents: Vec<CallAgent>,
    own: Vec<PhoneNumber>,
    steps: Vec<FlowStep>,
}

impl Around {
    fn active(&self) -> Vec<MemberId> {
        let is_active = |member: &&Member| member.state == MemberState::Active;
        self.members.iter().filter(is_active).map(|member| member.id).collect()
    }

    fn telephones(&self) -> Telephones {
        Telephones::of(self.agents.clone(), &self.active())
    }

    fn problems(&self, number: &AnsweredNumber, definition: &CallFlowDefinition) -> Vec<CallFlowProblem> {
        let mut own = self.own.clone();
        own.extend(number.number().cloned());
        let members: Vec<MemberId> = self.members.iter().map(|member| member.id).collect();
        reach::problems(definition, &self.telephones(), &members, &own, &self.steps)
    }
}

fn first(problems: &[CallFlowProblem]) -> Result<(), Error> {
    problems.first().map_or(Ok(()), |problem| Err(Error::invalid(problem.field(), problem)))
}

impl<'a> CallFlowService<'a> {
    pub(crate) const fn new(runtime: &'a Runtime) -> Self {
        Self { runtime }
    }

    /// All call flows, by name.
    ///
    /// # Errors
    /// [`Error::Denied`] without [`Permission::AccountsRead`].
    pub async fn all(&self, by: &Actor) -> Result<Vec<CallFlow>, Error> {
        let scope = by.scope_for(Permission::AccountsRead)?;
        let mut all = self.runtime.store().call_flows(scope).await?;
        all.sort_by_cached_key(|flow| (flow.name.reveal().to_lowercase(), flow.id));
        Ok(all)
    }

    /// One call flow.
    ///
    /// # Errors
    /// [`Error::NotFound`]; [`Error::Denied`] without [`Permission::AccountsRead`].
    pub async fn get(&self, by: &Actor, id: CallFlowId) -> Result<CallFlow, Error> {
        let scope = by.scope_for(Permission::AccountsRead)?;
        self.runtime.store().call_flow(scope, id).await?.ok_or(Error::missing(KIND))
    }

    /// The accounts whose providers ask what to do with calls, those first whose flows can do most.
    ///
    /// # Errors
    /// [`Error::Denied`] without [`Permission::AccountsRead`].
    pub async fn accounts(&self, by: &Actor) -> Result<Vec<ProviderAccount>, Error> {
        let scope = by.scope_for(Permission::AccountsRead)?;
        let mut all = self.runtime.store().accounts(scope).await?;
        all.retain(|account| self.asks(account));
        all.sort_by_key(|account| std::cmp::Reverse(self.steps(account).len()));
        Ok(all)
    }

    fn asks(&self, account: &ProviderAccount) -> bool {
        !self.steps(account).is_empty()
    }

    /// What a flow of this account can do with a call; nothing if its provider does not ask.
    #[must_use]
    pub fn steps(&self, account: &ProviderAccount) -> Vec<FlowStep> {
        let telephony = AccountService::new(self.runtime).telephony(account);
        telephony.map(|telephony| telephony.capabilities().flow_steps.clone()).unwrap_or_default()
    }

    /// The members who may come in, by name, each with the telephone at which the account rings them.
    ///
    /// # Errors
    /// [`Error::NotFound`]; [`Error::Denied`] without [`Permission::AccountsRead`].
    pub async fn member_telephones(
        &self,
        by: &Actor,
        account: AccountId,
    ) -> Result<Vec<MemberTelephone>, Error> {
        let scope = by.scope_for(Permission::AccountsRead)?;
        let around = self.around(scope, account).await?;
        let telephones = around.telephones();
        let mut found: Vec<MemberTelephone> = around
            .members
            .iter()
            .filter(|member| member.state == MemberState::Active)
            .map(|member| MemberTelephone {
                member: member.id,
                name: member.name.clone(),
                number: telephones.reach(&super::RingTarget::Member(member.id)).map(|rung| rung.number),
            })
            .collect();
        found.sort_by_cached_key(|member| (member.name.reveal().to_lowercase(), member.member));
        Ok(found)
    }

    /// Everything that stands against saving a flow, each with its field.
    ///
    /// # Errors
    /// [`Error::NotFound`] for the account; [`Error::Denied`] without [`Permission::AccountsRead`].
    pub async fn check(
        &self,
        by: &Actor,
        account: AccountId,
        number: &AnsweredNumber,
        definition: &CallFlowDefinition,
    ) -> Result<Vec<CallFlowProblem>, Error> {
        let scope = by.scope_for(Permission::AccountsRead)?;
        Ok(self.around(scope, account).await?.problems(number, definition))
    }

    /// What a flow does with a call at a time, whether or not it is enabled.
    ///
    /// # Errors
    /// [`Error::NotFound`]; [`Error::Denied`] without [`Permission::AccountsRead`].
    pub async fn preview(
        &self,
        by: &Actor,
        id: CallFlowId,
        at: Option<DateTime<Utc>>,
        caller: Option<PhoneNumber>,
    ) -> Result<CallFlowPreview, Error> {
        let flow = self.get(by, id).await?;
        let scope = by.scope_for(Permission::AccountsRead)?;
        let around = self.around(scope, flow.account).await?;
        let at = at.unwrap_or_else(|| self.runtime.now());
        let caller = Caller { number: caller, dialled: None };
        let program = program(&flow, &around.telephones(), &caller, at);
        let hours = flow.definition.hours.as_ref();
        Ok(CallFlowPreview { at, open: hours.is_none_or(|hours| hours.is_open(at)), program })
    }

    /// Adds a call flow.
    ///
    /// # Errors
    /// [`Error::Invalid`] names the field that is wrong, as [`CallFlowProblem`] describes, or the account whose provider asks
    /// nothing, or says that there are [`MAX_CALL_FLOWS`] already; [`Error::Duplicate`] if it is enabled and another enabled one
    /// is for the same number of the account; [`Error::NotFound`] for the account; [`Error::Denied`] without
    /// [`Permission::SettingsManage`].
    pub async fn add(&self, by: &Actor, new: NewCallFlow) -> Result<CallFlow, Error> {
        let scope = by.scope_for(Permission::SettingsManage)?;
        let around = self.around(scope, new.account).await?;
        if around.steps.is_empty() {
            let problem = "has a provider that does not ask what to do with calls: choose another account";
            return Err(Error::invalid("account", problem));
        }
        first(&around.problems(&new.number, &new.definition))?;
        if self.runtime.store().call_flows(scope).await?.len() >= MAX_CALL_FLOWS {
            let full = format!("cannot be added: there are {MAX_CALL_FLOWS} call flows, delete one first");
            return Err(Error::invalid("name", full));
        }
        let now = self.runtime.now();
        let NewCallFlow { account, name, number, enabled, definition } = new;
        let id = self.runtime.ids().next(now);
        let revision = Revision::FIRST;
        let added = CallFlow { id, account, name, number, enabled, definition, revision };
        let mut batch = Batch::new(by, Action::AccountChanged, now);
        batch
            .about(id)
            .write(CallFlowWrite::Insert(Box::new(added.clone())))
            .event(DomainEvent::AccountChanged { account });
        self.runtime.store().commit_one(scope, batch).await.map_err(|error| refused(error, id, None))?;
        self.runtime.forget_answers();
        Ok(added)
    }

    /// Changes a call flow. With a revision, only if it is still at that one. Switching a flow off is always possible, also if
    /// somebody whom it rings has left.
    ///
    /// # Errors
    /// As [`add`](Self::add); [`Error::Stale`] if it is not at the revision; [`Error::Conflict`] if it was changed meanwhile and
    /// no revision was given.
    pub async fn change(
        &self,
        by: &Actor,
        id: CallFlowId,
        seen: Option<Revision>,
        patch: CallFlowPatch,
    ) -> Result<CallFlow, Error> {
        let scope = by.scope_for(Permission::SettingsManage)?;
        let mut kept = self.meant(scope, id, seen).await?;
        let CallFlowPatch { name, number, enabled, definition } = patch;
        let change = CallFlowChange { name, number, enabled, definition };
        let mut batch = self.under(by, &kept);
        let decides = change.number.is_some() || change.definition.is_some() || change.enabled == Some(true);
        change.apply(&mut kept);
        let around = self.around(scope, kept.account).await?;
        if decides {
            first(&around.problems(&kept.number, &kept.definition))?;
        }
        batch.write(CallFlowWrite::Change { call_flow: id, change: Box::new(change) });
        self.runtime.store().commit_one(scope, batch).await.map_err(|error| refused(error, id, seen))?;
        self.runtime.forget_answers();
        Ok(kept)
    }

    /// Deletes a call flow, and answers it as it was.
    ///
    /// # Errors
    /// [`Error::NotFound`]; [`Error::Stale`] if it is not at the revision; [`Error::Conflict`] if it was changed meanwhile and no
    /// revision was given; [`Error::Denied`] without [`Permission::SettingsManage`].
    pub async fn delete(
        &self,
        by: &Actor,
        id: CallFlowId,
        seen: Option<Revision>,
    ) -> Result<CallFlow, Error> {
        let scope = by.scope_for(Permission::SettingsManage)?;
        let kept = self.meant(scope, id, seen).await?;
        let mut batch = self.under(by, &kept);
        batch.write(CallFlowWrite::Remove(id));
        self.runtime.store().commit_one(scope, batch).await.map_err(|error| refused(error, id, seen))?;
        self.runtime.forget_answers();
        Ok(kept)
    }

    async fn around(&self, scope: &OrgScope, account: AccountId) -> Result<Around, Error> {
        let store = self.runtime.store();
        let org = store.org(scope).await?.ok_or(Error::missing(RecordKind::Organisation))?;
        let accounts = store.accounts(scope).await?;
        let mut own: Vec<PhoneNumber> = accounts
            .iter()
            .filter_map(|account| account.display_number.as_deref())
            .filter_map(|text| Party::read(text, org.dials_in()).phone().cloned())
            .collect();
        own.extend(store.call_flows(scope).await?.iter().filter_map(|flow| flow.number.number().cloned()));
        let account = accounts.into_iter().find(|known| known.id == account);
        let account = account.ok_or(Error::missing(RecordKind::Account))?;
        let members = store.members(scope).await?;
        let agents = store.call_agents(scope, account.id).await?;
        let steps = self.steps(&account);
        Ok(Around { members, agents, own, steps })
    }

    /// The one that is meant, at the revision that was seen.
    async fn meant(
        &self,
        scope: &OrgScope,
        id: CallFlowId,
        seen: Option<Revision>,
    ) -> Result<CallFlow, Error> {
        let kept = self.runtime.store().call_flow(scope, id).await?.ok_or(Error::missing(KIND))?;
        if seen.is_some_and(|seen| seen != kept.revision) {
            return Err(Error::Stale { kind: KIND });
        }
        Ok(kept)
    }

    /// A batch about one that stands as it was read.
    fn under(&self, by: &Actor, kept: &CallFlow) -> Batch {
        let mut batch = Batch::new(by, Action::AccountChanged, self.runtime.now());
        batch
            .about(kept.id)
            .require(Precondition::Revision(RecordRef::CallFlow(kept.id), kept.revision))
            .event(DomainEvent::AccountChanged { account: kept.account });
        batch
    }
}

/// What a refusal of the store means to a caller who adds, changes or deletes `id`.
fn refused(error: StoreError, id: CallFlowId, seen: Option<Revision>) -> Error {
    let StoreError::PreconditionFailed(fact) = error else { return error.into() };
    match *fact {
        Precondition::Revision(RecordRef::CallFlow(holder), Revision::NONE) if holder != id => {
            Error::Duplicate { kind: KIND }
        }
        _ if seen.is_some() => Error::Stale { kind: KIND },
        _ => Error::Conflict { kind: KIND },
    }
}
