//! Takes opt-ins over from another system: only rows with evidence count, the others are told apart, none is guessed.
#![allow(clippy::print_stdout, reason = "an example shows what it does")]

use dialzio_core::access::NewOrg;
use dialzio_core::account::LocalKeys;
use dialzio_core::consent::{Channel, Evidence, EvidenceKind, NewConsent, Purpose, PurposeScope};
use dialzio_core::contact::NewContact;
use dialzio_core::entropy::Entropy;
use dialzio_core::text::EvidenceText;
use dialzio_core::{Crm, PhoneNumber, Principal, Role};
use dialzio_store_sqlite::SqliteStore;

/// Name, number, day of the opt-in, and how it was given; the last row has nothing to show.
const ROWS: &str = "Asha Rao;+91 98400 12345;2026-03-02T10:00:00Z;Newsletter form on asha-motors.example\n\
                    Meera N.;+91 98400 54321;2026-04-11T09:30:00Z;Card filled in at the counter, box 3\n\
                    Imran M.;+91 98400 99999;;\n";

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let folder = tempfile::tempdir()?;
    let crm = Crm::builder()
        .store(SqliteStore::open(folder.path().join("crm.db")).await?)
        .keys(LocalKeys::ephemeral(&Entropy::system()))
        .build()?;
    let org = crm.access().found(NewOrg::named("Asha Motors")).await?.org;
    let me = crm.access().act_as(org, Principal::service("import of 5 May")?, Role::Admin.grant()).await?;

    for row in ROWS.lines() {
        let mut cells = row.trim().split(';');
        let (name, number) = (cells.next().unwrap_or_default(), cells.next().unwrap_or_default());
        let (day, how) = (cells.next().unwrap_or_default(), cells.next().unwrap_or_default());
        let new = NewContact::named(name).phone(PhoneNumber::parse(number)?);
        let contact = crm.contacts().create(&me, new).await?;
        match (day.parse(), EvidenceText::parse(how)) {
            (Ok(occurred_at), Ok(note)) => {
                let evidence = Evidence { kind: EvidenceKind::Import, note, message: None };
                let consent = NewConsent {
                    contact: contact.id,
                    channel: Channel::WhatsApp,
                    scope: PurposeScope::Marketing,
                    evidence,
                    occurred_at,
                    expires_at: None,
                };
                crm.consents().grant(&me, consent).await?;
            }
            _ => println!("{name}: no evidence, so no opt-in is recorded"),
        }
        let state = crm.consents().state(&me, contact.id, Channel::WhatsApp, Purpose::Marketing).await?;
        println!("{name}: {:?}", state.state);
    }
    Ok(())
}
