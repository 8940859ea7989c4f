//! Scheduled messages: their port, and how they are read and written.

use async_trait::async_trait;
use rusqlite::{Connection, params};

use dialzio_core::conversation::{ScheduledMessage, ScheduledStore, ScheduledWrite};
use dialzio_core::store::StoreError;
use dialzio_core::store::rows::Columns;
use dialzio_core::{ConversationId, OrgScope, ScheduledMessageId, StoreResult};

use crate::SqliteStore;
use crate::apply::Scope;
use crate::codec::{Cols, id, read};
use crate::error::{Failure, Res};
use crate::run::Run;
use crate::statements as sql;

#[async_trait]
impl ScheduledStore for SqliteStore {
    async fn scheduled_message(
        &self,
        scope: &OrgScope,
        of: ScheduledMessageId,
    ) -> StoreResult<Option<ScheduledMessage>> {
        self.read(scope, move |snapshot| {
            let row = params![snapshot.key(), snapshot.seen()?.cutoff, id(of)];
            snapshot.db.one(sql::SCHEDULED_MESSAGE, row, read)
        })
        .await
    }

    async fn scheduled_messages(
        &self,
        scope: &OrgScope,
        conversation: ConversationId,
    ) -> StoreResult<Vec<ScheduledMessage>> {
        self.read(scope, move |snapshot| {
            let row = params![snapshot.key(), snapshot.seen()?.cutoff, id(conversation)];
            snapshot.db.all(sql::SCHEDULED_MESSAGES, row, read)
        })
        .await
    }
}

/// One that is there, expired or not.
pub(crate) fn one(db: &Connection, org: [u8; 16], of: ScheduledMessageId) -> Res<Option<ScheduledMessage>> {
    db.one(sql::SCHEDULED_MESSAGE, params![org, i64::MIN, id(of)], read)
}

impl Scope<'_> {
    pub(crate) fn write_scheduled(&mut self, write: &ScheduledWrite) -> Res<()> {
        match write {
            ScheduledWrite::Put(message) => {
                self.db.put(sql::PUT_SCHEDULED_MESSAGE, self.key, message).map(drop)
            }
            ScheduledWrite::Remove(of) => {
                self.db.run(sql::DROP_SCHEDULED_MESSAGE, params![self.key, id(*of)]).map(drop)
            }
            ScheduledWrite::RefuseAll { identity, refused } => {
                let whose = crate::identities::survivor(self.db, self.key, *identity)?;
                let Some(whose) = whose else { return Ok(()) };
                let waiting = params![self.key, id(whose.id)];
                let waiting = self.db.all(sql::SCHEDULED_FOR_IDENTITY, waiting, |row| {
                    Cols::new(row, "scheduled_message").id::<ScheduledMessageId>()
                })?;
                for of in waiting {
                    if let Some(mut message) = one(self.db, self.key, of)? {
                        message.refuse(refused.clone());
                        self.db.put(sql::PUT_SCHEDULED_MESSAGE, self.key, &message)?;
                    }
                }
                Ok(())
            }
            _ => Err(Failure::Store(StoreError::Unsupported("a change to scheduled messages"))),
        }
    }
}
