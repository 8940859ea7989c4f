//! An SMS, as the emulated vendor keeps it.

use chrono::{DateTime, Utc};

/// An SMS at the emulated vendor.
#[derive(Clone, PartialEq, Eq)]
pub struct EmulatedSms {
    /// The vendor's id, which only the inbox shows.
    pub id: String,
    /// The App ID of the account.
    pub app_id: u64,
    /// The user who sent it, or whose inbox it is in.
    pub user: String,
    /// The person's number, as digits with the country code.
    pub customer: String,
    /// Whether the person wrote it.
    pub received: bool,
    /// What it says.
    pub text: String,
    /// When it was sent or received.
    pub at: DateTime<Utc>,
}

impl std::fmt::Debug for EmulatedSms {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("EmulatedSms").field("id", &self.id).finish_non_exhaustive()
    }
}
