//! Provider accounts, where their numbers are routed to, and their templates.

use chrono::{DateTime, Utc};
use uuid::Uuid;

use dialzio_core::account::{AccountState, AccountWrite, ProviderAccount};
use dialzio_core::conversation::Template;
use dialzio_core::store::rows::Columns;
use dialzio_core::store::{Precondition, RecordRef, StoreError};
use dialzio_core::{AccountId, Revision};

use crate::apply::{Scope, missing};
use crate::codec::{Cols, id, json, read, time};
use crate::error::{Failure, Res};
use crate::run::{Db, params};
use crate::statements as sql;

/// Whether an account in this state is routed to. One whose token ran out still receives.
const fn is_routed(state: AccountState) -> bool {
    matches!(state, AccountState::Routable | AccountState::NeedsLogin | AccountState::Paused)
}

pub(crate) async fn one(db: &mut Db<'_>, org: Uuid, of: AccountId) -> Res<Option<ProviderAccount>> {
    db.one(sql::ACCOUNT, params![org, id(of)], read).await
}

pub(crate) async fn all(db: &mut Db<'_>, org: Uuid) -> Res<Vec<ProviderAccount>> {
    db.all(sql::ACCOUNTS, params![org], read).await
}

pub(crate) async fn templates(db: &mut Db<'_>, org: Uuid, of: AccountId) -> Res<Vec<Template>> {
    db.all(sql::TEMPLATES, params![org, id(of)], read).await
}

pub(crate) async fn templates_asked_at(
    db: &mut Db<'_>,
    org: Uuid,
    of: AccountId,
) -> Res<Option<DateTime<Utc>>> {
    let asked = db
        .one(sql::TEMPLATES_ASKED, params![org, id(of)], |row| Cols::new(row, "account").opt_time())
        .await?;
    Ok(asked.flatten())
}

pub(crate) async fn template(
    db: &mut Db<'_>,
    org: Uuid,
    of: AccountId,
    name: &str,
    language: &str,
) -> Res<Option<Template>> {
    db.one(sql::TEMPLATE, params![org, id(of), name, language], read).await
}

impl Scope<'_> {
    pub(crate) async fn write_account(&mut self, write: &AccountWrite) -> Res<()> {
        match write {
            AccountWrite::Insert(account) => {
                if one(&mut self.db, self.key, account.id).await?.is_some() {
                    let record = RecordRef::Account(account.id);
                    return Err(StoreError::precondition_failed(Precondition::Revision(
                        record,
                        Revision::NONE,
                    ))
                    .into());
                }
                if !self.account_free(&account.provider, &account.routing_key).await? {
                    let taken =
                        Precondition::AccountFree(account.provider.clone(), account.routing_key.clone());
                    return Err(StoreError::precondition_failed(taken).into());
                }
                self.put_account(account).await
            }
            AccountWrite::Change { account, change } => {
                let kept = one(&mut self.db, self.key, *account).await?;
                let mut kept = kept.ok_or_else(|| missing(RecordRef::Account(*account)))?;
                change.apply(&mut kept);
                self.put_account(&kept).await
            }
            AccountWrite::Templates { account, asked_at, templates } => {
                let asked = params![self.key, id(*account), time(*asked_at)];
                if self.db.run(sql::SET_TEMPLATES_ASKED, asked).await? == 0 {
                    return Ok(());
                }
                self.db.run(sql::DROP_TEMPLATES, params![self.key, id(*account)]).await?;
                for template in templates {
                    let definition = json(template, "template")?;
                    let row = params![self.key, id(*account), template.name, template.language, definition];
                    self.db.run(sql::PUT_TEMPLATE, row).await?;
                }
                Ok(())
            }
            _ => Err(Failure::Store(StoreError::Unsupported("a change to accounts"))),
        }
    }

    /// Whether the organisation has no account of a provider's number.
    pub(crate) async fn account_free(&mut self, provider: &str, external: &str) -> Res<bool> {
        Ok(!self.db.any(sql::ACCOUNT_OF_NUMBER, params![self.key, provider, external]).await?)
    }

    /// Whether another organisation has the number: the only query of a batch that reads another organisation,
    /// so it runs with the rights over system tables.
    pub(crate) async fn route_taken(&mut self, provider: &str, external: &str) -> Res<bool> {
        self.db.as_system().await?;
        let taken = self.db.any(sql::ROUTE_TAKEN, params![self.key, provider, external]).await?;
        self.db.as_app().await?;
        Ok(taken)
    }

    async fn put_account(&mut self, new: &ProviderAccount) -> Res<()> {
        let routed = is_routed(new.state);
        if routed && self.route_taken(&new.provider, &new.routing_key).await? {
            let taken = Precondition::RouteFree(new.provider.clone(), new.routing_key.clone());
            return Err(StoreError::precondition_failed(taken).into());
        }
        self.db.put_one(sql::PUT_ACCOUNT, self.key, new).await?;
        self.db.run(sql::DROP_ROUTE, params![self.key, id(new.id)]).await?;
        if routed {
            let row = params![
                new.provider,
                new.routing_key,
                self.key,
                id(new.id),
                id(new.app),
                new.business_id,
                new.portfolio.0
            ];
            self.db.run(sql::PUT_ROUTE, row).await?;
        }
        Ok(())
    }
}
