//! Why a store refused or failed.

use super::Precondition;

/// Why a store refused or failed.
#[derive(Debug, Clone, thiserror::Error)]
#[non_exhaustive]
pub enum StoreError {
    /// What a batch was decided on is not true any more. Only that batch was undone.
    #[error("what the change was decided on is no longer true: {0:?}")]
    PreconditionFailed(Box<Precondition>),
    /// Busy, or the connection was lost before anything was committed: the same call may succeed.
    #[error("the store is busy or cannot be reached")]
    Unavailable,
    /// No room is left: nothing is acknowledged until there is.
    #[error("the disk below the store is full: nothing can be written until there is room")]
    Full,
    /// An I/O error or damage: needs an operator.
    #[error("the store failed: {0}")]
    Broken(String),
    /// A write that this store does not know. The whole batch was undone, so nothing is lost silently.
    #[error("this store does not support {0}")]
    Unsupported(&'static str),
    /// The cursor of a page is none that this list gave out.
    #[error("the cursor is none of this list")]
    Cursor,
    /// A stored value cannot be read: written by something else, or damaged.
    #[error("a stored {0} cannot be read")]
    Unreadable(&'static str),
}

impl StoreError {
    /// `true` if the same call may succeed without any change.
    #[must_use]
    pub const fn is_retryable(&self) -> bool {
        matches!(self, Self::Unavailable)
    }

    /// A stable dotted code.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::PreconditionFailed(_) => "store.conflict",
            Self::Unavailable => "store.unavailable",
            Self::Full => "store.full",
            Self::Broken(_) => "store.broken",
            Self::Unsupported(_) => "store.unsupported",
            Self::Cursor => "store.cursor",
            Self::Unreadable(_) => "store.unreadable",
        }
    }

    /// The error of a precondition that does not hold.
    #[must_use]
    pub fn precondition_failed(precondition: Precondition) -> Self {
        Self::PreconditionFailed(Box::new(precondition))
    }
}

/// What a store answers.
pub type StoreResult<T> = Result<T, StoreError>;

impl From<crate::scope::PrincipalError> for StoreError {
    fn from(_: crate::scope::PrincipalError) -> Self {
        Self::Unreadable("principal")
    }
}
