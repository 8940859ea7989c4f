//! Keys that do not belong to the data are used for nothing.
#![cfg(feature = "testing")]
#![allow(clippy::unwrap_used, missing_docs, reason = "tests")]

use async_trait::async_trait;
use dialzio_core::access::NewOrg;
use dialzio_core::account::{KeyError, KeyProvider, LocalKeys, NewApp, RawKey};
use dialzio_core::consent::{Evidence, EvidenceKind, SuppressionScope};
use dialzio_core::contact::NewContact;
use dialzio_core::entropy::Entropy;
use dialzio_core::memory::MemoryStore;
use dialzio_core::store::{RoutingStore, SystemStore};
use dialzio_core::testing::{ScriptedProvider, service, system_scope};
use dialzio_core::text::EvidenceText;
use dialzio_core::{Actor, Crm, Error, Role, Store, SystemClock};
use std::sync::Arc;

fn store() -> Arc<MemoryStore> {
    Arc::new(MemoryStore::new(Arc::new(SystemClock)))
}

fn crm(store: &Arc<MemoryStore>, keys: impl KeyProvider) -> Crm {
    let store = Arc::clone(store) as Arc<dyn Store>;
    Crm::builder().shared_store(store).keys(keys).provider(ScriptedProvider::new()).build().unwrap()
}

fn keys(seed: u64) -> LocalKeys {
    LocalKeys::ephemeral(&Entropy::seeded(seed))
}

/// Several keys with ids of their own.
#[derive(Debug)]
struct Several(Vec<(&'static str, u8)>);

#[async_trait]
impl KeyProvider for Several {
    async fn current(&self) -> Result<(String, RawKey), KeyError> {
        let (id, byte) = self.0.last().ok_or(KeyError::Unknown)?;
        Ok(((*id).to_owned(), RawKey::new([*byte; 32])))
    }
    async fn by_id(&self, id: &str) -> Result<RawKey, KeyError> {
        let found = self.0.iter().find(|(known, _)| *known == id);
        found.map(|(_, byte)| RawKey::new([*byte; 32])).ok_or(KeyError::Unknown)
    }
    async fn ids(&self) -> Result<Vec<String>, KeyError> {
        Ok(self.0.iter().map(|(id, _)| (*id).to_owned()).collect())
    }
}

fn app() -> NewApp {
    NewApp {
        provider: "scripted".into(),
        name: "App".parse().unwrap(),
        secrets: vec!["secret".into()],
        verify_token: Some("verify".into()),
    }
}

async fn owner(crm: &Crm) -> Actor {
    let org = crm.access().found(NewOrg::named("Shop")).await.unwrap().org;
    crm.access().act_as(org, service("test"), Role::Owner.grant()).await.unwrap()
}

async fn suppress(crm: &Crm, me: &Actor) -> Result<(), Error> {
    let new = NewContact::named("Asha").phone("+919840012345".parse().unwrap());
    let asha = match crm.contacts().create(me, new).await {
        Ok(asha) => asha.id,
        Err(error) => return Err(error),
    };
    let evidence = Evidence {
        kind: EvidenceKind::Paper,
        note: EvidenceText::parse("Signed letter").unwrap(),
        message: None,
    };
    crm.consents().suppress(me, asha, SuppressionScope::AllOutbound, evidence).await
}

fn is_foreign<T: std::fmt::Debug>(answer: &Result<T, Error>) {
    assert!(matches!(answer, Err(Error::Keys(KeyError::Foreign))), "{answer:?}");
}

#[tokio::test]
async fn keys_of_another_installation_seal_open_and_hash_nothing() {
    let store = store();
    let own = crm(&store, keys(1));
    let me = owner(&own).await;
    own.accounts().register_app(&me, app()).await.unwrap();
    // `check_keys` was not called, and does not have to be.
    let other = crm(&store, keys(2));
    is_foreign(&other.accounts().register_app(&me, app()).await);
    is_foreign(&suppress(&other, &me).await);
    is_foreign(&other.check_keys().await);
    is_foreign(&other.operator("moved").unwrap().adopt_keys().await);
    assert_eq!(store.apps(&system_scope(), Some(me.org())).await.unwrap().len(), 1);
    let said = other.check_keys().await.unwrap_err().to_string();
    assert!(said.contains("put back the key file"), "{said}");
    // The right ones still work.
    crm(&store, keys(1)).check_keys().await.unwrap();
}

#[tokio::test]
async fn keys_that_lack_one_are_refused_by_its_name_and_new_ones_join() {
    let store = store();
    crm(&store, Several(vec![("2025", 1)])).check_keys().await.unwrap();
    crm(&store, Several(vec![("2025", 1), ("2026", 2)])).check_keys().await.unwrap();
    let kept = store.key_checks(&system_scope()).await.unwrap();
    assert_eq!(kept.iter().map(|check| check.key.as_str()).collect::<Vec<_>>(), ["2025", "2026"]);
    let lacks = crm(&store, Several(vec![("2026", 2)])).check_keys().await;
    assert!(
        matches!(&lacks, Err(Error::Keys(KeyError::Incomplete { missing })) if missing == "2025"),
        "{lacks:?}"
    );
    is_foreign(&crm(&store, Several(vec![("2025", 1), ("2026", 9)])).check_keys().await);
    is_foreign(&crm(&store, Several(vec![("other", 1)])).check_keys().await);
    assert_eq!(store.key_checks(&system_scope()).await.unwrap(), kept, "a refusal adds nothing");
}

#[tokio::test]
async fn of_two_processes_that_begin_at_once_with_different_keys_one_is_refused() {
    for _ in 0..20 {
        let store = store();
        let (one, two) = (crm(&store, keys(1)), crm(&store, keys(2)));
        let answers = tokio::join!(one.check_keys(), two.check_keys());
        assert!(answers.0.is_ok() != answers.1.is_ok(), "{answers:?}");
        let (one, two) = (crm(&store, Several(vec![("a", 1)])), crm(&store, Several(vec![("b", 2)])));
        let answers = tokio::join!(one.check_keys(), two.check_keys());
        assert!(answers.0.is_err() && answers.1.is_err(), "the store has keys of its own by now");
    }
}

/// A store as a release wrote it that kept nothing of its keys.
async fn older(with: impl AsyncFnOnce(&Crm, &Actor)) -> Arc<MemoryStore> {
    let filled = store();
    let own = crm(&filled, keys(1));
    let me = owner(&own).await;
    with(&own, &me).await;
    filled.forget_keys();
    filled
}

#[tokio::test]
async fn an_older_store_takes_on_the_keys_that_open_what_it_holds_and_no_others() {
    let sealed = async |crm: &Crm, me: &Actor| {
        crm.accounts().register_app(me, app()).await.unwrap();
        suppress(crm, me).await.unwrap();
    };
    let store = older(sealed).await;
    is_foreign(&crm(&store, keys(2)).check_keys().await);
    assert!(store.key_checks(&system_scope()).await.unwrap().is_empty());
    crm(&store, keys(1)).check_keys().await.unwrap();
    is_foreign(&crm(&store, keys(2)).check_keys().await);
}

#[tokio::test]
async fn an_older_store_in_which_nothing_shows_its_keys_asks_an_operator() {
    let store = older(async |crm, me| suppress(crm, me).await.unwrap()).await;
    let crm = crm(&store, keys(1));
    let unproven = crm.check_keys().await;
    assert!(matches!(unproven, Err(Error::Keys(KeyError::Unproven))), "{unproven:?}");
    assert!(unproven.unwrap_err().to_string().contains("dialzio keys adopt"));
    crm.operator("moved").unwrap().adopt_keys().await.unwrap();
    crm.check_keys().await.unwrap();
}

#[tokio::test]
async fn an_older_store_that_holds_nothing_of_any_key_takes_on_any() {
    let store = older(async |_, _| {}).await;
    crm(&store, keys(2)).check_keys().await.unwrap();
}
