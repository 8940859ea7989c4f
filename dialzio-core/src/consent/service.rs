//! Use cases of the ledger: record, withdraw, suppress, show.

use chrono::{DateTime, TimeDelta, Utc};
use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;
use std::collections::{BTreeMap, BTreeSet};

use super::{
    Channel, Checks, ConsentEvent, ConsentFacts, ConsentRecord, ConsentRows, ConsentState, ConsentWrite,
    Entry, Evidence, EvidenceKind, Purpose, PurposeScope, State, Suppression, SuppressionScope, enter, facts,
};
use crate::account::AccountService;
use crate::account::ProviderAccount;
use crate::contact::{ChannelIdentity, SubjectKey};
use crate::conversation::{Conversation, Direction};
use crate::error::{Error, RecordKind};
use crate::id::{ChannelIdentityId, ContactId, ConversationId};
use crate::ledger::Action;
use crate::page::{Page, PageRequest};
use crate::runtime::Runtime;
use crate::scope::{Actor, OrgScope, Permission, Principal};
use crate::store::Batch;

/// A consent to be recorded. There is none without evidence.
#[derive(Debug, Clone)]
pub struct NewConsent {
    /// The contact who agreed.
    pub contact: ContactId,
    /// By which way.
    pub channel: Channel,
    /// The purposes that the person agreed to.
    pub scope: PurposeScope,
    /// What shows it.
    pub evidence: Evidence,
    /// When they agreed; not in the future.
    pub occurred_at: DateTime<Utc>,
    /// When it ends, if earlier than after 24 months.
    pub expires_at: Option<DateTime<Utc>>,
}

/// A withdrawal or refusal to be recorded.
#[derive(Debug, Clone)]
pub struct Withdrawal {
    /// The contact who withdraws.
    pub contact: ContactId,
    /// By which way.
    pub channel: Channel,
    /// The purposes that the person withdraws from.
    pub scope: PurposeScope,
    /// What shows it.
    pub evidence: Evidence,
    /// When; not in the future.
    pub occurred_at: DateTime<Utc>,
    /// They were asked and said no, rather than taking something back.
    pub refused: bool,
}

/// A person as the ledger sees them.
struct Subject {
    contact: ContactId,
    keys: Vec<SubjectKey>,
    identities: Vec<ChannelIdentity>,
}

/// What a person is recorded to have said.
struct Said {
    contact: ContactId,
    channel: Channel,
    scope: PurposeScope,
    event: ConsentEvent,
    evidence: Evidence,
    occurred_at: DateTime<Utc>,
    lasts: Option<TimeDelta>,
}

impl Subject {
    fn entry<'a>(&self, by: &'a Principal, said: Said, identities: &'a [ChannelIdentityId]) -> Entry<'a> {
        Entry {
            contact: self.contact,
            subjects: self.keys.clone(),
            channel: said.channel,
            scope: said.scope,
            event: said.event,
            evidence: said.evidence,
            by,
            occurred_at: said.occurred_at,
            lasts: said.lasts,
            identities,
        }
    }
}

/// The consent ledger.
#[derive(Debug, Clone, Copy)]
pub struct ConsentService<'a> {
    runtime: &'a Runtime,
}

impl<'a> ConsentService<'a> {
    pub(crate) const fn new(runtime: &'a Runtime) -> Self {
        Self { runtime }
    }

    /// A contact with every identifier, typed and seen at providers, and the identities.
    async fn person(&self, scope: &OrgScope, id: ContactId) -> Result<Subject, Error> {
        let contact =
            self.runtime.store().contact(scope, id).await?.ok_or(Error::missing(RecordKind::Contact))?;
        let identities = self.runtime.store().channel_identities(scope, contact.id).await?;
        let mut keys: Vec<_> = contact.details.iter().map(|detail| detail.value.subject_key()).collect();
        keys.extend(identities.iter().flat_map(ChannelIdentity::subject_keys));
        keys.sort_unstable();
        keys.dedup();
        if keys.is_empty() {
            return Err(Error::invalid(
                "contact",
                "has no number, address or account that a consent could cover",
            ));
        }
        Ok(Subject { contact: contact.id, keys, identities })
    }

    /// Records that the person agreed.
    ///
    /// # Errors
    /// [`Error::Invalid`] for a time in the future, evidence of a kind that the actor may not record, or a contact without
    /// any identifier; [`Error::NotFound`] for the contact or the message of the evidence;
    /// [`Error::Denied`] without [`Permission::ConsentWrite`].
    pub async fn grant(&self, by: &Actor, new: NewConsent) -> Result<ConsentRecord, Error> {
        let NewConsent { contact, channel, scope, evidence, occurred_at, expires_at } = new;
        let lasts = expires_at.map(|end| end - occurred_at);
        let said = Said { contact, channel, scope, event: ConsentEvent::Given, evidence, occurred_at, lasts };
        self.record(by, said).await
    }

    /// Records that the person took a consent back, or refused one. In force as soon as it returns: waiting messages that it
    /// covers are cancelled in the same commit, and any other is decided on again before it leaves.
    ///
    /// # Errors
    /// As [`grant`](Self::grant).
    pub async fn withdraw(&self, by: &Actor, new: Withdrawal) -> Result<ConsentRecord, Error> {
        let Withdrawal { contact, channel, scope, evidence, occurred_at, refused } = new;
        let event = if refused { ConsentEvent::Refused } else { ConsentEvent::Withdrawn };
        self.record(by, Said { contact, channel, scope, event, evidence, occurred_at, lasts: None }).await
    }

    async fn record(&self, by: &Actor, said: Said) -> Result<ConsentRecord, Error> {
        let scope = by.scope_for(Permission::ConsentWrite)?;
        let now = self.runtime.now();
        if said.occurred_at > now {
            return Err(Error::invalid("occurred_at", "must not lie in the future"));
        }
        let person = self.person(scope, said.contact).await?;
        self.checked(by, scope, &person, &said).await?;
        let mut batch = Batch::new(by, Action::ConsentRecorded, now);
        let identities = self.reached(scope, &person, said.channel).await?;
        let record =
            enter(&mut batch, self.runtime.ids(), now, person.entry(by.principal(), said, &identities));
        batch.about(record.id);
        self.runtime.store().commit_one(scope, batch).await?;
        Ok(record)
    }

    /// Whether the actor may record this evidence. What the provider reports is recorded by the provider's own report alone;
    /// an import is the embedding application's to attest. A message has to be the person's own.
    async fn checked(
        &self,
        by: &Actor,
        scope: &OrgScope,
        person: &Subject,
        said: &Said,
    ) -> Result<(), Error> {
        let evidence = &said.evidence;
        let recordable = match evidence.kind {
            EvidenceKind::WebForm
            | EvidenceKind::Message
            | EvidenceKind::Call
            | EvidenceKind::Paper
            | EvidenceKind::InPerson => true,
            EvidenceKind::Import => matches!(by.principal(), Principal::Service(_)),
            EvidenceKind::Provider => false,
        };
        if !recordable {
            return Err(Error::invalid(
                "evidence",
                format!("must be one of web_form, message, call, paper, in_person, not {}", evidence.kind),
            ));
        }
        let Some(id) = evidence.message else {
            if evidence.kind == EvidenceKind::Message && said.event == ConsentEvent::Given {
                return Err(Error::invalid(
                    "evidence",
                    "of the kind message needs the id of the person's message",
                ));
            }
            return Ok(());
        };
        let message =
            self.runtime.store().message(scope, id).await?.ok_or(Error::missing(RecordKind::Message))?;
        let talk = self.runtime.store().conversation(scope, message.conversation).await?;
        let own =
            talk.is_some_and(|talk| person.identities.iter().any(|identity| identity.id == talk.identity));
        if message.direction != Direction::Inbound || !own {
            return Err(Error::invalid("evidence", "must name a message that this person wrote"));
        }
        Ok(())
    }

    /// The person's identities that a channel reaches: those known to accounts of its providers.
    async fn reached(
        &self,
        scope: &OrgScope,
        person: &Subject,
        channel: Channel,
    ) -> Result<Vec<ChannelIdentityId>, Error> {
        if channel == Channel::Any {
            return Ok(person.identities.iter().map(|identity| identity.id).collect());
        }
        let accounts = self.runtime.store().accounts(scope).await?;
        let by_channel = |account: &&ProviderAccount| {
            AccountService::new(self.runtime)
                .messaging(account)
                .is_ok_and(|provider| provider.capabilities().channel == channel)
        };
        let portfolios: Vec<_> =
            accounts.iter().filter(by_channel).map(|account| &account.portfolio).collect();
        let reached = person.identities.iter().filter(|identity| portfolios.contains(&&identity.portfolio));
        Ok(reached.map(|identity| identity.id).collect())
    }

    /// Suppresses every identifier of a contact, by keyed hash, and withdraws what they agreed to, in one commit.
    ///
    /// # Errors
    /// As [`grant`](Self::grant).
    pub async fn suppress(
        &self,
        by: &Actor,
        contact: ContactId,
        what: SuppressionScope,
        evidence: Evidence,
    ) -> Result<(), Error> {
        let scope = by.scope_for(Permission::ConsentWrite)?;
        let person = self.person(scope, contact).await?;
        let now = self.runtime.now();
        let covers = match what {
            SuppressionScope::Marketing => PurposeScope::Marketing,
            SuppressionScope::AllOutbound => PurposeScope::Any,
        };
        let said = Said {
            contact,
            channel: Channel::Any,
            scope: covers,
            event: ConsentEvent::Withdrawn,
            evidence,
            occurred_at: now,
            lasts: None,
        };
        self.checked(by, scope, &person, &said).await?;
        let mut batch = Batch::new(by, Action::ConsentRecorded, now);
        batch.about(contact);
        for (key_version, hash) in self.hashes(scope, &person.keys).await? {
            batch.write(ConsentWrite::Suppress(Suppression {
                hash,
                key_version,
                scope: what,
                created_at: now,
            }));
        }
        // The ledger's head moves too, so that nothing decided before can still leave.
        let identities = self.reached(scope, &person, Channel::Any).await?;
        enter(&mut batch, self.runtime.ids(), now, person.entry(by.principal(), said, &identities));
        self.runtime.store().commit_one(scope, batch).await?;
        Ok(())
    }

    /// Each subject's hash under each key there ever was, with the place of that key.
    async fn hashes(&self, scope: &OrgScope, subjects: &[SubjectKey]) -> Result<Vec<(u32, [u8; 16])>, Error> {
        let known = self.runtime.keys().known().await?;
        let mut all = Vec::with_capacity(known.checks.len() * subjects.len());
        for (place, key) in known.suppression_keys() {
            for subject in subjects {
                let mut mac = mac(key)?;
                mac.update(crate::TypedId::uuid(scope.org()).as_bytes());
                mac.update(subject.reveal().as_bytes());
                let digest = mac.finalize().into_bytes();
                all.push((place, std::array::from_fn(|i| digest[i])));
            }
        }
        Ok(all)
    }

    /// Facts for the gate from each of these rows: what only the holder of the keys can look up is read at once for all.
    pub(crate) async fn facts(
        &self,
        scope: &OrgScope,
        rows: Vec<ConsentRows>,
    ) -> Result<Vec<ConsentFacts>, Error> {
        let mut wanted = Vec::with_capacity(rows.len());
        for each in &rows {
            let hashes = self.hashes(scope, &each.subjects).await?;
            wanted.push(hashes.into_iter().map(|(_, hash)| hash).collect::<Vec<_>>());
        }
        let mut all: Vec<_> = wanted.iter().flatten().copied().collect();
        all.sort_unstable();
        all.dedup();
        let hits =
            if all.is_empty() { Vec::new() } else { self.runtime.store().suppressions(scope, &all).await? };
        let completed = rows.into_iter().zip(wanted).map(|(rows, hashes)| {
            let theirs = hits.iter().filter(|hit| hashes.contains(&hit.hash)).map(|hit| hit.scope).collect();
            facts(rows, theirs, Checks::default())
        });
        Ok(completed.collect())
    }

    /// The suppressions that hit any of the identifiers.
    pub(crate) async fn suppressions_of(
        &self,
        scope: &OrgScope,
        subjects: &[SubjectKey],
    ) -> Result<Vec<SuppressionScope>, Error> {
        let hashes: Vec<_> = self.hashes(scope, subjects).await?.into_iter().map(|(_, hash)| hash).collect();
        if hashes.is_empty() {
            return Ok(Vec::new());
        }
        let found = self.runtime.store().suppressions(scope, &hashes).await?;
        Ok(found.into_iter().map(|hit| hit.scope).collect())
    }

    /// The entries about a contact, newest first.
    ///
    /// # Errors
    /// [`Error::NotFound`]; [`Error::Denied`] without [`Permission::ConsentRead`].
    pub async fn history(
        &self,
        by: &Actor,
        contact: ContactId,
        page: PageRequest,
    ) -> Result<Page<ConsentRecord>, Error> {
        let scope = by.scope_for(Permission::ConsentRead)?;
        self.runtime.store().contact(scope, contact).await?.ok_or(Error::missing(RecordKind::Contact))?;
        Ok(self.runtime.store().consent_history(scope, contact, page).await?)
    }

    /// In which of these conversations nothing may be said any more, because the person opted out of all messages on its
    /// channel.
    ///
    /// # Errors
    /// [`Error::Denied`] without [`Permission::ConsentRead`].
    pub async fn opted_out(
        &self,
        by: &Actor,
        conversations: &[&Conversation],
    ) -> Result<BTreeSet<ConversationId>, Error> {
        let scope = by.scope_for(Permission::ConsentRead)?;
        if conversations.is_empty() {
            return Ok(BTreeSet::new());
        }
        let ids: Vec<_> = conversations.iter().map(|conversation| conversation.id).collect();
        let found = self.runtime.store().consents_of_each(scope, &ids).await?;
        if found.is_empty() {
            return Ok(BTreeSet::new());
        }
        let mut about: BTreeMap<ConversationId, Vec<ConsentRecord>> = BTreeMap::new();
        for (conversation, record) in found {
            about.entry(conversation).or_default().push(record);
        }
        let accounts = self.runtime.store().accounts(scope).await?;
        let channel = |id| {
            let account = accounts.iter().find(|account| account.id == id)?;
            let messaging = AccountService::new(self.runtime).messaging(account).ok()?;
            Some(messaging.capabilities().channel)
        };
        let now = self.runtime.now();
        let is_out = |conversation: &&&Conversation| {
            let records = about.get(&conversation.id).map_or(&[][..], Vec::as_slice);
            let channel = channel(conversation.account).unwrap_or(Channel::Any);
            ConsentState::fold(records, channel, Purpose::Service, now).state == State::Withdrawn
        };
        Ok(conversations.iter().filter(is_out).map(|conversation| conversation.id).collect())
    }

    /// What counts now for a contact, channel and purpose.
    ///
    /// # Errors
    /// As [`history`](Self::history).
    pub async fn state(
        &self,
        by: &Actor,
        contact: ContactId,
        channel: Channel,
        purpose: Purpose,
    ) -> Result<ConsentState, Error> {
        let mut records = Vec::new();
        let mut page = PageRequest::first(PageRequest::MAX);
        loop {
            let found = self.history(by, contact, page.clone()).await?;
            records.extend(found.items);
            match found.next {
                Some(next) => page.after = Some(next),
                None => return Ok(ConsentState::fold(&records, channel, purpose, self.runtime.now())),
            }
        }
    }
}

fn mac(key: &[u8; 32]) -> Result<Hmac<Sha256>, Error> {
    Hmac::<Sha256>::new_from_slice(key).map_err(|_| Error::Sealed)
}
