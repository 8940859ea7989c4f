//! The operator log: one hash chain for the installation.

use chrono::{DateTime, Utc};
use sha2::{Digest, Sha256};

use crate::id::{OrgId, TypedId};
use crate::ledger::ChainHash;
use crate::name::string_enum;
use crate::text::Title;

string_enum! {
    /// What an operator did. Part of each entry of the operator log.
    pub enum OperatorAction {
        /// Organisations were listed.
        OrgsListed = "organisations.listed",
        /// The operator took an owner's rights in an organisation.
        OrgEntered = "organisation.entered",
        /// Quarantined items were listed, without their bytes.
        QuarantineListed = "quarantine.listed",
        /// The bytes of a quarantined item were shown.
        QuarantineOpened = "quarantine.opened",
        /// A quarantined item went through the normal path again.
        QuarantineReplayed = "quarantine.replayed",
        /// A quarantined item was thrown away.
        QuarantineDiscarded = "quarantine.discarded",
        /// The clock was confirmed.
        ClockConfirmed = "clock.confirmed",
        /// Keys were declared to be those of the data.
        KeysAdopted = "keys.adopted",
        /// The keys were listed, with how much is wrapped with each.
        KeysListed = "keys.listed",
        /// A key was made.
        KeyAdded = "keys.added",
        /// A key became the current one.
        KeyPromoted = "keys.promoted",
        /// Data keys were wrapped with the current key.
        KeysRewrapped = "keys.rewrapped",
        /// A key was retired.
        KeyRetired = "keys.retired",
        /// A provider's log of calls was read from a given time on.
        CallsRead = "calls.read",
        /// The audit log of an organisation was verified.
        AuditVerified = "audit.verified",
        /// A service update was published.
        NewsPublished = "news.published",
        /// Service updates were listed.
        NewsListed = "news.listed",
        /// A service update was withdrawn.
        NewsWithdrawn = "news.withdrawn",
        /// Requests for help were listed.
        SupportListed = "support.listed",
        /// A request for help was read.
        SupportRead = "support.read",
        /// A request for help was answered.
        SupportAnswered = "support.answered",
        /// A request for help was closed.
        SupportClosed = "support.closed",
        /// The operator log was read.
        LogRead = "operator_log.read",
    }
}

/// One entry of the operator log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OperatorEntry {
    /// Its place: 1, 2, 3, without gaps.
    pub seq: u64,
    /// When it was recorded, by the server's clock.
    pub at: DateTime<Utc>,
    /// Why, in the operator's words. Not part of the digest itself but as a digest, so it can be erased.
    pub reason: Title,
    /// What the operator did.
    pub action: OperatorAction,
    /// In which organisation, if in one.
    pub org: Option<OrgId>,
    /// About which record.
    pub subject: Option<uuid::Uuid>,
    /// This entry's digest.
    pub hash: ChainHash,
}

impl OperatorEntry {
    /// The digest of an entry after `before`. Version 1: domain word, then each field with its length.
    #[must_use]
    pub fn digest(&self, before: ChainHash) -> ChainHash {
        let mut hasher = Sha256::new();
        let mut put = |bytes: &[u8]| {
            hasher.update(u32::try_from(bytes.len()).unwrap_or(u32::MAX).to_be_bytes());
            hasher.update(bytes);
        };
        let org = self.org.map(TypedId::uuid);
        put(b"dialzio/operator/1");
        put(&before.0);
        put(&self.seq.to_be_bytes());
        put(&self.at.timestamp_micros().to_be_bytes());
        put(&Sha256::digest(self.reason.reveal().as_bytes()));
        put(self.action.as_str().as_bytes());
        put(org.as_ref().map_or(&[][..], |id| id.as_bytes()));
        put(self.subject.as_ref().map_or(&[][..], |id| id.as_bytes()));
        ChainHash(hasher.finalize().into())
    }
}
