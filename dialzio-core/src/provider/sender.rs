//! A person by the ids of a provider.

use crate::contact::{Alias, BusinessScopedId};
use crate::phone::PhoneNumber;
use crate::text::{PersonName, Username};

/// A person as a provider shows them: any of these may be missing.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Sender {
    /// Their number, as the provider writes it.
    pub phone: Option<PhoneNumber>,
    /// Their business-scoped id.
    pub scoped: Option<BusinessScopedId>,
    /// Their id for linked portfolios.
    pub parent_scoped: Option<BusinessScopedId>,
    /// The name they gave.
    pub profile_name: Option<PersonName>,
    /// Their public handle.
    pub username: Option<Username>,
}

impl Sender {
    /// All ids that are shown, the most lasting first.
    #[must_use]
    pub fn aliases(&self) -> Vec<Alias> {
        let mut all = Vec::new();
        all.extend(self.parent_scoped.clone().map(Alias::ParentBusinessScoped));
        all.extend(self.scoped.clone().map(Alias::BusinessScoped));
        all.extend(self.phone.clone().map(Alias::Phone));
        all
    }

    /// The same person with one id, the number if there is one: what a report without a signature may say, so that it
    /// cannot join two people.
    #[must_use]
    pub fn with_one_id(&self) -> Self {
        let (scoped, parent_scoped) = match (&self.phone, &self.scoped) {
            (Some(_), _) => (None, None),
            (None, Some(scoped)) => (Some(scoped.clone()), None),
            (None, None) => (None, self.parent_scoped.clone()),
        };
        Self { scoped, parent_scoped, ..self.clone() }
    }
}
