//! Placing and ending calls, and whether the token is accepted.
//!
//! Source: the vendor's libraries for Python and Node.js, which check these requests before they send them, read 2026-11.

use dialzio_core::call::CallAlias;
use dialzio_core::consent::CallPermit;
use dialzio_core::provider::{
    AccountAccess, AccountHealth, CallAccepted, CallAction, OutboundCall, ProviderError, RefusalReason,
};
use reqwest::Method;
use secrecy::ExposeSecret;
use serde::Serialize;

use super::answer;
use super::connection::{CALLER_ID, PIOPIY_V3, TOKEN};
use crate::answer::{Repeat, refused};
use crate::body::Fields;
use crate::client::{self, Client};
use crate::config::Service;
use crate::number;
use crate::report::Correlation;

/// How long each side is rung, in seconds: 5 to 120.
const RING: u16 = 40;
/// The shortest and the longest call, in seconds.
const DURATION: (u64, u64) = (30, 7_200);
/// An id that no call has.
const NO_CALL: &str = "00000000-0000-4000-8000-000000000000";

/// `POST /v3/voice/pcmo/call`: a number is rung, and then the pipeline runs. Numbers are texts of digits.
#[derive(Serialize)]
struct PlaceCall<'a> {
    caller_id: &'a str,
    to_number: &'a str,
    app_id: &'a str,
    pipeline: [Connect<'a>; 1],
    options: Options,
    variables: Correlation,
}

/// Joins another telephone to the call.
#[derive(Serialize)]
struct Connect<'a> {
    action: &'static str,
    params: ConnectParams<'a>,
    endpoints: [Endpoint<'a>; 1],
}

#[derive(Serialize)]
struct ConnectParams<'a> {
    caller_id: &'a str,
    strategy: &'static str,
    options: Options,
}

#[derive(Serialize)]
struct Endpoint<'a> {
    #[serde(rename = "type")]
    kind: &'static str,
    number: &'a str,
}

#[derive(Clone, Copy, Serialize)]
struct Options {
    max_duration_sec: u64,
    ring_timeout_sec: u16,
}

/// `POST /v3/voice/call/hangup`.
#[derive(Serialize)]
struct HangUp<'a> {
    call_id: &'a str,
    cause: &'static str,
}

/// Places one call, once: the agent is rung, and the person is joined once the agent has answered.
#[allow(clippy::needless_pass_by_value, reason = "a permit is spent")]
pub(super) async fn place(
    client: &Client,
    access: &AccountAccess,
    permit: CallPermit,
    call: &OutboundCall,
) -> Result<CallAccepted, ProviderError> {
    let refused = |code: &str, reason| refused(PIOPIY_V3, code, reason);
    let agent = call.agent_number.as_ref().map(|number| number.digits().to_owned());
    let agent = agent.ok_or_else(|| refused("agent_number", RefusalReason::Malformed))?;
    let default = || access.credentials.get(CALLER_ID).map(ExposeSecret::expose_secret);
    let from = call.our_number.as_deref().or_else(default).and_then(number::own_number);
    let from = from.ok_or_else(|| refused(CALLER_ID, RefusalReason::Account))?.to_string();
    let max_duration_sec = call.max_duration.as_secs().clamp(DURATION.0, DURATION.1);
    let options = Options { max_duration_sec, ring_timeout_sec: RING };
    let params = ConnectParams { caller_id: &from, strategy: "sequential", options };
    let endpoints = [Endpoint { kind: "pstn", number: permit.recipient().digits() }];
    let body = PlaceCall {
        caller_id: &from,
        to_number: &agent,
        app_id: &access.routing_key,
        pipeline: [Connect { action: "connect", params, endpoints }],
        options,
        variables: Correlation::of(call.id),
    };
    let told = post(client, access, "v3/voice/pcmo/call", &body, Repeat::Doubles).await?;
    let request = told.and_then(|fields| answer::id(&fields));
    Ok(CallAccepted { request })
}

/// Ends a call. Nothing else can be done with one.
pub(super) async fn control(
    client: &Client,
    access: &AccountAccess,
    legs: &[CallAlias],
    action: CallAction,
) -> Result<(), ProviderError> {
    if action != CallAction::HangUp {
        return Err(ProviderError::Unsupported { provider: PIOPIY_V3, what: "holding a call" });
    }
    let call = legs.first().ok_or_else(|| refused(PIOPIY_V3, "call", RefusalReason::Malformed))?;
    let body = HangUp { call_id: call.as_str(), cause: "NORMAL_CLEARING" };
    post(client, access, "v3/voice/call/hangup", &body, Repeat::Harmless).await.map(drop)
}

/// Whether the token is accepted. No request is documented that only asks: the end of a call that does not exist changes nothing,
/// and any answer but one about the token shows that it is known.
pub(super) async fn check(client: &Client, access: &AccountAccess) -> Result<AccountHealth, ProviderError> {
    let body = HangUp { call_id: NO_CALL, cause: "NORMAL_CLEARING" };
    match post(client, access, "v3/voice/call/hangup", &body, Repeat::Harmless).await {
        Ok(_)
        | Err(ProviderError::Refused { reason: RefusalReason::Malformed | RefusalReason::Other, .. }) => {
            let caller = access.credentials.get(CALLER_ID).map(ExposeSecret::expose_secret);
            let display_number = caller.and_then(number::own_number).map(|number| format!("+{number}"));
            Ok(AccountHealth { display_number, verified_name: None, quality: None })
        }
        Err(error) => Err(error),
    }
}

/// Posts a body with the token of the account; the answer's fields, if it has any.
async fn post(
    client: &Client,
    access: &AccountAccess,
    path: &str,
    body: &impl Serialize,
    repeat: Repeat,
) -> Result<Option<Fields>, ProviderError> {
    let token = client::credential(client, access, TOKEN)?;
    let url = client.address(access, Service::V3, path)?;
    let request = client.ask(Method::POST, url).bearer_auth(token).json(body);
    let answered =
        client.answer(request.timeout(client.config.request_timeout), repeat, answer::LARGEST).await?;
    answer::read(&answered, repeat, token)
}
