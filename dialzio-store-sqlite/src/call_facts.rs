//! What is known about reports of calls, in one look at one snapshot.

use rusqlite::{Row, params};

use dialzio_core::ContactId;
use dialzio_core::call::{Call, CallAlias, CallFacts, CallFactsQuery};
use dialzio_core::contact::SubjectKey;
use dialzio_core::store::rows::{Columns, FromRow};

use crate::codec::{Cols, id, id_list, json, read};
use crate::contacts::key_list;
use crate::error::Res;
use crate::facts::Snapshot;
use crate::run::Run;
use crate::statements as sql;

const MANY: i64 = CallFacts::MANY as i64;

impl Snapshot<'_> {
    pub(crate) fn call_facts(&self, query: &CallFactsQuery) -> Res<CallFacts> {
        let (org, account) = (self.key(), id(query.account));
        let mut facts = CallFacts::default();
        if !query.aliases.is_empty() {
            let words: Vec<_> = query.aliases.iter().map(CallAlias::as_str).collect();
            let row = params![org, account, json(&words, "id of a call")?];
            for (alias, call) in self.db.all(sql::CALLS_HOLDING, row, named)? {
                facts.aliases.push((alias, call.id));
                facts.calls.push(call);
            }
        }
        if !query.own.is_empty() {
            let row = params![org, account, id_list(query.own.iter().copied())];
            facts.calls.extend(self.db.all(sql::CALLS_OWN, row, read::<Call>)?);
        }
        for key in &query.customers {
            facts.contacts.extend(self.callers(key)?);
            let row = params![org, key.reveal(), MANY];
            facts.waiting.extend(self.db.all(sql::CALLS_TO_RETURN_TO, row, read::<Call>)?);
        }
        if !query.agents.is_empty() || !query.customers.is_empty() {
            let row = params![org, account, json(&query.agents, "agent")?, key_list(&query.customers)?];
            facts.agents = self.db.all(sql::AGENTS_KNOWN, row, read)?;
        }
        Ok(facts.in_order(query))
    }

    /// Contacts that have a number, typed or seen at a provider.
    fn callers(&self, key: &SubjectKey) -> Res<Vec<(SubjectKey, ContactId)>> {
        let contact = |row: &Row<'_>| Ok((key.clone(), Cols::new(row, "contact").id()?));
        let mut found = self.db.all(sql::CALLERS_TYPED, params![self.key(), key.reveal(), MANY], contact)?;
        found.extend(self.db.all(sql::CALLERS_SEEN, params![self.key(), key.reveal()], contact)?);
        Ok(found)
    }
}

/// An id of the provider, and the call that holds it.
fn named(row: &Row<'_>) -> Res<(CallAlias, Call)> {
    let c = Cols::new(row, "call");
    Ok((CallAlias::from_row(&c)?, Call::from_row(&c)?))
}
