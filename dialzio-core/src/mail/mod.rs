//! Mail to people who sign in: what is sent, and the port that sends it. Mail to customers is not part of this.

mod letters;
mod port;
mod queued;
mod queueing;

pub(crate) use letters::Letter;
pub use port::{Mail, MailError, Mailer};
pub use queued::{QueuedMail, QueuedMailChange};
pub(crate) use queueing::{open, queue, queue_for_any_server};
