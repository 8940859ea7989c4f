//! Whether an audit log is whole: its chain, its end, its checkpoints, and the rows of the consent ledger that it speaks of.

use chrono::{DateTime, TimeDelta, Utc};
use std::fmt;

use super::{AuditEntry, ChainHash, ChainHead, Checkpoint, ConsentMark};
use crate::id::OrgId;
use crate::store::LedgerSeq;
use crate::store::periods::AUDIT_PERIOD;

/// How far the time of an entry may lie before that of an earlier one: servers that share a database need not agree to the
/// second.
const BACKWARDS: TimeDelta = TimeDelta::minutes(5);

/// What is wrong with an audit log. The first fault that is met in the order of the entries.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Finding {
    /// An entry is not what its digest was made of, or does not follow from the one before.
    Changed {
        /// Its place.
        seq: u64,
    },
    /// An entry is not the one that a checkpoint was made of: the log was written anew from there or before.
    Rewritten {
        /// Its place.
        seq: u64,
    },
    /// The log ends before its recorded end: before a checkpoint, or before what the store keeps as its end.
    Shorter {
        /// The place of the last entry.
        entries: u64,
        /// Where it should end at least.
        recorded: u64,
    },
    /// A checkpoint was not signed with a key of this installation.
    Forged {
        /// The place of the entry that it names.
        seq: u64,
    },
    /// Entries are missing.
    Missing {
        /// The place of the first one.
        seq: u64,
    },
    /// A row of the consent ledger is not the one that was recorded.
    ConsentChanged {
        /// The place of the entry it was recorded with.
        seq: u64,
        /// The places of the rows that the entry speaks of: the first.
        from: LedgerSeq,
        /// And the last.
        through: LedgerSeq,
    },
    /// A row of the consent ledger is missing.
    ConsentMissing {
        /// The place of the entry it was recorded with.
        seq: u64,
        /// The place of the row.
        row: LedgerSeq,
    },
    /// A row of the consent ledger was put in by other means.
    ConsentAdded {
        /// The place of the row.
        row: LedgerSeq,
    },
    /// The time of an entry lies more than five minutes before that of an earlier one.
    Backwards {
        /// Its place.
        seq: u64,
    },
}

impl Finding {
    /// What `dialzio audit verify` exits with: 1 changed or rewritten, 2 shorter than recorded, 3 a checkpoint of another
    /// hand, 4 missing, 5 times that go backwards. An intact log is 0.
    #[must_use]
    pub const fn exit_code(self) -> u8 {
        match self {
            Self::Changed { .. }
            | Self::Rewritten { .. }
            | Self::ConsentChanged { .. }
            | Self::ConsentAdded { .. } => 1,
            Self::Shorter { .. } => 2,
            Self::Forged { .. } => 3,
            Self::Missing { .. } | Self::ConsentMissing { .. } => 4,
            Self::Backwards { .. } => 5,
        }
    }

    /// A stable word.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::Changed { .. } => "changed",
            Self::Rewritten { .. } => "rewritten",
            Self::Shorter { .. } => "shorter",
            Self::Forged { .. } => "forged",
            Self::Missing { .. } => "missing",
            Self::ConsentChanged { .. } => "consent_changed",
            Self::ConsentMissing { .. } => "consent_missing",
            Self::ConsentAdded { .. } => "consent_added",
            Self::Backwards { .. } => "backwards",
        }
    }

    /// The place of the entry that is wrong, or is the first to be missing; `None` if a row of the consent ledger has no
    /// entry.
    #[must_use]
    pub const fn seq(self) -> Option<u64> {
        match self {
            Self::Changed { seq }
            | Self::Rewritten { seq }
            | Self::Forged { seq }
            | Self::Missing { seq }
            | Self::ConsentChanged { seq, .. }
            | Self::ConsentMissing { seq, .. }
            | Self::Backwards { seq } => Some(seq),
            Self::Shorter { entries, .. } => Some(entries + 1),
            Self::ConsentAdded { .. } => None,
        }
    }
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Changed { seq } => write!(f, "entry {seq} was changed, or entries were reordered there"),
            Self::Rewritten { seq } => {
                write!(
                    f,
                    "entry {seq} is not the one of its checkpoint: the log was rewritten there or before"
                )
            }
            Self::Shorter { entries, recorded } => {
                write!(f, "the log ends with entry {entries}; it had {recorded}")
            }
            Self::Forged { seq } => {
                write!(f, "the checkpoint of entry {seq} was not signed with a key of this installation")
            }
            Self::Missing { seq } => write!(f, "entry {seq} is missing"),
            Self::ConsentChanged { seq, from, through } if from == through => {
                write!(f, "row {} of the consent ledger is not what entry {seq} recorded", from.0)
            }
            Self::ConsentChanged { seq, from, through } => {
                write!(
                    f,
                    "rows {} to {} of the consent ledger are not what entry {seq} recorded",
                    from.0, through.0
                )
            }
            Self::ConsentMissing { seq, row } => {
                write!(f, "row {} of the consent ledger, which entry {seq} recorded, is missing", row.0)
            }
            Self::ConsentAdded { row } => write!(f, "row {} of the consent ledger has no entry", row.0),
            Self::Backwards { seq } => {
                write!(f, "entry {seq} is dated more than five minutes before an earlier one")
            }
        }
    }
}

/// What a verification found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Verification {
    /// The first fault; `None` if the log is intact.
    pub finding: Option<Finding>,
    /// How many entries were verified.
    pub entries: u64,
    /// How many rows of the consent ledger were compared with what was recorded of them.
    pub consents: u64,
    /// How many checkpoints were compared. Without any, a log that was cut off or rewritten together with its recorded end
    /// cannot be told from an intact one.
    pub checkpoints: u64,
    /// When the newest checkpoint was made.
    pub checkpoint_at: Option<DateTime<Utc>>,
}

/// Verifies entry after entry, in constant memory.
#[derive(Debug)]
pub(super) struct Chain<'a> {
    org: OrgId,
    /// Signed by this installation, ascending.
    checkpoints: &'a [Checkpoint],
    /// The next one to compare with.
    next: usize,
    last: Option<(u64, ChainHash)>,
    latest: Option<DateTime<Utc>>,
    backwards: Option<u64>,
    /// The recorded end, as it was before the first entry was read.
    head: ChainHead,
    now: DateTime<Utc>,
}

impl<'a> Chain<'a> {
    pub(super) const fn new(
        org: OrgId,
        checkpoints: &'a [Checkpoint],
        head: ChainHead,
        now: DateTime<Utc>,
    ) -> Self {
        Self { org, checkpoints, next: 0, last: None, latest: None, backwards: None, head, now }
    }

    /// The place of the last entry.
    pub(super) fn seq(&self) -> u64 {
        self.last.map_or(0, |(seq, _)| seq)
    }

    /// How many checkpoints were compared.
    pub(super) fn compared(&self) -> u64 {
        self.next as u64
    }

    /// The place up to which entries may have reached the end of their period: a checkpoint shows that they are that old.
    fn expired_through(&self, first: &AuditEntry) -> u64 {
        let end = self.now - AUDIT_PERIOD;
        let shown = self.checkpoints.iter().filter(|known| known.at <= end).map(|known| known.seq).max();
        // Without checkpoints the first entry that is left has to be of the oldest month that is kept.
        let oldest = first.at <= end + TimeDelta::days(32);
        shown.unwrap_or(0).max(if oldest { first.seq - 1 } else { 0 })
    }

    /// The next entry.
    pub(super) fn take(&mut self, entry: &AuditEntry) -> Result<(), Finding> {
        let (seq, before) = match self.last {
            Some((seq, hash)) => (seq + 1, Some(hash)),
            None if entry.seq == 1 => (1, Some(ChainHash::START)),
            None if entry.seq > 1 && entry.seq - 1 <= self.expired_through(entry) => {
                // What they are linked to has expired; a checkpoint of that place still shows it.
                while self.checkpoints.get(self.next).is_some_and(|known| known.seq + 1 < entry.seq) {
                    self.next += 1;
                }
                let known = self.checkpoints.get(self.next).filter(|known| known.seq + 1 == entry.seq);
                self.next += usize::from(known.is_some());
                (entry.seq, known.map(|known| known.hash))
            }
            None => (1, None),
        };
        if entry.seq != seq {
            return Err(Finding::Missing { seq });
        }
        if before.is_some_and(|before| entry.digest(self.org, before) != entry.hash) {
            return Err(Finding::Changed { seq });
        }
        while let Some(known) = self.checkpoints.get(self.next).filter(|known| known.seq == seq) {
            if known.hash != entry.hash {
                return Err(Finding::Rewritten { seq });
            }
            self.next += 1;
        }
        if seq == self.head.seq && entry.hash != self.head.hash {
            return Err(Finding::Rewritten { seq });
        }
        if self.latest.is_some_and(|latest| entry.at < latest - BACKWARDS) {
            self.backwards = self.backwards.or(Some(seq));
        }
        self.latest = self.latest.max(Some(entry.at));
        self.last = Some((seq, entry.hash));
        Ok(())
    }

    /// No more entries. `head` is the recorded end, read after the last of them.
    pub(super) fn end(&self, head: ChainHead) -> Option<Finding> {
        let entries = self.seq();
        let recorded = self.checkpoints.last().map_or(0, |known| known.seq).max(self.head.seq);
        if entries < recorded {
            return Some(Finding::Shorter { entries, recorded });
        }
        // What is written by a commit moves the end with it.
        if entries > head.seq {
            return Some(Finding::Changed { seq: head.seq + 1 });
        }
        self.backwards.map(|seq| Finding::Backwards { seq })
    }
}

/// Follows what entries say about the rows of the consent ledger.
#[derive(Debug, Default)]
pub(super) struct Consents {
    /// The last row that an entry speaks of; `None` before the first: rows of earlier releases have no entry.
    pub(super) through: Option<LedgerSeq>,
    pub(super) rows: u64,
}

impl Consents {
    /// Compares the rows of an entry, which were read by their places.
    pub(super) fn take(
        &mut self,
        seq: u64,
        mark: &ConsentMark,
        rows: &[crate::consent::ConsentRecord],
    ) -> Result<(), Finding> {
        let from = mark.from();
        if let Some(through) = self.through.filter(|through| through.0 + 1 < from.0) {
            return Err(Finding::ConsentAdded { row: LedgerSeq(through.0 + 1) });
        }
        for (place, expected) in (from.0..=mark.through.0).enumerate() {
            if rows.get(place).is_none_or(|row| row.seq.0 != expected) {
                return Err(Finding::ConsentMissing { seq, row: LedgerSeq(expected) });
            }
        }
        if ConsentMark::of(rows).is_none_or(|found| found.digest != mark.digest) {
            return Err(Finding::ConsentChanged { seq, from, through: mark.through });
        }
        self.rows += u64::from(mark.rows);
        self.through = Some(mark.through);
        Ok(())
    }
}
