//! How mail is sent.

use dialzio_core::mail::Mailer;
use std::path::Path;
use std::sync::Arc;

use crate::mail::SmtpMailer;

/// How mail is sent to people who sign in.
#[derive(Debug, clap::Args)]
pub(super) struct MailWay {
    /// The mail server for links to sign in, new passwords, invitations and notices, such as
    /// smtps://user:password@mail.example:465, or smtp:// for STARTTLS, which is required unless the server is on this
    /// machine. It holds a password, so it is better said in the environment. Without one no mail is sent; with --sandbox
    /// mail is then written into files.
    #[arg(long = "smtp", env = "DIALZIO_SMTP", hide_env_values = true)]
    smtp: Option<Address>,
    /// The sender of mail, such as no-reply@example.com or "Dialzio <no-reply@example.com>".
    #[arg(long = "mail-from", env = "DIALZIO_MAIL_FROM")]
    from: Option<String>,
}

/// The address of a mail server, which is not shown: it may hold a password.
#[derive(Clone)]
struct Address(String);

impl std::str::FromStr for Address {
    type Err = std::convert::Infallible;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Ok(Self(text.to_owned()))
    }
}

impl std::fmt::Debug for Address {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Address(…)")
    }
}

/// What sends mail, and what to say about it at the start.
type Way = (Option<Arc<dyn Mailer>>, Option<String>);

impl MailWay {
    /// Whether a mail server is named.
    pub(super) const fn is_named(&self) -> bool {
        self.smtp.is_some() && self.from.is_some()
    }

    /// By the server that is named; into files of the data folder with the sandbox and without one.
    pub(super) fn mailer(
        &self,
        data: &Path,
        sandbox: bool,
    ) -> Result<Way, Box<dyn std::error::Error + Send + Sync>> {
        match (&self.smtp, &self.from) {
            (Some(Address(address)), Some(from)) => {
                Ok((Some(Arc::new(SmtpMailer::new(address, from)?)), None))
            }
            (None, Some(_)) | (Some(_), None) => Err("--smtp and --mail-from go together".into()),
            (None, None) => in_files(data, sandbox),
        }
    }
}

#[cfg(feature = "sandbox")]
fn in_files(data: &Path, sandbox: bool) -> Result<Way, Box<dyn std::error::Error + Send + Sync>> {
    if !sandbox {
        return Ok((None, None));
    }
    let folder = data.join("mail");
    let mailer = crate::mail::FileMailer::in_folder(&folder)?;
    let note = format!("Mail is not sent but written into {}", folder.display());
    Ok((Some(Arc::new(mailer)), Some(note)))
}

#[cfg(not(feature = "sandbox"))]
fn in_files(_: &Path, _: bool) -> Result<Way, Box<dyn std::error::Error + Send + Sync>> {
    Ok((None, None))
}
