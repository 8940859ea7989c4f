//! Scheduled messages: how they are read and written.

use uuid::Uuid;

use dialzio_core::conversation::{ScheduledMessage, ScheduledWrite};
use dialzio_core::store::StoreError;
use dialzio_core::store::rows::Columns;
use dialzio_core::{ConversationId, ScheduledMessageId};

use crate::apply::Scope;
use crate::codec::{Cols, id, read};
use crate::error::{Failure, Res};
use crate::retention::RetentionCutoff;
use crate::run::{Db, params};
use crate::statements as sql;

pub(crate) async fn seen(
    db: &mut Db<'_>,
    org: Uuid,
    retention: RetentionCutoff,
    of: ScheduledMessageId,
) -> Res<Option<ScheduledMessage>> {
    db.one(sql::SCHEDULED_MESSAGE, params![org, retention.now, id(of)], read).await
}

pub(crate) async fn all(
    db: &mut Db<'_>,
    org: Uuid,
    retention: RetentionCutoff,
    conversation: ConversationId,
) -> Res<Vec<ScheduledMessage>> {
    db.all(sql::SCHEDULED_MESSAGES, params![org, retention.now, id(conversation)], read).await
}

/// One that is there, expired or not.
pub(crate) async fn one(db: &mut Db<'_>, org: Uuid, of: ScheduledMessageId) -> Res<Option<ScheduledMessage>> {
    // No message is older than the beginning of time plus the longest period.
    db.one(sql::SCHEDULED_MESSAGE, params![org, i64::MIN / 2, id(of)], read).await
}

impl Scope<'_> {
    pub(crate) async fn write_scheduled(&mut self, write: &ScheduledWrite) -> Res<()> {
        match write {
            ScheduledWrite::Put(message) => {
                self.db.put_one(sql::PUT_SCHEDULED_MESSAGE, self.key, message).await.map(drop)
            }
            ScheduledWrite::Remove(of) => {
                self.db.run(sql::DROP_SCHEDULED_MESSAGE, params![self.key, id(*of)]).await.map(drop)
            }
            ScheduledWrite::RefuseAll { identity, refused } => {
                let whose = crate::identities::survivor(&mut self.db, self.key, *identity).await?;
                let Some(whose) = whose else { return Ok(()) };
                let waiting = params![self.key, id(whose.id)];
                let waiting = self
                    .db
                    .all(sql::SCHEDULED_FOR_IDENTITY, waiting, |row| {
                        Cols::new(row, "scheduled_message").id::<ScheduledMessageId>()
                    })
                    .await?;
                for of in waiting {
                    if let Some(mut message) = one(&mut self.db, self.key, of).await? {
                        message.refuse(refused.clone());
                        self.db.put_one(sql::PUT_SCHEDULED_MESSAGE, self.key, &message).await?;
                    }
                }
                Ok(())
            }
            _ => Err(Failure::Store(StoreError::Unsupported("a change to scheduled messages"))),
        }
    }
}
