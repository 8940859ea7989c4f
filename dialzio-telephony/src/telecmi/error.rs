//! What TeleCMI's codes mean, request by request.
//!
//! Source: TeleCMI, *CHUB reference*, read 2026-11; 407 and 420 as observed by others.

use dialzio_core::provider::RefusalReason;

use crate::answer::{Meaning, Repeat, Rules, usual};

/// Placing a call. It is never repeated here.
pub(crate) const PLACING: Rules = Rules { repeat: Repeat::Doubles, meaning: placing, bare: false };
/// Ending a call: a second time changes nothing.
pub(crate) const ENDING: Rules = Rules { repeat: Repeat::Harmless, meaning: ending, bare: false };
/// Sending an SMS. It is never repeated here.
pub(crate) const SENDING: Rules = Rules { repeat: Repeat::Doubles, meaning: sending, bare: false };
/// A user's inbox.
pub(crate) const INBOX: Rules = Rules { repeat: Repeat::Harmless, meaning: by_token, bare: false };
/// Lists.
pub(crate) const READING: Rules = Rules { repeat: Repeat::Harmless, meaning: usual, bare: false };
/// The check of the credentials.
pub(crate) const CHECKING: Rules = Rules { repeat: Repeat::Harmless, meaning: checking, bare: false };

/// 404 is a wrong agent, a number that cannot be dialled, or a wrong secret: the answer does not say which.
fn placing(code: i64) -> Meaning {
    match code {
        // The agent's own telephone can be rung only if the account has paid for it.
        420 => Meaning::Refused(RefusalReason::Account),
        _ => usual(code),
    }
}

/// 401 forbids SMS to the United States, and 407 is a sender id that is not the account's.
fn sending(code: i64) -> Meaning {
    match code {
        401 => Meaning::Refused(RefusalReason::Other),
        407 => Meaning::Refused(RefusalReason::Account),
        _ => by_token(code),
    }
}

/// What is not found is the user, since nothing else is asked for.
fn by_token(code: i64) -> Meaning {
    match code {
        404 => Meaning::Credentials,
        _ => usual(code),
    }
}

/// A user's token, which is not that of the account: a wrong one is no reason to connect the account again.
fn ending(code: i64) -> Meaning {
    match code {
        401 | 407 => Meaning::Refused(RefusalReason::Account),
        _ => usual(code),
    }
}

/// Totals are there for every account, so that what is not found is the account.
fn checking(code: i64) -> Meaning {
    match code {
        404 => Meaning::Credentials,
        _ => usual(code),
    }
}
