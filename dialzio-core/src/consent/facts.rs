//! What the gate decides from: rows as a store keeps them, and facts, which only this crate puts together from rows.

use chrono::{DateTime, Utc};

use super::check::Checks;
use super::record::{ConsentRecord, SuppressionScope};
use super::zone::QuietHours;
use crate::access::chrono_tz_name::ZoneName;
use crate::contact::{Address, SubjectKey};
use crate::id::{ContactId, MessageId, OrgId};
use crate::store::LedgerSeq;

/// What a store knows about sending in one conversation, as rows; nothing here is a decision. A store that cannot find the
/// organisation's row answers [`crate::StoreError::Unreadable`]: without its limits nothing can be decided.
#[derive(Debug, Clone)]
pub struct ConsentRows {
    /// The organisation that would send.
    pub org: OrgId,
    /// The contact after any merge of identities.
    pub contact: ContactId,
    /// Where the message would go; `None` if the person has no address here.
    pub address: Option<Address>,
    /// Every identifier of the person.
    pub subjects: Vec<SubjectKey>,
    /// Entries that cover any of them.
    pub records: Vec<ConsentRecord>,
    /// The newest of them; zero if there is none.
    pub head: LedgerSeq,
    /// Processing is restricted.
    pub restricted: bool,
    /// The number was given up and writes with another profile: it is not clear whose it is.
    pub doubtful: bool,
    /// The provider says that the person cannot be reached here: since when.
    pub unreachable_since: Option<DateTime<Utc>>,
    /// The person's newest message in this conversation.
    pub last_inbound: Option<(MessageId, DateTime<Utc>)>,
    /// The person's newest message to this business, by any account; at the same instant the one with the greater id.
    pub existing_relationship: Option<(MessageId, DateTime<Utc>)>,
    /// Something else was sent, or is queued, in this conversation after the person's newest message.
    pub answered: bool,
    /// When promotional messages were dispatched to this person in the last 7 days.
    pub marketing_sent: Vec<DateTime<Utc>>,
    /// The organisation's hours for promotion.
    pub quiet_hours: QuietHours,
    /// The organisation's zone, for people whose own is not known.
    pub zone: ZoneName,
    /// Most promotional messages in 7 days; 0 switches the cap off.
    pub marketing_cap: u32,
}

/// All that the gate looks at.
#[derive(Debug, Clone)]
pub(crate) struct ConsentFacts {
    pub(super) rows: ConsentRows,
    pub(super) suppressions: Vec<SuppressionScope>,
    pub(super) checks: Checks,
}

/// The only function that makes facts: from a store's rows, the suppressions that hit any of the person's identifiers,
/// which only the holder of the keys can look up, and the installation's checks.
pub(crate) const fn facts(
    rows: ConsentRows,
    suppressions: Vec<SuppressionScope>,
    checks: Checks,
) -> ConsentFacts {
    ConsentFacts { rows, suppressions, checks }
}
