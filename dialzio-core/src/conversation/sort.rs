//! What kind of message people look for: what it holds, not how the provider sent it.

use super::{Content, MediaKind, Message};
use crate::name::string_enum;

string_enum! {
    /// What a message holds, as people look for it. A message may be of several kinds: a picture whose caption has a link.
    pub enum MessageSort {
        /// Text alone.
        Text = "text",
        /// A picture, a video or a sticker.
        Picture = "picture",
        /// A voice note or another sound.
        Audio = "audio",
        /// Any other file.
        Document = "document",
        /// A link in what is written.
        Link = "link",
        /// A template of ours.
        Template = "template",
    }
}

impl MessageSort {
    /// Whether a message holds this. One that was taken back holds nothing.
    #[must_use]
    pub fn is(self, message: &Message) -> bool {
        if message.revoked_at.is_some() {
            return false;
        }
        let file = match &message.content {
            Content::Media { what, .. } => Some(what),
            _ => None,
        };
        match self {
            Self::Text => matches!(message.content, Content::Text { .. }),
            Self::Picture => matches!(file, Some(MediaKind::Image | MediaKind::Video | MediaKind::Sticker)),
            Self::Audio => matches!(file, Some(MediaKind::Audio | MediaKind::Voice)),
            Self::Document => file == Some(&MediaKind::Document),
            Self::Link => message.content.display_text().is_some_and(has_link),
            Self::Template => matches!(message.content, Content::Template { .. }),
        }
    }
}

fn has_link(text: &str) -> bool {
    let text = text.to_ascii_lowercase();
    text.contains("https://") || text.contains("http://")
}
