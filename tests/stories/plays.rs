//! What happens in each story, and how it has to end.

use dialzio_core::PhoneNumber;
use dialzio_core::call::{CallState, NewCall};
use dialzio_core::consent::Purpose;
use dialzio_telephony::emulator::{Product, Side};

use crate::desk::{APP_ID, ASHA, DID, Desk, LATHA, RAVI, RAVIS_PHONE};

/// A story.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Play {
    /// A caller waits, one agent does not answer, another does.
    Answered,
    /// A caller gives up.
    Missed,
    /// A caller leaves a message.
    Voicemail,
    /// The agent is rung, answers, and so does the customer.
    Placed,
    /// The agent answers, and the customer does not.
    NotReached,
    /// The agent does not pick up.
    AgentAway,
}

impl Play {
    pub(crate) const ALL: [Self; 6] =
        [Self::Answered, Self::Missed, Self::Voicemail, Self::Placed, Self::NotReached, Self::AgentAway];

    /// Whether a product has it: messages are left with TeleCMI alone.
    pub(crate) fn is_of(self, product: Product) -> bool {
        product == Product::TeleCmi || self != Self::Voicemail
    }

    pub(crate) const fn is_placed(self) -> bool {
        matches!(self, Self::Placed | Self::NotReached | Self::AgentAway)
    }

    /// How it has to end, and with how many seconds of talk.
    pub(crate) const fn end(self) -> (CallState, Option<u32>) {
        match self {
            Self::Answered => (CallState::Completed, Some(61)),
            Self::Missed => (CallState::Missed, None),
            Self::Voicemail => (CallState::Voicemail, None),
            Self::Placed => (CallState::Completed, Some(60)),
            Self::NotReached => (CallState::NoAnswer, None),
            Self::AgentAway => (CallState::Cancelled, None),
        }
    }

    /// Plays it. Nothing of it is told yet.
    pub(crate) async fn play(self, desk: &Desk) {
        let vendor = &desk.vendor;
        if self.is_placed() {
            place(desk).await;
            let call = desk.newest().id;
            desk.wait(5);
            if self == Self::AgentAway {
                return vendor.agent_ignores(&call).unwrap();
            }
            vendor.agent_answers(&call).unwrap();
            desk.wait(9);
            if self == Self::NotReached {
                return vendor.customer_ignores(&call).unwrap();
            }
            vendor.customer_answers(&call).unwrap();
            desk.wait(60);
            return vendor.hang_up(&call, Side::Customer).unwrap();
        }
        let call = vendor.call_in(desk.product, APP_ID, Some(ASHA), DID).unwrap();
        desk.wait(4);
        match self {
            Self::Missed => vendor.hang_up(&call, Side::Customer).unwrap(),
            Self::Voicemail => {
                desk.wait(20);
                vendor.leave_voicemail(&call).unwrap();
            }
            _ => {
                let (first, second) = match desk.product {
                    Product::TeleCmi => (LATHA, RAVI),
                    Product::Piopiy => ("919876500102", RAVIS_PHONE),
                };
                vendor.ring(&call, first).unwrap();
                desk.wait(15);
                vendor.agent_ignores(&call).unwrap();
                vendor.ring(&call, second).unwrap();
                desk.wait(3);
                vendor.agent_answers(&call).unwrap();
                desk.wait(61);
                vendor.hang_up(&call, Side::Agent).unwrap();
            }
        }
    }
}

/// The member who is Ravi calls Asha, who called three days ago.
async fn place(desk: &Desk) {
    let number = PhoneNumber::from_digits(ASHA).unwrap();
    let new =
        NewCall { account: Some(desk.account), number, contact: None, purpose: Purpose::Service, key: None };
    desk.crm.calls().place(&desk.agent, new).await.unwrap();
    desk.work().await;
}
