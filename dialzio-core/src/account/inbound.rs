//! What providers report about accounts and templates, and what is not understood.

use crate::intake::decide::{Deciding, Element, Place, Wanted};
use crate::outbox::JobKind;
use crate::provider::{TemplateUpdate, Trust};
use crate::webhook::QuarantineReason;

/// Something about the account as a whole, in the provider's word.
pub(crate) struct AccountElement<'a> {
    pub(crate) what: &'a str,
}

/// What could not be read, with the reason.
pub(crate) struct Unreadable<'a> {
    pub(crate) what: &'a str,
}

impl Element for &TemplateUpdate {
    fn look_up(&self, _: &mut Wanted<'_>) {}

    /// The list is fetched again from the provider, signed or not; what happened, why and when is kept for people to read.
    fn decide(&self, deciding: &mut Deciding<'_>, place: Place, _: Trust) {
        deciding.queue(JobKind::SyncTemplates);
        let what = format!("template {} ({}) {}", self.name, self.language, self.what);
        deciding.quarantine(place, QuarantineReason::Account, &what);
    }
}

impl Element for AccountElement<'_> {
    fn look_up(&self, _: &mut Wanted<'_>) {}

    fn without_account(&self) -> Option<(QuarantineReason, &str)> {
        Some((QuarantineReason::Account, self.what))
    }

    /// A person looks at the bytes, signed or not.
    fn decide(&self, deciding: &mut Deciding<'_>, place: Place, _: Trust) {
        deciding.quarantine(place, QuarantineReason::Account, self.what);
    }
}

impl Element for Unreadable<'_> {
    fn look_up(&self, _: &mut Wanted<'_>) {}

    fn without_account(&self) -> Option<(QuarantineReason, &str)> {
        Some((QuarantineReason::Unreadable, self.what))
    }

    /// A person looks at the bytes, signed or not.
    fn decide(&self, deciding: &mut Deciding<'_>, place: Place, _: Trust) {
        deciding.quarantine(place, QuarantineReason::Unknown, self.what);
    }
}
