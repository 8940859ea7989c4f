//! Scheduled messages.

use async_trait::async_trait;

use super::state::Rows;
use super::{MemoryStore, unreadable};
use crate::conversation::{ScheduledMessage, ScheduledStore, ScheduledWrite};
use crate::id::{ConversationId, ScheduledMessageId};
use crate::scope::OrgScope;
use crate::store::StoreResult;

impl Rows {
    pub(super) fn write_scheduled(&mut self, write: ScheduledWrite) -> StoreResult<()> {
        match write {
            ScheduledWrite::Put(message) => {
                if !self.conversations.contains_key(&message.conversation) {
                    return Err(unreadable("conversation of a scheduled message"));
                }
                self.scheduled.insert(message.id, message);
            }
            ScheduledWrite::Remove(id) => {
                self.scheduled.remove(&id);
            }
            ScheduledWrite::RefuseAll { identity, refused } => {
                let whose = self.survivor(identity);
                let theirs = |message: &ScheduledMessage| {
                    let talk = self.conversations.get(&message.conversation);
                    talk.is_some_and(|talk| self.survivor(talk.identity) == whose)
                };
                let waiting = self.scheduled.values().filter(|message| message.refused.is_none());
                let waiting: Vec<_> =
                    waiting.filter(|message| theirs(message)).map(|message| message.id).collect();
                for id in waiting {
                    if let Some(message) = self.scheduled.get_mut(&id) {
                        message.refuse(refused.clone());
                    }
                }
            }
        }
        Ok(())
    }
}

#[async_trait]
impl ScheduledStore for MemoryStore {
    async fn scheduled_message(
        &self,
        scope: &OrgScope,
        id: ScheduledMessageId,
    ) -> StoreResult<Option<ScheduledMessage>> {
        self.read(scope, |rows, now| {
            let found = rows.scheduled.get(&id);
            found.filter(|message| message.send_at + rows.retention() > now).cloned()
        })
    }

    async fn scheduled_messages(
        &self,
        scope: &OrgScope,
        conversation: ConversationId,
    ) -> StoreResult<Vec<ScheduledMessage>> {
        self.read(scope, |rows, now| {
            let all = rows.scheduled.values().filter(|message| message.conversation == conversation);
            let seen = all.filter(|message| message.send_at + rows.retention() > now);
            let mut seen: Vec<_> = seen.cloned().collect();
            seen.sort_by_key(|message| (message.send_at, message.id));
            seen
        })
    }
}
