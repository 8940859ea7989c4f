//! Answering requests for help.

use super::{NO_RECORD, Operator, OperatorAction};
use crate::error::{Error, RecordKind};
use crate::id::{OrgId, SupportRequestId};
use crate::ledger::Action;
use crate::mail::{self, Letter};
use crate::page::PageRequest;
use crate::scope::OrgScope;
use crate::store::{Batch, Precondition, RecordRef, SystemWrite, UserKey};
use crate::support::{
    SupportAuthor, SupportMessage, SupportRequest, SupportRequestChange, SupportState, SupportThread,
    SupportWrite,
};
use crate::text::SupportText;

const KIND: RecordKind = RecordKind::SupportRequest;

impl Operator<'_> {
    /// Requests for help of all organisations, by organisation and newest first; without `closed`, those alone that are not
    /// closed.
    ///
    /// # Errors
    /// [`Error::Store`].
    pub async fn support_requests(&self, closed: bool) -> Result<Vec<(OrgId, SupportRequest)>, Error> {
        self.record(OperatorAction::SupportListed, NO_RECORD, None, None).await?;
        let store = self.runtime.store();
        let (mut found, mut after) = (Vec::new(), None);
        loop {
            let orgs = store.organisations(self.runtime.system(), after, 100).await?;
            let Some(last) = orgs.last() else { return Ok(found) };
            after = Some(last.id);
            for org in orgs {
                let (scope, mut page) = (OrgScope::new(org.id), PageRequest::first(PageRequest::MAX));
                loop {
                    let requests = store.support_requests(&scope, None, page.clone()).await?;
                    let wanted = |request: &SupportRequest| closed || request.state != SupportState::Closed;
                    found.extend(requests.items.into_iter().filter(wanted).map(|request| (org.id, request)));
                    match requests.next {
                        Some(next) => page.after = Some(next),
                        None => break,
                    }
                }
            }
        }
    }

    /// A request for help with its messages. That it was read is on record in its organisation.
    ///
    /// # Errors
    /// [`Error::NotFound`]; [`Error::Store`].
    pub async fn support_request(&self, id: SupportRequestId) -> Result<(OrgId, SupportThread), Error> {
        let (org, request) = self.asked(id).await?;
        self.record(OperatorAction::SupportRead, Some(id), None, Some((org, Action::SupportRead))).await?;
        let messages = self.runtime.store().support_messages(&OrgScope::new(org), id).await?;
        Ok((org, SupportThread { request, messages }))
    }

    /// Answers a request for help. The member who asked gets a mail that says so, without the answer, if their address is
    /// confirmed.
    ///
    /// # Errors
    /// [`Error::NotFound`]; [`Error::Conflict`] if it was changed meanwhile; [`Error::Store`].
    pub async fn answer_support(
        &self,
        id: SupportRequestId,
        text: SupportText,
    ) -> Result<SupportMessage, Error> {
        let (org, request) = self.asked(id).await?;
        let now = self.runtime.now();
        let author = SupportAuthor::Operator;
        let message = SupportMessage { id: self.runtime.ids().next(now), request: id, author, text, at: now };
        let told = self.told(org, &request).await?;
        let answered = message.clone();
        self.change_support(
            (org, &request),
            Action::SupportAnswered,
            SupportState::Answered,
            told,
            |batch| {
                batch.write(SupportWrite::Append(answered.clone()));
            },
        )
        .await?;
        Ok(message)
    }

    /// Closes a request for help. Nothing happens to one that is closed.
    ///
    /// # Errors
    /// [`Error::NotFound`]; [`Error::Conflict`] if it was changed meanwhile; [`Error::Store`].
    pub async fn close_support(&self, id: SupportRequestId) -> Result<(), Error> {
        let (org, request) = self.asked(id).await?;
        if request.state == SupportState::Closed {
            return Ok(());
        }
        self.change_support((org, &request), Action::SupportClosed, SupportState::Closed, Vec::new(), |_| {})
            .await
    }

    /// The request of this id, in whatever organisation.
    async fn asked(&self, id: SupportRequestId) -> Result<(OrgId, SupportRequest), Error> {
        let store = self.runtime.store();
        let mut after = None;
        loop {
            let orgs = store.organisations(self.runtime.system(), after, 100).await?;
            let Some(last) = orgs.last() else { return Err(Error::missing(KIND)) };
            after = Some(last.id);
            for org in orgs {
                if let Some(request) = store.support_request(&OrgScope::new(org.id), id).await? {
                    return Ok((org.id, request));
                }
            }
        }
    }

    /// The mail that tells the member who asked; none if they are gone or their address is not confirmed.
    async fn told(&self, org: OrgId, request: &SupportRequest) -> Result<Vec<SystemWrite>, Error> {
        let (store, system) = (self.runtime.store(), self.runtime.system());
        let Some(member) = store.member(&OrgScope::new(org), request.member).await? else {
            return Ok(Vec::new());
        };
        let user = store.user(system, UserKey::Id(member.user)).await?;
        let Some(user) = user.filter(|user| user.email_confirmed_at.is_some()) else { return Ok(Vec::new()) };
        Ok(vec![mail::queue_for_any_server(self.runtime, &user.email, &Letter::SupportAnswered, None).await?])
    }

    async fn change_support(
        &self,
        (org, request): (OrgId, &SupportRequest),
        action: Action,
        state: SupportState,
        writes: Vec<SystemWrite>,
        more: impl Fn(&mut Batch),
    ) -> Result<(), Error> {
        let done = match state {
            SupportState::Closed => OperatorAction::SupportClosed,
            SupportState::Open | SupportState::Answered => OperatorAction::SupportAnswered,
        };
        let id = request.id;
        let change = SupportRequestChange::to(state, self.runtime.now());
        let fact = Precondition::Revision(RecordRef::SupportRequest(id), request.revision);
        let fill = |batch: &mut Batch| {
            batch.require(fact.clone()).write(SupportWrite::Change { request: id, change: change.clone() });
            more(batch);
        };
        match self.record_with(done, Some(id), writes, Some((org, action)), fill).await {
            Err(Error::Store(crate::store::StoreError::PreconditionFailed(_))) => {
                Err(Error::Conflict { kind: KIND })
            }
            other => other.map(drop),
        }
    }
}
