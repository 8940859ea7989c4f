//! The consent ledger, and the facts that a verdict and the wire rest on.

use chrono::TimeDelta;

use crate::access::{AccessWrite, OrgChange};
use crate::account::AccountWrite;
use crate::consent::{
    Channel, ConsentEvent, ConsentRecord, ConsentRows, ConsentWrite, Purpose, PurposeScope, SuppressionScope,
};
use crate::contact::{Address, Alias, ContactWrite, SubjectKey};
use crate::conversation::{DeliveryStatus, TemplateCategory};
use crate::id::{ContactId, MessageId};
use crate::page::PageRequest;
use crate::store::{LedgerSeq, Precondition};
use crate::testing::conformance::{Person, Tenant, TestBed};

async fn record(bed: &TestBed, tenant: &Tenant, person: &Person, event: ConsentEvent) -> ConsentRecord {
    let subjects = person.identity.subject_keys();
    let record = bed.make.consent(person.contact.id, subjects, event);
    bed.write(&tenant.scope, ConsentWrite::Record(record.clone())).await;
    record
}

async fn history(bed: &TestBed, tenant: &Tenant, contact: ContactId) -> Vec<ConsentRecord> {
    let page = PageRequest::first(200);
    bed.store.consent_history(&tenant.scope, contact, page).await.unwrap().items
}

/// Sequence numbers are 1, 2, 3 in the order of commits, whatever the entry says and although a batch in between was
/// refused; entries come back whole, newest first.
pub async fn the_ledger_has_no_gaps(bed: TestBed) {
    let tenant = bed.tenant().await;
    let (asha, ben) = (bed.person(&tenant, "Asha").await, bed.person(&tenant, "Ben").await);
    let mut first = record(&bed, &tenant, &asha, ConsentEvent::Given).await;
    let lost = bed.make.consent(asha.contact.id, asha.identity.subject_keys(), ConsentEvent::Refused);
    let mut refused = bed.writes([ConsentWrite::Record(lost).into()]);
    refused.require(Precondition::ConsentHead(asha.identity.subject_keys(), LedgerSeq(0)));
    assert!(bed.store.commit_one(&tenant.scope, refused).await.is_err());
    let mut second = record(&bed, &tenant, &ben, ConsentEvent::Refused).await;
    let mut third = bed.make.consent(asha.contact.id, asha.identity.subject_keys(), ConsentEvent::Withdrawn);
    third.seq = LedgerSeq(77);
    third.channel = Channel::WhatsApp;
    third.scope = PurposeScope::Any;
    third.evidence.message = Some(bed.make.id());
    third.occurred_at = bed.at(-3_600);
    third.expires_at = Some(bed.at(86_400));
    bed.write(&tenant.scope, ConsentWrite::Record(third.clone())).await;
    (first.seq, second.seq, third.seq) = (LedgerSeq(1), LedgerSeq(2), LedgerSeq(3));
    assert_eq!(history(&bed, &tenant, asha.contact.id).await, [third, first]);
    assert_eq!(history(&bed, &tenant, ben.contact.id).await, [second]);
}

/// Two entries in one batch are two places.
pub async fn entries_of_one_batch_are_numbered_in_order(bed: TestBed) {
    let tenant = bed.tenant().await;
    let person = bed.person(&tenant, "Asha").await;
    let [a, b] = [ConsentEvent::Given, ConsentEvent::Withdrawn]
        .map(|event| bed.make.consent(person.contact.id, person.identity.subject_keys(), event));
    let writes = [a.clone(), b.clone()].map(|record| ConsentWrite::Record(record).into());
    bed.write_all(&tenant.scope, writes).await;
    let kept = history(&bed, &tenant, person.contact.id).await;
    assert_eq!(kept.iter().map(|r| (r.id, r.seq.0)).collect::<Vec<_>>(), [(b.id, 2), (a.id, 1)]);
}

/// A withdrawal between verdict and intent is noticed: the head has moved, for any of the person's keys. An entry about
/// another person moves nothing.
pub async fn a_withdrawal_moves_the_head_of_the_ledger(bed: TestBed) {
    let tenant = bed.tenant().await;
    let (asha, ben) = (bed.person(&tenant, "Asha").await, bed.person(&tenant, "Ben").await);
    let mut subjects = asha.identity.subject_keys();
    let extra = Alias::BusinessScoped(bed.make.scoped());
    let write = ContactWrite::Alias { identity: asha.identity.id, alias: extra.clone(), seen_at: bed.at(1) };
    bed.write(&tenant.scope, write).await;
    subjects.push(extra.subject_key(&asha.identity.portfolio));
    record(&bed, &tenant, &asha, ConsentEvent::Given).await;
    record(&bed, &tenant, &ben, ConsentEvent::Given).await;
    let facts = bed.store.consent_facts(&tenant.scope, asha.conversation.id).await.unwrap().unwrap();
    assert_eq!(facts.head, LedgerSeq(1));
    assert!(bed.holds(&tenant.scope, Precondition::ConsentHead(facts.subjects.clone(), facts.head)).await);
    let stop = bed.make.consent(asha.contact.id, subjects[1..].to_vec(), ConsentEvent::Withdrawn);
    bed.write(&tenant.scope, ConsentWrite::Record(stop)).await;
    assert!(!bed.holds(&tenant.scope, Precondition::ConsentHead(facts.subjects.clone(), facts.head)).await);
    assert!(bed.holds(&tenant.scope, Precondition::ConsentHead(facts.subjects, LedgerSeq(3))).await);
}

/// Entries are found by any identifier of the person of a conversation, for many conversations at once, in order, each once;
/// an entry about two people is there for both.
pub async fn entries_are_found_for_each_conversation(bed: TestBed) {
    let tenant = bed.tenant().await;
    let (asha, ben) = (bed.person(&tenant, "Asha").await, bed.person(&tenant, "Ben").await);
    let chloe = bed.person(&tenant, "Chloe").await;
    let talks = [chloe.conversation.id, ben.conversation.id, asha.conversation.id];
    assert!(bed.store.consents_of_each(&tenant.scope, &talks).await.unwrap().is_empty());
    let first = record(&bed, &tenant, &asha, ConsentEvent::Given).await.id;
    let second = record(&bed, &tenant, &ben, ConsentEvent::Withdrawn).await.id;
    let extra = Alias::BusinessScoped(bed.make.scoped());
    let write = ContactWrite::Alias { identity: asha.identity.id, alias: extra.clone(), seen_at: bed.at(1) };
    bed.write(&tenant.scope, write).await;
    let mut keys = ben.identity.subject_keys();
    keys.push(extra.subject_key(&asha.identity.portfolio));
    let both = bed.make.consent(ben.contact.id, keys, ConsentEvent::Withdrawn);
    bed.write(&tenant.scope, ConsentWrite::Record(both.clone())).await;
    let found = bed.store.consents_of_each(&tenant.scope, &talks).await.unwrap();
    let mut found: Vec<_> = found.into_iter().map(|(talk, record)| (record.seq.0, talk, record.id)).collect();
    assert!(found.is_sorted_by_key(|(seq, _, _)| *seq), "{found:?}");
    found.sort_unstable();
    let (asha, ben) = (asha.conversation.id, ben.conversation.id);
    let mut wanted = [(1, asha, first), (2, ben, second), (3, asha, both.id), (3, ben, both.id)];
    wanted.sort_unstable();
    assert_eq!(found, wanted);
    // Joined with another identity, a person is known by the identifiers of both.
    let survivor = bed.make.identity(chloe.contact.id, vec![Alias::BusinessScoped(bed.make.scoped())]);
    bed.write(&tenant.scope, ContactWrite::Identity(survivor.clone())).await;
    let third = bed.make.consent(chloe.contact.id, survivor.subject_keys(), ConsentEvent::Withdrawn);
    bed.write(&tenant.scope, ConsentWrite::Record(third.clone())).await;
    let talk = [chloe.conversation.id];
    assert!(bed.store.consents_of_each(&tenant.scope, &talk).await.unwrap().is_empty());
    let join = ContactWrite::JoinIdentity { from: chloe.identity.id, into: survivor.id };
    bed.write(&tenant.scope, join).await;
    let found = bed.store.consents_of_each(&tenant.scope, &talk).await.unwrap();
    assert_eq!(found.into_iter().map(|(_, record)| record.id).collect::<Vec<_>>(), [third.id]);
    assert!(bed.store.consents_of_each(&tenant.scope, &[bed.make.id()]).await.unwrap().is_empty());
    assert!(bed.store.consents_of_each(&tenant.scope, &[]).await.unwrap().is_empty());
}

/// History holds what was recorded on the contact and what covers one of its identifiers, typed or seen; not more.
pub async fn history_follows_the_card_and_its_identifiers(bed: TestBed) {
    let tenant = bed.tenant().await;
    let (asha, ben) = (bed.person(&tenant, "Asha").await, bed.person(&tenant, "Ben").await);
    let chloe = bed.person(&tenant, "Chloe").await;
    let number = bed.make.phone();
    let mut contact = asha.contact.clone();
    contact.details = vec![bed.make.phone_detail(&number)];
    bed.write(&tenant.scope, ContactWrite::Update(contact)).await;
    let own = bed.make.consent(asha.contact.id, Vec::new(), ConsentEvent::Given);
    let typed = bed.make.consent(ben.contact.id, vec![SubjectKey::phone(&number)], ConsentEvent::Refused);
    let seen = bed.make.consent(chloe.contact.id, asha.identity.subject_keys(), ConsentEvent::Withdrawn);
    let other = bed.make.consent(ben.contact.id, ben.identity.subject_keys(), ConsentEvent::Given);
    for entry in [&own, &typed, &seen, &other] {
        bed.write(&tenant.scope, ConsentWrite::Record(entry.clone())).await;
    }
    let ids = |entries: Vec<ConsentRecord>| entries.into_iter().map(|entry| entry.id).collect::<Vec<_>>();
    assert_eq!(ids(history(&bed, &tenant, asha.contact.id).await), [seen.id, typed.id, own.id]);
    assert_eq!(ids(history(&bed, &tenant, ben.contact.id).await), [other.id, typed.id]);
}

/// A suppression is found by its hash; the same hash and scope twice is one, another scope is another.
pub async fn a_suppression_is_kept_once_for_each_scope(bed: TestBed) {
    let tenant = bed.tenant().await;
    let promotion = bed.make.suppression(SuppressionScope::Marketing);
    let mut again = promotion.clone();
    again.created_at = bed.at(60);
    let mut all = promotion.clone();
    all.scope = SuppressionScope::AllOutbound;
    let other = bed.make.suppression(SuppressionScope::Marketing);
    let any = async || bed.store.any_suppression(&tenant.scope).await.unwrap();
    assert!(!any().await);
    for each in [&promotion, &again, &other] {
        bed.write(&tenant.scope, ConsentWrite::Suppress(each.clone())).await;
    }
    assert!(any().await);
    let find = async |hashes: &[[u8; 16]]| {
        let mut found = bed.store.suppressions(&tenant.scope, hashes).await.unwrap();
        found.sort_by_key(|kept| kept.scope);
        found
    };
    assert_eq!(find(&[promotion.hash, [9; 16]]).await, std::slice::from_ref(&promotion));
    bed.write(&tenant.scope, ConsentWrite::Suppress(all.clone())).await;
    assert_eq!(find(&[promotion.hash]).await, [promotion.clone(), all]);
    assert_eq!(find(&[promotion.hash, other.hash]).await.len(), 3);
    assert!(find(&[[9; 16]]).await.is_empty() && find(&[]).await.is_empty());
}

async fn facts(bed: &TestBed, tenant: &Tenant, person: &Person) -> ConsentRows {
    bed.store.consent_facts(&tenant.scope, person.conversation.id).await.unwrap().unwrap()
}

/// The facts hold the person's address and keys, what the ledger says, the contact's restriction, the provider's news and
/// the organisation's settings.
pub async fn the_facts_hold_person_ledger_and_settings(bed: TestBed) {
    let tenant = bed.tenant().await;
    let person = bed.person(&tenant, "Asha").await;
    let stranger = bed.person(&tenant, "Ben").await;
    let seen = facts(&bed, &tenant, &person).await;
    assert_eq!((seen.org, seen.contact), (tenant.org.id, person.contact.id));
    assert_eq!(seen.address, person.identity.phone().cloned().map(Address::Phone));
    assert!(person.identity.subject_keys().iter().all(|key| seen.subjects.contains(key)));
    assert!(seen.records.is_empty() && seen.marketing_sent.is_empty());
    assert_eq!((seen.head, seen.last_inbound, seen.existing_relationship), (LedgerSeq(0), None, None));
    assert!(!seen.restricted && !seen.answered && seen.unreachable_since.is_none());
    assert_eq!((seen.quiet_hours, seen.zone), (tenant.org.quiet_hours, tenant.org.zone));
    assert_eq!(seen.marketing_cap, tenant.org.marketing_cap);

    let mut given = record(&bed, &tenant, &person, ConsentEvent::Given).await;
    record(&bed, &tenant, &stranger, ConsentEvent::Withdrawn).await;
    given.seq = LedgerSeq(1);
    let mut contact = person.contact.clone();
    contact.restricted = true;
    bed.write(&tenant.scope, ContactWrite::Update(contact)).await;
    let since = Some(bed.at(9));
    let gone = ContactWrite::Reachable { identity: person.identity.id, unreachable_since: since };
    bed.write(&tenant.scope, gone).await;
    let quiet_hours = crate::consent::QuietHours::WIDEST;
    let change = OrgChange { marketing_cap: Some(5), quiet_hours: Some(quiet_hours), ..OrgChange::default() };
    bed.write(&tenant.scope, AccessWrite::ChangeOrg(change)).await;
    let seen = facts(&bed, &tenant, &person).await;
    assert_eq!((seen.records, seen.head), (vec![given], LedgerSeq(1)));
    assert!(seen.restricted);
    assert_eq!((seen.unreachable_since, seen.marketing_cap), (since, 5));
    assert_eq!(seen.quiet_hours, quiet_hours);
    assert!(bed.store.consent_facts(&tenant.scope, bed.make.id()).await.unwrap().is_none());
}

/// The person's newest message opens the window of its own conversation; the existing relationship covers all accounts.
pub async fn the_window_is_of_one_conversation_and_the_relation_of_all(bed: TestBed) {
    let tenant = bed.tenant().await;
    let person = bed.person(&tenant, "Asha").await;
    let second = bed.make.account(tenant.app.id);
    bed.write(&tenant.scope, AccountWrite::Insert(Box::new(second.clone()))).await;
    let other = bed.make.conversation(second.id, &person.identity);
    let writes = crate::conversation::ConversationWrite::Insert(other.clone());
    bed.write(&tenant.scope, writes).await;
    let first = bed.hears(&tenant, &person, "hello", bed.at(10)).await;
    let newest = bed.make.inbound(&other, "hello there", bed.at(20));
    bed.write(&tenant.scope, bed.make.append(second.id, &newest)).await;
    let seen = facts(&bed, &tenant, &person).await;
    assert_eq!(seen.last_inbound, Some((first.id, bed.at(10))));
    assert_eq!(seen.existing_relationship, Some((newest.id, bed.at(20))));
    let there = bed.store.consent_facts(&tenant.scope, other.id).await.unwrap().unwrap();
    assert_eq!(there.last_inbound, Some((newest.id, bed.at(20))));
    assert_eq!(there.existing_relationship, there.last_inbound);
}

/// A conversation is answered once something was sent or is queued after the person's newest message. What is being asked
/// about does not count for itself, and what was stopped before it was handed over does not count at all.
pub async fn answered_does_not_count_the_message_itself(bed: TestBed) {
    let tenant = bed.tenant().await;
    let person = bed.person(&tenant, "Asha").await;
    bed.queues(&tenant, &person, "before they wrote", bed.at(1)).await;
    bed.hears(&tenant, &person, "hello", bed.at(10)).await;
    assert!(!facts(&bed, &tenant, &person).await.answered);
    let (one, first) = bed.queues(&tenant, &person, "an answer", bed.at(20)).await;
    assert!(facts(&bed, &tenant, &person).await.answered);
    let send = bed.store.send_facts(&tenant.scope, &[first.id]).await.unwrap();
    assert!(!send[0].consent.answered, "only the message itself");
    let (two, second) = bed.queues(&tenant, &person, "another", bed.at(30)).await;
    let send = bed.store.send_facts(&tenant.scope, &[second.id]).await.unwrap();
    assert!(send[0].consent.answered);
    bed.delivery(&tenant, one.id, DeliveryStatus::Cancelled, bed.at(31)).await;
    let send = bed.store.send_facts(&tenant.scope, &[second.id]).await.unwrap();
    assert!(!send[0].consent.answered);
    bed.delivery(&tenant, two.id, DeliveryStatus::Suppressed, bed.at(32)).await;
    assert!(!facts(&bed, &tenant, &person).await.answered);
}

/// Promotional messages count from the moment they were dispatched, for seven days; queued ones and others do not.
pub async fn promotion_counts_for_seven_days_once_dispatched(bed: TestBed) {
    let tenant = bed.tenant().await;
    let person = bed.person(&tenant, "Asha").await;
    let queue = async |purpose: Purpose, second: i64| -> MessageId {
        let mut message = bed.make.outbound(&person.conversation, "an offer", bed.at(second));
        message.purpose = Some(purpose);
        bed.queue(&tenant, &message).await;
        message.id
    };
    let offer = queue(Purpose::Marketing, 1).await;
    let later = queue(Purpose::Marketing, 2).await;
    queue(Purpose::Marketing, 3).await;
    let notice = queue(Purpose::Utility, 4).await;
    assert!(facts(&bed, &tenant, &person).await.marketing_sent.is_empty());
    bed.delivery(&tenant, offer, DeliveryStatus::Dispatched, bed.at(60)).await;
    bed.delivery(&tenant, offer, DeliveryStatus::Delivered, bed.at(90)).await;
    bed.delivery(&tenant, notice, DeliveryStatus::Dispatched, bed.at(60)).await;
    assert_eq!(facts(&bed, &tenant, &person).await.marketing_sent, [bed.at(60)]);
    bed.delivery(&tenant, later, DeliveryStatus::Dispatched, bed.at(86_400)).await;
    let mut sent = facts(&bed, &tenant, &person).await.marketing_sent;
    sent.sort_unstable();
    assert_eq!(sent, [bed.at(60), bed.at(86_400)]);
    bed.clock.advance(TimeDelta::days(7) + TimeDelta::seconds(120));
    assert_eq!(facts(&bed, &tenant, &person).await.marketing_sent, [bed.at(86_400)]);
}

/// What the wire needs: the job, message, conversation, survivor, account, the provider's id of what is answered, and
/// the template as it is now. Only send jobs that are there, each once asked for.
pub async fn what_the_wire_needs_comes_in_one_look(bed: TestBed) {
    let tenant = bed.tenant().await;
    let person = bed.person(&tenant, "Asha").await;
    let heard = bed.hears(&tenant, &person, "hello", bed.at(1)).await;
    let account = tenant.account.id;
    let mut template = bed.make.template(account, "order_sent", TemplateCategory::Utility);
    let mut foreign = template.clone();
    foreign.language = "en_GB".to_owned();
    let templates = vec![foreign, template.clone()];
    bed.write(&tenant.scope, AccountWrite::Templates { account, asked_at: bed.at(0), templates }).await;
    let mut message = bed.make.outbound(&person.conversation, "x", bed.at(2));
    message.content = bed.make.template_content(&template);
    message.reply_to = Some(heard.id);
    message.purpose = Some(Purpose::Utility);
    let job = bed.queue(&tenant, &message).await;
    let (plain, second) = bed.queues(&tenant, &person, "plain", bed.at(3)).await;
    template.category = TemplateCategory::Marketing;
    let templates = vec![template.clone()];
    bed.write(&tenant.scope, AccountWrite::Templates { account, asked_at: bed.at(0), templates }).await;
    let survivor = bed.make.identity(person.contact.id, vec![Alias::BusinessScoped(bed.make.scoped())]);
    bed.write(&tenant.scope, ContactWrite::Identity(survivor.clone())).await;
    let join = ContactWrite::JoinIdentity { from: person.identity.id, into: survivor.id };
    bed.write(&tenant.scope, join).await;

    let fetch = bed.make.job(Some(account), crate::outbox::JobKind::SyncTemplates, bed.at(4));
    bed.write(&tenant.scope, crate::outbox::JobWrite::Queue(fetch.clone())).await;
    let asked = [job.id, bed.make.id(), second.id, fetch.id];
    let mut facts = bed.store.send_facts(&tenant.scope, &asked).await.unwrap();
    facts.sort_by_key(|facts| facts.job.id);
    assert_eq!(facts.len(), 2);
    let first = &facts[0];
    assert_eq!((&first.job, &first.message), (&job, &message));
    assert_eq!(first.conversation, bed.conversation(&tenant, &person).await);
    assert_eq!((first.identity.id, first.identity.aliases.len()), (survivor.id, 2));
    assert_eq!(first.account, tenant.account);
    assert_eq!(first.reply_to, heard.external);
    assert_eq!(first.template.as_ref(), Some(&template));
    assert_eq!(first.consent.contact, person.contact.id);
    assert_eq!(first.consent.subjects.len(), 2);
    assert_eq!(first.consent.last_inbound, Some((heard.id, bed.at(1))));
    assert_eq!((&facts[1].message, &facts[1].reply_to), (&plain, &None));
    assert_eq!(facts[1].template, None);
}
