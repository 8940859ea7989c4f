//! Webhooks in: origin checked over the raw bytes, then every element read for itself.

mod call;
mod card;
mod content;
mod envelope;
mod id;
mod inbound;
mod message;
mod notice;
mod person;
mod status;
mod value;
mod verify;

pub(crate) use self::{envelope::decode, id::token, verify::verify};
