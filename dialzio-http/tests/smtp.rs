//! Mail over SMTP, against a small server.

#![cfg(feature = "smtp")]
#![allow(clippy::unwrap_used, missing_docs)]

use dialzio_core::mail::{Mail, MailError, Mailer};
use dialzio_core::text::EmailAddress;
use dialzio_core::{MailId, TypedId};
use dialzio_http::mail::{SmtpError, SmtpMailer};
use std::sync::{Arc, Mutex};
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};
use tokio::net::{TcpListener, TcpStream};

/// What the server heard, line by line.
type Heard = Arc<Mutex<Vec<String>>>;

/// A server that knows as much of SMTP as a mail needs. `refuses` answers commands that begin with its first part.
struct Server {
    port: u16,
    heard: Heard,
}

impl Server {
    async fn start(refuses: Option<(&'static str, &'static str)>) -> Self {
        let listener = TcpListener::bind("0.0.0.0:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let heard = Heard::default();
        let all = Arc::clone(&heard);
        tokio::spawn(async move {
            loop {
                let (stream, _) = listener.accept().await.unwrap();
                tokio::spawn(talk(stream, Arc::clone(&all), refuses));
            }
        });
        Self { port, heard }
    }

    fn heard(&self) -> Vec<String> {
        self.heard.lock().unwrap().clone()
    }
}

async fn talk(mut stream: TcpStream, heard: Heard, refuses: Option<(&'static str, &'static str)>) {
    let (read, mut write) = stream.split();
    let mut lines = BufReader::new(read).lines();
    write.write_all(b"220 mail.example ESMTP\r\n").await.unwrap();
    let mut in_data = false;
    while let Ok(Some(line)) = lines.next_line().await {
        heard.lock().unwrap().push(line.clone());
        let answer = match line.as_str() {
            "." if in_data => {
                in_data = false;
                "250 taken\r\n"
            }
            _ if in_data => continue,
            line if refuses.is_some_and(|(command, _)| line.starts_with(command)) => refuses.unwrap().1,
            line if line.starts_with("EHLO") => "250-mail.example\r\n250 AUTH PLAIN LOGIN\r\n",
            line if line.starts_with("AUTH") => "235 welcome\r\n",
            "DATA" => {
                in_data = true;
                "354 go on\r\n"
            }
            "QUIT" => "221 bye\r\n",
            _ => "250 ok\r\n",
        };
        if write.write_all(answer.as_bytes()).await.is_err() {
            return;
        }
    }
}

const FROM: &str = "Dialzio <no-reply@crm.example>";

fn mail() -> Mail {
    let id = MailId::from_uuid(uuid::Uuid::from_u128(7));
    let to = EmailAddress::parse("asha@shop.example").unwrap();
    Mail::new(id, to, "Your link", "Open it:\n.\nhttps://crm.example/reset#abc\n")
}

#[tokio::test]
async fn a_mail_is_handed_over_whole_to_one_person() {
    let server = Server::start(None).await;
    let mailer = SmtpMailer::new(&format!("smtp://me:p%40ss@127.0.0.1:{}", server.port), FROM).unwrap();
    mailer.send(&mail()).await.unwrap();
    let heard = server.heard();
    let auth = heard.iter().find(|line| line.starts_with("AUTH PLAIN ")).unwrap();
    let sent = base64::Engine::decode(&base64::engine::general_purpose::STANDARD, &auth[11..]).unwrap();
    assert_eq!(sent, b"\0me\0p@ss", "written with escapes in the address");
    let envelope: Vec<_> =
        heard.iter().filter(|line| line.starts_with("MAIL") || line.starts_with("RCPT")).collect();
    assert_eq!(envelope.len(), 2, "{heard:?}");
    assert!(envelope[0].starts_with("MAIL FROM:<no-reply@crm.example>"), "{envelope:?}");
    assert_eq!(envelope[1], "RCPT TO:<asha@shop.example>");
    assert!(heard.contains(&"Message-ID: <00000000-0000-0000-0000-000000000007@crm.example>".to_owned()));
    assert!(heard.contains(&"Auto-Submitted: auto-generated".to_owned()));
    // A line with a full stop alone does not end the mail (RFC 5321, 4.5.2).
    let at = heard.iter().position(|line| line == "Open it:").unwrap();
    assert_eq!(heard[at + 1..at + 3], ["..", "https://crm.example/reset#abc"]);
}

#[tokio::test]
async fn what_is_refused_for_good_is_told_from_what_may_be_tried_again() {
    for (command, reply, expected) in [
        ("RCPT", "550 no such mailbox\r\n", MailError::Refused { reply: Some(550) }),
        ("RCPT", "451 later\r\n", MailError::Later { reply: Some(451) }),
        ("AUTH", "535 wrong password\r\n", MailError::Later { reply: Some(535) }),
    ] {
        let server = Server::start(Some((command, reply))).await;
        let mailer = SmtpMailer::new(&format!("smtp://me:pass@127.0.0.1:{}", server.port), FROM).unwrap();
        assert_eq!(mailer.send(&mail()).await, Err(expected), "{reply}");
        assert!(!server.heard().contains(&"Open it:".to_owned()));
    }
    let nobody = TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap().port();
    let mailer = SmtpMailer::new(&format!("smtp://127.0.0.1:{nobody}"), FROM).unwrap();
    assert_eq!(mailer.send(&mail()).await, Err(MailError::Later { reply: None }));
}

/// 0.0.0.0 reaches this machine and is no address of it.
#[tokio::test]
async fn neither_password_nor_mail_leaves_this_machine_in_clear_text() {
    let server = Server::start(None).await;
    let mailer = SmtpMailer::new(&format!("smtp://me:pass@0.0.0.0:{}", server.port), FROM).unwrap();
    assert_eq!(mailer.send(&mail()).await, Err(MailError::Later { reply: None }));
    let heard = server.heard();
    assert!(heard.iter().any(|line| line.starts_with("EHLO")), "{heard:?}");
    assert!(!heard.iter().any(|line| ["AUTH", "MAIL", "DATA"].iter().any(|word| line.starts_with(word))));
}

#[tokio::test]
async fn an_address_that_cannot_be_used_is_refused_without_being_repeated() {
    for (address, from, expected) in [
        ("mail.example", FROM, SmtpError::Address),
        ("http://me:secret@mail.example", FROM, SmtpError::Address),
        ("smtp://me:secret@mail.example?tls=opportunistic", FROM, SmtpError::Address),
        ("smtps://me@mail.example", FROM, SmtpError::User),
        ("smtps://:secret@mail.example", FROM, SmtpError::User),
        ("smtps://me:secret@mail.example", "nobody", SmtpError::From),
        ("smtps://me:secret@mail.example", "a@b.example\r\nBcc: eve@evil.example", SmtpError::From),
    ] {
        let error = SmtpMailer::new(address, from).unwrap_err();
        assert_eq!(error, expected, "{address}");
        assert!(!error.to_string().contains("secret"));
    }
    let good = SmtpMailer::new("smtps://me:secret@mail.example", FROM).unwrap();
    assert_eq!(format!("{good:?}"), "SmtpMailer");
}
