//! Consent: an append-only ledger, one function that decides, and the permit that only it can make.

mod calling;
mod check;
mod entry;
mod facts;
mod gate;
pub(crate) mod inbound;
mod optout;
mod record;
mod service;
mod store;
mod zone;

pub use calling::CallPermit;
pub(crate) use calling::{CallConsent, CallVerdict, CallsNeed, decide_call};
pub(crate) use check::Checks;
pub use check::{Age, Check, Registry};
pub(crate) use entry::{Entry, enter};
pub use facts::ConsentRows;
pub(crate) use facts::{ConsentFacts, facts};
pub use gate::{Intent, Reason, Refusal, RefusalCode, SendPermit, Verdict};
pub(crate) use gate::{confirmation_until, decide};
pub use optout::{Reply, Said, Words};
pub(crate) use record::may_lift;
pub use record::{
    Basis, Channel, ConsentEvent, ConsentRecord, ConsentState, Evidence, EvidenceKind, Purpose, PurposeScope,
    State, Suppression, SuppressionScope,
};
pub use service::{ConsentService, NewConsent, Withdrawal};
pub use store::{ConsentStore, ConsentWrite, SendFacts};
pub use zone::{QuietHours, zones_of};
