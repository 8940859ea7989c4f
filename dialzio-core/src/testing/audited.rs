//! An audit log to be tampered with.

use crate::access::NewOrg;
use crate::consent::{Channel, Evidence, EvidenceKind, NewConsent, PurposeScope, Withdrawal};
use crate::contact::NewContact;
use crate::crm::Crm;
use crate::id::OrgId;
use crate::phone::PhoneNumber;
use crate::scope::Role;
use crate::text::EvidenceText;

/// Fourteen entries of a new organisation: that it was founded, ten contacts, a consent, its withdrawal, a checkpoint, and a
/// contact behind it. Two rows of the consent ledger belong to entries 12 and 13.
///
/// # Panics
/// If the store fails, or no checkpoint is made.
pub async fn audited_work(crm: &Crm) -> OrgId {
    let org = crm.access().found(NewOrg::named("Green Leaf")).await.expect("an organisation").org;
    let by =
        crm.access().act_as(org, super::service("auditor"), Role::Owner.grant()).await.expect("an actor");
    let create = async |new: NewContact| crm.contacts().create(&by, new).await.expect("a contact").id;
    let mut contact = None;
    for number in 0..10 {
        let phone = PhoneNumber::parse(&format!("+91984005550{number}")).expect("a number");
        contact = Some(create(NewContact::named(&format!("Person {number}")).phone(phone)).await);
    }
    let contact = contact.expect("ten contacts");
    let note = EvidenceText::parse("At the counter").expect("a note");
    let evidence = Evidence { kind: EvidenceKind::InPerson, note, message: None };
    let occurred_at = crm.clock().now();
    let (channel, scope) = (Channel::WhatsApp, PurposeScope::Marketing);
    let given =
        NewConsent { contact, channel, scope, evidence: evidence.clone(), occurred_at, expires_at: None };
    crm.consents().grant(&by, given).await.expect("a consent");
    let withdrawal = Withdrawal { contact, channel, scope, evidence, occurred_at, refused: false };
    crm.consents().withdraw(&by, withdrawal).await.expect("a withdrawal");
    let checkpoint = async || crm.worker().checkpoint().await.expect("a checkpoint");
    assert_eq!(checkpoint().await, 1);
    assert_eq!(checkpoint().await, 0, "nothing has happened since");
    create(NewContact::named("Behind it")).await;
    org
}
