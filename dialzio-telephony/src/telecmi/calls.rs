//! Placing calls and ending them.

use dialzio_core::call::CallAlias;
use dialzio_core::consent::CallPermit;
use dialzio_core::provider::{
    AccountAccess, CallAccepted, CallAction, OutboundCall, ProviderError, RefusalReason, RingAgentOn,
};
use serde::Serialize;

use super::connection::{SECRET, TELECMI, USER_TOKEN};
use super::error::{ENDING, PLACING};
use crate::answer::refused;
use crate::client::{self, Client};
use crate::config::Service;
use crate::number;
use crate::report::Correlation;

/// How many legs are tried when a call is ended.
const MOST_LEGS: usize = 4;

/// `POST /v2/webrtc/click2call`. The agent is rung first, and the person once the agent has answered.
#[derive(Serialize)]
struct ClickToCall<'a> {
    user_id: &'a str,
    secret: &'a str,
    to: u64,
    extra_params: Correlation,
    webrtc: bool,
    followme: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    callerid: Option<u64>,
}

/// `POST /v2/c2c/hangup`.
#[derive(Serialize)]
struct HangUp<'a> {
    token: &'a str,
    cmiuuid: &'a str,
}

/// Places one call, once.
#[allow(clippy::needless_pass_by_value, reason = "a permit is spent")]
pub(crate) async fn place(
    client: &Client,
    access: &AccountAccess,
    permit: CallPermit,
    call: &OutboundCall,
) -> Result<CallAccepted, ProviderError> {
    let malformed = |code: &str| refused(TELECMI, code, RefusalReason::Malformed);
    let agent = call.agent.as_deref().filter(|agent| !agent.is_empty()).ok_or_else(|| malformed("agent"))?;
    let to = number::dialled(permit.recipient()).ok_or_else(|| malformed("number"))?;
    let callerid = match call.our_number.as_deref() {
        Some(text) => Some(number::own_number(text).ok_or_else(|| malformed("our_number"))?),
        None => None,
    };
    let on_phone = call.ring_agent_on == RingAgentOn::Phone;
    let body = ClickToCall {
        user_id: agent,
        secret: client::credential(client, access, SECRET)?,
        to,
        extra_params: Correlation::of(call.id),
        // The two exclude each other.
        webrtc: !on_phone,
        followme: on_phone,
        callerid,
    };
    let answer = client.post(access, (Service::Rest, "v2/webrtc/click2call"), &body, PLACING).await?;
    let request = answer.text(&["request_id"]).as_deref().and_then(CallAlias::parse);
    Ok(CallAccepted { request })
}

/// Ends a call by the leg of the agent. It takes the token of a user, which only some accounts have.
pub(crate) async fn control(
    client: &Client,
    access: &AccountAccess,
    legs: &[CallAlias],
    action: CallAction,
) -> Result<(), ProviderError> {
    let unsupported = |what| Err(ProviderError::Unsupported { provider: TELECMI, what });
    if action != CallAction::HangUp {
        return unsupported("holding a call; it is done at the agent's telephone");
    }
    if access.credentials.get(USER_TOKEN).is_none() {
        return unsupported("ending a call without a user token");
    }
    let token = client::credential(client, access, USER_TOKEN)?;
    let mut last = refused(TELECMI, "leg", RefusalReason::Malformed);
    for leg in legs.iter().take(MOST_LEGS) {
        let body = HangUp { token, cmiuuid: leg.as_str() };
        match client.post(access, (Service::Rest, "v2/c2c/hangup"), &body, ENDING).await {
            Ok(_) => return Ok(()),
            // Not a leg that this user handles: the agent's leg is the first one or the second, by who began the call.
            Err(error @ ProviderError::Refused { .. }) => last = error,
            Err(error) => return Err(error),
        }
    }
    Err(last)
}
