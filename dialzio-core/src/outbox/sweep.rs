//! Removing what has expired. It was unreadable since the instant it expired; this only cleans up.

use chrono::TimeDelta;

use super::report::WorkReport;
use super::worker::Worker;
use crate::conversation::{
    Activity, ActivityKind, ConversationQuery, ConversationState, ConversationWrite, InboxEntry, InboxView,
    StateFilter,
};
use crate::error::Error;
use crate::event::DomainEvent;
use crate::ledger::Action;
use crate::page::PageRequest;
use crate::scope::{OrgScope, Principal};
use crate::store::periods::{DRAFT_PERIOD, NOTICE_PERIOD, SUPPORT_PERIOD};
use crate::store::{Batch, Cause, Precondition, Purge, RecordRef, StoreError, SystemWrite, Write};
use crate::time::RETENTION_CAP;
use crate::timekeeper::ClockTrust;

/// Most rows in one transaction, so that no other writer waits for long.
const CHUNK: u32 = 200;

impl Worker<'_> {
    /// Sweeps every organisation, and the system tables, by a time that is [confirmed](crate::time::ConfirmedTime): a clock
    /// that has leapt ahead deletes nothing.
    ///
    /// # Errors
    /// [`Error::Store`].
    pub async fn sweep(&self) -> Result<WorkReport, Error> {
        let mut report = WorkReport::default();
        let store = self.runtime.store();
        let now = self.runtime.now();
        let at = self.runtime.confirmed_time().await?;
        let mut after = None;
        loop {
            let orgs = store.organisations(self.runtime.system(), after, 100).await?;
            let Some(last) = orgs.last() else { break };
            after = Some(last.id);
            for org in &orgs {
                let scope = OrgScope::new(org.id);
                let kept = TimeDelta::days(i64::from(org.message_days)).min(RETENTION_CAP);
                let none = TimeDelta::zero();
                for (class, kept) in [
                    (Purge::Messages, kept),
                    (Purge::Drafts, kept.min(DRAFT_PERIOD)),
                    (Purge::Notices, kept.min(NOTICE_PERIOD)),
                    (Purge::Scheduled, kept),
                    (Purge::Support, SUPPORT_PERIOD),
                    (Purge::Usage, none),
                    (Purge::Quarantine, none),
                    (Purge::Bookkeeping, none),
                ] {
                    loop {
                        let mut batch = Batch::caused_by(&Cause::Sweep, Action::Swept, now);
                        batch.write(Write::Purge { class, at, kept, limit: CHUNK });
                        let rows_affected = store.commit_one(&scope, batch).await?.rows_affected;
                        report.swept += rows_affected;
                        if rows_affected == 0 {
                            break;
                        }
                    }
                }
            }
        }
        store.commit_system(self.runtime.system(), vec![SystemWrite::Sweep(at)], None).await?;
        Ok(report)
    }

    /// Opens conversations whose snooze has run out.
    pub(super) async fn wake_snoozed(&self) -> Result<(), Error> {
        if self.runtime.clock_state().trust == ClockTrust::Ahead {
            // The time that a member chose has not come; the clock has only leapt.
            return Ok(());
        }
        let store = self.runtime.store();
        let now = self.runtime.now();
        let mut after = None;
        loop {
            let orgs = store.organisations(self.runtime.system(), after, 100).await?;
            let Some(last) = orgs.last() else { return Ok(()) };
            after = Some(last.id);
            for org in &orgs {
                let scope = OrgScope::new(org.id);
                let query = ConversationQuery::new(InboxView::All, StateFilter::Open, now);
                // One look at the queue first: an idle organisation writes nothing.
                let page = store.inbox(&scope, &query, PageRequest::first(200)).await?;
                let due = |entry: &InboxEntry| {
                    matches!(entry.conversation.state, ConversationState::Snoozed { .. })
                };
                let woken: Vec<_> = page.items.iter().filter(|entry| due(entry)).collect();
                if woken.is_empty() {
                    continue;
                }
                let mut batch = Batch::caused_by(&Cause::Sweep, Action::ConversationChanged, now);
                batch.write(Write::WakeSnoozed { now });
                for entry in woken {
                    let conversation = entry.conversation.id;
                    let done = Activity {
                        id: self.runtime.ids().next(now),
                        conversation,
                        by: Principal::System.to_ref(),
                        what: ActivityKind::Woken,
                        at: now,
                    };
                    batch
                        .require(Precondition::Revision(
                            RecordRef::Conversation(conversation),
                            entry.conversation.revision,
                        ))
                        .write(ConversationWrite::Activity(done))
                        .event(DomainEvent::ConversationChanged { conversation });
                }
                match store.commit_one(&scope, batch).await {
                    // One of them was changed meanwhile: the others wake the next time.
                    Err(StoreError::PreconditionFailed(_)) => {}
                    other => {
                        other?;
                    }
                }
            }
        }
    }
}
