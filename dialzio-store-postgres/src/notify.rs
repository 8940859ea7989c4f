//! Wake-ups. After a commit listeners in this process are woken at once; others are woken by a relay, some milliseconds
//! later and all at once, outside of every busy transaction. A wake-up is a hint: the event log is the truth, and it is
//! looked at each second, so a hint that is lost costs a second and no event.

use futures_util::FutureExt;
use std::collections::{BTreeMap, HashMap};
use std::panic::AssertUnwindSafe;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};
use std::time::Duration;
use tokio::sync::{mpsc, watch};
use tokio::task::AbortHandle;
use uuid::Uuid;

use dialzio_core::event::EventSeq;
use dialzio_core::{OrgId, TypedId};

use crate::Shared;
use crate::error::Res;
use crate::group::Wake;
use crate::session::{self, Session, Source, Wanted};

/// For how long hints are collected.
const COLLECT: Duration = Duration::from_millis(10);
/// How often the log is looked at, hints or none.
const LOOK: Duration = Duration::from_secs(1);
/// How many hints one notification holds: PostgreSQL takes 8,000 bytes.
const TOGETHER: usize = 100;

/// The listeners in this process, by organisation.
#[derive(Debug)]
pub(crate) struct Watchers {
    orgs: Mutex<HashMap<OrgId, watch::Sender<EventSeq>>>,
    pub(crate) notify_work: watch::Sender<()>,
    relay: mpsc::UnboundedSender<Wake>,
}

impl Watchers {
    fn orgs(&self) -> MutexGuard<'_, HashMap<OrgId, watch::Sender<EventSeq>>> {
        self.orgs.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A listener of an organisation from now on.
    pub(crate) fn follow(&self, org: OrgId) -> watch::Receiver<EventSeq> {
        self.orgs().entry(org).or_insert_with(|| watch::Sender::new(EventSeq(0))).subscribe()
    }

    /// Wakes the listeners in this process. The place in the log never falls.
    fn tell(&self, org: OrgId, newest: EventSeq) {
        let mut orgs = self.orgs();
        if let Some(watcher) = orgs.get(&org) {
            watcher.send_if_modified(|seen| {
                let newer = *seen < newest;
                if newer {
                    *seen = newest;
                }
                newer
            });
            if watcher.is_closed() {
                orgs.remove(&org);
            }
        }
    }

    /// Organisations that have a listener.
    fn followed(&self) -> Vec<OrgId> {
        let mut orgs = self.orgs();
        orgs.retain(|_, watcher| !watcher.is_closed());
        orgs.keys().copied().collect()
    }
}

impl Shared {
    /// Wakes listeners and workers, here and in other processes, after a commit.
    pub(crate) fn wake(&self, wake: &Wake) {
        if let Some(newest) = wake.told {
            self.watchers.tell(wake.org, newest);
        }
        if wake.work_notifications {
            self.watchers.notify_work.send_replace(());
        }
        if wake.told.is_some() || wake.work_notifications {
            // The receiver goes with the store.
            let _ = self.watchers.relay.send(*wake);
        }
    }

    /// Something was heard of another process, or of this one.
    fn hear(&self, payload: &str) {
        for word in payload.split(' ') {
            if word == WORK {
                self.watchers.notify_work.send_replace(());
            } else if let Some((org, newest)) = word.split_once(':')
                && let (Ok(org), Ok(newest)) = (Uuid::try_parse(org), newest.parse())
            {
                self.watchers.tell(OrgId::from_uuid(org), EventSeq(newest));
            }
        }
    }
}

/// Says that work was queued.
const WORK: &str = "work";

/// The channel of a schema.
fn channel(shared: &Shared) -> String {
    format!("{}_wake", shared.sql.schema().as_str())
}

/// What the relay is made of before the store is.
pub(crate) struct Relay(mpsc::UnboundedReceiver<Wake>);

pub(crate) fn watchers() -> (Watchers, Relay) {
    let (relay, wakes) = mpsc::unbounded_channel();
    (Watchers { orgs: Mutex::default(), notify_work: watch::Sender::new(()), relay }, Relay(wakes))
}

/// The tasks behind the wake-ups. They end with the store.
#[derive(Debug)]
pub(crate) struct Tasks(Vec<AbortHandle>);

impl Drop for Tasks {
    fn drop(&mut self) {
        for task in &self.0 {
            task.abort();
        }
    }
}

impl Tasks {
    /// `listens`: whether a session is ours for as long as we like. Behind a pooler, the next client of the session would be notified instead.
    pub(crate) fn start(shared: &Arc<Shared>, relay: Relay, listens: bool) -> Self {
        let weak = || Arc::downgrade(shared);
        let mut tasks = vec![
            tokio::spawn({
                let (shared, relay) = (weak(), tokio::sync::Mutex::new(relay));
                async move { lasting(|| pass_on(shared.clone(), &relay)).await }
            })
            .abort_handle(),
            tokio::spawn({
                let shared = weak();
                async move { lasting(|| look(shared.clone())).await }
            })
            .abort_handle(),
        ];
        if listens {
            let shared = weak();
            tasks.push(tokio::spawn(async move { lasting(|| listen(shared.clone())).await }).abort_handle());
        }
        Self(tasks)
    }
}

/// Runs a task until it ends by itself. After a panic it is started again, a moment later.
async fn lasting<F: Future<Output = ()>>(mut make: impl FnMut() -> F) {
    while AssertUnwindSafe(async { make().await }).catch_unwind().await.is_err() {
        tracing::error!("a background task of the store panicked and is started again");
        tokio::time::sleep(LOOK).await;
    }
}

/// Passes hints on to other processes.
async fn pass_on(shared: Weak<Shared>, relay: &tokio::sync::Mutex<Relay>) {
    let Relay(wakes) = &mut *relay.lock().await;
    while let Some(first) = wakes.recv().await {
        tokio::time::sleep(COLLECT).await;
        let (mut newest, mut work_notifications) = (BTreeMap::new(), false);
        let mut next = Some(first);
        while let Some(wake) = next {
            if let Some(seq) = wake.told {
                let kept: &mut EventSeq = newest.entry(wake.org.uuid()).or_default();
                *kept = (*kept).max(seq);
            }
            work_notifications |= wake.work_notifications;
            next = wakes.try_recv().ok();
        }
        let Some(shared) = shared.upgrade() else { return };
        let mut words: Vec<String> = newest.iter().map(|(org, seq)| format!("{org}:{}", seq.0)).collect();
        if work_notifications {
            words.push(WORK.to_owned());
        }
        for words in words.chunks(TOGETHER) {
            let text = format!("NOTIFY {}, '{}'", channel(&shared), words.join(" "));
            if session::say(&shared.pool, text).await.is_err() {
                tracing::debug!("a wake-up could not be passed on; others look by themselves");
            }
        }
    }
}

/// Hears hints of other processes, where a connection can be listened on.
async fn listen(shared: Weak<Shared>) {
    loop {
        let Some(here) = shared.upgrade() else { return };
        let (pool, name) = (here.pool.clone(), channel(&here));
        drop(here);
        let heard: Result<(), sqlx::Error> = async {
            let mut listener = sqlx::postgres::PgListener::connect_with(&pool).await?;
            listener.listen(&name).await?;
            loop {
                // `None`: the connection was lost and is there again. What was said meanwhile is looked up by `look`.
                if let Some(notice) = listener.try_recv().await? {
                    let Some(here) = shared.upgrade() else { return Ok(()) };
                    here.hear(notice.payload());
                }
            }
        }
        .await;
        if heard.is_err() {
            tracing::debug!("nothing can be listened on; the log is looked at each second");
        }
        tokio::time::sleep(LOOK).await;
    }
}

/// Reads the newest entry of each organisation that has a listener.
async fn look(shared: Weak<Shared>) {
    let mut ticks = tokio::time::interval(LOOK);
    ticks.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    loop {
        ticks.tick().await;
        let Some(shared) = shared.upgrade() else { return };
        let orgs = shared.watchers.followed();
        if !orgs.is_empty()
            && let Ok(newest) = newest(&shared, &orgs).await
        {
            for (org, seq) in newest {
                shared.watchers.tell(org, seq);
            }
        }
    }
}

async fn newest(shared: &Shared, orgs: &[OrgId]) -> Res<Vec<(OrgId, EventSeq)>> {
    let source = Source::Pool(shared.pool.clone());
    let mut session = Session::begin(&source, &shared.sql, Wanted::ReadSystem).await?;
    let found = crate::system::newest_of(&mut session.db()?, orgs).await;
    Ok(session.end(found).await?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_task_that_panics_is_started_again() {
        let mut tries = 0;
        lasting(|| {
            tries += 1;
            let this = tries;
            async move { assert_eq!(this, 3, "the third one ends by itself") }
        })
        .await;
        assert_eq!(tries, 3);
    }
}
