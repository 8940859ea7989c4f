//! What is asked before reports of calls are decided on, and who the agents are.

use crate::call::{Call, CallAgent, CallAlias, CallFacts, CallFactsQuery, CallState, CallWrite};
use crate::consent::{ConsentEvent, ConsentWrite};
use crate::contact::{Alias, ContactWrite, SubjectKey};
use crate::id::{AccountId, CallId, ContactId};
use crate::phone::PhoneNumber;
use crate::store::Write;
use crate::testing::conformance::call::added;
use crate::testing::conformance::{Tenant, TestBed};

fn asks(account: AccountId) -> CallFactsQuery {
    CallFactsQuery {
        account,
        aliases: Vec::new(),
        own: Vec::new(),
        customers: Vec::new(),
        agents: Vec::new(),
    }
}

async fn known(bed: &TestBed, tenant: &Tenant, query: CallFactsQuery) -> CallFacts {
    bed.store.call_facts(&tenant.scope, &query).await.unwrap()
}

fn keys(numbers: &[&PhoneNumber]) -> Vec<SubjectKey> {
    numbers.iter().map(|number| SubjectKey::phone(number)).collect()
}

/// Reports find their calls by any of the provider's ids, and by ours among the calls of the account.
pub async fn reports_find_their_calls(bed: TestBed) {
    let tenant = bed.tenant().await;
    let account = tenant.account.id;
    let elsewhere = bed.make.account(tenant.app.id);
    bed.write(&tenant.scope, crate::account::AccountWrite::Insert(Box::new(elsewhere.clone()))).await;
    let mut calls: Vec<(Call, [CallAlias; 2])> = Vec::new();
    for (place, account) in [account, account, elsewhere.id, account].into_iter().enumerate() {
        let call = added(&bed, &tenant, bed.make.call(account, bed.at(place as i64))).await;
        let names = [(); 2].map(|()| bed.make.call_alias());
        for alias in names.clone() {
            bed.write(&tenant.scope, CallWrite::Alias { account, alias, call: call.id }).await;
        }
        calls.push((call, names));
    }
    let unknown = bed.make.call_alias();
    let aliases = vec![
        calls[1].1[1].clone(),
        unknown,
        calls[0].1[0].clone(),
        calls[1].1[0].clone(),
        calls[2].1[0].clone(),
        calls[1].1[1].clone(),
    ];
    let own = vec![calls[3].0.id, calls[2].0.id, calls[0].0.id, bed.make.id()];
    let facts = known(&bed, &tenant, CallFactsQuery { aliases: aliases.clone(), own, ..asks(account) }).await;
    assert_eq!(facts.calls, [calls[0].0.clone(), calls[1].0.clone(), calls[3].0.clone()]);
    let held = |place: usize, call: usize| (aliases[place].clone(), calls[call].0.id);
    assert_eq!(facts.aliases, [held(0, 1), held(2, 0), held(3, 1)]);
    assert!(facts.contacts.is_empty() && facts.waiting.is_empty() && facts.agents.is_empty());
    let nothing = known(&bed, &tenant, asks(account)).await;
    assert!(nothing.calls.is_empty() && nothing.aliases.is_empty() && nothing.agents.is_empty());
    let found: Vec<CallId> = known(&bed, &tenant, CallFactsQuery { aliases, ..asks(elsewhere.id) })
        .await
        .calls
        .into_iter()
        .map(|call| call.id)
        .collect();
    assert_eq!(found, [calls[2].0.id], "an id counts within its account");
}

/// A number finds all who have it, typed or seen at a provider, each once, and no more of them than facts hold.
pub async fn a_number_finds_all_who_share_it(bed: TestBed) {
    let tenant = bed.tenant().await;
    let [shared, crowded, unknown] = [(); 3].map(|()| bed.make.phone());
    let mut people: Vec<ContactId> = Vec::new();
    for typed in [true, false, true] {
        let mut contact = bed.make.contact("Asha");
        let mut writes: Vec<Write> = Vec::new();
        if typed {
            // Twice, and in a second spelling of the same number.
            contact.details = vec![bed.make.phone_detail(&shared), bed.make.phone_detail(&shared)];
        }
        writes.push(ContactWrite::Insert(contact.clone()).into());
        if people.len() < 2 && !typed {
            let seen = bed.make.identity(contact.id, vec![Alias::Phone(shared.clone())]);
            writes.push(ContactWrite::Identity(seen).into());
        }
        bed.write_all(&tenant.scope, writes).await;
        people.push(contact.id);
    }
    let mut crowd = Vec::new();
    let mut writes: Vec<Write> = Vec::new();
    for _ in 0..CallFacts::MANY + 2 {
        let mut contact = bed.make.contact("Desk");
        contact.details = vec![bed.make.phone_detail(&crowded)];
        writes.push(ContactWrite::Insert(contact.clone()).into());
        crowd.push(contact.id);
    }
    bed.write_all(&tenant.scope, writes).await;
    people.sort_unstable();
    crowd.sort_unstable();
    let customers = keys(&[&crowded, &unknown, &shared]);
    let facts =
        known(&bed, &tenant, CallFactsQuery { customers: customers.clone(), ..asks(tenant.account.id) })
            .await;
    let of = |key: usize, ids: &[ContactId]| {
        ids.iter().map(|id| (customers[key].clone(), *id)).collect::<Vec<_>>()
    };
    let wanted = [of(0, &crowd[..CallFacts::MANY]), of(2, &people)].concat();
    assert_eq!(facts.contacts, wanted);
}

/// Missed calls of a number on any account wait until they are handled, the newest of them are known; one who hides their
/// number has none.
pub async fn missed_calls_of_a_number_are_known(bed: TestBed) {
    let tenant = bed.tenant().await;
    let account = tenant.account.id;
    let elsewhere = bed.make.account(tenant.app.id);
    bed.write(&tenant.scope, crate::account::AccountWrite::Insert(Box::new(elsewhere.clone()))).await;
    let [number, other] = [(); 2].map(|()| bed.make.phone());
    let missed = |account, number: &PhoneNumber, second| Call {
        customer: Some(number.clone()),
        ..bed.make.missed_call(account, bed.at(second))
    };
    let first = added(&bed, &tenant, missed(account, &number, 1)).await;
    let spoken = Call { state: CallState::Voicemail, ..missed(elsewhere.id, &number, 2) };
    let spoken = added(&bed, &tenant, spoken).await;
    let theirs = added(&bed, &tenant, missed(account, &other, 3)).await;
    added(&bed, &tenant, Call { handled_at: Some(bed.at(9)), ..missed(account, &number, 4) }).await;
    added(&bed, &tenant, Call { state: CallState::Completed, ..missed(account, &number, 5) }).await;
    added(&bed, &tenant, Call { customer: None, withheld: true, ..bed.make.missed_call(account, bed.at(6)) })
        .await;
    let waiting = async |numbers: &[&PhoneNumber]| {
        known(&bed, &tenant, CallFactsQuery { customers: keys(numbers), ..asks(account) }).await.waiting
    };
    assert_eq!(waiting(&[&number]).await, [spoken.clone(), first.clone()]);
    assert_eq!(waiting(&[&number, &other, &number]).await, [theirs, spoken, first]);
    assert_eq!(waiting(&[&bed.make.phone()]).await, []);
    let many = (0..CallFacts::MANY + 1).map(|place| missed(account, &number, 100 + place as i64));
    let many: Vec<Call> = many.collect();
    let writes = many.iter().map(|call| CallWrite::Insert(Box::new(call.clone())).into());
    bed.write_all(&tenant.scope, writes).await;
    let newest: Vec<CallId> = many.iter().rev().take(CallFacts::MANY).map(|call| call.id).collect();
    assert_eq!(waiting(&[&other, &number]).await.iter().map(|call| call.id).collect::<Vec<_>>(), newest);
}

/// Agents are found by their id and by their number, in their account.
pub async fn agents_are_found_by_id_and_by_number(bed: TestBed) {
    let tenant = bed.tenant().await;
    let account = tenant.account.id;
    let elsewhere = bed.make.account(tenant.app.id);
    bed.write(&tenant.scope, crate::account::AccountWrite::Insert(Box::new(elsewhere.clone()))).await;
    let agent = |account, id: &str| bed.make.call_agent(account, id, None);
    let [first, second] = ["101", "Front-2"].map(|id| agent(account, id));
    let silent = CallAgent { phone: None, name: None, ..agent(account, "102") };
    let there = CallAgent { phone: first.phone.clone(), ..agent(elsewhere.id, "101") };
    for (account, agents) in
        [(account, vec![second.clone(), first.clone(), silent.clone()]), (elsewhere.id, vec![there.clone()])]
    {
        bed.write(&tenant.scope, CallWrite::Agents { account, agents }).await;
    }
    assert_eq!(
        bed.store.call_agents(&tenant.scope, account).await.unwrap(),
        [first.clone(), silent.clone(), second.clone()]
    );
    assert_eq!(bed.store.call_agents(&tenant.scope, elsewhere.id).await.unwrap(), [there]);
    let found = async |ids: &[&str], numbers: &[&PhoneNumber]| {
        let agents = ids.iter().map(|id| (*id).to_owned()).collect();
        let query = CallFactsQuery { agents, customers: keys(numbers), ..asks(account) };
        known(&bed, &tenant, query).await.agents
    };
    assert_eq!(found(&["102", "nobody"], &[]).await, std::slice::from_ref(&silent));
    assert_eq!(found(&[], &[first.phone.as_ref().unwrap()]).await, std::slice::from_ref(&first));
    let numbers = [second.phone.as_ref().unwrap(), first.phone.as_ref().unwrap()];
    assert_eq!(found(&["101", "102"], &numbers).await, [first, silent, second]);
}

/// A list of agents replaces the one before. Those of the same id keep their member, who is chosen here and not there.
pub async fn agents_keep_their_member(bed: TestBed) {
    let tenant = bed.tenant().await;
    let (scope, account) = (&tenant.scope, tenant.account.id);
    let (asha, ben) = (bed.make.id(), bed.make.id());
    let listed = |id: &str| bed.make.call_agent(account, id, Some(bed.make.id()));
    let [one, two] = ["101", "102"].map(listed);
    let set = |agents: Vec<CallAgent>| CallWrite::Agents { account, agents };
    let map = |agent: &str, member| CallWrite::MapAgent { account, agent: agent.to_owned(), member };
    let agents = async || bed.store.call_agents(scope, account).await.unwrap();
    bed.write(scope, set(vec![one.clone(), two.clone()])).await;
    assert!(agents().await.iter().all(|agent| agent.member.is_none()), "nobody is chosen by a list");
    for (agent, member) in [("101", Some(asha)), ("102", Some(ben)), ("103", Some(ben))] {
        bed.write(scope, map(agent, member)).await;
    }
    let renamed = CallAgent { account: bed.make.id(), ..listed("101") };
    let three = listed("103");
    bed.write(scope, set(vec![three.clone(), listed("101"), renamed.clone()])).await;
    let renamed = CallAgent { account, member: Some(asha), ..renamed };
    assert_eq!(agents().await, [renamed.clone(), CallAgent { member: None, ..three }]);
    bed.write(scope, map("101", None)).await;
    assert_eq!(agents().await[0], CallAgent { member: None, ..renamed });
    bed.write(scope, set(vec![two.clone()])).await;
    assert_eq!(agents().await, [CallAgent { member: None, ..two }], "who was gone comes back as a stranger");
    bed.write(scope, set(Vec::new())).await;
    assert_eq!(agents().await, []);
    let stray = CallWrite::Agents { account: bed.make.id(), agents: vec![listed("101")] };
    assert!(bed.store.commit_one(scope, bed.writes([stray.into()])).await.is_err());
}

/// Entries of the consent ledger about any of the numbers, oldest first, whoever's they were; each once.
pub async fn the_ledger_about_numbers_comes_oldest_first(bed: TestBed) {
    let tenant = bed.tenant().await;
    let scope = &tenant.scope;
    let [one, two, none] = [(); 3].map(|()| SubjectKey::phone(&bed.make.phone()));
    let mut entries = Vec::new();
    for (subjects, event) in [
        (vec![two.clone()], ConsentEvent::Given),
        (vec![one.clone(), two.clone()], ConsentEvent::Withdrawn),
        (vec![one.clone()], ConsentEvent::Given),
    ] {
        let entry = bed.make.consent(bed.make.id(), subjects, event);
        bed.write(scope, ConsentWrite::Record(entry.clone())).await;
        entries.push(entry.id);
    }
    let about = async |subjects: &[SubjectKey]| {
        let found = bed.store.consent_records(scope, subjects).await.unwrap();
        found.into_iter().map(|entry| entry.id).collect::<Vec<_>>()
    };
    assert_eq!(about(&[one.clone(), two.clone()]).await, entries);
    assert_eq!(about(&[one]).await, entries[1..]);
    assert_eq!(about(&[two]).await, entries[..2]);
    assert_eq!((about(&[none]).await, about(&[]).await), (Vec::new(), Vec::new()));
}
