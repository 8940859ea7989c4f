//! Putting mail into the queue: sealed, in the same commit as what it is about.

use chrono::{DateTime, TimeDelta, Utc};
use serde::{Deserialize, Serialize};

use super::letters::Letter;
use super::{Mail, QueuedMail};
use crate::account::SealedContext;
use crate::error::Error;
use crate::id::{MailId, OrgId};
use crate::runtime::Runtime;
use crate::store::{Revision, SystemWrite};
use crate::text::EmailAddress;

/// How long a mail is tried at most.
const MAIL_LIFE: TimeDelta = TimeDelta::days(1);

/// What is sealed of a mail.
#[derive(Serialize, Deserialize)]
struct Content {
    to: String,
    subject: String,
    text: String,
}

/// A sealed mail opens in its own row alone.
fn context(id: MailId) -> SealedContext {
    SealedContext::new(OrgId::NIL, "mail", id, "content")
}

/// The write that queues a mail. What is in it is of use until `expires_at`; it is tried for a day at most.
///
/// # Errors
/// [`Error::MailNotSetUp`] if nothing sends mail; [`Error::Sealed`] and [`Error::Keys`] if it cannot be sealed.
pub(crate) async fn queue(
    runtime: &Runtime,
    to: &EmailAddress,
    letter: &Letter<'_>,
    expires_at: Option<DateTime<Utc>>,
) -> Result<SystemWrite, Error> {
    runtime.mailer().ok_or(Error::MailNotSetUp)?;
    queue_for_any_server(runtime, to, letter, expires_at).await
}

/// As [`queue`], from a program that sends no mail itself, such as a command of the operator: a server of the installation
/// does, or the mail ends.
///
/// # Errors
/// [`Error::Sealed`] and [`Error::Keys`] if it cannot be sealed.
pub(crate) async fn queue_for_any_server(
    runtime: &Runtime,
    to: &EmailAddress,
    letter: &Letter<'_>,
    expires_at: Option<DateTime<Utc>>,
) -> Result<SystemWrite, Error> {
    let now = runtime.now();
    let id = runtime.ids().next(now);
    let (subject, text) = letter.write();
    let content = Content { to: to.reveal().to_owned(), subject, text };
    let plain = zeroize::Zeroizing::new(serde_json::to_vec(&content).map_err(|_| Error::Sealed)?);
    let sealed = runtime.sealer().seal(&context(id), &plain).await?;
    let last = now + MAIL_LIFE;
    Ok(SystemWrite::QueueMail(QueuedMail {
        id,
        sealed,
        created_at: now,
        due_at: now,
        expires_at: expires_at.map_or(last, |end| end.min(last)),
        attempts: 0,
        revision: Revision::FIRST,
    }))
}

/// Opens a mail that waits.
///
/// # Errors
/// [`Error::Sealed`] and [`Error::Keys`] if it does not open.
pub(crate) async fn open(runtime: &Runtime, queued: &QueuedMail) -> Result<Mail, Error> {
    let plain = runtime.sealer().open(&context(queued.id), &queued.sealed).await?;
    let Content { to, subject, text } = serde_json::from_slice(&plain).map_err(|_| Error::Sealed)?;
    let to = EmailAddress::parse(&to).map_err(|_| Error::Sealed)?;
    Ok(Mail::new(queued.id, to, &subject, &text))
}
