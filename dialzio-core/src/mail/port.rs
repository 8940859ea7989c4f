//! A mail, and the port that sends it.

use async_trait::async_trait;
use std::fmt;

use crate::id::MailId;
use crate::text::EmailAddress;

/// The longest subject, in characters. With the name of an organisation in it, some lines of a header.
const LONGEST_SUBJECT: usize = 150;

/// A mail to one person: plain text in English, without anything that is fetched when it is read.
#[derive(Clone, PartialEq, Eq)]
pub struct Mail {
    id: MailId,
    to: EmailAddress,
    subject: String,
    text: String,
}

impl Mail {
    /// A mail. What cannot stand in a subject, such as the end of a line, becomes a space there; a subject that is too long
    /// is cut.
    #[must_use]
    pub fn new(id: MailId, to: EmailAddress, subject: &str, text: &str) -> Self {
        let plain = |c: char| if c.is_control() || matches!(c, '\u{2028}' | '\u{2029}') { ' ' } else { c };
        let subject = subject.chars().map(plain).take(LONGEST_SUBJECT).collect();
        Self { id, to, subject, text: text.to_owned() }
    }

    /// The id, the same at each attempt: who gets a mail twice can tell by the `Message-ID` that is made of it.
    #[must_use]
    pub const fn id(&self) -> MailId {
        self.id
    }

    /// Whom it goes to.
    #[must_use]
    pub const fn to(&self) -> &EmailAddress {
        &self.to
    }

    /// One line, without control characters.
    #[must_use]
    pub fn subject(&self) -> &str {
        &self.subject
    }

    /// The text, with lines that end in `\n`.
    #[must_use]
    pub fn text(&self) -> &str {
        &self.text
    }
}

impl fmt::Debug for Mail {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Mail").field("id", &self.id).finish_non_exhaustive()
    }
}

/// Why a mail was not accepted. The number is the reply of the server (RFC 5321, 4.2), if there was one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum MailError {
    /// The server cannot be reached, does not let us in, or takes no mail at the moment.
    #[error("the mail server takes no mail at the moment")]
    Later {
        /// Its reply.
        reply: Option<u16>,
    },
    /// The mail was refused for good.
    #[error("the mail server refused the mail for good")]
    Refused {
        /// Its reply.
        reply: Option<u16>,
    },
}

impl MailError {
    /// Whether the same mail may be accepted later.
    #[must_use]
    pub const fn may_be_tried_again(self) -> bool {
        matches!(self, Self::Later { .. })
    }

    /// What the server replied, if it did.
    #[must_use]
    pub const fn reply(self) -> Option<u16> {
        match self {
            Self::Later { reply } | Self::Refused { reply } => reply,
        }
    }
}

/// Sends mail. `Ok` means that the server has taken the mail over and sees to it from there on.
#[async_trait]
pub trait Mailer: fmt::Debug + Send + Sync + 'static {
    /// Hands a mail over. It answers within a minute.
    ///
    /// # Errors
    /// [`MailError`] says whether the mail may be tried again.
    async fn send(&self, mail: &Mail) -> Result<(), MailError>;
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::id::IdSource;

    #[test]
    fn a_subject_is_one_line_and_debug_shows_neither_person_nor_text() {
        let id = IdSource::seeded(1).next(chrono::DateTime::UNIX_EPOCH);
        let to = EmailAddress::parse("asha@shop.example").unwrap();
        let subject = "You are invited\r\nBcc: eve@evil.example\u{2028}x";
        let mail = Mail::new(id, to, subject, "the link\n");
        assert_eq!(mail.subject(), "You are invited  Bcc: eve@evil.example x");
        assert_eq!(Mail::new(id, mail.to().clone(), &"a".repeat(500), "").subject().len(), LONGEST_SUBJECT);
        let shown = format!("{mail:?}");
        assert!(!shown.contains("asha") && !shown.contains("invited") && !shown.contains("link"), "{shown}");
    }

    #[test]
    fn only_what_is_not_refused_for_good_may_be_tried_again() {
        assert!(MailError::Later { reply: Some(451) }.may_be_tried_again());
        assert!(!MailError::Refused { reply: Some(550) }.may_be_tried_again());
        assert_eq!(MailError::Refused { reply: Some(550) }.reply(), Some(550));
    }
}
