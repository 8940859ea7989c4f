//! The names of an organisation's lines: shown wherever there is a choice, that is as soon as there are two.

use dialzio_core::{AccountId, Permission};

use super::page_context::PageContext;
use super::view::Shown;
use crate::problem::Problem;

/// The connected accounts by name; empty while there is only one.
#[derive(Debug, Clone)]
pub(crate) struct Lines(Vec<(AccountId, String)>);

impl Lines {
    /// Reads them.
    pub(crate) async fn of(ctx: &PageContext) -> Result<Self, Problem> {
        if !ctx.may(Permission::AccountsRead) {
            return Ok(Self(Vec::new()));
        }
        let accounts = ctx.crm().accounts().list(&ctx.actor).await?;
        let named = accounts.iter().map(|account| (account.id, account.name.reveal().to_owned()));
        Ok(Self(if accounts.len() > 1 { named.collect() } else { Vec::new() }))
    }

    /// The name of a line, where it tells something.
    pub(crate) fn name(&self, account: AccountId) -> Option<Shown> {
        self.0.iter().find(|(id, _)| *id == account).map(|(_, name)| name.as_str().into())
    }
}
