//! Which mails are not sent again by this process.

use std::collections::BTreeSet;
use std::sync::{Mutex, PoisonError};

use crate::id::MailId;

/// Mails that a server took, and that could not be taken from the queue yet: they are not sent again.
#[derive(Debug, Default)]
pub(crate) struct TakenMails(Mutex<BTreeSet<MailId>>);

impl TakenMails {
    pub(super) fn add(&self, mail: MailId) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).insert(mail);
    }

    pub(super) fn forget(&self, mail: MailId) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).remove(&mail);
    }

    pub(super) fn has(&self, mail: MailId) -> bool {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).contains(&mail)
    }
}
