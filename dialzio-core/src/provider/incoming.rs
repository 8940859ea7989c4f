//! A provider's question what to do with a call that comes in, and the answer in its form.

use std::fmt;

use super::AccountRef;

/// A provider's question what to do with a call that comes in. Numbers are as the provider writes them.
#[derive(Clone, PartialEq, Eq)]
pub struct IncomingCall {
    /// Which of our accounts it is about; `None` if it names none.
    pub account: Option<AccountRef>,
    /// The number of the person who calls; empty if it is withheld.
    pub from: String,
    /// Our number that they called; `None` if the question does not say.
    pub to: Option<String>,
}

impl fmt::Debug for IncomingCall {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("IncomingCall")
    }
}

/// A program in the form of a provider.
#[derive(Clone, PartialEq, Eq)]
pub struct WrittenProgram {
    /// The media type of the body.
    pub content_type: &'static str,
    /// What the provider reads.
    pub body: String,
}

/// Shows no body, which holds numbers.
impl fmt::Debug for WrittenProgram {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "WrittenProgram({}, {} bytes)", self.content_type, self.body.len())
    }
}
