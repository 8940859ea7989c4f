//! The fields by which a TeleCMI account is connected, as TeleCMI's pages name them.
//!
//! Source: TeleCMI, *CHUB reference*, read 2026-11.

use dialzio_core::provider::{ConnectionForm, FieldFormat, FormField, ProviderId};

/// The word for this provider.
pub(crate) const TELECMI: ProviderId = ProviderId("telecmi");
/// The credential of the account.
pub(crate) const SECRET: &str = "secret";
/// The credential of one user, which ends calls and sends SMS.
pub(crate) const USER_TOKEN: &str = "user_token";

pub(crate) static FORM: ConnectionForm = ConnectionForm {
    app_secret: None,
    verify_token: None,
    routing_key: FormField {
        name: "appid",
        label: "App ID",
        hint: "A number, in the TeleCMI dashboard beside the app secret.",
        secret: false,
        required: true,
        format: FieldFormat::Id,
    },
    business_id: None,
    portfolio: None,
    credentials: &[
        FormField {
            name: SECRET,
            label: "App secret",
            hint: "In the TeleCMI dashboard beside the App ID.",
            secret: true,
            required: true,
            format: FieldFormat::Token,
        },
        FormField {
            name: USER_TOKEN,
            label: "User token",
            hint: "Of one user, from TeleCMI's login API; it lives 30 days. Needed for SMS and to hang up from here.",
            secret: true,
            required: false,
            format: FieldFormat::Token,
        },
    ],
};
