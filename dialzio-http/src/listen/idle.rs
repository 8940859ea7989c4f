//! Which connections are idle, so that the one that has been so for longest can make room.

use std::collections::HashMap;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tokio::sync::Notify;
use tokio::time::Instant;

/// A connection that has been idle for less than this is left alone: its request may be on the way.
pub(super) const YOUNG: Duration = Duration::from_millis(250);

/// One connection, and when it was last used.
#[derive(Debug)]
pub(super) struct Link {
    /// Requests under way, to the last byte of their answers.
    busy: AtomicUsize,
    idle_since: Mutex<Instant>,
    close: Notify,
}

impl Link {
    /// Whether a request is under way.
    pub(super) fn is_busy(&self) -> bool {
        self.busy.load(Ordering::Acquire) > 0
    }

    /// Ready when the connection is to make room.
    pub(super) async fn asked_to_close(&self) {
        self.close.notified().await;
    }

    /// A request begins; it ends when the value is dropped.
    pub(super) fn begin(self: &Arc<Self>) -> Busy {
        self.busy.fetch_add(1, Ordering::AcqRel);
        Busy(Arc::clone(self))
    }

    fn idle_since(&self) -> Option<Instant> {
        let since = *self.idle_since.lock().unwrap_or_else(PoisonError::into_inner);
        (!self.is_busy()).then_some(since)
    }
}

/// A request under way.
#[derive(Debug)]
pub(super) struct Busy(Arc<Link>);

impl Drop for Busy {
    fn drop(&mut self) {
        *self.0.idle_since.lock().unwrap_or_else(PoisonError::into_inner) = Instant::now();
        self.0.busy.fetch_sub(1, Ordering::AcqRel);
    }
}

/// The connections there are.
#[derive(Debug, Default)]
pub(super) struct Links {
    all: Mutex<HashMap<u64, Arc<Link>>>,
}

/// A connection's place among the others, until it is dropped.
#[derive(Debug)]
pub(super) struct Listed {
    links: Arc<Links>,
    number: u64,
    pub(super) link: Arc<Link>,
}

impl Listed {
    /// Puts a connection that stayed back on the list.
    pub(super) fn again(&self) {
        let mut all = self.links.all.lock().unwrap_or_else(PoisonError::into_inner);
        all.insert(self.number, Arc::clone(&self.link));
    }
}

impl Drop for Listed {
    fn drop(&mut self) {
        self.links.all.lock().unwrap_or_else(PoisonError::into_inner).remove(&self.number);
    }
}

impl Links {
    /// Lists a connection under a number of its own.
    pub(super) fn list(self: &Arc<Self>, number: u64) -> Listed {
        let link = Arc::new(Link {
            busy: AtomicUsize::new(0),
            idle_since: Mutex::new(Instant::now()),
            close: Notify::new(),
        });
        self.all.lock().unwrap_or_else(PoisonError::into_inner).insert(number, Arc::clone(&link));
        Listed { links: Arc::clone(self), number, link }
    }

    /// Whether any connection is idle, however briefly.
    pub(super) fn any_idle(&self) -> bool {
        let all = self.all.lock().unwrap_or_else(PoisonError::into_inner);
        all.values().any(|link| !link.is_busy())
    }

    /// Asks up to `most` connections to close, those first that have been idle for longest. How many were asked.
    pub(super) fn close_idle(&self, most: usize) -> usize {
        let mut all = self.all.lock().unwrap_or_else(PoisonError::into_inner);
        let mut idle: Vec<_> =
            all.iter().filter_map(|(number, link)| Some((link.idle_since()?, *number))).collect();
        idle.retain(|(since, _)| since.elapsed() >= YOUNG);
        idle.sort_unstable();
        idle.truncate(most);
        for (_, number) in &idle {
            // Taken off the list, so that it is not asked twice.
            if let Some(link) = all.remove(number) {
                link.close.notify_one();
            }
        }
        idle.len()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn the_longest_idle_goes_first_and_the_busy_and_the_young_stay() {
        let links = Arc::new(Links::default());
        let (old, busy) = (links.list(1), links.list(2));
        let under_way = busy.link.begin();
        tokio::time::advance(YOUNG).await;
        let newer = links.list(3);
        tokio::time::advance(YOUNG).await;
        let _young = links.list(4);
        assert_eq!(links.close_idle(1), 1);
        old.link.asked_to_close().await;
        assert_eq!(links.close_idle(5), 1, "not the busy one, not the young one, and none twice");
        newer.link.asked_to_close().await;
        drop(under_way);
        assert_eq!(links.close_idle(5), 0, "it was busy until now");
        tokio::time::advance(YOUNG).await;
        assert_eq!(links.close_idle(5), 2);
        drop((old, newer));
    }
}
