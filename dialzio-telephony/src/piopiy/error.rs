//! What Piopiy's codes mean, request by request.
//!
//! Source: TeleCMI, *Piopiy reference*, read 2026-11. How actions are answered is not documented.

use crate::answer::{Meaning, Repeat, Rules, usual};

/// Placing a call. It is never repeated here.
pub(crate) const PLACING: Rules = Rules { repeat: Repeat::Doubles, meaning: placing, bare: false };
/// The answer to a control request, which may be repeated without effect. The form of the answer is not documented.
pub(crate) const ACTING: Rules = Rules { repeat: Repeat::Harmless, meaning: usual, bare: true };
/// Look-ups.
pub(crate) const READING: Rules = Rules { repeat: Repeat::Harmless, meaning: usual, bare: false };

/// 420 is a wrong App ID or secret.
fn placing(code: i64) -> Meaning {
    match code {
        420 => Meaning::Credentials,
        _ => usual(code),
    }
}
