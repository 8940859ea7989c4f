//! Call flows: what is done with calls that come in.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use chrono::{DateTime, Utc};
use dialzio_core::call_flow::{
    AnsweredNumber, CallFlow, CallFlowDefinition, CallFlowPatch, CallFlowPreview, CallStep, NewCallFlow,
};
use dialzio_core::text::Title;
use dialzio_core::{AccountId, CallFlowId, Error, PhoneNumber, Revision};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::call_flow_definition::DefinitionJson;
use super::conversations::present;
use super::revision::{IfMatch, Revised, refusal};
use super::{Body, Id, List, text};
use crate::auth::Caller;
use crate::problem::Problem;
use crate::state::AppState;

/// What is done with calls that come in to an account.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = CallFlow)]
pub struct CallFlowJson {
    id: CallFlowId,
    /// The account whose calls it answers.
    account: AccountId,
    /// What members call it.
    name: String,
    /// The number of ours that it is for; null for all that have no flow of their own.
    #[schema(required, value_type = Option<PhoneNumber>)]
    number: Option<String>,
    /// Whether it answers calls.
    enabled: bool,
    definition: CallFlowDefinition,
    revision: Revision,
}

impl From<CallFlow> for CallFlowJson {
    fn from(kept: CallFlow) -> Self {
        Self {
            id: kept.id,
            account: kept.account,
            name: kept.name.reveal().to_owned(),
            number: kept.number.number().map(|number| number.reveal().to_owned()),
            enabled: kept.enabled,
            definition: kept.definition,
            revision: kept.revision,
        }
    }
}

fn revised(kept: CallFlow) -> Revised<CallFlowJson> {
    Revised::at(kept.revision, kept.into())
}

/// `GET /v1/call-flows`.
pub async fn list(
    State(state): State<AppState>,
    Caller(actor): Caller,
) -> Result<Json<List<CallFlowJson>>, Problem> {
    let all = state.crm().call_flows().all(&actor).await?;
    Ok(List::all(all.into_iter().map(CallFlowJson::from).collect()))
}

/// `GET /v1/call-flows/{call_flow}`.
pub async fn get(
    State(state): State<AppState>,
    Caller(actor): Caller,
    Id(id): Id<CallFlowId>,
) -> Result<Revised<CallFlowJson>, Problem> {
    Ok(revised(state.crm().call_flows().get(&actor, id).await?))
}

/// A new call flow.
#[derive(Debug, Deserialize, ToSchema)]
#[schema(as = NewCallFlow)]
#[serde(deny_unknown_fields)]
pub struct NewCallFlowJson {
    /// The account whose calls it answers. Its provider asks what to do with calls.
    account: AccountId,
    /// What members call it.
    #[schema(value_type = Title)]
    name: String,
    /// The number of ours that it is for, in international form; without one it is for all that have no flow of their own.
    #[schema(value_type = Option<PhoneNumber>)]
    number: Option<String>,
    /// Whether it answers calls: of the flows for the same number of an account, one at most does.
    enabled: bool,
    /// What happens with a call.
    #[schema(value_type = CallFlowDefinition)]
    definition: DefinitionJson,
}

fn number(number: Option<&str>) -> Result<AnsweredNumber, Problem> {
    Ok(number.map(|number| text::<PhoneNumber>("number", number)).transpose()?.into())
}

fn definition(written: DefinitionJson) -> Result<CallFlowDefinition, Problem> {
    written.read(None).map_err(|problems| {
        let mut all = problems.into_iter();
        let (field, problem) = all.next().unwrap_or(("definition", String::new()));
        all.fold(Problem::invalid(field, problem), |told, (field, problem)| told.also(field, problem))
    })
}

/// `POST /v1/call-flows`.
pub async fn add(
    State(state): State<AppState>,
    Caller(actor): Caller,
    Body(new): Body<NewCallFlowJson>,
) -> Result<Revised<CallFlowJson>, Problem> {
    let new = NewCallFlow {
        account: new.account,
        name: text::<Title>("name", &new.name)?,
        number: number(new.number.as_deref())?,
        enabled: new.enabled,
        definition: definition(new.definition)?,
    };
    let added = state.crm().call_flows().add(&actor, new).await?;
    Ok(Revised::made(added.revision, added.into()))
}

/// Changes to a call flow: an absent field stays.
#[derive(Debug, Deserialize, ToSchema)]
#[schema(as = CallFlowPatch)]
#[serde(deny_unknown_fields)]
pub struct CallFlowPatchJson {
    #[schema(value_type = Option<Title>)]
    name: Option<String>,
    /// The number of ours that it is for; null for all.
    #[schema(value_type = Option<PhoneNumber>)]
    #[serde(default, deserialize_with = "present")]
    number: Option<Option<String>>,
    enabled: Option<bool>,
    #[schema(value_type = Option<CallFlowDefinition>)]
    definition: Option<DefinitionJson>,
    /// The revision that is meant, instead of `If-Match`.
    revision: Option<u32>,
}

/// `PATCH /v1/call-flows/{call_flow}`.
pub async fn change(
    State(state): State<AppState>,
    Caller(actor): Caller,
    meant: IfMatch,
    Id(id): Id<CallFlowId>,
    Body(patch): Body<CallFlowPatchJson>,
) -> Result<Revised<CallFlowJson>, Problem> {
    let flows = state.crm().call_flows();
    let seen = meant.revision(patch.revision)?;
    let change = CallFlowPatch {
        name: patch.name.map(|name| text::<Title>("name", &name)).transpose()?,
        number: patch.number.map(|written| number(written.as_deref())).transpose()?,
        enabled: patch.enabled,
        definition: patch.definition.map(definition).transpose()?,
    };
    match flows.change(&actor, id, seen, change).await {
        Ok(kept) => Ok(revised(kept)),
        Err(error) => {
            let present = async { Ok::<_, Error>(revised(flows.get(&actor, id).await?)) };
            Err(refusal(error, present).await)
        }
    }
}

/// `DELETE /v1/call-flows/{call_flow}`.
pub async fn delete(
    State(state): State<AppState>,
    Caller(actor): Caller,
    meant: IfMatch,
    Id(id): Id<CallFlowId>,
) -> Result<StatusCode, Problem> {
    let flows = state.crm().call_flows();
    let seen = meant.revision(None)?;
    match flows.delete(&actor, id, seen).await {
        Ok(_) => Ok(StatusCode::NO_CONTENT),
        Err(error) => {
            let present = async { Ok::<_, Error>(revised(flows.get(&actor, id).await?)) };
            Err(refusal(error, present).await)
        }
    }
}

/// Which call is meant.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[schema(as = CallFlowQuestion)]
#[serde(deny_unknown_fields)]
pub struct QuestionJson {
    /// When it comes in; now, if it is not said.
    at: Option<DateTime<Utc>>,
    /// From which number, in international form; a withheld one, if it is not said.
    #[schema(value_type = Option<PhoneNumber>)]
    from: Option<String>,
}

/// What would be done with a call.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = CallFlowPreview)]
pub struct PreviewJson {
    /// When it comes in.
    at: DateTime<Utc>,
    /// It is within business hours.
    open: bool,
    /// The steps, in order; the last one ends the call.
    steps: Vec<StepJson>,
}

/// A step of a call.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = CallStep)]
#[serde(tag = "step", rename_all = "snake_case")]
pub enum StepJson {
    /// A text is spoken.
    Say {
        /// The text.
        text: String,
    },
    /// A sound file is played.
    Play {
        /// Its address.
        url: String,
    },
    /// Telephones ring; if one is answered, the steps after it are left out.
    Dial {
        /// Their numbers, in order.
        #[schema(value_type = Vec<PhoneNumber>)]
        numbers: Vec<String>,
        /// All at once, or one after the other.
        together: bool,
        /// For how long each rings, in seconds.
        seconds: u16,
    },
    /// What the caller says is recorded.
    Record {
        /// The most seconds.
        seconds: u16,
    },
    /// The call ends.
    HangUp,
}

impl From<&CallStep> for StepJson {
    fn from(step: &CallStep) -> Self {
        match step {
            CallStep::Say(text) => Self::Say { text: text.reveal().to_owned() },
            CallStep::Play(sound) => Self::Play { url: sound.reveal().to_owned() },
            CallStep::Dial(dial) => Self::Dial {
                numbers: dial.targets.iter().map(|target| target.number.reveal().to_owned()).collect(),
                together: dial.together,
                seconds: dial.seconds,
            },
            CallStep::Record { seconds } => Self::Record { seconds: *seconds },
            CallStep::HangUp => Self::HangUp,
        }
    }
}

impl From<CallFlowPreview> for PreviewJson {
    fn from(preview: CallFlowPreview) -> Self {
        let steps = preview.program.steps().iter().map(StepJson::from).collect();
        Self { at: preview.at, open: preview.open, steps }
    }
}

/// `POST /v1/call-flows/{call_flow}/preview`.
pub async fn preview(
    State(state): State<AppState>,
    Caller(actor): Caller,
    Id(id): Id<CallFlowId>,
    Body(asked): Body<QuestionJson>,
) -> Result<Json<PreviewJson>, Problem> {
    let from = asked.from.map(|number| text::<PhoneNumber>("from", &number)).transpose()?;
    Ok(Json(state.crm().call_flows().preview(&actor, id, asked.at, from).await?.into()))
}
