//! The same done with many contacts: each has its outcome, and one that is refused holds none of the others back.

use std::collections::{BTreeMap, BTreeSet};

use super::service::TRIES;
use super::{Contact, ContactService, ContactWrite, Stage};
use crate::access::active_member;
use crate::error::{Error, RecordKind};
use crate::event::DomainEvent;
use crate::id::{ContactId, MemberId};
use crate::ledger::Action;
use crate::scope::{Actor, OrgScope, Permission};
use crate::store::{Batch, Precondition, RecordRef, Revision, StoreError};
use crate::text::TagName;

/// The most contacts of one request.
pub const MAX_CONTACTS: usize = 100;

/// How many are changed in one transaction, so that no other writer waits for long.
const CHUNK: usize = 25;

/// What is done with each of them.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum ContactAction {
    /// Changes its owner; `None` removes the owner.
    Owner(Option<MemberId>),
    /// Moves it to a stage.
    Stage(Stage),
    /// Adds a tag.
    AddTag(TagName),
    /// Removes a tag.
    RemoveTag(TagName),
}

impl ContactAction {
    /// The contact as it is afterwards; `None` if it is so already.
    fn apply(&self, contact: &Contact) -> Option<Contact> {
        let mut after = contact.clone();
        match self {
            Self::Owner(owner) => after.owner = *owner,
            Self::Stage(stage) => after.stage = *stage,
            Self::AddTag(tag) => {
                if let Err(place) = after.tags.binary_search(tag) {
                    after.tags.insert(place, tag.clone());
                }
            }
            Self::RemoveTag(tag) => after.tags.retain(|kept| kept != tag),
        }
        (after != *contact).then_some(after)
    }
}

/// One contact that is to be changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ContactTarget {
    /// Which one.
    pub contact: ContactId,
    /// Only if it is still at this revision; `None` changes it at whatever revision it is.
    pub revision: Option<Revision>,
}

impl From<ContactId> for ContactTarget {
    fn from(contact: ContactId) -> Self {
        Self { contact, revision: None }
    }
}

/// A contact that was changed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ContactChange {
    /// As it was before.
    pub before: Contact,
    /// Its revision now.
    pub revision: Revision,
}

/// What became of one contact.
#[derive(Debug)]
pub struct ContactOutcome {
    /// Which one.
    pub contact: ContactId,
    /// How it was changed; `None` if it was so already.
    pub result: Result<Option<ContactChange>, Error>,
}

/// A change that is decided on and not committed yet.
struct Decided {
    place: usize,
    target: ContactTarget,
    before: Contact,
    batch: Batch,
}

impl ContactService<'_> {
    /// Does the same with up to [`MAX_CONTACTS`] contacts, in their order, each once. What is written is committed in chunks,
    /// each change under the revision that it was decided on; one that another caller changes at the same time is decided
    /// again, or refused if its target names a revision.
    ///
    /// # Errors
    /// [`Error::Invalid`] for no contact, or more than [`MAX_CONTACTS`]; [`Error::NotFound`] for the owner;
    /// [`Error::Denied`] without [`Permission::ContactsWrite`]. What concerns one contact alone is its outcome.
    pub async fn bulk(
        &self,
        by: &Actor,
        targets: &[ContactTarget],
        action: &ContactAction,
    ) -> Result<Vec<ContactOutcome>, Error> {
        let scope = by.scope_for(Permission::ContactsWrite)?;
        if targets.is_empty() || targets.len() > MAX_CONTACTS {
            return Err(Error::invalid("contacts", format!("must name 1 to {MAX_CONTACTS} contacts")));
        }
        if let ContactAction::Owner(Some(member)) = action {
            active_member(self.runtime, scope, *member).await?;
        }
        let mut seen = BTreeSet::new();
        let targets: Vec<_> = targets.iter().copied().filter(|target| seen.insert(target.contact)).collect();
        let mut outcomes = Vec::with_capacity(targets.len());
        for chunk in targets.chunks(CHUNK) {
            self.chunk(by, scope, chunk, action, &mut outcomes).await?;
        }
        Ok(outcomes)
    }

    async fn chunk(
        &self,
        by: &Actor,
        scope: &OrgScope,
        targets: &[ContactTarget],
        action: &ContactAction,
        outcomes: &mut Vec<ContactOutcome>,
    ) -> Result<(), Error> {
        let ids: Vec<_> = targets.iter().map(|target| target.contact).collect();
        let found = self.runtime.store().contacts_by_id(scope, &ids).await?;
        let mut found: BTreeMap<_, _> = found.into_iter().map(|contact| (contact.id, contact)).collect();
        let mut decided = Vec::new();
        for target in targets {
            let (place, target) = (outcomes.len(), *target);
            let result = match found.remove(&target.contact) {
                None => Err(Error::missing(RecordKind::Contact)),
                Some(before) if target.revision.is_some_and(|meant| meant != before.revision) => {
                    Err(Error::Stale { kind: RecordKind::Contact })
                }
                Some(before) => {
                    if let Some(batch) = self.decided(by, &before, action) {
                        decided.push(Decided { place, target, before, batch });
                    }
                    Ok(None)
                }
            };
            outcomes.push(ContactOutcome { contact: target.contact, result });
        }
        let batches = decided.iter().map(|one| one.batch.clone()).collect();
        let committed = self.runtime.store().commit(scope, batches).await;
        for (one, committed) in decided.into_iter().zip(committed) {
            let result = match committed {
                Ok(_) => Ok(Some(changed(one.before))),
                Err(StoreError::PreconditionFailed(_)) => self.again(by, scope, one.target, action).await,
                Err(error) => return Err(error.into()),
            };
            if let Some(outcome) = outcomes.get_mut(one.place) {
                outcome.result = result;
            }
        }
        Ok(())
    }

    /// The change of one contact; `None` if it is so already.
    fn decided(&self, by: &Actor, before: &Contact, action: &ContactAction) -> Option<Batch> {
        let now = self.runtime.now();
        let after = Contact { updated_at: now, ..action.apply(before)? };
        let mut batch = Batch::new(by, Action::ContactChanged, now);
        batch
            .about(before.id)
            .require(Precondition::Revision(RecordRef::Contact(before.id), before.revision))
            .write(ContactWrite::Update(after))
            .event(DomainEvent::ContactChanged { contact: before.id });
        Some(batch)
    }

    /// The same for one alone, which another caller has just changed.
    async fn again(
        &self,
        by: &Actor,
        scope: &OrgScope,
        target: ContactTarget,
        action: &ContactAction,
    ) -> Result<Option<ContactChange>, Error> {
        if target.revision.is_some() {
            return Err(Error::Stale { kind: RecordKind::Contact });
        }
        for _ in 0..TRIES {
            let before = self.require(scope, target.contact).await?;
            let Some(batch) = self.decided(by, &before, action) else { return Ok(None) };
            match self.runtime.store().commit_one(scope, batch).await {
                Err(StoreError::PreconditionFailed(_)) => {}
                other => {
                    other?;
                    return Ok(Some(changed(before)));
                }
            }
        }
        Err(Error::Conflict { kind: RecordKind::Contact })
    }
}

fn changed(before: Contact) -> ContactChange {
    let revision = Revision(before.revision.0 + 1);
    ContactChange { before, revision }
}
