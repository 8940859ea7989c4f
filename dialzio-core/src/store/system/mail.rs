//! Mail that waits to be sent.

use async_trait::async_trait;
use chrono::{DateTime, Utc};

use crate::mail::QueuedMail;
use crate::scope::SystemScope;
use crate::store::StoreResult;

/// Mail that waits to be sent.
#[async_trait]
pub trait MailStore: Send + Sync {
    /// Mail that is due and has not ended, that which has waited longest first, then by id.
    async fn mails_due(
        &self,
        scope: &SystemScope,
        now: DateTime<Utc>,
        limit: u32,
    ) -> StoreResult<Vec<QueuedMail>>;
}
