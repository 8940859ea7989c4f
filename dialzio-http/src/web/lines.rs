//! An organisation's lines: the accounts that send messages, with their names and channels.

use dialzio_core::account::ProviderAccount;
use dialzio_core::consent::Channel;
use dialzio_core::contact::Portfolio;
use dialzio_core::{AccountId, Permission};

use super::page_context::PageContext;
use super::view::Shown;
use super::words;
use crate::problem::Problem;

/// An account that sends messages.
#[derive(Debug, Clone)]
pub(crate) struct Line {
    pub(crate) id: AccountId,
    portfolio: Portfolio,
    name: String,
    channel: Channel,
}

impl Line {
    /// Channel and name.
    pub(crate) fn full_name(&self) -> String {
        format!("{} · {}", words::channel(self.channel), self.name)
    }
}

/// The accounts that send messages.
#[derive(Debug, Clone)]
pub(crate) struct Lines {
    all: Vec<Line>,
    can_call: bool,
}

impl Lines {
    /// Reads them.
    pub(crate) async fn of(ctx: &PageContext) -> Result<Self, Problem> {
        let can_call = ctx.can_call().await?;
        if !ctx.may(Permission::AccountsRead) {
            return Ok(Self { all: Vec::new(), can_call });
        }
        let service = ctx.crm().accounts();
        let accounts = service.list(&ctx.actor).await?;
        let line = |account: &ProviderAccount| {
            let channel = service.messaging(account).ok()?.capabilities().channel;
            let (portfolio, name) = (account.portfolio.clone(), account.name.reveal().to_owned());
            Some(Line { id: account.id, portfolio, name, channel })
        };
        Ok(Self { all: accounts.iter().filter_map(line).collect(), can_call })
    }

    /// Whether calls can be placed.
    pub(crate) const fn can_call(&self) -> bool {
        self.can_call
    }

    fn find(&self, account: AccountId) -> Option<&Line> {
        self.all.iter().find(|line| line.id == account)
    }

    /// The channels that there are lines of, in the order of the lines; WhatsApp if there are none yet.
    pub(crate) fn channels(&self) -> Vec<Channel> {
        let mut channels: Vec<Channel> = Vec::new();
        for line in &self.all {
            if !channels.contains(&line.channel) {
                channels.push(line.channel);
            }
        }
        if channels.is_empty() { vec![Channel::WhatsApp] } else { channels }
    }

    /// What the channel of a line is called.
    pub(crate) fn channel(&self, account: AccountId) -> &'static str {
        self.find(account).map_or("Messages", |line| words::channel(line.channel))
    }

    /// All of them, oldest first.
    pub(crate) fn accounts(&self) -> &[Line] {
        &self.all
    }

    /// Where ids of people mean something, as the channel that they are of.
    pub(crate) fn channel_of(&self, portfolio: &Portfolio) -> Option<Channel> {
        self.all.iter().find(|line| line.portfolio == *portfolio).map(|line| line.channel)
    }

    /// The channel and the name of a line.
    pub(crate) fn full_name(&self, account: AccountId) -> String {
        match self.find(account) {
            Some(line) => line.full_name(),
            None => "Messages".to_owned(),
        }
    }

    /// The name of a line, where it tells something: as soon as there are two. With the channel, if theirs differ.
    pub(crate) fn name(&self, account: AccountId) -> Option<Shown> {
        let line = self.find(account).filter(|_| self.all.len() > 1)?;
        let differ = self.all.iter().any(|other| other.channel != line.channel);
        let channel = words::channel(line.channel);
        Some(if differ { format!("{channel} · {}", line.name).into() } else { line.name.as_str().into() })
    }
}
