//! Reads and writes of call flows.

use async_trait::async_trait;

use super::{AnsweredNumber, CallFlow, CallFlowDefinition};
use crate::id::CallFlowId;
use crate::scope::OrgScope;
use crate::store::{StoreResult, change};
use crate::text::Title;

/// Reads of call flows.
#[async_trait]
pub trait CallFlowStore: Send + Sync {
    /// One call flow; `None` if the organisation has none with this id.
    async fn call_flow(&self, scope: &OrgScope, id: CallFlowId) -> StoreResult<Option<CallFlow>>;
    /// All call flows of all accounts, by id.
    async fn call_flows(&self, scope: &OrgScope) -> StoreResult<Vec<CallFlow>>;
}

change! {
    /// What changes of a call flow. Fields that are `None` stay as they are; the account never changes.
    #[derive(PartialEq, Eq)]
    pub struct CallFlowChange of CallFlow {
        /// What members call it.
        name: Title,
        /// Which of our numbers it is for.
        number: AnsweredNumber,
        /// Whether it answers calls.
        enabled: bool,
        /// What happens with a call.
        definition: CallFlowDefinition,
    }
}

/// A change to call flows. Refused are a new record whose id is there already, a change or removal of one that is not there, and
/// one that would be enabled for a number of an account that another enabled one is for: each with a failed
/// [`Precondition::Revision`](crate::store::Precondition::Revision), in the last case that the other one does not exist
/// ([`Revision::NONE`](crate::store::Revision::NONE)).
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum CallFlowWrite {
    /// A new call flow. Its account has to be there.
    Insert(Box<CallFlow>),
    /// A change of a call flow.
    Change {
        /// The call flow that changes.
        call_flow: CallFlowId,
        /// The fields to change.
        change: Box<CallFlowChange>,
    },
    /// One that is no longer wanted.
    Remove(CallFlowId),
}
