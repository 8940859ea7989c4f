//! Connecting accounts of any provider by the fields that it declares.
#![cfg(feature = "testing")]
#![allow(clippy::unwrap_used, clippy::panic, missing_docs, reason = "tests")]

mod common;

use chrono::{DateTime, Utc};
use dialzio_core::account::{
    AccountChange, AccountState, AccountWrite, App, LocalKeys, NewAccount, NewApp, SealedContext, Sealer,
};
use dialzio_core::entropy::Entropy;
use dialzio_core::ledger::Action;
use dialzio_core::memory::MemoryStore;
use dialzio_core::provider::{
    ConnectionForm, Credentials, FieldFormat, FormField, MessagingProvider, Provider, ProviderId,
    WebhookDecoder,
};
use dialzio_core::store::Batch;
use dialzio_core::testing::{Fixtures, SCRIPTED_FORM, ScriptedProvider, scope};
use dialzio_core::{Actor, Crm, Error, Store};
use secrecy::ExposeSecret;
use std::sync::Arc;

const fn field(name: &'static str, format: FieldFormat) -> FormField {
    FormField { name, label: name, hint: "", secret: false, required: true, format }
}

/// A telephone system: webhooks without a signature, no business account, two credentials.
static TELEPHONE: ConnectionForm = ConnectionForm {
    app_secret: None,
    verify_token: None,
    routing_key: field("appid", FieldFormat::Id),
    business_id: None,
    portfolio: None,
    credentials: &[field("access_token", FieldFormat::Token), field("region", FieldFormat::Id)],
};

#[derive(Debug)]
struct Formed(Arc<ScriptedProvider>, &'static ConnectionForm);

impl Provider for Formed {
    fn id(&self) -> ProviderId {
        self.0.id()
    }
    fn messaging(&self) -> Option<&dyn MessagingProvider> {
        self.0.messaging()
    }
    fn telephony(&self) -> Option<&dyn dialzio_core::provider::TelephonyProvider> {
        None
    }

    fn webhooks(&self) -> Option<&dyn WebhookDecoder> {
        self.0.webhooks()
    }
    fn connection(&self) -> &ConnectionForm {
        self.1
    }
    fn allows_address(&self, base: &url::Url) -> bool {
        self.0.allows_address(base)
    }
    fn newest_date(&self) -> Option<DateTime<Utc>> {
        self.0.newest_date()
    }
}

struct Shop {
    crm: Crm,
    me: Actor,
    provider: Arc<ScriptedProvider>,
    store: Arc<MemoryStore>,
}

async fn shop(form: &'static ConnectionForm) -> Shop {
    let clock = common::clock();
    let provider = Arc::new(ScriptedProvider::new());
    let store = Arc::new(common::memory(&clock));
    let crm = common::builder(&clock)
        .shared_store(Arc::clone(&store) as Arc<dyn Store>)
        .provider(Formed(Arc::clone(&provider), form))
        .build()
        .unwrap();
    let me = common::owner(&crm, "Shop").await;
    Shop { crm, me, provider, store }
}

fn new_app(secrets: &[&str], verify_token: Option<&str>) -> NewApp {
    NewApp {
        provider: "scripted".into(),
        name: "App".parse().unwrap(),
        secrets: secrets.iter().map(|secret| (*secret).into()).collect(),
        verify_token: verify_token.map(Into::into),
    }
}

fn line(app: &App, routing_key: &str, business: Option<&str>, credentials: Credentials) -> NewAccount {
    NewAccount {
        app: app.id,
        name: "Line".parse().unwrap(),
        routing_key: routing_key.into(),
        business_id: business.map(Into::into),
        portfolio: None,
        credentials,
        base_url: None,
    }
}

fn field_of<T: std::fmt::Debug>(answer: Result<T, Error>) -> (&'static str, String) {
    match answer.unwrap_err() {
        Error::Invalid { field, problem } => (field, problem),
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn a_provider_without_signatures_and_business_accounts_is_connected_by_its_own_fields() {
    let Shop { crm, me, provider, .. } = shop(&TELEPHONE).await;
    let accounts = crm.accounts();
    assert_eq!(field_of(accounts.register_app(&me, new_app(&["s"], None)).await).0, "app_secrets");
    assert_eq!(field_of(accounts.register_app(&me, new_app(&[], Some("v"))).await).0, "verify_token");
    let app = accounts.register_app(&me, new_app(&[], None)).await.unwrap();
    assert_eq!(app.verify_token, None);
    assert_eq!(accounts.apps(&me).await.unwrap(), std::slice::from_ref(&app));

    let both = Credentials::from([("access_token", "s3cret"), ("region", "in")]);
    let wrong = line(&app, "1111112", Some("2002"), both.clone());
    assert_eq!(field_of(accounts.connect(&me, wrong).await).0, "business_id");
    let (at, problem) = field_of(
        accounts.connect(&me, line(&app, "1111112", None, [("access_token", "s3cret")].into())).await,
    );
    assert_eq!((at, problem.as_str()), ("credentials", "region is missing: the region"));
    let account = accounts.connect(&me, line(&app, "103_1111112", None, both)).await.unwrap();
    let account = account.routable().unwrap();
    assert_eq!((account.routing_key.as_str(), account.business_id.as_str()), ("103_1111112", "103_1111112"));

    // One of two credentials: the other one stays.
    let newer = Credentials::from([("region", "sg")]);
    let changed = accounts.set_credentials(&me, account.id, None, newer).await.unwrap();
    assert_ne!(changed.credentials, account.credentials);
    accounts.check(&me, account.id, None).await.unwrap();
    assert_eq!(provider.tokens(), ["s3cret", "s3cret", "s3cret"]);
}

#[tokio::test]
async fn what_does_not_fit_the_form_is_refused_by_name_and_shows_no_value() {
    let Shop { crm, me, .. } = shop(&SCRIPTED_FORM).await;
    let accounts = crm.accounts();
    assert_eq!(field_of(accounts.register_app(&me, new_app(&[], Some("v"))).await).0, "app_secrets");
    assert_eq!(field_of(accounts.register_app(&me, new_app(&["a\nb"], Some("v"))).await).0, "app_secrets");
    assert_eq!(field_of(accounts.register_app(&me, new_app(&["a"], None)).await).0, "verify_token");
    let app = accounts.register_app(&me, new_app(&["a"], Some("v"))).await.unwrap();
    let token = || Credentials::from([("access_token", "token")]);
    for strange in ["", "1/2", "1?x=y", "9 9"] {
        let refused = field_of(accounts.connect(&me, line(&app, strange, None, token())).await);
        assert_eq!(refused.0, "routing_key", "{strange}");
    }
    for (given, problem) in [
        (Credentials::default(), "access_token is missing: the Access token"),
        ([("password", "hunter2")].into(), "holds an unknown name; this provider has: access_token"),
        (
            [("access_token", "hunter 2")].into(),
            "access_token must be the Access token: 1 to 4,096 letters, digits and signs without spaces",
        ),
    ] {
        let refused = field_of(accounts.connect(&me, line(&app, "1001", None, given)).await);
        assert_eq!(refused, ("credentials", problem.to_owned()));
    }
    assert!(accounts.list(&me).await.unwrap().is_empty(), "nothing is kept");
}

#[tokio::test]
async fn a_disconnected_account_is_used_again_after_a_check() {
    let Shop { crm, me, .. } = shop(&SCRIPTED_FORM).await;
    let accounts = crm.accounts();
    let app = accounts.register_app(&me, new_app(&["a"], Some("v"))).await.unwrap();
    let token = Credentials::from([("access_token", "token")]);
    assert_eq!(token.get("access_token").unwrap().expose_secret(), "token");
    let account = accounts.connect(&me, line(&app, "1001", None, token)).await.unwrap().routable().unwrap();
    let off = accounts.disconnect(&me, account.id, Some(account.revision)).await.unwrap();
    assert_eq!(off.state, AccountState::Disconnected);
    let stale = accounts.disconnect(&me, account.id, Some(account.revision)).await;
    assert!(matches!(stale, Err(Error::Stale { .. })), "{stale:?}");
    assert_eq!(accounts.disconnect(&me, account.id, None).await.unwrap(), off, "twice is once");
    let (on, _) = accounts.check(&me, account.id, None).await.unwrap();
    assert_eq!(on.state, AccountState::Routable);
}

/// The first release sealed a token alone where credentials of several fields are now.
#[tokio::test]
async fn an_account_of_the_first_release_keeps_its_token() {
    let Shop { crm, me, provider, store } = shop(&SCRIPTED_FORM).await;
    let accounts = crm.accounts();
    let app = accounts.register_app(&me, new_app(&["a"], Some("v"))).await.unwrap();
    let new = line(&app, "1001", None, [("access_token", "newer")].into());
    let account = accounts.connect(&me, new).await.unwrap().routable().unwrap().id;
    let keys = Arc::new(LocalKeys::ephemeral(&Entropy::seeded(1)));
    let sealer = Sealer::new(keys, Arc::new(Entropy::seeded(2)));
    let context = SealedContext::new(me.org(), "account", account, "token");
    let alone = sealer.seal_secret(&context, &"EAAG-alone".into()).await.unwrap();
    let change = AccountChange { credentials: Some(alone), ..AccountChange::default() };
    let mut batch = Batch::new(&me, Action::AccountChanged, Fixtures::morning());
    batch.write(AccountWrite::Change { account, change: Box::new(change) });
    let scope = scope(me.org());
    store.commit(&scope, vec![batch]).await.remove(0).unwrap();
    accounts.check(&me, account, None).await.unwrap();
    assert_eq!(provider.tokens(), ["newer", "EAAG-alone"]);
}
