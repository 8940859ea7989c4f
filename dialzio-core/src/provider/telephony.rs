//! Calls: how they are placed and controlled, and how a provider is asked about them.

use async_trait::async_trait;
use chrono::{DateTime, Utc};
use std::fmt::Debug;
use std::time::Duration;

use super::{
    AccountAccess, AccountHealth, CallReport, FetchedMedia, IncomingCall, ProviderError, ProviderId,
    VerifiedWebhook, WrittenProgram,
};
use crate::call::CallAlias;
use crate::call_flow::{CallProgram, FlowStep};
use crate::consent::CallPermit;
use crate::id::CallId;
use crate::name::string_enum;

/// What a provider's telephone service can do. The pages offer nothing else.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TelephonyCapabilities {
    /// Who it is.
    pub provider: ProviderId,
    /// The agent is rung first, and the person once the agent has answered.
    pub agent_first: bool,
    /// A call is placed for an agent of [`TelephonyProvider::agents`]; otherwise for a number to ring.
    pub needs_agent: bool,
    /// What can be done with a call in progress.
    pub actions: Vec<CallAction>,
    /// Calls can be listed by time, which finds what webhooks missed.
    pub lists_calls: bool,
    /// One call can be asked for by its ids, which confirms its end.
    pub finds_calls: bool,
    /// Its users can be listed.
    pub lists_agents: bool,
    /// Recordings can be fetched.
    pub recordings: bool,
    /// A recording can be deleted at the provider.
    pub deletes_recordings: bool,
    /// Its webhooks tell of calls while they go on.
    pub live_events: bool,
    /// What a call flow can do with a call that comes in. Empty if it does not ask what to do with one.
    pub flow_steps: Vec<FlowStep>,
}

impl TelephonyCapabilities {
    /// Whether it tells or can be asked what becomes of a call. Otherwise only members can say how one that was placed went, and
    /// calls that come in are not heard of.
    #[must_use]
    pub const fn reports(&self) -> bool {
        self.live_events || self.lists_calls || self.finds_calls
    }

    /// Whether it asks what to do with a call that comes in, so that a call flow answers.
    #[must_use]
    pub const fn asks(&self) -> bool {
        !self.flow_steps.is_empty()
    }
}

string_enum! {
    /// What can be done with a call in progress.
    pub enum CallAction {
        /// End it.
        HangUp = "hang_up",
        /// Let the person wait.
        Hold = "hold",
        /// Go on after a hold.
        Resume = "resume",
    }
}

string_enum! {
    /// Where an agent is rung.
    pub enum RingAgentOn {
        /// The provider's software telephone.
        Softphone = "softphone",
        /// The agent's own telephone.
        Phone = "phone",
    }
}

/// A call to be placed. The person's number is in the permit, so that none is called that the gate did not see.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OutboundCall {
    /// Our id for it, given to the provider so that its reports name it.
    pub id: CallId,
    /// The provider's id of the agent who speaks, where [`TelephonyCapabilities::needs_agent`] says so.
    pub agent: Option<String>,
    /// The agent's number, where the provider rings a number: E.164.
    pub agent_number: Option<crate::PhoneNumber>,
    /// Where the agent is rung.
    pub ring_agent_on: RingAgentOn,
    /// Our number that the person sees, in the provider's spelling; `None` for the one that the provider chooses.
    pub our_number: Option<String>,
    /// The most time a call may take.
    pub max_duration: Duration,
}

/// That the provider took a call.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CallAccepted {
    /// The provider's id for the request; later reports may know the call by others.
    pub request: Option<CallAlias>,
}

/// Calls as the provider lists them, by pages of its own size.
#[derive(Debug, Clone, Default)]
pub struct CallPage {
    /// The reports, each with the time by which it is listed, if it has one.
    pub calls: Vec<CallReport>,
    /// Where the next page begins; `None` at the end.
    pub next: Option<CallCursor>,
}

/// Where a page of a provider's calls begins. Made by the provider's adapter and given back to it unread.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CallCursor(pub String);

/// A user of the provider's telephone system, as it lists them. A password that it tells is dropped by the adapter.
#[derive(Clone, PartialEq, Eq)]
pub struct ListedAgent {
    /// The provider's id.
    pub id: String,
    /// The name there.
    pub name: Option<crate::text::PersonName>,
    /// The agent's number, as written.
    pub phone: Option<String>,
}

impl Debug for ListedAgent {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "ListedAgent({})", self.id)
    }
}

/// The answer to what a provider cannot do.
const fn unsupported(of: &TelephonyCapabilities, what: &'static str) -> ProviderError {
    ProviderError::Unsupported { provider: of.provider, what }
}

/// Placing calls, and asking what became of them. A call that may have been started is never started again: an adapter repeats
/// no request of [`place_call`](Self::place_call) by itself. What only some providers can do is [`ProviderError::Unsupported`]
/// unless an adapter says otherwise.
#[cfg_attr(feature = "mock", mockall::automock)]
#[async_trait]
pub trait TelephonyProvider: Debug + Send + Sync {
    /// What it can do.
    fn capabilities(&self) -> &TelephonyCapabilities;
    /// Places a call.
    ///
    /// # Errors
    /// [`ProviderError::Ambiguous`] if the request may have arrived; any other error means that no call was started.
    async fn place_call(
        &self,
        access: &AccountAccess,
        permit: CallPermit,
        call: &OutboundCall,
    ) -> Result<CallAccepted, ProviderError>;
    /// Controls a call in progress. `legs` are the provider's ids of the agent's leg and of others, those of the
    /// agent first.
    ///
    /// # Errors
    /// [`ProviderError::Unsupported`] for what [`TelephonyCapabilities::actions`] does not list; [`ProviderError`].
    async fn control(
        &self,
        access: &AccountAccess,
        legs: &[CallAlias],
        action: CallAction,
    ) -> Result<(), ProviderError> {
        let _ = (access, legs, action);
        Err(unsupported(self.capabilities(), "controlling a call"))
    }
    /// Calls that began within a period (from, until), in any order, a page at a time.
    ///
    /// # Errors
    /// [`ProviderError::Unsupported`] if calls cannot be listed; [`ProviderError`].
    async fn list_calls(
        &self,
        access: &AccountAccess,
        from: DateTime<Utc>,
        until: DateTime<Utc>,
        after: Option<CallCursor>,
    ) -> Result<CallPage, ProviderError> {
        let _ = (access, from, until, after);
        Err(unsupported(self.capabilities(), "listing calls"))
    }
    /// What the provider knows of one call by its ids, near the time it began at. Empty if it knows none.
    ///
    /// # Errors
    /// [`ProviderError::Unsupported`] if a call cannot be asked for; [`ProviderError`].
    async fn find_call(
        &self,
        access: &AccountAccess,
        ids: &[CallAlias],
        began: DateTime<Utc>,
    ) -> Result<Vec<CallReport>, ProviderError> {
        let _ = (access, ids, began);
        Err(unsupported(self.capabilities(), "asking for a call"))
    }
    /// Fetches a recorded file from a host that is known to be the provider's, after its bytes have shown that it is sound.
    ///
    /// # Errors
    /// [`ProviderError::Unsupported`] if it hands none out; [`ProviderError::Fault`] while it is not ready;
    /// [`ProviderError::Refused`] for what is no sound file, is too large, or would lead to another host.
    async fn open_recording(
        &self,
        access: &AccountAccess,
        file: &str,
    ) -> Result<FetchedMedia, ProviderError> {
        let _ = (access, file);
        Err(unsupported(self.capabilities(), "fetching a recording"))
    }
    /// Deletes a recorded file at the provider.
    ///
    /// # Errors
    /// [`ProviderError::Unsupported`] where it keeps them for a time of its own; [`ProviderError`].
    async fn delete_recording(&self, access: &AccountAccess, file: &str) -> Result<(), ProviderError> {
        let _ = (access, file);
        Err(unsupported(self.capabilities(), "deleting a recording"))
    }
    /// The users of the telephone system.
    ///
    /// # Errors
    /// [`ProviderError::Unsupported`] if it lists none; [`ProviderError`].
    async fn agents(&self, access: &AccountAccess) -> Result<Vec<ListedAgent>, ProviderError> {
        let _ = access;
        Err(unsupported(self.capabilities(), "listing agents"))
    }
    /// Reads its question what to do with a call that comes in. Pure. The decoder reads the same bytes as the report of a call
    /// that rings.
    ///
    /// # Errors
    /// [`ProviderError::Unsupported`] if it does not ask ([`TelephonyCapabilities::flow_steps`]);
    /// [`ProviderError::Refused`] for what is no such question.
    fn incoming_call(&self, hook: &VerifiedWebhook) -> Result<IncomingCall, ProviderError> {
        let _ = hook;
        Err(unsupported(self.capabilities(), "asking about calls that come in"))
    }
    /// Writes what is done with a call in its form. Pure. Flows have the steps alone that it declares
    /// ([`TelephonyCapabilities::flow_steps`]); [`CallProgram::unavailable`] is written by every provider that asks, as what comes
    /// nearest.
    ///
    /// # Errors
    /// [`ProviderError::Unsupported`] if it does not ask.
    fn write_program(&self, program: &CallProgram) -> Result<WrittenProgram, ProviderError> {
        let _ = program;
        Err(unsupported(self.capabilities(), "asking about calls that come in"))
    }
    /// Whether the credentials are right.
    ///
    /// # Errors
    /// [`ProviderError::Credentials`]; [`ProviderError`].
    async fn check(&self, access: &AccountAccess) -> Result<AccountHealth, ProviderError>;
}
