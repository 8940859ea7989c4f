//! What a provider knows of calls, taken in when it was asked: by its log, or about one call.

use std::collections::BTreeSet;

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use super::deciding::{self, Calls};
use super::store::CallWrite;
use crate::account::{AccountService, ProviderAccount};
use crate::error::Error;
use crate::id::{AccountId, CallId, OrgId};
use crate::ledger::Action;
use crate::provider::{CallReport, TelephonyProvider};
use crate::runtime::Runtime;
use crate::scope::OrgScope;
use crate::store::{Batch, Cause, StoreError, Write};

/// The most pages of the log that are read of one period.
const MOST_PAGES: u32 = 200;
/// How many reports are taken in by one commit.
const AT_ONCE: usize = 50;
/// How often reports are decided on again because a call was changed meanwhile.
const TRIES: u32 = 8;

/// A reading of a provider's log of calls that an operator asked for, which is done part by part.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct CallLogReading {
    /// The place in the operator log where it is on record.
    pub entry: u64,
    /// Whose log.
    pub org: OrgId,
    /// Of which account.
    pub account: AccountId,
    /// What is read next begins here.
    pub from: DateTime<Utc>,
    /// The reading ends here.
    pub until: DateTime<Utc>,
}

/// What a reading of a provider's log found.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct CallsFound {
    /// Reports that the log had. A call may have several.
    pub reports: usize,
    /// Calls that were not known.
    pub new: usize,
    /// Calls that were known, and of which the log said more, or confirmed the end.
    pub filled: usize,
}

impl CallsFound {
    /// Adds what another part of the log had.
    pub const fn add(&mut self, other: Self) {
        self.reports += other.reports;
        self.new += other.new;
        self.filled += other.filled;
    }
}

/// Asks providers about calls. Nothing is doubled, however often the same is read.
pub(crate) struct CallLog<'a> {
    runtime: &'a Runtime,
}

impl<'a> CallLog<'a> {
    pub(crate) const fn new(runtime: &'a Runtime) -> Self {
        Self { runtime }
    }

    /// Takes in what the provider's log has of a period. A provider that lists no calls has no log.
    pub(crate) async fn read(
        &self,
        scope: &OrgScope,
        account: &ProviderAccount,
        from: DateTime<Utc>,
        until: DateTime<Utc>,
    ) -> Result<CallsFound, Error> {
        let service = AccountService::new(self.runtime);
        let telephony: &dyn TelephonyProvider = service.telephony(account)?;
        let mut found = CallsFound::default();
        if !telephony.capabilities().lists_calls {
            return Ok(found);
        }
        let access = service.access(scope.org(), account).await?;
        let mut after = None;
        for _ in 0..MOST_PAGES {
            let page = telephony.list_calls(&access, from, until, after).await?;
            for reports in page.calls.chunks(AT_ONCE) {
                found.add(self.take_in(scope, account.id, reports, true, None).await?);
            }
            after = page.next;
            if after.is_none() {
                return Ok(found);
            }
        }
        tracing::warn!(account = %account.id, "the provider's log of two hours has more pages than are read");
        Ok(found)
    }

    /// Takes in reports; `asked` says that the provider gave them when it was asked. `about` names the call that all of them
    /// are about, if that is known.
    pub(crate) async fn take_in(
        &self,
        scope: &OrgScope,
        account: AccountId,
        reports: &[CallReport],
        asked: bool,
        about: Option<CallId>,
    ) -> Result<CallsFound, Error> {
        let mut given: Vec<CallReport> = reports.to_vec();
        if let Some(id) = about {
            given.iter_mut().for_each(|report| report.own = Some(id));
        }
        for _ in 0..TRIES {
            let references: Vec<&CallReport> = given.iter().collect();
            let mut calls: Calls = deciding::known(self.runtime, scope, account, &references).await?;
            let now = self.runtime.now();
            let mut batch = Batch::caused_by(&Cause::Stored, Action::CallReported, now);
            for report in &given {
                // What names no call cannot be found again: it is of no use, and harms nothing.
                let _ = calls.decide(report, asked, None, account, self.runtime.ids(), &mut batch);
            }
            let found = found(&given, &batch);
            if batch.parts().writes.is_empty() {
                return Ok(found);
            }
            match self.runtime.store().commit_one(scope, batch).await {
                Err(StoreError::PreconditionFailed(_)) => {}
                other => return Ok(other.map(|_| found)?),
            }
        }
        Err(StoreError::Unavailable.into())
    }
}

/// What a batch changes, counted by calls.
fn found(reports: &[CallReport], batch: &Batch) -> CallsFound {
    let (mut new, mut known) = (BTreeSet::new(), BTreeSet::new());
    for write in &batch.parts().writes {
        match write {
            Write::Call(CallWrite::Insert(call)) => drop(new.insert(call.id)),
            Write::Call(CallWrite::Update(call)) => drop(known.insert(call.id)),
            _ => {}
        }
    }
    CallsFound { reports: reports.len(), new: new.len(), filled: known.difference(&new).count() }
}
