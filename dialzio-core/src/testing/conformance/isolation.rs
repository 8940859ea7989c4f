//! Another organisation sees nothing, by any read, and reaches nothing, by any write.

use futures_util::{FutureExt, StreamExt};

use crate::access::AccessWrite;
use crate::account::SealedKind;
use crate::call::{Call, CallAlias, CallFactsQuery, CallQuery, CallWrite, ReportQuery};
use crate::call_flow::CallFlowWrite;
use crate::canned_reply::CannedReplyWrite;
use crate::consent::{ConsentEvent, ConsentWrite, SuppressionScope};
use crate::contact::{Alias, ContactQuery, ContactWrite, TaskQuery};
use crate::conversation::{
    ActivityKind, Content, ConversationFilter, ConversationQuery, ConversationSearch, ConversationState,
    ConversationWrite, DeliveryStatus, Direction, Draft, DraftKind, DraftWrite, Evidence, FailureNote,
    InboundQuery, InboxView, Message, MessageSearch, Reaction, ScheduledWrite, SoughtWords, StateFilter,
    TemplateCategory,
};
use crate::disposition::DispositionWrite;
use crate::event::{DomainEvent, EventSeq};
use crate::identity_provider::IdentityProviderWrite;
use crate::ledger::AuditFilter;
use crate::media::{Media, MediaWrite};
use crate::notice::{NoticeAbout, NoticeWrite};
use crate::outbox::{Job, JobState, JobWrite, QueueKind};
use crate::page::PageRequest;
use crate::saved_view::SavedViewWrite;
use crate::scope::{OrgScope, Role};
use crate::store::{LedgerSeq, Precondition, RecordRef, Revision, SystemWrite, Write};
use crate::support::{SupportAuthor, SupportWrite};
use crate::team::TeamWrite;
use crate::testing::conformance::{Person, Tenant, TestBed};
use crate::text::MessageText;
use crate::usage::UsageWrite;
use crate::webhook::{BacklogItem, Quarantined, WebhookWrite};

pub(super) struct Full {
    pub(super) tenant: Tenant,
    person: Person,
    heard: Message,
    queued: Message,
    job: Job,
    media: Media,
    item: BacklogItem,
    bytes: Quarantined,
    hash: [u8; 16],
    member: crate::access::Member,
    key: crate::id::ApiKeyId,
    task: crate::id::TaskId,
    disposition: crate::id::DispositionId,
    call_flow: crate::id::CallFlowId,
    canned_reply: crate::id::CannedReplyId,
    saved_view: crate::id::SavedViewId,
    team: crate::id::TeamId,
    identity: crate::identity_provider::MemberIdentity,
    support: crate::id::SupportRequestId,
    scheduled: crate::id::ScheduledMessageId,
    call: Call,
    alias: CallAlias,
}

pub(super) async fn full(bed: &TestBed) -> Full {
    let tenant = bed.tenant().await;
    let person = bed.person(&tenant, "Asha").await;
    let heard = bed.hears(&tenant, &person, "hello", bed.at(1)).await;
    let (queued, job) = bed.queues(&tenant, &person, "an answer", bed.at(2)).await;
    let media = bed.make.media(tenant.org.id, tenant.account.id, &heard);
    let item = bed.make.item(&tenant.account, QueueKind::Elements, bed.at(1));
    let bytes = bed.make.quarantined(Some(tenant.org.id), tenant.app.id, bed.at(1));
    let suppression = bed.make.suppression(SuppressionScope::Marketing);
    let user = bed.make.user("asha@shop.example");
    bed.commit_system(SystemWrite::InsertUser(user.clone())).await.unwrap();
    let member = bed.make.member(user.id, Role::Owner);
    let key = bed.make.api_key();
    let task = bed.make.task(person.contact.id, "Call back");
    let draft = Draft {
        conversation: person.conversation.id,
        member: member.id,
        kind: DraftKind::Reply,
        text: MessageText::parse("begun").unwrap(),
        saved_at: bed.now(),
    };
    let about = NoticeAbout::Conversation(person.conversation.id);
    let notice = bed.make.notice(member.id, about, person.contact.id, bed.now());
    let disposition = bed.make.disposition("Interested", 1);
    let call_flow = bed.make.call_flow(tenant.account.id);
    let canned_reply = bed.make.canned_reply("hours");
    let team = bed.make.team("Sales", &[member.id]);
    let provider = bed.make.identity_provider("Work");
    let identity = bed.make.member_identity(provider.id, "asha", member.id);
    let support = bed.make.support_request(member.id, bed.at(1));
    let asked = bed.make.support_message(support.id, SupportAuthor::Member(member.id), bed.at(1));
    let saved_view = bed.make.saved_view(member.id, "Customers");
    let scheduled = bed.make.scheduled(person.conversation.id, bed.at(90));
    let account = tenant.account.id;
    let mut call = bed.make.missed_call(account, bed.at(1));
    call.customer = person.identity.phone().cloned();
    let alias = bed.make.call_alias();
    let agents = vec![bed.make.call_agent(account, "101", None)];
    let templates = vec![bed.make.template(account, "order_sent", TemplateCategory::Utility)];
    let given = bed.make.consent(person.contact.id, person.identity.subject_keys(), ConsentEvent::Given);
    let mut batch = bed.writes([
        MediaWrite::Insert(media.clone()).into(),
        ConversationWrite::Activity(bed.make.activity(&person.conversation, ActivityKind::Closed, bed.at(3)))
            .into(),
        ContactWrite::Note(bed.make.note(person.contact.id, "called twice")).into(),
        ContactWrite::InsertTask(task.clone()).into(),
        DispositionWrite::Insert(disposition.clone()).into(),
        CallFlowWrite::Insert(Box::new(call_flow.clone())).into(),
        CannedReplyWrite::Insert(canned_reply.clone()).into(),
        SavedViewWrite::Insert(saved_view.clone()).into(),
        TeamWrite::Insert(team.clone()).into(),
        IdentityProviderWrite::Insert(provider).into(),
        IdentityProviderWrite::Link(identity.clone()).into(),
        SupportWrite::Insert(support.clone()).into(),
        SupportWrite::Append(asked).into(),
        DraftWrite::Save(draft).into(),
        NoticeWrite::Insert(notice).into(),
        UsageWrite::Insert(bed.make.usage(member.id, "/inbox", bed.now())).into(),
        ScheduledWrite::Put(scheduled.clone()).into(),
        CallWrite::Insert(Box::new(call.clone())).into(),
        CallWrite::Alias { account, alias: alias.clone(), call: call.id }.into(),
        CallWrite::Agents { account, agents }.into(),
        ConsentWrite::Record(given).into(),
        ConsentWrite::Suppress(suppression.clone()).into(),
        crate::account::AccountWrite::Templates { account, asked_at: bed.at(0), templates }.into(),
        AccessWrite::InsertMember(member.clone()).into(),
        AccessWrite::InsertApiKey(key.clone()).into(),
        WebhookWrite::Enqueue(item.clone()).into(),
        WebhookWrite::Quarantine(bytes.clone()).into(),
    ]);
    batch.event(DomainEvent::MessageReceived { conversation: heard.conversation, message: heard.id });
    bed.store.commit_one(&tenant.scope, batch).await.unwrap();
    Full {
        tenant,
        person,
        heard,
        queued,
        job,
        media,
        item,
        bytes,
        hash: suppression.hash,
        member,
        key: key.id,
        task: task.id,
        disposition: disposition.id,
        call_flow: call_flow.id,
        canned_reply: canned_reply.id,
        saved_view: saved_view.id,
        team: team.id,
        identity,
        support: support.id,
        scheduled: scheduled.id,
        call,
        alias,
    }
}

/// Every read that takes a scope, with everything that the other organisation could ask for. Answers how many of them
/// found something.
pub(super) async fn found(bed: &TestBed, full: &Full, scope: &OrgScope) -> Vec<(&'static str, bool)> {
    let store = &bed.store;
    let page = || PageRequest::first(50);
    let (contact, talk) = (full.person.contact.id, full.person.conversation.id);
    let account = full.tenant.account.id;
    let keys = full.person.identity.subject_keys();
    let query = |state| ConversationQuery::new(InboxView::All, state, bed.now());
    let known = InboundQuery {
        account,
        portfolio: full.tenant.account.portfolio.clone(),
        aliases: full.person.identity.aliases.clone(),
        external: full.heard.external.clone().into_iter().collect(),
        own: vec![full.queued.id],
        consent: true,
    };
    let facts = store.inbound_facts(scope, &known).await.unwrap();
    let reports = CallFactsQuery {
        account,
        aliases: vec![full.alias.clone()],
        own: vec![full.call.id],
        customers: full.call.customer_key().into_iter().collect(),
        agents: vec!["101".to_owned()],
    };
    let calls = store.call_facts(scope, &reports).await.unwrap();
    let period = ReportQuery { since: bed.at(0), until: bed.at(60), member: None };
    let all_entries = AuditFilter { with_system: true, ..AuditFilter::default() };
    let held = bed.lease(full.tenant.queue(QueueKind::Send)).await;
    let due = store.due(scope, &held, bed.at(60), 10).await.unwrap();
    store.release(&bed.system, held).await.unwrap();
    // Both watch while the owner writes; the owner is woken, and then there was time to wake the other.
    let (mut own, mut watch) = (store.watch(&full.tenant.scope), store.watch(scope));
    let mut batch = bed.batch();
    batch.event(DomainEvent::OrgChanged);
    store.commit_one(&full.tenant.scope, batch).await.unwrap();
    tokio::time::timeout(std::time::Duration::from_secs(10), own.next()).await.expect("the owner is woken");
    let is_woken = if scope.org() == full.tenant.org.id {
        tokio::time::timeout(std::time::Duration::from_secs(10), watch.next()).await.is_ok()
    } else {
        watch.next().now_or_never().is_some()
    };
    let everybody = ContactQuery::default();
    let named = ContactQuery::matching("asha");
    let found = ConversationSearch {
        tokens: named.tokens.clone(),
        state: StateFilter::Open,
        filter: ConversationFilter::default(),
        now: bed.at(60),
    };
    let text = full.heard.content.display_text().unwrap();
    let said = MessageSearch::new(SoughtWords::parse(text).unwrap());
    vec![
        ("contact", store.contact(scope, contact).await.unwrap().is_some()),
        ("contacts_by_id", !store.contacts_by_id(scope, &[contact, contact]).await.unwrap().is_empty()),
        ("contacts_by_subject", !store.contacts_by_subject(scope, &keys).await.unwrap().is_empty()),
        ("channel_identities", !store.channel_identities(scope, contact).await.unwrap().is_empty()),
        ("channel_identity", store.channel_identity(scope, full.person.identity.id).await.unwrap().is_some()),
        ("contacts", !store.contacts(scope, &everybody, page()).await.unwrap().items.is_empty()),
        ("search", !store.contacts(scope, &named, page()).await.unwrap().items.is_empty()),
        (
            "contact_entries",
            !store.contact_entries(scope, &everybody, page()).await.unwrap().items.is_empty(),
        ),
        ("count_contacts", store.count_contacts(scope, &everybody).await.unwrap() != Some(0)),
        ("notes", !store.notes(scope, contact, page()).await.unwrap().items.is_empty()),
        ("tasks", !store.tasks(scope, &TaskQuery::default(), page()).await.unwrap().items.is_empty()),
        ("tasks_of", !store.tasks_of(scope, contact, page()).await.unwrap().items.is_empty()),
        ("task", store.task(scope, full.task).await.unwrap().is_some()),
        ("conversation", store.conversation(scope, talk).await.unwrap().is_some()),
        ("inbox_entry", store.inbox_entry(scope, talk).await.unwrap().is_some()),
        ("inbox", !store.inbox(scope, &query(StateFilter::Open), page()).await.unwrap().items.is_empty()),
        ("conversations_of", !store.conversations_of(scope, contact).await.unwrap().is_empty()),
        (
            "conversation_with",
            store.conversation_with(scope, account, full.person.identity.id).await.unwrap().is_some(),
        ),
        (
            "find_conversations",
            !store.find_conversations(scope, &found, page()).await.unwrap().page.items.is_empty(),
        ),
        ("find_messages", !store.find_messages(scope, &said, page()).await.unwrap().items.is_empty()),
        ("unread_conversations", store.unread_conversations(scope, None, 9).await.unwrap() > 0),
        (
            "count_conversations",
            store.count_conversations(scope, &[query(StateFilter::Open)], 9).await.unwrap() != [0],
        ),
        ("queue_counts", store.queue_counts(scope).await.unwrap().count(InboxView::All, "open") > 0),
        ("message", store.message(scope, full.heard.id).await.unwrap().is_some()),
        ("evidence_of", !store.evidence_of(scope, &[full.queued.id]).await.unwrap().is_empty()),
        ("activities", !store.activities(scope, talk, page()).await.unwrap().items.is_empty()),
        ("messages", !store.messages(scope, talk, page()).await.unwrap().items.is_empty()),
        ("inbound_facts.identities", !facts.identities.is_empty()),
        ("inbound_facts.messages", !facts.messages.is_empty()),
        ("inbound_facts.consents", facts.identities.iter().any(|known| !known.consents.is_empty())),
        ("scheduled_message", store.scheduled_message(scope, full.scheduled).await.unwrap().is_some()),
        ("scheduled_messages", !store.scheduled_messages(scope, talk).await.unwrap().is_empty()),
        ("drafts", !store.drafts(scope, full.member.id, &[talk]).await.unwrap().is_empty()),
        ("notices", !store.notices(scope, full.member.id, false, page()).await.unwrap().items.is_empty()),
        ("unread_notices", store.unread_notices(scope, full.member.id, 9).await.unwrap() > 0),
        ("usage_of", !store.usage_of(scope, full.member.id, page()).await.unwrap().items.is_empty()),
        ("usage_tally", !store.usage_tally(scope, bed.at(-60)).await.unwrap().is_empty()),
        ("templates", !store.templates(scope, account).await.unwrap().is_empty()),
        ("templates_asked_at", store.templates_asked_at(scope, account).await.unwrap().is_some()),
        ("media", store.media(scope, full.media.id).await.unwrap().is_some()),
        ("media_of", !store.media_of(scope, &[full.heard.id.into()]).await.unwrap().is_empty()),
        ("send_facts", !store.send_facts(scope, &[full.job.id]).await.unwrap().is_empty()),
        ("consent_facts", store.consent_facts(scope, talk).await.unwrap().is_some()),
        ("consents_of_each", !store.consents_of_each(scope, &[talk]).await.unwrap().is_empty()),
        ("any suppression", store.any_suppression(scope).await.unwrap()),
        ("suppressions", !store.suppressions(scope, &[full.hash]).await.unwrap().is_empty()),
        ("consent_history", !store.consent_history(scope, contact, page()).await.unwrap().items.is_empty()),
        ("account", store.account(scope, account).await.unwrap().is_some()),
        ("accounts", store.accounts(scope).await.unwrap().iter().any(|found| found.id == account)),
        ("org", store.org(scope).await.unwrap().is_some_and(|org| org.id == full.tenant.org.id)),
        ("member", store.member(scope, full.member.id).await.unwrap().is_some()),
        ("members", !store.members(scope).await.unwrap().is_empty()),
        ("api_key", store.api_key(scope, full.key).await.unwrap().is_some()),
        ("api_keys", !store.api_keys(scope).await.unwrap().is_empty()),
        ("disposition", store.disposition(scope, full.disposition).await.unwrap().is_some()),
        ("call_flow", store.call_flow(scope, full.call_flow).await.unwrap().is_some()),
        ("call_flows", !store.call_flows(scope).await.unwrap().is_empty()),
        ("canned_reply", store.canned_reply(scope, full.canned_reply).await.unwrap().is_some()),
        ("canned_replies", !store.canned_replies(scope).await.unwrap().is_empty()),
        (
            "identity_provider",
            store.identity_provider(scope, full.identity.provider).await.unwrap().is_some(),
        ),
        ("identity_providers", !store.identity_providers(scope).await.unwrap().is_empty()),
        (
            "member_identity",
            store
                .member_identity(scope, full.identity.provider, &full.identity.subject)
                .await
                .unwrap()
                .is_some(),
        ),
        ("support_request", store.support_request(scope, full.support).await.unwrap().is_some()),
        ("support_requests", !store.support_requests(scope, None, page()).await.unwrap().items.is_empty()),
        ("support_messages", !store.support_messages(scope, full.support).await.unwrap().is_empty()),
        ("team", store.team(scope, full.team).await.unwrap().is_some()),
        ("teams", !store.teams(scope).await.unwrap().is_empty()),
        ("saved_view", store.saved_view(scope, full.saved_view).await.unwrap().is_some()),
        ("saved_views", !store.saved_views(scope, Some(full.member.id)).await.unwrap().is_empty()),
        ("dispositions", !store.dispositions(scope).await.unwrap().is_empty()),
        ("call", store.call(scope, full.call.id).await.unwrap().is_some()),
        ("calls", !store.calls(scope, &CallQuery::default(), page()).await.unwrap().items.is_empty()),
        ("waiting_calls", store.waiting_calls(scope, 9).await.unwrap() > 0),
        ("call_aliases", !store.call_aliases(scope, full.call.id).await.unwrap().is_empty()),
        ("call_facts.calls", !calls.calls.is_empty()),
        ("call_facts.aliases", !calls.aliases.is_empty()),
        ("call_facts.contacts", !calls.contacts.is_empty()),
        ("call_facts.waiting", !calls.waiting.is_empty()),
        ("call_facts.agents", !calls.agents.is_empty()),
        ("call_tallies", !store.call_tallies(scope, &period).await.unwrap().is_empty()),
        ("call_agents", !store.call_agents(scope, account).await.unwrap().is_empty()),
        ("consent_records", !store.consent_records(scope, &keys).await.unwrap().is_empty()),
        ("events", !store.events(scope, EventSeq(0), 100).await.unwrap().is_empty()),
        ("watch", is_woken),
        ("newest_event", store.newest_event(scope).await.unwrap() > EventSeq(0)),
        ("audit", store.audit(scope, 0, 100).await.unwrap().len() > 2),
        ("audit_found", store.audit_found(scope, &all_entries, 0, u64::MAX, 100).await.unwrap().len() > 2),
        ("audit_head", store.audit_head(scope).await.unwrap().seq > 2),
        ("consent_ledger", !store.consent_ledger(scope, LedgerSeq(0), 9).await.unwrap().is_empty()),
        ("due", !due.is_empty()),
        ("waiting", !store.waiting(scope, page()).await.unwrap().items.is_empty()),
        ("quarantined_item", store.quarantined_item(scope, full.bytes.id).await.unwrap().is_some()),
        ("sealed_in", !store.sealed_in(scope, SealedKind::Inbox, None, 9).await.unwrap().is_empty()),
        ("quarantined", !store.quarantined(scope, page()).await.unwrap().items.is_empty()),
    ]
}

/// Everything is found by its owner, and nothing by another organisation, or by one that was never founded.
pub async fn another_organisation_sees_nothing_by_any_read(bed: TestBed) {
    let mine = full(&bed).await;
    let other = bed.tenant().await;
    let unknown = crate::testing::scope(bed.make.id());
    for (read, found) in found(&bed, &mine, &mine.tenant.scope).await {
        assert!(found, "{read} finds nothing of one's own");
    }
    for scope in [&other.scope, &unknown] {
        for (read, found) in found(&bed, &mine, scope).await {
            assert!(!found, "{read} finds what belongs to another organisation");
        }
    }
}

/// Preconditions about another organisation's records are judged in one's own: there is nothing there.
pub async fn expectations_look_into_ones_own_organisation_only(bed: TestBed) {
    let mine = full(&bed).await;
    let other = bed.tenant().await;
    let (scope, account) = (&other.scope, mine.tenant.account.id);
    let alias = mine.person.identity.aliases[0].clone();
    let portfolio = mine.tenant.account.portfolio.clone();
    let external = mine.heard.external.clone().unwrap();
    assert!(bed.holds(scope, Precondition::IdentityFree(portfolio, alias)).await);
    assert!(bed.holds(scope, Precondition::ConversationFree(account, mine.person.identity.id)).await);
    assert!(bed.holds(scope, Precondition::ExternalFree(account, external)).await);
    assert!(bed.holds(scope, Precondition::CallAliasFree(account, mine.alias.clone())).await);
    let line = &mine.tenant.account;
    assert!(
        bed.holds(scope, Precondition::AccountFree(line.provider.clone(), line.routing_key.clone())).await
    );
    let keys = mine.person.identity.subject_keys();
    assert!(bed.holds(scope, Precondition::ConsentHead(keys, LedgerSeq(0))).await);
    let contact = RecordRef::Contact(mine.person.contact.id);
    assert!(!bed.holds(scope, Precondition::Revision(contact, Revision::FIRST)).await);
    assert!(!bed.holds(scope, Precondition::Job(mine.job.id, JobState::Pending)).await);
}

/// Writes that name another organisation's records change nothing of them, whether they are refused or come to nothing.
pub async fn writes_do_not_reach_another_organisation(bed: TestBed) {
    let mine = full(&bed).await;
    let other = bed.tenant().await;
    let (message, identity) = (mine.queued.id, mine.person.identity.id);
    let at = bed.at(50);
    let content = || Box::new(Content::text("changed by a stranger").unwrap());
    let evidence = Evidence { status: DeliveryStatus::Read, at, failure: None };
    let why = FailureNote { code: "scripted.190".to_owned(), detail: None };
    let by = Direction::Inbound;
    let mut contact = mine.person.contact.clone();
    contact.restricted = true;
    let mut talk = mine.person.conversation.clone();
    talk.state = ConversationState::Closed;
    let mut media = mine.media.clone();
    media.filename = None;
    let (state, not_before) = (JobState::Dead, None);
    let (account, mut call) = (mine.tenant.account.id, mine.call.clone());
    call.withheld = true;
    let strange: Vec<Write> = vec![
        ContactWrite::Update(contact).into(),
        ContactWrite::Alias { identity, alias: Alias::Phone(bed.make.phone()), seen_at: at }.into(),
        ContactWrite::Profile { identity, name: None, username: None, at }.into(),
        ContactWrite::Reachable { identity, unreachable_since: Some(at) }.into(),
        ContactWrite::AddTags { contact: mine.person.contact.id, tags: vec![bed.make.tag("vip")] }.into(),
        ConversationWrite::Update(talk).into(),
        ConversationWrite::Evidence { message, evidence }.into(),
        ConversationWrite::Requeue { message, why, at }.into(),
        ConversationWrite::Reaction(Reaction { message, by, emoji: Some("👍".to_owned()), at }).into(),
        ConversationWrite::Edit { message, content: content(), beside: None, at }.into(),
        ConversationWrite::Revoke { message, content: content(), at }.into(),
        ConversationWrite::Seen { conversation: mine.person.conversation.id, up_to: mine.queued.id }.into(),
        MediaWrite::Update(media).into(),
        MediaWrite::End { id: mine.media.id, at: bed.at(60) }.into(),
        CallWrite::Update(Box::new(call)).into(),
        CallWrite::Alias { account, alias: bed.make.call_alias(), call: mine.call.id }.into(),
        CallWrite::Merge { from: mine.call.id, into: bed.make.id() }.into(),
        CallWrite::Agents { account, agents: Vec::new() }.into(),
        CallWrite::MapAgent { account, agent: "101".to_owned(), member: Some(bed.make.id()) }.into(),
        JobWrite::Update { id: mine.job.id, state, not_before, attempts: 9 }.into(),
        JobWrite::WakeSends { account: mine.tenant.account.id, at: bed.at(1) }.into(),
        JobWrite::Rest { id: mine.job.id, until: bed.at(900), attempts: 9 }.into(),
        JobWrite::CancelSend(message).into(),
        WebhookWrite::Remove(mine.item.id).into(),
        WebhookWrite::Release(mine.bytes.id).into(),
    ];
    let snapshot = async || {
        let scope = &mine.tenant.scope;
        let page = || PageRequest::first(10);
        (
            bed.store.contact(scope, mine.person.contact.id).await.unwrap(),
            bed.store.channel_identity(scope, identity).await.unwrap(),
            bed.store.conversation(scope, mine.person.conversation.id).await.unwrap(),
            bed.store.messages(scope, mine.person.conversation.id, page()).await.unwrap(),
            bed.store.media(scope, mine.media.id).await.unwrap(),
            bed.store.call(scope, mine.call.id).await.unwrap(),
            bed.store.call_aliases(scope, mine.call.id).await.unwrap(),
            bed.store.call_agents(scope, account).await.unwrap(),
            bed.store.quarantined(scope, page()).await.unwrap(),
        )
    };
    let before = snapshot().await;
    for write in strange {
        let _ = bed.store.commit_one(&other.scope, bed.writes([write])).await;
    }
    assert_eq!(snapshot().await, before);
    assert!(bed.holds(&mine.tenant.scope, Precondition::Job(mine.job.id, JobState::Pending)).await);
    assert!(
        !bed.holds(&mine.tenant.scope, Precondition::QueueIdle(mine.tenant.queue(QueueKind::Elements))).await
    );
}
