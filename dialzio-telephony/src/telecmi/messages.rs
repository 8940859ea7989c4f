//! SMS of a user: sent one by one, and read from the user's inbox, since no webhook tells of them. Both go by the token of the user.
//!
//! An accepted SMS has no id, and no report of it ever comes. Source: TeleCMI, *CHUB reference*, "User Send SMS" and "User
//! Inbox", read 2026-11.

use bytes::Bytes;
use chrono::{DateTime, Utc};
use dialzio_core::PhoneNumber;
use dialzio_core::consent::{Channel, SendPermit};
use dialzio_core::contact::Address;
use dialzio_core::conversation::{Content, ExternalId, MessageContext};
use dialzio_core::provider::{
    Accepted, AccountAccess, AccountHealth, AccountRef, Inbound, InboundBody, InboundMessage, MessageCursor,
    MessagePage, MessagingCapabilities, OutboundContent, OutboundMessage, ProviderError, RefusalReason,
    Sender, TemplateSource,
};
use dialzio_core::text::MessageText;
use serde::Serialize;
use serde_json::json;

use super::connection::{TELECMI, USER_TOKEN};
use super::error::{INBOX, SENDING};
use crate::answer::refused;
use crate::body::Fields;
use crate::client::{self, Client};
use crate::config::Service;
use crate::{number, report, time};

/// The longest text, in characters: ten segments in the default alphabet. The provider documents no limit.
const LONGEST: usize = 1_530;
/// The most pages of one period: a list that never ends is broken.
const MOST_PAGES: u32 = 1_000;
/// How many SMS each second are asked for. The provider documents no limit; others space their requests by 200 ms.
const RATE: u32 = 5;

pub(crate) const fn capabilities() -> MessagingCapabilities {
    MessagingCapabilities {
        provider: TELECMI,
        channel: Channel::Sms,
        reply_window: None,
        max_text: LONGEST,
        max_caption: 0,
        templates: TemplateSource::Organisation,
        reactions: false,
        media: Vec::new(),
        rate_per_second: RATE,
        delivery_reports: false,
        lists_messages: true,
    }
}

/// `POST /v2/messages`.
#[derive(Serialize)]
struct Sms<'a> {
    token: &'a str,
    text: &'a str,
    to: u64,
}

/// `POST /v2/inboxes`. Times are milliseconds since 1970.
#[derive(Serialize)]
struct Asked<'a> {
    token: &'a str,
    from: i64,
    to: i64,
    page: u32,
}

/// Sends one SMS, once.
#[allow(clippy::needless_pass_by_value, reason = "a permit is spent")]
pub(crate) async fn send(
    client: &Client,
    access: &AccountAccess,
    permit: SendPermit,
    message: &OutboundMessage,
) -> Result<Accepted, ProviderError> {
    let OutboundContent::Text { body, .. } = &message.content else {
        return Err(ProviderError::Unsupported { provider: TELECMI, what: "anything but texts by SMS" });
    };
    let Address::Phone(recipient) = permit.recipient() else {
        return Err(refused(TELECMI, "number", RefusalReason::Recipient));
    };
    let to =
        number::dialled(recipient).ok_or_else(|| refused(TELECMI, "number", RefusalReason::Malformed))?;
    let body = Sms { token: client::credential(client, access, USER_TOKEN)?, text: body.reveal(), to };
    client.post(access, (Service::Rest, "v2/messages"), &body, SENDING).await?;
    let recipient = Sender { phone: Some(recipient.clone()), ..Sender::default() };
    Ok(Accepted { external: None, recipient, held: false })
}

/// Whether the token of the user is right: the smallest question about their SMS.
pub(crate) async fn check(client: &Client, access: &AccountAccess) -> Result<AccountHealth, ProviderError> {
    let body = json!({ "token": client::credential(client, access, USER_TOKEN)? });
    client.post(access, (Service::Rest, "v2/unread_sms"), &body, INBOX).await?;
    Ok(AccountHealth { display_number: None, verified_name: None, quality: None })
}

/// A page of what was received. The provider chooses how much a page holds: a list ends with an empty page, or when as many
/// were seen as it counts.
pub(crate) async fn page(
    client: &Client,
    access: &AccountAccess,
    (from, until): (DateTime<Utc>, DateTime<Utc>),
    after: Option<&MessageCursor>,
) -> Result<MessagePage, ProviderError> {
    let (page, seen) = match after {
        None => (1, 0),
        Some(cursor) => place(cursor).ok_or_else(|| refused(TELECMI, "cursor", RefusalReason::Malformed))?,
    };
    if page > 1 {
        tokio::time::sleep(client.config.page_gap).await;
    }
    let body = Asked {
        token: client::credential(client, access, USER_TOKEN)?,
        from: from.timestamp_millis(),
        to: until.timestamp_millis(),
        page,
    };
    let answer = client.post(access, (Service::Rest, "v2/inboxes"), &body, INBOX).await?;
    let rows = answer.list("sms");
    let seen = seen + u32::try_from(rows.len()).unwrap_or(u32::MAX);
    let is_all = answer.count(&["count"]).is_some_and(|count| seen >= count);
    let is_last = rows.is_empty() || is_all || page >= MOST_PAGES;
    let next = (!is_last).then(|| MessageCursor(format!("{}:{seen}", page + 1)));
    let received = rows.iter().filter(|row| row.text(&["type"]).as_deref() == Some("received"));
    Ok(MessagePage { messages: received.filter_map(|row| read(&access.routing_key, row)).collect(), next })
}

fn place(cursor: &MessageCursor) -> Option<(u32, u32)> {
    let (page, seen) = cursor.0.split_once(':')?;
    Some((page.parse().ok().filter(|page| *page > 1)?, seen.parse().ok()?))
}

/// The elements of bytes that [`page`] made; `None` if they are something else.
pub(crate) fn elements(raw: &[u8]) -> Option<Vec<Inbound>> {
    let fields = Fields::of_object(std::str::from_utf8(raw).ok()?)?;
    let rows = fields.list("sms");
    let account = fields.text(&["appid"])?;
    (!rows.is_empty()).then(|| rows.iter().filter_map(|row| read(&account, row)).collect())
}

/// A row as a received message. One without an id cannot be told from others, so that it would be taken in again and again.
fn read(account: &str, row: &Fields) -> Option<Inbound> {
    let external = ExternalId::parse(&row.text(&["msg_id"])?)?;
    let at = report::at(row).and_then(time::instant);
    // As it was written: a word such as `null` is a text here.
    let text: String = serde_json::from_str(row.whole("msg")?).ok()?;
    let from = report::number(row, &["from"]);
    let sender = from.as_deref().and_then(|from| PhoneNumber::from_digits(from.trim_start_matches('+')).ok());
    let body = match (MessageText::received(&text), sender) {
        (Some(body), Some(phone)) => InboundBody::Message(Box::new(InboundMessage {
            external: external.clone(),
            sender: Sender { phone: Some(phone), ..Sender::default() },
            content: Content::Text { body }.into(),
            reply_to: None,
            context: MessageContext::default(),
            beside: None,
        })),
        _ => InboundBody::Unknown { what: "sms without a text or a sender".to_owned() },
    };
    let kept = json!({"appid": account, "sms": [{
        "msg_id": external.reveal(), "msg": text, "from": from, "time": at.map(|at| at.timestamp_millis()),
        "type": "received",
    }]});
    let raw = Bytes::from(kept.to_string());
    Some(Inbound { account: Some(AccountRef(account.to_owned())), at, body, raw })
}
