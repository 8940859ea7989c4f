//! The fields by which an account of the third version is connected.
//!
//! Source: the vendor's libraries for Python and Node.js, read 2026-11.

use dialzio_core::provider::{ConnectionForm, FieldFormat, FormField, ProviderId};

/// The word for this provider.
pub(crate) const PIOPIY_V3: ProviderId = ProviderId("piopiy_v3");
/// The credential of the account.
pub(crate) const TOKEN: &str = "token";
/// The number that calls come from, unless a call names another.
pub(crate) const CALLER_ID: &str = "caller_id";

pub(crate) static FORM: ConnectionForm = ConnectionForm {
    app_secret: None,
    verify_token: None,
    routing_key: FormField {
        name: "app_id",
        label: "App ID",
        hint: "In the Piopiy dashboard.",
        secret: false,
        required: true,
        format: FieldFormat::Id,
    },
    business_id: None,
    portfolio: None,
    credentials: &[
        FormField {
            name: TOKEN,
            label: "Access token",
            hint: "In the Piopiy dashboard. It is sent with each request.",
            secret: true,
            required: true,
            format: FieldFormat::Token,
        },
        FormField {
            name: CALLER_ID,
            label: "Caller ID",
            hint: "A number of the account with its country code, such as 914471000000. Calls come from it.",
            secret: false,
            required: true,
            format: FieldFormat::Id,
        },
    ],
};
