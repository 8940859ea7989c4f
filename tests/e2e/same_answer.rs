//! One random list of commands on each store: every answer is the same, down to ids, order and cursors.

use std::sync::Arc;

use chrono::{DateTime, TimeDelta, Utc};
use dialzio_core::access::NewOrg;
use dialzio_core::account::{App, LocalKeys, NewAccount, NewApp, ProviderAccount};
use dialzio_core::consent::{Channel, Evidence, EvidenceKind, NewConsent, Purpose, PurposeScope, Withdrawal};
use dialzio_core::contact::{Contact, ContactPatch, ContactQuery, NewContact, NewTask, Stage, TaskQuery};
use dialzio_core::conversation::{
    ConversationQuery, ConversationState, InboxEntry, InboxView, NewMessage, StateFilter,
};
use dialzio_core::entropy::Entropy;
use dialzio_core::event::EventSeq;
use dialzio_core::memory::MemoryStore;
use dialzio_core::page::{Page, PageRequest};
use dialzio_core::testing::{Fixtures, ScriptedProvider};
use dialzio_core::{Actor, Clock, Crm, Error, ManualClock, Principal, Role, Store};
use dialzio_store_postgres::testing::Cluster;
use dialzio_store_sqlite::SqliteStore;
use proptest::prelude::*;
use serde_json::json;

/// One thing that a member does. Numbers choose among what there is.
#[derive(Debug, Clone)]
enum Command {
    Create { name: usize, number: Option<usize> },
    Change { contact: usize, stage: usize, tag: usize },
    Note { contact: usize },
    Task { contact: usize, days: i64 },
    Write { person: usize, text: usize, minutes_ago: i64 },
    React { person: usize, message: usize },
    Status { message: usize, status: usize },
    Reply { conversation: usize },
    Promote { conversation: usize },
    Grant { contact: usize },
    Withdraw { contact: usize },
    Close { conversation: usize },
    Snooze { conversation: usize, minutes: i64 },
    Seen { conversation: usize },
    JobKind,
    Wait { minutes: i64 },
    People { query: usize, limit: u32 },
    Inbox { state: usize, limit: u32 },
    Thread { conversation: usize, limit: u32 },
}

const NAMES: &[&str] = &["Asha Rao", "asha", "Ávila", "Zoë", "Ben", "Chitra", "李雷", "O'Neil"];
const TEXTS: &[&str] = &["Hello", "STOP", "Is it there?", "START", "நன்றி 🙏", "please stop messaging me"];
const QUERIES: &[&str] = &["", "as", "ash", "avila", "98400", "李", "o'n", "zz"];

fn command() -> impl Strategy<Value = Command> {
    let any = 0_usize..64;
    prop_oneof![
        2 => (any.clone(), prop::option::of(0_usize..8)).prop_map(|(name, number)| Command::Create { name, number }),
        1 => (any.clone(), any.clone(), any.clone())
            .prop_map(|(contact, stage, tag)| Command::Change { contact, stage, tag }),
        1 => any.clone().prop_map(|contact| Command::Note { contact }),
        1 => (any.clone(), 0_i64..9).prop_map(|(contact, days)| Command::Task { contact, days }),
        6 => (0_usize..8, any.clone(), 0_i64..90)
            .prop_map(|(person, text, minutes_ago)| Command::Write { person, text, minutes_ago }),
        1 => (0_usize..8, any.clone()).prop_map(|(person, message)| Command::React { person, message }),
        2 => (any.clone(), any.clone()).prop_map(|(message, status)| Command::Status { message, status }),
        3 => any.clone().prop_map(|conversation| Command::Reply { conversation }),
        1 => any.clone().prop_map(|conversation| Command::Promote { conversation }),
        1 => any.clone().prop_map(|contact| Command::Grant { contact }),
        1 => any.clone().prop_map(|contact| Command::Withdraw { contact }),
        1 => any.clone().prop_map(|conversation| Command::Close { conversation }),
        1 => (any.clone(), 1_i64..90)
            .prop_map(|(conversation, minutes)| Command::Snooze { conversation, minutes }),
        1 => any.clone().prop_map(|conversation| Command::Seen { conversation }),
        2 => Just(Command::JobKind),
        1 => (1_i64..600).prop_map(|minutes| Command::Wait { minutes }),
        2 => (any.clone(), 1_u32..6).prop_map(|(query, limit)| Command::People { query, limit }),
        2 => (any.clone(), 1_u32..6).prop_map(|(state, limit)| Command::Inbox { state, limit }),
        2 => (any, 1_u32..6).prop_map(|(conversation, limit)| Command::Thread { conversation, limit }),
    ]
}

/// An installation on one store, with ids and randomness from a seed, so that all of them make the same ones.
struct Tenant {
    crm: Crm,
    clock: Arc<ManualClock>,
    me: Actor,
    app: App,
    account: ProviderAccount,
    received: usize,
}

async fn tenant(clock: Arc<ManualClock>, store: Arc<dyn Store>) -> Tenant {
    let crm = Crm::builder()
        .shared_store(store)
        .keys(LocalKeys::ephemeral(&Entropy::seeded(1)))
        .provider(ScriptedProvider::new())
        .clock(Arc::clone(&clock) as Arc<dyn Clock>)
        .seed(7)
        .build()
        .unwrap();
    let org = crm.access().found(NewOrg::named("Shop")).await.unwrap().org;
    let me =
        crm.access().act_as(org, Principal::service("test").unwrap(), Role::Owner.grant()).await.unwrap();
    let app = NewApp {
        provider: "scripted".into(),
        name: "App".parse().unwrap(),
        secrets: vec!["secret".into()],
        verify_token: Some("verify".into()),
    };
    let app = crm.accounts().register_app(&me, app).await.unwrap();
    let line = NewAccount {
        app: app.id,
        name: "Line".parse().unwrap(),
        routing_key: "1001".into(),
        business_id: Some("2002".into()),
        portfolio: None,
        credentials: [("access_token", "token")].into(),
        base_url: None,
    };
    let account = crm.accounts().connect(&me, line).await.unwrap().routable().unwrap();
    Tenant { crm, clock, me, app, account, received: 0 }
}

fn evidence() -> Evidence {
    Evidence { kind: EvidenceKind::InPerson, note: "Asked at the counter".parse().unwrap(), message: None }
}

/// What was answered, or the code of what was refused.
fn told<T: std::fmt::Debug>(answer: Result<T, Error>) -> String {
    answer.map_or_else(|error| error.code(), |answer| format!("{answer:?}"))
}

impl Tenant {
    fn now(&self) -> DateTime<Utc> {
        self.clock.now()
    }

    async fn contacts(&self) -> Vec<Contact> {
        self.people("", PageRequest::first(200)).await.items
    }

    async fn people(&self, query: &str, page: PageRequest) -> Page<Contact> {
        self.crm.contacts().list(&self.me, &ContactQuery::matching(query), page).await.unwrap()
    }

    async fn inbox(&self, state: StateFilter, page: PageRequest) -> Page<InboxEntry> {
        let query = ConversationQuery::new(InboxView::All, state, self.now());
        self.crm.conversations().list(&self.me, &query, page).await.unwrap()
    }

    async fn talks(&self) -> Vec<InboxEntry> {
        let mut all = Vec::new();
        for state in [StateFilter::Open, StateFilter::Snoozed, StateFilter::Closed] {
            all.extend(self.inbox(state, PageRequest::first(200)).await.items);
        }
        all.sort_by_key(|entry| entry.conversation.id);
        all
    }

    async fn webhook(&mut self, element: serde_json::Value) -> String {
        let raw = ScriptedProvider::webhook("secret", &[element]);
        self.crm.intake().receive(self.app.hook, raw).await.status.to_string()
    }

    /// All pages of a list, each with its cursor.
    async fn pages<T: std::fmt::Debug>(
        &self,
        limit: u32,
        read: impl AsyncFn(PageRequest) -> Page<T>,
        shown: impl Fn(&T) -> String,
    ) -> String {
        let (mut text, mut next) = (String::new(), None);
        loop {
            let page = read(PageRequest::after(next, std::num::NonZeroU32::new(limit))).await;
            for item in &page.items {
                text.push_str(&shown(item));
            }
            text.push_str(&format!("| {:?}\n", page.next));
            next = page.next;
            if next.is_none() {
                return text;
            }
        }
    }

    #[allow(clippy::too_many_lines, reason = "one arm for each command")]
    async fn carry_out(&mut self, command: &Command) -> String {
        let (crm, me, now) = (self.crm.clone(), self.me.clone(), self.now());
        let contact_of = async |place: &usize| {
            let all = self.contacts().await;
            if all.is_empty() { None } else { Some(all[place % all.len()].id) }
        };
        let talk_of = async |place: &usize| {
            let all = self.talks().await;
            if all.is_empty() { None } else { Some(all[place % all.len()].conversation.id) }
        };
        match command {
            Command::Create { name, number } => {
                let mut new = NewContact::named(NAMES[name % NAMES.len()]);
                if let Some(number) = number {
                    new = new.phone(format!("+91984001234{number}").parse().unwrap());
                }
                told(crm.contacts().create(&me, new).await)
            }
            Command::Change { contact, stage, tag } => {
                let Some(id) = contact_of(contact).await else { return String::new() };
                let patch = ContactPatch {
                    stage: Some(Stage::ALL[stage % Stage::ALL.len()]),
                    tags: Some(vec![format!("tag-{}", tag % 3).parse().unwrap()]),
                    ..ContactPatch::default()
                };
                told(crm.contacts().update(&me, id, patch).await)
            }
            Command::Note { contact } => {
                let Some(id) = contact_of(contact).await else { return String::new() };
                told(crm.contacts().add_note(&me, id, "Called back".parse().unwrap()).await)
            }
            Command::Task { contact, days } => {
                let Some(id) = contact_of(contact).await else { return String::new() };
                let new = NewTask {
                    title: "Call".parse().unwrap(),
                    due_at: Some(now + TimeDelta::days(*days)),
                    assignee: None,
                };
                let made = told(crm.contacts().add_task(&me, id, new).await);
                let query = TaskQuery { contact: Some(id), ..TaskQuery::default() };
                made + &told(crm.contacts().tasks(&me, &query, PageRequest::first(50)).await)
            }
            Command::Write { person, text, minutes_ago } => {
                self.received += 1;
                let at = (now - TimeDelta::minutes(*minutes_ago)).timestamp();
                let element = json!({"type": "message", "account": "1001", "at": at, "id": format!("in.{}", self.received),
                    "from": format!("91984001234{person}"), "name": NAMES[person % NAMES.len()],
                    "text": TEXTS[text % TEXTS.len()]});
                self.webhook(element).await
            }
            Command::React { person, message } => {
                let element = json!({"type": "reaction", "account": "1001", "at": now.timestamp(), "id": "r",
                    "from": format!("91984001234{person}"), "target": format!("in.{}", message % 12), "emoji": "👍"});
                self.webhook(element).await
            }
            Command::Status { message, status } => {
                let word = ["sent", "delivered", "read", "failed"][status % 4];
                let element = json!({"type": "delivery", "account": "1001", "at": now.timestamp(),
                    "id": format!("scripted.{}", message % 12), "status": word, "code": "x"});
                self.webhook(element).await
            }
            Command::Reply { conversation } => {
                let Some(id) = talk_of(conversation).await else { return String::new() };
                told(crm.conversations().send(&me, id, NewMessage::text("On our way").unwrap()).await)
            }
            Command::Promote { conversation } => {
                let Some(id) = talk_of(conversation).await else { return String::new() };
                told(crm.conversations().send(&me, id, NewMessage::template("diwali", "en")).await)
            }
            Command::Grant { contact } => {
                let Some(contact) = contact_of(contact).await else { return String::new() };
                let new = NewConsent {
                    contact,
                    channel: Channel::WhatsApp,
                    scope: PurposeScope::Marketing,
                    evidence: evidence(),
                    occurred_at: now,
                    expires_at: None,
                };
                told(crm.consents().grant(&me, new).await)
            }
            Command::Withdraw { contact } => {
                let Some(contact) = contact_of(contact).await else { return String::new() };
                let new = Withdrawal {
                    contact,
                    channel: Channel::WhatsApp,
                    scope: PurposeScope::Marketing,
                    evidence: evidence(),
                    occurred_at: now,
                    refused: false,
                };
                told(crm.consents().withdraw(&me, new).await)
            }
            Command::Close { conversation } => {
                let Some(id) = talk_of(conversation).await else { return String::new() };
                told(crm.conversations().set_state(&me, id, ConversationState::Closed).await)
            }
            Command::Snooze { conversation, minutes } => {
                let Some(id) = talk_of(conversation).await else { return String::new() };
                let until = now + TimeDelta::minutes(*minutes);
                told(crm.conversations().set_state(&me, id, ConversationState::Snoozed { until }).await)
            }
            Command::Seen { conversation } => {
                let Some(id) = talk_of(conversation).await else { return String::new() };
                told(crm.conversations().seen(&me, id).await)
            }
            Command::JobKind => told(crm.worker().run_once().await),
            Command::Wait { minutes } => {
                self.clock.advance(TimeDelta::minutes(*minutes));
                String::new()
            }
            Command::People { query, limit } => {
                let query = QUERIES[query % QUERIES.len()];
                let shown = |contact: &Contact| {
                    let name = contact.name.as_ref().map(|name| name.reveal().to_owned());
                    format!("{name:?} {contact:?}\n")
                };
                self.pages(*limit, async |page| self.people(query, page).await, shown).await
            }
            Command::Inbox { state, limit } => {
                let state = [StateFilter::Open, StateFilter::Snoozed, StateFilter::Closed][state % 3];
                let mut counts = crm.conversations().counts(&me).await.unwrap().rows;
                counts.sort_unstable();
                let counts = format!("{counts:?}");
                let shown = |entry: &InboxEntry| format!("{entry:?}\n");
                counts + &self.pages(*limit, async |page| self.inbox(state, page).await, shown).await
            }
            Command::Thread { conversation, limit } => {
                let Some(id) = talk_of(conversation).await else { return String::new() };
                let read = async |page| crm.conversations().messages(&me, id, page).await.unwrap();
                self.pages(*limit, read, |message| {
                    format!("{message:?} {:?}\n", message.content.display_text())
                })
                .await
            }
        }
    }

    /// Everything that can be seen in the end.
    async fn end(&self) -> String {
        let (crm, me) = (&self.crm, &self.me);
        let mut text = String::new();
        for contact in self.contacts().await {
            text += &told(crm.consents().state(me, contact.id, Channel::WhatsApp, Purpose::Marketing).await);
            text += &told(crm.consents().history(me, contact.id, PageRequest::first(200)).await);
            text += &told(crm.contacts().identities(me, contact.id).await);
            text += &told(crm.contacts().notes(me, contact.id, PageRequest::first(200)).await);
        }
        for entry in self.talks().await {
            text += &format!("{entry:?}\n");
            let id = entry.conversation.id;
            text += &told(crm.conversations().messages(me, id, PageRequest::first(200)).await);
            text += &told(crm.conversations().activities(me, id, PageRequest::first(200)).await);
        }
        text += &told(crm.accounts().templates(me, self.account.id).await);
        // Queues whose work is due at the same instant may be worked on in any order.
        let events = crm.ledger().events(me, EventSeq(0), 10_000).await.unwrap();
        let audit = crm.ledger().audit(me, 0, 10_000).await.unwrap();
        let mut lines: Vec<String> =
            events.iter().map(|told| format!("{} {:?}\n", told.at, told.event)).collect();
        lines.extend(audit.iter().map(|entry| {
            format!("{} {} {:?} {:?}\n", entry.at, entry.principal, entry.action, entry.subject)
        }));
        lines.sort_unstable();
        text += &lines.concat();
        text + &told(crm.ledger().verify(me).await)
    }
}

async fn all_answer_the_same(commands: &[Command]) -> Result<(), TestCaseError> {
    let clock = || Arc::new(ManualClock::at(Fixtures::morning()));
    let (memory, sqlite, postgres) = (clock(), clock(), clock());
    let database = Cluster::shared().unwrap().database().await.unwrap();
    let stores: [(Arc<ManualClock>, Arc<dyn Store>); 3] = [
        (Arc::clone(&memory), Arc::new(MemoryStore::new(memory))),
        (Arc::clone(&sqlite), Arc::new(SqliteStore::builder().clock(sqlite).temporary().await.unwrap())),
        (Arc::clone(&postgres), Arc::new(database.store(postgres).await.unwrap())),
    ];
    let mut tenants = Vec::new();
    for (clock, store) in stores {
        tenants.push(tenant(clock, store).await);
    }
    for (place, command) in commands.iter().enumerate() {
        let wanted = tenants[0].carry_out(command).await;
        for (tenant, name) in tenants[1..].iter_mut().zip(["SQLite", "PostgreSQL"]) {
            let told = tenant.carry_out(command).await;
            prop_assert_eq!(&told, &wanted, "{} answers command {} otherwise: {:?}", name, place, command);
        }
    }
    let wanted = tenants[0].end().await;
    for (tenant, name) in tenants[1..].iter().zip(["SQLite", "PostgreSQL"]) {
        prop_assert_eq!(&tenant.end().await, &wanted, "{} ends otherwise", name);
    }
    Ok(())
}

/// `DIALZIO_SAME_ANSWER_CASES` asks for another count than 12.
#[test]
fn one_list_of_commands_has_the_same_answers_on_every_store() {
    let cases = std::env::var("DIALZIO_SAME_ANSWER_CASES").ok().and_then(|text| text.parse().ok());
    let config =
        ProptestConfig { cases: cases.unwrap_or(12), failure_persistence: None, ..ProptestConfig::default() };
    let runtime = tokio::runtime::Runtime::new().unwrap();
    proptest!(config, |(commands in prop::collection::vec(command(), 10..60))| {
        runtime.block_on(all_answer_the_same(&commands))?;
    });
}

/// An opt-out that waits in line and messages that wait to be sent are due at the same instant.
#[test]
fn what_waits_in_line_is_decided_before_anything_is_sent_on_every_store() {
    let commands = [
        Command::Write { person: 3, text: 62, minutes_ago: 29 },
        Command::Write { person: 1, text: 24, minutes_ago: 15 },
        Command::Write { person: 6, text: 50, minutes_ago: 77 },
        Command::Write { person: 2, text: 60, minutes_ago: 59 },
        Command::Reply { conversation: 0 },
        Command::Write { person: 7, text: 2, minutes_ago: 9 },
        Command::React { person: 4, message: 33 },
        Command::Reply { conversation: 32 },
        Command::Write { person: 6, text: 19, minutes_ago: 20 },
        Command::Status { message: 32, status: 18 },
        Command::Write { person: 7, text: 37, minutes_ago: 86 },
        Command::Promote { conversation: 3 },
        Command::Reply { conversation: 37 },
        Command::Write { person: 7, text: 49, minutes_ago: 14 },
        Command::JobKind,
    ];
    let runtime = tokio::runtime::Runtime::new().unwrap();
    runtime.block_on(all_answer_the_same(&commands)).unwrap();
}
