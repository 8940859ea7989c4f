//! Pages for people who are not signed in, and pages that say what went wrong.

use askama::Template;

use super::{Choice, Shown, shell::Theme};

/// Makes the account of a person who was invited, the owner first of all.
#[derive(Clone, Debug, Default, Template)]
#[template(path = "setup.html")]
pub(crate) struct SetupPage {
    /// What addresses are read against.
    pub(crate) base: String,
    /// Colours.
    pub(crate) theme: Theme,
    /// The form as last sent.
    pub(crate) form: SetupForm,
}

/// The form of [`SetupPage`]; answered alone with status 422 when something must be corrected. Without a token it asks for
/// itself again, with the token that is in the fragment of the address.
#[derive(Clone, Debug, Default, Template)]
#[template(path = "setup_form.html")]
pub(crate) struct SetupForm {
    /// The invitation's token, once the page has sent it.
    pub(crate) token: String,
    /// The address: as typed, or the one that was invited.
    pub(crate) email: String,
    /// The invitation names the address, so that it is not to be changed.
    pub(crate) is_named: bool,
    /// Name as typed.
    pub(crate) name: String,
    /// The invitation makes an owner, who says which country the organisation is in.
    pub(crate) asks_country: bool,
    /// The country: as typed, the one that was given, or what the browser's time zone proposes.
    pub(crate) country: String,
    /// The time zone that the browser says it is in, if that is proposed.
    pub(crate) guessed: Option<String>,
    /// Time zones to choose from.
    pub(crate) zones: Vec<Choice>,
    /// What is wrong with the zone.
    pub(crate) zone_error: Option<String>,
    /// What is wrong with the country.
    pub(crate) country_error: Option<String>,
    /// What is wrong with the name.
    pub(crate) name_error: Option<String>,
    /// What is wrong with the address.
    pub(crate) email_error: Option<String>,
    /// What is wrong with the password.
    pub(crate) password_error: Option<String>,
    /// What is wrong with the whole.
    pub(crate) problem: Option<String>,
    /// The address of the account that is signed in, if one is.
    pub(crate) signed_in_as: Option<String>,
    /// Whether who holds the link has said, or shown, that they have an account.
    pub(crate) has_account: bool,
    /// Why joining with an account failed.
    pub(crate) join_problem: Option<String>,
}

impl askama::filters::HtmlSafe for SetupForm {}

/// Sign-in page.
#[derive(Clone, Debug, Default, Template)]
#[template(path = "sign_in.html")]
pub(crate) struct SignInPage {
    /// What addresses are read against.
    pub(crate) base: String,
    /// Colours.
    pub(crate) theme: Theme,
    /// The form as last sent.
    pub(crate) form: SignInForm,
    /// Whether browsers have passkeys for this site.
    pub(crate) passkeys: bool,
    /// The organisation and its identity providers, where there is one organisation alone.
    pub(crate) sign_on: Option<(String, Vec<Choice>)>,
}

/// The form of [`SignInPage`]; answered alone with status 422 when sign-in failed.
#[derive(Clone, Debug, Default, Template)]
#[template(path = "sign_in_form.html")]
pub(crate) struct SignInForm {
    /// E-mail address as typed.
    pub(crate) email: String,
    /// Path to go to afterwards, one of our own.
    pub(crate) next: String,
    /// Why it failed, the same words for an unknown address and a wrong password.
    pub(crate) problem: Option<String>,
    /// Links can be sent by mail: to sign in, and to set a new password.
    pub(crate) mails: bool,
}

impl askama::filters::HtmlSafe for SignInForm {}

/// The second step of [`SignInPage`], in the place of its form; answered with status 422 when the code is not right.
#[derive(Clone, Debug, Template)]
#[template(path = "sign_in_code.html")]
pub(crate) struct CodeForm {
    /// What the right password gave: good for this step alone.
    pub(crate) step: String,
    /// Path to go to afterwards, one of our own.
    pub(crate) next: String,
    /// The token of the invitation that they join by, if they do.
    pub(crate) invitation: Option<String>,
    /// Why it failed.
    pub(crate) problem: Option<String>,
}

/// A whole page that says what went wrong; also 404.
#[derive(Clone, Debug, Template)]
#[template(path = "problem_page.html")]
pub(crate) struct ProblemPage {
    /// What addresses are read against.
    pub(crate) base: String,
    /// Colours.
    pub(crate) theme: Theme,
    /// HTTP status.
    pub(crate) status: u16,
    /// Plain sentence: "This page does not exist".
    pub(crate) title: Shown,
    /// What the person can do now.
    pub(crate) advice: Shown,
    /// Dotted error code and request id, for the one who helps.
    pub(crate) details: Option<String>,
    /// Path of the way out.
    pub(crate) back: String,
    /// Words on the way out.
    pub(crate) back_label: String,
}

/// A refusal to show beside the control that was used: the body of every answer with status 400
/// to 599 to a request of the page, save 422.
#[derive(Clone, Debug, Template)]
#[template(path = "problem.html")]
pub(crate) struct Problem {
    /// Plain sentence with the reason and what helps.
    pub(crate) text: Shown,
    /// Dotted error code, shown small.
    pub(crate) code: Option<String>,
}
