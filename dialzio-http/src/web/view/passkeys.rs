//! The passkeys of a member: their card in the profile.

use askama::Template;

/// The card, put in the place of `#passkeys`.
#[derive(Clone, Debug, Template)]
#[template(path = "passkeys.html")]
pub(crate) struct PasskeyCard {
    /// Oldest first.
    pub(crate) rows: Vec<PasskeyRow>,
    /// What is asked for.
    pub(crate) form: PasskeyForm,
    /// Whether browsers have passkeys for this site.
    pub(crate) is_available: bool,
}

impl askama::filters::HtmlSafe for PasskeyCard {}

/// One passkey.
#[derive(Clone, Debug)]
pub(crate) struct PasskeyRow {
    /// Id.
    pub(crate) id: String,
    /// What the member calls it.
    pub(crate) name: String,
    /// When it was added, within a sentence.
    pub(crate) since: String,
    /// When it was last used, within a sentence.
    pub(crate) used: Option<String>,
}

/// What the card asks for.
#[derive(Clone)]
pub(crate) enum PasskeyForm {
    /// Nothing.
    Closed,
    /// A name and the password.
    Asked {
        /// As it was typed.
        name: String,
        /// What is wrong with it.
        name_error: Option<String>,
        /// What is wrong with the password.
        password_error: Option<String>,
    },
    /// The browser is asked to make it, once a button is pressed.
    Ready {
        /// What the member calls it.
        name: String,
        /// For the browser, as JSON.
        options: String,
        /// What comes back with its answer.
        state: String,
    },
}

impl PasskeyForm {
    /// The first form, with a proposed name.
    pub(crate) const fn asked(name: String) -> Self {
        Self::Asked { name, name_error: None, password_error: None }
    }
}

impl std::fmt::Debug for PasskeyForm {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Closed => "Closed",
            Self::Asked { .. } => "Asked(…)",
            Self::Ready { .. } => "Ready(…)",
        })
    }
}
