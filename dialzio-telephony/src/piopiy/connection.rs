//! The fields by which a Piopiy account is connected, as Piopiy's pages name them.
//!
//! Source: TeleCMI, *Piopiy reference*, read 2026-11.

use dialzio_core::provider::{ConnectionForm, FieldFormat, FormField, ProviderId};

/// The word for this provider.
pub(crate) const PIOPIY: ProviderId = ProviderId("piopiy");
/// The credential of the account.
pub(crate) const SECRET: &str = "secret";
/// The number that calls come from, unless a call names another.
pub(crate) const CALLER_ID: &str = "caller_id";

pub(crate) static FORM: ConnectionForm = ConnectionForm {
    app_secret: None,
    verify_token: None,
    routing_key: FormField {
        name: "appid",
        label: "App ID",
        hint: "A number, in the Piopiy dashboard beside the app secret.",
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
            hint: "In the Piopiy dashboard beside the App ID.",
            secret: true,
            required: true,
            format: FieldFormat::Token,
        },
        FormField {
            name: CALLER_ID,
            label: "Caller ID",
            hint: "A number of the account with its country code, such as 914471000000. Calls come from it.",
            secret: false,
            required: false,
            format: FieldFormat::Id,
        },
    ],
};
