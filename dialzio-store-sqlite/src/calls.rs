//! Calls and agents: their port, and how they are read and written.

use async_trait::async_trait;
use rusqlite::types::Value;
use rusqlite::{Connection, params, params_from_iter};

use dialzio_core::call::{
    Call, CallAgent, CallAlias, CallFacts, CallFactsQuery, CallQuery, CallState, CallStore, CallTally,
    CallWrite, DurationClass, ReportQuery,
};
use dialzio_core::consent::ConsentRecord;
use dialzio_core::contact::SubjectKey;
use dialzio_core::conversation::Direction;
use dialzio_core::page::{Page, PageRequest};
use dialzio_core::store::rows::{CallLead, CallList, Columns};
use dialzio_core::store::{Precondition, RecordRef, Revision, StoreError};
use dialzio_core::{AccountId, CallId, OrgScope, StoreResult, id_floor};

use crate::SqliteStore;
use crate::apply::{Scope, absent, missing};
use crate::codec::{Cols, id, opt_id, read};
use crate::contacts::{id_key, over};
use crate::error::{Failure, Res, unreadable};
use crate::run::Run;
use crate::statements::{self as sql, Statement};

#[async_trait]
impl CallStore for SqliteStore {
    async fn call(&self, scope: &OrgScope, of: CallId) -> StoreResult<Option<Call>> {
        self.read(scope, move |snapshot| snapshot.db.one(sql::CALL, params![snapshot.key(), id(of)], read))
            .await
    }

    async fn calls(&self, scope: &OrgScope, query: &CallQuery, page: PageRequest) -> StoreResult<Page<Call>> {
        let query = query.clone().within(scope.audience());
        self.read(scope, move |snapshot| list(snapshot.db, snapshot.key(), &query, &page)).await
    }

    async fn waiting_calls(&self, scope: &OrgScope, most: u32) -> StoreResult<u32> {
        self.read(scope, move |snapshot| {
            let waiting = snapshot.db.all(sql::CALLS_TO_RETURN, params![snapshot.key(), most], |_| Ok(()))?;
            Ok(u32::try_from(waiting.len()).unwrap_or(most))
        })
        .await
    }

    async fn call_aliases(&self, scope: &OrgScope, call: CallId) -> StoreResult<Vec<CallAlias>> {
        self.read(scope, move |snapshot| {
            snapshot.db.all(sql::CALL_ALIASES, params![snapshot.key(), id(call)], read)
        })
        .await
    }

    async fn call_facts(&self, scope: &OrgScope, query: &CallFactsQuery) -> StoreResult<CallFacts> {
        let query = query.clone();
        self.read_inline(scope, move |snapshot| snapshot.call_facts(&query)).await
    }

    async fn call_tallies(&self, scope: &OrgScope, query: &ReportQuery) -> StoreResult<Vec<CallTally>> {
        let query = query.within(scope.audience());
        self.read(scope, move |snapshot| tallies(snapshot.db, snapshot.key(), &query)).await
    }

    async fn call_agents(&self, scope: &OrgScope, account: AccountId) -> StoreResult<Vec<CallAgent>> {
        self.read(scope, move |snapshot| agents(snapshot.db, snapshot.key(), account)).await
    }

    async fn consent_records(
        &self,
        scope: &OrgScope,
        subjects: &[SubjectKey],
    ) -> StoreResult<Vec<ConsentRecord>> {
        let subjects = subjects.to_vec();
        self.read_whole(scope, move |snapshot| crate::consent::about(snapshot.db, snapshot.key(), &subjects))
            .await
    }
}

pub(crate) fn revision(db: &Connection, org: [u8; 16], of: CallId) -> Res<Option<Revision>> {
    db.one(sql::CALL_REVISION, params![org, id(of)], |row| Ok(Revision(Cols::new(row, "call").number()?)))
}

/// The statement whose index a list is read by.
const fn lead(lead: CallLead) -> Statement {
    match lead {
        CallLead::Time => sql::CALLS,
        CallLead::Contact => sql::CALLS_OF_CONTACT,
        CallLead::Customer => sql::CALLS_OF_CUSTOMER,
        CallLead::Waiting => sql::CALLS_WAITING,
        CallLead::Missed => sql::CALLS_MISSED,
        CallLead::Disposition => sql::CALLS_OF_DISPOSITION,
        CallLead::Member => sql::CALLS_OF_MEMBER,
        CallLead::State => sql::CALLS_IN_STATE,
        CallLead::Duration => sql::CALLS_OF_DURATION,
        CallLead::Account => sql::CALLS_OF_ACCOUNT,
        CallLead::Direction => sql::CALLS_OF_DIRECTION,
    }
}

fn list(db: &Connection, org: [u8; 16], query: &CallQuery, page: &PageRequest) -> Res<Page<Call>> {
    let Some(list) = CallList::of(query, page)? else { return Ok(Page { items: Vec::new(), next: None }) };
    let row: [Value; 14] = [
        org.to_vec().into(),
        list.from.as_bytes().to_vec().into(),
        list.before.as_bytes().to_vec().into(),
        over(page).into(),
        opt_id(query.account).map(Vec::from).into(),
        opt_id(query.member).map(Vec::from).into(),
        opt_id(query.contact).map(Vec::from).into(),
        query.customer.as_ref().map(|key| key.reveal().to_owned()).into(),
        list.state.map(|state| CallState::as_str(state).to_owned()).into(),
        opt_id(query.disposition).map(Vec::from).into(),
        query.duration.map(|class| DurationClass::as_str(class).to_owned()).into(),
        list.direction.map(|direction| Direction::as_str(direction).to_owned()).into(),
        list.missed.into(),
        list.waiting.into(),
    ];
    let found: Vec<Call> = db.all(lead(list.lead), params_from_iter(row), read)?;
    Ok(Page::from_overread(found, page.limit, |call| id_key(call.id)))
}

fn tallies(db: &Connection, org: [u8; 16], query: &ReportQuery) -> Res<Vec<CallTally>> {
    let (from, before) = (id_floor(query.since).into_bytes(), id_floor(query.until).into_bytes());
    let mut found: Vec<CallTally> = match query.member {
        None => db.all(sql::CALL_TALLIES, params![org, from, before], read)?,
        Some(member) => db.all(sql::CALL_TALLIES_OF_MEMBER, params![org, from, before, id(member)], read)?,
    };
    found.sort_unstable_by_key(CallTally::key);
    Ok(found)
}

fn agents(db: &Connection, org: [u8; 16], account: AccountId) -> Res<Vec<CallAgent>> {
    db.all(sql::AGENTS, params![org, id(account)], read)
}

impl Scope<'_> {
    pub(crate) fn write_call(&mut self, write: &CallWrite) -> Res<()> {
        match write {
            CallWrite::Insert(call) => {
                absent(revision(self.db, self.key, call.id)?.as_ref(), RecordRef::Call(call.id))?;
                self.db.put(sql::PUT_CALL, self.key, &**call).map(drop)
            }
            CallWrite::Update(call) => {
                let kept = revision(self.db, self.key, call.id)?;
                let kept = kept.ok_or_else(|| missing(RecordRef::Call(call.id)))?;
                let revision = Revision(kept.0.saturating_add(1));
                let call = Call { revision, ..Call::clone(call) };
                self.db.put(sql::PUT_CALL, self.key, &call).map(drop)
            }
            CallWrite::Alias { account, alias, call } => self.name_call(*account, alias, *call),
            CallWrite::Merge { from, into } => self.merge_calls(*from, *into),
            CallWrite::Agents { account, agents: listed } => {
                let before = agents(self.db, self.key, *account)?;
                self.db.run(sql::DROP_AGENTS, params![self.key, id(*account)])?;
                for agent in CallAgent::as_listed(*account, listed, &before) {
                    self.db.put(sql::PUT_AGENT, self.key, &agent)?;
                }
                Ok(())
            }
            CallWrite::MapAgent { account, agent, member } => {
                self.db.run(sql::MAP_AGENT, params![self.key, id(*account), agent, opt_id(*member)]).map(drop)
            }
            _ => Err(Failure::Store(StoreError::Unsupported("a change to calls"))),
        }
    }

    /// Which call of an account holds an id of the provider.
    pub(crate) fn call_of_alias(&self, account: AccountId, alias: &CallAlias) -> Res<Option<CallId>> {
        let row = params![self.key, id(account), alias.as_str()];
        self.db.one(sql::CALL_OF_ALIAS, row, |row| Cols::new(row, "id of a call").id())
    }

    fn name_call(&mut self, account: AccountId, alias: &CallAlias, call: CallId) -> Res<()> {
        if revision(self.db, self.key, call)?.is_none() {
            return Err(unreadable("call of an id"));
        }
        match self.call_of_alias(account, alias)? {
            Some(holder) if holder == call => Ok(()),
            Some(_) => {
                let taken = Precondition::CallAliasFree(account, alias.clone());
                Err(StoreError::precondition_failed(taken).into())
            }
            None => {
                let row = params![self.key, id(account), alias.as_str(), id(call)];
                self.db.run(sql::PUT_CALL_ALIAS, row).map(drop)
            }
        }
    }

    fn merge_calls(&mut self, from: CallId, into: CallId) -> Res<()> {
        if revision(self.db, self.key, into)?.is_none() {
            return Err(unreadable("call that another one is joined with"));
        }
        if from == into {
            return Ok(());
        }
        self.db.run(sql::MOVE_CALL_ALIASES, params![self.key, id(from), id(into)])?;
        self.db.run(sql::MOVE_CALL_MEDIA, params![self.key, id(from), id(into)])?;
        self.db.run(sql::DROP_CALL, params![self.key, id(from)]).map(drop)
    }
}
