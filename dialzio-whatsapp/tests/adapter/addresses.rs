//! Addresses that people type: none but Meta's own is ever connected to.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use dialzio_core::provider::{MessagingProvider, Provider, ProviderError, RefusalReason};
use dialzio_core::testing::forbidden_addresses;
use dialzio_whatsapp::{MetaCloud, MetaConfig};
use tokio::net::TcpListener;

use crate::fixture::access;

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
    let cloud = MetaCloud::new(MetaConfig::default()).unwrap();
    for address in forbidden_addresses(port) {
        assert!(!cloud.allows_address(&address), "{address}");
        let access = access(address.clone());
        for error in
            [cloud.check(&access).await.unwrap_err(), cloud.fetch_media(&access, "1").await.err().unwrap()]
        {
            let is_refused = matches!(&error, ProviderError::Refused { reason: RefusalReason::Account, .. });
            assert!(is_refused, "{address}: {error:?}");
        }
    }
    assert_eq!(connected.load(Ordering::SeqCst), 0);
}
