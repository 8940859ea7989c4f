//! What a member says about who writes from a number that its person had given up.

use super::{Alias, ChannelIdentity, Contact, ContactService, ContactWrite, NameSource, Note, Stage};
use crate::consent::{Channel, ConsentEvent, Entry, Evidence, EvidenceKind, PurposeScope, enter};
use crate::error::{Error, RecordKind};
use crate::event::DomainEvent;
use crate::id::{ChannelIdentityId, ContactId};
use crate::ledger::Action;
use crate::name::string_enum;
use crate::scope::{Actor, Permission};
use crate::store::{Batch, Precondition, RecordRef, Revision, StoreError};
use crate::text::{EvidenceText, NoteText};

string_enum! {
    /// Who writes from a number that its person had given up.
    pub enum DoubtAnswer {
        /// The person whose number it was: it is theirs again.
        SamePerson = "same_person",
        /// Another person, who gets a new contact and a new conversation.
        AnotherPerson = "another_person",
    }
}

/// What shows that nothing is agreed with the new holder of a number.
const OTHERS: &str = "A member said that the number belongs to another person now: what was agreed under it does not hold for them.";

impl ContactService<'_> {
    /// Says who writes from a number that its person had given up. [`DoubtAnswer::SamePerson`] answers the contact it was filed
    /// under; [`DoubtAnswer::AnotherPerson`] a new contact with a conversation to come, and what was consented to by that number
    /// does not hold for them. What was written so far stays where it is.
    ///
    /// # Errors
    /// [`Error::NotFound`] if the contact has no such identity; [`Error::Conflict`] if it is not in doubt, or another member
    /// has just answered; [`Error::Denied`] without [`Permission::ContactsWrite`].
    pub async fn resolve_doubt(
        &self,
        by: &Actor,
        contact: ContactId,
        identity: ChannelIdentityId,
        answer: DoubtAnswer,
    ) -> Result<Contact, Error> {
        let scope = by.scope_for(Permission::ContactsWrite)?;
        let record = self.require(scope, contact).await?;
        let known = self.runtime.store().channel_identities(scope, contact).await?;
        let known = known.into_iter().find(|known| known.id == identity);
        let known = known.ok_or(Error::missing(RecordKind::Identity))?;
        let conflict = Error::Conflict { kind: RecordKind::Identity };
        let Some(doubt) = known.doubt.clone() else { return Err(conflict) };
        let (now, ids) = (self.runtime.now(), self.runtime.ids());
        let number = Alias::Phone(doubt.number.clone());
        let mut batch = Batch::new(by, Action::ContactChanged, now);
        batch
            .about(contact)
            // Of two answers at the same time the second is refused, since the contact's revision has risen.
            .require(Precondition::Revision(RecordRef::Contact(contact), record.revision))
            .write(ContactWrite::Update(Contact { updated_at: now, ..record }))
            .write(ContactWrite::Doubt { identity, doubt: None })
            .event(DomainEvent::ContactChanged { contact });
        let answered = match answer {
            DoubtAnswer::SamePerson => {
                batch
                    .write(ContactWrite::Former { identity, alias: number, since: None })
                    .write(ContactWrite::Profile {
                        identity,
                        name: doubt.name,
                        username: None,
                        at: doubt.since,
                    })
                    .write(ContactWrite::FollowProfile { contact });
                contact
            }
            DoubtAnswer::AnotherPerson => {
                let other = Contact {
                    id: ids.next(now),
                    name: doubt.name.clone(),
                    name_source: NameSource::Profile,
                    stage: Stage::New,
                    owner: by.member(),
                    details: Vec::new(),
                    tags: Vec::new(),
                    restricted: false,
                    revision: Revision::FIRST,
                    created_at: now,
                    updated_at: now,
                };
                let theirs = ChannelIdentity {
                    id: ids.next(now),
                    contact: other.id,
                    portfolio: known.portfolio.clone(),
                    aliases: vec![number.clone()],
                    profile_name: doubt.name,
                    username: None,
                    profile_at: doubt.since,
                    unreachable_since: None,
                    former: Vec::new(),
                    doubt: None,
                    created_at: now,
                };
                let moved = format!("{} belongs to another person now.", doubt.number.international());
                if let Some(text) = NoteText::received(&moved) {
                    let author = by.principal().to_ref();
                    let note = Note { id: ids.next(now), contact, author, text, created_at: now };
                    batch.write(ContactWrite::Note(note));
                }
                batch
                    .write(ContactWrite::Insert(other.clone()))
                    .write(ContactWrite::Release { identity, alias: number.clone() })
                    .write(ContactWrite::Identity(theirs.clone()))
                    .event(DomainEvent::ContactChanged { contact: other.id });
                if let Some(note) = EvidenceText::received(OTHERS) {
                    let entry = Entry {
                        contact: other.id,
                        subjects: vec![number.subject_key(&known.portfolio)],
                        channel: Channel::Any,
                        scope: PurposeScope::Any,
                        event: ConsentEvent::Withdrawn,
                        evidence: Evidence { kind: EvidenceKind::InPerson, note, message: None },
                        by: by.principal(),
                        occurred_at: now,
                        lasts: None,
                        identities: &[identity, theirs.id],
                    };
                    enter(&mut batch, ids, now, entry);
                }
                other.id
            }
        };
        match self.runtime.store().commit_one(scope, batch).await {
            Err(StoreError::PreconditionFailed(_)) => Err(conflict),
            Err(error) => Err(error.into()),
            Ok(_) => self.require(scope, answered).await,
        }
    }
}
