//! Who has a conversation on the screen, and who writes in it. Kept in memory, for seconds: ids only, never a word of what is
//! written. Each process knows its own pages.

use dialzio_core::{ConversationId, OrgId};
use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tokio::sync::broadcast;
use tokio::time::Instant;

/// How long a page counts as looking after it said so. Pages say it again every ten seconds.
const VIEWING: Duration = Duration::from_secs(25);
/// How long a page counts as writing after the last key.
const WRITING: Duration = Duration::from_secs(7);
/// How many conversations one person can be in at the same time, in several tabs.
const MOST: usize = 20;
/// How many changes a listener may be behind.
const BUFFER: usize = 256;

/// What a page says of itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Doing {
    Viewing,
    Writing,
    /// It shows the conversation no more.
    Gone,
}

impl std::str::FromStr for Doing {
    type Err = ();

    fn from_str(word: &str) -> Result<Self, ()> {
        match word {
            "viewing" => Ok(Self::Viewing),
            "writing" => Ok(Self::Writing),
            "gone" => Ok(Self::Gone),
            _ => Err(()),
        }
    }
}

/// One person in one conversation.
#[derive(Debug, Clone, Copy)]
struct Seen {
    viewing_until: Instant,
    writing_until: Option<Instant>,
}

impl Seen {
    fn doing(&self, now: Instant) -> Option<Doing> {
        match self.writing_until {
            _ if self.viewing_until <= now => None,
            Some(until) if until > now => Some(Doing::Writing),
            _ => Some(Doing::Viewing),
        }
    }
}

/// By organisation, then by person and conversation.
type All = HashMap<OrgId, HashMap<(String, ConversationId), Seen>>;

/// A conversation that a member opened or left, or in which one began or stopped writing.
pub(crate) type Change = (OrgId, ConversationId);

/// Who is where.
#[derive(Debug)]
pub(crate) struct Presence {
    all: Mutex<All>,
    changes: broadcast::Sender<Change>,
}

impl Default for Presence {
    fn default() -> Self {
        Self { all: Mutex::default(), changes: broadcast::channel(BUFFER).0 }
    }
}

impl Presence {
    /// Changes from now on, of every organisation: the listener picks its own.
    pub(crate) fn changes(&self) -> broadcast::Receiver<Change> {
        self.changes.subscribe()
    }

    /// Notes what a person does, and tells the others when it changes, also when it is over.
    pub(crate) fn note(self: &Arc<Self>, org: OrgId, who: &str, conversation: ConversationId, doing: Doing) {
        let now = Instant::now();
        let key = (who.to_owned(), conversation);
        let mut all = self.all.lock().unwrap_or_else(PoisonError::into_inner);
        let people = all.entry(org).or_default();
        let before = people.get(&key).and_then(|seen| seen.doing(now));
        people.retain(|_, seen| seen.doing(now).is_some());
        match doing {
            Doing::Gone => {
                people.remove(&key);
            }
            _ => {
                let own = people.keys().filter(|(other, _)| other == who).count();
                if own >= MOST && !people.contains_key(&key) {
                    return;
                }
                let writing_until = (doing == Doing::Writing).then(|| now + WRITING);
                people.insert(key.clone(), Seen { viewing_until: now + VIEWING, writing_until });
            }
        }
        let after = people.get(&key).and_then(|seen| seen.doing(now));
        if people.is_empty() {
            all.remove(&org);
        }
        drop(all);
        if before != after {
            self.tell(org, conversation);
        }
        match doing {
            Doing::Viewing => self.look_again(VIEWING, org, key, doing),
            Doing::Writing => self.look_again(WRITING, org, key, doing),
            Doing::Gone => {}
        }
    }

    /// The others in a conversation by their stored principals, those who write first.
    pub(crate) fn others(&self, org: OrgId, conversation: ConversationId, own: &str) -> Vec<(String, Doing)> {
        let now = Instant::now();
        let all = self.all.lock().unwrap_or_else(PoisonError::into_inner);
        let people = all.get(&org).into_iter().flatten();
        let here = people.filter(|((who, talk), _)| *talk == conversation && who != own);
        let mut found: Vec<_> =
            here.filter_map(|((who, _), seen)| Some((who.clone(), seen.doing(now)?))).collect();
        found.sort_by(|(a, is), (b, other)| (*is != Doing::Writing, a).cmp(&(*other != Doing::Writing, b)));
        found
    }

    fn tell(&self, org: OrgId, conversation: ConversationId) {
        // Without listeners there is no one to tell.
        let _ = self.changes.send((org, conversation));
    }

    /// Tells the others once what was noted has run out, if nothing was noted since.
    fn look_again(self: &Arc<Self>, after: Duration, org: OrgId, key: (String, ConversationId), was: Doing) {
        let presence = Arc::downgrade(self);
        tokio::spawn(async move {
            tokio::time::sleep(after).await;
            let Some(presence) = presence.upgrade() else { return };
            let now = Instant::now();
            let is = {
                let all = presence.all.lock().unwrap_or_else(PoisonError::into_inner);
                let Some(seen) = all.get(&org).and_then(|people| people.get(&key)) else { return };
                seen.doing(now)
            };
            let is_over = match was {
                Doing::Writing => is != Some(Doing::Writing),
                _ => is.is_none(),
            };
            if is_over {
                presence.tell(org, key.1);
            }
        });
    }
}

#[cfg(test)]
mod tests {
    use super::{Doing, Presence, VIEWING, WRITING};
    use dialzio_core::{ConversationId, IdSource, OrgId};
    use std::sync::Arc;

    fn ids() -> (OrgId, OrgId, ConversationId) {
        let (ids, at) = (IdSource::random(), chrono::DateTime::UNIX_EPOCH);
        (ids.next(at), ids.next(at), ids.next(at))
    }

    #[tokio::test(start_paused = true)]
    async fn what_is_noted_runs_out_by_itself_and_the_others_are_told_each_time() {
        let ((org, other, talk), presence) = (ids(), Arc::new(Presence::default()));
        let mut changes = presence.changes();
        presence.note(org, "member:a", talk, Doing::Viewing);
        presence.note(org, "member:b", talk, Doing::Writing);
        assert_eq!(presence.others(org, talk, "member:a"), [("member:b".to_owned(), Doing::Writing)]);
        assert_eq!(presence.others(org, talk, "member:b"), [("member:a".to_owned(), Doing::Viewing)]);
        assert!(presence.others(other, talk, "").is_empty(), "another organisation sees them");
        assert_eq!((changes.recv().await, changes.recv().await), (Ok((org, talk)), Ok((org, talk))));
        tokio::time::advance(WRITING).await;
        assert_eq!(changes.recv().await, Ok((org, talk)));
        assert_eq!(presence.others(org, talk, "member:a"), [("member:b".to_owned(), Doing::Viewing)]);
        // Said again and again it is no change.
        presence.note(org, "member:b", talk, Doing::Viewing);
        assert!(changes.try_recv().is_err());
        presence.note(org, "member:b", talk, Doing::Gone);
        assert_eq!(changes.recv().await, Ok((org, talk)));
        tokio::time::advance(VIEWING).await;
        assert_eq!(changes.recv().await, Ok((org, talk)));
        assert!(presence.others(org, talk, "").is_empty());
    }
}
