//! How far what arrives can be believed.

use crate::name::string_enum;

string_enum! {
    /// How far a verified webhook, and each of its elements, can be believed.
    pub enum Trust {
        /// Signed over its bytes, or listed by the provider when it was asked.
        Signed = "signed",
        /// Only the address was secret. Such an element informs people and decides nothing: it gives or lifts no consent,
        /// opens no reply window, joins no identities, starts no send, and ends no message for good. What looks like an
        /// opt-out holds promotion until a person has asked.
        PathOnly = "path_only",
    }
}
