//! The same done with many contacts.

use axum::Json;
use axum::extract::State;
use dialzio_core::contact::{ContactAction, ContactOutcome, ContactTarget, Stage};
use dialzio_core::text::TagName;
use dialzio_core::{ContactId, MemberId, Revision};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::bulk::OutcomeWord;
use super::{Body, text, word};
use crate::auth::Caller;
use crate::problem::Problem;
use crate::state::AppState;

/// What is done with each of them.
#[derive(Debug, Clone, Copy, Deserialize, ToSchema)]
#[schema(as = ContactBulkActionWord)]
#[serde(rename_all = "snake_case")]
pub enum ContactActionWord {
    /// Given to `owner`; to nobody without one.
    SetOwner,
    /// Moved to `stage`.
    SetStage,
    /// `tag` is added.
    AddTag,
    /// `tag` is removed.
    RemoveTag,
}

/// A contact that is to be changed.
#[derive(Debug, Deserialize, ToSchema)]
#[schema(as = ContactBulkTarget)]
#[serde(deny_unknown_fields)]
pub struct TargetJson {
    contact: ContactId,
    /// Only if the contact is still at this revision.
    revision: Option<u32>,
}

/// What is done with which contacts.
#[derive(Debug, Deserialize, ToSchema)]
#[schema(as = ContactBulkChange)]
#[serde(deny_unknown_fields)]
pub struct ContactBulkJson {
    /// The contacts, each once.
    #[schema(min_items = 1, max_items = 100)]
    contacts: Vec<TargetJson>,
    action: ContactActionWord,
    /// The member who gets them, for `set_owner`.
    owner: Option<MemberId>,
    /// For `set_stage`.
    #[schema(value_type = Option<Stage>)]
    stage: Option<String>,
    /// For `add_tag` and `remove_tag`.
    #[schema(value_type = Option<TagName>)]
    tag: Option<String>,
}

impl ContactBulkJson {
    fn action(&self) -> Result<ContactAction, Problem> {
        let tag = || {
            let tag = self.tag.as_deref().ok_or_else(|| Problem::invalid("tag", "is needed"))?;
            text::<TagName>("tag", tag)
        };
        Ok(match self.action {
            ContactActionWord::SetOwner => ContactAction::Owner(self.owner),
            ContactActionWord::SetStage => {
                let stage = self.stage.as_deref().ok_or_else(|| Problem::invalid("stage", "is needed"))?;
                ContactAction::Stage(word("stage", stage)?)
            }
            ContactActionWord::AddTag => ContactAction::AddTag(tag()?),
            ContactActionWord::RemoveTag => ContactAction::RemoveTag(tag()?),
        })
    }
}

/// What became of one contact.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = ContactBulkOutcome)]
pub struct ContactOutcomeJson {
    contact: ContactId,
    outcome: OutcomeWord,
    /// The revision of a contact that was changed.
    #[schema(required)]
    revision: Option<Revision>,
    /// The code of the problem, for one that was refused.
    #[schema(required)]
    code: Option<String>,
}

impl From<ContactOutcome> for ContactOutcomeJson {
    fn from(outcome: ContactOutcome) -> Self {
        let (word, revision, code) = match outcome.result {
            Ok(Some(change)) => (OutcomeWord::Changed, Some(change.revision), None),
            Ok(None) => (OutcomeWord::Unchanged, None, None),
            Err(error) => (OutcomeWord::Refused, None, Some(error.code())),
        };
        Self { contact: outcome.contact, outcome: word, revision, code }
    }
}

/// What became of each contact, in the order in which they were named.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = ContactBulkOutcomes)]
pub struct ContactOutcomesJson {
    data: Vec<ContactOutcomeJson>,
}

/// `POST /v1/contacts/bulk`.
pub async fn change(
    State(state): State<AppState>,
    Caller(actor): Caller,
    Body(bulk): Body<ContactBulkJson>,
) -> Result<Json<ContactOutcomesJson>, Problem> {
    let action = bulk.action()?;
    let target = |target: &TargetJson| ContactTarget {
        contact: target.contact,
        revision: target.revision.map(Revision),
    };
    let targets: Vec<_> = bulk.contacts.iter().map(target).collect();
    let outcomes = state.crm().contacts().bulk(&actor, &targets, &action).await?;
    Ok(Json(ContactOutcomesJson { data: outcomes.into_iter().map(ContactOutcomeJson::from).collect() }))
}
