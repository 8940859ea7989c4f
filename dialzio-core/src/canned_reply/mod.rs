//! Canned replies: texts of an organisation that members send often, with placeholders for what differs from person to
//! person.

mod placeholder;
mod service;
mod shortcut;
mod store;

pub use placeholder::{Filled, Placeholder, Values, fill, unfilled, unknown};
pub use service::{CannedReplyPatch, CannedReplyService, NewCannedReply};
pub use shortcut::{Shortcut, ShortcutError};
pub use store::{CannedReplyChange, CannedReplyStore, CannedReplyWrite};

use crate::id::CannedReplyId;
use crate::store::Revision;
use crate::text::{CannedText, Title};

/// The most canned replies of an organisation. Two that are added at the same time may pass it by one.
pub const MAX_CANNED_REPLIES: usize = 200;

/// A text that members send often.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CannedReply {
    /// The id; ids sort by the time they were made at.
    pub id: CannedReplyId,
    /// What members look for in the list.
    pub title: Title,
    /// What finds it after `/`, unique in the organisation.
    pub shortcut: Shortcut,
    /// The text, with its placeholders as they were written.
    pub text: CannedText,
    /// Counts its changes.
    pub revision: Revision,
}
