//! One queue for each organisation. The first caller starts a task that takes all batches that already wait, at most
//! 256, never waits for more, and writes them in one transaction, until none is left. So the organisation's head, which
//! every transaction has to lock, is changed once for all of them.
//!
//! A batch that is refused before it has changed a row costs nothing. One that fails later would need a savepoint, and
//! rows that are written together would have to be written apart; so the group is rolled back and done again, that time
//! with both.

use std::collections::{HashMap, VecDeque};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use tokio::sync::oneshot;

use dialzio_core::ledger::ChainHash;
use dialzio_core::store::{Commit, StoreError, StoreResult};
use dialzio_core::{OrgId, TypedId};

use crate::Shared;
use crate::apply::Scope;
use crate::commit::Unit;
use crate::error::{Failure, Res};
use crate::group::{Group, Wake};
use crate::session::{Session, Source, Wanted};

/// Most batches in one transaction.
const MAX_BATCH: usize = 256;
/// How often a transaction that gave way to another is done again.
const TRIES: u32 = 4;
/// How often, and after how long, a server that was lost in the middle of a commit is asked what became of it.
const RECONCILE_ATTEMPTS: u32 = 40;
const LOOK_AGAIN: Duration = Duration::from_millis(250);

/// What one caller asks for, and where the answers go.
pub(crate) struct Job {
    units: Vec<Unit>,
    answer: oneshot::Sender<Vec<StoreResult<Commit>>>,
}

/// How many transactions were made in organisations, and how many batches they held.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct GroupSizes {
    /// How many transactions were committed.
    pub groups: u64,
    /// Batches in them.
    pub batches: u64,
}

/// The batches that wait to be committed, by organisation.
#[derive(Default)]
pub(crate) struct Queues {
    /// An organisation is in here while a task works for it.
    waiting: Mutex<HashMap<OrgId, VecDeque<Job>>>,
    groups: AtomicU64,
    batches: AtomicU64,
}

impl std::fmt::Debug for Queues {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Queues({:?})", self.sizes())
    }
}

impl Queues {
    fn waiting(&self) -> MutexGuard<'_, HashMap<OrgId, VecDeque<Job>>> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn sizes(&self) -> GroupSizes {
        GroupSizes {
            groups: self.groups.load(Ordering::Relaxed),
            batches: self.batches.load(Ordering::Relaxed),
        }
    }

    /// The next group; the organisation leaves the list when there is none.
    fn next(&self, org: OrgId) -> Option<Vec<Job>> {
        let mut waiting = self.waiting();
        let line = waiting.get_mut(&org)?;
        let mut group: Vec<Job> = Vec::new();
        let mut count = 0;
        while count < MAX_BATCH
            && let Some(job) = line.pop_front()
        {
            count += job.units.len();
            group.push(job);
        }
        if group.is_empty() {
            waiting.remove(&org);
            return None;
        }
        Some(group)
    }
}

/// Removes the organisation from the list when the task ends, even by a panic, so that no caller waits for it.
struct QueueGuard {
    shared: Arc<Shared>,
    org: OrgId,
    over: bool,
}

impl QueueGuard {
    /// Ends the guard when no caller waits any more.
    fn end(mut self) {
        self.over = true;
    }
}

impl Drop for QueueGuard {
    fn drop(&mut self) {
        if !self.over {
            self.shared.queues.waiting().remove(&self.org);
        }
    }
}

impl Shared {
    /// Hands units over. They are carried out even if the callers no longer wait.
    pub(crate) async fn submit(self: &Arc<Self>, org: OrgId, units: Vec<Unit>) -> Vec<StoreResult<Commit>> {
        let count = units.len();
        let (answer, answered) = oneshot::channel();
        let job = Job { units, answer };
        let first = {
            let mut waiting = self.queues.waiting();
            let first = !waiting.contains_key(&org);
            waiting.entry(org).or_default().push_back(job);
            first
        };
        if first {
            let guard = QueueGuard { shared: Arc::clone(self), org, over: false };
            tokio::spawn(async move {
                while let Some(jobs) = guard.shared.queues.next(org) {
                    carry_out(&guard.shared, org, jobs).await;
                }
                guard.end();
            });
        }
        answered.await.unwrap_or_else(|_| vec![Err(StoreError::Unavailable); count])
    }
}

async fn carry_out(shared: &Arc<Shared>, org: OrgId, jobs: Vec<Job>) {
    let units: Vec<&Unit> = jobs.iter().flat_map(|job| &job.units).collect();
    match write(shared, org, &units).await {
        Ok(written) => {
            shared.queues.groups.fetch_add(1, Ordering::Relaxed);
            shared.queues.batches.fetch_add(units.len() as u64, Ordering::Relaxed);
            shared.wake(&written.wake);
            let mut answers = written.answers.into_iter();
            for job in jobs {
                let _ = job.answer.send(answers.by_ref().take(job.units.len()).collect());
            }
        }
        Err(error) => {
            for job in jobs {
                let answers = vec![Err(error.clone()); job.units.len()];
                let _ = job.answer.send(answers);
            }
        }
    }
}

/// A group that was written.
pub(crate) struct Written {
    pub(crate) answers: Vec<StoreResult<Commit>>,
    pub(crate) wake: Wake,
}

/// Writes a group, again if it had to give way, and finds out what became of it if the server was lost meanwhile.
async fn write(shared: &Arc<Shared>, org: OrgId, units: &[&Unit]) -> StoreResult<Written> {
    let months = units.iter().flat_map(|unit| unit.instants());
    shared.months.open(shared, months).await.map_err(Failure::into_store)?;
    let (mut careful, mut tries) = (false, 0);
    loop {
        match attempt(shared, org, units, careful).await {
            Ok(Attempt::Done(written)) => return Ok(*written),
            Ok(Attempt::Careful) => careful = true,
            Ok(Attempt::Lost { written, seq, hash }) => match find_out(shared, org, seq, hash).await? {
                true => return Ok(*written),
                // It is known that nothing of it is there, so it may be done again.
                false if tries < TRIES => tries += 1,
                false => return Err(StoreError::Unavailable),
            },
            Err(failure) if failure.gave_way() && tries < TRIES => {
                tries += 1;
                tokio::time::sleep(Duration::from_millis(5 << tries)).await;
            }
            // The connection was cut before the commit was said: nothing of it is there, or nothing but drafts.
            Err(failure) if failure.is_cut() && tries == 0 => tries += 1,
            Err(failure) => return Err(failure.into_store()),
        }
    }
}

enum Attempt {
    Done(Box<Written>),
    /// A batch failed after it had changed something.
    Careful,
    /// The server was lost in the middle of the commit: it happened, or it did not. It did if the audit entry of this
    /// place has this digest.
    Lost {
        written: Box<Written>,
        seq: u64,
        hash: ChainHash,
    },
}

async fn attempt(shared: &Arc<Shared>, org: OrgId, units: &[&Unit], careful: bool) -> Res<Attempt> {
    let source = Source::Pool(shared.pool.clone());
    let mut session = Session::begin(&source, &shared.sql, Wanted::Write(org)).await?;
    let mut scope = Scope::begin(session.db()?, shared, org, units.iter().copied()).await?;
    let began = scope.group.head.audit;
    let answers = match apply(&mut scope, units, careful).await {
        Ok(Some(answers)) => answers,
        Ok(None) => {
            drop(scope);
            session.undo().await?;
            return Ok(Attempt::Careful);
        }
        Err(failure) => {
            drop(scope);
            if !failure.is_cut() {
                session.undo().await?;
            }
            // Rows that are written together fail together: one at a time they tell which batch it was.
            return if failure.is_of_a_batch() && !careful { Ok(Attempt::Careful) } else { Err(failure) };
        }
    };
    let Scope { group, .. } = scope;
    let written = Box::new(Written { answers, wake: group.wake() });
    let (seq, hash) = (group.head.audit, group.head.hash);
    match session.commit().await {
        Ok(()) => Ok(Attempt::Done(written)),
        // A group without an entry saved drafts or changed nothing. Nothing tells whether it was written; done again it
        // leaves the same drafts.
        Err(failure) if failure.is_cut() && seq > began => Ok(Attempt::Lost { written, seq, hash }),
        Err(failure) => Err(failure),
    }
}

/// Applies units in order. `None`: it has to be done again with savepoints.
pub(crate) async fn apply(
    scope: &mut Scope<'_>,
    units: &[&Unit],
    careful: bool,
) -> Res<Option<Vec<StoreResult<Commit>>>> {
    let mut answers = Vec::with_capacity(units.len());
    for unit in units {
        if careful {
            answers.push(apply_apart(scope, unit).await?);
            continue;
        }
        let before = (scope.db.changed(), scope.group.rows_affected());
        match scope.carry_out(unit).await {
            Ok(commit) => answers.push(Ok(commit)),
            Err(Failure::Store(refusal)) if (scope.db.changed(), scope.group.rows_affected()) == before => {
                answers.push(Err(refusal));
            }
            Err(Failure::Store(_)) => return Ok(None),
            Err(failure) => return Err(failure),
        }
    }
    scope.group.flush(&mut scope.db).await?;
    Ok(Some(answers))
}

/// Applies one unit behind a savepoint, and writes all of it there.
async fn apply_apart(scope: &mut Scope<'_>, unit: &Unit) -> Res<StoreResult<Commit>> {
    let before = scope.group.clone();
    scope.db.say("SAVEPOINT batch").await?;
    let applied = match scope.carry_out(unit).await {
        Ok(commit) => scope.group.flush(&mut scope.db).await.map(|()| commit),
        Err(failure) => Err(failure),
    };
    match applied {
        Ok(commit) => {
            scope.db.say("RELEASE SAVEPOINT batch").await?;
            Ok(Ok(commit))
        }
        Err(failure) if failure.is_of_a_batch() => {
            scope.db.say("ROLLBACK TO SAVEPOINT batch; RELEASE SAVEPOINT batch").await?;
            scope.group = before;
            Ok(Err(failure.into_store()))
        }
        Err(failure) => Err(failure),
    }
}

/// Whether a group of which only the beginning of its commit is known was written. Taking the organisation's lock waits for
/// what the lost connection may still be doing; the digest of the chain tells our entry from another process's.
async fn find_out(shared: &Arc<Shared>, org: OrgId, seq: u64, hash: ChainHash) -> StoreResult<bool> {
    tracing::warn!("a connection was lost in the middle of a commit; finding out what became of it");
    let source = Source::Pool(shared.pool.clone());
    for look in 0..RECONCILE_ATTEMPTS {
        if look > 0 {
            tokio::time::sleep(LOOK_AGAIN).await;
        }
        let Ok(mut session) = Session::begin(&source, &shared.sql, Wanted::Write(org)).await else {
            continue;
        };
        let found = async {
            let mut db = session.db()?;
            Group::begin(&mut db, org).await?;
            crate::ledger::hash_at(&mut db, org.uuid(), seq).await
        };
        match found.await {
            Ok(kept) => {
                let _ = session.undo().await;
                return Ok(kept == Some(hash));
            }
            Err(_) => continue,
        }
    }
    Err(StoreError::Broken("a commit whose outcome could not be found out".to_owned()))
}
