//! A queue for expensive work. A few pieces run at a time, a few more may wait, and further ones are refused at once. Devices
//! that signed in before go first. Strangers take turns by address, so that hundreds at one address delay each other and nobody
//! else.

use std::collections::VecDeque;
use std::net::IpAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use tokio::sync::oneshot;
use tokio::task::JoinSet;

/// Why work was not done.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum NoTurn {
    /// Too many wait already.
    Busy,
    /// It began and did not end.
    Failed,
}

/// In which line work waits.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Line {
    /// That of devices on which the account signed in before.
    KnownDevices,
    /// That of strangers at this address.
    Strangers(Option<IpAddr>),
}

/// How much is done and may wait.
#[derive(Debug, Clone, Copy)]
pub(super) struct Room {
    pub(super) at_a_time: usize,
    pub(super) known: usize,
    pub(super) strangers: usize,
    /// Of those at one address, if it is known.
    pub(super) at_one_address: usize,
}

type Waiting = VecDeque<oneshot::Sender<Turn>>;

#[derive(Debug, Default)]
struct Lines {
    at_work: usize,
    known: Waiting,
    /// By address, the one whose turn is next at the front.
    strangers: VecDeque<(Option<IpAddr>, Waiting)>,
}

impl Lines {
    /// Takes out those who have left.
    fn tidy(&mut self) {
        self.known.retain(|waits| !waits.is_closed());
        for (_, line) in &mut self.strangers {
            line.retain(|waits| !waits.is_closed());
        }
        self.strangers.retain(|(_, line)| !line.is_empty());
    }

    fn next(&mut self) -> Option<oneshot::Sender<Turn>> {
        if let Some(known) = self.known.pop_front() {
            return Some(known);
        }
        let (address, mut line) = self.strangers.pop_front()?;
        let next = line.pop_front();
        if !line.is_empty() {
            self.strangers.push_back((address, line));
        }
        next
    }
}

/// The lines in front of the work.
#[derive(Debug)]
pub(super) struct Hashing {
    room: Room,
    lines: Mutex<Lines>,
}

/// The right to work, passed on when it is dropped. It belongs to the work, not to the caller who waits for it: a caller who
/// leaves takes work along that has not begun, and work that has begun keeps its turn to its end.
#[derive(Debug)]
struct Turn(Option<Arc<Hashing>>);

impl Drop for Turn {
    fn drop(&mut self) {
        if let Some(hashing) = self.0.take() {
            hashing.pass_on();
        }
    }
}

impl Hashing {
    pub(super) fn new(room: Room) -> Arc<Self> {
        Arc::new(Self { room, lines: Mutex::default() })
    }

    fn lines(&self) -> MutexGuard<'_, Lines> {
        self.lines.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn pass_on(self: &Arc<Self>) {
        loop {
            let next = {
                let mut lines = self.lines();
                let Some(next) = lines.next() else {
                    lines.at_work -= 1;
                    return;
                };
                next
            };
            match next.send(Turn(Some(Arc::clone(self)))) {
                Ok(()) => return,
                // Who waited has left; the turn is the next one's.
                Err(mut turn) => drop(turn.0.take()),
            }
        }
    }

    /// A turn at once, or a place in a line.
    fn enter(self: &Arc<Self>, line: Line) -> Result<Result<Turn, oneshot::Receiver<Turn>>, NoTurn> {
        let mut lines = self.lines();
        if lines.at_work < self.room.at_a_time {
            lines.at_work += 1;
            return Ok(Ok(Turn(Some(Arc::clone(self)))));
        }
        lines.tidy();
        let (place, waits) = oneshot::channel();
        match line {
            Line::KnownDevices if lines.known.len() < self.room.known => lines.known.push_back(place),
            Line::KnownDevices => return Err(NoTurn::Busy),
            Line::Strangers(address) => {
                let all: usize = lines.strangers.iter().map(|(_, line)| line.len()).sum();
                if all >= self.room.strangers {
                    return Err(NoTurn::Busy);
                }
                // Those whose address is not known are not told apart.
                let most = address.map_or(self.room.strangers, |_| self.room.at_one_address);
                match lines.strangers.iter_mut().find(|(known, _)| *known == address) {
                    Some((_, own)) if own.len() < most => own.push_back(place),
                    Some(_) => return Err(NoTurn::Busy),
                    None => lines.strangers.push_back((address, VecDeque::from([place]))),
                }
            }
        }
        Ok(Err(waits))
    }

    /// Does the work on a thread where it may block.
    ///
    /// # Errors
    /// [`NoTurn::Busy`] at once if no more may wait in the line.
    pub(super) async fn run<T: Send + 'static>(
        self: &Arc<Self>,
        line: Line,
        work: impl FnOnce() -> T + Send + 'static,
    ) -> Result<T, NoTurn> {
        let turn = match self.enter(line)? {
            Ok(turn) => turn,
            Err(waits) => waits.await.map_err(|_| NoTurn::Failed)?,
        };
        // The set calls work off that has not begun when the caller leaves.
        let mut running = JoinSet::new();
        running.spawn_blocking(move || {
            let _held = turn;
            work()
        });
        running.join_next().await.and_then(Result::ok).ok_or(NoTurn::Failed)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::mpsc;

    const ROOM: Room = Room { at_a_time: 1, known: 2, strangers: 3, at_one_address: 2 };

    fn stranger(last: u8) -> Line {
        Line::Strangers(Some(IpAddr::from([192, 0, 2, last])))
    }

    /// Work that runs until the sender signals it to end.
    async fn busy(hashing: &Arc<Hashing>) -> (mpsc::Sender<()>, tokio::task::JoinHandle<Result<(), NoTurn>>) {
        let (begun, has_begun) = mpsc::channel();
        let (finish, finishes) = mpsc::channel::<()>();
        let hashing = Arc::clone(hashing);
        let work = move || {
            begun.send(()).unwrap();
            finishes.recv().unwrap();
        };
        let running = tokio::spawn(async move { hashing.run(stranger(1), work).await });
        tokio::task::spawn_blocking(move || has_begun.recv().unwrap()).await.unwrap();
        (finish, running)
    }

    fn waiting(hashing: &Hashing) -> usize {
        let mut lines = hashing.lines();
        lines.tidy();
        lines.known.len() + lines.strangers.iter().map(|(_, line)| line.len()).sum::<usize>()
    }

    /// Starts work that records its number, and waits until it is queued.
    async fn lines_up(
        hashing: &Arc<Hashing>,
        line: Line,
        number: u8,
        done: &Arc<Mutex<Vec<u8>>>,
    ) -> tokio::task::JoinHandle<Result<(), NoTurn>> {
        let before = waiting(hashing);
        let (own, done) = (Arc::clone(hashing), Arc::clone(done));
        let waits =
            tokio::spawn(async move { own.run(line, move || done.lock().unwrap().push(number)).await });
        while waiting(hashing) == before && !waits.is_finished() {
            tokio::task::yield_now().await;
        }
        waits
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn work_keeps_its_turn_when_its_caller_has_left() {
        let hashing = Hashing::new(ROOM);
        let (finish, first) = busy(&hashing).await;
        first.abort();
        assert!(first.await.unwrap_err().is_cancelled());
        assert_eq!(hashing.lines().at_work, 1, "the work still runs");
        let done = Arc::default();
        let second = lines_up(&hashing, stranger(2), 2, &done).await;
        second.abort();
        assert!(second.await.unwrap_err().is_cancelled());
        assert_eq!(waiting(&hashing), 0, "who leaves gives the place back");
        let third = lines_up(&hashing, stranger(3), 3, &done).await;
        finish.send(()).unwrap();
        assert_eq!(third.await.unwrap(), Ok(()));
        assert_eq!(*done.lock().unwrap(), [3], "work whose caller left was not begun");
        while hashing.lines().at_work > 0 {
            tokio::task::yield_now().await;
        }
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn known_devices_come_first_and_addresses_in_turn() {
        let hashing = Hashing::new(ROOM);
        let (finish, first) = busy(&hashing).await;
        let done = Arc::default();
        let mut all = Vec::new();
        for (line, number) in [(stranger(2), 1), (stranger(2), 2), (stranger(3), 3), (Line::KnownDevices, 4)]
        {
            all.push(lines_up(&hashing, line, number, &done).await);
        }
        finish.send(()).unwrap();
        for one in all {
            assert_eq!(one.await.unwrap(), Ok(()));
        }
        assert_eq!(first.await.unwrap(), Ok(()));
        assert_eq!(*done.lock().unwrap(), [4, 1, 3, 2]);
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn one_address_fills_no_more_than_its_part_and_strangers_not_the_line_of_known_devices() {
        let hashing = Hashing::new(ROOM);
        let (finish, first) = busy(&hashing).await;
        let done = Arc::default();
        let mut all = Vec::new();
        for number in 0..2 {
            all.push(lines_up(&hashing, stranger(2), number, &done).await);
        }
        assert_eq!(hashing.run(stranger(2), || ()).await, Err(NoTurn::Busy), "a third of one address");
        all.push(lines_up(&hashing, stranger(3), 2, &done).await);
        assert_eq!(hashing.run(stranger(4), || ()).await, Err(NoTurn::Busy), "a fourth of all strangers");
        all.push(lines_up(&hashing, Line::KnownDevices, 3, &done).await);
        finish.send(()).unwrap();
        for one in all {
            assert_eq!(one.await.unwrap(), Ok(()));
        }
        assert_eq!(first.await.unwrap(), Ok(()));
    }
}
