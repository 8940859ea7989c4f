//! Messages that are mentioned under another form of their id than the one they are kept under.
//!
//! Some providers put into the id of a message through whose eyes it is seen: the business's, or the person's under their
//! number or their business-scoped id. An answer or a reaction may name another form than the one that came with the message.

use super::Intake;
use super::decide::{Mention, element};
use crate::contact::Alias;
use crate::conversation::{ExternalId, InboundFacts, InboundQuery, KnownMessage};
use crate::error::Error;
use crate::id::ConversationId;
use crate::page::PageRequest;
use crate::provider::{Received, Sender, WebhookDecoder};
use crate::scope::OrgScope;

/// How many messages of a conversation are compared, the newest first.
const COMPARED: u32 = PageRequest::MAX;

/// A mention of a message that is not here under the id it is mentioned by.
struct Missed<'a> {
    sender: &'a Sender,
    target: &'a ExternalId,
    key: String,
}

impl Intake<'_> {
    /// Adds the messages that elements mention under another form of their id to what is known, under that form. Only the
    /// sender's own conversation is searched, so guessing a part of an id reaches no other person's message.
    pub(super) async fn match_other_forms(
        &self,
        decoder: &dyn WebhookDecoder,
        scope: &OrgScope,
        asked: &InboundQuery,
        elements: &[Received],
        known: &mut InboundFacts,
    ) -> Result<(), Error> {
        let elements: Vec<_> = elements.iter().map(|received| element(&received.element.body)).collect();
        let is_here = |id: &ExternalId| known.messages.iter().any(|one| one.external.as_ref() == Some(id));
        let arrives = |id: &ExternalId| elements.iter().any(|element| element.brings() == Some(id));
        let missed: Vec<Missed<'_>> = elements
            .iter()
            .filter_map(|element| element.mention())
            .filter(|mention| !is_here(mention.target) && !arrives(mention.target))
            .filter_map(|Mention { sender, target }| {
                Some(Missed { sender, target, key: decoder.message_key(target)? })
            })
            .collect();
        if missed.is_empty() {
            return Ok(());
        }
        let aliases: Vec<Alias> = missed.iter().flat_map(|missed| missed.sender.aliases()).collect();
        let ask =
            InboundQuery { aliases, external: Vec::new(), own: Vec::new(), consent: false, ..asked.clone() };
        let people = self.runtime.store().inbound_facts(scope, &ask).await?.identities;
        let conversation_of = |sender: &Sender| -> Option<ConversationId> {
            let seen = sender.aliases();
            let is_them = |alias: &Alias| seen.iter().any(|seen| alias.is(seen));
            let person = people.iter().find(|person| person.identity.aliases.iter().any(is_them))?;
            person.conversation.as_ref().map(|conversation| conversation.id)
        };
        let mut read = None;
        for Missed { sender, target, key } in missed {
            let Some(conversation) = conversation_of(sender) else { continue };
            let messages = match read.take() {
                Some((of, messages)) if of == conversation => messages,
                _ => {
                    let page = PageRequest::first(COMPARED);
                    self.runtime.store().messages(scope, conversation, page).await?.items
                }
            };
            let same = messages.iter().find(|message| {
                let external = message.external.as_ref();
                external.and_then(|id| decoder.message_key(id)).is_some_and(|own| own == key)
            });
            known.messages.extend(same.map(|message| KnownMessage {
                id: message.id,
                conversation,
                direction: message.direction,
                external: Some(target.clone()),
                digest: None,
                status: message.delivery.status,
            }));
            read = Some((conversation, messages));
        }
        Ok(())
    }
}
