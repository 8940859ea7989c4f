//! What the gate, the wire and intake need, each in one look at one snapshot.

use chrono::{DateTime, Utc};
use rusqlite::{Connection, params};
use std::collections::HashMap;

use dialzio_core::consent::{ConsentRows, SendFacts};
use dialzio_core::contact::{ChannelIdentity, SubjectKey};
use dialzio_core::conversation::{
    Content, Conversation, Direction, ExternalId, InboundFacts, InboundQuery, KnownIdentity, KnownMessage,
    MessageDigest,
};
use dialzio_core::outbox::JobKind;
use dialzio_core::store::periods::CAP_PERIOD;
use dialzio_core::store::rows::{Columns, FromRow};
use dialzio_core::{AccountId, ChannelIdentityId, ContactId, ConversationId, JobId, MessageId, OrgId};

use crate::codec::{Cols, id, id_list, json, read, time};
use crate::contacts::key_list;
use crate::error::{Res, unreadable};
use crate::retention::RetentionCutoff;
use crate::run::Run;
use crate::statements as sql;
use crate::{audience, consent, contacts, conversations, identities, messages};

/// One look at an organisation.
pub(crate) struct Snapshot<'a> {
    pub(crate) db: &'a Connection,
    pub(crate) org: OrgId,
    pub(crate) now: DateTime<Utc>,
}

impl Snapshot<'_> {
    fn retention(&self) -> Res<RetentionCutoff> {
        RetentionCutoff::at(self.db, id(self.org), self.now)
    }

    /// Facts for each of these sends that still exists.
    pub(crate) fn send_facts(&self, jobs: &[JobId]) -> Res<Vec<SendFacts>> {
        let (retention, mut accounts) = (self.retention()?, HashMap::new());
        let mut found = Vec::with_capacity(jobs.len());
        for job in jobs {
            found.extend(self.send_facts_of(*job, retention, &mut accounts)?);
        }
        Ok(found)
    }

    fn send_facts_of(
        &self,
        job: JobId,
        retention: RetentionCutoff,
        accounts: &mut HashMap<AccountId, dialzio_core::account::ProviderAccount>,
    ) -> Res<Option<SendFacts>> {
        let (db, org) = (self.db, id(self.org));
        let Some(job) = crate::outbox::one(db, org, job)? else { return Ok(None) };
        let JobKind::Send(message) = job.kind else { return Ok(None) };
        let Some(message) = messages::one(db, org, retention, message)? else { return Ok(None) };
        let Some(conversation) = conversations::one(db, org, message.conversation)? else { return Ok(None) };
        let Some(identity) = identities::one(db, org, conversation.identity)? else { return Ok(None) };
        if !accounts.contains_key(&conversation.account)
            && let Some(account) = crate::accounts::one(db, org, conversation.account)?
        {
            accounts.insert(account.id, account);
        }
        let Some(account) = accounts.get(&conversation.account).cloned() else { return Ok(None) };
        let Some(consent) = self.consent_facts_of(&conversation, Some(message.id))? else { return Ok(None) };
        let reply_to = match message.reply_to {
            Some(answered) => messages::external_of(db, org, answered)?,
            None => None,
        };
        let template = match &message.content {
            Content::Template { name, language, .. } => {
                crate::accounts::template(db, org, conversation.account, name, language)?
            }
            _ => None,
        };
        Ok(Some(SendFacts { job, message, conversation, identity, account, consent, reply_to, template }))
    }

    pub(crate) fn consent_facts(&self, of: ConversationId) -> Res<Option<ConsentRows>> {
        match conversations::one(self.db, id(self.org), of)? {
            Some(conversation) => audience::whole(|| self.consent_facts_of(&conversation, None)),
            None => Ok(None),
        }
    }

    fn consent_facts_of(
        &self,
        conversation: &Conversation,
        itself: Option<MessageId>,
    ) -> Res<Option<ConsentRows>> {
        let (db, org) = (self.db, id(self.org));
        let Some(identity) = identities::one(db, org, conversation.identity)? else { return Ok(None) };
        let Some(contact) = contacts::one(db, org, identity.contact)? else { return Ok(None) };
        let subjects = identity.subject_keys();
        let records = consent::about(db, org, &subjects)?;
        let last_inbound = conversation.last_inbound.zip(conversation.last_inbound_at);
        let relations = db.all(sql::RELATIONS, params![org, id(contact.id)], |row| {
            let c = Cols::new(row, "conversation");
            Ok((c.id::<MessageId>()?, c.time()?))
        })?;
        let answered = match last_inbound {
            None => false,
            Some((last, _)) => {
                let itself = itself.map(id);
                db.any(sql::MESSAGE_ANSWERED, params![org, id(conversation.id), id(last), itself])?
            }
        };
        let since = time(self.now - CAP_PERIOD);
        let marketing_sent = db.all(sql::MESSAGES_PROMOTED, params![org, id(contact.id), since], |row| {
            Cols::new(row, "evidence").time()
        })?;
        let settings = crate::access::org(db, self.org)?.ok_or_else(|| unreadable("organisation"))?;
        Ok(Some(ConsentRows {
            org: self.org,
            contact: contact.id,
            address: identity.address(),
            head: records.last().map(|record| record.seq).unwrap_or_default(),
            subjects,
            records,
            restricted: contact.restricted,
            doubtful: identity.doubt.is_some(),
            unreachable_since: identity.unreachable_since,
            last_inbound,
            existing_relationship: relations.into_iter().max_by_key(|(message, at)| (*at, *message)),
            answered,
            marketing_sent,
            quiet_hours: settings.quiet_hours,
            zone: settings.zone,
            marketing_cap: settings.marketing_cap,
        }))
    }

    pub(crate) fn inbound_facts(&self, query: &InboundQuery) -> Res<InboundFacts> {
        let identities = self.known_identities(query)?;
        Ok(InboundFacts {
            candidates: self.candidates(query, &identities)?,
            identities,
            messages: self.known_messages(query)?,
        })
    }

    /// In the order in which the aliases were asked for.
    fn known_identities(&self, query: &InboundQuery) -> Res<Vec<KnownIdentity>> {
        let (db, org) = (self.db, id(self.org));
        let (identities, talks) = match &query.aliases[..] {
            [] => (Vec::new(), Vec::new()),
            // A webhook nearly always speaks of one person under one id.
            [alias] => match identities::holding(db, org, &query.portfolio, alias, query.account)? {
                None => (Vec::new(), Vec::new()),
                Some((holder, own)) => {
                    let talk = match own {
                        None => conversations::joined(db, org, query.account, holder.id)?,
                        own => own,
                    };
                    let talks = talk.map(|talk| (holder.id, talk)).into_iter().collect();
                    (vec![holder], talks)
                }
            },
            aliases => {
                let keys: Vec<_> =
                    aliases.iter().map(|alias| (alias.kind().as_str(), alias.match_key())).collect();
                let row = params![org, query.portfolio.0, json(&keys, "alias")?];
                let mut holders = db.all(sql::ALIAS_HOLDERS, row, |row| {
                    let c = Cols::new(row, "alias");
                    Ok((c.get::<i64>()?, c.id::<ChannelIdentityId>()?))
                })?;
                holders.sort_unstable();
                let mut ids: Vec<ChannelIdentityId> = Vec::new();
                for (_, holder) in holders {
                    if !ids.contains(&holder) {
                        ids.push(holder);
                    }
                }
                let found = identities::by_ids(db, org, &ids)?;
                let talks = conversations::with_each(db, org, query.account, &ids)?;
                let known = |id: &ChannelIdentityId| found.iter().find(|one| one.id == *id).cloned();
                (ids.iter().filter_map(known).collect(), talks)
            }
        };
        if identities.is_empty() {
            return Ok(Vec::new());
        }
        let (mut details, mut consents) = (Vec::new(), Vec::new());
        if query.consent {
            let people: Vec<_> = identities.iter().map(|identity| identity.contact).collect();
            details = contacts::subject_keys(db, org, &people)?;
            let keys: Vec<SubjectKey> = identities.iter().flat_map(ChannelIdentity::subject_keys).collect();
            consents = consent::about(db, org, &keys)?;
        }
        let each = |identity: ChannelIdentity| {
            let own = identity.subject_keys();
            let covers = |subject: &SubjectKey| own.contains(subject);
            let (contact, wanted) = (identity.contact, identity.id);
            KnownIdentity {
                details: details
                    .iter()
                    .filter(|(of, _)| *of == contact)
                    .map(|(_, key)| key.clone())
                    .collect(),
                conversation: talks.iter().find(|(of, _)| *of == wanted).map(|(_, talk)| talk.clone()),
                consents: consents.iter().filter(|r| r.subjects.iter().any(covers)).cloned().collect(),
                identity,
            }
        };
        Ok(identities.into_iter().map(each).collect())
    }

    /// For numbers that no identity has.
    fn candidates(&self, query: &InboundQuery, known: &[KnownIdentity]) -> Res<Vec<(SubjectKey, ContactId)>> {
        let keys = query.numbers_of_nobody(known);
        if keys.is_empty() {
            return Ok(Vec::new());
        }
        let row = params![id(self.org), key_list(&keys)?];
        let found = self.db.all(sql::CONTACT_CANDIDATES, row, |row| {
            let c = Cols::new(row, "contact");
            Ok((SubjectKey::from_stored(c.get()?), c.id::<ContactId>()?))
        })?;
        Ok(InboundFacts::candidates_in_order(found))
    }

    fn known_messages(&self, query: &InboundQuery) -> Res<Vec<KnownMessage>> {
        let (db, org) = (self.db, id(self.org));
        // Nothing but new messages.
        if query.external.is_empty() && query.own.is_empty() {
            return Ok(Vec::new());
        }
        let retention = self.retention()?;
        let hashes: Vec<_> = query.external.iter().map(ExternalId::hash8).collect();
        let row =
            params![org, retention.cutoff, retention.now, id(query.account), json(&hashes, "reference")?];
        let mut found = db.all(sql::MESSAGES_REFERRED, row, |row| {
            let c = Cols::new(row, "message");
            let mut known = KnownMessage::from_row(&c)?;
            known.digest = c.get::<Option<i64>>()?.map(MessageDigest);
            Ok(known)
        })?;
        let asked =
            |known: &KnownMessage| known.external.as_ref().is_some_and(|id| query.external.contains(id));
        found.retain(asked);
        if !query.own.is_empty() {
            let row = params![org, retention.cutoff, retention.now, id_list(query.own.iter().copied())];
            found.extend(db.all(sql::MESSAGES_KNOWN, row, read)?);
        }
        let mut distinct: Vec<KnownMessage> = Vec::with_capacity(found.len());
        for mut known in found {
            if distinct.iter().any(|other| other.id == known.id) {
                continue;
            }
            // A digest is kept of received messages only; one that was asked for by our own id is looked up.
            if known.digest.is_none()
                && known.direction == Direction::Inbound
                && let Some(external) = &known.external
            {
                known.digest = messages::referred(db, org, query.account, external)?.and_then(|r| r.digest);
            }
            distinct.push(known);
        }
        Ok(distinct)
    }
}
