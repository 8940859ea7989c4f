//! That a database is whole after something has happened to its server.

use dialzio_core::ContactId;
use dialzio_core::ledger::ChainHash;
use dialzio_core::testing::conformance::{Tenant, TestBed};
use std::collections::BTreeSet;

/// Everything that was acknowledged is there, nothing was written twice, and log and chain have no gap; answers how many
/// events there are.
pub(crate) async fn whole(
    bed: &TestBed,
    tenant: &Tenant,
    acknowledged: impl IntoIterator<Item = &ContactId>,
) -> usize {
    for contact in acknowledged {
        let kept = bed.store.contact(&tenant.scope, *contact).await.unwrap();
        assert!(kept.is_some(), "{contact} was acknowledged and is gone");
    }
    let log = bed.store.audit(&tenant.scope, 0, 100_000).await.unwrap();
    let mut before = ChainHash::START;
    for (entry, place) in log.iter().zip(1..) {
        assert_eq!((entry.seq, entry.digest(tenant.org.id, before)), (place, entry.hash));
        before = entry.hash;
    }
    let events = bed.store.events(&tenant.scope, Default::default(), 100_000).await.unwrap();
    assert!(events.iter().zip(1..).all(|(event, place)| event.seq.0 == place), "a gap in the log");
    let told: BTreeSet<_> = events.iter().map(|event| format!("{:?}", event.event)).collect();
    assert_eq!(told.len(), events.len(), "something was written twice");
    events.len()
}
