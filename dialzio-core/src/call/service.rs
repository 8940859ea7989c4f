//! What people may do with calls: see them, end them, and say what became of them.

use super::{
    Call, CallAgent, CallAlias, CallQuery, CallTally, CallWrite, NewAgent, RecordingConsent, ReportQuery,
};
use super::{agreement, settling};
use crate::access::active_member;
use crate::access::chrono_tz_name::ZoneName;
use crate::account::AccountService;
use crate::contact::{Contact, SubjectKey};
use crate::error::{Error, RecordKind};
use crate::event::DomainEvent;
use crate::id::{AccountId, CallId, ContactId, DispositionId, MediaId, MemberId};
use crate::ledger::Action;
use crate::media::{Media, MediaOwner, MediaService, MediaWrite, OpenedMedia};
use crate::page::{Page, PageRequest};
use crate::phone::Region;
use crate::provider::{CallAction, TelephonyCapabilities};
use crate::runtime::Runtime;
use crate::scope::{Actor, OrgScope, Permission};
use crate::store::{Batch, Precondition, RecordRef, Revision, StoreError};
use crate::text::CallNote;

const KIND: RecordKind = RecordKind::Call;
/// How often a change is decided anew because a report came meanwhile.
const TRIES: u32 = 8;

/// What a member changes about a call; `None` leaves a field as it is.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct CallPatch {
    /// The contact; `Some(None)` removes it from the call.
    pub contact: Option<Option<ContactId>>,
    /// The outcome.
    pub disposition: Option<Option<DispositionId>>,
    /// What was said.
    pub note: Option<Option<CallNote>>,
    /// A missed call is done, or waits again.
    pub handled: Option<bool>,
    /// Whether the person agreed to being recorded. With a refusal the recordings of the call end at that instant, and no
    /// others are fetched. Recordings that waited for it are fetched, if it is enough for the organisation.
    pub recording_consent: Option<RecordingConsent>,
}

/// Who has the number of a call.
#[derive(Debug, Clone)]
pub struct Caller {
    /// The contacts with the number, oldest first: more than one share it.
    pub contacts: Vec<Contact>,
}

/// Calls of an organisation.
#[derive(Debug, Clone, Copy)]
pub struct CallService<'a> {
    pub(super) runtime: &'a Runtime,
}

impl<'a> CallService<'a> {
    pub(crate) const fn new(runtime: &'a Runtime) -> Self {
        Self { runtime }
    }

    async fn require(&self, scope: &OrgScope, id: CallId) -> Result<Call, Error> {
        self.runtime.store().call(scope, id).await?.ok_or(Error::missing(KIND))
    }

    /// Where numbers in national form are dialled, for an actor who does what `permission` allows.
    ///
    /// # Errors
    /// [`Error::Denied`] without the permission.
    pub async fn dials_in(&self, by: &Actor, permission: Permission) -> Result<Option<Region>, Error> {
        let scope = by.scope_for(permission)?;
        Ok(self.runtime.store().org(scope).await?.and_then(|org| org.dials_in()))
    }

    /// The zone in which hours of calls are counted: the organisation's.
    ///
    /// # Errors
    /// [`Error::NotFound`] if the organisation is gone; [`Error::Denied`] without [`Permission::CallsRead`].
    pub async fn zone(&self, by: &Actor) -> Result<ZoneName, Error> {
        let scope = by.scope_for(Permission::CallsRead)?;
        let org = self.runtime.store().org(scope).await?;
        Ok(org.ok_or(Error::missing(RecordKind::Organisation))?.zone)
    }

    /// One call.
    ///
    /// # Errors
    /// [`Error::NotFound`]; [`Error::Denied`] without [`Permission::CallsRead`].
    pub async fn get(&self, by: &Actor, id: CallId) -> Result<Call, Error> {
        self.require(by.scope_for(Permission::CallsRead)?, id).await
    }

    /// Writes into the audit log that calls were exported, and how many.
    ///
    /// # Errors
    /// [`Error::Denied`] without [`Permission::CallsRead`].
    pub async fn exported(&self, by: &Actor, calls: u32) -> Result<(), Error> {
        let scope = by.scope_for(Permission::CallsRead)?;
        let mut batch = Batch::new(by, Action::CallsExported, self.runtime.now());
        batch.counting(calls);
        self.runtime.store().commit_one(scope, batch).await?;
        Ok(())
    }

    /// Calls, newest first.
    ///
    /// # Errors
    /// [`Error::Denied`] without [`Permission::CallsRead`].
    pub async fn list(&self, by: &Actor, query: &CallQuery, page: PageRequest) -> Result<Page<Call>, Error> {
        Ok(self.runtime.store().calls(by.scope_for(Permission::CallsRead)?, query, page).await?)
    }

    /// How many missed calls wait to be called back, counted up to `most`.
    ///
    /// # Errors
    /// [`Error::Denied`] without [`Permission::CallsRead`].
    pub async fn waiting(&self, by: &Actor, most: u32) -> Result<u32, Error> {
        Ok(self.runtime.store().waiting_calls(by.scope_for(Permission::CallsRead)?, most).await?)
    }

    /// Who has the number of a call.
    ///
    /// # Errors
    /// [`Error::NotFound`]; [`Error::Denied`] without [`Permission::CallsRead`] and [`Permission::ContactsRead`].
    pub async fn caller(&self, by: &Actor, id: CallId) -> Result<Caller, Error> {
        by.scope_for(Permission::ContactsRead)?;
        let scope = by.scope_for(Permission::CallsRead)?;
        let call = self.require(scope, id).await?;
        let contacts = match call.customer_key() {
            Some(key) => self.runtime.store().contacts_by_subject(scope, &[key]).await?,
            None => Vec::new(),
        };
        Ok(Caller { contacts })
    }

    /// The recordings and voicemails of calls, without their bytes.
    ///
    /// # Errors
    /// [`Error::Denied`] without [`Permission::CallsRead`].
    pub async fn recordings(&self, by: &Actor, calls: &[CallId]) -> Result<Vec<Media>, Error> {
        let scope = by.scope_for(Permission::CallsRead)?;
        if calls.is_empty() {
            return Ok(Vec::new());
        }
        let owners: Vec<_> = calls.iter().copied().map(MediaOwner::Call).collect();
        Ok(self.runtime.store().media_of(scope, &owners).await?)
    }

    /// Whether the organisation requires an agreement to being recorded that is not entered for a call: its recordings are
    /// neither fetched nor played.
    ///
    /// # Errors
    /// [`Error::NotFound`] if the organisation is gone; [`Error::Denied`] without [`Permission::CallsRead`].
    pub async fn withholds(&self, by: &Actor, call: &Call) -> Result<bool, Error> {
        let scope = by.scope_for(Permission::CallsRead)?;
        Ok(!agreement::rule(self.runtime, scope).await?.allows(call.recording_consent))
    }

    /// Opens a recording of a call, to be read by [`MediaService::read`]. The opening is audited.
    ///
    /// # Errors
    /// [`Error::NotFound`] if it is no recording of this call; [`Error::RecordingWithheld`] if the organisation requires an
    /// agreement that is not entered; [`Error::MediaUnavailable`] if it is not stored; [`Error::Denied`] without
    /// [`Permission::MediaRead`].
    pub async fn open_recording(&self, by: &Actor, call: CallId, id: MediaId) -> Result<OpenedMedia, Error> {
        let scope = by.scope_for(Permission::MediaRead)?;
        let media = self.runtime.store().media(scope, id).await?;
        media
            .filter(|media| media.owner == MediaOwner::Call(call))
            .ok_or(Error::missing(RecordKind::Media))?;
        MediaService::new(self.runtime).open(by, id).await
    }

    /// Calls counted by hour, member, direction, state and outcome.
    ///
    /// # Errors
    /// [`Error::Denied`] without [`Permission::CallsRead`].
    pub async fn tallies(&self, by: &Actor, query: &ReportQuery) -> Result<Vec<CallTally>, Error> {
        Ok(self.runtime.store().call_tallies(by.scope_for(Permission::CallsRead)?, query).await?)
    }

    /// What can be done with a call by the provider it goes through.
    ///
    /// # Errors
    /// [`Error::NotFound`]; [`Error::Account`]; [`Error::Denied`] without [`Permission::CallsRead`].
    pub async fn capabilities(&self, by: &Actor, account: AccountId) -> Result<TelephonyCapabilities, Error> {
        let scope = by.scope_for(Permission::CallsRead)?;
        let account = self.runtime.store().account(scope, account).await?;
        let account = account.ok_or(Error::missing(RecordKind::Account))?;
        Ok(AccountService::new(self.runtime).telephony(&account)?.capabilities().clone())
    }

    /// Controls a call in progress: hangs up, holds or resumes.
    ///
    /// # Errors
    /// [`Error::Invalid`] if the call is over or the provider named none; [`Error::Provider`]; [`Error::NotFound`]; [`Error::Denied`] without
    /// [`Permission::CallsWrite`].
    pub async fn control(&self, by: &Actor, id: CallId, action: CallAction) -> Result<(), Error> {
        let scope = by.scope_for(Permission::CallsWrite)?;
        let call = self.require(scope, id).await?;
        if call.state.is_final() {
            return Err(Error::invalid("action", "comes too late: the call is over"));
        }
        let store = self.runtime.store();
        let account = store.account(scope, call.account).await?.ok_or(Error::missing(RecordKind::Account))?;
        let service = AccountService::new(self.runtime);
        let access = service.access(scope.org(), &account).await?;
        let legs = self.legs(scope, &call).await?;
        if legs.is_empty() {
            let problem =
                "is not possible: the provider has told no id of this call; end it at your telephone";
            return Err(Error::invalid("action", problem));
        }
        service.telephony(&account)?.control(&access, &legs, action).await?;
        let mut batch = Batch::new(by, Action::CallControlled, self.runtime.now());
        batch.about(id).event(DomainEvent::CallChanged { call: id, contact: call.contact });
        store.commit_one(scope, batch).await?;
        Ok(())
    }

    /// The provider's ids of a call, those of the agent's legs first.
    async fn legs(&self, scope: &OrgScope, call: &Call) -> Result<Vec<CallAlias>, Error> {
        let mut ids = call.evidence.agent_legs();
        for alias in self.runtime.store().call_aliases(scope, call.id).await? {
            if !ids.contains(&alias) {
                ids.push(alias);
            }
        }
        Ok(ids)
    }

    /// Changes what members say of a call. With a revision, only if it is still at that one. Reports that come meanwhile do not
    /// stand against it.
    ///
    /// # Errors
    /// [`Error::NotFound`] for the call, the contact or the disposition; [`Error::Stale`] if it is not at the revision;
    /// [`Error::Denied`] without [`Permission::CallsWrite`].
    pub async fn update(
        &self,
        by: &Actor,
        id: CallId,
        seen: Option<Revision>,
        patch: &CallPatch,
    ) -> Result<Call, Error> {
        let scope = by.scope_for(Permission::CallsWrite)?;
        for _ in 0..TRIES {
            match self.update_once(by, scope, id, seen, patch).await {
                Err(Error::Conflict { .. }) => {}
                other => return other,
            }
        }
        Err(Error::Conflict { kind: KIND })
    }

    async fn update_once(
        &self,
        by: &Actor,
        scope: &OrgScope,
        id: CallId,
        seen: Option<Revision>,
        patch: &CallPatch,
    ) -> Result<Call, Error> {
        let store = self.runtime.store();
        let before = self.require(scope, id).await?;
        if seen.is_some_and(|seen| seen != before.revision) {
            return Err(Error::Stale { kind: KIND });
        }
        let (mut call, now) = (before.clone(), self.runtime.now());
        if let Some(contact) = patch.contact {
            if let Some(contact) = contact {
                store.contact(scope, contact).await?.ok_or(Error::missing(RecordKind::Contact))?;
            }
            call.contact = contact;
        }
        if let Some(disposition) = patch.disposition {
            if let Some(disposition) = disposition {
                let known = store.disposition(scope, disposition).await?;
                known.ok_or(Error::missing(RecordKind::Disposition))?;
            }
            call.disposition = disposition;
        }
        if let Some(note) = &patch.note {
            call.note.clone_from(note);
        }
        call.recording_consent = patch.recording_consent.unwrap_or(call.recording_consent);
        let mut batch = Batch::new(by, Action::CallChanged, now);
        if patch.recording_consent.is_some() {
            let rule = agreement::rule(self.runtime, scope).await?;
            if rule.allows(call.recording_consent) && !rule.allows(before.recording_consent) {
                let files = store.media_of(scope, &[MediaOwner::Call(id)]).await?;
                agreement::fetch_waiting(&call, files, now, self.runtime.ids(), &mut batch);
            }
        }
        if patch.recording_consent == Some(RecordingConsent::Refused) {
            for media in store.media_of(scope, &[MediaOwner::Call(id)]).await? {
                batch.write(MediaWrite::End { id: media.id, at: now });
            }
        }
        batch
            .about(id)
            .require(Precondition::Revision(RecordRef::Call(id), before.revision))
            .event(DomainEvent::CallChanged { call: id, contact: call.contact });
        match patch.handled {
            Some(true) if call.is_open_missed() => settling::done(&mut call, now, &mut batch),
            Some(false) => call.handled_at = None,
            _ => {}
        }
        if before.contact != call.contact {
            // The follow-up of a missed call belongs to the person whose call it is now.
            settling::follow_up(&mut call, now, self.runtime.ids(), &mut batch);
            if let Some(contact) = before.contact {
                batch.event(DomainEvent::CallChanged { call: id, contact: Some(contact) });
            }
        }
        batch.write(CallWrite::Update(Box::new(call)));
        match store.commit_one(scope, batch).await {
            Err(StoreError::PreconditionFailed(_)) if seen.is_some() => Err(Error::Stale { kind: KIND }),
            Err(StoreError::PreconditionFailed(_)) => Err(Error::Conflict { kind: KIND }),
            Err(error) => Err(error.into()),
            Ok(_) => self.require(scope, id).await,
        }
    }

    /// The agents of a telephone system, as they were listed last.
    ///
    /// # Errors
    /// [`Error::Denied`] without [`Permission::AccountsRead`].
    pub async fn agents(&self, by: &Actor, account: AccountId) -> Result<Vec<CallAgent>, Error> {
        Ok(self.runtime.store().call_agents(by.scope_for(Permission::AccountsRead)?, account).await?)
    }

    /// Lists the agents at the provider anew. Those that were mapped keep their member.
    ///
    /// # Errors
    /// [`Error::Provider`]; [`Error::Account`]; [`Error::NotFound`]; [`Error::Denied`] without
    /// [`Permission::AccountsManage`].
    pub async fn list_agents(&self, by: &Actor, account: AccountId) -> Result<Vec<CallAgent>, Error> {
        let scope = by.scope_for(Permission::AccountsManage)?;
        let store = self.runtime.store();
        let known = store.account(scope, account).await?.ok_or(Error::missing(RecordKind::Account))?;
        let org = store.org(scope).await?.ok_or(Error::missing(RecordKind::Organisation))?;
        let service = AccountService::new(self.runtime);
        let access = service.access(scope.org(), &known).await?;
        let listed = service.telephony(&known)?.agents(&access).await?;
        let agents = listed.into_iter().map(|agent| CallAgent {
            account,
            phone: agent
                .phone
                .as_deref()
                .and_then(|text| super::Party::read(text, org.dials_in()).phone().cloned()),
            id: agent.id,
            name: agent.name,
            member: None,
        });
        let mut batch = Batch::new(by, Action::AgentsChanged, self.runtime.now());
        batch
            .about(account)
            .write(CallWrite::Agents { account, agents: agents.collect() })
            .event(DomainEvent::AccountChanged { account });
        store.commit_one(scope, batch).await?;
        self.runtime.forget_answers();
        Ok(store.call_agents(scope, account).await?)
    }

    /// Adds an agent by hand, for a telephone system that lists none: a telephone that is rung for a member. One with the same
    /// number is replaced.
    ///
    /// # Errors
    /// [`Error::Invalid`] if the telephone system lists its agents itself; [`Error::NotFound`] for the account or the member;
    /// [`Error::Account`]; [`Error::Denied`] without [`Permission::AccountsManage`].
    pub async fn add_agent(
        &self,
        by: &Actor,
        account: AccountId,
        new: NewAgent,
    ) -> Result<Vec<CallAgent>, Error> {
        let scope = by.scope_for(Permission::AccountsManage)?;
        let store = self.runtime.store();
        let known = store.account(scope, account).await?.ok_or(Error::missing(RecordKind::Account))?;
        if AccountService::new(self.runtime).telephony(&known)?.capabilities().lists_agents {
            return Err(Error::invalid(
                "phone",
                "cannot be added: this telephone system lists its agents itself",
            ));
        }
        if let Some(member) = new.member {
            active_member(self.runtime, scope, member).await?;
        }
        let id = new.phone.digits().to_owned();
        let mut agents = store.call_agents(scope, account).await?;
        agents.retain(|agent| agent.id != id);
        agents.push(CallAgent {
            account,
            id: id.clone(),
            name: new.name,
            phone: Some(new.phone),
            member: None,
        });
        let mut batch = Batch::new(by, Action::AgentsChanged, self.runtime.now());
        batch
            .about(account)
            .write(CallWrite::Agents { account, agents })
            .write(CallWrite::MapAgent { account, agent: id, member: new.member })
            .event(DomainEvent::AccountChanged { account });
        store.commit_one(scope, batch).await?;
        self.runtime.forget_answers();
        Ok(store.call_agents(scope, account).await?)
    }

    /// Says which member an agent is.
    ///
    /// # Errors
    /// [`Error::NotFound`] for the agent or the member; [`Error::Denied`] without [`Permission::AccountsManage`].
    pub async fn map_agent(
        &self,
        by: &Actor,
        account: AccountId,
        agent: &str,
        member: Option<MemberId>,
    ) -> Result<Vec<CallAgent>, Error> {
        let scope = by.scope_for(Permission::AccountsManage)?;
        let store = self.runtime.store();
        if !store.call_agents(scope, account).await?.iter().any(|known| known.id == agent) {
            return Err(Error::missing(RecordKind::CallAgent));
        }
        if let Some(member) = member {
            active_member(self.runtime, scope, member).await?;
        }
        let mut batch = Batch::new(by, Action::AgentsChanged, self.runtime.now());
        batch
            .about(account)
            .write(CallWrite::MapAgent { account, agent: agent.to_owned(), member })
            .event(DomainEvent::AccountChanged { account });
        store.commit_one(scope, batch).await?;
        self.runtime.forget_answers();
        Ok(store.call_agents(scope, account).await?)
    }

    /// Calls of everybody who shares a number with a contact, or that are the contact's, newest first.
    ///
    /// # Errors
    /// [`Error::Denied`] without [`Permission::CallsRead`].
    pub async fn with_number(
        &self,
        by: &Actor,
        number: &crate::PhoneNumber,
        page: PageRequest,
    ) -> Result<Page<Call>, Error> {
        let query = CallQuery { customer: Some(SubjectKey::phone(number)), ..CallQuery::default() };
        self.list(by, &query, page).await
    }
}
