//! Addresses that people type: none but the vendor's own is ever connected to.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use dialzio_core::provider::{AccountAccess, Provider, ProviderError, RefusalReason};
use dialzio_core::testing::forbidden_addresses;
use dialzio_telephony::{Piopiy, PiopiyV3, TeleCmi, TelephonyConfig};
use tokio::net::TcpListener;

use crate::fixture::{ASHA, access, call, permit};

#[tokio::test]
async fn no_forbidden_address_is_taken_or_connected_to() {
    let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
    let port = listener.local_addr().unwrap().port();
    let connected = Arc::new(AtomicUsize::new(0));
    let counting = Arc::clone(&connected);
    tokio::spawn(async move {
        while listener.accept().await.is_ok() {
            counting.fetch_add(1, Ordering::SeqCst);
        }
    });
    let config = TelephonyConfig::default;
    let providers: [Box<dyn Provider>; 3] = [
        Box::new(TeleCmi::new(config()).unwrap()),
        Box::new(Piopiy::new(config()).unwrap()),
        Box::new(PiopiyV3::new(config()).unwrap()),
    ];
    let known = [("secret", "s"), ("user_token", "u"), ("token", "t"), ("caller_id", "914412345678")];
    for provider in providers {
        let telephony = provider.telephony().unwrap();
        for address in forbidden_addresses(port) {
            assert!(!provider.allows_address(&address), "{address}");
            let access = AccountAccess {
                base_url: Some(address.clone()),
                credentials: known.into(),
                ..access("http://127.0.0.1:1/")
            };
            for error in [
                telephony.check(&access).await.unwrap_err(),
                telephony.place_call(&access, permit(ASHA), &call()).await.unwrap_err(),
            ] {
                let is_refused =
                    matches!(&error, ProviderError::Refused { reason: RefusalReason::Account, .. });
                assert!(is_refused, "{address}: {error:?}");
            }
        }
    }
    assert_eq!(connected.load(Ordering::SeqCst), 0);
}
