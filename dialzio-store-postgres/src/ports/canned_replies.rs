//! Canned replies.

use async_trait::async_trait;

use dialzio_core::canned_reply::{CannedReply, CannedReplyStore};
use dialzio_core::{CannedReplyId, OrgScope, StoreResult};

use crate::{PostgresStore, canned_replies};

#[async_trait]
impl CannedReplyStore for PostgresStore {
    async fn canned_reply(&self, scope: &OrgScope, id: CannedReplyId) -> StoreResult<Option<CannedReply>> {
        read_in!(self, scope, |db, org| canned_replies::one(db, org, id))
    }

    async fn canned_replies(&self, scope: &OrgScope) -> StoreResult<Vec<CannedReply>> {
        read_in!(self, scope, |db, org| canned_replies::all(db, org))
    }
}
