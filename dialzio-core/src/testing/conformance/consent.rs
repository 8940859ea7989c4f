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
use crate::store::{Expect, LedgerSeq};
use crate::testing::conformance::{Bench, House, Person};

async fn record(bench: &Bench, house: &House, person: &Person, event: ConsentEvent) -> ConsentRecord {
    let subjects = person.identity.subject_keys();
    let record = bench.make.consent(person.contact.id, subjects, event);
    bench.write(&house.scope, ConsentWrite::Record(record.clone())).await;
    record
}

async fn history(bench: &Bench, house: &House, contact: ContactId) -> Vec<ConsentRecord> {
    let page = PageRequest::first(200);
    bench.store.consent_history(&house.scope, contact, page).await.unwrap().items
}

/// Sequence numbers are 1, 2, 3 in the order of commits, whatever the entry says and although a batch in between was
/// refused; entries come back whole, newest first.
pub async fn the_ledger_has_no_gaps(bench: Bench) {
    let house = bench.house().await;
    let (asha, ben) = (bench.person(&house, "Asha").await, bench.person(&house, "Ben").await);
    let mut first = record(&bench, &house, &asha, ConsentEvent::Given).await;
    let lost = bench.make.consent(asha.contact.id, asha.identity.subject_keys(), ConsentEvent::Refused);
    let mut refused = bench.writes([ConsentWrite::Record(lost).into()]);
    refused.expect(Expect::ConsentHead(asha.identity.subject_keys(), LedgerSeq(0)));
    assert!(bench.store.commit_one(&house.scope, refused).await.is_err());
    let mut second = record(&bench, &house, &ben, ConsentEvent::Refused).await;
    let mut third =
        bench.make.consent(asha.contact.id, asha.identity.subject_keys(), ConsentEvent::Withdrawn);
    third.seq = LedgerSeq(77);
    third.channel = Channel::WhatsApp;
    third.scope = PurposeScope::Any;
    third.evidence.message = Some(bench.make.id());
    third.occurred_at = bench.at(-3_600);
    third.expires_at = Some(bench.at(86_400));
    bench.write(&house.scope, ConsentWrite::Record(third.clone())).await;
    (first.seq, second.seq, third.seq) = (LedgerSeq(1), LedgerSeq(2), LedgerSeq(3));
    assert_eq!(history(&bench, &house, asha.contact.id).await, [third, first]);
    assert_eq!(history(&bench, &house, ben.contact.id).await, [second]);
}

/// Two entries in one batch are two places.
pub async fn entries_of_one_batch_are_numbered_in_order(bench: Bench) {
    let house = bench.house().await;
    let person = bench.person(&house, "Asha").await;
    let [a, b] = [ConsentEvent::Given, ConsentEvent::Withdrawn]
        .map(|event| bench.make.consent(person.contact.id, person.identity.subject_keys(), event));
    let writes = [a.clone(), b.clone()].map(|record| ConsentWrite::Record(record).into());
    bench.write_all(&house.scope, writes).await;
    let kept = history(&bench, &house, person.contact.id).await;
    assert_eq!(kept.iter().map(|r| (r.id, r.seq.0)).collect::<Vec<_>>(), [(b.id, 2), (a.id, 1)]);
}

/// A withdrawal between verdict and intent is noticed: the head has moved, for any of the person's keys. An entry about
/// somebody else moves nothing.
pub async fn a_withdrawal_moves_the_head_of_the_ledger(bench: Bench) {
    let house = bench.house().await;
    let (asha, ben) = (bench.person(&house, "Asha").await, bench.person(&house, "Ben").await);
    let mut subjects = asha.identity.subject_keys();
    let extra = Alias::BusinessScoped(bench.make.scoped());
    let write =
        ContactWrite::Alias { identity: asha.identity.id, alias: extra.clone(), seen_at: bench.at(1) };
    bench.write(&house.scope, write).await;
    subjects.push(extra.subject_key(&asha.identity.portfolio));
    record(&bench, &house, &asha, ConsentEvent::Given).await;
    record(&bench, &house, &ben, ConsentEvent::Given).await;
    let facts = bench.store.consent_facts(&house.scope, asha.conversation.id).await.unwrap().unwrap();
    assert_eq!(facts.head, LedgerSeq(1));
    assert!(bench.holds(&house.scope, Expect::ConsentHead(facts.subjects.clone(), facts.head)).await);
    let stop = bench.make.consent(asha.contact.id, subjects[1..].to_vec(), ConsentEvent::Withdrawn);
    bench.write(&house.scope, ConsentWrite::Record(stop)).await;
    assert!(!bench.holds(&house.scope, Expect::ConsentHead(facts.subjects.clone(), facts.head)).await);
    assert!(bench.holds(&house.scope, Expect::ConsentHead(facts.subjects, LedgerSeq(3))).await);
}

/// History holds what was recorded on the card and what covers one of its identifiers, typed or seen; not more.
pub async fn history_follows_the_card_and_its_identifiers(bench: Bench) {
    let house = bench.house().await;
    let (asha, ben) = (bench.person(&house, "Asha").await, bench.person(&house, "Ben").await);
    let chloe = bench.person(&house, "Chloe").await;
    let number = bench.make.phone();
    let mut card = asha.contact.clone();
    card.details = vec![bench.make.phone_detail(&number)];
    bench.write(&house.scope, ContactWrite::Update(card)).await;
    let own = bench.make.consent(asha.contact.id, Vec::new(), ConsentEvent::Given);
    let typed = bench.make.consent(ben.contact.id, vec![SubjectKey::phone(&number)], ConsentEvent::Refused);
    let seen = bench.make.consent(chloe.contact.id, asha.identity.subject_keys(), ConsentEvent::Withdrawn);
    let other = bench.make.consent(ben.contact.id, ben.identity.subject_keys(), ConsentEvent::Given);
    for entry in [&own, &typed, &seen, &other] {
        bench.write(&house.scope, ConsentWrite::Record(entry.clone())).await;
    }
    let ids = |entries: Vec<ConsentRecord>| entries.into_iter().map(|entry| entry.id).collect::<Vec<_>>();
    assert_eq!(ids(history(&bench, &house, asha.contact.id).await), [seen.id, typed.id, own.id]);
    assert_eq!(ids(history(&bench, &house, ben.contact.id).await), [other.id, typed.id]);
}

/// A suppression is found by its hash; the same hash and scope twice is one, another scope is another.
pub async fn a_suppression_is_kept_once_for_each_scope(bench: Bench) {
    let house = bench.house().await;
    let promotion = bench.make.suppression(SuppressionScope::Marketing);
    let mut again = promotion.clone();
    again.created_at = bench.at(60);
    let mut all = promotion.clone();
    all.scope = SuppressionScope::AllOutbound;
    let other = bench.make.suppression(SuppressionScope::Marketing);
    let any = async || bench.store.any_suppression(&house.scope).await.unwrap();
    assert!(!any().await);
    for each in [&promotion, &again, &other] {
        bench.write(&house.scope, ConsentWrite::Suppress(each.clone())).await;
    }
    assert!(any().await);
    let find = async |hashes: &[[u8; 16]]| {
        let mut found = bench.store.suppressions(&house.scope, hashes).await.unwrap();
        found.sort_by_key(|kept| kept.scope);
        found
    };
    assert_eq!(find(&[promotion.hash, [9; 16]]).await, std::slice::from_ref(&promotion));
    bench.write(&house.scope, ConsentWrite::Suppress(all.clone())).await;
    assert_eq!(find(&[promotion.hash]).await, [promotion.clone(), all]);
    assert_eq!(find(&[promotion.hash, other.hash]).await.len(), 3);
    assert!(find(&[[9; 16]]).await.is_empty() && find(&[]).await.is_empty());
}

async fn facts(bench: &Bench, house: &House, person: &Person) -> ConsentRows {
    bench.store.consent_facts(&house.scope, person.conversation.id).await.unwrap().unwrap()
}

/// The facts hold the person's address and keys, what the ledger says, the card's restriction, the provider's news and
/// the organisation's settings.
pub async fn the_facts_hold_person_ledger_and_settings(bench: Bench) {
    let house = bench.house().await;
    let person = bench.person(&house, "Asha").await;
    let stranger = bench.person(&house, "Ben").await;
    let seen = facts(&bench, &house, &person).await;
    assert_eq!((seen.org, seen.contact), (house.org.id, person.contact.id));
    assert_eq!(seen.address, person.identity.phone().cloned().map(Address::Phone));
    assert!(person.identity.subject_keys().iter().all(|key| seen.subjects.contains(key)));
    assert!(seen.records.is_empty() && seen.marketing_sent.is_empty());
    assert_eq!((seen.head, seen.last_inbound, seen.relation), (LedgerSeq(0), None, None));
    assert!(!seen.restricted && !seen.answered && seen.unreachable_since.is_none());
    assert_eq!((seen.quiet_hours, seen.zone), (house.org.quiet_hours, house.org.zone));
    assert_eq!(seen.marketing_cap, house.org.marketing_cap);

    let mut given = record(&bench, &house, &person, ConsentEvent::Given).await;
    record(&bench, &house, &stranger, ConsentEvent::Withdrawn).await;
    given.seq = LedgerSeq(1);
    let mut card = person.contact.clone();
    card.restricted = true;
    bench.write(&house.scope, ContactWrite::Update(card)).await;
    let since = Some(bench.at(9));
    let gone = ContactWrite::Reachable { identity: person.identity.id, unreachable_since: since };
    bench.write(&house.scope, gone).await;
    let quiet_hours = crate::consent::QuietHours::WIDEST;
    let change = OrgChange { marketing_cap: Some(5), quiet_hours: Some(quiet_hours), ..OrgChange::default() };
    bench.write(&house.scope, AccessWrite::ChangeOrg(change)).await;
    let seen = facts(&bench, &house, &person).await;
    assert_eq!((seen.records, seen.head), (vec![given], LedgerSeq(1)));
    assert!(seen.restricted);
    assert_eq!((seen.unreachable_since, seen.marketing_cap), (since, 5));
    assert_eq!(seen.quiet_hours, quiet_hours);
    assert!(bench.store.consent_facts(&house.scope, bench.make.id()).await.unwrap().is_none());
}

/// The person's newest message opens the window of its own conversation; the relation reaches over all accounts.
pub async fn the_window_is_of_one_conversation_and_the_relation_of_all(bench: Bench) {
    let house = bench.house().await;
    let person = bench.person(&house, "Asha").await;
    let second = bench.make.account(house.app.id);
    bench.write(&house.scope, AccountWrite::Insert(Box::new(second.clone()))).await;
    let other = bench.make.conversation(second.id, &person.identity);
    let writes = crate::conversation::ConversationWrite::Insert(other.clone());
    bench.write(&house.scope, writes).await;
    let first = bench.hears(&house, &person, "hello", bench.at(10)).await;
    let newest = bench.make.inbound(&other, "hello there", bench.at(20));
    bench.write(&house.scope, bench.make.append(second.id, &newest)).await;
    let seen = facts(&bench, &house, &person).await;
    assert_eq!(seen.last_inbound, Some((first.id, bench.at(10))));
    assert_eq!(seen.relation, Some((newest.id, bench.at(20))));
    let there = bench.store.consent_facts(&house.scope, other.id).await.unwrap().unwrap();
    assert_eq!(there.last_inbound, Some((newest.id, bench.at(20))));
    assert_eq!(there.relation, there.last_inbound);
}

/// A conversation is answered once something was sent or is queued after the person's newest message. What is being asked
/// about does not count for itself, and what was stopped before it was handed over does not count at all.
pub async fn answered_does_not_count_the_message_itself(bench: Bench) {
    let house = bench.house().await;
    let person = bench.person(&house, "Asha").await;
    bench.queues(&house, &person, "before they wrote", bench.at(1)).await;
    bench.hears(&house, &person, "hello", bench.at(10)).await;
    assert!(!facts(&bench, &house, &person).await.answered);
    let (one, first) = bench.queues(&house, &person, "an answer", bench.at(20)).await;
    assert!(facts(&bench, &house, &person).await.answered);
    let send = bench.store.send_facts(&house.scope, &[first.id]).await.unwrap();
    assert!(!send[0].consent.answered, "only the message itself");
    let (two, second) = bench.queues(&house, &person, "another", bench.at(30)).await;
    let send = bench.store.send_facts(&house.scope, &[second.id]).await.unwrap();
    assert!(send[0].consent.answered);
    bench.news(&house, one.id, DeliveryStatus::Cancelled, bench.at(31)).await;
    let send = bench.store.send_facts(&house.scope, &[second.id]).await.unwrap();
    assert!(!send[0].consent.answered);
    bench.news(&house, two.id, DeliveryStatus::Suppressed, bench.at(32)).await;
    assert!(!facts(&bench, &house, &person).await.answered);
}

/// Promotional messages count from the moment they were dispatched, for seven days; queued ones and others do not.
pub async fn promotion_counts_for_seven_days_once_dispatched(bench: Bench) {
    let house = bench.house().await;
    let person = bench.person(&house, "Asha").await;
    let queue = async |purpose: Purpose, second: i64| -> MessageId {
        let mut message = bench.make.outbound(&person.conversation, "an offer", bench.at(second));
        message.purpose = Some(purpose);
        bench.queue(&house, &message).await;
        message.id
    };
    let offer = queue(Purpose::Marketing, 1).await;
    let later = queue(Purpose::Marketing, 2).await;
    queue(Purpose::Marketing, 3).await;
    let notice = queue(Purpose::Utility, 4).await;
    assert!(facts(&bench, &house, &person).await.marketing_sent.is_empty());
    bench.news(&house, offer, DeliveryStatus::Dispatched, bench.at(60)).await;
    bench.news(&house, offer, DeliveryStatus::Delivered, bench.at(90)).await;
    bench.news(&house, notice, DeliveryStatus::Dispatched, bench.at(60)).await;
    assert_eq!(facts(&bench, &house, &person).await.marketing_sent, [bench.at(60)]);
    bench.news(&house, later, DeliveryStatus::Dispatched, bench.at(86_400)).await;
    let mut sent = facts(&bench, &house, &person).await.marketing_sent;
    sent.sort_unstable();
    assert_eq!(sent, [bench.at(60), bench.at(86_400)]);
    bench.clock.advance(TimeDelta::days(7) + TimeDelta::seconds(120));
    assert_eq!(facts(&bench, &house, &person).await.marketing_sent, [bench.at(86_400)]);
}

/// What the wire needs: the effect, message, conversation, survivor, account, the provider's id of what is answered, and
/// the template as it is now. Only send effects that are there, each once asked for.
pub async fn what_the_wire_needs_comes_in_one_look(bench: Bench) {
    let house = bench.house().await;
    let person = bench.person(&house, "Asha").await;
    let heard = bench.hears(&house, &person, "hello", bench.at(1)).await;
    let account = house.account.id;
    let mut template = bench.make.template(account, "order_sent", TemplateCategory::Utility);
    let mut foreign = template.clone();
    foreign.language = "en_GB".to_owned();
    let templates = vec![foreign, template.clone()];
    bench.write(&house.scope, AccountWrite::Templates { account, asked_at: bench.at(0), templates }).await;
    let mut message = bench.make.outbound(&person.conversation, "x", bench.at(2));
    message.content = bench.make.template_content(&template);
    message.reply_to = Some(heard.id);
    message.purpose = Some(Purpose::Utility);
    let effect = bench.queue(&house, &message).await;
    let (plain, second) = bench.queues(&house, &person, "plain", bench.at(3)).await;
    template.category = TemplateCategory::Marketing;
    let templates = vec![template.clone()];
    bench.write(&house.scope, AccountWrite::Templates { account, asked_at: bench.at(0), templates }).await;
    let survivor = bench.make.identity(person.contact.id, vec![Alias::BusinessScoped(bench.make.scoped())]);
    bench.write(&house.scope, ContactWrite::Identity(survivor.clone())).await;
    let join = ContactWrite::JoinIdentity { from: person.identity.id, into: survivor.id };
    bench.write(&house.scope, join).await;

    let fetch = bench.make.effect(Some(account), crate::effect::Work::SyncTemplates, bench.at(4));
    bench.write(&house.scope, crate::store::EffectWrite::Queue(fetch.clone())).await;
    let asked = [effect.id, bench.make.id(), second.id, fetch.id];
    let mut facts = bench.store.send_facts(&house.scope, &asked).await.unwrap();
    facts.sort_by_key(|facts| facts.effect.id);
    assert_eq!(facts.len(), 2);
    let first = &facts[0];
    assert_eq!((&first.effect, &first.message), (&effect, &message));
    assert_eq!(first.conversation, bench.conversation(&house, &person).await);
    assert_eq!((first.identity.id, first.identity.aliases.len()), (survivor.id, 2));
    assert_eq!(first.account, house.account);
    assert_eq!(first.reply_to, heard.external);
    assert_eq!(first.template.as_ref(), Some(&template));
    assert_eq!(first.consent.contact, person.contact.id);
    assert_eq!(first.consent.subjects.len(), 2);
    assert_eq!(first.consent.last_inbound, Some((heard.id, bench.at(1))));
    assert_eq!((&facts[1].message, &facts[1].reply_to), (&plain, &None));
    assert_eq!(facts[1].template, None);
}
