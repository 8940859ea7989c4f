//! What is recorded about consent, and all that follows from it at once: through the services, over any store.

use chrono::TimeDelta;

use super::live::Live;
use crate::account::AccountWrite;
use crate::consent::{
    Channel, EvidenceKind, NewConsent, Purpose, PurposeScope, State, SuppressionScope, Withdrawal,
};
use crate::contact::ContactWrite;
use crate::conversation::{ConversationWrite, DeliveryStatus, TemplateCategory};
use crate::error::Error;
use crate::scope::Role;
use crate::store::StoreError;
use crate::testing::conformance::TestBed;
use crate::testing::{scope, service};

/// A withdrawal that a person of the team records cancels the waiting messages that it covers in its own commit, before any
/// worker runs, and no others.
pub async fn a_withdrawal_at_the_desk_cancels_what_it_covers(bed: TestBed) {
    let live = Live::new(&bed).await;
    live.signed(Live::says("in.1", "hello")).await;
    live.opts_in().await;
    let account = live.account.id;
    let [offer, order] = [("offer", TemplateCategory::Marketing), ("order", TemplateCategory::Utility)]
        .map(|(name, category)| bed.make.template(account, name, category));
    let templates = vec![offer.clone(), order.clone()];
    bed.write(&scope(live.me.org()), AccountWrite::Templates { account, asked_at: bed.now(), templates })
        .await;
    let (promotion, transaction) = (live.sends_template(&offer).await, live.sends_template(&order).await);
    let mut said = Withdrawal {
        contact: live.talk().await.contact,
        channel: Channel::Sms,
        scope: PurposeScope::Marketing,
        evidence: Live::evidence(EvidenceKind::InPerson),
        occurred_at: bed.now(),
        refused: false,
    };
    live.crm.consents().withdraw(&live.me, said.clone()).await.unwrap();
    assert_eq!(live.message(&promotion).await.delivery.status, DeliveryStatus::Queued, "another channel");
    said.channel = Channel::WhatsApp;
    live.crm.consents().withdraw(&live.me, said.clone()).await.unwrap();
    assert_eq!(live.message(&promotion).await.delivery.status, DeliveryStatus::Cancelled);
    assert_eq!(live.message(&transaction).await.delivery.status, DeliveryStatus::Queued, "not promotion");
    said.scope = PurposeScope::Any;
    live.crm.consents().withdraw(&live.me, said).await.unwrap();
    assert_eq!(live.message(&transaction).await.delivery.status, DeliveryStatus::Cancelled);
    live.works().await;
    assert!(live.provider.sent().is_empty());
}

/// Suppressing is one commit: the hashes, the withdrawal and the cancelled messages are there together or not at all.
pub async fn a_suppression_and_its_withdrawal_are_one_commit(bed: TestBed) {
    let live = Live::new(&bed).await;
    live.signed(Live::says("in.1", "hello")).await;
    live.opts_in().await;
    let offer = bed.make.template(live.account.id, "offer", TemplateCategory::Marketing);
    let templates = vec![offer.clone()];
    let org = scope(live.me.org());
    bed.write(&org, AccountWrite::Templates { account: live.account.id, asked_at: bed.now(), templates })
        .await;
    let promotion = live.sends_template(&offer).await;
    let entries = async || bed.store.audit(&org, 0, 200).await.unwrap().len();
    let before = entries().await;
    let contact = live.talk().await.contact;
    let evidence = Live::evidence(EvidenceKind::Paper);
    live.crm.consents().suppress(&live.me, contact, SuppressionScope::AllOutbound, evidence).await.unwrap();
    assert_eq!(entries().await, before + 1);
    assert_eq!(live.consent(Purpose::Marketing).await.state, State::Withdrawn);
    assert_eq!(live.message(&promotion).await.delivery.status, DeliveryStatus::Cancelled);
}

/// What only the provider may report, and what only the embedding application may attest, is refused from a person of the
/// team; so is a message that is not the person's. An import lifts nothing.
pub async fn evidence_is_recorded_by_those_who_can_have_it(bed: TestBed) {
    let live = Live::new(&bed).await;
    live.signed(Live::says("in.1", "STOP")).await;
    bed.clock.advance(TimeDelta::minutes(6));
    live.signed(Live::says("in.2", "hello again")).await;
    let org = live.me.org();
    let user = bed.make.user("asha@shop.example");
    let member = bed.make.member(user.id, Role::Agent);
    bed.commit_system(crate::store::SystemWrite::InsertUser(user)).await.unwrap();
    bed.write(&scope(org), crate::access::AccessWrite::InsertMember(member.clone())).await;
    let principal = crate::Principal::Member(member.id);
    let agent = live.crm.access().act_as(org, principal, Role::Agent.grant()).await.unwrap();
    let host = live.crm.access().act_as(org, service("import"), Role::Agent.grant()).await.unwrap();
    let contact = live.talk().await.contact;
    let given = |kind, message| NewConsent {
        contact,
        channel: Channel::WhatsApp,
        scope: PurposeScope::Any,
        evidence: crate::consent::Evidence { message, ..Live::evidence(kind) },
        occurred_at: bed.now(),
        expires_at: None,
    };
    let consents = live.crm.consents();
    for kind in [EvidenceKind::Provider, EvidenceKind::Import, EvidenceKind::Message] {
        let refused = consents.grant(&agent, given(kind, None)).await;
        assert!(matches!(refused, Err(Error::Invalid { field: "evidence", .. })), "{kind}: {refused:?}");
    }
    let ours = live.answers("good morning").await.id;
    let refused = consents.grant(&agent, given(EvidenceKind::Message, Some(ours))).await;
    assert!(matches!(refused, Err(Error::Invalid { field: "evidence", .. })), "{refused:?}");
    assert!(consents.grant(&host, given(EvidenceKind::Provider, None)).await.is_err());
    consents.grant(&host, given(EvidenceKind::Import, None)).await.unwrap();
    assert_eq!(live.consent(Purpose::Marketing).await.state, State::Withdrawn, "an import lifts nothing");
    let theirs = live.talk().await.last_inbound;
    consents.grant(&agent, given(EvidenceKind::Message, theirs)).await.unwrap();
    assert_eq!(live.consent(Purpose::Marketing).await.state, State::Given, "the person's own later act");
}

/// Without the organisation's row there are no limits to decide by: the store says so instead of allowing everything.
pub async fn without_its_organisation_nothing_can_be_decided(bed: TestBed) {
    let tenant = bed.tenant().await;
    let nowhere = scope(bed.make.id());
    let contact = bed.make.contact("Asha");
    let identity = bed.make.identity(contact.id, vec![crate::contact::Alias::Phone(bed.make.phone())]);
    let talk = bed.make.conversation(tenant.account.id, &identity);
    let writes = [
        ContactWrite::Insert(contact).into(),
        ContactWrite::Identity(identity).into(),
        ConversationWrite::Insert(talk.clone()).into(),
    ];
    bed.write_all(&nowhere, writes).await;
    let found = bed.store.consent_facts(&nowhere, talk.id).await;
    assert!(matches!(found, Err(StoreError::Unreadable("organisation"))), "{found:?}");
}
