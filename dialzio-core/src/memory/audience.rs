//! What of an organisation an audience sees: the rows without all that it does not. The readable form of what the
//! [registry](crate::registry::Seen) declares for each table.

use super::state::Rows;
use crate::id::{ContactId, ConversationId, MessageId};
use crate::media::MediaOwner;
use crate::scope::Audience;

impl Rows {
    /// Whether an audience sees a conversation.
    pub(super) fn shows_conversation(&self, audience: &Audience, id: ConversationId) -> bool {
        self.conversations.get(&id).is_some_and(|talk| audience.sees(talk.assignee))
    }

    /// Whether an audience sees a contact: by its owner, or by work with it.
    fn shows_contact(&self, audience: &Audience, id: ContactId) -> bool {
        let owner = self.contacts.get(&id).map(|contact| contact.owner);
        let talks = self.conversations.values().filter(|talk| talk.contact == id).map(|talk| talk.assignee);
        let tasks = self.tasks.values().filter(|task| task.contact == id).map(|task| task.assignee);
        let calls = self.calls.values().filter(|call| call.contact == Some(id)).map(|call| call.member);
        owner.is_some()
            && owner.into_iter().chain(talks).chain(tasks).chain(calls).any(|who| audience.sees(who))
    }

    /// The rows that an audience sees. Logs stay whole: permissions guard them.
    pub(super) fn seen_by(&self, audience: &Audience) -> Self {
        if audience.is_all() {
            return self.clone();
        }
        let mut seen = self.clone();
        seen.contacts.retain(|id, _| self.shows_contact(audience, *id));
        seen.conversations.retain(|_, talk| audience.sees(talk.assignee));
        seen.tasks.retain(|_, task| audience.sees(task.assignee));
        seen.calls.retain(|_, call| audience.sees(call.member));
        seen.usage.retain(|_, event| audience.sees(Some(event.member)));
        seen.support_requests.retain(|_, request| audience.sees(Some(request.member)));
        let requests = &seen.support_requests;
        seen.support_messages.retain(|(request, _), _| requests.contains_key(request));
        let contacts = &seen.contacts;
        seen.notes.retain(|_, note| contacts.contains_key(&note.contact));
        seen.notices.retain(|_, notice| contacts.contains_key(&notice.contact));
        seen.identities.retain(|_, identity| contacts.contains_key(&identity.contact));
        seen.consents.retain(|record| contacts.contains_key(&record.contact));
        let identities = &seen.identities;
        seen.aliases.retain(|_, held| identities.contains_key(&held.identity));
        let talks = &seen.conversations;
        seen.messages.retain(|_, message| talks.contains_key(&message.conversation));
        seen.drafts.retain(|(talk, ..), _| talks.contains_key(talk));
        seen.scheduled.retain(|_, message| talks.contains_key(&message.conversation));
        seen.activities.retain(|_, done| talks.contains_key(&done.conversation));
        let (messages, calls) = (&seen.messages, &seen.calls);
        let shows = |message: &MessageId| messages.contains_key(message);
        seen.evidence.retain(|(message, _), _| shows(message));
        seen.references.retain(|_, reference| shows(&reference.message));
        seen.call_aliases.retain(|_, call| calls.contains_key(call));
        seen.media.retain(|_, media| match media.owner {
            MediaOwner::Message(message) => shows(&message),
            MediaOwner::Call(call) => calls.contains_key(&call),
        });
        seen.suppressions.clear();
        seen.jobs.clear();
        seen.resting.clear();
        seen.backlog.clear();
        seen.quarantine.clear();
        seen
    }
}
