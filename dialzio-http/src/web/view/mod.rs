//! What the pages show: plain values, already in words, and the template of each part.
//!
//! A handler fills one of these structs and renders it; nothing here reads a store, a clock or a
//! setting. A part is one struct and one template of the same name, used alone as the answer to a
//! request of the page and inside the page itself, so that both always look the same.
//!
//! Rules: text from outside is a [`Shown`] or a [`RichText`]; times are [`Moment`]s in the zone of
//! the organisation; addresses are complete paths of our own origin.

pub(crate) mod addresses;
pub(crate) mod api_keys;
pub(crate) mod audit;
pub(crate) mod call_flows;
pub(crate) mod calls;
pub(crate) mod canned_replies;
pub(crate) mod channels;
pub(crate) mod common;
pub(crate) mod composer;
pub(crate) mod contact;
pub(crate) mod contact_import;
pub(crate) mod contact_list;
pub(crate) mod entry;
pub(crate) mod excerpt;
pub(crate) mod filter;
pub(crate) mod goto;
pub(crate) mod help;
pub(crate) mod icon;
pub(crate) mod inbox;
pub(crate) mod mailed_link;
pub(crate) mod marks;
pub(crate) mod members;
pub(crate) mod message;
pub(crate) mod news;
pub(crate) mod notices;
pub(crate) mod numbers;
pub(crate) mod organisations;
pub(crate) mod parts;
pub(crate) mod passkeys;
pub(crate) mod person;
pub(crate) mod picker;
pub(crate) mod profile;
pub(crate) mod quarantine;
pub(crate) mod recordings;
pub(crate) mod sample;
pub(crate) mod sandbox;
pub(crate) mod saved_views;
pub(crate) mod scheduled;
pub(crate) mod second_factor;
pub(crate) mod shared;
pub(crate) mod shell;
pub(crate) mod single_sign_on;
pub(crate) mod sms;
pub(crate) mod state;
pub(crate) mod tasks;
pub(crate) mod teams;
pub(crate) mod templates;
pub(crate) mod text;
pub(crate) mod thread;
pub(crate) mod timeline;
pub(crate) mod usage;

pub(crate) use common::{Action, Avatar, Chip, Choice, Fact, Moment, Tone};
pub(crate) use icon::icon;
pub(crate) use shell::Shell;
pub(crate) use text::{RichText, Shown};
