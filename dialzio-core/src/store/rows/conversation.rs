//! Conversations, what an inbox shows of them, and what was done with them.

use super::{Bind, Columns, FromRow, ToRow};
use crate::call::CallPermission;
use crate::conversation::{Activity, ActivityKind, Conversation, ConversationState, InboxEntry, LastMessage};
use crate::id::ConversationId;
use crate::store::{Revision, StoreResult};
use crate::text::MessageText;

/// The word, and the end of a snooze.
impl FromRow for ConversationState {
    const RECORD: &'static str = "conversation";

    fn from_row<C: Columns>(c: &C) -> Result<Self, C::Error> {
        let (word, until) = (c.str()?, c.opt_time()?);
        match (word, until) {
            ("open", None) => Ok(Self::Open),
            ("closed", None) => Ok(Self::Closed),
            ("snoozed", Some(until)) => Ok(Self::Snoozed { until }),
            _ => Err(c.bad()),
        }
    }
}

impl ToRow for ConversationState {
    fn to_row<B: Bind>(&self, to: &mut B) -> StoreResult<()> {
        to.text(self.as_str());
        to.opt_time(match self {
            Self::Snoozed { until } => Some(*until),
            Self::Open | Self::Closed => None,
        });
        Ok(())
    }
}

/// A conversation, or none where all of its columns are absent because a joined row has none.
///
/// # Errors
/// A column does not hold what a conversation needs.
pub fn opt_conversation<C: Columns>(c: &C) -> Result<Option<Conversation>, C::Error> {
    c.opt_id()?.map(|id| after_id(c, id)).transpose()
}

fn permission<C: Columns>(c: &C) -> Result<Option<CallPermission>, C::Error> {
    match (c.opt_word()?, c.opt_time()?, c.opt_time()?) {
        (Some(answer), until, Some(at)) => Ok(Some(CallPermission { answer, until, at })),
        (None, None, None) => Ok(None),
        _ => Err(c.bad()),
    }
}

fn after_id<C: Columns>(c: &C, id: ConversationId) -> Result<Conversation, C::Error> {
    Ok(Conversation {
        id,
        account: c.id()?,
        identity: c.id()?,
        contact: c.id()?,
        state: ConversationState::from_row(c)?,
        assignee: c.key_id()?,
        team: c.opt_id()?,
        unread: c.number()?,
        last_message: c.opt_id()?,
        last_at: c.time()?,
        last_inbound_at: c.opt_time()?,
        last_inbound: c.opt_id()?,
        seen_up_to: c.opt_id()?,
        revision: Revision(c.number()?),
        created_at: c.time()?,
        waiting_since: c.opt_time()?,
        last_failed: c.flag()?,
        call_permission: permission(c)?,
    })
}

impl FromRow for Conversation {
    const RECORD: &'static str = "conversation";

    fn from_row<C: Columns>(c: &C) -> Result<Self, C::Error> {
        after_id(c, c.id()?)
    }
}

impl ToRow for Conversation {
    fn to_row<B: Bind>(&self, to: &mut B) -> StoreResult<()> {
        to.id(self.id);
        to.id(self.account);
        to.id(self.identity);
        to.id(self.contact);
        self.state.to_row(to)?;
        to.key_id(self.assignee);
        to.opt_id(self.team);
        to.integer(self.unread);
        to.opt_id(self.last_message);
        to.time(self.last_at);
        to.opt_time(self.last_inbound_at);
        to.opt_id(self.last_inbound);
        to.opt_id(self.seen_up_to);
        to.integer(self.revision.0);
        to.time(self.created_at);
        to.opt_time(self.waiting_since);
        to.flag(self.last_failed);
        let permission = self.call_permission;
        to.opt_text(permission.map(|answer| answer.answer.as_str()));
        to.opt_time(permission.and_then(|answer| answer.until));
        to.opt_time(permission.map(|answer| answer.at));
        Ok(())
    }
}

impl FromRow for InboxEntry {
    const RECORD: &'static str = "conversation";

    fn from_row<C: Columns>(c: &C) -> Result<Self, C::Error> {
        Ok(Self {
            conversation: Conversation::from_row(c)?,
            contact_name: c.opt_text()?,
            stage: c.word()?,
            profile_name: c.opt_text()?,
            username: c.opt_text()?,
            phone: c.opt_text()?,
            doubtful_since: c.opt_time()?,
            last: match c.opt_id()? {
                None => None,
                Some(id) => Some(LastMessage {
                    id,
                    direction: c.word()?,
                    author: c.opt_str()?.map(str::to_owned),
                    kind: c.text()?,
                    display_text: c.opt_str()?.and_then(MessageText::received),
                    status: c.word()?,
                }),
            },
        })
    }
}

impl FromRow for Activity {
    const RECORD: &'static str = "activity";

    fn from_row<C: Columns>(c: &C) -> Result<Self, C::Error> {
        let (id, conversation, by) = (c.id()?, c.id()?, c.text()?);
        let (word, member, until) = (c.str()?, c.opt_id()?, c.opt_time()?);
        let what = ActivityKind::from_stored(word, member, until).ok_or_else(|| c.bad())?;
        Ok(Self { id, conversation, by, what, at: c.time()? })
    }
}

impl ToRow for Activity {
    fn to_row<B: Bind>(&self, to: &mut B) -> StoreResult<()> {
        to.id(self.conversation);
        to.id(self.id);
        to.text(&self.by);
        to.text(self.what.as_str());
        to.opt_id(self.what.member());
        to.opt_time(self.what.until());
        to.time(self.at);
        Ok(())
    }
}
