//! Use cases of the ledger: record, withdraw, suppress, show.

use chrono::{DateTime, Utc};
use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;
use zeroize::Zeroizing;

use super::record::CONSENT_PERIOD;
use super::{
    Channel, ConsentEvent, ConsentFacts, ConsentRecord, ConsentState, ConsentWrite, Evidence, Purpose,
    PurposeScope, Suppression, SuppressionScope,
};
use crate::contact::{Contact, SubjectKey};
use crate::crm::Crm;
use crate::error::{Error, RecordKind};
use crate::event::DomainEvent;
use crate::id::ContactId;
use crate::ledger::Action;
use crate::page::{Page, PageRequest};
use crate::scope::{Actor, OrgScope, Permission};
use crate::store::{Batch, LedgerSeq};

/// A consent to be recorded. There is none without evidence.
#[derive(Debug, Clone)]
pub struct NewConsent {
    /// Who agreed.
    pub contact: ContactId,
    /// By which way.
    pub channel: Channel,
    /// To what.
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
    /// Who.
    pub contact: ContactId,
    /// By which way.
    pub channel: Channel,
    /// From what.
    pub scope: PurposeScope,
    /// What shows it.
    pub evidence: Evidence,
    /// When; not in the future.
    pub occurred_at: DateTime<Utc>,
    /// They were asked and said no, rather than taking something back.
    pub refused: bool,
}

/// The consent ledger.
#[derive(Debug, Clone, Copy)]
pub struct ConsentService<'a> {
    crm: &'a Crm,
}

impl<'a> ConsentService<'a> {
    pub(crate) const fn new(crm: &'a Crm) -> Self {
        Self { crm }
    }

    /// Every identifier of a contact: typed, and seen at providers.
    async fn subjects(&self, scope: &OrgScope, id: ContactId) -> Result<(Contact, Vec<SubjectKey>), Error> {
        let contact =
            self.crm.store().contact(scope, id).await?.ok_or(Error::missing(RecordKind::Contact))?;
        let identities = self.crm.store().channel_identities(scope, contact.id).await?;
        let mut keys: Vec<_> = contact.details.iter().map(|detail| detail.value.subject_key()).collect();
        keys.extend(identities.iter().flat_map(crate::contact::ChannelIdentity::subject_keys));
        keys.sort_unstable();
        keys.dedup();
        Ok((contact, keys))
    }

    /// Records that somebody agreed.
    ///
    /// # Errors
    /// [`Error::Invalid`] for a time in the future or a contact without any identifier; [`Error::NotFound`] for
    /// the contact or the message of the evidence;
    /// [`Error::Denied`] without [`Permission::ConsentWrite`].
    pub async fn grant(&self, by: &Actor, new: NewConsent) -> Result<ConsentRecord, Error> {
        let longest = new.occurred_at + CONSENT_PERIOD;
        let expires = new.expires_at.map_or(longest, |end| end.min(longest));
        let Withdrawal { contact, channel, scope, evidence, occurred_at, .. } = Withdrawal {
            contact: new.contact,
            channel: new.channel,
            scope: new.scope,
            evidence: new.evidence,
            occurred_at: new.occurred_at,
            refused: false,
        };
        self.record(by, contact, channel, scope, ConsentEvent::Given, evidence, occurred_at, Some(expires))
            .await
    }

    /// Records that somebody took a consent back, or refused one. In force as soon as it returns: a message that is waiting
    /// is decided on again before it leaves.
    ///
    /// # Errors
    /// As [`grant`](Self::grant).
    pub async fn withdraw(&self, by: &Actor, new: Withdrawal) -> Result<ConsentRecord, Error> {
        let event = if new.refused { ConsentEvent::Refused } else { ConsentEvent::Withdrawn };
        self.record(by, new.contact, new.channel, new.scope, event, new.evidence, new.occurred_at, None).await
    }

    #[allow(clippy::too_many_arguments, reason = "the fields of one ledger entry")]
    async fn record(
        &self,
        by: &Actor,
        contact: ContactId,
        channel: Channel,
        purpose: PurposeScope,
        event: ConsentEvent,
        evidence: Evidence,
        occurred_at: DateTime<Utc>,
        expires_at: Option<DateTime<Utc>>,
    ) -> Result<ConsentRecord, Error> {
        let scope = by.scope_for(Permission::ConsentWrite)?;
        let now = self.crm.now();
        if occurred_at > now {
            return Err(Error::invalid("occurred_at", "must not lie in the future"));
        }
        if let Some(message) = evidence.message {
            self.crm.store().message(scope, message).await?.ok_or(Error::missing(RecordKind::Message))?;
        }
        let (contact, subjects) = self.subjects(scope, contact).await?;
        if subjects.is_empty() {
            return Err(Error::invalid(
                "contact",
                "has no number, address or account that a consent could cover",
            ));
        }
        let record = ConsentRecord {
            id: self.crm.ids().next(now),
            seq: LedgerSeq(0),
            contact: contact.id,
            subjects,
            channel,
            scope: purpose,
            event,
            evidence,
            recorded_by: by.principal().to_ref(),
            occurred_at: crate::time::micros(occurred_at),
            recorded_at: now,
            expires_at: expires_at.map(crate::time::micros),
        };
        let mut batch = Batch::new(by, Action::ConsentRecorded, now);
        batch
            .about(record.id)
            .write(ConsentWrite::Record(record.clone()))
            .event(DomainEvent::ConsentChanged { contact: contact.id });
        self.crm.store().commit_one(scope, batch).await?;
        Ok(record)
    }

    /// Suppresses every identifier of a contact, by keyed hash, and withdraws what they agreed to.
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
        let (_, subjects) = self.subjects(scope, contact).await?;
        let now = self.crm.now();
        let mut batch = Batch::new(by, Action::ConsentRecorded, now);
        batch.about(contact).event(DomainEvent::ConsentChanged { contact });
        for (key_version, hash) in self.hashes(scope, &subjects).await? {
            batch.write(ConsentWrite::Suppress(Suppression {
                hash,
                key_version,
                scope: what,
                created_at: now,
            }));
        }
        self.crm.store().commit_one(scope, batch).await?;
        // The ledger's head moves, so that nothing decided before can still leave.
        let scope = match what {
            SuppressionScope::Marketing => PurposeScope::Marketing,
            SuppressionScope::AllOutbound => PurposeScope::Any,
        };
        let withdrawal =
            Withdrawal { contact, channel: Channel::Any, scope, evidence, occurred_at: now, refused: false };
        self.withdraw(by, withdrawal).await.map(|_| ())
    }

    /// Each subject's hash under each key there ever was.
    async fn hashes(&self, scope: &OrgScope, subjects: &[SubjectKey]) -> Result<Vec<(u32, [u8; 16])>, Error> {
        let keys = self.crm.suppression_keys().get_or_try_init(|| self.derive_keys()).await?;
        let mut all = Vec::with_capacity(keys.len() * subjects.len());
        for (version, key) in keys {
            for subject in subjects {
                let mut mac = mac(key)?;
                mac.update(crate::TypedId::uuid(scope.org()).as_bytes());
                mac.update(subject.reveal().as_bytes());
                let digest = mac.finalize().into_bytes();
                all.push((*version, std::array::from_fn(|i| digest[i])));
            }
        }
        Ok(all)
    }

    async fn derive_keys(&self) -> Result<Vec<(u32, Zeroizing<[u8; 32]>)>, Error> {
        let provider = self.crm.sealer().keys();
        let mut keys = Vec::new();
        for (version, id) in provider.ids().await?.iter().enumerate() {
            let wrapping = provider.by_id(id).await?;
            let mut mac = mac(wrapping.expose())?;
            mac.update(b"dialzio/suppression/1");
            let version = u32::try_from(version + 1).map_err(|_| Error::Sealed)?;
            keys.push((version, Zeroizing::new(mac.finalize().into_bytes().into())));
        }
        Ok(keys)
    }

    /// Adds to facts what only the holder of the keys can look up.
    pub(crate) async fn complete(&self, scope: &OrgScope, facts: &mut ConsentFacts) -> Result<(), Error> {
        let hashes: Vec<_> =
            self.hashes(scope, &facts.subjects).await?.into_iter().map(|(_, hash)| hash).collect();
        let hits = self.crm.store().suppressions(scope, &hashes).await?;
        facts.suppressions = hits.into_iter().map(|hit| hit.scope).collect();
        Ok(())
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
        self.crm.store().contact(scope, contact).await?.ok_or(Error::missing(RecordKind::Contact))?;
        Ok(self.crm.store().consent_history(scope, contact, page).await?)
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
                None => return Ok(ConsentState::fold(&records, channel, purpose, self.crm.now())),
            }
        }
    }
}

fn mac(key: &[u8; 32]) -> Result<Hmac<Sha256>, Error> {
    Hmac::<Sha256>::new_from_slice(key).map_err(|_| Error::Sealed)
}
