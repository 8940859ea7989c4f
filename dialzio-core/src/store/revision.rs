//! Places: how often a record has changed, and where an entry stands in the consent ledger.

/// Counts the changes of a record: 1 when it is made.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(transparent)]
pub struct Revision(pub u32);

impl Revision {
    /// There is no such record.
    pub const NONE: Self = Self(0);
    /// A record that was just made.
    pub const FIRST: Self = Self(1);
}

/// A place in the organisation's consent ledger: 1, 2, 3, without gaps. Zero: before the first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct LedgerSeq(pub u64);
