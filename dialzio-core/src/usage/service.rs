//! Noting uses, writing them in groups, and reading them.

use std::collections::BTreeMap;
use std::net::IpAddr;

use super::summary::begins;
use super::{UsageAction, UsageAddress, UsageBrowser, UsageEvent, UsagePage, UsageSummary, UsageWrite};
use crate::error::Error;
use crate::id::OrgId;
use crate::ledger::Action;
use crate::page::{Page, PageRequest};
use crate::runtime::Runtime;
use crate::scope::{Actor, OrgScope, Permission};
use crate::store::{Batch, Cause, StoreError};

/// Whether the store may take the same write later.
fn is_away(error: &StoreError) -> bool {
    matches!(error, StoreError::Unavailable | StoreError::Full)
}

/// Most uses in one commit, so that no other writer waits for long.
const CHUNK: usize = 200;

/// Notes what members use, shows them their own, and counts without naming anybody.
#[derive(Debug, Clone, Copy)]
pub struct UsageService<'a> {
    runtime: &'a Runtime,
}

impl<'a> UsageService<'a> {
    pub(crate) const fn new(runtime: &'a Runtime) -> Self {
        Self { runtime }
    }

    /// Notes that a member used a page, in memory: it returns at once and cannot fail. The worker writes it within seconds.
    /// Nothing is noted of callers who are no members, such as API keys. If the store takes no writes for long, the oldest
    /// are [dropped](Self::dropped).
    pub fn note(
        &self,
        by: &Actor,
        page: UsagePage,
        action: UsageAction,
        browser: UsageBrowser,
        address: Option<IpAddr>,
    ) {
        let Some(member) = by.member() else { return };
        let at = crate::time::micros(self.runtime.now());
        let id = self.runtime.ids().next(at);
        let address = UsageAddress::of(address);
        self.runtime.usage().add((by.org(), UsageEvent { id, member, page, action, browser, address, at }));
    }

    /// Writes what was noted. The worker does it every few seconds and when it stops; a host that stops its server after its
    /// worker calls this once more.
    ///
    /// # Errors
    /// [`Error::Store`]. What could not be written because the store is away is kept and tried again.
    pub async fn flush(&self) -> Result<(), Error> {
        let buffer = self.runtime.usage();
        let mut of_each: BTreeMap<OrgId, Vec<UsageEvent>> = BTreeMap::new();
        for (org, event) in buffer.take() {
            of_each.entry(org).or_default().push(event);
        }
        let (mut unwritten, mut failed) = (Vec::new(), None);
        for (org, events) in of_each {
            for chunk in events.chunks(CHUNK) {
                let kept = chunk.iter().map(|event| (org, event.clone()));
                if failed.as_ref().is_some_and(is_away) {
                    unwritten.extend(kept);
                    continue;
                }
                if let Err(error) = self.write(org, chunk).await {
                    if is_away(&error) {
                        unwritten.extend(kept);
                    } else {
                        // What is refused once is refused always.
                        buffer.count_dropped(chunk.len() as u64);
                    }
                    failed = Some(error);
                }
            }
        }
        buffer.put_back(unwritten);
        let dropped = buffer.dropped_since_last();
        if dropped > 0 {
            tracing::warn!(dropped, "uses of pages are lost: the store took no writes for too long");
        }
        failed.map_or(Ok(()), |error| Err(error.into()))
    }

    async fn write(&self, org: OrgId, events: &[UsageEvent]) -> Result<(), StoreError> {
        let mut batch = Batch::caused_by(&Cause::Noted, Action::UsageNoted, self.runtime.now());
        for event in events {
            batch.write(UsageWrite::Insert(event.clone()));
        }
        self.runtime.store().commit_one(&OrgScope::new(org), batch).await.map(drop)
    }

    /// How many uses this process has lost since it began, because the store took no writes for too long.
    #[must_use]
    pub fn dropped(&self) -> u64 {
        self.runtime.usage().dropped()
    }

    /// The caller's own uses, newest first, what was noted in this process until now among them. Nobody can read those of
    /// another member. A caller who is no member has none.
    ///
    /// # Errors
    /// [`Error::Store`].
    pub async fn own(&self, by: &Actor, page: PageRequest) -> Result<Page<UsageEvent>, Error> {
        let Some(member) = by.member() else {
            // No page was ever given out that another one could follow.
            return match page.after {
                Some(_) => Err(StoreError::Cursor.into()),
                None => Ok(Page { items: Vec::new(), next: None }),
            };
        };
        self.flush().await?;
        Ok(self.runtime.store().usage_of(&OrgScope::new(by.org()), member, page).await?)
    }

    /// How the organisation used the product on the last 90 days: numbers of members, none of fewer than five, and no rows.
    ///
    /// # Errors
    /// [`Error::Denied`] without [`Permission::SettingsManage`].
    pub async fn summary(&self, by: &Actor) -> Result<UsageSummary, Error> {
        let scope = by.scope_for(Permission::SettingsManage)?;
        let today = self.runtime.now().date_naive();
        let tally = self.runtime.store().usage_tally(scope, begins(today)).await?;
        Ok(tally.summary(today))
    }
}
