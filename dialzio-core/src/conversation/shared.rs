//! What was shared in a conversation: its pictures, files and links, and the place of a day in it.

use chrono::{DateTime, Utc};

use super::{ConversationService, Message, MessageSort};
use crate::error::Error;
use crate::id::{ConversationId, MessageId, TypedId, id_floor};
use crate::page::{Cursor, Page, PageRequest};
use crate::scope::{Actor, Permission};
use crate::time::OLDEST_EVENT;

/// How many messages are looked at for one page. What is left comes with the pages after it.
const EXAMINED: usize = 2_000;

impl ConversationService<'_> {
    /// Messages of a conversation that hold this, newest first. A page may hold fewer messages than were asked for, even
    /// none, and name the next one: no more than 2,000 are looked at for a page.
    ///
    /// # Errors
    /// [`Error::NotFound`]; [`Error::Denied`] without [`Permission::ConversationsRead`].
    pub async fn shared(
        &self,
        by: &Actor,
        conversation: ConversationId,
        sort: MessageSort,
        page: PageRequest,
    ) -> Result<Page<Message>, Error> {
        let limit = page.limit as usize;
        let (mut found, mut after, mut examined) = (Vec::new(), page.after, 0);
        loop {
            let request = PageRequest { after: after.take(), ..PageRequest::first(PageRequest::MAX) };
            let some = self.messages(by, conversation, request).await?;
            examined += some.items.len();
            for message in some.items.into_iter().filter(|message| sort.is(message)) {
                if found.len() == limit {
                    let last: Option<&Message> = found.last();
                    let next = last.map(|last| Cursor(last.id.uuid().as_bytes().to_vec()));
                    return Ok(Page { items: found, next });
                }
                found.push(message);
            }
            match some.next {
                Some(next) if examined < EXAMINED => after = Some(next),
                next => return Ok(Page { items: found, next }),
            }
        }
    }

    /// The newest message of a conversation that was written before an instant; `None` if there is none.
    ///
    /// # Errors
    /// [`Error::NotFound`]; [`Error::Denied`] without [`Permission::ConversationsRead`].
    pub async fn newest_before(
        &self,
        by: &Actor,
        conversation: ConversationId,
        before: DateTime<Utc>,
    ) -> Result<Option<MessageId>, Error> {
        by.scope_for(Permission::ConversationsRead)?;
        // The time in an id is that of the event, or at most so much later.
        let mut after = Some(Cursor(id_floor(before + OLDEST_EVENT).into_bytes().to_vec()));
        while after.is_some() {
            let request = PageRequest { after: after.take(), ..PageRequest::first(PageRequest::MAX) };
            let some = self.messages(by, conversation, request).await?;
            let found = some.items.iter().filter(|message| message.event_at < before);
            if let Some(newest) = found.max_by_key(|message| (message.event_at, message.id)) {
                return Ok(Some(newest.id));
            }
            after = some.next;
        }
        Ok(None)
    }
}
