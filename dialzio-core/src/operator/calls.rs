//! Reading providers' logs of calls from a given time on, for an operator who knows that webhooks were lost.

use chrono::{DateTime, TimeDelta, Utc};

use super::{Operator, OperatorAction};
use crate::account::{AccountService, AccountState, ProviderAccount};
use crate::call::reading::CallLog;
use crate::call::{CallLogReading, CallsFound};
use crate::error::{Error, RecordKind};
use crate::id::{AccountId, OrgId, TypedId};
use crate::ledger::Action;
use crate::scope::OrgScope;

/// How much of a log one part has: few enough calls to be read within seconds.
const PART: TimeDelta = TimeDelta::hours(1);
/// How far back a log is read. No provider that is known keeps more.
const FURTHEST: TimeDelta = TimeDelta::days(366);

impl Operator<'_> {
    /// Puts on record that the logs of calls are read from a time on until now, and answers what is to be read: the log of one
    /// account, or those of all accounts in use whose providers list calls. [`read_calls`](Self::read_calls) reads them, part
    /// by part. The worker's own readings go on beside it.
    ///
    /// # Errors
    /// [`Error::Invalid`] for a time that is not in the past year, and for an account that is not in use or whose provider
    /// lists no calls; [`Error::NotFound`]; [`Error::Store`].
    pub async fn begin_reading_calls(
        &self,
        since: DateTime<Utc>,
        only: Option<AccountId>,
    ) -> Result<Vec<CallLogReading>, Error> {
        let now = self.runtime.now();
        if since >= now || since < now - FURTHEST {
            return Err(Error::invalid("since", "must lie before now, and not more than a year"));
        }
        let mut readings = Vec::new();
        for (org, account) in self.accounts_read(only).await? {
            let told = Some((org, Action::OperatorEntered));
            let entry = self.record(OperatorAction::CallsRead, Some(account), None, told).await?;
            readings.push(CallLogReading { entry, org, account, from: since, until: now });
        }
        Ok(readings)
    }

    /// Reads the next hour of a log, and answers what it had and what is left to be read. The same may be read any number of
    /// times: nothing is doubled.
    ///
    /// # Errors
    /// [`Error::Invalid`] for a reading that is not on record; [`Error::NotFound`] if the account is gone; [`Error::Provider`];
    /// [`Error::Store`].
    pub async fn read_calls(
        &self,
        reading: &CallLogReading,
    ) -> Result<(CallsFound, Option<CallLogReading>), Error> {
        let store = self.runtime.store();
        let after = reading.entry.saturating_add(1);
        let entries = store.operator_log(self.runtime.system(), after, 1).await?;
        let is_its_own = entries.first().is_some_and(|entry| {
            (entry.seq, entry.action) == (reading.entry, OperatorAction::CallsRead)
                && (entry.org, entry.subject) == (Some(reading.org), Some(reading.account.uuid()))
        });
        if !is_its_own {
            return Err(Error::invalid("entry", "is not where this reading is on record"));
        }
        let scope = OrgScope::new(reading.org);
        let account = store.account(&scope, reading.account).await?;
        let account = account.ok_or(Error::missing(RecordKind::Account))?;
        let until = reading.until.min(reading.from + PART);
        let found = CallLog::new(self.runtime).read(&scope, &account, reading.from, until).await?;
        let rest = (until < reading.until).then_some(CallLogReading { from: until, ..*reading });
        Ok((found, rest))
    }

    /// The accounts whose logs are read: one, or all.
    async fn accounts_read(&self, only: Option<AccountId>) -> Result<Vec<(OrgId, AccountId)>, Error> {
        let store = self.runtime.store();
        let (mut accounts, mut after) = (Vec::new(), None);
        loop {
            let orgs = store.organisations(self.runtime.system(), after, 100).await?;
            for org in &orgs {
                let all = store.accounts(&OrgScope::new(org.id)).await?;
                for account in all.iter().filter(|account| only.is_none_or(|id| id == account.id)) {
                    if self.is_read(account) {
                        accounts.push((org.id, account.id));
                    } else if only.is_some() {
                        return Err(Error::invalid(
                            "account",
                            "is not in use, or its provider lists no calls",
                        ));
                    }
                }
            }
            after = orgs.last().map(|org| org.id);
            if after.is_none() {
                break;
            }
        }
        if only.is_some() && accounts.is_empty() {
            return Err(Error::missing(RecordKind::Account));
        }
        Ok(accounts)
    }

    /// Whether an account is in use, and its provider lists calls.
    fn is_read(&self, account: &ProviderAccount) -> bool {
        let telephony = AccountService::new(self.runtime).telephony(account);
        account.state == AccountState::Routable
            && telephony.is_ok_and(|telephony| telephony.capabilities().lists_calls)
    }
}
