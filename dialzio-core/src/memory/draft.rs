//! Drafts.

use async_trait::async_trait;

use super::state::Rows;
use super::{MemoryStore, unreadable};
use crate::conversation::{Draft, DraftStore, DraftWrite};
use crate::id::{ConversationId, MemberId};
use crate::scope::OrgScope;
use crate::store::StoreResult;
use crate::store::periods::DRAFT_PERIOD;

impl Rows {
    pub(super) fn write_draft(&mut self, write: DraftWrite) -> StoreResult<()> {
        match write {
            DraftWrite::Save(draft) => {
                if !self.conversations.contains_key(&draft.conversation) {
                    return Err(unreadable("conversation of a draft"));
                }
                self.drafts.insert((draft.conversation, draft.member, draft.kind), draft);
            }
            DraftWrite::Remove { conversation, member, kind } => {
                self.drafts.remove(&(conversation, member, kind));
            }
        }
        Ok(())
    }
}

#[async_trait]
impl DraftStore for MemoryStore {
    async fn drafts(
        &self,
        scope: &OrgScope,
        member: MemberId,
        conversations: &[ConversationId],
    ) -> StoreResult<Vec<Draft>> {
        self.read(scope, |rows, now| {
            let kept = rows.retention().min(DRAFT_PERIOD);
            let own = rows.drafts.values().filter(|draft| draft.member == member);
            let asked = own.filter(|draft| conversations.contains(&draft.conversation));
            asked.filter(|draft| draft.saved_at > now - kept).cloned().collect()
        })
    }
}
