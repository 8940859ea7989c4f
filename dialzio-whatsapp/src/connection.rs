//! The fields by which a WhatsApp number is connected, as Meta's pages name them.
//!
//! Source: Meta, *Cloud API, get started*, read 2026-05.

use dialzio_core::provider::{ConnectionForm, FieldFormat, FormField};

/// The name of the one credential.
pub(crate) const ACCESS_TOKEN: &str = "access_token";

pub(crate) static FORM: ConnectionForm = ConnectionForm {
    app_secret: Some(FormField {
        name: "app_secret",
        label: "App secret",
        hint: "In the app dashboard under App settings, Basic.",
        secret: true,
        required: true,
        format: FieldFormat::Text,
    }),
    verify_token: Some(FormField {
        name: "verify_token",
        label: "Verify token",
        hint: "A text that you choose and enter again where Meta asks for it.",
        secret: true,
        required: true,
        format: FieldFormat::Text,
    }),
    routing_key: FormField {
        name: "phone_number_id",
        label: "Phone number ID",
        hint: "In the app dashboard under WhatsApp, API Setup. It is not the phone number.",
        secret: false,
        required: true,
        format: FieldFormat::Id,
    },
    business_id: Some(FormField {
        name: "business_account_id",
        label: "WhatsApp Business Account ID",
        hint: "In the app dashboard under WhatsApp, API Setup.",
        secret: false,
        required: true,
        format: FieldFormat::Id,
    }),
    portfolio: Some(FormField {
        name: "portfolio",
        label: "Business portfolio ID",
        hint: "In Business settings under Business info. Needed only if several accounts share people's ids.",
        secret: false,
        required: false,
        format: FieldFormat::Id,
    }),
    credentials: &[FormField {
        name: ACCESS_TOKEN,
        label: "Access token",
        hint: "Of a system user with whatsapp_business_messaging and whatsapp_business_management.",
        secret: true,
        required: true,
        format: FieldFormat::Token,
    }],
};
