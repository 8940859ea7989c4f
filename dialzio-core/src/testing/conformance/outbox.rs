//! Effects, the backlog, queues and leases.

use chrono::TimeDelta;
use futures_util::StreamExt;

use crate::account::AccountWrite;
use crate::consent::{Purpose, PurposeScope};
use crate::contact::ContactWrite;
use crate::conversation::DeliveryStatus;
use crate::id::{JobId, TypedId, WorkerId};
use crate::ledger::Action;
use crate::outbox::{Due, Fence, Job, JobKind, JobState, JobWrite, Lease, Queue, QueueKind};
use crate::page::PageRequest;
use crate::store::{Batch, Cause, Precondition, StoreError, Write};
use crate::testing::conformance::{Person, Tenant, TestBed};
use crate::webhook::{BacklogItem, WebhookWrite};

async fn lease(bed: &TestBed, queue: Queue, by: WorkerId, seconds: i64) -> Option<Lease> {
    let until = bed.now() + TimeDelta::seconds(seconds);
    bed.store.lease(&bed.system, queue, by, bed.now(), until).await.unwrap()
}

async fn under(bed: &TestBed, tenant: &Tenant, lease: Lease) -> bool {
    let batch = Batch::caused_by(&Cause::Chunk(lease), Action::JobSettled, bed.now());
    match bed.store.commit_one(&tenant.scope, batch).await {
        Ok(_) => true,
        Err(StoreError::PreconditionFailed(precondition_failed)) => {
            assert_eq!(*precondition_failed, Precondition::Lease(lease.queue, lease.fence));
            false
        }
        Err(other) => panic!("a lease is held or not: {other}"),
    }
}

/// One worker holds a queue. It may extend its lease, and what it has begun stays valid then.
pub async fn a_queue_has_one_holder(bed: TestBed) {
    let tenant = bed.tenant().await;
    let (queue, other) = (tenant.queue(QueueKind::Send), tenant.queue(QueueKind::Media));
    let (one, two) = (bed.make.id(), bed.make.id());
    let held = lease(&bed, queue, one, 60).await.expect("free");
    assert_eq!((held.queue, held.until), (queue, bed.at(60)));
    assert!(lease(&bed, queue, two, 60).await.is_none());
    assert!(lease(&bed, other, two, 60).await.is_some(), "another queue is another matter");
    bed.clock.advance(TimeDelta::seconds(30));
    let longer = lease(&bed, queue, one, 60).await.expect("its own");
    assert_eq!(longer.until, bed.at(90));
    assert!(under(&bed, &tenant, held).await && under(&bed, &tenant, longer).await);
    bed.clock.advance(TimeDelta::seconds(40));
    assert!(lease(&bed, queue, two, 60).await.is_none(), "it was extended");
    assert!(under(&bed, &tenant, longer).await);
}

/// After a lease has run out, another worker may have the queue; the fence has grown, and the stale one is refused.
pub async fn a_stale_fence_is_refused(bed: TestBed) {
    let tenant = bed.tenant().await;
    let queue = tenant.queue(QueueKind::Send);
    let (one, two) = (bed.make.id(), bed.make.id());
    assert!(!bed.holds(&tenant.scope, Precondition::Lease(queue, Fence::NONE)).await);
    let first = lease(&bed, queue, one, 60).await.expect("free");
    bed.clock.advance(TimeDelta::seconds(61));
    let second = lease(&bed, queue, two, 60).await.expect("it ran out");
    assert!(second.fence > first.fence);
    assert!(!under(&bed, &tenant, first).await && under(&bed, &tenant, second).await);
    bed.store.release(&bed.system, first).await.unwrap();
    assert!(under(&bed, &tenant, second).await, "giving back a lease that is gone changes nothing");
    bed.clock.advance(TimeDelta::seconds(61));
    let third = lease(&bed, queue, one, 60).await.expect("it ran out");
    assert!(third.fence > second.fence);
    assert!(!under(&bed, &tenant, second).await);
}

/// A lease that was given back is free at once, and no commit passes under it any more.
pub async fn a_lease_that_was_given_back_is_gone(bed: TestBed) {
    let tenant = bed.tenant().await;
    let queue = tenant.queue(QueueKind::Elements);
    let first = lease(&bed, queue, bed.make.id(), 60).await.expect("free");
    bed.store.release(&bed.system, first).await.unwrap();
    assert!(!under(&bed, &tenant, first).await);
    let second = lease(&bed, queue, bed.make.id(), 60).await.expect("given back");
    assert!(second.fence > first.fence);
    bed.store.release(&bed.system, second).await.unwrap();
    bed.store.release(&bed.system, second).await.unwrap();
}

/// A lease of one organisation says nothing in another, and shows nothing of it.
pub async fn a_lease_counts_in_its_own_organisation(bed: TestBed) {
    let (tenant, other) = (bed.tenant().await, bed.tenant().await);
    let (_, job) = {
        let person = bed.person(&tenant, "Asha").await;
        bed.queues(&tenant, &person, "hello", bed.at(0)).await
    };
    let held = lease(&bed, tenant.queue(QueueKind::Send), bed.make.id(), 60).await.expect("free");
    let due = bed.store.due(&tenant.scope, &held, bed.now(), 10).await.unwrap();
    assert_eq!(due, [Due::Job(job)]);
    assert!(!under(&bed, &other, held).await);
    assert!(bed.store.due(&other.scope, &held, bed.now(), 10).await.unwrap().is_empty());
}

fn jobs(due: Vec<Due>) -> Vec<JobId> {
    let each = |due| match due {
        Due::Job(job) => job.id,
        Due::Element(item) => panic!("an element in a queue of jobs: {item:?}"),
    };
    due.into_iter().map(each).collect()
}

/// Due work comes in order of id, not of time; only what is pending, due, and of this queue; at most as much as asked for.
pub async fn due_work_comes_in_order_of_id(bed: TestBed) {
    let tenant = bed.tenant().await;
    let account = Some(tenant.account.id);
    let make = |work, due: i64| {
        let mut job: Job = bed.make.job(account, work, bed.at(0));
        job.not_before = bed.at(due);
        job
    };
    let sends: Vec<Job> =
        [30, 10, 20, 9_000].map(|due| make(JobKind::Send(bed.make.id()), due)).into_iter().collect();
    let fetch = make(JobKind::FetchMedia(bed.make.id()), 0);
    let mut done = make(JobKind::Send(bed.make.id()), 0);
    done.state = JobState::Done;
    let mut of_none = make(JobKind::DeleteBlob(bed.make.id()), 0);
    of_none.account = None;
    let mut batch = bed.batch();
    for job in sends.iter().rev().chain([&fetch, &done, &of_none]) {
        batch.job(job.clone());
    }
    bed.store.commit_one(&tenant.scope, batch).await.unwrap();
    let held = lease(&bed, tenant.queue(QueueKind::Send), bed.make.id(), 600).await.expect("free");
    let due = async |second: i64, limit: u32| {
        jobs(bed.store.due(&tenant.scope, &held, bed.at(second), limit).await.unwrap())
    };
    assert_eq!(due(60, 100).await, [sends[0].id, sends[1].id, sends[2].id]);
    assert_eq!(due(60, 2).await, [sends[0].id, sends[1].id]);
    assert_eq!(due(20, 100).await, [sends[1].id, sends[2].id]);
    assert!(due(5, 100).await.is_empty());
    let queue = Queue { org: tenant.org.id, account: None, kind: QueueKind::Blob };
    let held = lease(&bed, queue, bed.make.id(), 600).await.expect("free");
    let due = bed.store.due(&tenant.scope, &held, bed.at(60), 10).await.unwrap();
    assert_eq!(due, [Due::Job(of_none)], "it comes back whole");
}

/// A job moves from state to state; a pending one may wait again, with its attempts counted.
pub async fn an_job_is_settled_or_waits_again(bed: TestBed) {
    let tenant = bed.tenant().await;
    let person = bed.person(&tenant, "Asha").await;
    let (message, job) = bed.queues(&tenant, &person, "hello", bed.at(0)).await;
    let is = async |of, status| bed.holds(&tenant.scope, Precondition::Delivery(of, status)).await;
    assert!(is(message.id, DeliveryStatus::Queued).await && !is(message.id, DeliveryStatus::Sent).await);
    assert!(!is(bed.make.id(), DeliveryStatus::Queued).await, "of no message");
    let heard = bed.hears(&tenant, &person, "hello", bed.at(0)).await;
    assert!(!is(heard.id, heard.delivery.status).await, "theirs has no status of ours");
    let id = job.id;
    let update = |state, not_before, attempts| JobWrite::Update { id, state, not_before, attempts };
    let held = lease(&bed, tenant.queue(QueueKind::Send), bed.make.id(), 600).await.expect("free");
    let due = async |second| bed.store.due(&tenant.scope, &held, bed.at(second), 10).await.unwrap();
    bed.write(&tenant.scope, update(JobState::Dispatched, None, 1)).await;
    assert!(due(60).await.is_empty());
    assert!(bed.holds(&tenant.scope, Precondition::Job(id, JobState::Dispatched)).await);
    assert!(!bed.holds(&tenant.scope, Precondition::Job(id, JobState::Pending)).await);
    assert!(!bed.holds(&tenant.scope, Precondition::Job(bed.make.id(), JobState::Pending)).await);
    bed.write(&tenant.scope, update(JobState::Pending, Some(bed.at(90)), 2)).await;
    assert!(due(60).await.is_empty());
    let again = Job { not_before: bed.at(90), attempts: 2, ..job };
    assert_eq!(due(90).await, [Due::Job(again)]);
    for state in [JobState::Suppressed, JobState::Expired, JobState::Dead, JobState::Done] {
        bed.write(&tenant.scope, update(state, None, 2)).await;
        assert!(bed.holds(&tenant.scope, Precondition::Job(id, state)).await);
        assert!(due(9_000).await.is_empty());
    }
}

/// A send is cancelled while it is pending and not later; evidence settles it once it was dispatched and not before.
pub async fn cancelling_and_resolving_look_at_the_state(bed: TestBed) {
    let tenant = bed.tenant().await;
    let person = bed.person(&tenant, "Asha").await;
    let state = async |job: &Job, state| bed.holds(&tenant.scope, Precondition::Job(job.id, state)).await;
    let dispatch = |job: &Job| {
        let state = JobState::Dispatched;
        JobWrite::Update { id: job.id, state, not_before: None, attempts: 1 }
    };
    let (message, job) = bed.queues(&tenant, &person, "one", bed.at(0)).await;
    bed.write(&tenant.scope, JobWrite::Resolve(message.id)).await;
    assert!(state(&job, JobState::Pending).await, "not dispatched yet");
    bed.write(&tenant.scope, JobWrite::CancelSend(message.id)).await;
    assert!(state(&job, JobState::Cancelled).await);
    bed.write(&tenant.scope, JobWrite::Resolve(message.id)).await;
    assert!(state(&job, JobState::Cancelled).await);
    let (message, job) = bed.queues(&tenant, &person, "two", bed.at(0)).await;
    bed.write(&tenant.scope, dispatch(&job)).await;
    bed.write(&tenant.scope, JobWrite::CancelSend(message.id)).await;
    assert!(state(&job, JobState::Dispatched).await, "too late");
    bed.write(&tenant.scope, JobWrite::Resolve(message.id)).await;
    assert!(state(&job, JobState::Done).await);
}

/// An opt-out takes back what waits and promotes or notifies; answers, codes, what has left and other people's stay.
pub async fn waiting_promotion_is_taken_back_and_nothing_else(bed: TestBed) {
    let tenant = bed.tenant().await;
    let (person, other) = (bed.person(&tenant, "Asha").await, bed.person(&tenant, "Ravi").await);
    let queue = async |whose: &Person, purpose: Purpose, second: i64| {
        let mut message = bed.make.outbound(&whose.conversation, "news", bed.at(second));
        message.purpose = Some(purpose);
        let job = bed.queue(&tenant, &message).await;
        (message, job)
    };
    let waiting = [queue(&person, Purpose::Marketing, 1).await, queue(&person, Purpose::Utility, 2).await];
    let kept = [
        queue(&person, Purpose::Service, 3).await,
        queue(&person, Purpose::Authentication, 4).await,
        queue(&other, Purpose::Marketing, 5).await,
    ];
    let (left, gone) = queue(&person, Purpose::Marketing, 6).await;
    let state = JobState::Dispatched;
    bed.write(&tenant.scope, JobWrite::Update { id: gone.id, state, not_before: None, attempts: 1 }).await;
    let identity = person.identity.id;
    bed.write(
        &tenant.scope,
        JobWrite::CancelPromotions { identity, scope: PurposeScope::Any, at: bed.at(9) },
    )
    .await;
    let status = async |id| bed.store.message(&tenant.scope, id).await.unwrap().unwrap().delivery.status;
    for (message, job) in waiting {
        assert!(bed.holds(&tenant.scope, Precondition::Job(job.id, JobState::Cancelled)).await);
        assert_eq!(status(message.id).await, DeliveryStatus::Cancelled);
    }
    for (message, job) in kept {
        assert!(bed.holds(&tenant.scope, Precondition::Job(job.id, JobState::Pending)).await);
        assert_eq!(status(message.id).await, DeliveryStatus::Queued);
    }
    assert!(bed.holds(&tenant.scope, Precondition::Job(gone.id, JobState::Dispatched)).await);
    assert_eq!(status(left.id).await, DeliveryStatus::Queued);
}

/// Once an account is mended its sends that rest are due at once, and the worker is woken. What waits for anything else
/// stays where it is: for a window, for its next attempt, on another account, past pending.
pub async fn what_rests_for_its_account_is_woken_and_nothing_else(bed: TestBed) {
    let tenant = bed.tenant().await;
    let second = bed.make.account(tenant.app.id);
    bed.write(&tenant.scope, AccountWrite::Insert(Box::new(second.clone()))).await;
    let account = tenant.account.id;
    let queue = async |account| {
        let job: Job = bed.make.job(Some(account), JobKind::Send(bed.make.id()), bed.at(0));
        bed.write(&tenant.scope, JobWrite::Queue(job.clone())).await;
        job
    };
    let rest = |job: &Job| JobWrite::Rest { id: job.id, until: bed.at(300), attempts: 2 };
    let update = |job: &Job, state, at: Option<i64>| JobWrite::Update {
        id: job.id,
        state,
        not_before: at.map(|second| bed.at(second)),
        attempts: 2,
    };
    let (resting, deferred, elsewhere) = (queue(account).await, queue(account).await, queue(second.id).await);
    let (taken_up, cancelled) = (queue(account).await, queue(account).await);
    for job in [&resting, &deferred, &elsewhere, &taken_up, &cancelled] {
        bed.write(&tenant.scope, rest(job)).await;
    }
    // What rested and was decided on again does not rest any more.
    bed.write(&tenant.scope, update(&deferred, JobState::Pending, Some(400))).await;
    bed.write(&tenant.scope, update(&taken_up, JobState::Dispatched, None)).await;
    let JobKind::Send(message) = cancelled.kind else { panic!("it is a send") };
    bed.write(&tenant.scope, JobWrite::CancelSend(message)).await;
    let queues = async |second| bed.store.queues_due(&bed.system, bed.at(second), 10).await.unwrap();
    assert!(queues(299).await.is_empty(), "it rests");
    assert_eq!(queues(300).await.len(), 2, "and not for ever");

    let mut work_notifications = bed.store.work_notifications();
    bed.write(&tenant.scope, JobWrite::WakeSends { account, at: bed.at(20) }).await;
    let woken = tokio::time::timeout(std::time::Duration::from_secs(10), work_notifications.next()).await;
    assert!(woken.is_ok(), "the worker is woken");
    assert!(queues(19).await.is_empty());
    assert_eq!(queues(20).await, [tenant.queue(QueueKind::Send)], "that account's");
    let held = lease(&bed, tenant.queue(QueueKind::Send), bed.make.id(), 600).await.expect("free");
    let due = async |second| bed.store.due(&tenant.scope, &held, bed.at(second), 10).await.unwrap();
    let again = Job { not_before: bed.at(20), attempts: 2, ..resting.clone() };
    assert_eq!(due(20).await, [Due::Job(again.clone())]);
    assert_eq!(jobs(due(400).await), [resting.id, deferred.id]);
    for (job, state) in [(&taken_up, JobState::Dispatched), (&cancelled, JobState::Cancelled)] {
        assert!(bed.holds(&tenant.scope, Precondition::Job(job.id, state)).await);
    }
    // It does not rest any more, and what is due sooner is not put off.
    bed.write(&tenant.scope, JobWrite::WakeSends { account, at: bed.at(10) }).await;
    assert_eq!(due(20).await, [Due::Job(again)]);
    bed.write(&tenant.scope, rest(&resting)).await;
    bed.write(&tenant.scope, JobWrite::WakeSends { account, at: bed.at(900) }).await;
    assert_eq!(jobs(due(300).await), [resting.id], "a rest is not made longer");
}

/// Queues with due work, those that have waited longest first, without those that are leased; and when the next is due.
pub async fn queues_that_waited_longest_come_first(bed: TestBed) {
    let (tenant, other) = (bed.tenant().await, bed.tenant().await);
    assert_eq!(bed.store.next_due(&bed.system).await.unwrap(), None);
    let queue = async |tenant: &Tenant, work: JobKind, second: i64| {
        let job = bed.make.job(Some(tenant.account.id), work, bed.at(second));
        bed.write(&tenant.scope, JobWrite::Queue(job)).await;
    };
    queue(&tenant, JobKind::SyncTemplates, 20).await;
    queue(&tenant, JobKind::Send(bed.make.id()), 30).await;
    queue(&other, JobKind::Send(bed.make.id()), 10).await;
    queue(&other, JobKind::Send(bed.make.id()), 40).await;
    queue(&tenant, JobKind::FetchMedia(bed.make.id()), 900).await;
    let item = bed.make.item(&tenant.account, QueueKind::Statuses, bed.at(15));
    bed.write(&tenant.scope, WebhookWrite::Enqueue(item.clone())).await;
    let queues =
        async |second, limit| bed.store.queues_due(&bed.system, bed.at(second), limit).await.unwrap();
    let expected = [
        other.queue(QueueKind::Send),
        tenant.queue(QueueKind::Statuses),
        tenant.queue(QueueKind::Signal),
        tenant.queue(QueueKind::Send),
    ];
    assert_eq!(queues(60, 100).await, expected);
    assert_eq!(queues(60, 2).await, expected[..2]);
    assert_eq!(queues(12, 100).await, expected[..1]);
    assert!(queues(5, 100).await.is_empty());
    assert_eq!(bed.store.next_due(&bed.system).await.unwrap(), Some(bed.at(10)));
    bed.clock.set(bed.at(60));
    let held = lease(&bed, expected[0], bed.make.id(), 60).await.expect("free");
    assert_eq!(queues(60, 100).await, expected[1..]);
    assert_eq!(queues(121, 100).await.first(), Some(&expected[0]), "the lease has run out");
    bed.store.release(&bed.system, held).await.unwrap();
    assert_eq!(queues(60, 100).await, expected);
}

async fn elements(bed: &TestBed, tenant: &Tenant, lease: &Lease, second: i64) -> Vec<BacklogItem> {
    let due = bed.store.due(&tenant.scope, lease, bed.at(second), 10).await.unwrap();
    let each = |due| match due {
        Due::Element(item) => item,
        Due::Job(job) => panic!("a job in a queue of elements: {job:?}"),
    };
    due.into_iter().map(each).collect()
}

/// Received elements wait in order of receipt, each queue by itself; a retry waits, a settled one is gone.
pub async fn received_elements_wait_in_line(bed: TestBed) {
    let tenant = bed.tenant().await;
    let [a, b, c] = [1, 2, 3].map(|s| bed.make.item(&tenant.account, QueueKind::Elements, bed.at(s)));
    let status = bed.make.item(&tenant.account, QueueKind::Statuses, bed.at(1));
    for item in [&c, &a, &status, &b] {
        bed.write(&tenant.scope, WebhookWrite::Enqueue(item.clone())).await;
    }
    let queue = tenant.queue(QueueKind::Elements);
    let held = lease(&bed, queue, bed.make.id(), 600).await.expect("free");
    assert_eq!(elements(&bed, &tenant, &held, 60).await, [a.clone(), b.clone(), c.clone()]);
    assert_eq!(elements(&bed, &tenant, &held, 2).await, [a.clone(), b.clone()]);
    let retry = WebhookWrite::Retry { id: a.id, due_at: bed.at(90), attempts: 3 };
    bed.write(&tenant.scope, retry).await;
    assert_eq!(elements(&bed, &tenant, &held, 60).await, [b.clone(), c.clone()]);
    let a = BacklogItem { due_at: bed.at(90), attempts: 3, ..a };
    assert_eq!(elements(&bed, &tenant, &held, 90).await, [a.clone(), b.clone(), c.clone()]);
    for id in [a.id, b.id] {
        bed.write(&tenant.scope, WebhookWrite::Remove(id)).await;
    }
    assert!(!bed.holds(&tenant.scope, Precondition::QueueIdle(queue)).await);
    bed.write(&tenant.scope, WebhookWrite::Remove(c.id)).await;
    assert!(bed.holds(&tenant.scope, Precondition::QueueIdle(queue)).await);
    assert!(!bed.holds(&tenant.scope, Precondition::QueueIdle(tenant.queue(QueueKind::Statuses))).await);
    let precondition_failed = Precondition::QueueIdle(tenant.queue(QueueKind::Statuses));
    let cause = Cause::Received { queue: tenant.queue(QueueKind::Statuses) };
    let inline = Batch::caused_by(&cause, Action::MessageReceived, bed.now());
    let answer = bed.store.commit_one(&tenant.scope, inline).await;
    assert!(matches!(answer, Err(StoreError::PreconditionFailed(fact)) if *fact == precondition_failed));
}

/// After a restart, what was dispatched and has no outcome is unknown: the job, and the message with evidence of now.
/// Nothing else changes, and a second look finds nothing.
pub async fn a_dispatched_send_is_unknown_after_a_restart(bed: TestBed) {
    let (tenant, other) = (bed.tenant().await, bed.tenant().await);
    let mut sent = Vec::new();
    for tenant in [&tenant, &other] {
        let person = bed.person(tenant, "Asha").await;
        let (message, job) = bed.queues(tenant, &person, "one", bed.at(0)).await;
        let state = JobState::Dispatched;
        let update = JobWrite::Update { id: job.id, state, not_before: None, attempts: 1 };
        bed.write(&tenant.scope, update).await;
        bed.delivery(tenant, message.id, DeliveryStatus::Dispatched, bed.at(1)).await;
        let (waiting, pending) = bed.queues(tenant, &person, "two", bed.at(2)).await;
        sent.push((tenant, message, job, waiting, pending));
    }
    bed.clock.set(bed.at(900));
    assert_eq!(bed.store.recover(&bed.system, bed.now()).await.unwrap(), 2);
    for (tenant, message, job, waiting, pending) in &sent {
        assert!(bed.holds(&tenant.scope, Precondition::Job(job.id, JobState::Unknown)).await);
        let shown = bed.message(tenant, message.id).await.delivery;
        assert_eq!((shown.status, shown.at), (DeliveryStatus::Unknown, bed.at(900)));
        assert!(bed.holds(&tenant.scope, Precondition::Job(pending.id, JobState::Pending)).await);
        assert_eq!(bed.message(tenant, waiting.id).await.delivery.status, DeliveryStatus::Queued);
    }
    assert_eq!(bed.store.recover(&bed.system, bed.now()).await.unwrap(), 0);
}

/// A job that is put off leaves no audit entry: it may be each few seconds. Anything else in the same batch does, and so does
/// any other action.
pub async fn a_job_that_is_put_off_leaves_no_audit_entry(bed: TestBed) {
    let tenant = bed.tenant().await;
    let job = Job::new(bed.make.id(), JobKind::ReadMessages, bed.at(0)).through(tenant.account.id);
    bed.write(&tenant.scope, JobWrite::Queue(job.clone())).await;
    let audit = async || bed.store.audit(&tenant.scope, 0, 1_000).await.unwrap().len();
    let update = |state, seconds| -> Write {
        let not_before = Some(bed.at(seconds));
        JobWrite::Update { id: job.id, state, not_before, attempts: 0 }.into()
    };
    let commit = async |action, writes: Vec<Write>| {
        let mut batch = Batch::caused_by(&Cause::Stored, action, bed.now());
        for write in writes {
            batch.write(write);
        }
        bed.store.commit_one(&tenant.scope, batch).await.unwrap();
    };
    let before = audit().await;
    for seconds in [10, 20, 30] {
        commit(Action::JobPostponed, vec![update(JobState::Pending, seconds)]).await;
    }
    assert_eq!(audit().await, before);
    commit(Action::JobSettled, vec![update(JobState::Pending, 40)]).await;
    commit(Action::JobPostponed, vec![]).await;
    let contact: Write = ContactWrite::Insert(bed.make.contact("Ben")).into();
    commit(Action::JobPostponed, vec![update(JobState::Pending, 50), contact]).await;
    commit(Action::JobPostponed, vec![update(JobState::Done, 60)]).await;
    assert_eq!(audit().await, before + 4);
}

/// Elements that wait are listed oldest first, whatever they wait for and in whatever queue, until they are settled.
pub async fn elements_that_wait_are_listed_oldest_first(bed: TestBed) {
    let tenant = bed.tenant().await;
    let [first, second, third] = [QueueKind::Statuses, QueueKind::Elements, QueueKind::Elements]
        .map(|queue| bed.make.item(&tenant.account, queue, bed.at(60)));
    for item in [&third, &first, &second] {
        bed.write(&tenant.scope, WebhookWrite::Enqueue(item.clone())).await;
    }
    let page = async |after| {
        let request = PageRequest { after, limit: 2 };
        bed.store.waiting(&tenant.scope, request).await.unwrap()
    };
    let newest = page(None).await;
    assert_eq!(newest.items, [first.clone(), second.clone()]);
    let rest = page(newest.next).await;
    assert_eq!((rest.items, rest.next), (vec![third], None));
    bed.write(&tenant.scope, WebhookWrite::Remove(first.id)).await;
    assert_eq!(page(None).await.items[0], second);
}

/// Bytes in quarantine are listed newest first, come back whole, and go when they are released.
pub async fn quarantined_bytes_are_listed_and_released(bed: TestBed) {
    let tenant = bed.tenant().await;
    let [a, b] = [1, 2].map(|s| bed.make.quarantined(Some(tenant.org.id), tenant.app.id, bed.at(s)));
    for bytes in [&b, &a] {
        bed.write(&tenant.scope, WebhookWrite::Quarantine(bytes.clone())).await;
    }
    let list = async || bed.store.quarantined(&tenant.scope, PageRequest::first(10)).await.unwrap().items;
    assert_eq!(list().await, [b.clone(), a.clone()]);
    assert!(a.id.uuid() < b.id.uuid());
    let one = async |id| bed.store.quarantined_item(&tenant.scope, id).await.unwrap();
    assert_eq!(one(b.id).await.as_ref(), Some(&b));
    bed.write(&tenant.scope, WebhookWrite::Release(b.id)).await;
    assert_eq!(one(b.id).await, None);
    assert_eq!(list().await, [a]);
    let none = bed.store.unrouted(&bed.system, PageRequest::first(10)).await.unwrap();
    assert!(none.items.is_empty(), "it belongs to an organisation");
}

/// After thirty days the sweep takes them; not before.
pub async fn quarantined_bytes_are_swept_when_their_time_is_up(bed: TestBed) {
    let tenant = bed.tenant().await;
    let bytes = bed.make.quarantined(Some(tenant.org.id), tenant.app.id, bed.at(1));
    bed.write(&tenant.scope, WebhookWrite::Quarantine(bytes.clone())).await;
    let class = crate::store::Purge::Quarantine;
    let sweep = async |days| {
        let at = crate::testing::confirmed(bed.at(1) + TimeDelta::days(days));
        let write = crate::store::Write::Purge { class, at, kept: TimeDelta::zero(), limit: 10 };
        bed.write(&tenant.scope, write).await.rows_affected
    };
    assert_eq!(sweep(29).await, 0);
    let list = async || bed.store.quarantined(&tenant.scope, PageRequest::first(10)).await.unwrap().items;
    assert_eq!(list().await, [bytes]);
    bed.clock.advance(TimeDelta::days(31));
    assert_eq!((sweep(31).await, sweep(31).await), (1, 0));
    assert!(list().await.is_empty());
}
