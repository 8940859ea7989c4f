//! Rotation of an app's webhook address, with an overlap in which both addresses work.

use chrono::TimeDelta;

use super::{AccountService, App, AppChange, FormerHook};
use crate::error::{Error, RecordKind};
use crate::id::{AppId, HookId};
use crate::ledger::Action;
use crate::runtime::Runtime;
use crate::scope::{Actor, Permission};
use crate::store::{Batch, StoreError, SystemWrite};

/// The default overlap: how long the former address keeps working.
pub const OVERLAP: TimeDelta = TimeDelta::days(7);
/// The longest overlap.
pub const LONGEST_OVERLAP: TimeDelta = TimeDelta::days(30);

impl AccountService<'_> {
    /// Creates a new webhook address for an app. The former one keeps working for `overlap`, so that the new one can be entered
    /// at the provider; [`App::hook_seen`] shows when it is used.
    ///
    /// # Errors
    /// [`Error::Invalid`] for an overlap beyond [`LONGEST_OVERLAP`], and while the former address still works, which has to
    /// be ended first; [`Error::NotFound`] if the organisation has no such app; [`Error::Conflict`] if it was changed
    /// meanwhile; [`Error::Denied`] without [`Permission::AccountsManage`].
    pub async fn rotate_hook(&self, by: &Actor, id: AppId, overlap: TimeDelta) -> Result<App, Error> {
        if overlap < TimeDelta::zero() || overlap > LONGEST_OVERLAP {
            return Err(Error::invalid("overlap_hours", "must be between 0 and 720"));
        }
        let (app, now) = (self.own_app(by, id).await?, self.runtime.now());
        if app.former_at(now).is_some() {
            return Err(Error::invalid(
                "app",
                "has an address that still works from the rotation before: end that one first",
            ));
        }
        let former = FormerHook { hook: app.hook, until: now + overlap, seen: app.hook_seen };
        let change = AppChange {
            hook: Some(HookId::from_entropy(self.runtime)),
            hook_seen: Some(None),
            former: Some(Some(former)),
            ..AppChange::default()
        };
        self.change_hook(by, &app, change).await
    }

    /// Ends the address before the last rotation at once: in this process at this instant, in others within a minute. Without one
    /// nothing changes.
    ///
    /// # Errors
    /// As [`rotate_hook`](Self::rotate_hook), but for the first.
    pub async fn end_former_hook(&self, by: &Actor, id: AppId) -> Result<App, Error> {
        let app = self.own_app(by, id).await?;
        if app.former.is_none() {
            return Ok(app);
        }
        let change = AppChange { former: Some(None), ..AppChange::default() };
        self.change_hook(by, &app, change).await
    }

    /// An app that the organisation registered.
    async fn own_app(&self, by: &Actor, id: AppId) -> Result<App, Error> {
        by.scope_for(Permission::AccountsManage)?;
        let app = self.runtime.store().app(self.runtime.system(), id).await?;
        app.filter(|app| app.org == Some(by.org())).ok_or(Error::missing(RecordKind::App))
    }

    async fn change_hook(&self, by: &Actor, app: &App, change: AppChange) -> Result<App, Error> {
        let scope = by.scope_for(Permission::AccountsManage)?;
        let mut batch = Batch::new(by, Action::AppChanged, self.runtime.now());
        batch.about(app.id);
        let writes = vec![SystemWrite::ChangeApp { app: app.id, revision: app.revision, change }];
        let system = self.runtime.system();
        match self.runtime.store().commit_system(system, writes, Some((scope, batch))).await {
            Err(StoreError::PreconditionFailed(_)) => return Err(Error::Conflict { kind: RecordKind::App }),
            other => other?,
        };
        self.runtime.hooks().invalidate(&app.hook);
        if let Some(former) = app.former {
            self.runtime.hooks().invalidate(&former.hook);
        }
        self.own_app(by, app.id).await
    }
}

impl HookId {
    /// 128 random bits: an address of webhooks cannot be guessed from another.
    pub(super) fn from_entropy(runtime: &Runtime) -> Self {
        let id = uuid::Uuid::from_bytes(runtime.entropy().array());
        <Self as crate::TypedId>::from_uuid(id)
    }
}
