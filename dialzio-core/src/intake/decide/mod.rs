//! What follows from received elements: a pure decision from facts, elements and an instant to a batch.
//!
//! Each domain decides its elements in its module `inbound`. This is the one place that matches on their kind; the decisions
//! go into one batch in the order of the elements.

mod element;
mod people;
mod state;

#[cfg(test)]
mod tests;

use crate::account::Route;
use crate::account::inbound::{AccountElement, Unreadable};
use crate::consent::Words;
use crate::conversation::InboundQuery;
use crate::conversation::inbound::{Edit, Revocation};
use crate::provider::{CallReport, InboundBody, Received};
use crate::store::Batch;
pub(crate) use element::{Element, Lookup, Mention, Wanted};
pub(crate) use people::LOOK_WITHIN;
pub(crate) use state::{Deciding, Decision, Facts, Place, Unsealed};

/// The domain that decides an element.
pub(super) fn element(body: &InboundBody) -> Box<dyn Element + '_> {
    match body {
        InboundBody::Message(message) => Box::new(&**message),
        InboundBody::Reaction(update) => Box::new(&**update),
        InboundBody::Edited { sender, target, content, beside, .. } => {
            Box::new(Edit { sender, target, content, beside: beside.as_deref() })
        }
        InboundBody::Revoked { sender, target, .. } => Box::new(Revocation { sender, target }),
        InboundBody::Delivery(update) => Box::new(&**update),
        InboundBody::Preference(update) => Box::new(update),
        InboundBody::Identity(update) => Box::new(update),
        InboundBody::Template(update) => Box::new(update),
        InboundBody::Call(report) => Box::new(&**report),
        InboundBody::Account { what } => Box::new(AccountElement { what }),
        InboundBody::Unknown { what } => Box::new(Unreadable { what }),
    }
}

/// What is asked before a decision: every id that elements mention, and the reports of calls, of which the store is asked
/// once the organisation's region is known.
pub(super) fn ask<'a>(
    route: &Route,
    elements: &'a [Received],
    words: &'a Words,
    lookup: Lookup,
) -> (InboundQuery, Vec<&'a CallReport>) {
    let mut wanted = Wanted::new(words, lookup);
    let mut calls = Vec::new();
    for received in elements {
        let body = &received.element.body;
        if let InboundBody::Call(report) = body {
            calls.push(&**report);
        }
        element(body).look_up(&mut wanted);
    }
    let Wanted { aliases, external, own, consent, .. } = wanted;
    let query = InboundQuery {
        account: route.account,
        portfolio: route.portfolio.clone(),
        aliases,
        external,
        own,
        consent,
    };
    (query, calls)
}

/// Decides what follows from elements of one account, in their order, and writes it into `batch`.
///
/// Commutes as far as it can: heads take maxima, unread adds, evidence keeps the highest rank, reactions and edits the
/// newest; so any order of arrival ends in the same state.
pub(super) fn decide(facts: Facts<'_>, elements: &[Received], batch: &mut Batch) -> Decision {
    let mut deciding = Deciding::new(facts, batch);
    for (index, Received { element: received, trust }) in elements.iter().enumerate() {
        let place = Place { index, at: received.at.unwrap_or(deciding.now) };
        element(&received.body).decide(&mut deciding, place, *trust);
    }
    deciding.decision
}
