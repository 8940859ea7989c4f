//! What a group of batches keeps in memory until it is written, once, before the commit: the ends of the organisation's
//! sequences, the heads of its conversations, rows that no batch of the group reads, and what it has already looked up.
//!
//! All of a group happens under the lock of the organisation's head, so what was looked up stays true until the group
//! itself changes it. A copy of the group is what a savepoint goes back to.

mod flush;

use chrono::{DateTime, Utc};
use std::collections::{BTreeMap, BTreeSet, HashMap};

use dialzio_core::conversation::{Conversation, Evidence, ExternalId, Message, MessageDigest};
use dialzio_core::event::{EventSeq, Recorded};
use dialzio_core::ledger::{AuditEntry, ChainHash};
use dialzio_core::outbox::{Fence, Job, QueueKind};
use dialzio_core::store::LedgerSeq;
use dialzio_core::store::rows::Columns;
use dialzio_core::{AccountId, ContactId, ConversationId, MemberId, MessageId, OrgId};
use uuid::Uuid;

use crate::codec::{Cols, id, or_nil};
use crate::error::Res;
use crate::run::{Db, params};
use crate::statements as sql;

/// The ends of an organisation's sequences.
#[derive(Debug, Clone)]
pub(crate) struct Head {
    pub(crate) event: EventSeq,
    pub(crate) audit: u64,
    pub(crate) hash: ChainHash,
    pub(crate) ledger: LedgerSeq,
    moved: bool,
}

impl Head {
    /// Reads and locks the head: no other transaction writes in the organisation until this one ends.
    async fn lock(db: &mut Db<'_>, org: OrgId) -> Res<Self> {
        loop {
            let found = db
                .one(sql::HEAD_LOCK, params![id(org)], |row| {
                    let c = Cols::new(row, "head");
                    Ok(Self {
                        event: EventSeq(c.number()?),
                        audit: c.number()?,
                        hash: ChainHash(c.array()?),
                        ledger: LedgerSeq(c.number()?),
                        moved: false,
                    })
                })
                .await?;
            if let Some(head) = found {
                return Ok(head);
            }
            db.run(sql::FOUND_HEAD, params![id(org), ChainHash::START.0.as_slice()]).await?;
        }
    }
}

/// A conversation that was looked at, and whether its head has moved since.
#[derive(Debug, Clone)]
pub(crate) struct Talk {
    pub(crate) kept: Conversation,
    pub(crate) moved: bool,
}

/// What is remembered under the hash of a provider's id.
#[derive(Debug, Clone)]
pub(crate) struct Known {
    pub(crate) message: MessageId,
    pub(crate) digest: Option<MessageDigest>,
    /// The id itself, as long as the message is there to compare with.
    pub(crate) external: Option<String>,
}

/// A provider's id that is remembered from now on.
#[derive(Debug, Clone)]
pub(crate) struct Reference {
    pub(crate) account: AccountId,
    pub(crate) hash8: i64,
    pub(crate) message: MessageId,
    pub(crate) digest: Option<MessageDigest>,
    pub(crate) seen_at: DateTime<Utc>,
}

/// Rows that are written together.
#[derive(Debug, Clone, Default)]
pub(crate) struct Rows {
    pub(crate) messages: Vec<Message>,
    pub(crate) evidence: Vec<(MessageId, Evidence)>,
    pub(crate) references: Vec<Reference>,
    pub(crate) jobs: Vec<Job>,
    pub(crate) events: Vec<Recorded>,
    pub(crate) audit: Vec<AuditEntry>,
}

/// A queue of the group's organisation.
pub(crate) type QueuePlace = (Option<AccountId>, QueueKind);

/// Under which fence a queue is leased, and until when.
pub(crate) type Held = (Fence, DateTime<Utc>);

/// Whom to wake after a commit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Wake {
    pub(crate) org: OrgId,
    /// The newest event, if there are new ones.
    pub(crate) told: Option<EventSeq>,
    /// Work was queued.
    pub(crate) work_notifications: bool,
}

/// What the batches of a group share.
#[derive(Debug, Clone)]
pub(crate) struct Group {
    pub(crate) org: OrgId,
    pub(crate) head: Head,
    pub(crate) rows: Rows,
    /// `None`: looked for and not there.
    pub(crate) talks: HashMap<ConversationId, Option<Talk>>,
    pub(crate) references: HashMap<(AccountId, i64), Vec<Known>>,
    /// Whether an element waits in a queue.
    pub(crate) waits: HashMap<QueuePlace, bool>,
    pub(crate) leases: HashMap<QueuePlace, Option<Held>>,
    counts: BTreeMap<(&'static str, Uuid), i64>,
    queues: BTreeSet<QueuePlace>,
    contacts: BTreeSet<ContactId>,
    /// How often any of this was changed.
    rows_affected: u64,
    /// There are new events.
    pub(crate) told: bool,
    /// Work was queued.
    pub(crate) work_notifications: bool,
}

impl Group {
    /// Begins a group: from here on the organisation is ours to write in.
    pub(crate) async fn begin(db: &mut Db<'_>, org: OrgId) -> Res<Self> {
        Ok(Self {
            org,
            head: Head::lock(db, org).await?,
            rows: Rows::default(),
            talks: HashMap::new(),
            references: HashMap::new(),
            waits: HashMap::new(),
            leases: HashMap::new(),
            counts: BTreeMap::new(),
            queues: BTreeSet::new(),
            contacts: BTreeSet::new(),
            rows_affected: 0,
            told: false,
            work_notifications: false,
        })
    }

    /// How often any of this was changed: a batch that fails without a change leaves nothing to undo.
    pub(crate) fn rows_affected(&self) -> u64 {
        self.rows_affected
    }

    /// Notes that something here was changed.
    pub(crate) fn touch(&mut self) {
        self.rows_affected += 1;
    }

    /// Work was queued.
    pub(crate) fn notify_work(&mut self) {
        self.rows_affected += 1;
        self.work_notifications = true;
    }

    /// Appends to the event log.
    pub(crate) fn tell(&mut self, at: DateTime<Utc>, event: dialzio_core::event::DomainEvent) {
        self.rows_affected += 1;
        self.head.event.0 += 1;
        self.head.moved = true;
        self.told = true;
        self.rows.events.push(Recorded { seq: self.head.event, at, event });
    }

    /// The next place in the consent ledger.
    pub(crate) fn next_consent(&mut self) -> LedgerSeq {
        self.rows_affected += 1;
        self.head.ledger.0 += 1;
        self.head.moved = true;
        self.head.ledger
    }

    /// Appends to the audit chain: the entry gets its place and its digest here.
    pub(crate) fn log(&mut self, entry: AuditEntry) {
        self.rows_affected += 1;
        let head = &mut self.head;
        let entry = entry.after(self.org, (head.audit, head.hash), head.ledger);
        (head.audit, head.hash, head.moved) = (entry.seq, entry.hash, true);
        self.rows.audit.push(entry);
    }

    /// A conversation joins (`+1`) or leaves (`-1`) a queue.
    pub(crate) fn count(&mut self, state: &'static str, assignee: Option<MemberId>, by: i64) {
        self.rows_affected += 1;
        *self.counts.entry((state, or_nil(assignee))).or_default() += by;
    }

    /// The first due time of a queue may have changed.
    pub(crate) fn queue(&mut self, account: Option<AccountId>, kind: QueueKind) {
        self.rows_affected += 1;
        self.queues.insert((account, kind));
    }

    /// The words of a contact may have changed.
    pub(crate) fn contact(&mut self, contact: ContactId) {
        self.rows_affected += 1;
        self.contacts.insert(contact);
    }

    /// A provider's id that the group has written.
    pub(crate) fn know(&mut self, account: AccountId, external: &ExternalId, known: Known) {
        if let Some(all) = self.references.get_mut(&(account, external.hash8())) {
            all.push(known);
        }
    }

    /// Conversations whose heads have moved since they were written.
    fn moved_heads(&mut self) -> Vec<Conversation> {
        let mut moved = Vec::new();
        for talk in self.talks.values_mut().flatten() {
            if std::mem::take(&mut talk.moved) {
                moved.push(talk.kept.clone());
            }
        }
        // In one order, so that two transactions cannot wait for each other.
        moved.sort_unstable_by_key(|kept| kept.id);
        moved
    }

    /// Whom to wake once it is committed.
    pub(crate) fn wake(&self) -> Wake {
        let told = self.told.then_some(self.head.event);
        Wake { org: self.org, told, work_notifications: self.work_notifications }
    }
}

/// The queue a statement answered with.
pub(crate) fn returned_queue(row: &sqlx::postgres::PgRow) -> Res<(QueueKind, Option<AccountId>)> {
    let c = Cols::new(row, "lane");
    Ok((c.word()?, c.key_id()?))
}
