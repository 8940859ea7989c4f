//! What a service can answer besides success. Each error has a stable dotted code.

use crate::consent::Refusal;
use crate::conversation::TemplateError;
use crate::name::string_enum;
use crate::provider::ProviderError;
use crate::scope::Permission;
use crate::store::StoreError;

string_enum! {
    /// What was looked for and not found.
    pub enum RecordKind {
        /// A contact, by its id.
        Contact = "contact",
        /// A channel identity.
        Identity = "identity",
        /// A conversation, by its id.
        Conversation = "conversation",
        /// A message, by its id or a provider's.
        Message = "message",
        /// A text that is sent at a later time.
        ScheduledMessage = "scheduled_message",
        /// A file of a message, or its bytes.
        Media = "media",
        /// A follow-up with a contact.
        Task = "task",
        /// A call outcome that people choose.
        Disposition = "disposition",
        /// A text that members send often.
        CannedReply = "canned_reply",
        /// An import of contacts from a file.
        Import = "import",
        /// What a list shows, saved under a name.
        SavedView = "saved_view",
        /// What is done with calls that come in.
        CallFlow = "call_flow",
        /// A telephone call.
        Call = "call",
        /// A user of a provider's telephone system.
        CallAgent = "call_agent",
        /// A template of the account, or one that is approved.
        Template = "template",
        /// An entry of the consent ledger.
        Consent = "consent",
        /// A provider account, or a provider for it.
        Account = "account",
        /// A provider's application of this organisation, or a shared one.
        App = "app",
        /// A member of the organisation.
        Member = "member",
        /// Members who work together.
        Team = "team",
        /// Where members sign in with their account at work.
        IdentityProvider = "identity_provider",
        /// An invitation that can be accepted.
        Invitation = "invitation",
        /// A session of a member.
        Session = "session",
        /// A passkey of a member.
        Passkey = "passkey",
        /// A message of the operator to all who sign in.
        ServiceUpdate = "service_update",
        /// A request of a member to the operator of the installation.
        SupportRequest = "support_request",
        /// A key for programs.
        ApiKey = "api_key",
        /// Quarantined bytes that have not expired.
        Quarantine = "quarantine",
        /// The organisation itself.
        Organisation = "organisation",
    }
}

/// What a service answers besides success.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The credentials are missing, unknown, revoked or expired.
    #[error("sign in first")]
    Unauthenticated,
    /// The key may not be used from the address that it was used from.
    #[error("this key may not be used from this address")]
    AddressRefused,
    /// The organisation requires a second factor of its members, and the caller has none yet.
    #[error("a second factor has to be set up first")]
    SecondFactorRequired,
    /// Too many attempts to sign in have failed.
    #[error("too many attempts: wait before the next one")]
    TooManyAttempts {
        /// How long to wait.
        seconds: u32,
    },
    /// The caller has revealed the numbers and addresses of too many people in the last hour.
    #[error("too many people were revealed in the last hour")]
    TooManyRevealed {
        /// How long to wait.
        seconds: u32,
    },
    /// Too many others are signing in at the same time; the same call may succeed in a moment.
    #[error("too many people are signing in at the moment")]
    Busy,
    /// The grant lacks a permission.
    #[error("not allowed: {permission} is needed")]
    Denied {
        /// The permission that the caller lacks.
        permission: Permission,
    },
    /// The organisation has no such record.
    #[error("there is no such {kind}")]
    NotFound {
        /// The kind of record that the error is about.
        kind: RecordKind,
    },
    /// An input cannot be used.
    #[error("{field} {problem}")]
    Invalid {
        /// Which field, as a JSON pointer's last part.
        field: &'static str,
        /// What is wrong with it; never repeats the input.
        problem: String,
    },
    /// Another caller changed it meanwhile, at each of several tries.
    #[error("the {kind} was changed by another request meanwhile")]
    Conflict {
        /// The kind of record that the error is about.
        kind: RecordKind,
    },
    /// The record is not at the revision that the caller wants to change.
    #[error("the {kind} has changed since it was read")]
    Stale {
        /// The kind of record that the error is about.
        kind: RecordKind,
    },
    /// The conversation is assigned to another member already.
    #[error("another member has claimed the conversation")]
    Claimed,
    /// Another member has answered since the sender began to write.
    #[error("another member has answered meanwhile")]
    Answered {
        /// The newest of their messages.
        message: crate::id::MessageId,
    },
    /// The number or address belongs to another contact already.
    #[error("another {kind} has it already")]
    Duplicate {
        /// What is doubled.
        kind: RecordKind,
    },
    /// The consent gate says no.
    #[error("{0}")]
    Refused(Refusal),
    /// Parameters do not fit the template.
    #[error("{0}")]
    Template(#[from] TemplateError),
    /// The account cannot be used as it is.
    #[error("{0}")]
    Account(AccountProblem),
    /// The same idempotency key came with another request.
    #[error("this idempotency key was used for another request")]
    IdempotencyReused,
    /// The provider says no, or cannot be reached.
    #[error("{0}")]
    Provider(#[from] ProviderError),
    /// A sealed value cannot be opened: the key is missing, or the bytes were moved or changed.
    #[error("a sealed value cannot be opened")]
    Sealed,
    /// The keys cannot be used: missing, or not those of the database.
    #[error("{0}")]
    Keys(#[source] crate::account::KeyError),
    /// The checkpoints of the audit log cannot be read or written.
    #[error("{0}")]
    Checkpoints(#[from] crate::ledger::CheckpointError),
    /// Nothing sends mail here, and this cannot be done without.
    #[error("no mail is sent from here")]
    MailNotSetUp,
    /// The file has expired, was never fetched, or is not there any more.
    #[error("the file is not available")]
    MediaUnavailable,
    /// The organisation requires an agreement to being recorded that is not entered for the call.
    #[error("the recording is not played before it is entered that the person agreed to it")]
    RecordingWithheld,
    /// A file is not sent as it is.
    #[error("{0}")]
    File(#[from] crate::media::FileError),
    /// The blobs cannot be reached.
    #[error("the blob store failed")]
    Blob(#[from] crate::blob::BlobError),
    /// The store failed.
    #[error("the store failed")]
    Store(#[from] StoreError),
}

string_enum! {
    /// Why an account cannot be used.
    pub enum AccountProblem {
        /// It is not connected, or its token was never checked.
        NotRoutable = "the account is not connected",
        /// No such provider is registered.
        NoProvider = "no such provider is registered",
        /// The provider cannot do this.
        Unsupported = "the provider cannot do this",
        /// The provider places no calls.
        CannotCall = "no calls can be placed through this account: choose a telephone line",
        /// The number is connected in another organisation. Said to nobody but the operator: it would tell who uses what.
        Taken = "the number cannot be connected here",
    }
}

impl Error {
    /// A stable dotted code for programs.
    #[must_use]
    pub fn code(&self) -> String {
        match self {
            Self::Unauthenticated => "access.unauthenticated".into(),
            Self::AddressRefused => "access.address_refused".into(),
            Self::SecondFactorRequired => "access.second_factor_required".into(),
            Self::TooManyAttempts { .. } => "access.too_many_attempts".into(),
            Self::TooManyRevealed { .. } => "contact.too_many_revealed".into(),
            Self::Busy => "access.busy".into(),
            Self::Denied { .. } => "access.denied".into(),
            Self::NotFound { kind } => format!("{kind}.not_found"),
            Self::Invalid { .. } => "input.invalid".into(),
            Self::Conflict { kind } => format!("{kind}.conflict"),
            Self::Stale { kind } => format!("{kind}.stale"),
            Self::Claimed => "conversation.claimed".into(),
            Self::Answered { .. } => "conversation.answered".into(),
            Self::Duplicate { kind } => format!("{kind}.duplicate"),
            Self::Refused(refusal) => refusal.code(),
            Self::Template(error) => match error {
                TemplateError::NotApproved { .. } => "template.not_approved".into(),
                _ => "template.parameters".into(),
            },
            Self::Account(problem) => match problem {
                AccountProblem::NotRoutable => "account.not_routable".into(),
                AccountProblem::NoProvider => "account.no_provider".into(),
                AccountProblem::Unsupported => "account.unsupported".into(),
                AccountProblem::CannotCall => "account.cannot_call".into(),
                AccountProblem::Taken => "account.unavailable".into(),
            },
            Self::IdempotencyReused => "idempotency.key_reused".into(),
            Self::Provider(error) => format!("provider.{}", error.code()),
            Self::Sealed => "sealed.unreadable".into(),
            Self::Keys(error) => error.code().into(),
            Self::Checkpoints(_) => "audit.checkpoints".into(),
            Self::MailNotSetUp => "mail.not_set_up".into(),
            Self::MediaUnavailable => "media.unavailable".into(),
            Self::RecordingWithheld => "recording.withheld".into(),
            Self::File(error) => error.code().into(),
            Self::Blob(_) => "blob.unavailable".into(),
            Self::Store(error) => error.code().into(),
        }
    }

    /// `true` if the same call may succeed later without any change.
    #[must_use]
    pub fn is_retryable(&self) -> bool {
        match self {
            Self::Store(error) => error.is_retryable(),
            Self::Provider(error) => error.is_retryable(),
            Self::Busy
            | Self::TooManyAttempts { .. }
            | Self::TooManyRevealed { .. }
            | Self::Conflict { .. }
            | Self::Blob(_) => true,
            _ => false,
        }
    }

    pub(crate) const fn missing(kind: RecordKind) -> Self {
        Self::NotFound { kind }
    }

    pub(crate) fn invalid(field: &'static str, problem: impl std::fmt::Display) -> Self {
        Self::Invalid { field, problem: format!("{problem}") }
    }
}

impl From<crate::scope::Denied> for Error {
    fn from(denied: crate::scope::Denied) -> Self {
        Self::Denied { permission: denied.permission }
    }
}

impl From<crate::scope::PrincipalError> for Error {
    fn from(error: crate::scope::PrincipalError) -> Self {
        Self::invalid("principal", error)
    }
}

impl From<crate::account::KeyError> for Error {
    fn from(error: crate::account::KeyError) -> Self {
        use crate::account::KeyError;
        match error {
            // The value names a key that there never was: it was damaged, or comes from elsewhere.
            KeyError::Unknown => Self::Sealed,
            KeyError::Store(error) => Self::Store(error),
            other => Self::Keys(other),
        }
    }
}
