//! A mailer that keeps what it is given.

use async_trait::async_trait;
use std::collections::VecDeque;
use std::sync::{Arc, Mutex, PoisonError};

use crate::mail::{Mail, MailError, Mailer};

#[derive(Debug, Default)]
struct Kept {
    taken: Vec<Mail>,
    refused: u32,
    faults: VecDeque<MailError>,
}

/// Keeps mail in place of sending it. Clones share what they keep.
#[derive(Debug, Clone, Default)]
pub struct RecordingMailer(Arc<Mutex<Kept>>);

impl RecordingMailer {
    fn kept(&self) -> std::sync::MutexGuard<'_, Kept> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The next mail is not taken; after it as many as were named.
    pub fn fails(&self, error: MailError) {
        self.kept().faults.push_back(error);
    }

    /// Forgets what was taken so far.
    pub fn forget(&self) {
        self.kept().taken.clear();
    }

    /// What was taken so far.
    #[must_use]
    pub fn taken(&self) -> Vec<Mail> {
        self.kept().taken.clone()
    }

    /// How many mails were not taken.
    #[must_use]
    pub fn refused(&self) -> u32 {
        self.kept().refused
    }

    /// The token in the link of the newest mail that has one.
    #[must_use]
    pub fn newest_token(&self) -> Option<String> {
        let kept = self.kept();
        let link = |mail: &Mail| {
            let (_, after) = mail.text().split_once('#')?;
            after.split_whitespace().next().map(str::to_owned)
        };
        kept.taken.iter().rev().find_map(link)
    }
}

#[async_trait]
impl Mailer for RecordingMailer {
    async fn send(&self, mail: &Mail) -> Result<(), MailError> {
        let mut kept = self.kept();
        if let Some(error) = kept.faults.pop_front() {
            kept.refused += 1;
            return Err(error);
        }
        kept.taken.push(mail.clone());
        Ok(())
    }
}
