//! An account is connected to addresses that its provider knows for its own, and to no other.
#![cfg(feature = "testing")]
#![allow(clippy::unwrap_used, clippy::panic, reason = "tests")]

mod common;

use dialzio_core::Error;
use dialzio_core::account::NewAccount;
use dialzio_core::provider::ADDRESS_REFUSAL;
use dialzio_core::testing::ScriptedProvider;

/// The scripted provider has no fixed address, and accepts none that is typed in.
#[tokio::test(start_paused = true)]
async fn an_account_is_connected_to_known_hosts_alone() {
    let clock = common::clock();
    let crm = common::builder(&clock)
        .store(common::memory(&clock))
        .provider(ScriptedProvider::new())
        .build()
        .unwrap();
    let me = common::owner(&crm, "Shop").await;
    let app = common::app(&crm, &me).await;
    let line = |base: Option<&str>| NewAccount {
        base_url: base.map(|base| base.parse().unwrap()),
        ..common::line(&app)
    };
    let mut answers = Vec::new();
    for strange in [
        "https://169.254.169.254/",
        "https://10.0.0.1/",
        "https://localhost/",
        "http://127.0.0.1:9/",
        "https://evil.example/",
    ] {
        let begun = tokio::time::Instant::now();
        let refused = crm.accounts().connect(&me, line(Some(strange))).await.unwrap_err();
        // By the timer's own clock, which stands still unless a task waits for it.
        assert!(begun.elapsed() >= ADDRESS_REFUSAL, "{strange} is refused sooner than others");
        assert!(matches!(refused, Error::Invalid { field: "base_url", .. }), "{strange}");
        answers.push(refused.to_string());
    }
    answers.dedup();
    assert_eq!(answers.len(), 1, "one answer for all that is refused: {answers:?}");
    assert!(crm.accounts().list(&me).await.unwrap().is_empty(), "nothing is kept");
    let account = crm.accounts().connect(&me, line(None)).await.unwrap().routable().unwrap();
    let moved = crm.accounts().rebase(&me, account.id, Some("https://10.0.0.1/".parse().unwrap())).await;
    assert!(matches!(moved.unwrap_err(), Error::Invalid { field: "base_url", .. }));
    assert_eq!(crm.accounts().list(&me).await.unwrap()[0].base_url, None);
}
