//! Calls and agents: how they are read and written.

use sqlx::postgres::PgRow;
use uuid::Uuid;

use dialzio_core::call::{
    Call, CallAgent, CallAlias, CallFacts, CallFactsQuery, CallQuery, CallState, CallTally, CallWrite,
    DurationClass, ReportQuery,
};
use dialzio_core::contact::SubjectKey;
use dialzio_core::conversation::Direction;
use dialzio_core::page::{Page, PageRequest};
use dialzio_core::store::rows::{CallLead, CallList, Columns, FromRow};
use dialzio_core::store::{Precondition, RecordRef, Revision, StoreError};
use dialzio_core::{AccountId, CallId, id_floor};

use crate::apply::{Scope, absent, missing};
use crate::codec::{Cols, id, id_list, opt_id, read};
use crate::contacts::{id_key, key_list, over};
use crate::error::{Failure, Res, unreadable};
use crate::run::{Db, params};
use crate::statements::{self as sql, Statement};

pub(crate) async fn one(db: &mut Db<'_>, org: Uuid, of: CallId) -> Res<Option<Call>> {
    db.one(sql::CALL, params![org, id(of)], read).await
}

pub(crate) async fn revision(db: &mut Db<'_>, org: Uuid, of: CallId) -> Res<Option<Revision>> {
    db.one(sql::CALL_REVISION, params![org, id(of)], |row| Ok(Revision(Cols::new(row, "call").number()?)))
        .await
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

pub(crate) async fn list(
    db: &mut Db<'_>,
    org: Uuid,
    query: &CallQuery,
    page: &PageRequest,
) -> Res<Page<Call>> {
    let Some(list) = CallList::of(query, page)? else { return Ok(Page { items: Vec::new(), next: None }) };
    let row = params![
        org,
        list.from,
        list.before,
        over(page),
        opt_id(query.account),
        opt_id(query.member),
        opt_id(query.contact),
        query.customer.as_ref().map(SubjectKey::reveal),
        list.state.map(CallState::as_str),
        opt_id(query.disposition),
        query.duration.map(DurationClass::as_str),
        list.direction.map(Direction::as_str),
        list.missed,
        list.waiting,
    ];
    let found: Vec<Call> = db.all(lead(list.lead), row, read).await?;
    Ok(Page::from_overread(found, page.limit, |call| id_key(call.id)))
}

/// How many missed calls wait to be called back, counted up to `most`.
pub(crate) async fn waiting(db: &mut Db<'_>, org: Uuid, most: u32) -> Res<u32> {
    let found = db.all(sql::CALLS_TO_RETURN, params![org, i64::from(most)], |_| Ok(())).await?;
    Ok(u32::try_from(found.len()).unwrap_or(most))
}

pub(crate) async fn aliases(db: &mut Db<'_>, org: Uuid, call: CallId) -> Res<Vec<CallAlias>> {
    db.all(sql::CALL_ALIASES, params![org, id(call)], read).await
}

pub(crate) async fn tallies(db: &mut Db<'_>, org: Uuid, query: &ReportQuery) -> Res<Vec<CallTally>> {
    let mut row = params![org, id_floor(query.since), id_floor(query.until)];
    let statement = match query.member {
        None => sql::CALL_TALLIES,
        Some(member) => {
            row.add(id(member));
            sql::CALL_TALLIES_OF_MEMBER
        }
    };
    let mut found: Vec<CallTally> = db.all(statement, row, read).await?;
    found.sort_unstable_by_key(CallTally::key);
    Ok(found)
}

pub(crate) async fn agents(db: &mut Db<'_>, org: Uuid, account: AccountId) -> Res<Vec<CallAgent>> {
    db.all(sql::AGENTS, params![org, id(account)], read).await
}

/// What is known about reports, in one look at one snapshot.
pub(crate) async fn facts(db: &mut Db<'_>, org: Uuid, query: &CallFactsQuery) -> Res<CallFacts> {
    let account = id(query.account);
    let many = CallFacts::MANY as i64;
    let mut facts = CallFacts::default();
    if !query.aliases.is_empty() {
        let words: Vec<&str> = query.aliases.iter().map(CallAlias::as_str).collect();
        for (alias, call) in db.all(sql::CALLS_HOLDING, params![org, account, words], named).await? {
            facts.aliases.push((alias, call.id));
            facts.calls.push(call);
        }
    }
    if !query.own.is_empty() {
        let row = params![org, account, id_list(query.own.iter().copied())];
        facts.calls.extend(db.all(sql::CALLS_OWN, row, read::<Call>).await?);
    }
    if !query.customers.is_empty() {
        let row = params![org, key_list(&query.customers), many];
        let caller = |row: &PgRow| {
            let c = Cols::new(row, "contact");
            Ok((SubjectKey::from_stored(c.get()?), c.id()?))
        };
        facts.contacts = db.all(sql::CALLERS, row.clone(), caller).await?;
        facts.waiting = db.all(sql::CALLS_TO_RETURN_TO, row, read).await?;
    }
    if !query.agents.is_empty() || !query.customers.is_empty() {
        let row = params![org, account, query.agents, key_list(&query.customers)];
        facts.agents = db.all(sql::AGENTS_KNOWN, row, read).await?;
    }
    Ok(facts.in_order(query))
}

/// An id of the provider, and the call that holds it.
fn named(row: &PgRow) -> Res<(CallAlias, Call)> {
    let c = Cols::new(row, "call");
    Ok((CallAlias::from_row(&c)?, Call::from_row(&c)?))
}

impl Scope<'_> {
    pub(crate) async fn write_call(&mut self, write: &CallWrite) -> Res<()> {
        let org = self.key;
        match write {
            CallWrite::Insert(call) => {
                let kept = revision(&mut self.db, org, call.id).await?;
                absent(kept.as_ref(), RecordRef::Call(call.id))?;
                self.db.put_one(sql::PUT_CALL, org, &**call).await.map(drop)
            }
            CallWrite::Update(call) => {
                let kept = revision(&mut self.db, org, call.id).await?;
                let kept = kept.ok_or_else(|| missing(RecordRef::Call(call.id)))?;
                let revision = Revision(kept.0.saturating_add(1));
                let call = Call { revision, ..Call::clone(call) };
                self.db.put_one(sql::PUT_CALL, org, &call).await.map(drop)
            }
            CallWrite::Alias { account, alias, call } => self.name_call(*account, alias, *call).await,
            CallWrite::Merge { from, into } => self.merge_calls(*from, *into).await,
            CallWrite::Agents { account, agents: listed } => {
                let before = agents(&mut self.db, org, *account).await?;
                self.db.run(sql::DROP_AGENTS, params![org, id(*account)]).await?;
                let now = CallAgent::as_listed(*account, listed, &before);
                self.db.put_all(sql::PUT_AGENT, org, &now).await
            }
            CallWrite::MapAgent { account, agent, member } => self
                .db
                .run(sql::MAP_AGENT, params![org, id(*account), agent, opt_id(*member)])
                .await
                .map(drop),
            _ => Err(Failure::Store(StoreError::Unsupported("a change to calls"))),
        }
    }

    /// Which call of an account holds an id of the provider.
    pub(crate) async fn call_of_alias(
        &mut self,
        account: AccountId,
        alias: &CallAlias,
    ) -> Res<Option<CallId>> {
        let row = params![self.key, id(account), alias.as_str()];
        self.db.one(sql::CALL_OF_ALIAS, row, |row| Cols::new(row, "id of a call").id()).await
    }

    async fn name_call(&mut self, account: AccountId, alias: &CallAlias, call: CallId) -> Res<()> {
        if revision(&mut self.db, self.key, call).await?.is_none() {
            return Err(unreadable("call of an id"));
        }
        match self.call_of_alias(account, alias).await? {
            Some(holder) if holder == call => Ok(()),
            Some(_) => {
                let taken = Precondition::CallAliasFree(account, alias.clone());
                Err(StoreError::precondition_failed(taken).into())
            }
            None => {
                let row = params![self.key, id(account), alias.as_str(), id(call)];
                self.db.run(sql::PUT_CALL_ALIAS, row).await.map(drop)
            }
        }
    }

    async fn merge_calls(&mut self, from: CallId, into: CallId) -> Res<()> {
        if revision(&mut self.db, self.key, into).await?.is_none() {
            return Err(unreadable("call that another one is joined with"));
        }
        if from == into {
            return Ok(());
        }
        let both = || params![self.key, id(from), id(into)];
        let (aliases, media) = (both(), both());
        self.db.run(sql::MOVE_CALL_ALIASES, aliases).await?;
        self.db.run(sql::MOVE_CALL_MEDIA, media).await?;
        self.db.run(sql::DROP_CALL, params![self.key, id(from)]).await.map(drop)
    }
}
