//! A mail as it goes over the wire (RFC 5322): headers and a plain text, and nothing that is fetched or tracked.

use dialzio_core::mail::Mail;
use lettre::message::header::{ContentType, Header, HeaderName, HeaderValue};
use lettre::message::{Mailbox, Message};

/// That no person wrote it, so that no program answers it. Source: RFC 3834, 5.
#[derive(Clone)]
struct AutoSubmitted;

impl Header for AutoSubmitted {
    fn name() -> HeaderName {
        HeaderName::new_from_ascii_str("Auto-Submitted")
    }

    fn parse(_: &str) -> Result<Self, Box<dyn std::error::Error + Send + Sync>> {
        Ok(Self)
    }

    fn display(&self) -> HeaderValue {
        HeaderValue::new(Self::name(), "auto-generated".to_owned())
    }
}

/// The message of a mail from this sender; `None` if it cannot be addressed. Its id is in the sender's domain, and the same
/// at each attempt.
pub(super) fn compose(mail: &Mail, from: &Mailbox) -> Option<Message> {
    let to = Mailbox::new(None, mail.to().reveal().parse().ok()?);
    let id = format!("<{}@{}>", mail.id(), from.email.domain());
    Message::builder()
        .from(from.clone())
        .to(to)
        .subject(mail.subject())
        .message_id(Some(id))
        .date_now()
        .header(AutoSubmitted)
        .header(ContentType::TEXT_PLAIN)
        .body(mail.text().to_owned())
        .ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use dialzio_core::text::EmailAddress;
    use dialzio_core::{MailId, TypedId};

    fn written(to: &str, subject: &str, text: &str) -> String {
        let to = EmailAddress::parse(to).unwrap();
        let id = MailId::from_uuid(uuid::Uuid::from_u128(7));
        let from = "Dialzio <no-reply@crm.example>".parse().unwrap();
        let message = compose(&Mail::new(id, to, subject, text), &from).unwrap();
        String::from_utf8(message.formatted()).unwrap()
    }

    #[test]
    fn a_mail_says_who_made_it_and_has_an_id_of_our_domain() {
        let mail = written("asha@shop.example", "Your link", "Open it:\nhttps://crm.example/x\n");
        let (head, body) = mail.split_once("\r\n\r\n").unwrap();
        for line in [
            "From: Dialzio <no-reply@crm.example>",
            "To: asha@shop.example",
            "Subject: Your link",
            "Message-ID: <00000000-0000-0000-0000-000000000007@crm.example>",
            "Auto-Submitted: auto-generated",
            "Content-Type: text/plain; charset=utf-8",
        ] {
            assert!(head.lines().any(|found| found == line), "{line} in {head}");
        }
        assert_eq!(body, "Open it:\r\nhttps://crm.example/x\r\n");
    }

    #[test]
    fn nothing_in_a_mail_becomes_a_header() {
        let subject = "Join Shop\r\nBcc: eve@evil.example\nX: y\r\n\r\nhello दुकान";
        let mail = written("asha@shop.example", subject, "\r\nBcc: eve@evil.example\r\n.\r\n");
        let (head, _) = mail.split_once("\r\n\r\n").unwrap();
        for line in head.lines().filter(|line| !line.starts_with(' ')) {
            let (name, _) = line.split_once(':').unwrap();
            let known = [
                "From",
                "To",
                "Subject",
                "Message-ID",
                "Date",
                "Auto-Submitted",
                "Content-Type",
                "MIME-Version",
                "Content-Transfer-Encoding",
            ];
            assert!(known.contains(&name), "{line}");
        }
    }
}
