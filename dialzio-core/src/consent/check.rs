//! Checks that an installation may have beyond what its store knows.

/// A check that an installation may or may not have. One that is not configured abstains: it neither allows nor
/// denies, and the rules after it decide.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Check<T> {
    /// The installation has no such check.
    #[default]
    NotConfigured,
    /// What the check found.
    Found(T),
}

/// What is known about a person's age.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Age {
    /// Of age where they live.
    Adult,
    /// Not of age.
    Minor,
}

/// What a national do-not-disturb registry says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Registry {
    /// Not listed, and freshly checked.
    Clear,
    /// Listed, or not checked lately.
    Blocked,
}

/// Checks beyond the store's rows that an installation may have. One that is not configured abstains.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct Checks {
    /// Whether the person is known to be an adult.
    pub(crate) age: Check<Age>,
    /// National do-not-disturb registry.
    pub(crate) registry: Check<Registry>,
}
