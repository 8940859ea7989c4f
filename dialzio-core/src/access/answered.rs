//! Challenges that were answered, so that each counts once.

use chrono::TimeDelta;

use super::{AccessService, TokenHash, TokenPurpose, UserToken};
use crate::id::UserId;
use crate::store::SystemWrite;

/// How long a challenge that was answered is kept: twice as long as the longest lasts.
const ANSWERED_LIFE: TimeDelta = TimeDelta::minutes(20);

impl AccessService<'_> {
    /// Keeps a challenge that was answered until it has long ended: a second answer to it is refused by this write.
    pub(super) fn answered(&self, user: UserId, hash: TokenHash) -> SystemWrite {
        let (purpose, now) = (TokenPurpose::AnsweredChallenge, self.runtime.now());
        SystemWrite::UserToken(UserToken {
            hash,
            purpose,
            user,
            created_at: now,
            expires_at: now + ANSWERED_LIFE,
        })
    }
}
