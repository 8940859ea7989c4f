//! What people may do with saved views: each member keeps their own, and those who may share change the shared ones.

use super::{MAX_SAVED_VIEWS, SavedList, SavedQuery, SavedView, SavedViewChange, SavedViewWrite};
use crate::error::{Error, RecordKind};
use crate::event::DomainEvent;
use crate::id::SavedViewId;
use crate::ledger::Action;
use crate::runtime::Runtime;
use crate::scope::{Actor, OrgScope, Permission};
use crate::search::match_key;
use crate::store::{Batch, Precondition, RecordRef, Revision, StoreError};
use crate::text::Title;

const KIND: RecordKind = RecordKind::SavedView;

/// A view to be saved.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewSavedView {
    /// What it is called.
    pub name: Title,
    /// Whether all members see it.
    pub shared: bool,
    /// What is listed.
    pub query: SavedQuery,
}

/// What to change of a view. Fields that are `None` stay as they are.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct SavedViewPatch {
    /// What it is called.
    pub name: Option<Title>,
    /// Whether all members see it.
    pub shared: Option<bool>,
    /// What is listed, of the same list as before.
    pub query: Option<SavedQuery>,
}

/// What members may do with saved views.
#[derive(Debug, Clone, Copy)]
pub struct SavedViewService<'a> {
    runtime: &'a Runtime,
}

/// What a list shows is read by those who may read the list.
const fn reads(list: SavedList) -> Permission {
    match list {
        SavedList::Contacts => Permission::ContactsRead,
        SavedList::Inbox => Permission::ConversationsRead,
        SavedList::Calls => Permission::CallsRead,
    }
}

fn may_share(by: &Actor) -> Result<(), Error> {
    by.scope_for(Permission::ViewsShare)?;
    Ok(())
}

impl<'a> SavedViewService<'a> {
    pub(crate) const fn new(runtime: &'a Runtime) -> Self {
        Self { runtime }
    }

    /// The caller's own views and those that are shared, by name, of the lists that the caller may read. A caller who is no
    /// member has the shared ones.
    ///
    /// # Errors
    /// [`Error::Denied`] without [`Permission::ContactsRead`].
    pub async fn all(&self, by: &Actor) -> Result<Vec<SavedView>, Error> {
        let scope = by.scope_for(Permission::ContactsRead)?;
        let mut all = self.runtime.store().saved_views(scope, by.member()).await?;
        all.retain(|view| by.may(reads(view.query.list())));
        all.sort_by_cached_key(|view| (match_key(view.name.reveal()), view.id));
        Ok(all)
    }

    /// One view that the caller can see.
    ///
    /// # Errors
    /// [`Error::NotFound`], also for one that another member has not shared; [`Error::Denied`] without
    /// [`Permission::ContactsRead`].
    pub async fn get(&self, by: &Actor, id: SavedViewId) -> Result<SavedView, Error> {
        let scope = by.scope_for(Permission::ContactsRead)?;
        self.seen(by, scope, id).await
    }

    /// Saves a view.
    ///
    /// # Errors
    /// [`Error::Invalid`] if the member has [`MAX_SAVED_VIEWS`] already, and for a caller who is no member;
    /// [`Error::Denied`] without the permission to read the list, and, if it is shared, without
    /// [`Permission::ViewsShare`].
    pub async fn add(&self, by: &Actor, new: NewSavedView) -> Result<SavedView, Error> {
        let scope = by.scope_for(Permission::ContactsRead)?;
        let NewSavedView { name, shared, mut query } = new;
        by.scope_for(reads(query.list()))?;
        if shared {
            may_share(by)?;
        }
        let member = by.member().ok_or(Error::invalid("member", "is needed: who asks is no member"))?;
        let kept = self.runtime.store().saved_views(scope, Some(member)).await?;
        if kept.iter().filter(|view| view.member == member).count() >= MAX_SAVED_VIEWS {
            let full = format!("cannot be saved: you have {MAX_SAVED_VIEWS} views, delete one first");
            return Err(Error::invalid("name", full));
        }
        query.tidy();
        let now = self.runtime.now();
        let id = self.runtime.ids().next(now);
        let saved = SavedView { id, member, name, shared, query, revision: Revision::FIRST };
        let mut batch = Batch::new(by, Action::ViewChanged, now);
        batch.about(id).write(SavedViewWrite::Insert(saved.clone()));
        if shared {
            batch.event(DomainEvent::OrgChanged);
        }
        self.runtime.store().commit_one(scope, batch).await?;
        Ok(saved)
    }

    /// Changes a view. With a revision, only if it is still at that one.
    ///
    /// # Errors
    /// [`Error::NotFound`]; [`Error::Invalid`] for a query of another list; [`Error::Stale`] if it is not at the revision;
    /// [`Error::Conflict`] if it was changed meanwhile and no revision was given; [`Error::Denied`] without
    /// [`Permission::ViewsShare`] if it is shared or is to be.
    pub async fn change(
        &self,
        by: &Actor,
        id: SavedViewId,
        seen: Option<Revision>,
        patch: SavedViewPatch,
    ) -> Result<SavedView, Error> {
        let scope = by.scope_for(Permission::ContactsRead)?;
        let mut kept = self.meant(by, scope, id, seen).await?;
        let SavedViewPatch { name, shared, mut query } = patch;
        if shared == Some(true) {
            may_share(by)?;
        }
        if let Some(query) = &mut query {
            if query.list() != kept.query.list() {
                return Err(Error::invalid("query", "is of another list than the view"));
            }
            query.tidy();
        }
        let change = SavedViewChange { name, shared, query };
        let mut batch = self.under(by, &kept, shared == Some(true));
        change.apply(&mut kept);
        batch.write(SavedViewWrite::Change { saved_view: id, change });
        self.runtime.store().commit_one(scope, batch).await.map_err(|error| refused(error, seen))?;
        Ok(kept)
    }

    /// Deletes a view, and answers it as it was.
    ///
    /// # Errors
    /// [`Error::NotFound`]; [`Error::Stale`] if it is not at the revision; [`Error::Conflict`] if it was changed meanwhile
    /// and no revision was given; [`Error::Denied`] without [`Permission::ViewsShare`] if it is shared.
    pub async fn delete(
        &self,
        by: &Actor,
        id: SavedViewId,
        seen: Option<Revision>,
    ) -> Result<SavedView, Error> {
        let scope = by.scope_for(Permission::ContactsRead)?;
        let kept = self.meant(by, scope, id, seen).await?;
        let mut batch = self.under(by, &kept, false);
        batch.write(SavedViewWrite::Remove(id));
        self.runtime.store().commit_one(scope, batch).await.map_err(|error| refused(error, seen))?;
        Ok(kept)
    }

    /// One that the caller can see: their own, or a shared one of a list that they may read.
    async fn seen(&self, by: &Actor, scope: &OrgScope, id: SavedViewId) -> Result<SavedView, Error> {
        let kept = self.runtime.store().saved_view(scope, id).await?;
        let is_seen = |view: &SavedView| {
            (view.shared || Some(view.member) == by.member()) && by.may(reads(view.query.list()))
        };
        kept.filter(is_seen).ok_or(Error::missing(KIND))
    }

    /// One that the caller may change, at the revision that was seen.
    async fn meant(
        &self,
        by: &Actor,
        scope: &OrgScope,
        id: SavedViewId,
        seen: Option<Revision>,
    ) -> Result<SavedView, Error> {
        let kept = self.seen(by, scope, id).await?;
        if kept.shared {
            may_share(by)?;
        }
        if seen.is_some_and(|seen| seen != kept.revision) {
            return Err(Error::Stale { kind: KIND });
        }
        Ok(kept)
    }

    /// A batch about one that stands as it was read. Others hear of it only if they see the view.
    fn under(&self, by: &Actor, kept: &SavedView, becomes_shared: bool) -> Batch {
        let mut batch = Batch::new(by, Action::ViewChanged, self.runtime.now());
        batch.about(kept.id).require(Precondition::Revision(RecordRef::SavedView(kept.id), kept.revision));
        if kept.shared || becomes_shared {
            batch.event(DomainEvent::OrgChanged);
        }
        batch
    }
}

/// What a refusal of the store means to a caller who changes or deletes.
fn refused(error: StoreError, seen: Option<Revision>) -> Error {
    match error {
        StoreError::PreconditionFailed(_) if seen.is_some() => Error::Stale { kind: KIND },
        StoreError::PreconditionFailed(_) => Error::Conflict { kind: KIND },
        other => other.into(),
    }
}
