//! Another organisation sees nothing, by any read, and reaches nothing, by any write.

use crate::access::AccessWrite;
use crate::consent::{ConsentEvent, ConsentWrite, SuppressionScope};
use crate::contact::{Alias, ContactQuery, ContactWrite, TaskQuery};
use crate::conversation::{
    ActivityKind, Content, ConversationQuery, ConversationState, ConversationWrite, DeliveryStatus,
    Direction, Evidence, FailureNote, InboundAsk, InboxView, Message, Reaction, StateFilter,
    TemplateCategory,
};
use crate::effect::{Effect, EffectState, LaneKind};
use crate::event::{DomainEvent, EventSeq};
use crate::inbox::{InboxItem, InboxWrite, Quarantined};
use crate::media::{Media, MediaWrite};
use crate::page::PageRequest;
use crate::scope::{OrgScope, Role};
use crate::store::{EffectWrite, Expect, LedgerSeq, RecordRef, Revision, SystemWrite, Write};
use crate::testing::conformance::{Bench, House, Person};

struct Full {
    house: House,
    person: Person,
    heard: Message,
    queued: Message,
    effect: Effect,
    media: Media,
    item: InboxItem,
    bytes: Quarantined,
    hash: [u8; 16],
    member: crate::access::Member,
    key: crate::id::ApiKeyId,
}

async fn full(bench: &Bench) -> Full {
    let house = bench.house().await;
    let person = bench.person(&house, "Asha").await;
    let heard = bench.hears(&house, &person, "hello", bench.at(1)).await;
    let (queued, effect) = bench.queues(&house, &person, "an answer", bench.at(2)).await;
    let media = bench.make.media(house.org.id, house.account.id, &heard);
    let item = bench.make.item(&house.account, LaneKind::Inbox, bench.at(1));
    let bytes = bench.make.quarantined(Some(house.org.id), house.app.id, bench.at(1));
    let suppression = bench.make.suppression(SuppressionScope::Marketing);
    let user = bench.make.user("asha@shop.example");
    bench.enact(SystemWrite::InsertUser(user.clone())).await.unwrap();
    let member = bench.make.member(user.id, Role::Owner);
    let key = bench.make.api_key();
    let account = house.account.id;
    let templates = vec![bench.make.template(account, "order_sent", TemplateCategory::Utility)];
    let given = bench.make.consent(person.contact.id, person.identity.subject_keys(), ConsentEvent::Given);
    let mut batch = bench.writes([
        MediaWrite::Insert(media.clone()).into(),
        ConversationWrite::Activity(bench.make.activity(
            &person.conversation,
            ActivityKind::Closed,
            bench.at(3),
        ))
        .into(),
        ContactWrite::Note(bench.make.note(person.contact.id, "called twice")).into(),
        ContactWrite::InsertTask(bench.make.task(person.contact.id, "Call back")).into(),
        ConsentWrite::Record(given).into(),
        ConsentWrite::Suppress(suppression.clone()).into(),
        crate::account::AccountWrite::Templates { account, asked_at: bench.at(0), templates }.into(),
        AccessWrite::InsertMember(member.clone()).into(),
        AccessWrite::InsertApiKey(key.clone()).into(),
        InboxWrite::Park(item.clone()).into(),
        InboxWrite::Quarantine(bytes.clone()).into(),
    ]);
    batch.event(DomainEvent::MessageReceived { conversation: heard.conversation, message: heard.id });
    bench.store.commit_one(&house.scope, batch).await.unwrap();
    Full {
        house,
        person,
        heard,
        queued,
        effect,
        media,
        item,
        bytes,
        hash: suppression.hash,
        member,
        key: key.id,
    }
}

/// Every read that takes a scope, with everything that the other organisation could ask for. Answers how many of them
/// found something.
async fn found(bench: &Bench, full: &Full, scope: &OrgScope) -> Vec<(&'static str, bool)> {
    let store = &bench.store;
    let page = || PageRequest::first(50);
    let (contact, talk) = (full.person.contact.id, full.person.conversation.id);
    let account = full.house.account.id;
    let keys = full.person.identity.subject_keys();
    let query = |state| ConversationQuery { view: InboxView::All, state, now: bench.now() };
    let ask = InboundAsk {
        account,
        portfolio: full.house.account.portfolio.clone(),
        aliases: full.person.identity.aliases.clone(),
        external: full.heard.external.clone().into_iter().collect(),
        own: vec![full.queued.id],
        consent: true,
    };
    let facts = store.inbound_facts(scope, &ask).await.unwrap();
    let held = bench.lease(full.house.lane(LaneKind::Send)).await;
    let due = store.due(scope, &held, bench.at(60), 10).await.unwrap();
    store.release(&bench.system, held).await.unwrap();
    let everybody = ContactQuery::default();
    let named = ContactQuery::matching("asha");
    vec![
        ("contact", store.contact(scope, contact).await.unwrap().is_some()),
        ("contacts_by_subject", !store.contacts_by_subject(scope, &keys).await.unwrap().is_empty()),
        ("channel_identities", !store.channel_identities(scope, contact).await.unwrap().is_empty()),
        ("channel_identity", store.channel_identity(scope, full.person.identity.id).await.unwrap().is_some()),
        ("contacts", !store.contacts(scope, &everybody, page()).await.unwrap().items.is_empty()),
        ("search", !store.contacts(scope, &named, page()).await.unwrap().items.is_empty()),
        ("notes", !store.notes(scope, contact, page()).await.unwrap().items.is_empty()),
        ("tasks", !store.tasks(scope, &TaskQuery::default(), page()).await.unwrap().items.is_empty()),
        ("conversation", store.conversation(scope, talk).await.unwrap().is_some()),
        ("inbox_entry", store.inbox_entry(scope, talk).await.unwrap().is_some()),
        ("inbox", !store.inbox(scope, &query(StateFilter::Open), page()).await.unwrap().items.is_empty()),
        ("conversations_of", !store.conversations_of(scope, contact).await.unwrap().is_empty()),
        (
            "conversation_with",
            store.conversation_with(scope, account, full.person.identity.id).await.unwrap().is_some(),
        ),
        ("queue_counts", store.queue_counts(scope).await.unwrap().count(InboxView::All, "open") > 0),
        ("message", store.message(scope, full.heard.id).await.unwrap().is_some()),
        ("evidence_of", !store.evidence_of(scope, &[full.queued.id]).await.unwrap().is_empty()),
        ("activities", !store.activities(scope, talk, page()).await.unwrap().items.is_empty()),
        ("messages", !store.messages(scope, talk, page()).await.unwrap().items.is_empty()),
        ("inbound_facts.identities", !facts.identities.is_empty()),
        ("inbound_facts.messages", !facts.messages.is_empty()),
        ("inbound_facts.consents", facts.identities.iter().any(|known| !known.consents.is_empty())),
        ("templates", !store.templates(scope, account).await.unwrap().is_empty()),
        ("media", store.media(scope, full.media.id).await.unwrap().is_some()),
        ("media_of", !store.media_of(scope, &[full.heard.id]).await.unwrap().is_empty()),
        ("send_facts", !store.send_facts(scope, &[full.effect.id]).await.unwrap().is_empty()),
        ("consent_facts", store.consent_facts(scope, talk).await.unwrap().is_some()),
        ("any suppression", store.any_suppression(scope).await.unwrap()),
        ("suppressions", !store.suppressions(scope, &[full.hash]).await.unwrap().is_empty()),
        ("consent_history", !store.consent_history(scope, contact, page()).await.unwrap().items.is_empty()),
        ("account", store.account(scope, account).await.unwrap().is_some()),
        ("accounts", store.accounts(scope).await.unwrap().iter().any(|found| found.id == account)),
        ("org", store.org(scope).await.unwrap().is_some_and(|org| org.id == full.house.org.id)),
        ("member", store.member(scope, full.member.id).await.unwrap().is_some()),
        ("members", !store.members(scope).await.unwrap().is_empty()),
        ("api_key", store.api_key(scope, full.key).await.unwrap().is_some()),
        ("api_keys", !store.api_keys(scope).await.unwrap().is_empty()),
        ("events", !store.events(scope, EventSeq(0), 100).await.unwrap().is_empty()),
        ("newest_event", store.newest_event(scope).await.unwrap() > EventSeq(0)),
        ("audit", store.audit(scope, 0, 100).await.unwrap().len() > 2),
        ("due", !due.is_empty()),
        ("waiting", !store.waiting(scope, page()).await.unwrap().items.is_empty()),
        ("quarantined_item", store.quarantined_item(scope, full.bytes.id).await.unwrap().is_some()),
        ("quarantined", !store.quarantined(scope, page()).await.unwrap().items.is_empty()),
    ]
}

/// Everything is found by its owner, and nothing by another organisation, or by one that was never founded.
pub async fn another_organisation_sees_nothing_by_any_read(bench: Bench) {
    let mine = full(&bench).await;
    let other = bench.house().await;
    let nobody = crate::testing::scope(bench.make.id());
    for (read, found) in found(&bench, &mine, &mine.house.scope).await {
        assert!(found, "{read} finds nothing of one's own");
    }
    for scope in [&other.scope, &nobody] {
        for (read, found) in found(&bench, &mine, scope).await {
            assert!(!found, "{read} finds what belongs to another organisation");
        }
    }
}

/// Expectations about another organisation's records are judged in one's own: there is nothing there.
pub async fn expectations_look_into_ones_own_organisation_only(bench: Bench) {
    let mine = full(&bench).await;
    let other = bench.house().await;
    let (scope, account) = (&other.scope, mine.house.account.id);
    let alias = mine.person.identity.aliases[0].clone();
    let portfolio = mine.house.account.portfolio.clone();
    let external = mine.heard.external.clone().unwrap();
    assert!(bench.holds(scope, Expect::IdentityFree(portfolio, alias)).await);
    assert!(bench.holds(scope, Expect::ConversationFree(account, mine.person.identity.id)).await);
    assert!(bench.holds(scope, Expect::ExternalFree(account, external)).await);
    let line = &mine.house.account;
    assert!(bench.holds(scope, Expect::AccountFree(line.provider.clone(), line.external_id.clone())).await);
    let keys = mine.person.identity.subject_keys();
    assert!(bench.holds(scope, Expect::ConsentHead(keys, LedgerSeq(0))).await);
    let contact = RecordRef::Contact(mine.person.contact.id);
    assert!(!bench.holds(scope, Expect::Revision(contact, Revision::FIRST)).await);
    assert!(!bench.holds(scope, Expect::Effect(mine.effect.id, EffectState::Pending)).await);
}

/// Writes that name another organisation's records change nothing of them, whether they are refused or come to nothing.
pub async fn writes_do_not_reach_another_organisation(bench: Bench) {
    let mine = full(&bench).await;
    let other = bench.house().await;
    let (message, identity) = (mine.queued.id, mine.person.identity.id);
    let at = bench.at(50);
    let content = || Box::new(Content::text("changed by a stranger").unwrap());
    let evidence = Evidence { status: DeliveryStatus::Read, at, failure: None };
    let why = FailureNote { code: "scripted.190".to_owned(), detail: None };
    let by = Direction::Inbound;
    let mut card = mine.person.contact.clone();
    card.restricted = true;
    let mut talk = mine.person.conversation.clone();
    talk.state = ConversationState::Closed;
    let mut media = mine.media.clone();
    media.filename = None;
    let (state, not_before) = (EffectState::Dead, None);
    let strange: Vec<Write> = vec![
        ContactWrite::Update(card).into(),
        ContactWrite::Alias { identity, alias: Alias::Phone(bench.make.phone()), seen_at: at }.into(),
        ContactWrite::Profile { identity, name: None, username: None, at }.into(),
        ContactWrite::Reachable { identity, unreachable_since: Some(at) }.into(),
        ContactWrite::AddTags { contact: mine.person.contact.id, tags: vec![bench.make.tag("vip")] }.into(),
        ConversationWrite::Update(talk).into(),
        ConversationWrite::Evidence { message, evidence }.into(),
        ConversationWrite::Requeue { message, why, at }.into(),
        ConversationWrite::Reaction(Reaction { message, by, emoji: Some("👍".to_owned()), at }).into(),
        ConversationWrite::Edit { message, content: content(), beside: None, at }.into(),
        ConversationWrite::Revoke { message, content: content(), at }.into(),
        ConversationWrite::Seen { conversation: mine.person.conversation.id, up_to: mine.queued.id }.into(),
        MediaWrite::Update(media).into(),
        EffectWrite::Settle { id: mine.effect.id, state, not_before, attempts: 9 }.into(),
        EffectWrite::WakeSends { account: mine.house.account.id, at: bench.at(1) }.into(),
        EffectWrite::Rest { id: mine.effect.id, until: bench.at(900), attempts: 9 }.into(),
        EffectWrite::CancelSend(message).into(),
        InboxWrite::Settle(mine.item.id).into(),
        InboxWrite::Release(mine.bytes.id).into(),
    ];
    let snapshot = async || {
        let scope = &mine.house.scope;
        let page = || PageRequest::first(10);
        (
            bench.store.contact(scope, mine.person.contact.id).await.unwrap(),
            bench.store.channel_identity(scope, identity).await.unwrap(),
            bench.store.conversation(scope, mine.person.conversation.id).await.unwrap(),
            bench.store.messages(scope, mine.person.conversation.id, page()).await.unwrap(),
            bench.store.media(scope, mine.media.id).await.unwrap(),
            bench.store.quarantined(scope, page()).await.unwrap(),
        )
    };
    let before = snapshot().await;
    for write in strange {
        let _ = bench.store.commit_one(&other.scope, bench.writes([write])).await;
    }
    assert_eq!(snapshot().await, before);
    assert!(bench.holds(&mine.house.scope, Expect::Effect(mine.effect.id, EffectState::Pending)).await);
    assert!(!bench.holds(&mine.house.scope, Expect::LaneIdle(mine.house.lane(LaneKind::Inbox))).await);
}
