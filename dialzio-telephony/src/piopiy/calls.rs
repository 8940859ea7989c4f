//! Placing calls, and what can be done while they go on.

use dialzio_core::call::CallAlias;
use dialzio_core::consent::CallPermit;
use dialzio_core::provider::{
    AccountAccess, CallAccepted, CallAction, OutboundCall, ProviderError, RefusalReason,
};
use secrecy::ExposeSecret;
use serde::Serialize;

use super::connection::{CALLER_ID, PIOPIY, SECRET};
use super::error::{ACTING, PLACING};
use super::program::{self, Action};
use super::region::PiopiyRegion;
use crate::answer::refused;
use crate::client::{self, Client};
use crate::config::Service;
use crate::number;
use crate::report::Correlation;

/// `POST /v2/ind_pcmo_make_call`: a number is rung, and then the program runs.
#[derive(Serialize)]
struct MakeCall<'a> {
    appid: u64,
    secret: &'a str,
    from: u64,
    to: u64,
    duration: u64,
    extra_params: Correlation,
    pcmo: [Action; 1],
}

/// `POST /v1/call/action`. One library of the vendor writes the id one way, the other the other.
#[derive(Serialize)]
struct Act<'a> {
    appid: u64,
    secret: &'a str,
    action: &'static str,
    cmiuid: &'a str,
    cmiuuid: &'a str,
}

/// Places one call, once: the agent is rung, and the person is joined once the agent has answered.
#[allow(clippy::needless_pass_by_value, reason = "a permit is spent")]
pub(crate) async fn place(
    client: &Client,
    access: &AccountAccess,
    region: Option<PiopiyRegion>,
    permit: CallPermit,
    call: &OutboundCall,
) -> Result<CallAccepted, ProviderError> {
    let refused = |code: &str, reason| refused(PIOPIY, code, reason);
    let agent = call.agent_number.as_ref().and_then(number::dialled);
    let agent = agent.ok_or_else(|| refused("agent_number", RefusalReason::Malformed))?;
    let person = number::dialled(permit.recipient());
    let person = person.ok_or_else(|| refused("number", RefusalReason::Malformed))?;
    let default = || access.credentials.get(CALLER_ID).map(ExposeSecret::expose_secret);
    // The number that calls come from has to be said; without one the account is not ready to place calls.
    let from = call.our_number.as_deref().or_else(default).and_then(number::own_number);
    let from = from.ok_or_else(|| refused(CALLER_ID, RefusalReason::Account))?;
    let duration = call.max_duration.as_secs();
    let body = MakeCall {
        appid: client::app_id(client, access)?,
        secret: client::credential(client, access, SECRET)?,
        from,
        to: agent,
        duration,
        extra_params: Correlation::of(call.id),
        pcmo: program::join(from, person, duration),
    };
    let path = region.unwrap_or_else(|| PiopiyRegion::of_number(agent)).placing();
    let answer = client.post(access, (Service::Rest, path), &body, PLACING).await?;
    let within = answer.object("data").and_then(|data| data.text(&["request_id"]));
    let request = answer.text(&["request_id"]).or(within);
    Ok(CallAccepted { request: request.as_deref().and_then(CallAlias::parse) })
}

/// Does something with a call, by the leg of the agent. An id that one part of the service does not know is asked for at the
/// other.
pub(crate) async fn control(
    client: &Client,
    access: &AccountAccess,
    region: Option<PiopiyRegion>,
    legs: &[CallAlias],
    action: CallAction,
) -> Result<(), ProviderError> {
    let leg = legs.first().ok_or_else(|| refused(PIOPIY, "leg", RefusalReason::Malformed))?;
    let action = match action {
        CallAction::HangUp => "hangup",
        CallAction::Hold => "hold",
        CallAction::Resume => "unhold",
    };
    let body = Act {
        appid: client::app_id(client, access)?,
        secret: client::credential(client, access, SECRET)?,
        action,
        cmiuid: leg.as_str(),
        cmiuuid: leg.as_str(),
    };
    let first = region.unwrap_or_else(|| PiopiyRegion::of_account(access));
    let ask = |region: PiopiyRegion| client.post(access, (Service::Programs, region.acting()), &body, ACTING);
    match ask(first).await {
        Ok(_) => Ok(()),
        Err(ProviderError::Refused { .. }) if region.is_none() => ask(first.other()).await.map(drop),
        Err(error) => Err(error),
    }
}
