//! Who sees less than everything: by no read is anything found that is assigned to another.

use std::collections::BTreeSet;

use super::isolation::{found, full};
use crate::call::{CallQuery, CallWrite, ReportQuery};
use crate::consent::{ConsentEvent, ConsentWrite};
use crate::contact::{ContactOrder, ContactQuery, ContactWrite, TaskQuery};
use crate::conversation::{
    ConversationFilter, ConversationOrder, ConversationQuery, ConversationSearch, ConversationState,
    ConversationWrite, InboxView, MessageSearch, SoughtWords, StateFilter,
};
use crate::id::{ContactId, ConversationId, MemberId};
use crate::page::{Page, PageRequest};
use crate::scope::{Audience, OrgScope};
use crate::store::Write;
use crate::testing::conformance::{Person, Tenant, TestBed};
use crate::testing::scope_seen_by;

/// What every member sees, each guarded by its permission.
const SHARED: &[&str] = &[
    "templates",
    "templates_asked_at",
    "account",
    "accounts",
    "org",
    "member",
    "members",
    "api_key",
    "api_keys",
    "disposition",
    "dispositions",
    "call_flow",
    "call_flows",
    "canned_reply",
    "canned_replies",
    "identity_provider",
    "identity_providers",
    "member_identity",
    "team",
    "teams",
    "saved_view",
    "saved_views",
    "call_agents",
    "audit",
    "audit_found",
    "audit_head",
    "newest_event",
    "watch",
];

/// What is asked before a decision, and is whole whoever asks: each port says so.
const WHOLE: &[&str] = &[
    "inbound_facts.identities",
    "inbound_facts.messages",
    "inbound_facts.consents",
    "send_facts",
    "any suppression",
    "suppressions",
    "call_facts.calls",
    "call_facts.aliases",
    "call_facts.contacts",
    "call_facts.waiting",
    "call_facts.agents",
    "consent_records",
    "consent_ledger",
    "events",
];

/// What only those find who see everything, and of usage and requests for help those who see the member.
const FOR_ALL: &[&str] = &[
    "usage_of",
    "usage_tally",
    "support_request",
    "support_requests",
    "support_messages",
    "due",
    "waiting",
    "quarantined_item",
    "quarantined",
    "sealed_in",
];

/// One member's work.
fn own(scope: &OrgScope, member: MemberId) -> OrgScope {
    scope_seen_by(scope, Audience::own(member))
}

/// What is of one's own organisation is found by no read if nothing of it is one's own, and by every read if it is.
pub async fn by_no_read_is_anything_of_another_found(bed: TestBed) {
    let all = full(&bed).await;
    let stranger = own(&all.tenant.scope, bed.make.id());
    for (read, found) in found(&bed, &all, &stranger).await {
        let wanted = SHARED.contains(&read) || WHOLE.contains(&read);
        assert_eq!(found, wanted, "{read}, by a member who has none of it");
    }
    // Nothing of it is assigned to anybody, so that those see it who see that.
    let theirs = scope_seen_by(&all.tenant.scope, Audience::team([]));
    for (read, found) in found(&bed, &all, &theirs).await {
        assert_eq!(
            found,
            !FOR_ALL.contains(&read),
            "{read}, by a member who sees what is assigned to nobody"
        );
    }
}

async fn assigned(bed: &TestBed, tenant: &Tenant, name: &str, member: Option<MemberId>) -> Person {
    let mut person = bed.person(tenant, name).await;
    person.conversation.assignee = member;
    bed.write(&tenant.scope, ConversationWrite::Update(person.conversation.clone())).await;
    // The contact is the owner's, whoever talks to them.
    person.contact.owner = member;
    bed.write(&tenant.scope, ContactWrite::Update(person.contact.clone())).await;
    person
}

/// All items of a list, read one page after the other.
async fn paged<T, F: Future<Output = Page<T>>>(mut read: impl FnMut(PageRequest) -> F) -> Vec<T> {
    let (mut all, mut after) = (Vec::new(), None);
    loop {
        let page = read(PageRequest { after, limit: 2 }).await;
        all.extend(page.items);
        after = page.next;
        if after.is_none() {
            return all;
        }
    }
}

/// A queue holds what is assigned within the audience, in its order, on one page after the other, and its counts agree.
pub async fn a_queue_holds_what_is_assigned_within_the_audience(bed: TestBed) {
    let tenant = bed.tenant().await;
    let (me, colleague, stranger): (MemberId, MemberId, MemberId) =
        (bed.make.id(), bed.make.id(), bed.make.id());
    let mut talks: Vec<(Option<MemberId>, ConversationId)> = Vec::new();
    for (place, member) in [Some(me), Some(stranger), None, Some(colleague), Some(me), None, Some(stranger)]
        .into_iter()
        .enumerate()
    {
        let person = assigned(&bed, &tenant, "Asha", member).await;
        let at = bed.at(i64::try_from(place).unwrap());
        bed.hears(&tenant, &person, "about the invoice", at).await;
        talks.push((member, person.conversation.id));
    }
    let audiences =
        [Audience::own(me), Audience::team([me, colleague]), Audience::own(bed.make.id()), Audience::All];
    for audience in audiences {
        let scope = &scope_seen_by(&tenant.scope, audience.clone());
        let seen = |view: InboxView| -> Vec<ConversationId> {
            let query = ConversationQuery::new(view, StateFilter::Open, bed.at(90));
            let wanted = talks.iter().filter(|(who, _)| audience.sees(*who) && query.sees(*who));
            wanted.map(|(_, id)| *id).collect()
        };
        for view in [
            InboxView::All,
            InboxView::Unassigned,
            InboxView::Mine(me),
            InboxView::Mine(colleague),
            InboxView::Mine(stranger),
        ] {
            for (order, unread) in [
                (ConversationOrder::Latest, false),
                (ConversationOrder::Waiting, false),
                (ConversationOrder::Latest, true),
            ] {
                let mut query = ConversationQuery::new(view, StateFilter::Open, bed.at(90));
                (query.order, query.filter.unread) = (order, unread);
                let mut wanted = seen(view);
                if order == ConversationOrder::Latest {
                    wanted.reverse();
                }
                let found = paged(async |page| bed.store.inbox(scope, &query, page).await.unwrap()).await;
                let found: Vec<_> = found.into_iter().map(|entry| entry.conversation.id).collect();
                assert_eq!(found, wanted, "{audience:?} {query:?}");
                let counted = bed.store.count_conversations(scope, &[query], 99).await.unwrap();
                assert_eq!(counted, [u32::try_from(wanted.len()).unwrap()], "{audience:?} {view:?}");
            }
        }
        let mut wanted = seen(InboxView::All);
        wanted.reverse();
        let search = ConversationSearch {
            tokens: ContactQuery::matching("asha").tokens,
            state: StateFilter::Open,
            filter: ConversationFilter::default(),
            now: bed.at(90),
        };
        let found =
            paged(async |page| bed.store.find_conversations(scope, &search, page).await.unwrap().page).await;
        assert_eq!(found.iter().map(|entry| entry.conversation.id).collect::<Vec<_>>(), wanted);
        let said = MessageSearch::new(SoughtWords::parse("invoice").unwrap());
        let found = paged(async |page| bed.store.find_messages(scope, &said, page).await.unwrap()).await;
        assert_eq!(found.iter().map(|found| found.entry.conversation.id).collect::<Vec<_>>(), wanted);
        let counts = bed.store.queue_counts(scope).await.unwrap();
        assert_eq!(counts.count(InboxView::All, "open") as usize, wanted.len());
        let unread = bed.store.unread_conversations(scope, Some(me), 99).await.unwrap() as usize;
        assert_eq!(unread, seen(InboxView::Mine(me)).len() + seen(InboxView::Unassigned).len());
        // Something snoozed that is due again counts as open, and for those alone who see it.
        for (_, id) in &talks {
            let found = bed.store.conversation(scope, *id).await.unwrap();
            assert_eq!(found.is_some(), wanted.contains(id));
        }
    }
}

/// A snooze that has run out and was not woken yet stands in the queue of those who see it.
pub async fn a_snooze_that_has_run_out_is_seen_by_its_audience_alone(bed: TestBed) {
    let tenant = bed.tenant().await;
    let (me, stranger): (MemberId, MemberId) = (bed.make.id(), bed.make.id());
    for member in [me, stranger] {
        let mut person = assigned(&bed, &tenant, "Asha", Some(member)).await;
        bed.hears(&tenant, &person, "hello", bed.at(1)).await;
        person.conversation.state = ConversationState::Snoozed { until: bed.at(30) };
        bed.write(&tenant.scope, ConversationWrite::Update(person.conversation.clone())).await;
    }
    let scope = own(&tenant.scope, me);
    let query = ConversationQuery::new(InboxView::All, StateFilter::Open, bed.at(40));
    let found = bed.store.inbox(&scope, &query, PageRequest::first(9)).await.unwrap().items;
    assert_eq!(found.iter().map(|entry| entry.conversation.assignee).collect::<Vec<_>>(), [Some(me)]);
    assert_eq!(bed.store.count_conversations(&scope, &[query], 9).await.unwrap(), [1]);
}

/// A conversation stays with its assignee when its person turns out to be another contact's, whom they see through it.
pub async fn a_conversation_of_joined_identities_stays_with_its_assignee(bed: TestBed) {
    let tenant = bed.tenant().await;
    let (me, stranger): (MemberId, MemberId) = (bed.make.id(), bed.make.id());
    let one = assigned(&bed, &tenant, "Asha", Some(me)).await;
    let mut contact = one.contact.clone();
    contact.owner = Some(stranger);
    bed.write(&tenant.scope, ContactWrite::Update(contact)).await;
    let other = assigned(&bed, &tenant, "Asha at work", Some(stranger)).await;
    bed.hears(&tenant, &one, "hello", bed.at(1)).await;
    let (from, into) = (one.identity.id, other.identity.id);
    bed.write(&tenant.scope, ContactWrite::JoinIdentity { from, into }).await;
    let scope = &own(&tenant.scope, me);
    let query = ConversationQuery::new(InboxView::All, StateFilter::Open, bed.at(40));
    let found = bed.store.inbox(scope, &query, PageRequest::first(9)).await.unwrap().items;
    assert_eq!(found.iter().map(|entry| entry.conversation.id).collect::<Vec<_>>(), [one.conversation.id]);
    assert!(bed.store.inbox_entry(scope, one.conversation.id).await.unwrap().is_some());
    assert!(bed.store.contact(scope, other.contact.id).await.unwrap().is_some());
    assert!(bed.store.contact(scope, one.contact.id).await.unwrap().is_none());
}

/// A contact is seen by the owner, and by those who have a conversation, a follow-up or a call with it; not by others.
pub async fn a_contact_is_seen_by_its_owner_and_by_work_with_it(bed: TestBed) {
    let tenant = bed.tenant().await;
    let (me, stranger): (MemberId, MemberId) = (bed.make.id(), bed.make.id());
    let mut people = Vec::new();
    for name in ["Asha", "Bo", "Chloe", "Dev", "Eva", "Finn"] {
        let person = assigned(&bed, &tenant, name, Some(stranger)).await;
        bed.write(&tenant.scope, ContactWrite::Note(bed.make.note(person.contact.id, "called"))).await;
        people.push(person);
    }
    let [owned, talked, asked, called, ..] = &people[..] else { panic!("six were made") };
    let mut contact = owned.contact.clone();
    contact.owner = Some(me);
    let mut talk = talked.conversation.clone();
    talk.assignee = Some(me);
    let mut task = bed.make.task(asked.contact.id, "Call back");
    task.assignee = Some(me);
    let mut call = bed.make.missed_call(tenant.account.id, bed.at(5));
    (call.contact, call.member) = (Some(called.contact.id), Some(me));
    let writes: [Write; 4] = [
        ContactWrite::Update(contact).into(),
        ConversationWrite::Update(talk).into(),
        ContactWrite::InsertTask(task).into(),
        CallWrite::Insert(Box::new(call)).into(),
    ];
    bed.write_all(&tenant.scope, writes).await;
    let scope = &own(&tenant.scope, me);
    let wanted: Vec<ContactId> = people[..4].iter().map(|person| person.contact.id).collect();
    for person in &people {
        let (id, expected) = (person.contact.id, wanted.contains(&person.contact.id));
        assert_eq!(bed.store.contact(scope, id).await.unwrap().is_some(), expected);
        let notes = bed.store.notes(scope, id, PageRequest::first(5)).await.unwrap();
        assert_eq!(notes.items.len(), usize::from(expected));
        assert_eq!(bed.store.channel_identities(scope, id).await.unwrap().len(), usize::from(expected));
        let keys = person.identity.subject_keys();
        let found = bed.store.contacts_by_subject(scope, &keys).await.unwrap();
        assert_eq!(found.len(), usize::from(expected));
    }
    for order in [ContactOrder::Name, ContactOrder::Newest] {
        let query = ContactQuery { order, ..ContactQuery::default() };
        let mut expected = wanted.clone();
        if order == ContactOrder::Newest {
            expected.reverse();
        }
        let found = paged(async |page| bed.store.contacts(scope, &query, page).await.unwrap()).await;
        assert_eq!(found.iter().map(|contact| contact.id).collect::<Vec<_>>(), expected);
        let found = paged(async |page| bed.store.contact_entries(scope, &query, page).await.unwrap()).await;
        assert_eq!(found.iter().map(|entry| entry.contact.id).collect::<Vec<_>>(), expected);
        assert_eq!(bed.store.count_contacts(scope, &query).await.unwrap(), Some(4));
    }
    for (words, count) in [("bo", 1), ("eva", 0)] {
        let query = ContactQuery::matching(words);
        let found = bed.store.contacts(scope, &query, PageRequest::first(9)).await.unwrap();
        assert_eq!(found.items.len(), count, "{words}");
        assert_eq!(bed.store.count_contacts(scope, &query).await.unwrap(), u32::try_from(count).ok());
    }
}

/// Calls and follow-ups are seen by whose they are; reports and counts hold no others.
pub async fn calls_and_follow_ups_are_seen_by_whose_they_are(bed: TestBed) {
    let tenant = bed.tenant().await;
    let (me, colleague, stranger): (MemberId, MemberId, MemberId) =
        (bed.make.id(), bed.make.id(), bed.make.id());
    let person = bed.person(&tenant, "Asha").await;
    let whose = [Some(me), Some(colleague), Some(stranger), None];
    for (place, member) in whose.into_iter().enumerate() {
        let mut call = bed.make.missed_call(tenant.account.id, bed.at(i64::try_from(place).unwrap()));
        call.member = member;
        let mut task = bed.make.task(person.contact.id, "Call back");
        task.assignee = member;
        let writes: [Write; 2] =
            [CallWrite::Insert(Box::new(call)).into(), ContactWrite::InsertTask(task).into()];
        bed.write_all(&tenant.scope, writes).await;
    }
    for audience in [Audience::own(me), Audience::team([me, colleague]), Audience::All] {
        let scope = &scope_seen_by(&tenant.scope, audience.clone());
        let wanted: BTreeSet<_> = whose.into_iter().filter(|who| audience.sees(*who)).collect();
        let calls =
            paged(async |page| bed.store.calls(scope, &CallQuery::default(), page).await.unwrap()).await;
        assert_eq!(calls.len(), wanted.len(), "each once");
        assert_eq!(calls.iter().map(|call| call.member).collect::<BTreeSet<_>>(), wanted);
        assert_eq!(bed.store.waiting_calls(scope, 9).await.unwrap() as usize, wanted.len());
        let other = CallQuery { member: Some(stranger), ..CallQuery::default() };
        let found = bed.store.calls(scope, &other, PageRequest::first(9)).await.unwrap();
        assert_eq!(found.items.len(), usize::from(audience.is_all()));
        let period = ReportQuery { since: bed.at(0), until: bed.at(60), member: None };
        let tallies = bed.store.call_tallies(scope, &period).await.unwrap();
        assert_eq!(tallies.iter().map(|tally| tally.member).collect::<BTreeSet<_>>(), wanted);
        for open in [false, true] {
            let query = TaskQuery { open, ..TaskQuery::default() };
            let tasks = paged(async |page| bed.store.tasks(scope, &query, page).await.unwrap()).await;
            assert_eq!(tasks.iter().map(|task| task.assignee).collect::<BTreeSet<_>>(), wanted);
        }
        let tasks = bed.store.tasks_of(scope, person.contact.id, PageRequest::first(9)).await.unwrap();
        assert_eq!(tasks.items.len(), wanted.len());
    }
}

/// What a decision is made on is whole: somebody's no counts also where another contact with their number is not seen.
pub async fn what_is_decided_on_is_whole(bed: TestBed) {
    let tenant = bed.tenant().await;
    let (me, stranger): (MemberId, MemberId) = (bed.make.id(), bed.make.id());
    let person = assigned(&bed, &tenant, "Asha", Some(me)).await;
    let mut other = bed.make.contact("Asha at work");
    other.owner = Some(stranger);
    let no = bed.make.consent(other.id, person.identity.subject_keys(), ConsentEvent::Withdrawn);
    bed.write_all(&tenant.scope, [ContactWrite::Insert(other).into(), ConsentWrite::Record(no).into()]).await;
    let talk = person.conversation.id;
    let scope = own(&tenant.scope, me);
    let whole = bed.store.consent_facts(&tenant.scope, talk).await.unwrap().unwrap();
    assert_eq!(whole.records.len(), 1);
    assert_eq!(bed.store.consent_facts(&scope, talk).await.unwrap().unwrap().records, whole.records);
    assert_eq!(bed.store.consents_of_each(&scope, &[talk]).await.unwrap().len(), 1);
    let elsewhere = own(&tenant.scope, stranger);
    assert!(bed.store.consent_facts(&elsewhere, talk).await.unwrap().is_none());
    assert!(bed.store.consents_of_each(&elsewhere, &[talk]).await.unwrap().is_empty());
}
