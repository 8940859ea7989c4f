//! Provider accounts, where their numbers are routed to, and their templates.

use rusqlite::{Connection, Row, params};

use dialzio_core::account::{AccountState, AccountWrite, ProviderAccount, Sealed};
use dialzio_core::contact::Portfolio;
use dialzio_core::conversation::Template;
use dialzio_core::store::{Expect, RecordRef, StoreError};
use dialzio_core::{AccountId, Revision};

use crate::apply::{Scope, missing};
use crate::codec::{Cols, id, json, opt_time, time};
use crate::error::{Failure, Res};
use crate::run::Run;
use crate::statements as sql;

/// Whether an account in this state is routed to. One whose token ran out still receives.
const fn is_routed(state: AccountState) -> bool {
    matches!(state, AccountState::Routable | AccountState::NeedsLogin | AccountState::Paused)
}

fn account(row: &Row<'_>) -> Res<ProviderAccount> {
    let c = Cols::new(row, "account");
    Ok(ProviderAccount {
        id: c.id()?,
        provider: c.get()?,
        app: c.id()?,
        name: c.text()?,
        external_id: c.get()?,
        business_id: c.get()?,
        portfolio: Portfolio(c.get()?),
        display_number: c.get()?,
        base_url: c.opt_word()?,
        token: Sealed::from_bytes(c.get()?),
        state: c.word()?,
        checked_at: c.opt_time()?,
        created_at: c.time()?,
        revision: Revision(c.number()?),
        problem: c.opt_json()?,
    })
}

pub(crate) fn one(db: &Connection, org: [u8; 16], of: AccountId) -> Res<Option<ProviderAccount>> {
    db.one(sql::ACCOUNT, params![org, id(of)], account)
}

pub(crate) fn all(db: &Connection, org: [u8; 16]) -> Res<Vec<ProviderAccount>> {
    db.all(sql::ACCOUNTS, [org], account)
}

fn definition(row: &Row<'_>) -> Res<Template> {
    Cols::new(row, "template").json()
}

pub(crate) fn templates(db: &Connection, org: [u8; 16], of: AccountId) -> Res<Vec<Template>> {
    db.all(sql::TEMPLATES, params![org, id(of)], definition)
}

pub(crate) fn template(
    db: &Connection,
    org: [u8; 16],
    of: AccountId,
    name: &str,
    language: &str,
) -> Res<Option<Template>> {
    db.one(sql::TEMPLATE, params![org, id(of), name, language], definition)
}

impl Scope<'_> {
    pub(crate) fn write_account(&mut self, write: &AccountWrite) -> Res<()> {
        match write {
            AccountWrite::Insert(account) => {
                if one(self.db, self.key, account.id)?.is_some() {
                    let record = RecordRef::Account(account.id);
                    return Err(StoreError::unmet(Expect::Revision(record, Revision::NONE)).into());
                }
                if !self.account_free(&account.provider, &account.external_id)? {
                    let taken = Expect::AccountFree(account.provider.clone(), account.external_id.clone());
                    return Err(StoreError::unmet(taken).into());
                }
                self.put_account(account)
            }
            AccountWrite::Change { account, change } => {
                let kept = one(self.db, self.key, *account)?;
                let mut kept = kept.ok_or_else(|| missing(RecordRef::Account(*account)))?;
                change.apply(&mut kept);
                self.put_account(&kept)
            }
            AccountWrite::Templates { account, asked_at, templates } => {
                let asked = params![self.key, id(*account), time(*asked_at)];
                if self.db.run(sql::SET_TEMPLATES_ASKED, asked)? == 0 {
                    return Ok(());
                }
                self.db.run(sql::DROP_TEMPLATES, params![self.key, id(*account)])?;
                for template in templates {
                    let definition = json(template, "template")?;
                    let row = params![self.key, id(*account), template.name, template.language, definition];
                    self.db.run(sql::PUT_TEMPLATE, row)?;
                }
                Ok(())
            }
            _ => Err(Failure::Store(StoreError::Unsupported("a change to accounts"))),
        }
    }

    /// Whether the organisation has no account of a provider's number.
    pub(crate) fn account_free(&self, provider: &str, external: &str) -> Res<bool> {
        Ok(!self.db.any(sql::ACCOUNT_OF_NUMBER, params![self.key, provider, external])?)
    }

    fn put_account(&mut self, new: &ProviderAccount) -> Res<()> {
        let routed = is_routed(new.state);
        if routed && self.db.any(sql::ROUTE_TAKEN, params![self.key, new.provider, new.external_id])? {
            let taken = Expect::RouteFree(new.provider.clone(), new.external_id.clone());
            return Err(StoreError::unmet(taken).into());
        }
        let row = params![
            self.key,
            id(new.id),
            new.provider,
            id(new.app),
            new.name.reveal(),
            new.external_id,
            new.business_id,
            new.portfolio.0,
            new.display_number,
            new.base_url.as_ref().map(ToString::to_string),
            new.token.as_bytes(),
            new.state.as_str(),
            opt_time(new.checked_at),
            time(new.created_at),
            new.revision.0,
            new.problem.as_ref().map(|note| json(note, "account")).transpose()?,
        ];
        self.db.run(sql::PUT_ACCOUNT, row)?;
        self.db.run(sql::DROP_ROUTE, params![self.key, id(new.id)])?;
        if routed {
            let row = params![
                new.provider,
                new.external_id,
                self.key,
                id(new.id),
                id(new.app),
                new.business_id,
                new.portfolio.0
            ];
            self.db.run(sql::PUT_ROUTE, row)?;
        }
        Ok(())
    }
}
