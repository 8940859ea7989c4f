//! What a message holds. Stored as versioned JSON beside a kind column and a text column.

use serde::{Deserialize, Serialize};

use super::template::TemplateCategory;
use crate::id::MediaId;
use crate::name::words;
use crate::text::MessageText;

words! {
    /// What a file is.
    pub enum MediaKind {
        /// A picture.
        Image = "image",
        /// A film.
        Video = "video",
        /// A sound file.
        Audio = "audio",
        /// A voice note.
        Voice = "voice",
        /// Any other file.
        Document = "document",
        /// A sticker.
        Sticker = "sticker",
    }
}

words! {
    /// Which control the person used to choose.
    pub enum ChoiceKind {
        /// A reply button of an interactive message.
        Button = "button",
        /// A row of a list.
        ListRow = "list_row",
        /// A quick reply of a template.
        TemplateButton = "template_button",
    }
}

/// One product line of an order.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct OrderItem {
    /// The seller's product id.
    pub product: String,
    /// How many.
    pub quantity: f64,
    /// Price of one, in major units of `currency`, as the provider wrote it.
    pub price: f64,
    /// ISO 4217.
    pub currency: String,
}

/// A contact card that somebody shared.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ContactCard {
    /// The name on it.
    pub name: Option<String>,
    /// Numbers as written.
    pub phones: Vec<String>,
    /// Addresses as written.
    pub emails: Vec<String>,
    /// The card shows the sender's own number, on request.
    pub own: bool,
}

impl std::fmt::Debug for ContactCard {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "ContactCard(… {} phones)", self.phones.len())
    }
}

/// What a message holds. The kind words are part of the API.
#[derive(Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
#[non_exhaustive]
pub enum Content {
    /// Plain text.
    Text {
        /// What it says.
        body: MessageText,
    },
    /// A file.
    Media {
        /// What it is.
        what: MediaKind,
        /// The file.
        media: MediaId,
        /// Text under it.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        caption: Option<MessageText>,
        /// Its name, as the sender called it.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        filename: Option<String>,
    },
    /// A place.
    Location {
        /// Degrees north.
        latitude: f64,
        /// Degrees east.
        longitude: f64,
        /// Its name.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        name: Option<String>,
        /// Its address.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        address: Option<String>,
    },
    /// Contact cards.
    Contacts {
        /// The cards.
        cards: Vec<ContactCard>,
    },
    /// A button or row that the person chose.
    Choice {
        /// Which control.
        what: ChoiceKind,
        /// The id or payload behind it.
        id: String,
        /// What was written on it.
        title: MessageText,
    },
    /// A form that the person filled in.
    Form {
        /// Its name at the provider.
        name: String,
        /// The answers, as JSON text.
        response: String,
    },
    /// The answer to a request to be called.
    CallPermission {
        /// `true` if the person agreed.
        accepted: bool,
        /// Until when (Unix seconds); `None` if permanent or refused.
        expires_at: Option<i64>,
    },
    /// An order from a catalogue.
    Order {
        /// The catalogue.
        catalog: String,
        /// What the person wrote with it.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        text: Option<MessageText>,
        /// What was ordered.
        items: Vec<OrderItem>,
    },
    /// A template as it was sent.
    Template {
        /// Its name.
        name: String,
        /// Its language, exactly as at the provider.
        language: String,
        /// Its category when it was sent.
        category: TemplateCategory,
        /// Header, body and footer with the parameters filled in.
        body: MessageText,
        /// The parameters, for the wire.
        parameters: super::template::TemplateSend,
    },
    /// A notice of the provider about the person.
    System {
        /// What happened, in the provider's words for it.
        what: String,
        /// The provider's sentence, if any.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        body: Option<MessageText>,
    },
    /// The person opened the chat for the first time.
    Welcome,
    /// Not understood; kept whole.
    Unsupported {
        /// The provider's word for it.
        what: String,
        /// The element as it arrived, as JSON text.
        raw: String,
    },
}

impl Content {
    /// Plain text.
    ///
    /// # Errors
    /// [`crate::TextError`] if empty, longer than [`MessageText::MAX`] or with control characters.
    pub fn text(body: &str) -> Result<Self, crate::TextError> {
        MessageText::parse(body).map(|body| Self::Text { body })
    }

    /// The stored and published word for the kind. A file's kind is its [`MediaKind`].
    #[must_use]
    pub const fn kind(&self) -> &'static str {
        match self {
            Self::Text { .. } => "text",
            Self::Media { what, .. } => what.as_str(),
            Self::Location { .. } => "location",
            Self::Contacts { .. } => "contacts",
            Self::Choice { .. } => "choice",
            Self::Form { .. } => "form",
            Self::CallPermission { .. } => "call_permission",
            Self::Order { .. } => "order",
            Self::Template { .. } => "template",
            Self::System { .. } => "system",
            Self::Welcome => "welcome",
            Self::Unsupported { .. } => "unsupported",
        }
    }

    /// What a person would read: the text column, and what previews show.
    #[must_use]
    pub fn reading(&self) -> Option<&str> {
        match self {
            Self::Text { body } | Self::Template { body, .. } => Some(body.reveal()),
            Self::Media { caption: text, .. }
            | Self::Order { text, .. }
            | Self::System { body: text, .. } => text.as_ref().map(MessageText::reveal),
            Self::Choice { title, .. } => Some(title.reveal()),
            Self::Location { name, address, .. } => name.as_deref().or(address.as_deref()),
            Self::Contacts { cards } => cards.first().and_then(|card| card.name.as_deref()),
            Self::Form { .. } | Self::CallPermission { .. } | Self::Welcome | Self::Unsupported { .. } => {
                None
            }
        }
    }

    /// The file, if it is one.
    #[must_use]
    pub const fn media(&self) -> Option<MediaId> {
        match self {
            Self::Media { media, .. } => Some(*media),
            _ => None,
        }
    }
}

impl std::fmt::Debug for Content {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Content({}, …)", self.kind())
    }
}
