//! Drafts: how they are read and written.

use uuid::Uuid;

use dialzio_core::conversation::{Draft, DraftWrite};
use dialzio_core::store::StoreError;
use dialzio_core::store::periods::DRAFT_PERIOD;
use dialzio_core::{ConversationId, MemberId};

use crate::apply::Scope;
use crate::codec::{id, id_list, read};
use crate::error::{Failure, Res};
use crate::retention::RetentionCutoff;
use crate::run::{Db, params};
use crate::statements as sql;

pub(crate) async fn of(
    db: &mut Db<'_>,
    org: Uuid,
    retention: RetentionCutoff,
    member: MemberId,
    conversations: &[ConversationId],
) -> Res<Vec<Draft>> {
    let asked = id_list(conversations.iter().copied());
    let expired = retention.now - DRAFT_PERIOD.num_microseconds().unwrap_or(0);
    db.all(sql::DRAFTS, params![org, retention.now, expired, id(member), asked], read).await
}

impl Scope<'_> {
    pub(crate) async fn write_draft(&mut self, write: &DraftWrite) -> Res<()> {
        match write {
            DraftWrite::Save(draft) => self.db.put_one(sql::PUT_DRAFT, self.key, draft).await.map(drop),
            DraftWrite::Remove { conversation, member, kind } => {
                let row = params![self.key, id(*conversation), id(*member), kind.as_str()];
                self.db.run(sql::DROP_DRAFT, row).await.map(drop)
            }
            _ => Err(Failure::Store(StoreError::Unsupported("a change to drafts"))),
        }
    }
}
