//! By which line an answer goes: each line with what the gate says there now.

use axum::response::Html;
use dialzio_core::ConversationId;
use dialzio_core::conversation::Preview;

use super::lines::Lines;
use super::page_context::{PageContext, show};
use super::view::composer::{Way, Ways};
use super::words;
use crate::api::Id;
use crate::problem::Problem;

/// `GET /web/conversations/{conversation}/ways`.
pub(crate) async fn read(ctx: PageContext, Id(id): Id<ConversationId>) -> Result<Html<String>, Problem> {
    let service = ctx.crm().conversations();
    let entry = service.get(&ctx.actor, id).await?;
    let contact = entry.conversation.contact;
    let talks = service.of_contact(&ctx.actor, contact).await?;
    let mut ways = Vec::new();
    for account in Lines::of(&ctx).await?.accounts() {
        let talk = talks.iter().find(|talk| talk.account == account.id);
        let verdict = match talk {
            None => "No conversation yet".to_owned(),
            Some(talk) => said(&ctx, &service.preview(&ctx.actor, talk.id).await?.reply),
        };
        ways.push(Way {
            account: account.id.to_string(),
            label: account.full_name().into(),
            verdict: verdict.into(),
            is_current: account.id == entry.conversation.account,
        });
    }
    show(&Ways { contact: contact.to_string(), ways })
}

/// What the gate says to a reply, in words.
fn said(ctx: &PageContext, reply: &Preview) -> String {
    match reply {
        Preview::Ready => "A reply is possible".to_owned(),
        Preview::Deferred { until, reasons } => words::deferred(ctx, *until, reasons),
        Preview::Refused(refusal) => words::refusal(ctx, refusal),
    }
}
