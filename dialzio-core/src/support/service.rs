//! What members do with their requests for help.

use super::{
    MAX_OPEN_REQUESTS, MAX_SUPPORT_MESSAGES, SupportAuthor, SupportMessage, SupportRequest,
    SupportRequestChange, SupportState, SupportWrite,
};
use crate::error::{Error, RecordKind};
use crate::id::{MemberId, SupportRequestId};
use crate::ledger::Action;
use crate::page::{Page, PageRequest};
use crate::runtime::Runtime;
use crate::scope::{Actor, OrgScope, Permission};
use crate::store::{Batch, Precondition, RecordRef, Revision, StoreError};
use crate::text::{SupportText, Title};

const KIND: RecordKind = RecordKind::SupportRequest;

/// A request for help that is to be made.
#[derive(Debug, Clone)]
pub struct NewSupportRequest {
    /// What it is about, in one line.
    pub subject: Title,
    /// The question.
    pub text: SupportText,
}

/// A request with all that was written in it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SupportThread {
    /// The request.
    pub request: SupportRequest,
    /// Its messages, oldest first.
    pub messages: Vec<SupportMessage>,
}

/// Requests for help. Members see their own; who manages the settings of the organisation sees all of them.
#[derive(Debug, Clone, Copy)]
pub struct SupportService<'a> {
    runtime: &'a Runtime,
}

impl<'a> SupportService<'a> {
    pub(crate) const fn new(runtime: &'a Runtime) -> Self {
        Self { runtime }
    }

    /// The caller's requests, newest first; those of all members for who may [manage settings](Permission::SettingsManage).
    ///
    /// # Errors
    /// [`Error::Denied`] without [`Permission::MembersRead`].
    pub async fn list(&self, by: &Actor, page: PageRequest) -> Result<Page<SupportRequest>, Error> {
        let scope = by.scope_for(Permission::MembersRead)?;
        let member = by.member();
        if member.is_none() && !by.may(Permission::SettingsManage) {
            // No page was ever given out that another one could follow.
            return match page.after {
                Some(_) => Err(StoreError::Cursor.into()),
                None => Ok(Page { items: Vec::new(), next: None }),
            };
        }
        let of = if by.may(Permission::SettingsManage) { None } else { member };
        Ok(self.runtime.store().support_requests(scope, of, page).await?)
    }

    /// One request with its messages.
    ///
    /// # Errors
    /// [`Error::NotFound`], also for a request of another member; [`Error::Denied`] without [`Permission::MembersRead`].
    pub async fn get(&self, by: &Actor, id: SupportRequestId) -> Result<SupportThread, Error> {
        let (scope, request) = self.meant(by, id).await?;
        let messages = self.runtime.store().support_messages(scope, id).await?;
        Ok(SupportThread { request, messages })
    }

    /// Asks for help.
    ///
    /// # Errors
    /// [`Error::Invalid`] if who asks is no member, or has [`MAX_OPEN_REQUESTS`] open already; [`Error::Denied`] without
    /// [`Permission::MembersRead`].
    pub async fn open(&self, by: &Actor, new: NewSupportRequest) -> Result<SupportRequest, Error> {
        let scope = by.scope_for(Permission::MembersRead)?;
        let member = required_member(by)?;
        let own = PageRequest::first(PageRequest::MAX);
        let own = self.runtime.store().support_requests(scope, Some(member), own).await?.items;
        if own.iter().filter(|request| request.state != SupportState::Closed).count() >= MAX_OPEN_REQUESTS {
            let full =
                format!("cannot be taken: you have {MAX_OPEN_REQUESTS} open requests, close one first");
            return Err(Error::invalid("subject", full));
        }
        let now = self.runtime.now();
        let request = SupportRequest {
            id: self.runtime.ids().next(now),
            member,
            subject: new.subject,
            state: SupportState::Open,
            created_at: now,
            changed_at: now,
            closed_at: None,
            revision: Revision::FIRST,
        };
        let message = self.message(request.id, member, new.text);
        let mut batch = Batch::new(by, Action::SupportRequested, now);
        batch
            .about(request.id)
            .write(SupportWrite::Insert(request.clone()))
            .write(SupportWrite::Append(message));
        self.runtime.store().commit_one(scope, batch).await?;
        Ok(request)
    }

    /// Writes a further message. A request that was closed is open again.
    ///
    /// # Errors
    /// [`Error::NotFound`], also for a request of another member; [`Error::Invalid`] if who writes is no member, or for the
    /// text if the request has [`MAX_SUPPORT_MESSAGES`]; [`Error::Conflict`] if it was changed meanwhile; [`Error::Denied`]
    /// without [`Permission::MembersRead`].
    pub async fn reply(
        &self,
        by: &Actor,
        id: SupportRequestId,
        text: SupportText,
    ) -> Result<SupportMessage, Error> {
        let (scope, request) = self.meant(by, id).await?;
        let member = required_member(by)?;
        if self.runtime.store().support_messages(scope, id).await?.len() >= MAX_SUPPORT_MESSAGES {
            let full =
                format!("cannot be taken: there are {MAX_SUPPORT_MESSAGES} messages, open a new request");
            return Err(Error::invalid("text", full));
        }
        let message = self.message(id, member, text);
        let mut batch = self.under(by, Action::SupportReplied, &request, SupportState::Open);
        batch.write(SupportWrite::Append(message.clone()));
        self.runtime.store().commit_one(scope, batch).await.map_err(refused)?;
        Ok(message)
    }

    /// Closes a request. Nothing happens to one that is closed.
    ///
    /// # Errors
    /// [`Error::NotFound`], also for a request of another member; [`Error::Conflict`] if it was changed meanwhile;
    /// [`Error::Denied`] without [`Permission::MembersRead`].
    pub async fn close(&self, by: &Actor, id: SupportRequestId) -> Result<SupportRequest, Error> {
        let (scope, mut request) = self.meant(by, id).await?;
        if request.state != SupportState::Closed {
            let batch = self.under(by, Action::SupportClosed, &request, SupportState::Closed);
            self.runtime.store().commit_one(scope, batch).await.map_err(refused)?;
            SupportRequestChange::to(SupportState::Closed, self.runtime.now()).apply(&mut request);
        }
        Ok(request)
    }

    fn message(&self, request: SupportRequestId, member: MemberId, text: SupportText) -> SupportMessage {
        let now = self.runtime.now();
        let author = SupportAuthor::Member(member);
        SupportMessage { id: self.runtime.ids().next(now), request, author, text, at: now }
    }

    /// The request that is meant, if the caller may see it.
    async fn meant<'b>(
        &self,
        by: &'b Actor,
        id: SupportRequestId,
    ) -> Result<(&'b OrgScope, SupportRequest), Error> {
        let scope = by.scope_for(Permission::MembersRead)?;
        let found = self.runtime.store().support_request(scope, id).await?;
        let is_seen = |request: &SupportRequest| {
            by.may(Permission::SettingsManage) || by.member() == Some(request.member)
        };
        Ok((scope, found.filter(is_seen).ok_or(Error::missing(KIND))?))
    }

    /// A batch about a request that is as it was read, and changes to a state.
    fn under(&self, by: &Actor, action: Action, kept: &SupportRequest, state: SupportState) -> Batch {
        let now = self.runtime.now();
        let change = SupportRequestChange::to(state, now);
        let mut batch = Batch::new(by, action, now);
        batch
            .about(kept.id)
            .require(Precondition::Revision(RecordRef::SupportRequest(kept.id), kept.revision))
            .write(SupportWrite::Change { request: kept.id, change });
        batch
    }
}

fn required_member(by: &Actor) -> Result<MemberId, Error> {
    by.member().ok_or(Error::invalid("member", "is needed: who asks is no member"))
}

/// What a refusal of the store means to a caller.
fn refused(error: StoreError) -> Error {
    match error {
        StoreError::PreconditionFailed(_) => Error::Conflict { kind: KIND },
        other => other.into(),
    }
}
