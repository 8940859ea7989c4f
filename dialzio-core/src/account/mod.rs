//! Provider accounts, the apps whose secrets sign their webhooks, and how credentials are sealed.

mod bound_keys;
mod changing;
mod connecting;
mod derived;
mod envelope;
pub(crate) mod inbound;
mod key_file;
mod keyring;
mod keys;
mod local_keys;
mod rotating;
mod sealed;
mod sealed_kind;
mod service;
mod store;
mod templates;

pub(crate) use bound_keys::BoundKeys;
pub use changing::AccountPatch;
pub use connecting::{Connected, NewAccount, Trial, Tried};
pub use envelope::Sealer;
pub(crate) use envelope::{decrypt, encrypt};
pub use keyring::{check_keys, is_new};
pub(crate) use keys::{CHECKPOINT, row_of};
pub use keys::{KeyChange, KeyCheck, KeyError, KeyInfo, KeyProvider, RawKey};
pub use local_keys::LocalKeys;
pub(crate) use local_keys::until_noticed;
pub use rotating::{LONGEST_OVERLAP, OVERLAP};
pub use sealed::{Sealed, SealedContext};
pub use sealed_kind::{Rewrap, SealedKind, SealedPlace, SealedRow};
pub use service::{AccountService, NewApp};
pub use store::{AccountChange, AccountStore, AccountWrite, AppChange};
pub use templates::NewTemplate;

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use url::Url;

use crate::contact::Portfolio;
use crate::id::{AccountId, AppId, HookId, OrgId};
use crate::name::string_enum;
use crate::sms::SmsSettings;
use crate::store::Revision;
use crate::text::Title;

/// An app registered at a provider. Its secrets sign webhooks; it may serve one organisation or many.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct App {
    /// The app's id, part of the keys that its secrets are sealed under.
    pub id: AppId,
    /// The organisation that registered it, which alone sees what it could not read; `None` for an app that the
    /// operator shares among organisations.
    pub org: Option<OrgId>,
    /// The provider's word.
    pub provider: String,
    /// What people call it.
    pub name: Title,
    /// The unguessable part of its webhook address.
    pub hook: HookId,
    /// When something arrived by that address last, to the minute.
    pub hook_seen: Option<DateTime<Utc>>,
    /// The address before, if it was rotated.
    pub former: Option<FormerHook>,
    /// The secrets that sign its webhooks: one, or two during rotation; none if the provider signs none. Sealed under the nil
    /// organisation.
    pub secrets: Vec<Sealed>,
    /// The token of the subscription check, if the provider makes one. Sealed under the nil organisation.
    pub verify_token: Option<Sealed>,
    /// When it was made.
    pub created_at: DateTime<Utc>,
    /// Counts its changes.
    pub revision: Revision,
}

/// The webhook address before the last rotation, which keeps working for a limited time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FormerHook {
    /// Its unguessable part.
    pub hook: HookId,
    /// Until when it works.
    pub until: DateTime<Utc>,
    /// When something arrived by it last, to the minute.
    pub seen: Option<DateTime<Utc>>,
}

impl App {
    /// The address before, while it works.
    #[must_use]
    pub fn former_at(&self, now: DateTime<Utc>) -> Option<FormerHook> {
        self.former.filter(|former| now < former.until)
    }

    /// Whether webhooks are taken by an address.
    #[must_use]
    pub fn takes(&self, hook: HookId, now: DateTime<Utc>) -> bool {
        self.hook == hook || self.former_at(now).is_some_and(|former| former.hook == hook)
    }
}

string_enum! {
    /// Whether an account can be used.
    pub enum AccountState {
        /// Its credentials were never accepted: nothing is routed to it.
        Unchecked = "unchecked",
        /// In use: webhooks are routed to it and messages leave from it.
        Routable = "routable",
        /// The provider stopped accepting the credentials: sends wait.
        NeedsLogin = "needs_login",
        /// The provider stopped the account (policy, billing): sends wait.
        Paused = "paused",
        /// Taken out of use.
        Disconnected = "disconnected",
    }
}

/// A number or sender at a provider.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ProviderAccount {
    /// The account's id, which conversations and queues are kept by.
    pub id: AccountId,
    /// The provider's word.
    pub provider: String,
    /// The app whose webhooks reach it.
    pub app: AppId,
    /// What people call it.
    pub name: Title,
    /// The id by which the provider's webhooks name the number or sender: they are routed by it.
    pub routing_key: String,
    /// The provider's id of the business account that owns it (WABA); the routing key where providers have none. Webhooks
    /// about the whole business account are routed by it.
    pub business_id: String,
    /// Where the provider's ids for people mean something.
    pub portfolio: Portfolio,
    /// The number as people see it.
    pub display_number: Option<String>,
    /// Another base address than the provider's own.
    pub base_url: Option<Url>,
    /// What requests are authorised with, sealed.
    pub credentials: Sealed,
    /// Whether it can be used.
    pub state: AccountState,
    /// The last check that succeeded.
    pub checked_at: Option<DateTime<Utc>>,
    /// Why it cannot be used now, in the provider's words; `None` while it can.
    pub problem: Option<AccountNote>,
    /// How it sends by SMS. An account of a provider that also has a telephone service has no messages without it.
    pub sms: Option<SmsSettings>,
    /// When it was made.
    pub created_at: DateTime<Utc>,
    /// Counts its changes.
    pub revision: Revision,
}

/// Why an account cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct AccountNote {
    /// The provider's code: `whatsapp.190`.
    pub code: String,
    /// The provider's explanation, if it gave one.
    #[cfg_attr(feature = "openapi", schema(required))]
    pub detail: Option<String>,
    /// When it was told.
    pub at: DateTime<Utc>,
}

/// Which organisation and account a provider's id belongs to, among those linked to one app.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Route {
    /// The organisation that the account belongs to.
    pub org: OrgId,
    /// The account that the element is decided for.
    pub account: AccountId,
    /// Where its ids for people mean something.
    pub portfolio: Portfolio,
}
