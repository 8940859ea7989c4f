//! What a call does once the first side has answered: a list of actions, carried out in order.
//!
//! Source: TeleCMI, *Piopiy, PCMO*, read 2026-11.

use serde::Serialize;

/// How long the second side is rung, in seconds: the vendor's default.
const RING: u16 = 40;
/// The most seconds that people speak in a call that came in: the vendor's default.
const LONGEST: u64 = 5_400;

/// An action.
#[derive(Debug, Serialize)]
#[serde(tag = "action", rename_all = "snake_case")]
pub(crate) enum Action {
    /// Joins another telephone to the call.
    Bridge {
        /// The number that it shows; without one the vendor chooses.
        #[serde(skip_serializing_if = "Option::is_none")]
        from: Option<u64>,
        /// Whom to ring.
        connect: Vec<Telephone>,
        /// The most seconds.
        duration: u64,
        /// How long to ring, in seconds.
        timeout: u16,
        /// How often to try.
        #[serde(rename = "loop")]
        tries: u32,
        /// `group` rings all at once, `single` one after the other, which is the vendor's default.
        #[serde(skip_serializing_if = "Option::is_none")]
        ring_type: Option<&'static str>,
    },
    /// Speaks a text.
    Speak {
        /// The text.
        text: String,
    },
    /// Plays a sound file.
    Play {
        /// Where it is.
        file_url: String,
    },
    /// Records the call from here on.
    Record,
    /// Ends the call.
    Hangup,
}

/// A telephone in the public network.
#[derive(Debug, Serialize)]
pub(crate) struct Telephone {
    #[serde(rename = "type")]
    kind: &'static str,
    number: u64,
}

impl Telephone {
    const fn of(number: u64) -> Self {
        Self { kind: "pstn", number }
    }
}

/// Rings one number, once, and joins it.
pub(crate) fn join(from: u64, number: u64, duration: u64) -> [Action; 1] {
    let connect = vec![Telephone::of(number)];
    [Action::Bridge { from: Some(from), connect, duration, timeout: RING, tries: 1, ring_type: None }]
}

impl Action {
    /// Rings several numbers, once, and joins the one that answers.
    pub(crate) fn ring(from: Option<u64>, numbers: Vec<u64>, together: bool, seconds: u16) -> Self {
        Self::Bridge {
            from,
            connect: numbers.into_iter().map(Telephone::of).collect(),
            duration: LONGEST,
            timeout: seconds,
            tries: 1,
            ring_type: Some(if together { "group" } else { "single" }),
        }
    }
}
