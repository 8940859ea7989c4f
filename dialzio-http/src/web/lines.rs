//! The names of an organisation's lines: shown wherever there is a choice, that is as soon as there are two.

use dialzio_core::{AccountId, Permission};

use super::page_context::PageContext;
use super::view::Shown;
use crate::problem::Problem;

/// The accounts that send messages, by name; empty while there is only one.
#[derive(Debug, Clone)]
pub(crate) struct Lines {
    named: Vec<(AccountId, String)>,
    can_call: bool,
}

impl Lines {
    /// Reads them.
    pub(crate) async fn of(ctx: &PageContext) -> Result<Self, Problem> {
        let can_call = ctx.can_call().await?;
        if !ctx.may(Permission::AccountsRead) {
            return Ok(Self { named: Vec::new(), can_call });
        }
        let service = ctx.crm().accounts();
        let mut accounts = service.list(&ctx.actor).await?;
        accounts
            .retain(|account| service.provider(account).is_ok_and(|provider| provider.messaging().is_some()));
        let named = accounts.iter().map(|account| (account.id, account.name.reveal().to_owned()));
        Ok(Self { named: if accounts.len() > 1 { named.collect() } else { Vec::new() }, can_call })
    }

    /// Whether calls can be placed.
    pub(crate) const fn can_call(&self) -> bool {
        self.can_call
    }

    /// The name of a line, where it tells something.
    pub(crate) fn name(&self, account: AccountId) -> Option<Shown> {
        self.named.iter().find(|(id, _)| *id == account).map(|(_, name)| name.as_str().into())
    }
}
