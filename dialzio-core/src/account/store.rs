//! Reads and writes of provider accounts.

use async_trait::async_trait;

use chrono::{DateTime, Utc};
use url::Url;

use super::{AccountNote, AccountState, App, FormerHook, ProviderAccount, Sealed};
use crate::contact::Portfolio;
use crate::id::{AccountId, AppId, HookId};
use crate::scope::OrgScope;
use crate::sms::SmsSettings;
use crate::store::{StoreResult, change};
use crate::text::Title;

/// Reads of provider accounts. Apps and routes are system tables: [`crate::store::SystemStore`].
#[async_trait]
pub trait AccountStore: Send + Sync {
    /// Reads an account by its id; `None` if the organisation has none.
    async fn account(&self, scope: &OrgScope, id: AccountId) -> StoreResult<Option<ProviderAccount>>;
    /// All accounts, oldest first.
    async fn accounts(&self, scope: &OrgScope) -> StoreResult<Vec<ProviderAccount>>;
}

change! {
    /// What changes of an account. Fields that are `None` stay as they are.
    #[derive(PartialEq, Eq)]
    pub struct AccountChange of ProviderAccount {
        /// The app whose webhooks reach it.
        app: AppId,
        /// What people call it.
        name: Title,
        /// The provider's id of the business account that owns it (WABA).
        business_id: String,
        /// Where the provider's ids for people mean something.
        portfolio: Portfolio,
        /// The number as people see it.
        display_number: Option<String>,
        /// Another base address than the provider's own.
        base_url: Option<Url>,
        /// What requests are authorised with, sealed.
        credentials: Sealed,
        /// Whether it can be used.
        state: AccountState,
        /// The last check that succeeded.
        checked_at: Option<DateTime<Utc>>,
        /// Why it cannot be used now.
        problem: Option<AccountNote>,
        /// How it sends by SMS.
        sms: Option<SmsSettings>,
    }
}

change! {
    /// What changes of an app. Fields that are `None` stay as they are.
    #[derive(PartialEq, Eq)]
    pub struct AppChange of App {
        /// What people call it.
        name: Title,
        /// App secrets: one, or two during rotation.
        secrets: Vec<Sealed>,
        /// The token of the subscription check.
        verify_token: Option<Sealed>,
        /// The unguessable part of its webhook address.
        hook: HookId,
        /// When something arrived by that address last.
        hook_seen: Option<DateTime<Utc>>,
        /// The address before.
        former: Option<FormerHook>,
    }
}

/// A change to accounts.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum AccountWrite {
    /// A new account. The pair of provider and external id may be routable in one organisation only: otherwise
    /// [`crate::store::Precondition::RouteFree`] fails. A pair that the organisation has an account of is refused: a failed
    /// [`crate::store::Precondition::AccountFree`]. So is an id that is there already: a failed
    /// [`crate::store::Precondition::Revision`].
    Insert(Box<ProviderAccount>),
    /// A change of an account, under the same rule. One that is not there is refused likewise.
    Change {
        /// The account that changes.
        account: AccountId,
        /// The fields to change; `None` leaves a field as it is.
        change: Box<AccountChange>,
    },
    /// All templates of an account, replacing those there are. An answer to an earlier question than the one that was
    /// answered last changes nothing.
    Templates {
        /// The account whose list it is.
        account: AccountId,
        /// When the provider was asked for them.
        asked_at: DateTime<Utc>,
        /// The whole list at the provider, which replaces the one that is kept.
        templates: Vec<crate::conversation::Template>,
    },
}
