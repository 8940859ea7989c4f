//! What a group of batches keeps in memory until it is written, once, before the commit.

mod flush;

use chrono::{DateTime, Utc};
use rusqlite::Connection;
use std::collections::btree_map::Entry;
use std::collections::{BTreeMap, BTreeSet};

use dialzio_core::event::EventSeq;
use dialzio_core::ledger::{Action, AuditEntry, ChainHash};
use dialzio_core::outbox::{Queue, QueueKind};
use dialzio_core::store::LedgerSeq;
use dialzio_core::store::rows::Columns;
use dialzio_core::{AccountId, ContactId, OrgId, TypedId};
use uuid::Uuid;

use crate::codec::{Cols, id};
use crate::error::Res;
use crate::run::Run;
use crate::statements as sql;

/// The ends of an organisation's sequences.
#[derive(Debug, Clone)]
pub(crate) struct Head {
    pub(crate) event: EventSeq,
    audit: u64,
    hash: ChainHash,
    ledger: LedgerSeq,
    moved: bool,
}

impl Head {
    fn read(db: &Connection, org: OrgId) -> Res<Self> {
        let found = db.one(sql::HEAD, [id(org)], |row| {
            let c = Cols::new(row, "head");
            Ok(Self {
                event: EventSeq(c.number()?),
                audit: c.number()?,
                hash: ChainHash(c.get()?),
                ledger: LedgerSeq(c.number()?),
                moved: false,
            })
        })?;
        let (hash, ledger) = (ChainHash::START, LedgerSeq(0));
        Ok(found.unwrap_or(Self { event: EventSeq(0), audit: 0, hash, ledger, moved: false }))
    }
}

/// What the batches of a group share. A copy of it is what a savepoint goes back to.
#[derive(Debug, Clone, Default)]
pub(crate) struct Group {
    heads: BTreeMap<OrgId, Head>,
    counts: BTreeMap<(OrgId, &'static str, [u8; 16], bool), i64>,
    queues: BTreeSet<Queue>,
    contacts: BTreeSet<(OrgId, ContactId)>,
    /// How often any of this was changed.
    rows_affected: u64,
    /// Organisations with new events.
    pub(crate) told: BTreeSet<OrgId>,
    /// Work was queued.
    pub(crate) work_notifications: bool,
}

/// An account's id as kept in queues.
pub(crate) fn queue_account(account: Option<AccountId>) -> [u8; 16] {
    account.map_or([0; 16], id)
}

/// The ends of sequences as the last group left them: there is no other writer, so they need not be read again.
#[derive(Debug, Default)]
pub(crate) struct Heads(BTreeMap<OrgId, Head>);

impl Heads {
    /// Of so many organisations at most.
    const MAX_HEADS: usize = 256;
}

impl Group {
    /// A group that continues where the last one ended. What it knows is lost with it, unless it is written.
    pub(crate) fn after(last: &mut Heads) -> Self {
        Self { heads: std::mem::take(&mut last.0), ..Self::default() }
    }

    /// What the next group may go on from, once this one is written.
    pub(crate) fn into_heads(self) -> Heads {
        if self.heads.len() > Heads::MAX_HEADS { Heads::default() } else { Heads(self.heads) }
    }

    /// The organisation's head, read once.
    pub(crate) fn head(&mut self, db: &Connection, org: OrgId) -> Res<&mut Head> {
        match self.heads.entry(org) {
            Entry::Occupied(kept) => Ok(kept.into_mut()),
            Entry::Vacant(place) => Ok(place.insert(Head::read(db, org)?)),
        }
    }

    /// How often any of this was changed: a batch that fails without a change leaves nothing to undo.
    pub(crate) fn rows_affected(&self) -> u64 {
        self.rows_affected
    }

    /// Work was queued.
    pub(crate) fn notify_work(&mut self) {
        self.rows_affected += 1;
        self.work_notifications = true;
    }

    /// The next place in the event log.
    pub(crate) fn next_event(&mut self, db: &Connection, org: OrgId) -> Res<EventSeq> {
        self.rows_affected += 1;
        let head = self.head(db, org)?;
        head.event.0 += 1;
        head.moved = true;
        let seq = head.event;
        self.told.insert(org);
        Ok(seq)
    }

    /// The next place in the consent ledger.
    pub(crate) fn next_consent(&mut self, db: &Connection, org: OrgId) -> Res<LedgerSeq> {
        self.rows_affected += 1;
        let head = self.head(db, org)?;
        head.ledger.0 += 1;
        head.moved = true;
        Ok(head.ledger)
    }

    /// Appends to the audit chain: the entry gets its place and its digest here.
    pub(crate) fn log(&mut self, db: &Connection, org: OrgId, entry: AuditEntry) -> Res<()> {
        self.rows_affected += 1;
        let head = self.head(db, org)?;
        let entry = entry.after(org, (head.audit, head.hash), head.ledger);
        (head.audit, head.hash, head.moved) = (entry.seq, entry.hash, true);
        db.put(sql::PUT_AUDIT, id(org), &entry)?;
        Ok(())
    }

    /// An entry of the system's own, for what no batch asked for.
    pub(crate) fn log_own(
        &mut self,
        db: &Connection,
        org: OrgId,
        action: Action,
        at: DateTime<Utc>,
    ) -> Res<()> {
        let principal = dialzio_core::Principal::SYSTEM.to_owned();
        self.log(db, org, AuditEntry::new(at, principal, action))
    }

    /// A conversation joins (`+1`) or leaves (`-1`) a queue.
    pub(crate) fn count(
        &mut self,
        org: OrgId,
        state: &'static str,
        assignee: Option<dialzio_core::MemberId>,
        by: i64,
    ) {
        let who = assignee.map_or([0; 16], id);
        self.rows_affected += 1;
        *self.counts.entry((org, state, who, assignee.is_some())).or_default() += by;
    }

    /// The first due time of a queue may have changed.
    pub(crate) fn queue(&mut self, org: OrgId, account: Option<AccountId>, kind: QueueKind) {
        self.rows_affected += 1;
        self.queues.insert(Queue { org, account, kind });
    }

    /// The words of a contact may have changed.
    pub(crate) fn contact(&mut self, org: OrgId, contact: ContactId) {
        self.rows_affected += 1;
        self.contacts.insert((org, contact));
    }

    /// The newest event of an organisation whose log has grown.
    pub(crate) fn newest(&self, org: OrgId) -> EventSeq {
        self.heads.get(&org).map(|head| head.event).unwrap_or_default()
    }
}

/// The queue a statement answered with.
pub(crate) fn returned_queue(row: &rusqlite::Row<'_>) -> Res<(QueueKind, Option<AccountId>)> {
    let c = Cols::new(row, "lane");
    Ok((c.word()?, c.opt_id()?))
}

/// The account behind a queue's column.
pub(crate) fn account_of_queue(bytes: [u8; 16]) -> Option<AccountId> {
    (bytes != [0; 16]).then(|| AccountId::from_uuid(Uuid::from_bytes(bytes)))
}
