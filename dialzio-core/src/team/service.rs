//! Use cases of teams.

use super::{MAX_TEAM_MEMBERS, MAX_TEAMS, Team, TeamChange, TeamWrite};
use crate::error::{Error, RecordKind};
use crate::event::DomainEvent;
use crate::id::{MemberId, TeamId};
use crate::ledger::Action;
use crate::runtime::Runtime;
use crate::scope::{Actor, OrgScope, Permission};
use crate::store::{Batch, Precondition, RecordRef, Revision, StoreError};
use crate::text::Title;

const KIND: RecordKind = RecordKind::Team;

/// A team to be made.
#[derive(Debug, Clone)]
pub struct NewTeam {
    /// What members call it.
    pub name: Title,
    /// Who is in it.
    pub members: Vec<MemberId>,
}

/// What is to change on a team; `None` leaves a field as it is.
#[derive(Debug, Clone, Default)]
pub struct TeamPatch {
    /// What members call it.
    pub name: Option<Title>,
    /// All members anew.
    pub members: Option<Vec<MemberId>>,
}

/// Teams.
#[derive(Debug, Clone, Copy)]
pub struct TeamService<'a> {
    runtime: &'a Runtime,
}

impl<'a> TeamService<'a> {
    pub(crate) const fn new(runtime: &'a Runtime) -> Self {
        Self { runtime }
    }

    /// All teams, by id.
    ///
    /// # Errors
    /// [`Error::Denied`] without [`Permission::MembersRead`].
    pub async fn all(&self, by: &Actor) -> Result<Vec<Team>, Error> {
        let scope = by.scope_for(Permission::MembersRead)?;
        Ok(self.runtime.store().teams(scope).await?)
    }

    /// One team.
    ///
    /// # Errors
    /// [`Error::NotFound`]; [`Error::Denied`] without [`Permission::MembersRead`].
    pub async fn get(&self, by: &Actor, id: TeamId) -> Result<Team, Error> {
        let scope = by.scope_for(Permission::MembersRead)?;
        self.runtime.store().team(scope, id).await?.ok_or(Error::missing(KIND))
    }

    /// Adds a team.
    ///
    /// # Errors
    /// [`Error::Invalid`] if there are [`MAX_TEAMS`] already, or for too many members; [`Error::NotFound`] for a member;
    /// [`Error::Denied`] without [`Permission::MembersManage`].
    pub async fn add(&self, by: &Actor, new: NewTeam) -> Result<Team, Error> {
        let scope = by.scope_for(Permission::MembersManage)?;
        if self.runtime.store().teams(scope).await?.len() >= MAX_TEAMS {
            let full = format!("cannot be added: there are {MAX_TEAMS} teams, delete one first");
            return Err(Error::invalid("name", full));
        }
        let members = self.known(scope, new.members).await?;
        let now = self.runtime.now();
        let id = self.runtime.ids().next(now);
        let added = Team { id, name: new.name, members, revision: Revision::FIRST };
        let mut batch = Batch::new(by, Action::TeamChanged, now);
        batch.about(id).write(TeamWrite::Insert(added.clone())).event(DomainEvent::OrgChanged);
        self.runtime.store().commit_one(scope, batch).await?;
        Ok(added)
    }

    /// Changes a team. With a revision, only if it is still at that one.
    ///
    /// # Errors
    /// [`Error::NotFound`] for the team or a member; [`Error::Invalid`] for too many members; [`Error::Stale`] if it is not at
    /// the revision; [`Error::Conflict`] if it was changed meanwhile and no revision was given; [`Error::Denied`] without
    /// [`Permission::MembersManage`].
    pub async fn change(
        &self,
        by: &Actor,
        id: TeamId,
        seen: Option<Revision>,
        patch: TeamPatch,
    ) -> Result<Team, Error> {
        let scope = by.scope_for(Permission::MembersManage)?;
        let mut kept = self.meant(scope, id, seen).await?;
        let members = match patch.members {
            Some(members) => Some(self.known(scope, members).await?),
            None => None,
        };
        let change = TeamChange { name: patch.name, members };
        let mut batch = self.under(by, &kept);
        change.apply(&mut kept);
        batch.write(TeamWrite::Change { team: id, change });
        self.runtime.store().commit_one(scope, batch).await.map_err(|error| refused(error, seen))?;
        Ok(kept)
    }

    /// Deletes a team, and answers it as it was. Its members stay what they are, and see the work of their other teams.
    ///
    /// # Errors
    /// [`Error::NotFound`]; [`Error::Stale`] if it is not at the revision; [`Error::Conflict`] if it was changed meanwhile
    /// and no revision was given; [`Error::Denied`] without [`Permission::MembersManage`].
    pub async fn delete(&self, by: &Actor, id: TeamId, seen: Option<Revision>) -> Result<Team, Error> {
        let scope = by.scope_for(Permission::MembersManage)?;
        let kept = self.meant(scope, id, seen).await?;
        let mut batch = self.under(by, &kept);
        batch.write(TeamWrite::Remove(id));
        self.runtime.store().commit_one(scope, batch).await.map_err(|error| refused(error, seen))?;
        Ok(kept)
    }

    /// Each of these members once, by id.
    async fn known(&self, scope: &OrgScope, mut members: Vec<MemberId>) -> Result<Vec<MemberId>, Error> {
        members.sort_unstable();
        members.dedup();
        if members.len() > MAX_TEAM_MEMBERS {
            let problem = format!("must name at most {MAX_TEAM_MEMBERS} members");
            return Err(Error::invalid("members", problem));
        }
        let all = self.runtime.store().members(scope).await?;
        let is_known = |id: &MemberId| all.iter().any(|member| member.id == *id);
        if members.iter().all(is_known) { Ok(members) } else { Err(Error::missing(RecordKind::Member)) }
    }

    /// The one that is meant, at the revision that was seen.
    async fn meant(&self, scope: &OrgScope, id: TeamId, seen: Option<Revision>) -> Result<Team, Error> {
        let kept = self.runtime.store().team(scope, id).await?.ok_or(Error::missing(KIND))?;
        if seen.is_some_and(|seen| seen != kept.revision) {
            return Err(Error::Stale { kind: KIND });
        }
        Ok(kept)
    }

    /// A batch about one that stands as it was read.
    fn under(&self, by: &Actor, kept: &Team) -> Batch {
        let mut batch = Batch::new(by, Action::TeamChanged, self.runtime.now());
        batch
            .about(kept.id)
            .require(Precondition::Revision(RecordRef::Team(kept.id), kept.revision))
            .event(DomainEvent::OrgChanged);
        batch
    }
}

/// What a refusal of the store means to a caller.
fn refused(error: StoreError, seen: Option<Revision>) -> Error {
    match error {
        StoreError::PreconditionFailed(_) if seen.is_some() => Error::Stale { kind: KIND },
        StoreError::PreconditionFailed(_) => Error::Conflict { kind: KIND },
        other => other.into(),
    }
}
