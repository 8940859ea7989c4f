//! Everything that happened with a contact in one order, newest first: messages, calls, changes of conversations, notes, follow-ups
//! and entries of the consent ledger.
//!
//! Each kind is read from where it is kept, so that retention and permissions are those of that place. A page costs one read
//! of each kind and conversation, however much there is.
//!
//! ```
//! # use dialzio_core::{Actor, ContactId, Crm, Error};
//! use dialzio_core::page::PageRequest;
//! use dialzio_core::timeline::{TimelineItem, TimelineKind};
//!
//! # async fn example(crm: &Crm, me: &Actor, contact: ContactId) -> Result<(), Error> {
//! let kinds = [TimelineKind::Message, TimelineKind::Note];
//! let page = crm.timeline().of_contact(me, contact, &kinds, PageRequest::first(50)).await?;
//! for item in &page.items {
//!     if let TimelineItem::Note(note) = item {
//!         println!("{}: a note by {}", item.at(), note.author);
//!     }
//! }
//! # Ok(())
//! # }
//! ```

use std::collections::BTreeSet;

use chrono::{DateTime, Utc};
use uuid::Uuid;

use crate::TypedId;
use crate::call::{Call, CallQuery};
use crate::consent::ConsentRecord;
use crate::contact::{Note, Task};
use crate::conversation::{Activity, Message};
use crate::error::{Error, RecordKind};
use crate::id::{ContactId, ConversationId};
use crate::name::string_enum;
use crate::page::{Cursor, Page, PageRequest};
use crate::runtime::Runtime;
use crate::scope::{Actor, OrgScope, Permission};
use crate::store::{LedgerSeq, StoreError};

string_enum! {
    /// A kind of thing in a timeline.
    pub enum TimelineKind {
        /// Messages in both directions.
        Message = "message",
        /// What was done with conversations: assigned, closed, reopened, snoozed.
        Activity = "activity",
        /// Telephone calls.
        Call = "call",
        /// Notes.
        Note = "note",
        /// Follow-ups, at the time they were made.
        Task = "task",
        /// Entries of the consent ledger, at the time they were written down.
        Consent = "consent",
    }
}

impl TimelineKind {
    /// What a member needs to see it.
    #[must_use]
    pub const fn permission(self) -> Permission {
        match self {
            Self::Message | Self::Activity => Permission::ConversationsRead,
            Self::Call => Permission::CallsRead,
            Self::Note | Self::Task => Permission::ContactsRead,
            Self::Consent => Permission::ConsentRead,
        }
    }
}

/// One thing that happened with a contact.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub enum TimelineItem {
    /// A message.
    Message(Box<Message>),
    /// A change of a conversation.
    Activity(Activity),
    /// A telephone call.
    Call(Box<Call>),
    /// A note.
    Note(Note),
    /// A follow-up.
    Task(Task),
    /// An entry of the consent ledger.
    Consent(Box<ConsentRecord>),
}

impl TimelineItem {
    /// Its kind.
    #[must_use]
    pub const fn kind(&self) -> TimelineKind {
        match self {
            Self::Message(_) => TimelineKind::Message,
            Self::Activity(_) => TimelineKind::Activity,
            Self::Call(_) => TimelineKind::Call,
            Self::Note(_) => TimelineKind::Note,
            Self::Task(_) => TimelineKind::Task,
            Self::Consent(_) => TimelineKind::Consent,
        }
    }

    /// When it happened.
    #[must_use]
    pub fn at(&self) -> DateTime<Utc> {
        match self {
            Self::Message(message) => message.event_at,
            Self::Activity(done) => done.at,
            Self::Call(call) => call.started_at,
            Self::Note(note) => note.created_at,
            Self::Task(task) => task.created_at,
            Self::Consent(record) => record.recorded_at,
        }
    }

    /// Its id. Ids hold the time, so that order by id is order in time.
    #[must_use]
    pub fn id(&self) -> Uuid {
        match self {
            Self::Message(message) => message.id.uuid(),
            Self::Activity(done) => done.id.uuid(),
            Self::Call(call) => call.id.uuid(),
            Self::Note(note) => note.id.uuid(),
            Self::Task(task) => task.id.uuid(),
            Self::Consent(record) => record.id.uuid(),
        }
    }
}

/// Where a page of the timeline begins: before which id, and before which place in the consent ledger, which is paged by
/// its own sequence.
#[derive(Debug, Clone, Copy)]
struct Place {
    id: Uuid,
    seq: LedgerSeq,
}

impl Place {
    /// In front of everything.
    const START: Self = Self { id: Uuid::max(), seq: LedgerSeq(i64::MAX.cast_unsigned()) };

    fn read(cursor: &Cursor) -> Result<Self, StoreError> {
        let (id, seq) = cursor.0.split_at_checked(16).ok_or(StoreError::Cursor)?;
        let id = Uuid::from_slice(id).map_err(|_| StoreError::Cursor)?;
        let seq = seq.try_into().map(u64::from_be_bytes).map_err(|_| StoreError::Cursor)?;
        Ok(Self { id, seq: LedgerSeq(seq) })
    }

    fn write(self) -> Vec<u8> {
        [self.id.as_bytes().as_slice(), &self.seq.0.to_be_bytes()].concat()
    }
}

/// Reads timelines.
#[derive(Debug, Clone, Copy)]
pub struct TimelineService<'a> {
    runtime: &'a Runtime,
}

impl<'a> TimelineService<'a> {
    pub(crate) const fn new(runtime: &'a Runtime) -> Self {
        Self { runtime }
    }

    /// What happened with a contact, newest first. `kinds` says what is asked for; of those, what the actor may not read is
    /// left out. No kind asks for all of them.
    ///
    /// # Errors
    /// [`Error::NotFound`]; [`Error::Denied`] without [`Permission::ContactsRead`].
    pub async fn of_contact(
        &self,
        by: &Actor,
        contact: ContactId,
        kinds: &[TimelineKind],
        page: PageRequest,
    ) -> Result<Page<TimelineItem>, Error> {
        let scope = by.scope_for(Permission::ContactsRead)?;
        let store = self.runtime.store();
        store.contact(scope, contact).await?.ok_or(Error::missing(RecordKind::Contact))?;
        let asked = if kinds.is_empty() { TimelineKind::ALL } else { kinds };
        let kinds: BTreeSet<TimelineKind> =
            asked.iter().copied().filter(|kind| by.may(kind.permission())).collect();
        let place = page.after.as_ref().map(Place::read).transpose()?.unwrap_or(Place::START);
        let mut found = self.read(scope, contact, &kinds, place, page.limit).await?;
        found.sort_by_key(|(key, _)| std::cmp::Reverse(*key));
        let limit = page.limit as usize;
        let more = found.len() > limit;
        found.truncate(limit);
        let next = found.last().filter(|_| more).map(|(key, _)| {
            let shown = found.iter().filter_map(|(_, item)| match item {
                TimelineItem::Consent(record) => Some(record.seq),
                _ => None,
            });
            Cursor(Place { id: *key, seq: shown.min().unwrap_or(place.seq) }.write())
        });
        Ok(Page { items: found.into_iter().map(|(_, item)| item).collect(), next })
    }

    /// One more than `limit` of each kind with its place, so that the page is known to have a next one.
    async fn read(
        &self,
        scope: &OrgScope,
        contact: ContactId,
        kinds: &BTreeSet<TimelineKind>,
        place: Place,
        limit: u32,
    ) -> Result<Vec<(Uuid, TimelineItem)>, Error> {
        let store = self.runtime.store();
        let over =
            PageRequest { after: Some(Cursor(place.id.as_bytes().to_vec())), limit: limit.saturating_add(1) };
        let mut found = Vec::new();
        let mut add = |item: TimelineItem| found.push((item.id(), item));
        let talks: Vec<ConversationId> =
            if kinds.contains(&TimelineKind::Message) || kinds.contains(&TimelineKind::Activity) {
                store.conversations_of(scope, contact).await?.iter().map(|talk| talk.id).collect()
            } else {
                Vec::new()
            };
        for talk in talks {
            if kinds.contains(&TimelineKind::Message) {
                let messages = store.messages(scope, talk, over.clone()).await?.items;
                messages
                    .into_iter()
                    .map(|message| TimelineItem::Message(Box::new(message)))
                    .for_each(&mut add);
            }
            if kinds.contains(&TimelineKind::Activity) {
                let done = store.activities(scope, talk, over.clone()).await?.items;
                done.into_iter().map(TimelineItem::Activity).for_each(&mut add);
            }
        }
        if kinds.contains(&TimelineKind::Call) {
            let query = CallQuery { contact: Some(contact), ..CallQuery::default() };
            let calls = store.calls(scope, &query, over.clone()).await?.items;
            calls.into_iter().map(|call| TimelineItem::Call(Box::new(call))).for_each(&mut add);
        }
        if kinds.contains(&TimelineKind::Note) {
            let notes = store.notes(scope, contact, over.clone()).await?.items;
            notes.into_iter().map(TimelineItem::Note).for_each(&mut add);
        }
        if kinds.contains(&TimelineKind::Task) {
            let tasks = store.tasks_of(scope, contact, over.clone()).await?.items;
            tasks.into_iter().map(TimelineItem::Task).for_each(&mut add);
        }
        if kinds.contains(&TimelineKind::Consent) {
            let after = Some(Cursor(place.seq.0.to_be_bytes().to_vec()));
            let records = store.consent_history(scope, contact, PageRequest { after, ..over }).await?.items;
            // The ledger's sequence decides where its entries stand to each other, so that none is left out or shown twice
            // if two processes made ids and sequence in different orders.
            let mut key = place.id;
            for record in records {
                key = key.min(record.id.uuid());
                found.push((key, TimelineItem::Consent(Box::new(record))));
            }
        }
        Ok(found)
    }
}
