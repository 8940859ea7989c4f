//! What sends mail: an SMTP server, or files in a folder for the sandbox.

#[cfg(feature = "sandbox")]
mod file;
mod message;
mod smtp;

#[cfg(feature = "sandbox")]
pub use file::FileMailer;
pub use smtp::{SmtpError, SmtpMailer};
