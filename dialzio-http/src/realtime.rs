//! Live events: one reader for each organisation, the same bytes to every stream.

use axum::response::sse::{Event, KeepAlive, Sse};
use dialzio_core::event::{EventSeq, Recorded};
use dialzio_core::{Actor, Error, Grant, OrgId, Permission, Principal};
use futures_util::StreamExt;
use futures_util::stream::{self, Stream};
use std::convert::Infallible;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;
use tokio::sync::broadcast;

use crate::auth::SignInCheck;
use crate::event_hub::{Receiver, Sender};
use crate::state::AppState;

/// The longest a lost wake-up delays an event.
const LOOK: Duration = Duration::from_secs(1);
/// How often a stream checks that its listener is still let in: within five seconds, with the time that the check takes.
const RECHECK: Duration = Duration::from_secs(4);

/// Listens to an organisation's events, starting a reader if none runs.
fn subscribe(state: &AppState, actor: &Actor, from: EventSeq) -> Receiver {
    let (receiver, first) = state.event_hub().listen(actor.org());
    if let Some(sender) = first {
        tokio::spawn(lasting(state.clone(), actor.org(), from, sender));
    }
    receiver
}

/// Keeps a reader running while it has listeners; one that fails resumes where it was.
async fn lasting(state: AppState, org: OrgId, from: EventSeq, sender: Sender) {
    let (_stop, stopped) = tokio::sync::watch::channel(false);
    let after = AtomicU64::new(from.0);
    state.crm().tasks().supervise("events", stopped, || read(&state, org, &after, &sender)).await;
    state.event_hub().forget(org);
}

/// Reads an organisation's log as it grows, while it has listeners.
///
/// It reads under a principal of its own, not under that of a listener, whose rights may end earlier. Each listener's own
/// right to follow is checked when it begins and again while it follows.
async fn read(state: &AppState, org: OrgId, after: &AtomicU64, sender: &Sender) -> Result<(), Error> {
    if sender.receiver_count() == 0 {
        return Ok(());
    }
    let reader = reader(state, org).await?;
    let ledger = state.crm().ledger();
    let mut woken = ledger.watch(&reader)?;
    while sender.receiver_count() > 0 && !state.options().closing.is_raised() {
        match ledger.events(&reader, EventSeq(after.load(Ordering::Acquire)), 200).await {
            Ok(events) => {
                let full = events.len() == 200;
                for event in events {
                    after.store(event.seq.0, Ordering::Release);
                    // No listener is no error: the loop ends by itself.
                    let _ = sender.send(Arc::new(event));
                }
                if full {
                    continue;
                }
            }
            Err(error) => tracing::warn!(code = %error.code(), "the event log could not be read"),
        }
        let _ = tokio::time::timeout(LOOK, woken.next()).await;
    }
    Ok(())
}

async fn reader(state: &AppState, org: OrgId) -> Result<Actor, Error> {
    let grant = Grant::of(&[Permission::EventsRead]);
    state.crm().access().act_as(org, Principal::service("event reader")?, grant).await
}

/// What a stream hands on.
#[derive(Debug, Clone)]
pub enum Live {
    /// An event from the log of the organisation.
    Event(Arc<Recorded>),
    /// The listener is behind the log's horizon, or too slow: load everything anew.
    Resync,
}

struct Listener {
    state: AppState,
    actor: Actor,
    /// Reads the log, whose places follow one another, whatever the listener may be told of.
    reader: Actor,
    check: SignInCheck,
    after: EventSeq,
    backlog: std::collections::VecDeque<Arc<Recorded>>,
    live: broadcast::Receiver<Arc<Recorded>>,
    checked: tokio::time::Instant,
    resync: bool,
}

/// Events after `after`, then as they happen. Ends within seconds once the caller is not let in any more, or may not follow
/// events any more: a key that was revoked, a session that has ended, a user whom the host does not know any more. It ends too
/// when the caller sees more or less than at its beginning, so that they come back as who they are now.
///
/// What the caller does not see is not handed on.
///
/// # Errors
/// [`Error::Denied`] without the permission to follow events.
pub async fn follow(
    state: &AppState,
    actor: Actor,
    after: Option<EventSeq>,
    check: SignInCheck,
) -> Result<impl Stream<Item = Live> + Send + use<>, Error> {
    let ledger = state.crm().ledger();
    let begun = ledger.newest_event(&actor).await?;
    let after = after.unwrap_or(begun);
    let reader = reader(state, actor.org()).await?;
    let live = subscribe(state, &actor, begun);
    // Read again after listening has begun: what was handed round in between is in the log.
    let newest = ledger.newest_event(&actor).await?;
    let mut backlog = std::collections::VecDeque::new();
    let mut resync = after > newest;
    if after < newest {
        let events = ledger.events(&reader, after, 200).await?;
        let contiguous = events.first().is_some_and(|first| first.seq.0 == after.0 + 1);
        resync = !contiguous || events.len() == 200;
        if !resync {
            backlog.extend(events.into_iter().map(Arc::new));
        }
    }
    let after = if resync { newest } else { after };
    let checked = tokio::time::Instant::now();
    let listener =
        Listener { state: state.clone(), actor, reader, check, after, backlog, live, checked, resync };
    Ok(stream::unfold(listener, |mut listener| async move {
        let next = listener.next().await?;
        Some((next, listener))
    }))
}

impl Listener {
    /// Puts what follows the last event handed on at the head of the line. `false` if the log does not have all of it.
    async fn catch_up(&mut self) -> bool {
        let Ok(events) = self.state.crm().ledger().events(&self.reader, self.after, 200).await else {
            return false;
        };
        let contiguous = events.first().is_some_and(|first| first.seq.0 == self.after.0 + 1);
        if contiguous {
            self.backlog = events.into_iter().map(Arc::new).collect();
        }
        contiguous
    }

    async fn next(&mut self) -> Option<Live> {
        if std::mem::take(&mut self.resync) {
            return Some(Live::Resync);
        }
        loop {
            if let Some(event) = self.backlog.pop_front() {
                if event.seq.0 > self.after.0 + 1 {
                    // Something was handed round before this listener was there: the log has it.
                    if self.catch_up().await {
                        continue;
                    }
                    self.after = event.seq;
                    return Some(Live::Resync);
                }
                if event.seq > self.after {
                    self.after = event.seq;
                    match self.state.crm().ledger().told(&self.actor, &event).await {
                        Ok(true) => return Some(Live::Event(event)),
                        Ok(false) => {}
                        Err(_) => return Some(Live::Resync),
                    }
                }
                continue;
            }
            if self.state.options().closing.is_raised() {
                return None;
            }
            if self.checked.elapsed() >= RECHECK {
                let before = self.actor.audience().clone();
                self.actor = self.check.still(&self.state, &self.actor).await?;
                if !self.actor.may(Permission::EventsRead) || *self.actor.audience() != before {
                    return None;
                }
                self.checked = tokio::time::Instant::now();
            }
            let left = RECHECK.saturating_sub(self.checked.elapsed());
            match tokio::time::timeout(left, self.live.recv()).await {
                Err(_) => {}
                Ok(Ok(event)) => self.backlog.push_back(event),
                Ok(Err(broadcast::error::RecvError::Lagged(_))) => return Some(Live::Resync),
                Ok(Err(broadcast::error::RecvError::Closed)) => {
                    // The reader ended with its last other listener: start one again from where we are.
                    self.live = subscribe(&self.state, &self.actor, self.after);
                }
            }
        }
    }
}

/// A stream of live events as server-sent events.
pub fn respond<S>(events: S) -> Sse<impl Stream<Item = Result<Event, Infallible>>>
where
    S: Stream<Item = Event> + Send + 'static,
{
    Sse::new(events.map(Ok)).keep_alive(KeepAlive::new().interval(Duration::from_secs(15)))
}
