//! `dialzio inbox`: the quarantine, for the operator of the installation.

use clap::Subcommand;
use dialzio_core::inbox::Quarantined;
use dialzio_core::page::PageRequest;
use dialzio_core::{Actor, Crm, Principal, QuarantineId, Role};

use super::{Data, Outcome, say};

/// Looks at what could not be used. The server must not be running on the same folder, unless
/// the database is on a server.
#[derive(Debug, clap::Args)]
pub(super) struct Inbox {
    #[command(flatten)]
    data: Data,
    #[command(subcommand)]
    verb: Verb,
}

#[derive(Debug, Subcommand)]
enum Verb {
    /// One line for each item: id, organisation, reason, kind, receipt.
    List,
    /// The bytes of an item, as they arrived.
    Show {
        /// Its id.
        id: QuarantineId,
    },
    /// Takes an item through the normal path again.
    Replay {
        /// Its id.
        id: QuarantineId,
    },
    /// Throws an item away.
    Discard {
        /// Its id.
        id: QuarantineId,
    },
}

/// An item, with who may deal with it if it belongs to an organisation.
struct Found {
    item: Quarantined,
    owner: Option<Actor>,
}

async fn all(crm: &Crm) -> Result<Vec<Found>, dialzio_core::Error> {
    let mut found = Vec::new();
    let mut page = PageRequest::first(PageRequest::MAX);
    loop {
        let items = crm.quarantine().unrouted(page.clone()).await?;
        found.extend(items.items.into_iter().map(|item| Found { item, owner: None }));
        match items.next {
            Some(next) => page.after = Some(next),
            None => break,
        }
    }
    let mut after = None;
    loop {
        let orgs = crm.access().organisations(after).await?;
        let Some(last) = orgs.last() else { break };
        after = Some(last.id);
        for org in orgs {
            let operator =
                crm.access().act_as(org.id, Principal::service("operator")?, Role::Owner.grant()).await?;
            let mut page = PageRequest::first(PageRequest::MAX);
            loop {
                let items = crm.quarantine().list(&operator, page.clone()).await?;
                let owned = |item| Found { item, owner: Some(operator.clone()) };
                found.extend(items.items.into_iter().map(owned));
                match items.next {
                    Some(next) => page.after = Some(next),
                    None => break,
                }
            }
        }
    }
    Ok(found)
}

impl Inbox {
    pub(super) async fn run(self) -> Outcome {
        let crm = self.data.open(None).await?;
        let found = all(&crm).await?;
        let pick =
            |id: QuarantineId| found.iter().find(|found| found.item.id == id).ok_or("there is no such item");
        match self.verb {
            Verb::List => {
                for Found { item, .. } in &found {
                    let org = item.org.map_or_else(|| "-".to_owned(), |org| org.to_string());
                    let at = item.received_at.to_rfc3339();
                    say(&format!("{}\t{org}\t{}\t{}\t{at}", item.id, item.reason, item.what));
                }
            }
            Verb::Show { id } => {
                let bytes = crm.quarantine().open_bytes(&pick(id)?.item).await?;
                say(&String::from_utf8_lossy(&bytes));
            }
            Verb::Replay { id } => match pick(id)? {
                Found { owner: Some(owner), .. } => crm.quarantine().replay(owner, id).await?,
                Found { item, owner: None } => crm.quarantine().replay_unrouted(item).await?,
            },
            Verb::Discard { id } => match pick(id)? {
                Found { owner: Some(owner), .. } => crm.quarantine().discard(owner, id).await?,
                Found { owner: None, .. } => crm.quarantine().discard_unrouted(id).await?,
            },
        }
        Ok(())
    }
}
