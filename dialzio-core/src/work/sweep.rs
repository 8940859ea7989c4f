//! Removing what has expired. It was unreadable since the instant it expired; this only cleans up.

use chrono::TimeDelta;

use super::{WorkReport, Worker};
use crate::error::Error;
use crate::ledger::Action;
use crate::scope::{Audience, OrgScope};
use crate::store::{Batch, Cause, Purge, SystemWrite, Write};
use crate::time::RETENTION_CAP;

/// Most rows in one transaction, so that nobody waits for long.
const CHUNK: u32 = 200;

impl Worker<'_> {
    /// Sweeps every organisation, and the system tables.
    ///
    /// # Errors
    /// [`Error::Store`].
    pub async fn sweep(&self) -> Result<WorkReport, Error> {
        let mut report = WorkReport::default();
        let store = self.crm.store();
        let now = self.crm.now();
        let mut after = None;
        loop {
            let orgs = store.organisations(self.crm.system(), after, 100).await?;
            let Some(last) = orgs.last() else { break };
            after = Some(last.id);
            for org in &orgs {
                let scope = OrgScope::new(org.id, Audience::All);
                let kept = TimeDelta::days(i64::from(org.message_days)).min(RETENTION_CAP);
                for (class, before) in
                    [(Purge::Messages, now - kept), (Purge::Quarantine, now), (Purge::Bookkeeping, now)]
                {
                    loop {
                        let mut batch = Batch::caused_by(&Cause::Sweep, Action::Swept, now);
                        batch.write(Write::Purge { class, before, limit: CHUNK });
                        let touched = store.commit_one(&scope, batch).await?.touched;
                        report.swept += touched;
                        if touched == 0 {
                            break;
                        }
                    }
                }
            }
        }
        store.enact(self.crm.system(), vec![SystemWrite::Sweep(now)], None).await?;
        Ok(report)
    }

    /// Opens conversations whose snooze has run out.
    pub(super) async fn wake_snoozed(&self) -> Result<(), Error> {
        let store = self.crm.store();
        let now = self.crm.now();
        let mut after = None;
        loop {
            let orgs = store.organisations(self.crm.system(), after, 100).await?;
            let Some(last) = orgs.last() else { return Ok(()) };
            after = Some(last.id);
            for org in &orgs {
                let scope = OrgScope::new(org.id, Audience::All);
                let query = crate::conversation::ConversationQuery {
                    view: crate::conversation::InboxView::All,
                    state: crate::conversation::StateFilter::Open,
                    now,
                };
                // One look at the queue first: an idle organisation writes nothing.
                let page = store.inbox(&scope, &query, crate::page::PageRequest::first(200)).await?;
                let due = |entry: &crate::conversation::InboxEntry| {
                    matches!(entry.conversation.state, crate::conversation::ConversationState::Snoozed { .. })
                };
                let woken: Vec<_> = page.items.iter().filter(|entry| due(entry)).collect();
                if woken.is_empty() {
                    continue;
                }
                let mut batch = Batch::caused_by(&Cause::Sweep, Action::ConversationChanged, now);
                batch.write(Write::WakeSnoozed { now });
                for entry in woken {
                    batch.event(crate::event::DomainEvent::ConversationChanged {
                        conversation: entry.conversation.id,
                    });
                }
                store.commit_one(&scope, batch).await?;
            }
        }
    }
}
