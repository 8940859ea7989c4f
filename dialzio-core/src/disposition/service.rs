//! What people may do with dispositions: those who see conversations choose from them, those who keep the settings change
//! them.

use super::{Disposition, DispositionChange, DispositionWrite, MAX_DISPOSITIONS};
use crate::error::{Error, RecordKind};
use crate::event::DomainEvent;
use crate::id::DispositionId;
use crate::ledger::Action;
use crate::runtime::Runtime;
use crate::scope::{Actor, Permission};
use crate::store::{Batch, Precondition, RecordRef, Revision, StoreError};
use crate::text::DispositionName;

const KIND: RecordKind = RecordKind::Disposition;

/// A disposition to be added.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewDisposition {
    /// What people choose.
    pub name: DispositionName,
    /// Whether a call with this outcome counts as one in which the person was reached.
    pub counts_as_reached: bool,
    /// Its place in the list; without one it comes last.
    pub position: Option<u16>,
}

/// What to change of a disposition. Fields that are `None` stay as they are.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct DispositionPatch {
    /// What people choose.
    pub name: Option<DispositionName>,
    /// Whether a call with this outcome counts as one in which the person was reached.
    pub counts_as_reached: Option<bool>,
    /// Its place in the list.
    pub position: Option<u16>,
    /// `true` archives it, `false` brings it back.
    pub archived: Option<bool>,
}

/// What members may do with the list of call outcomes.
#[derive(Debug, Clone, Copy)]
pub struct DispositionService<'a> {
    runtime: &'a Runtime,
}

impl<'a> DispositionService<'a> {
    pub(crate) const fn new(runtime: &'a Runtime) -> Self {
        Self { runtime }
    }

    /// All dispositions in their order, archived ones too: a past call may have one of those.
    ///
    /// # Errors
    /// [`Error::Denied`] without [`Permission::ConversationsRead`].
    pub async fn all(&self, by: &Actor) -> Result<Vec<Disposition>, Error> {
        let scope = by.scope_for(Permission::ConversationsRead)?;
        Ok(self.runtime.store().dispositions(scope).await?)
    }

    /// One disposition, archived or not.
    ///
    /// # Errors
    /// [`Error::NotFound`]; [`Error::Denied`] without [`Permission::ConversationsRead`].
    pub async fn get(&self, by: &Actor, id: DispositionId) -> Result<Disposition, Error> {
        let scope = by.scope_for(Permission::ConversationsRead)?;
        self.runtime.store().disposition(scope, id).await?.ok_or(Error::missing(KIND))
    }

    /// Adds a disposition.
    ///
    /// # Errors
    /// [`Error::Duplicate`] if another one has the name; [`Error::Invalid`] if there are [`MAX_DISPOSITIONS`] already;
    /// [`Error::Denied`] without [`Permission::SettingsManage`].
    pub async fn add(&self, by: &Actor, new: NewDisposition) -> Result<Disposition, Error> {
        let scope = by.scope_for(Permission::SettingsManage)?;
        let kept = self.runtime.store().dispositions(scope).await?;
        if kept.len() >= MAX_DISPOSITIONS {
            let full =
                format!("cannot be added: there are {MAX_DISPOSITIONS} dispositions, rename one instead");
            return Err(Error::invalid("name", full));
        }
        let last = kept.last().map_or(0, |last| last.position);
        let now = self.runtime.now();
        let added = Disposition {
            id: self.runtime.ids().next(now),
            name: new.name,
            counts_as_reached: new.counts_as_reached,
            position: new.position.unwrap_or(last.saturating_add(1)),
            archived_at: None,
            revision: Revision::FIRST,
        };
        let mut batch = Batch::new(by, Action::OrgChanged, now);
        batch.about(added.id).write(DispositionWrite::Insert(added.clone())).event(DomainEvent::OrgChanged);
        self.runtime
            .store()
            .commit_one(scope, batch)
            .await
            .map_err(|error| refused(error, added.id, None))?;
        Ok(added)
    }

    /// Changes a disposition. With a revision, only if it is still at that one.
    ///
    /// # Errors
    /// [`Error::NotFound`]; [`Error::Duplicate`] if another one has the name; [`Error::Stale`] if it is not at the revision;
    /// [`Error::Conflict`] if it was changed meanwhile and no revision was given; [`Error::Denied`] without
    /// [`Permission::SettingsManage`].
    pub async fn change(
        &self,
        by: &Actor,
        id: DispositionId,
        seen: Option<Revision>,
        patch: DispositionPatch,
    ) -> Result<Disposition, Error> {
        let scope = by.scope_for(Permission::SettingsManage)?;
        let mut kept = self.runtime.store().disposition(scope, id).await?.ok_or(Error::missing(KIND))?;
        if seen.is_some_and(|seen| seen != kept.revision) {
            return Err(Error::Stale { kind: KIND });
        }
        let now = self.runtime.now();
        // One that is archived already keeps the time at which that was done.
        let archived_at = patch.archived.map(|archived| archived.then(|| kept.archived_at.unwrap_or(now)));
        let DispositionPatch { name, counts_as_reached, position, .. } = patch;
        let change = DispositionChange { name, counts_as_reached, position, archived_at };
        let mut batch = Batch::new(by, Action::OrgChanged, now);
        batch
            .about(id)
            .require(Precondition::Revision(RecordRef::Disposition(id), kept.revision))
            .event(DomainEvent::OrgChanged);
        change.apply(&mut kept);
        batch.write(DispositionWrite::Change { disposition: id, change });
        self.runtime.store().commit_one(scope, batch).await.map_err(|error| refused(error, id, seen))?;
        Ok(kept)
    }
}

/// What a refusal of the store means to a caller who adds or changes `id`.
fn refused(error: StoreError, id: DispositionId, seen: Option<Revision>) -> Error {
    let StoreError::PreconditionFailed(fact) = error else { return error.into() };
    match *fact {
        Precondition::Revision(RecordRef::Disposition(holder), Revision::NONE) if holder != id => {
            Error::Duplicate { kind: KIND }
        }
        _ if seen.is_some() => Error::Stale { kind: KIND },
        _ => Error::Conflict { kind: KIND },
    }
}
