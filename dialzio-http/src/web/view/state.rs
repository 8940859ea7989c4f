//! The state of the conversations that are listed.

/// State of the conversations listed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum State {
    /// A member has to look.
    #[default]
    Open,
    /// Comes back later.
    Snoozed,
    /// Done.
    Closed,
}

impl State {
    /// Value in the address.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Open => "open",
            Self::Snoozed => "snoozed",
            Self::Closed => "closed",
        }
    }
}
