//! The stable word for a provider.

use std::fmt;

/// The stable word for a provider, such as `whatsapp`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ProviderId(pub &'static str);

impl ProviderId {
    /// What people call it.
    #[must_use]
    pub fn label(self) -> &'static str {
        match self.0 {
            "whatsapp" => "WhatsApp",
            "telecmi" => "TeleCMI",
            "piopiy" => "Piopiy",
            other => other,
        }
    }
}

impl fmt::Display for ProviderId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0)
    }
}
