//! The whole product from outside: a server on a port, a provider's emulator beside it, and people on both ends.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::expect_used,
    clippy::print_stdout,
    missing_docs,
    reason = "tests"
)]

mod activity;
mod api_keys;
mod attempts;
mod audit;
mod bulk;
mod call_flows;
mod calls;
mod canned_replies;
mod channels;
mod contact_edit;
mod contact_list;
mod contract;
mod corpus;
mod dispositions;
mod drafts;
mod field;
mod field_outbound;
mod field_people;
mod field_sends;
mod files;
mod filters;
mod fixture;
mod happy_path;
mod hooks;
mod hostile;
mod imports;
mod isolation;
mod joining;
mod keys;
mod live;
mod mail;
mod masking;
mod members;
mod message_search;
mod mounted;
mod news;
mod notices;
mod numbers;
mod opt_outs;
mod passkeys;
mod preconditions;
mod presence;
mod profile;
mod recordings;
mod rotation;
mod safe_methods;
mod same_answer;
mod sandbox;
mod saved_views;
mod scheduled;
mod second_factor;
mod secrets;
mod single_sign_on;
mod sms;
mod stop_race;
mod support;
mod tasks;
mod timeline;
mod tokens;
mod transfer;
mod usage;
mod values;
mod visibility;
mod whatsapp_calls;
