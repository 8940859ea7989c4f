//! Recordings and voicemails that are deleted before their time: one, those of a person, those of a period.

use std::collections::BTreeMap;
use std::str::FromStr;

use chrono::{DateTime, Utc};
use sha2::{Digest, Sha256};

use super::{Call, CallQuery, CallService};
use crate::contact::ChannelIdentity;
use crate::error::{Error, RecordKind};
use crate::event::DomainEvent;
use crate::id::{CallId, ContactId, MediaId, TypedId};
use crate::ledger::Action;
use crate::media::{MediaOwner, MediaState, MediaWrite};
use crate::page::PageRequest;
use crate::scope::{Actor, OrgScope, Permission};
use crate::store::Batch;
use crate::time::{OLDEST_EVENT, RETENTION_CAP};

/// The most recordings that are deleted by one request, so that it ends in time and is held in memory.
const MOST: usize = 10_000;
/// The most recordings in one transaction, so that no other writer waits for long.
const CHUNK: usize = 100;

/// Which recordings are meant: those of a person, those of a period, or those of a person in a period.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct RecordingSelection {
    /// The person: their calls, and those with a number of theirs that belong to nobody.
    pub contact: Option<ContactId>,
    /// Calls that began at or after this time. Needed where no person is named.
    pub since: Option<DateTime<Utc>>,
    /// Calls that began before this time. Needed where no person is named.
    pub until: Option<DateTime<Utc>>,
}

impl RecordingSelection {
    fn checked(self) -> Result<Self, Error> {
        match self {
            Self { since: Some(since), until: Some(until), .. } if since >= until => {
                Err(Error::invalid("until", "has to be after the beginning of the period"))
            }
            Self { since: None, contact: None, .. } => {
                Err(Error::invalid("since", "is missing: name a person, or both ends of a period"))
            }
            Self { until: None, contact: None, .. } => {
                Err(Error::invalid("until", "is missing: name a person, or both ends of a period"))
            }
            _ => Ok(self),
        }
    }
}

/// Stands for the very recordings that were counted: SHA-256 over their ids, in order.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SeenRecordings([u8; 32]);

impl SeenRecordings {
    fn of<'a>(recordings: impl IntoIterator<Item = &'a MediaId>) -> Self {
        let mut hasher = Sha256::new();
        for id in recordings {
            hasher.update(id.uuid().as_bytes());
        }
        Self(hasher.finalize().into())
    }
}

impl std::fmt::Display for SeenRecordings {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

impl FromStr for SeenRecordings {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self, Error> {
        let wrong = || Error::invalid("seen", "is the word of 64 characters that the preview answered");
        if text.len() != 64 || !text.bytes().all(|byte| byte.is_ascii_hexdigit()) {
            return Err(wrong());
        }
        let mut seen = [0; 32];
        for (byte, place) in seen.iter_mut().zip((0..64).step_by(2)) {
            *byte = u8::from_str_radix(&text[place..place + 2], 16).map_err(|_| wrong())?;
        }
        Ok(Self(seen))
    }
}

/// Recordings counted before they are deleted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RecordingCount {
    /// How many there are, with those that are not fetched yet.
    pub recordings: u32,
    /// Of those, the ones that are still at the provider.
    pub pending: u32,
    /// Of those, the ones of calls that belong to nobody.
    pub unassigned: u32,
    /// Bytes of those that are stored, together.
    pub bytes: u64,
    /// When the first of their calls began.
    pub oldest: Option<DateTime<Utc>>,
    /// When the last of their calls began.
    pub newest: Option<DateTime<Utc>>,
    /// The very recordings, for [`CallService::delete_recordings`].
    pub seen: SeenRecordings,
}

/// One of the recordings that are meant.
struct Found {
    call: CallId,
    contact: Option<ContactId>,
    is_pending: bool,
    bytes: u64,
}

impl CallService<'_> {
    /// Deletes a recording of a call before its time: it is gone everywhere at once, its bytes with the next sweep, and one that
    /// is being fetched is not stored after all. The copy at the provider stays for as long as the provider keeps it.
    ///
    /// # Errors
    /// [`Error::NotFound`] if it is no recording of this call, or gone already; [`Error::Denied`] without
    /// [`Permission::MediaDelete`].
    pub async fn delete_recording(&self, by: &Actor, call: CallId, id: MediaId) -> Result<(), Error> {
        let scope = by.scope_for(Permission::MediaDelete)?;
        let store = self.runtime.store();
        let kept = store.call(scope, call).await?.ok_or(Error::missing(RecordKind::Call))?;
        let media = store.media(scope, id).await?.filter(|media| media.owner == MediaOwner::Call(call));
        media.ok_or(Error::missing(RecordKind::Media))?;
        store.commit_one(scope, self.end(by, id, call, kept.contact)).await?;
        Ok(())
    }

    /// The end of one recording, with its entry of the audit log.
    fn end(&self, by: &Actor, id: MediaId, call: CallId, contact: Option<ContactId>) -> Batch {
        let now = self.runtime.now();
        let mut batch = Batch::new(by, Action::MediaDeleted, now);
        batch
            .about(id)
            .write(MediaWrite::End { id, at: now })
            .event(DomainEvent::CallChanged { call, contact });
        batch
    }

    /// Counts the recordings and voicemails that a deletion would take, exactly. Nothing changes.
    ///
    /// # Errors
    /// [`Error::Invalid`] for a selection without a person and without a whole period, and for one with more than 10,000
    /// recordings; [`Error::NotFound`] for the contact; [`Error::Denied`] without [`Permission::MediaDelete`].
    pub async fn count_recordings(
        &self,
        by: &Actor,
        selection: RecordingSelection,
    ) -> Result<RecordingCount, Error> {
        let found = self.selected(by.scope_for(Permission::MediaDelete)?, selection.checked()?).await?;
        let began = || found.values().map(|one| crate::id::time_of(one.call));
        let number = |count: usize| u32::try_from(count).unwrap_or(u32::MAX);
        Ok(RecordingCount {
            recordings: number(found.len()),
            pending: number(found.values().filter(|one| one.is_pending).count()),
            unassigned: number(found.values().filter(|one| one.contact.is_none()).count()),
            bytes: found.values().map(|one| one.bytes).sum(),
            oldest: began().min(),
            newest: began().max(),
            seen: SeenRecordings::of(found.keys()),
        })
    }

    /// Deletes the very recordings that were counted; answers how many. Each is gone everywhere once this returns, its bytes with
    /// the next sweep, and no later report brings it back. Each has an entry of the audit log, with its id. They go in
    /// transactions of at most a hundred; after a failure in between, what is left is counted and deleted anew. Repeated after
    /// its success it deletes nothing.
    ///
    /// # Errors
    /// [`Error::Stale`] if there are others by now, and nothing is deleted; as [`count_recordings`](Self::count_recordings).
    pub async fn delete_recordings(
        &self,
        by: &Actor,
        selection: RecordingSelection,
        seen: SeenRecordings,
    ) -> Result<u32, Error> {
        let scope = by.scope_for(Permission::MediaDelete)?;
        let found: Vec<_> = self.selected(scope, selection.checked()?).await?.into_iter().collect();
        if found.is_empty() {
            return Ok(0);
        }
        if SeenRecordings::of(found.iter().map(|(id, _)| id)) != seen {
            return Err(Error::Stale { kind: RecordKind::Media });
        }
        for chunk in found.chunks(CHUNK) {
            let ends = chunk.iter().map(|(id, one)| self.end(by, *id, one.call, one.contact)).collect();
            for answer in self.runtime.store().commit(scope, ends).await {
                answer?;
            }
        }
        Ok(u32::try_from(found.len()).unwrap_or(u32::MAX))
    }

    /// The recordings that are meant, read in pages.
    async fn selected(
        &self,
        scope: &OrgScope,
        selection: RecordingSelection,
    ) -> Result<BTreeMap<MediaId, Found>, Error> {
        let store = self.runtime.store();
        // Recordings of calls further back are gone, whatever period is asked for.
        let first = self.runtime.now() - RETENTION_CAP - OLDEST_EVENT;
        let since = Some(selection.since.map_or(first, |since| since.max(first)));
        let period = CallQuery { since, until: selection.until, ..CallQuery::default() };
        let mut found = BTreeMap::new();
        let Some(contact) = selection.contact else {
            self.add_recordings(scope, &period, |_| true, &mut found).await?;
            return Ok(found);
        };
        let person = store.contact(scope, contact).await?.ok_or(Error::missing(RecordKind::Contact))?;
        let identities = store.channel_identities(scope, contact).await?;
        let theirs = CallQuery { contact: Some(contact), ..period.clone() };
        self.add_recordings(scope, &theirs, |_| true, &mut found).await?;
        let mut keys: Vec<_> = person.details.iter().map(|detail| detail.value.subject_key()).collect();
        keys.extend(identities.iter().flat_map(ChannelIdentity::subject_keys));
        keys.sort_unstable();
        keys.dedup();
        for key in keys {
            let by_number = CallQuery { customer: Some(key), ..period.clone() };
            self.add_recordings(scope, &by_number, |call| call.contact.is_none(), &mut found).await?;
        }
        Ok(found)
    }

    async fn add_recordings(
        &self,
        scope: &OrgScope,
        query: &CallQuery,
        holds: impl Fn(&Call) -> bool,
        found: &mut BTreeMap<MediaId, Found>,
    ) -> Result<(), Error> {
        let store = self.runtime.store();
        let mut request = PageRequest::first(PageRequest::MAX);
        loop {
            let page = store.calls(scope, query, request.clone()).await?;
            let with_files: BTreeMap<MediaOwner, &Call> = page
                .items
                .iter()
                .filter(|call| !call.evidence.recordings.is_empty() && holds(call))
                .map(|call| (MediaOwner::Call(call.id), call))
                .collect();
            if !with_files.is_empty() {
                let owners: Vec<_> = with_files.keys().copied().collect();
                for media in store.media_of(scope, &owners).await? {
                    let Some(call) = with_files.get(&media.owner) else { continue };
                    let is_pending = media.state == MediaState::Pending;
                    let bytes = media.size.unwrap_or(0);
                    found.insert(media.id, Found { call: call.id, contact: call.contact, is_pending, bytes });
                }
            }
            if found.len() > MOST {
                let problem = format!("takes in more than {MOST} recordings: choose a shorter period");
                return Err(Error::invalid("since", problem));
            }
            match page.next {
                Some(next) => request.after = Some(next),
                None => return Ok(()),
            }
        }
    }
}
