//! Drafts.

use async_trait::async_trait;

use dialzio_core::conversation::{Draft, DraftStore};
use dialzio_core::{ConversationId, MemberId, OrgScope, StoreResult};

use crate::retention::RetentionCutoff;
use crate::{PostgresStore, drafts};

#[async_trait]
impl DraftStore for PostgresStore {
    async fn drafts(
        &self,
        scope: &OrgScope,
        member: MemberId,
        conversations: &[ConversationId],
    ) -> StoreResult<Vec<Draft>> {
        read_in!(self, scope, |db, org| drafts::of(
            db,
            org,
            RetentionCutoff::at(self.now()),
            member,
            conversations
        ))
    }
}
