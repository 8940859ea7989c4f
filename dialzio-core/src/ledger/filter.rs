//! Which entries of the audit log are wanted.

use chrono::{DateTime, Utc};
use uuid::Uuid;

use super::{Action, AuditEntry};

/// Which entries are wanted. Without any choice: all that people and programs did.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct AuditFilter {
    /// Only what this principal did, as [`crate::Principal::to_ref`].
    pub principal: Option<String>,
    /// Only this.
    pub action: Option<Action>,
    /// Only what is about this record.
    pub subject: Option<Uuid>,
    /// Not before this instant.
    pub since: Option<DateTime<Utc>>,
    /// Before this instant.
    pub until: Option<DateTime<Utc>>,
    /// Also what the system did by itself: what it received, sent and removed.
    pub with_system: bool,
}

impl AuditFilter {
    /// Whether an entry is wanted: what the statements of a store amount to.
    #[must_use]
    pub fn wants(&self, entry: &AuditEntry) -> bool {
        (self.with_system || entry.principal != crate::Principal::SYSTEM)
            && self.principal.as_ref().is_none_or(|who| *who == entry.principal)
            && self.action.is_none_or(|action| action == entry.action)
            && self.subject.is_none_or(|subject| Some(subject) == entry.subject)
            && self.since.is_none_or(|since| entry.at >= since)
            && self.until.is_none_or(|until| entry.at < until)
    }
}

/// A part of the audit log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AuditPage {
    /// The entries, newest first.
    pub entries: Vec<AuditEntry>,
    /// The place to go on before, if there may be more. A page may be short, or empty, and still go on: one request looks
    /// through so many entries only.
    pub next: Option<u64>,
}
