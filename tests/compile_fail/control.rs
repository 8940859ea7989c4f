//! Everything that the cases use, used rightly.

use dialzio_core::consent::SendPermit;
use dialzio_core::provider::{
    AccountAccess, MessagingProvider, OutboundMessage, RawWebhook, VerifiedWebhook, WebhookDecoder,
};
use dialzio_http::api::notes::NewNoteJson;
use dialzio_http::api::{Body, Document};
use dialzio_http::operation::Described;
use dialzio_http::problem::Problem;
use dialzio_core::{Grant, OrgId, OrgScope, Permission, Principal, SystemScope};

pub async fn once(
    provider: &dyn MessagingProvider,
    access: &AccountAccess,
    permit: SendPermit,
    message: &OutboundMessage,
) {
    let _ = permit.recipient();
    let _ = provider.send(access, permit, message).await;
}

pub fn verified(decoder: &dyn WebhookDecoder, hook: &VerifiedWebhook, _: &RawWebhook) {
    let _ = decoder.decode(hook);
}

pub fn looked_at(scope: &OrgScope, _: &SystemScope) -> OrgId {
    scope.org()
}

pub fn is_system(principal: &Principal) -> bool {
    matches!(principal, Principal::System { .. })
}

pub fn may_read(grant: &Grant) -> bool {
    grant.permissions() == Grant::of(&[Permission::ContactsRead]).permissions()
}

async fn handler(_: Body<NewNoteJson>) -> Result<Document, Problem> {
    Err(Problem::not_found())
}

fn described<H: Described<A>, A>(_: H) {}

pub fn table() {
    described(handler);
}
