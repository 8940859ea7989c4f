//! Placing calls: the gate first, then the row, then the provider.

use chrono::{DateTime, TimeDelta, Utc};

use super::{
    Call, CallEvidence, CallPermission, CallQuery, CallService, CallSource, CallState, CallView, CallWrite,
    Party, Sourced,
};
use crate::account::{AccountService, AccountState, ProviderAccount};
use crate::consent::{
    CallConsent, CallVerdict, CallsNeed, Channel, Checks, ConsentService, Purpose, Refusal, decide_call,
};
use crate::contact::SubjectKey;
use crate::conversation::Direction;
use crate::error::{AccountProblem, Error, RecordKind};
use crate::event::DomainEvent;
use crate::id::{AccountId, CallId, ContactId};
use crate::ledger::Action;
use crate::outbox::{Job, JobKind};
use crate::page::PageRequest;
use crate::phone::PhoneNumber;
use crate::provider::TelephonyProvider;
use crate::runtime::Runtime;
use crate::scope::{Actor, OrgScope, Permission};
use crate::store::{Batch, Idempotency, IdempotencyKey, Outcome, RecordRef};

/// How long a call waits to be placed: later, the member who asked for it is not there any more.
pub(crate) const PLACE_WITHIN: TimeDelta = TimeDelta::minutes(2);

/// A call to be placed.
#[derive(Debug, Clone)]
pub struct NewCall {
    /// Through which number or sender; `None` for the only one that can place calls.
    pub account: Option<AccountId>,
    /// The person's number.
    pub number: PhoneNumber,
    /// Whose number it is, where several contacts have it.
    pub contact: Option<ContactId>,
    /// What for.
    pub purpose: Purpose,
    /// The key of the request: the same request with the same key places one call.
    pub key: Option<IdempotencyKey>,
}

/// What the gate would say to a call.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum CallPreview {
    /// It could be placed now.
    Ready,
    /// It could not.
    Refused {
        /// Every rule that says no.
        refusal: Refusal,
        /// When the hours of calling begin, if they are what stands against it.
        opens_at: Option<DateTime<Utc>>,
    },
}

/// What the gate of calls decides from, put together from the store.
///
/// # Errors
/// [`Error::Store`]; [`Error::NotFound`] if the organisation or the contact is gone.
pub(crate) async fn consent(
    runtime: &Runtime,
    scope: &OrgScope,
    account: AccountId,
    number: &PhoneNumber,
    contact: Option<ContactId>,
) -> Result<CallConsent, Error> {
    let store = runtime.store();
    if let Some(id) = contact {
        store.contact(scope, id).await?.ok_or(Error::missing(RecordKind::Contact))?;
    }
    // The decision is about the person called, so it uses everything on record, whatever the caller may see.
    let scope = &scope.whole();
    let org = store.org(scope).await?.ok_or(Error::missing(RecordKind::Organisation))?;
    let key = SubjectKey::phone(number);
    let mut people = store.contacts_by_subject(scope, std::slice::from_ref(&key)).await?;
    if let Some(id) = contact.filter(|id| people.iter().all(|known| known.id != *id)) {
        people.push(store.contact(scope, id).await?.ok_or(Error::missing(RecordKind::Contact))?);
    }
    let mut subjects = vec![key.clone()];
    let (mut doubtful, mut heard_from, mut answer) = (false, None::<DateTime<Utc>>, None::<CallPermission>);
    for person in &people {
        subjects.extend(person.details.iter().map(|detail| detail.value.subject_key()));
        // Identities of the person that are known by other numbers alone.
        let mut others = Vec::new();
        for identity in store.channel_identities(scope, person.id).await? {
            let keys = identity.subject_keys();
            if !keys.contains(&key) {
                others.push(identity.id);
            }
            subjects.extend(keys);
            doubtful |= identity.doubt.as_ref().is_some_and(|doubt| SubjectKey::phone(&doubt.number) == key);
        }
        for talk in store.conversations_of(scope, person.id).await? {
            heard_from = heard_from.max(talk.last_inbound_at);
            if talk.account == account && !others.contains(&talk.identity) {
                let heard = talk.call_permission;
                answer = answer.map(|known| heard.map_or(known, |heard| known.newest(heard))).or(heard);
            }
        }
    }
    subjects.sort_unstable();
    subjects.dedup();
    let called = CallQuery { view: CallView::Inbound, customer: Some(key), ..CallQuery::default() };
    let called = store.calls(scope, &called, PageRequest::first(1)).await?.items;
    heard_from = heard_from.max(called.first().map(|call| call.started_at));
    let records = store.consent_records(scope, &subjects).await?;
    let suppressions = ConsentService::new(runtime).suppressions_of(scope, &subjects).await?;
    let mut own = store.call_agents(scope, account).await?.into_iter().filter_map(|agent| agent.phone);
    let mut own_number = own.any(|own| own == *number);
    let mut permission = CallsNeed::NotNeeded;
    for known in store.accounts(scope).await? {
        if known.id == account && AccountService::new(runtime).calls_by(&known) == Channel::WhatsApp {
            permission = CallsNeed::Needed(answer);
        }
        let shown = known.display_number.as_deref().map(|text| Party::read(text, org.dials_in()));
        own_number |= shown.as_ref().and_then(Party::phone) == Some(number);
    }
    Ok(CallConsent {
        org: scope.org(),
        number: number.clone(),
        subjects,
        records,
        suppressions,
        restricted: people.iter().any(|person| person.restricted),
        doubtful,
        heard_from,
        own_number,
        permission,
        quiet_hours: org.quiet_hours,
        zone: org.zone,
        checks: Checks::default(),
    })
}

impl CallService<'_> {
    /// The numbers and senders through which calls can be placed.
    ///
    /// # Errors
    /// [`Error::Denied`] without [`Permission::CallsRead`].
    pub async fn ways_to_call(&self, by: &Actor) -> Result<Vec<ProviderAccount>, Error> {
        self.calling_accounts(by.scope_for(Permission::CallsRead)?).await
    }

    async fn calling_accounts(&self, scope: &OrgScope) -> Result<Vec<ProviderAccount>, Error> {
        let accounts = AccountService::new(self.runtime);
        let mut all = self.runtime.store().accounts(scope).await?;
        all.retain(|account| account.state == AccountState::Routable && accounts.telephony(account).is_ok());
        Ok(all)
    }

    /// The account through which a member places a call: the one that is meant, the only one, or the first one at which
    /// the member is an agent.
    async fn calling_account(
        &self,
        by: &Actor,
        scope: &OrgScope,
        wanted: Option<AccountId>,
    ) -> Result<ProviderAccount, Error> {
        if let Some(id) = wanted {
            let account =
                self.runtime.store().account(scope, id).await?.ok_or(Error::missing(RecordKind::Account))?;
            return match account.state {
                AccountState::Routable => Ok(account),
                _ => Err(Error::Account(AccountProblem::NotRoutable)),
            };
        }
        let mut all = self.calling_accounts(scope).await?;
        if all.len() > 1 {
            let mut mine = Vec::new();
            for account in all {
                let agents = self.runtime.store().call_agents(scope, account.id).await?;
                if agents.iter().any(|agent| agent.member.is_some() && agent.member == by.member()) {
                    mine.push(account);
                }
            }
            // Of several the one that was connected first.
            mine.sort_by_key(|account| account.id);
            let Some(first) = mine.into_iter().next() else {
                return Err(Error::invalid("account", "is missing: more than one number can place calls"));
            };
            return Ok(first);
        }
        all.pop().ok_or(Error::Account(AccountProblem::NotRoutable))
    }

    /// The telephone service by which calls of an account are placed.
    fn placing(&self, account: &ProviderAccount) -> Result<&dyn TelephonyProvider, Error> {
        match AccountService::new(self.runtime).telephony(account) {
            Err(Error::Account(AccountProblem::Unsupported)) => {
                Err(Error::Account(AccountProblem::CannotCall))
            }
            found => found,
        }
    }

    /// What the gate would say now to a call. It is asked first, whether or not the account can place calls.
    ///
    /// # Errors
    /// [`Error::Account`] if no number can place calls, or the one that is meant cannot; [`Error::NotFound`]; [`Error::Denied`] without
    /// [`Permission::CallsRead`].
    pub async fn preview(
        &self,
        by: &Actor,
        account: Option<AccountId>,
        number: &PhoneNumber,
        contact: Option<ContactId>,
        purpose: Purpose,
    ) -> Result<CallPreview, Error> {
        let scope = by.scope_for(Permission::CallsRead)?;
        let account = self.calling_account(by, scope, account).await?;
        let facts = consent(self.runtime, scope, account.id, number, contact).await?;
        match decide_call(&facts, purpose, self.runtime.now()) {
            CallVerdict::Allow(_) => self.placing(&account).map(|_| CallPreview::Ready),
            CallVerdict::Deny { refusal, opens_at } => Ok(CallPreview::Refused { refusal, opens_at }),
        }
    }

    /// Places a call, if the gate allows it. The row is written first; the worker asks the gate again, and the provider rings
    /// the member and the person.
    ///
    /// # Errors
    /// [`Error::Refused`] with every rule that says no; [`Error::Account`] if no number can place calls, or the one that is meant
    /// cannot; [`Error::Invalid`] if
    /// the member is no agent of a system that needs one; [`Error::NotFound`]; [`Error::IdempotencyReused`];
    /// [`Error::Denied`] without [`Permission::CallsWrite`].
    pub async fn place(&self, by: &Actor, new: NewCall) -> Result<Call, Error> {
        let scope = by.scope_for(Permission::CallsWrite)?;
        let store = self.runtime.store();
        let account = self.calling_account(by, scope, new.account).await?;
        let now = self.runtime.now();
        let id: CallId = self.runtime.ids().next(now);
        let request = format!("{}\n{}\n{:?}\n{}", account.id, new.number.reveal(), new.contact, new.purpose);
        let once = new.key.as_ref().map(|key| {
            Idempotency::new(by.principal(), "calls.place", key, request.as_bytes(), RecordRef::Call(id))
        });
        let facts = consent(self.runtime, scope, account.id, &new.number, new.contact).await?;
        if let CallVerdict::Deny { refusal, .. } = decide_call(&facts, new.purpose, now) {
            return Err(Error::Refused(refusal));
        }
        let capabilities = self.placing(&account)?.capabilities();
        let agents = store.call_agents(scope, account.id).await?;
        let mine = agents.into_iter().find(|agent| agent.member.is_some() && agent.member == by.member());
        if capabilities.needs_agent && mine.is_none() {
            return Err(Error::invalid(
                "member",
                "is no agent of this telephone system: say which one under Settings",
            ));
        }
        let number_rung = mine.as_ref().and_then(|agent| agent.phone.as_ref());
        if capabilities.agent_first && !capabilities.needs_agent && number_rung.is_none() {
            return Err(Error::invalid("member", "has no number to be rung at: add it under Settings"));
        }
        let contact = match new.contact {
            Some(contact) => Some(contact),
            None => {
                let people = store.contacts_by_subject(scope, &[SubjectKey::phone(&new.number)]).await?;
                if let [only] = &people[..] { Some(only.id) } else { None }
            }
        };
        let evidence = CallEvidence {
            direction: Some(Sourced { source: CallSource::Placed, value: Direction::Outbound }),
            agent_first: capabilities.agent_first,
            customer: Some(CallSource::Placed),
            ..CallEvidence::default()
        };
        let mut call = Call {
            customer: Some(new.number),
            contact,
            member: by.holder(),
            placed_by: Some(by.principal().to_ref()),
            placed: Some(CallState::Queued),
            purpose: Some(new.purpose),
            evidence,
            ..Call::new(id, account.id, now, now)
        };
        call.derive();
        let mut batch = Batch::new(by, Action::CallPlaced, now);
        batch
            .about(id)
            .write(CallWrite::Insert(Box::new(call.clone())))
            .event(DomainEvent::CallChanged { call: id, contact })
            .job(Job::new(self.runtime.ids().next(now), JobKind::PlaceCall(id), now).through(account.id));
        if let Some(once) = once {
            batch.once(once);
        }
        match store.commit_one(scope, batch).await?.outcome {
            Outcome::Applied => Ok(call),
            Outcome::Mismatch => Err(Error::IdempotencyReused),
            Outcome::Replayed(RecordRef::Call(first)) => {
                store.call(scope, first).await?.ok_or(Error::missing(RecordKind::Call))
            }
            Outcome::Replayed(_) => Err(Error::missing(RecordKind::Call)),
        }
    }
}
