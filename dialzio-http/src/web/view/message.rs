//! One message: its content, and what is known about its delivery.

use super::text::Segment;
use super::{Action, Moment, RichText, Shown};

/// A message in a thread.
#[derive(Clone, Debug)]
pub(crate) struct Bubble {
    /// Id of the message; the element is `item-{id}`.
    pub(crate) id: String,
    /// `true` if it came from the person, `false` if from us.
    pub(crate) is_inbound: bool,
    /// Who says it, for those who hear the page: "Grace Mathew", "You", "Ravi".
    pub(crate) speaker: Option<Shown>,
    /// Who of us wrote it; `None` for inbound and for what the reader wrote.
    pub(crate) author: Option<Shown>,
    /// What it says.
    pub(crate) content: Content,
    /// The message that it answers.
    pub(crate) quote: Option<Quote>,
    /// Where it comes from: "Forwarded".
    pub(crate) origin: Option<&'static str>,
    /// The advertisement that the person came from.
    pub(crate) advert: Option<Advert>,
    /// Emoji put on it.
    pub(crate) reactions: Vec<Reaction>,
    /// When it was sent or received.
    pub(crate) time: Moment,
    /// Whether the person changed it afterwards.
    pub(crate) is_edited: bool,
    /// What is known about delivery; `None` for inbound.
    pub(crate) delivery: Option<Delivery>,
    /// Whether our people may quote it in a reply.
    pub(crate) can_quote: bool,
}

impl Bubble {
    /// Classes of the element.
    pub(crate) fn classes(&self) -> &'static str {
        match (&self.delivery, self.is_inbound) {
            (_, true) => "item item-in",
            (Some(Delivery::Failed { .. }), _) => "item item-out item-failed has-fate",
            (Some(Delivery::Unknown { .. }), _) => "item item-out item-unknown has-fate",
            (Some(Delivery::Deferred { .. }), _) => "item item-out item-wait has-fate",
            (Some(Delivery::Suppressed { .. } | Delivery::Cancelled { .. }), _) => {
                "item item-out item-held has-fate"
            }
            _ => "item item-out",
        }
    }

    /// Its first words, which tell the buttons of messages apart.
    pub(crate) fn summary(&self) -> String {
        let words = self.content.words();
        let short: String = words.chars().take(60).collect();
        format!("{short}, {}", self.time.short)
    }

    /// Whether the time stands on the last line of the text instead of below it.
    pub(crate) fn is_plain_text(&self) -> bool {
        matches!(self.content, Content::Text(_)) && !self.classes().ends_with("has-fate")
    }
}

/// What a message says.
#[derive(Clone, Debug)]
pub(crate) enum Content {
    /// Words.
    Text(RichText),
    /// An approved template, filled in.
    Template {
        /// Name of the template.
        name: Shown,
        /// Bold first line.
        header: Option<Shown>,
        /// Words.
        body: RichText,
        /// Small last line.
        footer: Option<Shown>,
        /// Labels of its buttons.
        buttons: Vec<Shown>,
    },
    /// A picture; also a sticker.
    Image {
        /// Address of the stored picture.
        src: String,
        /// Pixels, if known, so that nothing jumps when it loads.
        size: Option<(u32, u32)>,
        /// Words below it.
        caption: Option<RichText>,
    },
    /// A film.
    Video {
        /// Address of the stored film.
        src: String,
        /// Words below it.
        caption: Option<RichText>,
    },
    /// A sound or voice note.
    Audio {
        /// Address of the stored sound.
        src: String,
        /// "0:24", if known.
        length: Option<String>,
    },
    /// A file to download.
    Document {
        /// Address of the stored file.
        href: String,
        /// File name.
        name: Shown,
        /// "PDF · 1.2 MB".
        kind: String,
        /// Words below it.
        caption: Option<RichText>,
    },
    /// A place.
    Location {
        /// Its name, or "Location".
        label: Shown,
        /// Address or coordinates.
        detail: Shown,
        /// Link to a map, opened only on click; `None` without coordinates.
        href: Option<String>,
    },
    /// Contact cards.
    Cards(Vec<Card>),
    /// Media that is not here yet.
    MediaPending {
        /// "Photo · loading".
        what: String,
        /// Words below it.
        caption: Option<RichText>,
    },
    /// Media that cannot be shown.
    MediaGone {
        /// What it is, and why.
        reason: String,
        /// Words below it.
        caption: Option<RichText>,
    },
    /// Taken back by the person.
    Revoked,
    /// A kind that the provider does not hand over or that we do not know: "a poll".
    Unsupported(String),
}

impl Content {
    /// What it says, in words.
    pub(crate) fn words(&self) -> String {
        match self {
            Content::Text(text) | Content::Template { body: text, .. } => text.plain(),
            Content::Image { caption, .. } => {
                caption.as_ref().map_or_else(|| "Photo".to_owned(), RichText::plain)
            }
            Content::Video { caption, .. } => {
                caption.as_ref().map_or_else(|| "Video".to_owned(), RichText::plain)
            }
            Content::Audio { .. } => "Voice message".to_owned(),
            Content::Document { name, .. } => name.to_string(),
            Content::Location { label, .. } => label.to_string(),
            Content::Cards(_) => "Contact".to_owned(),
            Content::MediaPending { what, .. } => what.clone(),
            Content::MediaGone { reason, .. } => reason.clone(),
            Content::Revoked => "Deleted message".to_owned(),
            Content::Unsupported(what) => what.clone(),
        }
    }

    /// The links in what is written: address and words of each.
    pub(crate) fn links(&self) -> Vec<(String, Shown)> {
        let (Self::Text(text)
        | Self::Template { body: text, .. }
        | Self::Image { caption: Some(text), .. }
        | Self::Video { caption: Some(text), .. }
        | Self::Document { caption: Some(text), .. }) = self
        else {
            return Vec::new();
        };
        let link = |piece: &Segment| match piece {
            Segment::Link { href, text } if href.starts_with("http") => {
                Some((href.clone(), text.as_str().into()))
            }
            _ => None,
        };
        text.0.iter().filter_map(link).collect()
    }
}

/// A contact card.
#[derive(Clone, Debug)]
pub(crate) struct Card {
    /// Name on it, or what it is known by.
    pub(crate) name: Shown,
    /// What else is on it, a line each: "+91 98400 55555 · CELL".
    pub(crate) details: Vec<Shown>,
}

/// The advertisement or page that a person came from.
#[derive(Clone, Debug)]
pub(crate) struct Advert {
    /// Its headline, or what it is.
    pub(crate) headline: Shown,
    /// Its words.
    pub(crate) body: Option<Shown>,
    /// Ids, for those who ask which advertisement it was.
    pub(crate) ids: Option<Shown>,
}

/// The message that another one answers.
#[derive(Clone, Debug)]
pub(crate) struct Quote {
    /// Id of the quoted message, if it is known here.
    pub(crate) id: Option<String>,
    /// Who wrote it.
    pub(crate) author: Shown,
    /// Its first line.
    pub(crate) text: Shown,
}

/// An emoji on a message.
#[derive(Clone, Debug)]
pub(crate) struct Reaction {
    /// The emoji.
    pub(crate) emoji: Shown,
    /// Who put it there.
    pub(crate) by: Shown,
}

/// What is known about the delivery of one of our messages. The words are the same everywhere.
#[derive(Clone, Debug)]
pub(crate) enum Delivery {
    /// Waits for its turn.
    Queued,
    /// Handed to the provider.
    Sent,
    /// Accepted by a provider that reports no delivery: more is never known.
    Accepted,
    /// On the device.
    Delivered,
    /// Opened.
    Read,
    /// The provider says that it cannot deliver.
    Failed {
        /// Plain sentence with the reason.
        reason: Shown,
        /// The provider's code and words, shown on demand.
        details: Option<Shown>,
        /// What helps.
        actions: Vec<Action>,
    },
    /// The send had no answer: whether it was sent is unknown.
    Unknown {
        /// Plain sentence.
        reason: Shown,
        /// Resend, mark as sent, drop.
        actions: Vec<Action>,
    },
    /// Waits for the end of quiet hours or of a cap.
    Deferred {
        /// "Goes out at 10:00, after quiet hours".
        when: Shown,
        /// Cancel.
        actions: Vec<Action>,
    },
    /// Stopped by a rule before it left.
    Suppressed {
        /// "Not sent: opted out on 2 Nov (wrote STOP)".
        reason: Shown,
    },
    /// Taken back by one of us before it left.
    Cancelled {
        /// "Cancelled by Ravi before it went out".
        reason: Shown,
    },
}

/// A private note between messages.
#[derive(Clone, Debug)]
pub(crate) struct NoteItem {
    /// Id of the note; the element is `item-{id}`.
    pub(crate) id: String,
    /// Who wrote it.
    pub(crate) author: Shown,
    /// When.
    pub(crate) time: Moment,
    /// Words.
    pub(crate) text: RichText,
}
