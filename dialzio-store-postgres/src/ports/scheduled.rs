//! Scheduled messages.

use async_trait::async_trait;

use dialzio_core::conversation::{ScheduledMessage, ScheduledStore};
use dialzio_core::{ConversationId, OrgScope, ScheduledMessageId, StoreResult};

use crate::retention::RetentionCutoff;
use crate::{PostgresStore, scheduled};

#[async_trait]
impl ScheduledStore for PostgresStore {
    async fn scheduled_message(
        &self,
        scope: &OrgScope,
        id: ScheduledMessageId,
    ) -> StoreResult<Option<ScheduledMessage>> {
        read_in!(self, scope, |db, org| scheduled::seen(db, org, RetentionCutoff::at(self.now()), id))
    }

    async fn scheduled_messages(
        &self,
        scope: &OrgScope,
        conversation: ConversationId,
    ) -> StoreResult<Vec<ScheduledMessage>> {
        read_in!(self, scope, |db, org| scheduled::all(
            db,
            org,
            RetentionCutoff::at(self.now()),
            conversation
        ))
    }
}
