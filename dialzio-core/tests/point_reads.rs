//! One thing is read by its id, however many there are beside it.
#![cfg(feature = "testing")]
#![allow(clippy::unwrap_used, missing_docs, reason = "tests")]

use dialzio_core::access::{NewApiKey, NewOrg};
use dialzio_core::account::LocalKeys;
use dialzio_core::entropy::Entropy;
use dialzio_core::memory::MemoryStore;
use dialzio_core::store::{Call, StoreLayer, SystemWrite};
use dialzio_core::testing::{Fixtures, service, system_scope};
use dialzio_core::webhook::Quarantined;
use dialzio_core::{Clock, Crm, Error, ManualClock, Permission, Role, Store, StoreResult};
use std::sync::{Arc, Mutex};

/// Notes which calls reach the store.
#[derive(Debug)]
struct Noting {
    inner: MemoryStore,
    calls: Arc<Mutex<Vec<&'static str>>>,
}

impl StoreLayer for Noting {
    type Inner = MemoryStore;

    fn inner(&self) -> &MemoryStore {
        &self.inner
    }

    async fn around<T: Send>(
        &self,
        call: Call,
        work: impl Future<Output = StoreResult<T>> + Send,
    ) -> StoreResult<T> {
        self.calls.lock().unwrap().push(call.name);
        work.await
    }
}

#[tokio::test]
async fn one_item_is_read_by_its_id_and_no_list_is_gone_through() {
    let clock = Arc::new(ManualClock::at(Fixtures::morning()));
    let calls = Arc::new(Mutex::new(Vec::new()));
    let inner = MemoryStore::new(Arc::clone(&clock) as Arc<dyn Clock>);
    let store: Arc<dyn Store> = Arc::new(Noting { inner, calls: Arc::clone(&calls) });
    let crm = Crm::builder()
        .shared_store(Arc::clone(&store))
        .keys(LocalKeys::ephemeral(&Entropy::seeded(1)))
        .clock(Arc::clone(&clock) as Arc<dyn Clock>)
        .build()
        .unwrap();
    let org = crm.access().found(NewOrg::named("Green Leaf")).await.unwrap().org;
    let me = crm.access().act_as(org, service("test"), Role::Owner.grant()).await.unwrap();
    let make = Fixtures::seeded(7, Fixtures::morning());
    let app = make.app(Some(org)).id;
    let held: Vec<Quarantined> = (0..250).map(|_| make.quarantined(Some(org), app, clock.now())).collect();
    let writes = held.iter().cloned().map(SystemWrite::Quarantine).collect();
    store.commit_system(&system_scope(), writes, None).await.unwrap();
    let name = "Reports".parse().unwrap();
    let (key, _) =
        crm.access().create_key(&me, NewApiKey::new(name, &[Permission::ContactsRead])).await.unwrap();

    calls.lock().unwrap().clear();
    // They were sealed for no organisation, so they are found and cannot be opened.
    let own = crm.quarantine().open(&me, held[0].id).await;
    assert!(matches!(own, Err(Error::Sealed)), "{own:?}");
    let operator = crm.operator("Ticket 7").unwrap();
    let any = operator.open(held[0].id).await;
    assert!(matches!(any, Err(Error::Sealed)), "{any:?}");
    crm.access().revoke_key(&me, key, None).await.unwrap();
    let calls = calls.lock().unwrap().clone();
    for list in ["quarantined", "unrouted", "organisations", "api_keys"] {
        assert!(!calls.contains(&list), "{list} is read to find one: {calls:?}");
    }
}
