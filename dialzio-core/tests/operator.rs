//! What an operator does across organisations is on record, with its reason, before or together with the act.
#![cfg(feature = "testing")]
#![allow(clippy::unwrap_used, reason = "tests")]

use dialzio_core::access::NewOrg;
use dialzio_core::account::LocalKeys;
use dialzio_core::entropy::Entropy;
use dialzio_core::ledger::ChainHash;
use dialzio_core::memory::MemoryStore;
use dialzio_core::operator::{OperatorAction, OperatorEntry};
use dialzio_core::store::{Store, StoreError, SystemStore, SystemWrite};
use dialzio_core::testing::{Calls, Fault, Faulty, system_scope};
use dialzio_core::{Clock, Crm, Error, ManualClock, OrgId, Principal, Role};
use std::sync::Arc;

fn clock() -> Arc<dyn Clock> {
    Arc::new(ManualClock::at(chrono::DateTime::from_timestamp(1_800_000_000, 0).unwrap()))
}

fn over(store: Arc<dyn Store>) -> Crm {
    let keys = LocalKeys::ephemeral(&Entropy::seeded(1));
    Crm::builder().shared_store(store).keys(keys).clock(clock()).seed(7).build().unwrap()
}

fn crm() -> Crm {
    over(Arc::new(MemoryStore::new(clock())))
}

async fn acts(crm: &Crm) -> Vec<(OperatorAction, String, Option<OrgId>)> {
    let log = crm.store().operator_log(&system_scope(), u64::MAX, 200).await.unwrap();
    log.into_iter().rev().map(|entry| (entry.action, entry.reason.reveal().to_owned(), entry.org)).collect()
}

#[tokio::test]
async fn each_act_of_an_operator_is_on_record_with_its_reason() {
    let crm = crm();
    let org = crm.access().found(NewOrg::named("Shop")).await.unwrap().org;
    let operator = crm.operator("Ticket 7").unwrap();
    operator.organisations(None).await.unwrap();
    operator.quarantined().await.unwrap();
    operator.unrouted().await.unwrap();
    let actor = operator.acting_in(org).await.unwrap();
    operator.confirm_clock().await.unwrap();
    operator.adopt_keys().await.unwrap();
    let shown = operator.log(u64::MAX, 200).await.unwrap();
    assert_eq!(shown.len(), 6);
    let wanted = [
        (OperatorAction::OrgsListed, None),
        (OperatorAction::QuarantineListed, None),
        (OperatorAction::QuarantineListed, None),
        (OperatorAction::OrgEntered, Some(org)),
        (OperatorAction::ClockConfirmed, None),
        (OperatorAction::KeysAdopted, None),
        (OperatorAction::LogRead, None),
    ];
    assert_eq!(acts(&crm).await, wanted.map(|(action, org)| (action, "Ticket 7".to_owned(), org)));
    assert_eq!(operator.verify_log().await.unwrap(), Ok(7));
    // The organisation sees it too.
    let told = crm.ledger().audit(&actor, 0, 200).await.unwrap();
    let entered: Vec<_> = told.iter().filter(|entry| entry.action.as_str() == "operator.entered").collect();
    assert_eq!(entered.len(), 1);
    assert_eq!(entered[0].principal, "service:operator: Ticket 7");
}

#[tokio::test]
async fn an_act_that_cannot_be_put_on_record_is_not_done() {
    let store = Arc::new(Faulty::new(Arc::new(MemoryStore::new(clock()))));
    let crm = over(Arc::clone(&store) as _);
    let org = crm.access().found(NewOrg::named("Shop")).await.unwrap().org;
    let operator = crm.operator("Ticket 7").unwrap();
    let full = |refused: Error| assert!(matches!(refused, Error::Store(StoreError::Full)), "{refused}");
    let fill = || store.at(Calls::Writes, 1, Fault::Fails(StoreError::Full));
    fill();
    full(operator.organisations(None).await.unwrap_err());
    fill();
    full(operator.quarantined().await.unwrap_err());
    fill();
    full(operator.acting_in(org).await.map(drop).unwrap_err());
    fill();
    full(operator.confirm_clock().await.map(drop).unwrap_err());
    fill();
    full(operator.adopt_keys().await.unwrap_err());
    fill();
    full(operator.log(u64::MAX, 1).await.unwrap_err());
    assert!(acts(&crm).await.is_empty());
    assert_eq!(store.time_mark(&system_scope()).await.unwrap(), None);
    assert!(store.key_checks(&system_scope()).await.unwrap().is_empty());
}

#[tokio::test]
async fn a_reason_is_needed_and_no_other_service_can_pass_for_an_operator() {
    let crm = crm();
    let org = crm.access().found(NewOrg::named("Shop")).await.unwrap().org;
    for none in ["", "  ", &"x".repeat(101)] {
        assert!(matches!(crm.operator(none), Err(Error::Invalid { field: "reason", .. })), "{none}");
    }
    let forged = Principal::service("operator: Ticket 7").unwrap();
    let refused = crm.access().act_as(org, forged, Role::Owner.grant()).await;
    assert!(matches!(refused, Err(Error::Invalid { field: "principal", .. })), "{refused:?}");
    assert!(acts(&crm).await.is_empty());
}

#[tokio::test]
async fn operators_at_the_same_time_each_get_a_place_of_the_chain() {
    let crm = crm();
    let tasks: Vec<_> = (0..20)
        .map(|at| {
            let crm = crm.clone();
            tokio::spawn(async move {
                crm.operator(&format!("Ticket {at}")).unwrap().organisations(None).await.unwrap();
            })
        })
        .collect();
    for task in tasks {
        task.await.unwrap();
    }
    assert_eq!(acts(&crm).await.len(), 20);
    assert_eq!(crm.operator("Ticket 99").unwrap().verify_log().await.unwrap(), Ok(20));
}

#[tokio::test]
async fn a_changed_removed_or_foreign_entry_breaks_the_chain() {
    let whole = crm();
    let operator = whole.operator("Ticket 7").unwrap();
    for _ in 0..5 {
        operator.organisations(None).await.unwrap();
    }
    let mut entries = whole.store().operator_log(&system_scope(), u64::MAX, 200).await.unwrap();
    entries.reverse();
    let verified = async |entries: Vec<OperatorEntry>| {
        let crm = crm();
        for entry in entries {
            crm.store()
                .commit_system(&system_scope(), vec![SystemWrite::Operator(entry)], None)
                .await
                .unwrap();
        }
        crm.operator("Ticket 8").unwrap().verify_log().await.unwrap()
    };
    assert_eq!(verified(entries.clone()).await, Ok(5));
    let mut changed = entries.clone();
    changed[2].reason = "Another".parse().unwrap();
    assert_eq!(verified(changed).await, Err(3));
    let mut rewritten = entries.clone();
    rewritten[2].action = OperatorAction::LogRead;
    rewritten[2].hash = rewritten[2].digest(rewritten[1].hash);
    assert_eq!(verified(rewritten).await, Err(4));
    let mut shorter = entries.clone();
    shorter.remove(1);
    assert_eq!(verified(shorter).await, Err(3));
    assert_eq!(verified(entries[1..].to_vec()).await, Err(2));
    let mut foreign = entries;
    foreign[0].hash = ChainHash([7; 32]);
    assert_eq!(verified(foreign).await, Err(2));
}
