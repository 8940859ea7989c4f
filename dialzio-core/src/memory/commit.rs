//! One batch: what it was decided on, what it changes, what it leaves in the two logs.

use chrono::{DateTime, Utc};
use std::collections::BTreeMap;

use super::BrokenRule;
use super::state::{Rows, Used, World, alias_key};
use crate::account::AccountState;
use crate::conversation::{ConversationState, Direction};
use crate::event::{EventSeq, Recorded};
use crate::id::{IdSource, OrgId};
use crate::ledger::AuditEntry;
use crate::outbox::{JobState, JobWrite};
use crate::provider::Trust;
use crate::scope::Principal;
use crate::store::LedgerSeq;
use crate::store::periods::KEY_PERIOD;
use crate::store::{
    BatchParts, Commit, Outcome, Precondition, RecordRef, Revision, StoreError, StoreResult, Write,
};
use crate::webhook::WebhookWrite;

/// What surrounds a batch.
pub(super) struct Frame<'a> {
    pub(super) org: OrgId,
    pub(super) world: &'a World,
    pub(super) ids: &'a IdSource,
    pub(super) now: DateTime<Utc>,
    /// What the clock shows; leases follow it when it is set back.
    pub(super) clock: DateTime<Utc>,
    pub(super) broken_rule: Option<BrokenRule>,
}

/// A batch that was applied, and whom to wake.
pub(super) struct Done {
    pub(super) commit: Commit,
    pub(super) events: bool,
    pub(super) work: bool,
}

/// Applies a batch to a copy of the organisation's rows.
pub(super) fn apply(frame: &Frame<'_>, rows: &mut Rows, parts: BatchParts) -> StoreResult<Done> {
    if let Some(outcome) = used_before(frame, rows, &parts) {
        let commit = Commit { seq: EventSeq(rows.event_count), outcome, rows_affected: 0 };
        return Ok(Done { commit, events: false, work: false });
    }
    if frame.broken_rule != Some(BrokenRule::ExpectIgnored) {
        for fact in &parts.preconditions {
            if !holds(frame, rows, fact) {
                return Err(StoreError::precondition_failed(fact.clone()));
            }
        }
    }
    let at = parts.at;
    let entry = parts.entry();
    let work = parts.writes.iter().any(queues_work);
    let mut rows_affected = 0;
    for write in parts.writes {
        rows_affected += change(frame, rows, write, at)?;
    }
    if let Some(once) = parts.once {
        rows.used.insert(once.key, Used { fingerprint: once.fingerprint, answer: once.answer, at });
    }
    let events = !parts.events.is_empty();
    for event in parts.events {
        rows.event_count += 1;
        rows.events.push(Recorded { seq: EventSeq(rows.event_count), at, event });
    }
    if let Some(entry) = entry {
        log(frame.org, rows, entry);
    }
    let commit = Commit { seq: EventSeq(rows.event_count), outcome: Outcome::Applied, rows_affected };
    Ok(Done { commit, events, work })
}

/// Appends to the audit chain: the entry gets its place and its digest here.
pub(super) fn log(org: OrgId, rows: &mut Rows, entry: AuditEntry) {
    let before = rows.chain_head();
    let consented = rows.consents.last().map_or(LedgerSeq(0), |record| record.seq);
    rows.audit.push(entry.after(org, (before.seq, before.hash), consented));
}

/// An entry of the system's own, for what no batch asked for.
pub(super) fn own_entry(action: crate::ledger::Action, at: DateTime<Utc>) -> AuditEntry {
    AuditEntry::new(at, Principal::System.to_ref(), action)
}

fn used_before(frame: &Frame<'_>, rows: &Rows, parts: &BatchParts) -> Option<Outcome> {
    if frame.broken_rule == Some(BrokenRule::ReplayIgnored) {
        return None;
    }
    let once = parts.once.as_ref()?;
    let used = rows.used.get(&once.key).filter(|used| used.at + KEY_PERIOD > parts.at)?;
    Some(if used.fingerprint == once.fingerprint {
        Outcome::Replayed(used.answer)
    } else {
        Outcome::Mismatch
    })
}

/// Whether a fact is true.
fn holds(frame: &Frame<'_>, rows: &Rows, fact: &Precondition) -> bool {
    match fact {
        Precondition::Revision(record, revision) => revision_of(frame, rows, *record) == Some(*revision),
        Precondition::IdentityFree(portfolio, alias) => {
            !rows.aliases.contains_key(&alias_key(portfolio, alias))
        }
        Precondition::ConversationFree(account, identity) => rows.pair(*account, *identity).is_none(),
        Precondition::ExternalFree(account, external) => {
            !rows.references.contains_key(&(*account, external.clone()))
        }
        Precondition::ConsentHead(subjects, head) => rows.consent_head(subjects) == *head,
        Precondition::Lease(queue, fence) => {
            let held = frame.world.leases.held.get(queue);
            held.is_some_and(|held| held.fence == *fence && held.until > frame.clock)
                && (queue.org == frame.org || frame.broken_rule == Some(BrokenRule::ScopeIgnored))
        }
        Precondition::QueueIdle(queue) => !rows.waits(queue.account, queue.kind),
        Precondition::Job(id, state) => rows.jobs.get(id).is_some_and(|job| job.state == *state),
        Precondition::Delivery(id, status) => rows.messages.get(id).is_some_and(|message| {
            message.direction == Direction::Outbound && message.delivery.status == *status
        }),
        Precondition::RouteFree(provider, external) => route_free(frame, provider, external),
        Precondition::AccountFree(provider, external) => rows.account_free(provider, external),
        Precondition::CallAliasFree(account, alias) => {
            !rows.call_aliases.contains_key(&(*account, alias.clone()))
        }
        Precondition::Linked(app, account) => {
            rows.accounts.get(account).is_some_and(|kept| kept.app == *app && is_routed(kept.state))
        }
    }
}

/// The revision of a record, [`Revision::NONE`] if it is not there; `None` for kinds without one.
fn revision_of(frame: &Frame<'_>, rows: &Rows, record: RecordRef) -> Option<Revision> {
    let found = match record {
        RecordRef::Contact(id) => rows.contacts.get(&id).map(|kept| kept.revision),
        RecordRef::Conversation(id) => rows.conversations.get(&id).map(|kept| kept.revision),
        RecordRef::Account(id) => rows.accounts.get(&id).map(|kept| kept.revision),
        RecordRef::Org(id) => rows.org.as_ref().filter(|_| id == frame.org).map(|kept| kept.revision),
        RecordRef::Member(id) => rows.members.get(&id).map(|kept| kept.revision),
        RecordRef::ApiKey(id) => rows.keys.get(&id).map(|kept| kept.revision),
        RecordRef::CallFlow(id) => rows.call_flows.get(&id).map(|kept| kept.revision),
        RecordRef::IdentityProvider(id) => rows.identity_providers.get(&id).map(|kept| kept.revision),
        RecordRef::SupportRequest(id) => rows.support_requests.get(&id).map(|kept| kept.revision),
        RecordRef::Team(id) => rows.teams.get(&id).map(|kept| kept.revision),
        RecordRef::CannedReply(id) => rows.canned_replies.get(&id).map(|kept| kept.revision),
        RecordRef::SavedView(id) => rows.saved_views.get(&id).map(|kept| kept.revision),
        RecordRef::ScheduledMessage(id) => rows.scheduled.get(&id).map(|kept| kept.revision),
        RecordRef::Call(id) => rows.calls.get(&id).map(|kept| kept.revision),
        RecordRef::Disposition(id) => rows.dispositions.get(&id).map(|kept| kept.revision),
        RecordRef::Task(id) => rows.tasks.get(&id).map(|kept| kept.revision),
        RecordRef::Message(_)
        | RecordRef::Media(_)
        | RecordRef::User(_)
        | RecordRef::App(_)
        | RecordRef::Other(_) => {
            return None;
        }
    };
    Some(found.unwrap_or(Revision::NONE))
}

/// A change of a record that is not there.
pub(super) fn missing(record: RecordRef) -> StoreError {
    StoreError::precondition_failed(Precondition::Revision(record, Revision::FIRST))
}

/// Refuses a new record whose id is taken.
pub(super) fn absent<K: Ord, V>(kept: &BTreeMap<K, V>, id: &K, record: RecordRef) -> StoreResult<()> {
    if kept.contains_key(id) {
        return Err(StoreError::precondition_failed(Precondition::Revision(record, Revision::NONE)));
    }
    Ok(())
}

/// Whether an account in this state is routed to. One whose token ran out still receives.
pub(super) const fn is_routed(state: AccountState) -> bool {
    matches!(state, AccountState::Routable | AccountState::NeedsLogin | AccountState::Paused)
}

/// Whether no other organisation has the number routed to it.
pub(super) fn route_free(frame: &Frame<'_>, provider: &str, external: &str) -> bool {
    let others = frame.world.orgs.iter().filter(|(org, _)| **org != frame.org);
    let mut accounts = others.flat_map(|(_, rows)| rows.accounts.values());
    !accounts.any(|account| {
        account.provider == provider && account.routing_key == external && is_routed(account.state)
    })
}

fn queues_work(write: &Write) -> bool {
    matches!(
        write,
        Write::Job(
            JobWrite::Queue(_)
                | JobWrite::Update { state: JobState::Pending, .. }
                | JobWrite::Rest { .. }
                | JobWrite::WakeSends { .. }
        ) | Write::Webhook(WebhookWrite::Enqueue(_) | WebhookWrite::Retry { .. })
            | Write::Purge { .. }
    )
}

fn forget_trust(write: &mut WebhookWrite) {
    match write {
        WebhookWrite::Enqueue(item) => item.trust = Trust::Signed,
        WebhookWrite::Quarantine(bytes) => bytes.trust = Trust::Signed,
        WebhookWrite::Retry { .. } | WebhookWrite::Remove(_) | WebhookWrite::Release(_) => {}
    }
}

/// One change; answers how many rows a purge removed.
fn change(frame: &Frame<'_>, rows: &mut Rows, write: Write, at: DateTime<Utc>) -> StoreResult<u64> {
    match write {
        Write::Contact(write) => rows.write_contact(write, at)?,
        Write::Conversation(write) => rows.write_conversation(write, at)?,
        Write::Draft(write) => rows.write_draft(write)?,
        Write::Notice(write) => rows.write_notice(write)?,
        Write::Usage(write) => rows.write_usage(write),
        Write::Scheduled(write) => rows.write_scheduled(write)?,
        Write::Media(write) => rows.write_media(frame, write)?,
        Write::Consent(write) => rows.write_consent(write),
        Write::Account(write) => rows.write_account(frame, write)?,
        Write::Access(write) => rows.write_access(write, frame.org)?,
        Write::CallFlow(write) => rows.write_call_flow(write)?,
        Write::IdentityProvider(write) => rows.write_identity_provider(write)?,
        Write::Support(write) => rows.write_support(write)?,
        Write::Team(write) => rows.write_team(write)?,
        Write::CannedReply(write) => rows.write_canned_reply(write)?,
        Write::SavedView(write) => rows.write_saved_view(write)?,
        Write::Call(write) => rows.write_call(write)?,
        Write::Disposition(write) => rows.write_disposition(write)?,
        Write::Job(write) => rows.write_job(write),
        Write::Webhook(mut write) => {
            if frame.broken_rule == Some(BrokenRule::TrustForgotten) {
                forget_trust(&mut write);
            }
            rows.write_webhook(write, frame.org);
        }
        Write::Purge { class, at: by, kept, limit } => {
            return Ok(rows.purge(frame, class, by, kept, limit, at));
        }
        Write::Rewrap(rewrap) => rows.rewrap(&rewrap),
        Write::WakeSnoozed { now } => {
            for conversation in rows.conversations.values_mut() {
                if matches!(conversation.state, ConversationState::Snoozed { until } if until <= now) {
                    conversation.state = ConversationState::Open;
                    conversation.revision.0 += 1;
                }
            }
        }
    }
    Ok(0)
}
