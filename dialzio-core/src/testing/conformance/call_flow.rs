//! Call flows: whole, by id, one that is enabled for each number of an account, changed and removed under their revision.

use crate::call_flow::{AnsweredNumber, CallFlow, CallFlowChange, CallFlowWrite};
use crate::id::CallFlowId;
use crate::store::{Precondition, RecordRef, Revision, StoreError};
use crate::testing::conformance::{Tenant, TestBed};
use crate::text::Title;

fn insert(flow: &CallFlow) -> CallFlowWrite {
    CallFlowWrite::Insert(Box::new(flow.clone()))
}

fn change(call_flow: CallFlowId, change: CallFlowChange) -> CallFlowWrite {
    CallFlowWrite::Change { call_flow, change: Box::new(change) }
}

fn renamed() -> CallFlowChange {
    CallFlowChange { name: Title::parse("Night desk").ok(), ..CallFlowChange::default() }
}

fn switched(on: bool) -> CallFlowChange {
    CallFlowChange { enabled: Some(on), ..CallFlowChange::default() }
}

async fn added(bed: &TestBed, tenant: &Tenant) -> CallFlow {
    let new = bed.make.call_flow(tenant.account.id);
    bed.write(&tenant.scope, insert(&new)).await;
    new
}

/// Every field survives; flows come by id; what was never added is not there, and neither is its account.
pub async fn a_call_flow_is_written_and_read_back_whole(bed: TestBed) {
    let tenant = bed.tenant().await;
    let scope = &tenant.scope;
    let least = bed.make.call_flow(tenant.account.id);
    let most = bed.make.full_call_flow(tenant.account.id);
    for new in [&most, &least] {
        bed.write(scope, insert(new)).await;
        assert_eq!(bed.store.call_flow(scope, new.id).await.unwrap().as_ref(), Some(new));
    }
    let mut all = vec![least.clone(), most.clone()];
    all.sort_by_key(|flow| flow.id);
    assert_eq!(bed.store.call_flows(scope).await.unwrap(), all);
    assert_eq!(bed.store.call_flow(scope, bed.make.id()).await.unwrap(), None);
    let taken = bed.refused(scope, insert(&least)).await;
    assert_eq!(taken, Precondition::Revision(RecordRef::CallFlow(least.id), Revision::NONE));
    let unknown = bed.make.id();
    let missing = Precondition::Revision(RecordRef::CallFlow(unknown), Revision::FIRST);
    assert_eq!(bed.refused(scope, change(unknown, renamed())).await, missing);
    assert_eq!(bed.refused(scope, CallFlowWrite::Remove(unknown)).await, missing);
    let homeless = bed.writes([insert(&bed.make.call_flow(bed.make.id())).into()]);
    assert!(bed.store.commit_one(scope, homeless).await.is_err(), "there is no such account");
    let change_of_all = CallFlowChange {
        name: Some(least.name.clone()),
        number: Some(AnsweredNumber::One(bed.make.phone())),
        enabled: Some(true),
        definition: Some(least.definition.clone()),
    };
    bed.write(scope, change(most.id, change_of_all.clone())).await;
    let mut changed = most;
    change_of_all.apply(&mut changed);
    assert_eq!(bed.store.call_flow(scope, changed.id).await.unwrap(), Some(changed));
}

/// Two flows never answer for the same number of an account; one that is switched off, or for another number, does not matter.
pub async fn one_call_flow_is_enabled_for_a_number_of_an_account(bed: TestBed) {
    let tenant = bed.tenant().await;
    let scope = &tenant.scope;
    let held = added(&bed, &tenant).await;
    let taken = Precondition::Revision(RecordRef::CallFlow(held.id), Revision::NONE);
    let again = bed.make.call_flow(tenant.account.id);
    assert_eq!(bed.refused(scope, insert(&again)).await, taken);

    let off = CallFlow { enabled: false, ..again };
    bed.write(scope, insert(&off)).await;
    assert_eq!(bed.refused(scope, change(off.id, switched(true))).await, taken);
    let number = AnsweredNumber::One(bed.make.phone());
    let own = CallFlowChange { number: Some(number.clone()), ..switched(true) };
    bed.write(scope, change(off.id, own)).await;
    let back = CallFlowChange { number: Some(AnsweredNumber::All), ..CallFlowChange::default() };
    assert_eq!(bed.refused(scope, change(off.id, back.clone())).await, taken);
    let same = CallFlow { number, ..bed.make.call_flow(tenant.account.id) };
    let of_number = Precondition::Revision(RecordRef::CallFlow(off.id), Revision::NONE);
    assert_eq!(bed.refused(scope, insert(&same)).await, of_number);

    let number = AnsweredNumber::One(bed.make.phone());
    let [one, two] =
        [(), ()].map(|()| CallFlow { number: number.clone(), ..bed.make.call_flow(tenant.account.id) });
    let within = Precondition::Revision(RecordRef::CallFlow(one.id), Revision::NONE);
    let refused = bed.store.commit_one(scope, bed.writes([insert(&one).into(), insert(&two).into()])).await;
    assert!(matches!(&refused, Err(StoreError::PreconditionFailed(fact)) if **fact == within), "{refused:?}");

    bed.write(scope, change(held.id, switched(false))).await;
    bed.write(scope, change(off.id, back)).await;
    let freed = Precondition::Revision(RecordRef::CallFlow(off.id), Revision::NONE);
    assert_eq!(bed.refused(scope, change(held.id, switched(true))).await, freed);
    bed.write(scope, CallFlowWrite::Remove(off.id)).await;
    assert_eq!(bed.store.call_flow(scope, off.id).await.unwrap(), None);
    bed.write(scope, change(held.id, switched(true))).await;
}

/// A change or removal is refused if the call flow has changed since it was decided on.
pub async fn a_call_flow_changes_and_goes_under_its_revision(bed: TestBed) {
    let tenant = bed.tenant().await;
    let scope = &tenant.scope;
    let mut kept = added(&bed, &tenant).await;
    let record = RecordRef::CallFlow(kept.id);
    let decided = |revision, write: CallFlowWrite| {
        let mut batch = bed.writes([write.into()]);
        batch.require(Precondition::Revision(record, revision));
        batch
    };
    bed.store.commit_one(scope, decided(Revision::FIRST, change(kept.id, renamed()))).await.unwrap();
    for write in [change(kept.id, switched(false)), CallFlowWrite::Remove(kept.id)] {
        let refused = bed.store.commit_one(scope, decided(Revision::FIRST, write)).await;
        let fact = Precondition::Revision(record, Revision::FIRST);
        assert!(
            matches!(&refused, Err(StoreError::PreconditionFailed(found)) if **found == fact),
            "{refused:?}"
        );
    }
    renamed().apply(&mut kept);
    assert_eq!(bed.store.call_flows(scope).await.unwrap(), [kept.clone()]);
    bed.store.commit_one(scope, decided(kept.revision, CallFlowWrite::Remove(kept.id))).await.unwrap();
    assert_eq!(bed.store.call_flows(scope).await.unwrap(), []);
    assert!(bed.holds(scope, Precondition::Revision(record, Revision::NONE)).await);
}

/// Each organisation has a flow for all numbers, and nothing of another one is read, changed or removed.
pub async fn call_flows_of_one_organisation_are_no_others(bed: TestBed) {
    let (mine, other) = (bed.tenant().await, bed.tenant().await);
    let kept = added(&bed, &mine).await;
    let theirs = added(&bed, &other).await;
    assert_eq!(bed.store.call_flow(&other.scope, kept.id).await.unwrap(), None);
    assert_eq!(bed.store.call_flows(&other.scope).await.unwrap(), [theirs]);
    let missing = Precondition::Revision(RecordRef::CallFlow(kept.id), Revision::FIRST);
    for write in [change(kept.id, renamed()), CallFlowWrite::Remove(kept.id)] {
        assert_eq!(bed.refused(&other.scope, write).await, missing);
    }
    assert!(!bed.holds(&other.scope, missing).await);
    assert_eq!(bed.store.call_flows(&mine.scope).await.unwrap(), [kept]);
}

/// A call flow stays when what it names goes: agents, calls and members are no part of it.
pub async fn a_call_flow_goes_with_nothing_else(bed: TestBed) {
    let tenant = bed.tenant().await;
    let (scope, account) = (&tenant.scope, tenant.account.id);
    let kept = added(&bed, &tenant).await;
    let agents = vec![bed.make.call_agent(account, "101", None)];
    bed.write(scope, crate::call::CallWrite::Agents { account, agents }).await;
    bed.write(scope, crate::call::CallWrite::Agents { account, agents: Vec::new() }).await;
    let elsewhere = bed.make.full_call_flow(account);
    bed.write(scope, insert(&elsewhere)).await;
    bed.write(scope, CallFlowWrite::Remove(elsewhere.id)).await;
    assert_eq!(bed.store.call_flows(scope).await.unwrap(), [kept]);
}
