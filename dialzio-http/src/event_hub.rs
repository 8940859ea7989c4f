//! The readers of event logs that run in this process, one for each organisation with a listener.

use dialzio_core::OrgId;
use dialzio_core::event::Recorded;
use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use tokio::sync::broadcast;

/// How many events a listener may be behind before it is asked to start again.
const BUFFER: usize = 256;

/// What a reader sends.
pub(crate) type Sender = broadcast::Sender<Arc<Recorded>>;
/// What a listener gets.
pub(crate) type Receiver = broadcast::Receiver<Arc<Recorded>>;

/// The readers that run.
#[derive(Debug, Default)]
pub(crate) struct EventHub(Mutex<HashMap<OrgId, Sender>>);

impl EventHub {
    /// Listens to an organisation's events. The first listener gets the sender too, and has to start a reader with it.
    pub(crate) fn listen(&self, org: OrgId) -> (Receiver, Option<Sender>) {
        let mut readers = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(reader) = readers.get(&org) {
            return (reader.subscribe(), None);
        }
        let (sender, receiver) = broadcast::channel(BUFFER);
        readers.insert(org, sender.clone());
        (receiver, Some(sender))
    }

    /// An organisation's reader has ended.
    pub(crate) fn forget(&self, org: OrgId) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).remove(&org);
    }
}
