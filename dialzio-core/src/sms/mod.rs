//! SMS: how a text is cut into segments, and what an account's messages by SMS are sent under.

mod segments;
mod settings;

pub use segments::{GSM7_BASIC, GSM7_EXTENDED, Segments, SmsEncoding};
pub(crate) use settings::template_body;
pub use settings::{DltId, DltRegistration, DltSender, SegmentPrice, SmsError, SmsHeader, SmsSettings};
