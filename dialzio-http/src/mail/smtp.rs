//! Mail over SMTP, encrypted unless the server is on this machine.

use async_trait::async_trait;
use dialzio_core::mail::{Mail, MailError, Mailer};
use lettre::message::Mailbox;
use lettre::transport::smtp::{AsyncSmtpTransport, PoolConfig};
use lettre::{AsyncTransport, Tokio1Executor};
use std::fmt;
use std::time::Duration;
use url::{Host, Url};

use super::message::compose;

/// How long a step of the conversation with the server may take.
const STEP: Duration = Duration::from_secs(20);
/// How long all of it may take.
const WHOLE: Duration = Duration::from_secs(55);
/// Replies that say something about us and not about the mail: authentication is needed, too weak or wrong. Source: RFC
/// 4954, 6.
const NOT_LET_IN: [u16; 4] = [530, 534, 535, 538];

/// Why a mail server cannot be used. Nothing of the address is repeated, since it may hold a password.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum SmtpError {
    /// The address cannot be read.
    #[error(
        "the mail server's address must be like smtps://user:password@mail.example:465, or smtp:// for STARTTLS"
    )]
    Address,
    /// A user without a password, or the other way round.
    #[error("the mail server's address has a user and a password, or neither")]
    User,
    /// The sender cannot be read.
    #[error("the sender must be like no-reply@example.com, or Dialzio <no-reply@example.com>")]
    From,
}

/// Sends mail by an SMTP server. Whoever listens between sees neither mail nor password: `smtps://` begins with TLS, and
/// `smtp://` needs STARTTLS, unless the server is on this machine.
pub struct SmtpMailer {
    transport: AsyncSmtpTransport<Tokio1Executor>,
    from: Mailbox,
}

impl fmt::Debug for SmtpMailer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SmtpMailer")
    }
}

impl SmtpMailer {
    /// By the server at this address, such as `smtps://user:password@mail.example:465`, from this sender.
    ///
    /// # Errors
    /// [`SmtpError`] says what cannot be read.
    ///
    /// # Panics
    /// Outside of a Tokio runtime, which the pool of connections needs.
    pub fn new(address: &str, from: &str) -> Result<Self, SmtpError> {
        let from: Mailbox = from.parse().map_err(|_| SmtpError::From)?;
        let mut url = Url::parse(address).map_err(|_| SmtpError::Address)?;
        if url.username().is_empty() != url.password().is_none_or(str::is_empty) {
            return Err(SmtpError::User);
        }
        let tls = match (url.scheme(), is_this_machine(&url)?) {
            ("smtps", _) | ("smtp", true) => None,
            ("smtp", false) => Some("tls=required"),
            _ => return Err(SmtpError::Address),
        };
        if url.query().is_some() || url.fragment().is_some() || url.path().len() > 1 {
            return Err(SmtpError::Address);
        }
        url.set_query(tls);
        let builder = AsyncSmtpTransport::<Tokio1Executor>::from_url(url.as_str());
        let builder = builder.map_err(|_| SmtpError::Address)?;
        let pool = PoolConfig::new().max_size(2).idle_timeout(Duration::from_secs(30));
        Ok(Self { transport: builder.timeout(Some(STEP)).pool_config(pool).build(), from })
    }
}

/// Whether the server is on this machine, so that nobody listens between.
fn is_this_machine(url: &Url) -> Result<bool, SmtpError> {
    // Schemes that are not of the web keep numbers as names.
    Ok(match url.host().ok_or(SmtpError::Address)? {
        Host::Domain(name) => {
            name == "localhost" || name.parse().is_ok_and(|address: std::net::IpAddr| address.is_loopback())
        }
        Host::Ipv4(address) => address.is_loopback(),
        Host::Ipv6(address) => address.is_loopback(),
    })
}

#[async_trait]
impl Mailer for SmtpMailer {
    async fn send(&self, mail: &Mail) -> Result<(), MailError> {
        let message = compose(mail, &self.from).ok_or(MailError::Refused { reply: None })?;
        let sent = tokio::time::timeout(WHOLE, self.transport.send(message));
        let Ok(answer) = sent.await else { return Err(MailError::Later { reply: None }) };
        answer.map(drop).map_err(|error| {
            let reply = error.status().map(u16::from);
            if error.is_permanent() && !reply.is_some_and(|reply| NOT_LET_IN.contains(&reply)) {
                MailError::Refused { reply }
            } else {
                MailError::Later { reply }
            }
        })
    }
}
