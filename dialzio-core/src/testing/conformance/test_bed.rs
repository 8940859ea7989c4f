//! What every case works on: a fresh store, the clock it judges expiry by, and records to start from.

use chrono::{DateTime, TimeDelta, Utc};
use std::sync::Arc;

use crate::access::AccessWrite;
use crate::access::Org;
use crate::account::AccountWrite;
use crate::account::{App, ProviderAccount};
use crate::contact::ContactWrite;
use crate::contact::{Alias, ChannelIdentity, Contact};
use crate::conversation::{Conversation, ConversationWrite, DeliveryStatus, Evidence, Message};
use crate::id::MessageId;
use crate::ledger::Action;
use crate::outbox::{Job, Lease, Queue, QueueKind};
use crate::scope::{OrgScope, SystemScope};
use crate::store::{
    Batch, Cause, Commit, Outcome, Precondition, Store, StoreError, StoreResult, SystemWrite, Write,
};
use crate::testing::{Fixtures, scope, system_scope};
use crate::time::{Clock, ManualClock};

/// A fresh store with its clock.
#[derive(Debug)]
pub struct TestBed {
    /// The store under test.
    pub store: Arc<dyn Store>,
    /// The clock that the store was made with.
    pub clock: Arc<ManualClock>,
    /// Records to start from.
    pub make: Fixtures,
    /// Rights over the system tables.
    pub system: SystemScope,
}

/// An organisation with an app and an account in use.
#[derive(Debug, Clone)]
pub struct Tenant {
    /// The scope of the tenant's owner, with every permission.
    pub scope: OrgScope,
    /// The organisation, as it was stored.
    pub org: Org,
    /// The app that receives its webhooks.
    pub app: App,
    /// A connected account of the app.
    pub account: ProviderAccount,
}

/// A person it talks to.
#[derive(Debug, Clone)]
pub struct Person {
    /// The contact, as it was stored.
    pub contact: Contact,
    /// Their identity, known by a number.
    pub identity: ChannelIdentity,
    /// Their conversation on the tenant's account.
    pub conversation: Conversation,
}

impl Tenant {
    /// A queue of the account.
    #[must_use]
    pub fn queue(&self, kind: QueueKind) -> Queue {
        Queue { org: self.org.id, account: Some(self.account.id), kind }
    }
}

impl TestBed {
    /// The clock that every case starts with. A store is made with it.
    #[must_use]
    pub fn clock() -> Arc<ManualClock> {
        Arc::new(ManualClock::at(Fixtures::morning()))
    }

    /// A bed over a fresh store that was made with `clock`.
    #[must_use]
    pub fn new(store: Arc<dyn Store>, clock: Arc<ManualClock>) -> Self {
        let make = Fixtures::seeded(20_260_302, clock.now());
        Self { store, clock, make, system: system_scope() }
    }

    /// The time of the manual clock.
    #[must_use]
    pub fn now(&self) -> DateTime<Utc> {
        self.clock.now()
    }

    /// Seconds after the start.
    #[must_use]
    pub fn at(&self, seconds: i64) -> DateTime<Utc> {
        self.make.start() + TimeDelta::seconds(seconds)
    }

    /// An empty batch.
    #[must_use]
    pub fn batch(&self) -> Batch {
        Batch::caused_by(&Cause::Stored, Action::ContactChanged, self.now())
    }

    /// A batch of these writes.
    #[must_use]
    pub fn writes(&self, writes: impl IntoIterator<Item = Write>) -> Batch {
        let mut batch = self.batch();
        for write in writes {
            batch.write(write);
        }
        batch
    }

    /// Commits one write.
    pub async fn write(&self, scope: &OrgScope, write: impl Into<Write>) -> Commit {
        self.write_all(scope, [write.into()]).await
    }

    /// Commits writes as one batch.
    pub async fn write_all(&self, scope: &OrgScope, writes: impl IntoIterator<Item = Write>) -> Commit {
        let commit = self.store.commit_one(scope, self.writes(writes)).await.unwrap();
        assert_eq!(commit.outcome, Outcome::Applied);
        commit
    }

    /// Commits one write that has to be refused; answers what was not true.
    pub async fn refused(&self, scope: &OrgScope, write: impl Into<Write>) -> Precondition {
        match self.store.commit_one(scope, self.writes([write.into()])).await {
            Err(StoreError::PreconditionFailed(expect)) => *expect,
            other => panic!("should have been refused: {other:?}"),
        }
    }

    /// Whether a fact holds: an empty batch that expects it is applied, or refused with that very fact.
    pub async fn holds(&self, scope: &OrgScope, fact: Precondition) -> bool {
        let mut batch = self.batch();
        batch.require(fact.clone());
        match self.store.commit_one(scope, batch).await {
            Ok(commit) => {
                assert_eq!(commit.outcome, Outcome::Applied);
                true
            }
            Err(StoreError::PreconditionFailed(precondition_failed)) => {
                assert_eq!(*precondition_failed, fact, "the fact that is untrue is the one that is named");
                false
            }
            Err(other) => panic!("an expectation is met or unmet: {other}"),
        }
    }

    /// Changes system tables.
    pub async fn commit_system(&self, write: SystemWrite) -> StoreResult<Commit> {
        self.store.commit_system(&self.system, vec![write], None).await
    }

    /// Founds an organisation.
    pub async fn found(&self, org: &Org) -> OrgScope {
        let scope = scope(org.id);
        let founding = self.writes([AccessWrite::InsertOrg(org.clone()).into()]);
        self.store
            .commit_system(&self.system, vec![SystemWrite::Noop], Some((&scope, founding)))
            .await
            .unwrap();
        scope
    }

    /// An organisation with an app and an account.
    pub async fn tenant(&self) -> Tenant {
        let org = self.make.org("Corner shop");
        let scope = self.found(&org).await;
        let app = self.make.app(Some(org.id));
        self.commit_system(SystemWrite::InsertApp(app.clone())).await.unwrap();
        let account = self.make.account(app.id);
        self.write(&scope, AccountWrite::Insert(Box::new(account.clone()))).await;
        Tenant { scope, org, app, account }
    }

    /// A person the tenant talks to, by a number of theirs.
    pub async fn person(&self, tenant: &Tenant, name: &str) -> Person {
        let contact = self.make.contact(name);
        let aliases = vec![Alias::Phone(self.make.phone())];
        let identity = self.make.identity(contact.id, aliases);
        let conversation = self.make.conversation(tenant.account.id, &identity);
        let person = Person { contact, identity, conversation };
        self.write_all(&tenant.scope, person.writes()).await;
        person
    }

    /// The person writes a text to the tenant's account.
    pub async fn hears(&self, tenant: &Tenant, person: &Person, text: &str, at: DateTime<Utc>) -> Message {
        let message = self.make.inbound(&person.conversation, text, at);
        self.write(&tenant.scope, self.make.append(tenant.account.id, &message)).await;
        message
    }

    /// The tenant queues an answer.
    pub async fn queues(
        &self,
        tenant: &Tenant,
        person: &Person,
        text: &str,
        at: DateTime<Utc>,
    ) -> (Message, Job) {
        let message = self.make.outbound(&person.conversation, text, at);
        let job = self.queue(tenant, &message).await;
        (message, job)
    }

    /// The tenant queues a message that was made before.
    pub async fn queue(&self, tenant: &Tenant, message: &Message) -> Job {
        let job = self.make.send(tenant.account.id, message);
        let mut batch = self.writes([self.make.append(tenant.account.id, message).into()]);
        batch.job(job.clone());
        self.store.commit_one(&tenant.scope, batch).await.unwrap();
        job
    }

    /// Evidence about the delivery of a message.
    pub async fn delivery(
        &self,
        tenant: &Tenant,
        message: MessageId,
        status: DeliveryStatus,
        at: DateTime<Utc>,
    ) {
        let evidence = Evidence { status, at, failure: None };
        self.write(&tenant.scope, ConversationWrite::Evidence { message, evidence }).await;
    }

    /// Leases a queue for a minute from the clock's now.
    pub async fn lease(&self, queue: Queue) -> Lease {
        let until = self.now() + TimeDelta::minutes(1);
        let lease = self.store.lease(&self.system, queue, self.make.id(), self.now(), until).await;
        lease.unwrap().expect("the queue is free")
    }

    /// The conversation as it is now.
    pub async fn conversation(&self, tenant: &Tenant, person: &Person) -> Conversation {
        self.store.conversation(&tenant.scope, person.conversation.id).await.unwrap().unwrap()
    }

    /// A message as it is now.
    pub async fn message(&self, tenant: &Tenant, id: MessageId) -> Message {
        self.store.message(&tenant.scope, id).await.unwrap().expect("the message is there")
    }
}

impl Person {
    /// What makes them known.
    #[must_use]
    pub fn writes(&self) -> Vec<Write> {
        vec![
            ContactWrite::Insert(self.contact.clone()).into(),
            ContactWrite::Identity(self.identity.clone()).into(),
            ConversationWrite::Insert(self.conversation.clone()).into(),
        ]
    }
}
