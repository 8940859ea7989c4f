//! Jobs of calls: placing them, asking what became of them, and reading the provider's log.

use chrono::{DateTime, TimeDelta, Utc};

use super::handlers::Handled;
use super::job::{Job, JobState};
use super::kind::JobKind;
use super::lease::Lease;
use super::worker::Worker;
use super::write::JobWrite;
use crate::account::{AccountService, AccountState, ProviderAccount};
use crate::call::reading::CallLog;
use crate::call::{
    Call, CallAgent, CallEvidence, CallFacts, CallQuery, CallSource, CallState, CallView, CallWrite,
    LegEvidence, LegResult, LegRole, NOT_REPORTED, PLACE_WITHIN, Sourced, consent, settling,
};
use crate::consent::{CallPermit, CallVerdict, decide_call};
use crate::conversation::FailureNote;
use crate::error::{Error, RecordKind};
use crate::event::DomainEvent;
use crate::id::CallId;
use crate::ledger::Action;
use crate::page::PageRequest;
use crate::provider::{CallAccepted, CallReport, OutboundCall, ProviderError, RingAgentOn};
use crate::scope::OrgScope;
use crate::store::{Batch, Cause, Precondition, RecordRef, StoreError};

/// The longest call that we place.
const MAX_CALL: std::time::Duration = std::time::Duration::from_secs(2 * 3600);
/// When a call of which nothing is heard is asked for.
const ASK_AFTER_PLACING: TimeDelta = TimeDelta::minutes(2);
/// How often a call in progress is checked.
const ASK_AGAIN: TimeDelta = TimeDelta::minutes(5);
/// How long a call can be asked for. Afterwards the last that was reported is believed.
const ASK_UNTIL: TimeDelta = TimeDelta::hours(6);
/// How often the provider's log is read.
const RECONCILE_EVERY: TimeDelta = TimeDelta::minutes(15);
/// How far a reading of the log reaches back before the one before it: records are written late.
const RECONCILE_OVERLAP: TimeDelta = TimeDelta::hours(1);
/// How much of the log one job reads, beside the overlap: a job has to end within its lease, and a gap of days is read by
/// several, each of which is done by itself.
const RECONCILE_AT_ONCE: TimeDelta = TimeDelta::hours(1);
/// How often a result is written again because the call was changed meanwhile.
const TRIES: u32 = 8;

fn note(code: impl Into<String>) -> FailureNote {
    FailureNote { code: code.into(), detail: None }
}

impl Worker<'_> {
    /// Places a call. Before the provider is asked, it is durable that it is: a call that may have been placed is never placed
    /// again.
    pub(super) async fn place_call(
        &self,
        scope: &OrgScope,
        lease: &Lease,
        job: &Job,
        id: CallId,
    ) -> Result<Handled, Error> {
        let store = self.runtime.store();
        let Some(mut call) = store.call(scope, id).await? else { return Ok(Handled::Done) };
        let now = self.runtime.now();
        if call.placed != Some(CallState::Queued) {
            return Ok(Handled::Done);
        }
        let account = store.account(scope, call.account).await?.ok_or(Error::missing(RecordKind::Account))?;
        let permit = match self.may_place(scope, &account, &call, now).await? {
            Ok(permit) => permit,
            Err((state, why)) => {
                call.placed = Some(state);
                call.failure = Some(why);
                call.derive();
                return self.call_written(scope, lease, job, &call, None).await;
            }
        };
        let agents = store.call_agents(scope, account.id).await?;
        let agent = agents.into_iter().find(|agent| agent.member.is_some() && agent.member == call.member);
        call.placed = Some(CallState::Dispatched);
        call.derive();
        let (subjects, head) = permit.head();
        let after = Job::new(self.runtime.ids().next(now), JobKind::ConfirmCall(id), now + ASK_AFTER_PLACING);
        let mut go = self.about_call(lease, job, &call);
        go.require(Precondition::ConsentHead(subjects, head))
            .write(CallWrite::Update(Box::new(call.clone())))
            .job(after.through(account.id));
        match store.commit_one(scope, go).await {
            // The ledger, the call or the job changed meanwhile: the permit is dropped unspent, and it is decided on again.
            Err(StoreError::PreconditionFailed(_)) => return Ok(Handled::Committed),
            other => other?,
        };
        let outcome = self.ring(scope, &account, &call, agent, permit).await;
        self.placed(scope, id, outcome).await?;
        Ok(Handled::Committed)
    }

    /// Whether the call may be placed now; otherwise the state it ends in, and why.
    async fn may_place(
        &self,
        scope: &OrgScope,
        account: &ProviderAccount,
        call: &Call,
        now: DateTime<Utc>,
    ) -> Result<Result<CallPermit, (CallState, FailureNote)>, Error> {
        let (Some(number), Some(purpose)) = (&call.customer, call.purpose) else {
            return Ok(Err((CallState::Failed, note("call.no_number"))));
        };
        if now > call.created_at + PLACE_WITHIN {
            return Ok(Err((CallState::Cancelled, note("call.too_late"))));
        }
        if account.state != AccountState::Routable {
            return Ok(Err((CallState::Failed, note(format!("account.{}", account.state)))));
        }
        let facts = consent(self.runtime, scope, account.id, number, call.contact).await?;
        Ok(match decide_call(&facts, purpose, now) {
            CallVerdict::Allow(permit) => Ok(permit),
            CallVerdict::Deny { refusal, .. } => Err((CallState::Refused, refusal.note())),
        })
    }

    async fn ring(
        &self,
        scope: &OrgScope,
        account: &ProviderAccount,
        call: &Call,
        agent: Option<CallAgent>,
        permit: CallPermit,
    ) -> Result<CallAccepted, Error> {
        let service = AccountService::new(self.runtime);
        let telephony = service.telephony(account)?;
        let access = service.access(scope.org(), account).await?;
        let (agent, agent_number) = agent.map_or((None, None), |agent| (Some(agent.id), agent.phone));
        let outbound = OutboundCall {
            id: call.id,
            agent,
            agent_number,
            ring_agent_on: RingAgentOn::Softphone,
            our_number: account.display_number.clone(),
            max_duration: MAX_CALL,
        };
        Ok(telephony.place_call(&access, permit, &outbound).await?)
    }

    /// Writes down what the provider said to a call that was placed. Reports of it may have been faster.
    async fn placed(
        &self,
        scope: &OrgScope,
        id: CallId,
        outcome: Result<CallAccepted, Error>,
    ) -> Result<(), Error> {
        let (state, failure, mut alias) = match outcome {
            Ok(accepted) => (CallState::Ringing, None, accepted.request),
            Err(error) => {
                tracing::warn!(code = %error.code(), call = %id, "a call was not taken");
                let detail = match &error {
                    Error::Provider(error) => error.detail().map(str::to_owned),
                    _ => None,
                };
                let state = match &error {
                    Error::Provider(ProviderError::Ambiguous { .. }) => CallState::Unknown,
                    _ => CallState::Failed,
                };
                (state, Some(FailureNote { code: error.code(), detail }), None)
            }
        };
        let store = self.runtime.store();
        for _ in 0..TRIES {
            let Some(mut call) = store.call(scope, id).await? else { return Ok(()) };
            call.placed = Some(state);
            call.failure.clone_from(&failure);
            call.derive();
            let mut batch = Batch::caused_by(&Cause::Stored, Action::CallPlaced, self.runtime.now());
            batch
                .about(id)
                .require(Precondition::Revision(RecordRef::Call(id), call.revision))
                .event(DomainEvent::CallChanged { call: id, contact: call.contact });
            if let Some(alias) = &alias {
                batch.write(CallWrite::Alias { account: call.account, alias: alias.clone(), call: id });
            }
            batch.write(CallWrite::Update(Box::new(call)));
            match store.commit_one(scope, batch).await {
                Err(StoreError::PreconditionFailed(fact))
                    if matches!(*fact, Precondition::CallAliasFree(..)) =>
                {
                    // A webhook that came first made a row under this id, or told it of this one: the two become one.
                    self.join_by_alias(scope, id, alias.take()).await?;
                }
                Err(StoreError::PreconditionFailed(_)) => {}
                other => return Ok(other.map(drop)?),
            }
        }
        Err(StoreError::Unavailable.into())
    }

    /// Joins the row of a call that we placed with the one that a faster webhook made under the provider's id.
    async fn join_by_alias(
        &self,
        scope: &OrgScope,
        id: CallId,
        alias: Option<crate::call::CallAlias>,
    ) -> Result<(), Error> {
        let store = self.runtime.store();
        let Some(call) = store.call(scope, id).await? else { return Ok(()) };
        let mut report = CallReport::new(crate::provider::CallReportKind::Live);
        report.own = Some(id);
        report.aliases.extend(alias);
        CallLog::new(self.runtime).take_in(scope, call.account, &[report], false, None).await.map(drop)
    }

    /// Asks the provider what became of a call, and settles its end.
    pub(super) async fn confirm_call(
        &self,
        scope: &OrgScope,
        lease: &Lease,
        job: &Job,
        id: CallId,
    ) -> Result<Handled, Error> {
        let store = self.runtime.store();
        let Some(call) = store.call(scope, id).await? else { return Ok(Handled::Done) };
        let now = self.runtime.now();
        let mut reports = true;
        if !call.confirmed {
            let account =
                store.account(scope, call.account).await?.ok_or(Error::missing(RecordKind::Account))?;
            let service = AccountService::new(self.runtime);
            reports = service.telephony(&account).is_ok_and(|telephony| telephony.capabilities().reports());
            let found = match service.telephony(&account) {
                Ok(telephony) if telephony.capabilities().finds_calls => {
                    let access = service.access(scope.org(), &account).await?;
                    let ids = store.call_aliases(scope, id).await?;
                    if ids.is_empty() {
                        Vec::new()
                    } else {
                        telephony.find_call(&access, &ids, call.started_at).await?
                    }
                }
                _ => Vec::new(),
            };
            if !found.is_empty() {
                CallLog::new(self.runtime).take_in(scope, call.account, &found, true, Some(id)).await?;
            }
        }
        let Some(mut call) = store.call(scope, id).await? else { return Ok(Handled::Done) };
        if !call.state.is_final() {
            if call.placed == Some(CallState::Dispatched) {
                // It is not known whether the provider ever got the request.
                call.placed = Some(CallState::Unknown);
                call.failure = Some(note("call.outcome_unknown"));
                call.derive();
            }
            // A provider that reports nothing is not waited for once it has taken the call.
            let is_taken = !reports && call.placed == Some(CallState::Ringing);
            if !is_taken && now < call.created_at + ASK_UNTIL {
                return self.call_written(scope, lease, job, &call, Some(now + ASK_AGAIN)).await;
            }
            let mut leg = LegEvidence {
                role: Some(Sourced { source: CallSource::Live, value: LegRole::Whole }),
                ..LegEvidence::default()
            };
            if reports {
                // No end was ever reported, and the provider knows of none.
                leg.ended = Some(Sourced { source: CallSource::Live, value: now });
            } else {
                let value = LegResult::Other(NOT_REPORTED.to_owned());
                leg.result = Some(Sourced { source: CallSource::Live, value });
            }
            call.evidence.join(CallEvidence {
                legs: [(CallEvidence::WHOLE.to_owned(), leg)].into(),
                ..CallEvidence::default()
            });
            call.derive();
        }
        let waiting =
            if call.state == CallState::Completed { self.waiting(scope, &call).await? } else { Vec::new() };
        let mut batch = self.about_call(lease, job, &call);
        settling::follow_up(&mut call, now, self.runtime.ids(), &mut batch);
        settling::reached(&call, &waiting, now, &mut batch);
        batch.write(CallWrite::Update(Box::new(call)));
        self.commit_handled(scope, batch).await
    }

    /// Missed calls of the person of a call: those with its number, and those without a number of its contact.
    async fn waiting(&self, scope: &OrgScope, call: &Call) -> Result<Vec<Call>, Error> {
        let store = self.runtime.store();
        let mut waiting = Vec::new();
        if let Some(key) = call.customer_key() {
            let query = crate::call::CallFactsQuery {
                account: call.account,
                aliases: Vec::new(),
                own: Vec::new(),
                customers: vec![key],
                agents: Vec::new(),
            };
            waiting = store.call_facts(scope, &query).await?.waiting;
        }
        if let Some(contact) = call.contact {
            let query = CallQuery { view: CallView::Waiting, contact: Some(contact), ..CallQuery::default() };
            let theirs = store.calls(scope, &query, PageRequest::first(CallFacts::MANY as u32)).await?.items;
            waiting.extend(theirs.into_iter().filter(|missed| missed.customer.is_none()));
        }
        Ok(waiting)
    }

    /// Reads the provider's log since the job was due, with an overlap, and queues the next reading. If the server stood still,
    /// the job was due long ago, and the gap is read part by part.
    pub(super) async fn reconcile_calls(
        &self,
        scope: &OrgScope,
        lease: &Lease,
        job: &Job,
    ) -> Result<Handled, Error> {
        let id = job.account.ok_or(Error::missing(RecordKind::Account))?;
        let now = self.runtime.now();
        let account = self.runtime.store().account(scope, id).await?;
        let until = now.min(job.not_before + RECONCILE_AT_ONCE);
        // The readings go on while the account is out of use, so that there is one chain of them for each account.
        if let Some(account) = account.filter(|account| account.state == AccountState::Routable) {
            let from = job.not_before - RECONCILE_OVERLAP;
            CallLog::new(self.runtime).read(scope, &account, from, until).await?;
        }
        let due = if until < now { until } else { now + RECONCILE_EVERY };
        let mut batch = Batch::caused_by(&Cause::Job(job.id, *lease), Action::JobSettled, now);
        let next = Job::new(self.runtime.ids().next(now), JobKind::ReconcileCalls, due);
        batch
            .about(job.id)
            .write(JobWrite::Update {
                id: job.id,
                state: JobState::Done,
                not_before: None,
                attempts: job.attempts,
            })
            .job(next.through(id));
        self.commit_handled(scope, batch).await
    }

    fn about_call(&self, lease: &Lease, job: &Job, call: &Call) -> Batch {
        let mut batch =
            Batch::caused_by(&Cause::Job(job.id, *lease), Action::CallReported, self.runtime.now());
        batch
            .about(call.id)
            .require(Precondition::Job(job.id, JobState::Pending))
            .require(Precondition::Revision(RecordRef::Call(call.id), call.revision))
            .write(JobWrite::Update {
                id: job.id,
                state: JobState::Done,
                not_before: None,
                attempts: job.attempts,
            })
            .event(DomainEvent::CallChanged { call: call.id, contact: call.contact });
        batch
    }

    /// Writes the call with the end of its job, or with the time at which the job is done again.
    async fn call_written(
        &self,
        scope: &OrgScope,
        lease: &Lease,
        job: &Job,
        call: &Call,
        again: Option<DateTime<Utc>>,
    ) -> Result<Handled, Error> {
        let mut batch = self.about_call(lease, job, call);
        if let Some(due) = again {
            let next =
                Job::new(self.runtime.ids().next(self.runtime.now()), JobKind::ConfirmCall(call.id), due);
            batch.job(next.through(call.account));
        }
        batch.write(CallWrite::Update(Box::new(call.clone())));
        self.commit_handled(scope, batch).await
    }

    async fn commit_handled(&self, scope: &OrgScope, batch: Batch) -> Result<Handled, Error> {
        match self.runtime.store().commit_one(scope, batch).await {
            // Changed meanwhile, or the lease ran out: the job is still there and is looked at again.
            Err(StoreError::PreconditionFailed(_)) => Ok(Handled::Committed),
            other => Ok(other.map(|_| Handled::Committed)?),
        }
    }
}
