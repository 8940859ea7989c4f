//! Pages for links that are sent by mail: asking for one, and what it leads to.

use askama::Template;

use super::shell::Theme;

/// What a link is for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum LinkKind {
    /// To set a new password.
    #[default]
    NewPassword,
    /// To sign in.
    SignIn,
    /// To confirm an address.
    Confirm,
}

impl LinkKind {
    /// The word in addresses and forms.
    pub(crate) const fn word(self) -> &'static str {
        match self {
            Self::NewPassword => "new-password",
            Self::SignIn => "sign-in",
            Self::Confirm => "confirm",
        }
    }

    /// Reads the word of a form: what can be asked for by who is not signed in.
    pub(crate) fn of_word(word: &str) -> Option<Self> {
        [Self::NewPassword, Self::SignIn].into_iter().find(|kind| kind.word() == word)
    }

    fn title(self) -> &'static str {
        match self {
            Self::NewPassword => "Set a new password",
            Self::SignIn => "Sign in by a link",
            Self::Confirm => "Confirm your address",
        }
    }

    fn says(self) -> &'static str {
        match self {
            Self::NewPassword => "You get a link by mail, with which you choose a new password.",
            Self::SignIn => "You get a link by mail, with which you sign in without your password.",
            Self::Confirm => "You get a link by mail, with which you show that mail reaches you.",
        }
    }

    /// Where one asks for it.
    fn again(self) -> &'static str {
        match self {
            Self::NewPassword => "forgot",
            Self::SignIn => "email-link",
            Self::Confirm => "settings/profile",
        }
    }

    /// The words on the way there.
    fn again_words(self) -> &'static str {
        match self {
            Self::NewPassword | Self::SignIn => "Ask for a new link",
            Self::Confirm => "Go to your profile",
        }
    }

    /// The words on the button that uses it.
    fn button(self) -> &'static str {
        match self {
            Self::NewPassword => "Set the password",
            Self::SignIn => "Sign in",
            Self::Confirm => "Confirm this address",
        }
    }

    const fn sets_password(self) -> bool {
        matches!(self, Self::NewPassword)
    }
}

/// Asks for a link.
#[derive(Clone, Debug, Default, Template)]
#[template(path = "mail_request.html")]
pub(crate) struct MailRequestPage {
    /// What addresses are read against.
    pub(crate) base: String,
    /// Colours.
    pub(crate) theme: Theme,
    /// The form as last sent.
    pub(crate) form: MailRequestForm,
}

/// The form of [`MailRequestPage`]; answered alone with status 422 when the address cannot be one.
#[derive(Clone, Debug, Default, Template)]
#[template(path = "mail_request_form.html")]
pub(crate) struct MailRequestForm {
    /// What the link is for.
    pub(crate) what: LinkKind,
    /// The address as typed.
    pub(crate) email: String,
    /// What is wrong with it.
    pub(crate) problem: Option<String>,
}

impl askama::filters::HtmlSafe for MailRequestForm {}

/// In the place of the form: the same, whether or not there is an account.
#[derive(Clone, Debug, Template)]
#[template(path = "mail_requested.html")]
pub(crate) struct MailRequested {
    /// How long the link is good.
    pub(crate) minutes: i64,
}

/// What a link leads to.
#[derive(Clone, Debug, Default, Template)]
#[template(path = "mailed_link.html")]
pub(crate) struct MailedLinkPage {
    /// What addresses are read against.
    pub(crate) base: String,
    /// Colours.
    pub(crate) theme: Theme,
    /// The form as last sent.
    pub(crate) form: MailedLinkForm,
}

/// The form of [`MailedLinkPage`]. Without a token it asks for itself again, with the token that is in the fragment of the
/// address; nothing is used up before its button is pressed.
#[derive(Clone, Debug, Default, Template)]
#[template(path = "mailed_link_form.html")]
pub(crate) struct MailedLinkForm {
    /// What the link is for.
    pub(crate) what: LinkKind,
    /// The token, once the page has sent it.
    pub(crate) token: String,
    /// The address of the account.
    pub(crate) email: String,
    /// What is wrong with the password.
    pub(crate) password_error: Option<String>,
    /// What is wrong with the whole.
    pub(crate) problem: Option<String>,
}

impl askama::filters::HtmlSafe for MailedLinkForm {}

/// In the place of the form, once the link was used.
#[derive(Clone, Debug, Template)]
#[template(path = "mailed_link_used.html")]
pub(crate) struct MailedLinkUsed {
    /// What was done.
    pub(crate) done: &'static str,
    /// Where to go on.
    pub(crate) on: (&'static str, &'static str),
}
