//! Drafts: their port, and how they are read and written.

use async_trait::async_trait;
use rusqlite::params;

use dialzio_core::conversation::{Draft, DraftStore, DraftWrite};
use dialzio_core::store::StoreError;
use dialzio_core::store::periods::DRAFT_PERIOD;
use dialzio_core::{ConversationId, MemberId, OrgScope, StoreResult};

use crate::SqliteStore;
use crate::apply::Scope;
use crate::codec::{id, id_list, read};
use crate::error::{Failure, Res};
use crate::run::Run;
use crate::statements as sql;

#[async_trait]
impl DraftStore for SqliteStore {
    async fn drafts(
        &self,
        scope: &OrgScope,
        member: MemberId,
        conversations: &[ConversationId],
    ) -> StoreResult<Vec<Draft>> {
        let asked = id_list(conversations.iter().copied());
        self.read(scope, move |snapshot| {
            let seen = snapshot.seen()?;
            let expired = seen.cutoff.max(seen.now - DRAFT_PERIOD.num_microseconds().unwrap_or(0));
            snapshot.db.all(sql::DRAFTS, params![snapshot.key(), id(member), expired, asked], read)
        })
        .await
    }
}

impl Scope<'_> {
    pub(crate) fn write_draft(&mut self, write: &DraftWrite) -> Res<()> {
        match write {
            DraftWrite::Save(draft) => self.db.put(sql::PUT_DRAFT, self.key, draft).map(drop),
            DraftWrite::Remove { conversation, member, kind } => {
                let row = params![self.key, id(*conversation), id(*member), kind.as_str()];
                self.db.run(sql::DROP_DRAFT, row).map(drop)
            }
            _ => Err(Failure::Store(StoreError::Unsupported("a change to drafts"))),
        }
    }
}
