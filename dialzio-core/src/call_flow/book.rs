//! What is read once to answer many calls: the flows of an app's accounts, and the telephones that they ring.

use chrono::{DateTime, Utc};

use super::program::{CallProgram, Caller, program};
use super::reach::Telephones;
use super::{AnsweredNumber, CallFlow};
use crate::account::ProviderAccount;
use crate::call::{CallAgent, Party};
use crate::id::{AccountId, MemberId};
use crate::phone::{PhoneNumber, Region};

/// An account with what answers its calls.
#[derive(Debug)]
struct Page {
    account: AccountId,
    routing_key: String,
    shown: Option<PhoneNumber>,
    /// Those that are enabled.
    flows: Vec<CallFlow>,
    telephones: Telephones,
}

/// The call flows of the accounts of one app.
#[derive(Debug)]
pub(crate) struct AnswerBook {
    region: Option<Region>,
    pages: Vec<Page>,
}

impl AnswerBook {
    /// Nothing yet; numbers in national form are read in `region`.
    pub(crate) const fn new(region: Option<Region>) -> Self {
        Self { region, pages: Vec::new() }
    }

    /// Adds an account: the flows of the organisation that are its own, and its agents as far as their members are active.
    pub(crate) fn add(
        &mut self,
        account: &ProviderAccount,
        flows: &[CallFlow],
        agents: Vec<CallAgent>,
        active: &[MemberId],
    ) {
        let shown = account.display_number.as_deref().map(|text| Party::read(text, self.region));
        self.pages.push(Page {
            account: account.id,
            routing_key: account.routing_key.clone(),
            shown: shown.as_ref().and_then(Party::phone).cloned(),
            flows: flows.iter().filter(|flow| flow.enabled && flow.account == account.id).cloned().collect(),
            telephones: Telephones::of(agents, active),
        });
    }

    /// What is done with a call; `None` if no flow is for it. The account is the one that the provider names, or the only one, or
    /// else the one that has the number.
    pub(crate) fn program(
        &self,
        account: Option<&str>,
        from: &str,
        to: Option<&str>,
        now: DateTime<Utc>,
    ) -> Option<CallProgram> {
        let dialled = to.map(|text| Party::read(text, self.region));
        let dialled = dialled.as_ref().and_then(Party::phone);
        let page = self.page(account, dialled)?;
        let is_for =
            |number: Option<&PhoneNumber>| page.flows.iter().find(|flow| flow.number.number() == number);
        let flow = dialled.and_then(|number| is_for(Some(number))).or_else(|| is_for(None))?;
        let number = Party::read(from, self.region).phone().cloned();
        let caller = Caller { number, dialled: to.map(str::to_owned) };
        Some(program(flow, &page.telephones, &caller, now))
    }

    fn page(&self, account: Option<&str>, dialled: Option<&PhoneNumber>) -> Option<&Page> {
        match (account, self.pages.as_slice()) {
            (Some(named), pages) => pages.iter().find(|page| page.routing_key == named),
            (None, [only]) => Some(only),
            (None, pages) => {
                let dialled = dialled?;
                let is_for = |flow: &CallFlow| flow.number == AnsweredNumber::One(dialled.clone());
                let mut having = pages
                    .iter()
                    .filter(|page| page.shown.as_ref() == Some(dialled) || page.flows.iter().any(is_for));
                // Two accounts that claim the number answer nothing for each other.
                having.next().filter(|first| having.all(|other| other.account == first.account))
            }
        }
    }
}
