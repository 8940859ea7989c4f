//! What a call does once the first side has answered: a list of actions, carried out in order.
//!
//! Source: TeleCMI, *Piopiy, PCMO*, read 2026-11.

use serde::Serialize;

/// How long the second side is rung, in seconds: the vendor's default.
const RING: u32 = 40;

/// An action.
#[derive(Serialize)]
#[serde(tag = "action", rename_all = "snake_case")]
pub(crate) enum Action {
    /// Joins another telephone to the call.
    Bridge {
        /// The number that it shows.
        from: u64,
        /// Whom to ring.
        connect: [Telephone; 1],
        /// The most seconds.
        duration: u64,
        /// How long to ring, in seconds.
        timeout: u32,
        /// How often to try.
        #[serde(rename = "loop")]
        tries: u32,
    },
}

/// A telephone in the public network.
#[derive(Serialize)]
pub(crate) struct Telephone {
    #[serde(rename = "type")]
    kind: &'static str,
    number: u64,
}

/// Rings one number, once, and joins it.
pub(crate) fn join(from: u64, number: u64, duration: u64) -> [Action; 1] {
    let connect = [Telephone { kind: "pstn", number }];
    [Action::Bridge { from, connect, duration, timeout: RING, tries: 1 }]
}
