//! What can go wrong at a provider, by what the caller can do about it.

use std::time::Duration;

use super::ProviderId;

/// The cause beneath an error, for logs; it must hold no secret and no personal data.
pub type BoxError = Box<dyn std::error::Error + Send + Sync>;

/// Why a provider refused, as far as it changes what we do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum RefusalReason {
    /// The reply window is shut: offer a template.
    WindowClosed,
    /// The person cannot be reached here.
    Recipient,
    /// The person stopped marketing from this business: a provider stop.
    MarketingStopped,
    /// The provider withheld it (caps, experiments): do not try again soon.
    Withheld,
    /// Template or parameters do not fit.
    Template,
    /// The file was not accepted.
    Media,
    /// The request was malformed: our mistake.
    Malformed,
    /// Policy or billing stops the whole account.
    Account,
    /// A reason that has no variant of its own.
    Other,
}

/// What a provider call can end in besides success.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ProviderError {
    /// The provider answered no and will answer no again.
    #[error("{provider} refused: {code}")]
    Refused {
        /// The provider that was called.
        provider: ProviderId,
        /// The provider's code.
        code: String,
        /// What it means for us.
        reason: RefusalReason,
        /// The provider's explanation.
        detail: Option<String>,
    },
    /// Slow down; the same request may be repeated later.
    #[error("{provider} asked us to slow down: {code}")]
    Throttled {
        /// The provider that was called.
        provider: ProviderId,
        /// The provider's code.
        code: String,
        /// How long to wait, if the answer or its code says.
        retry_after: Option<Duration>,
    },
    /// A fault at the provider that it reported itself; the same request may be repeated.
    #[error("{provider} has a fault: {code}")]
    Fault {
        /// The provider that was called.
        provider: ProviderId,
        /// The provider's code.
        code: String,
    },
    /// Nothing was sent; the same request may be repeated.
    #[error("{provider} cannot be reached")]
    Unreachable {
        /// The provider that was called.
        provider: ProviderId,
        /// What the transport reports.
        #[source]
        source: BoxError,
    },
    /// The credentials are not accepted: the account's sends wait until a member enters new ones.
    #[error("{provider} does not accept the credentials: {code}")]
    Credentials {
        /// The provider that was called.
        provider: ProviderId,
        /// The provider's code.
        code: String,
        /// The provider's explanation.
        detail: Option<String>,
    },
    /// The request may or may not have been carried out. Never repeat blindly.
    #[error("outcome unknown at {provider}")]
    Ambiguous {
        /// The provider that was called.
        provider: ProviderId,
        /// What the transport reports.
        #[source]
        source: BoxError,
    },
    /// The provider has no such ability.
    #[error("{provider} does not support {what}")]
    Unsupported {
        /// The provider that was called.
        provider: ProviderId,
        /// What was asked.
        what: &'static str,
    },
}

impl ProviderError {
    /// `true` if sending the same request again is safe and may succeed.
    #[must_use]
    pub const fn is_retryable(&self) -> bool {
        matches!(self, Self::Throttled { .. } | Self::Fault { .. } | Self::Unreachable { .. })
    }

    /// The dotted code that is kept with a message: `whatsapp.131047`, `whatsapp.ambiguous`.
    #[must_use]
    pub fn code(&self) -> String {
        match self {
            Self::Refused { provider, code, .. }
            | Self::Throttled { provider, code, .. }
            | Self::Fault { provider, code }
            | Self::Credentials { provider, code, .. } => format!("{provider}.{code}"),
            Self::Unreachable { provider, .. } => format!("{provider}.unreachable"),
            Self::Ambiguous { provider, .. } => format!("{provider}.ambiguous"),
            Self::Unsupported { provider, .. } => format!("{provider}.unsupported"),
        }
    }

    /// The provider's explanation, if it gave one.
    #[must_use]
    pub fn detail(&self) -> Option<&str> {
        match self {
            Self::Refused { detail, .. } | Self::Credentials { detail, .. } => detail.as_deref(),
            _ => None,
        }
    }
}

/// Why a webhook was turned away before anything in it was read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum WebhookError {
    /// No signature, more than one, a malformed one, or one that no secret made.
    #[error("the signature is missing or wrong")]
    Signature,
    /// A subscription check with a wrong token or challenge.
    #[error("the subscription check failed")]
    Subscription,
    /// A method or content type that this provider never uses.
    #[error("not a webhook of this provider")]
    Shape,
}
