//! What the gate, the wire and intake need, each in one look at one snapshot.

use chrono::{DateTime, Utc};
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

use crate::codec::{Cols, id, id_list, read, time};
use crate::contacts::key_list;
use crate::error::{Res, unreadable};
use crate::retention::RetentionCutoff;
use crate::run::{Db, params};
use crate::statements as sql;
use crate::{consent, contacts, conversations, identities, messages};

/// One look at an organisation.
pub(crate) struct Snapshot<'a, 'c> {
    pub(crate) db: &'a mut Db<'c>,
    pub(crate) org: OrgId,
    pub(crate) now: DateTime<Utc>,
}

impl Snapshot<'_, '_> {
    fn retention(&self) -> RetentionCutoff {
        RetentionCutoff::at(self.now)
    }

    /// Facts for each of these sends that still exists.
    pub(crate) async fn send_facts(&mut self, jobs: &[JobId]) -> Res<Vec<SendFacts>> {
        let (retention, mut accounts) = (self.retention(), HashMap::new());
        let mut found = Vec::with_capacity(jobs.len());
        for job in jobs {
            found.extend(self.send_facts_of(*job, retention, &mut accounts).await?);
        }
        Ok(found)
    }

    async fn send_facts_of(
        &mut self,
        job: JobId,
        retention: RetentionCutoff,
        accounts: &mut HashMap<AccountId, dialzio_core::account::ProviderAccount>,
    ) -> Res<Option<SendFacts>> {
        let org = id(self.org);
        let Some(job) = crate::outbox::one(self.db, org, job).await? else { return Ok(None) };
        let JobKind::Send(message) = job.kind else { return Ok(None) };
        let Some(message) = messages::one(self.db, org, retention, message).await? else { return Ok(None) };
        let Some(conversation) = conversations::one(self.db, org, message.conversation).await? else {
            return Ok(None);
        };
        let Some(identity) = identities::one(self.db, org, conversation.identity).await? else {
            return Ok(None);
        };
        if !accounts.contains_key(&conversation.account)
            && let Some(account) = crate::accounts::one(self.db, org, conversation.account).await?
        {
            accounts.insert(account.id, account);
        }
        let Some(account) = accounts.get(&conversation.account).cloned() else { return Ok(None) };
        let Some(consent) = self.consent_facts_of(&conversation, Some(message.id)).await? else {
            return Ok(None);
        };
        let reply_to = match message.reply_to {
            Some(answered) => messages::external_of(self.db, org, answered).await?,
            None => None,
        };
        let template = match &message.content {
            Content::Template { name, language, .. } => {
                crate::accounts::template(self.db, org, conversation.account, name, language).await?
            }
            _ => None,
        };
        Ok(Some(SendFacts { job, message, conversation, identity, account, consent, reply_to, template }))
    }

    pub(crate) async fn consent_facts(&mut self, of: ConversationId) -> Res<Option<ConsentRows>> {
        match conversations::one(self.db, id(self.org), of).await? {
            Some(conversation) => {
                self.db.see_all();
                self.consent_facts_of(&conversation, None).await
            }
            None => Ok(None),
        }
    }

    async fn consent_facts_of(
        &mut self,
        conversation: &Conversation,
        itself: Option<MessageId>,
    ) -> Res<Option<ConsentRows>> {
        let org = id(self.org);
        let Some(identity) = identities::one(self.db, org, conversation.identity).await? else {
            return Ok(None);
        };
        let Some(contact) = contacts::one(self.db, org, identity.contact).await? else { return Ok(None) };
        let subjects = identity.subject_keys();
        let records = consent::about(self.db, org, &subjects).await?;
        let last_inbound = conversation.last_inbound.zip(conversation.last_inbound_at);
        let relations = self
            .db
            .all(sql::RELATIONS, params![org, id(contact.id)], |row| {
                let c = Cols::new(row, "conversation");
                Ok((c.id::<MessageId>()?, c.time()?))
            })
            .await?;
        let answered = match last_inbound {
            None => false,
            Some((last, _)) => {
                let itself = itself.map(id);
                self.db
                    .any(sql::MESSAGE_ANSWERED, params![org, id(conversation.id), id(last), itself])
                    .await?
            }
        };
        let since = time(self.now - CAP_PERIOD);
        let marketing_sent = self
            .db
            .all(sql::MESSAGES_PROMOTED, params![org, id(contact.id), since], |row| {
                Cols::new(row, "evidence").time()
            })
            .await?;
        let settings =
            crate::access::org(self.db, self.org).await?.ok_or_else(|| unreadable("organisation"))?;
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

    pub(crate) async fn inbound_facts(&mut self, query: &InboundQuery) -> Res<InboundFacts> {
        let identities = self.known_identities(query).await?;
        Ok(InboundFacts {
            candidates: self.candidates(query, &identities).await?,
            identities,
            messages: self.known_messages(query).await?,
        })
    }

    /// In the order in which the aliases were asked for.
    async fn known_identities(&mut self, query: &InboundQuery) -> Res<Vec<KnownIdentity>> {
        let org = id(self.org);
        let aliases: Vec<_> =
            query.aliases.iter().map(|alias| (alias.kind().as_str().to_owned(), alias.match_key())).collect();
        let (kinds, keys): (Vec<_>, Vec<_>) = aliases.iter().cloned().unzip();
        let row = params![org, query.portfolio.0, kinds, keys];
        let holders = self
            .db
            .all(sql::ALIAS_HOLDERS, row, |row| {
                let c = Cols::new(row, "alias");
                Ok(((c.get::<String>()?, c.get::<String>()?), c.id::<ChannelIdentityId>()?))
            })
            .await?;
        let mut ids: Vec<ChannelIdentityId> = Vec::new();
        for asked in &aliases {
            for (_, holder) in holders.iter().filter(|(held, _)| held == asked) {
                if !ids.contains(holder) {
                    ids.push(*holder);
                }
            }
        }
        if ids.is_empty() {
            return Ok(Vec::new());
        }
        let identities = identities::by_ids(self.db, org, ids.iter().copied()).await?;
        let talks = conversations::with_each(self.db, org, query.account, &ids).await?;
        let (mut details, mut consents) = (Vec::new(), Vec::new());
        if query.consent {
            let people = identities.iter().map(|identity| identity.contact);
            details = contacts::subject_keys(self.db, org, people).await?;
            let keys: Vec<SubjectKey> = identities.iter().flat_map(ChannelIdentity::subject_keys).collect();
            consents = consent::about(self.db, org, &keys).await?;
        }
        let mut found = Vec::with_capacity(ids.len());
        for wanted in ids {
            let Some(identity) = identities.iter().find(|identity| identity.id == wanted) else { continue };
            let own = identity.subject_keys();
            let covers = |subject: &SubjectKey| own.contains(subject);
            let of_contact = details.iter().filter(|(contact, _)| *contact == identity.contact);
            found.push(KnownIdentity {
                identity: identity.clone(),
                details: of_contact.map(|(_, key)| key.clone()).collect(),
                conversation: talks.iter().find(|(of, _)| *of == wanted).map(|(_, talk)| talk.clone()),
                consents: consents.iter().filter(|r| r.subjects.iter().any(covers)).cloned().collect(),
            });
        }
        Ok(found)
    }

    /// For numbers that no identity has.
    async fn candidates(
        &mut self,
        query: &InboundQuery,
        known: &[KnownIdentity],
    ) -> Res<Vec<(SubjectKey, ContactId)>> {
        let keys = query.numbers_of_nobody(known);
        if keys.is_empty() {
            return Ok(Vec::new());
        }
        let row = params![id(self.org), key_list(&keys)];
        let found = self
            .db
            .all(sql::CONTACT_CANDIDATES, row, |row| {
                let c = Cols::new(row, "contact");
                Ok((SubjectKey::from_stored(c.get()?), c.id::<ContactId>()?))
            })
            .await?;
        Ok(InboundFacts::candidates_in_order(found))
    }

    async fn known_messages(&mut self, query: &InboundQuery) -> Res<Vec<KnownMessage>> {
        // Nothing but new messages.
        if query.external.is_empty() && query.own.is_empty() {
            return Ok(Vec::new());
        }
        let (org, retention) = (id(self.org), self.retention());
        let hashes: Vec<_> = query.external.iter().map(ExternalId::hash8).collect();
        let row = params![org, retention.now, retention.now, id(query.account), hashes];
        let mut found = self
            .db
            .all(sql::MESSAGES_REFERRED, row, |row| {
                let c = Cols::new(row, "message");
                let mut known = KnownMessage::from_row(&c)?;
                known.digest = c.get::<Option<i64>>()?.map(MessageDigest);
                Ok(known)
            })
            .await?;
        let asked =
            |known: &KnownMessage| known.external.as_ref().is_some_and(|id| query.external.contains(id));
        found.retain(asked);
        if !query.own.is_empty() {
            let row = params![org, retention.now, retention.now, id_list(query.own.iter().copied())];
            found.extend(self.db.all(sql::MESSAGES_KNOWN, row, read).await?);
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
                known.digest =
                    messages::referred(self.db, org, query.account, external).await?.and_then(|r| r.digest);
            }
            distinct.push(known);
        }
        Ok(distinct)
    }
}
