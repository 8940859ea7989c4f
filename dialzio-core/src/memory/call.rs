//! Calls.

use std::collections::BTreeMap;

use async_trait::async_trait;

use super::commit::{absent, missing};
use super::state::Rows;
use super::{MemoryStore, page, unreadable};
use crate::TypedId;
use crate::call::record::Joined;
use crate::call::{
    Call, CallAgent, CallAlias, CallFacts, CallFactsQuery, CallQuery, CallState, CallStore, CallTally,
    CallWrite, ReportQuery,
};
use crate::consent::ConsentRecord;
use crate::contact::{Contact, SubjectKey};
use crate::id::{AccountId, CallId, id_floor};
use crate::media::MediaOwner;
use crate::page::{Page, PageRequest};
use crate::scope::OrgScope;
use crate::store::{Precondition, RecordRef, Revision, StoreError, StoreResult};

impl Rows {
    pub(super) fn write_call(&mut self, write: CallWrite) -> StoreResult<()> {
        match write {
            CallWrite::Insert(call) => {
                absent(&self.calls, &call.id, RecordRef::Call(call.id))?;
                self.has_parents(&call)?;
                self.calls.insert(call.id, *call);
            }
            CallWrite::Update(call) => {
                let kept = self.calls.get(&call.id).ok_or_else(|| missing(RecordRef::Call(call.id)))?;
                let revision = Revision(kept.revision.0.saturating_add(1));
                self.has_parents(&call)?;
                self.calls.insert(call.id, Call { revision, ..*call });
            }
            CallWrite::Alias { account, alias, call } => {
                if !self.calls.contains_key(&call) {
                    return Err(unreadable("call of an id"));
                }
                match self.call_aliases.get(&(account, alias.clone())) {
                    Some(holder) if *holder != call => {
                        return Err(StoreError::precondition_failed(Precondition::CallAliasFree(
                            account, alias,
                        )));
                    }
                    _ => drop(self.call_aliases.insert((account, alias), call)),
                }
            }
            CallWrite::Merge { from, into } => {
                if !self.calls.contains_key(&into) {
                    return Err(unreadable("call that another one is joined with"));
                }
                if from == into {
                    return Ok(());
                }
                for holder in self.call_aliases.values_mut().filter(|holder| **holder == from) {
                    *holder = into;
                }
                for media in self.media.values_mut().filter(|media| media.owner == MediaOwner::Call(from)) {
                    media.owner = MediaOwner::Call(into);
                }
                self.calls.remove(&from);
            }
            CallWrite::Agents { account, agents } => {
                if !agents.is_empty() && !self.accounts.contains_key(&account) {
                    return Err(unreadable("account of an agent"));
                }
                let before = self.agents_of(account);
                self.call_agents.retain(|(of, _), _| *of != account);
                for agent in CallAgent::as_listed(account, &agents, &before) {
                    self.call_agents.insert((account, agent.id.clone()), agent);
                }
            }
            CallWrite::MapAgent { account, agent, member } => {
                if let Some(kept) = self.call_agents.get_mut(&(account, agent)) {
                    kept.member = member;
                }
            }
        }
        Ok(())
    }

    /// Calls of an identity that was joined into another one follow it.
    pub(super) fn follow_calls(&mut self, joined: &Joined) {
        for call in self.calls.values_mut().filter(|call| call.identity == Some(joined.from.identity)) {
            call.follow(joined);
            call.revision.0 = call.revision.0.saturating_add(1);
        }
    }

    /// Whether the account and the contact of a call are there.
    fn has_parents(&self, call: &Call) -> StoreResult<()> {
        if !self.accounts.contains_key(&call.account) {
            return Err(unreadable("account of a call"));
        }
        call.contact.map_or(Ok(()), |contact| self.known(contact))
    }

    fn calls_wanted(&self, query: &CallQuery) -> impl Iterator<Item = (Vec<u8>, Call)> {
        let found = self.calls.values().rev().filter(|call| query.matches(call));
        found.map(|call| (call.id.uuid().as_bytes().to_vec(), call.clone()))
    }

    fn known_of_calls(&self, query: &CallFactsQuery) -> CallFacts {
        let held = |alias: &CallAlias| {
            self.call_aliases.get(&(query.account, alias.clone())).map(|call| (alias.clone(), *call))
        };
        let aliases: Vec<_> = query.aliases.iter().filter_map(held).collect();
        let ids = aliases.iter().map(|(_, call)| call).chain(&query.own);
        let of_account = |call: &&Call| call.account == query.account;
        let calls = ids.filter_map(|id| self.calls.get(id)).filter(of_account).cloned().collect();
        let mut contacts = Vec::new();
        for key in &query.customers {
            let theirs = self.contacts.values().filter(|contact| self.has_key(contact, key));
            contacts.extend(theirs.map(|contact| (key.clone(), contact.id)));
        }
        let theirs = |call: &&Call| call.customer_key().is_some_and(|key| query.customers.contains(&key));
        let waiting = self.calls.values().filter(|call| call.is_open_missed()).filter(theirs);
        let agents = self.call_agents.values().filter(|agent| {
            let number = agent.phone.as_ref().map(SubjectKey::phone);
            agent.account == query.account
                && (query.agents.contains(&agent.id)
                    || number.is_some_and(|key| query.customers.contains(&key)))
        });
        let facts = CallFacts {
            calls,
            aliases,
            contacts,
            waiting: waiting.cloned().collect(),
            agents: agents.cloned().collect(),
        };
        facts.in_order(query)
    }

    fn agents_of(&self, account: AccountId) -> Vec<CallAgent> {
        self.call_agents.values().filter(|agent| agent.account == account).cloned().collect()
    }

    /// Whether a contact has an identifier, typed or seen at a provider.
    fn has_key(&self, contact: &Contact, key: &SubjectKey) -> bool {
        let typed = contact.details.iter().any(|detail| detail.value.subject_key() == *key);
        typed || self.identities_of(contact.id).iter().any(|identity| identity.subject_keys().contains(key))
    }

    fn tallies(&self, query: &ReportQuery) -> Vec<CallTally> {
        let mut counted = BTreeMap::new();
        let within = |call: &&Call| {
            call.id.uuid() >= id_floor(query.since)
                && call.id.uuid() < id_floor(query.until)
                && query.member.is_none_or(|member| call.member == Some(member))
        };
        for call in self.calls.values().filter(within) {
            let hour = CallTally::hour_of(call.id);
            let key = (hour, call.member, call.direction, call.state, call.disposition);
            let tally = counted.entry(key).or_insert(CallTally {
                hour,
                member: call.member,
                direction: call.direction,
                state: call.state,
                disposition: call.disposition,
                calls: 0,
                talk_seconds: 0,
                answers_timed: 0,
                answer_seconds: 0,
            });
            tally.calls += 1;
            tally.talk_seconds += u64::from(call.talk_seconds.unwrap_or(0));
            if let (CallState::Completed, Some(seconds)) = (call.state, call.answer_seconds()) {
                tally.answers_timed += 1;
                tally.answer_seconds += u64::from(seconds);
            }
        }
        counted.into_values().collect()
    }
}

#[async_trait]
impl CallStore for MemoryStore {
    async fn call(&self, scope: &OrgScope, id: CallId) -> StoreResult<Option<Call>> {
        self.read(scope, |rows, _| rows.calls.get(&id).cloned())
    }

    async fn calls(
        &self,
        scope: &OrgScope,
        query: &CallQuery,
        request: PageRequest,
    ) -> StoreResult<Page<Call>> {
        self.read(scope, |rows, _| page(rows.calls_wanted(query), &request, true))
    }

    async fn waiting_calls(&self, scope: &OrgScope, most: u32) -> StoreResult<u32> {
        self.read(scope, |rows, _| {
            let waiting = rows.calls.values().filter(|call| call.is_open_missed()).take(most as usize);
            u32::try_from(waiting.count()).unwrap_or(most)
        })
    }

    async fn call_aliases(&self, scope: &OrgScope, call: CallId) -> StoreResult<Vec<CallAlias>> {
        self.read(scope, |rows, _| {
            let held = rows.call_aliases.iter().filter(|(_, holder)| **holder == call);
            held.map(|((_, alias), _)| alias.clone()).collect()
        })
    }

    async fn call_facts(&self, scope: &OrgScope, query: &CallFactsQuery) -> StoreResult<CallFacts> {
        self.read_whole(scope, |rows, _| rows.known_of_calls(query))
    }

    async fn call_tallies(&self, scope: &OrgScope, query: &ReportQuery) -> StoreResult<Vec<CallTally>> {
        self.read(scope, |rows, _| rows.tallies(query))
    }

    async fn call_agents(&self, scope: &OrgScope, account: AccountId) -> StoreResult<Vec<CallAgent>> {
        self.read(scope, |rows, _| rows.agents_of(account))
    }

    async fn consent_records(
        &self,
        scope: &OrgScope,
        subjects: &[SubjectKey],
    ) -> StoreResult<Vec<ConsentRecord>> {
        self.read_whole(scope, |rows, _| rows.consents_about(subjects))
    }
}
