//! Mail that is not sent: files in a folder, for trying things out.

use async_trait::async_trait;
use dialzio_core::mail::{Mail, MailError, Mailer};
use lettre::message::Mailbox;
use std::io::Write;
use std::path::{Path, PathBuf};

use super::message::compose;

/// Writes each mail into a file of a folder, `<id>.eml`, which its owner alone can read.
#[derive(Debug)]
pub struct FileMailer {
    folder: PathBuf,
    from: Mailbox,
}

impl FileMailer {
    /// Into this folder, which is made if it is not there.
    ///
    /// # Errors
    /// [`std::io::Error`] if it cannot be made or used.
    pub fn in_folder(folder: impl Into<PathBuf>) -> std::io::Result<Self> {
        let folder = folder.into();
        std::fs::create_dir_all(&folder)?;
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt;
            std::fs::set_permissions(&folder, std::fs::Permissions::from_mode(0o700))?;
        }
        let from = "Dialzio <no-reply@localhost.example>".parse();
        Ok(Self { folder, from: from.map_err(std::io::Error::other)? })
    }
}

/// Writes a file that its owner alone can read; it gets its name when it is whole.
fn write(file: &Path, content: &[u8]) -> std::io::Result<()> {
    let part = file.with_extension("part");
    let mut options = std::fs::OpenOptions::new();
    options.write(true).create(true).truncate(true);
    #[cfg(unix)]
    {
        use std::os::unix::fs::OpenOptionsExt;
        options.mode(0o600);
    }
    options.open(&part)?.write_all(content)?;
    std::fs::rename(part, file)
}

#[async_trait]
impl Mailer for FileMailer {
    async fn send(&self, mail: &Mail) -> Result<(), MailError> {
        let message = compose(mail, &self.from).ok_or(MailError::Refused { reply: None })?;
        let file = self.folder.join(format!("{}.eml", mail.id()));
        let written = tokio::task::spawn_blocking(move || write(&file, &message.formatted())).await;
        written.ok().and_then(Result::ok).ok_or(MailError::Later { reply: None })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use dialzio_core::text::EmailAddress;
    use dialzio_core::{MailId, TypedId};

    #[cfg(unix)]
    #[tokio::test]
    async fn a_mail_is_one_file_that_its_owner_alone_can_read() {
        use std::os::unix::fs::PermissionsExt;
        let place = tempfile::tempdir().unwrap();
        let folder = place.path().join("mail");
        let mailer = FileMailer::in_folder(&folder).unwrap();
        let id = MailId::from_uuid(uuid::Uuid::from_u128(7));
        let mail = Mail::new(id, EmailAddress::parse("asha@shop.example").unwrap(), "A link", "It is here\n");
        for _ in 0..2 {
            mailer.send(&mail).await.unwrap();
        }
        let found: Vec<_> = std::fs::read_dir(&folder).unwrap().map(|file| file.unwrap().path()).collect();
        assert_eq!(found, [folder.join(format!("{id}.eml"))]);
        assert!(std::fs::read_to_string(&found[0]).unwrap().ends_with("\r\nIt is here\r\n"));
        let mode = |path: &Path| std::fs::metadata(path).unwrap().permissions().mode() & 0o777;
        assert_eq!((mode(&folder), mode(&found[0])), (0o700, 0o600));
        std::fs::remove_dir_all(&folder).unwrap();
        assert_eq!(mailer.send(&mail).await, Err(MailError::Later { reply: None }));
    }
}
