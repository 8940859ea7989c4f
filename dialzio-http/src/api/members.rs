//! The members of the organisation, and who is invited to join them.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use chrono::{DateTime, Utc};
use dialzio_core::access::{
    Colleague, InHand, Invitation, Invited, Member, MemberPatch, MemberState, NewInvitation, Visibility,
};
use dialzio_core::text::EmailAddress;
use dialzio_core::{Actor, Error, InvitationId, MemberId, Permission, Revision, Role};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::revision::{IfMatch, Revised, refusal};
use super::{Body, Id, List, text, word};
use crate::auth::Caller;
use crate::problem::Problem;
use crate::state::AppState;

/// A member of the organisation.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Member)]
pub struct MemberJson {
    id: MemberId,
    name: String,
    role: Role,
    state: MemberState,
    /// Whose work they see: their own, that of their teams and what is not assigned, or everything.
    visibility: Visibility,
    created_at: DateTime<Utc>,
    /// What they sign in with; `null` for callers who may not manage members.
    #[schema(required)]
    email: Option<String>,
    /// Their last use, to the minute; `null` before the first, and for callers who may not manage members.
    #[schema(required)]
    last_active_at: Option<DateTime<Utc>>,
    /// Whether signing in asks them for a code; `null` for callers who may not manage members.
    #[schema(required)]
    second_factor: Option<bool>,
    revision: Revision,
}

impl MemberJson {
    fn of(member: &Member, known: &[Colleague]) -> Self {
        let known = known.iter().find(|one| one.member == member.id);
        Self {
            id: member.id,
            name: member.name.reveal().to_owned(),
            role: member.role,
            state: member.state,
            visibility: member.sees(),
            created_at: member.created_at,
            email: known.map(|one| one.email.reveal().to_owned()),
            last_active_at: known.and_then(|one| one.seen_at),
            second_factor: known.map(|one| one.has_second_factor),
            revision: member.revision,
        }
    }
}

/// What is known of members beside their records, by those who may know it.
async fn known(state: &AppState, actor: &Actor) -> Result<Vec<Colleague>, Error> {
    if actor.may(Permission::MembersManage) {
        state.crm().access().colleagues(actor).await
    } else {
        Ok(Vec::new())
    }
}

async fn revised(state: &AppState, actor: &Actor, member: &Member) -> Result<Revised<MemberJson>, Error> {
    Ok(Revised::at(member.revision, MemberJson::of(member, &known(state, actor).await?)))
}

/// `GET /v1/members`.
pub async fn list(
    State(state): State<AppState>,
    Caller(actor): Caller,
) -> Result<Json<List<MemberJson>>, Problem> {
    let members = state.crm().access().members(&actor).await?;
    let known = known(&state, &actor).await?;
    Ok(List::all(members.iter().map(|member| MemberJson::of(member, &known)).collect()))
}

/// `GET /v1/members/{member}`.
pub async fn get(
    State(state): State<AppState>,
    Caller(actor): Caller,
    Id(id): Id<MemberId>,
) -> Result<Revised<MemberJson>, Problem> {
    let member = state.crm().access().member(&actor, id).await?;
    Ok(revised(&state, &actor, &member).await?)
}

/// What changes of a member: an absent field stays.
#[derive(Debug, Deserialize, ToSchema)]
#[schema(as = MemberPatch)]
#[serde(deny_unknown_fields)]
pub struct MemberPatchJson {
    /// What they are to be: not above the caller's own role.
    #[schema(value_type = Option<Role>)]
    role: Option<String>,
    /// How much of the organisation's work they are to see. Owners and admins see everything.
    #[schema(value_type = Option<Visibility>)]
    visibility: Option<String>,
    /// The revision that is meant, instead of `If-Match`.
    revision: Option<u32>,
}

/// `PATCH /v1/members/{member}`.
pub async fn change(
    State(state): State<AppState>,
    Caller(actor): Caller,
    meant: IfMatch,
    Id(id): Id<MemberId>,
    Body(patch): Body<MemberPatchJson>,
) -> Result<Revised<MemberJson>, Problem> {
    let access = state.crm().access();
    let change = MemberPatch {
        role: patch.role.as_deref().map(|role| word::<Role>("role", role)).transpose()?,
        visibility: patch
            .visibility
            .as_deref()
            .map(|seen| word::<Visibility>("visibility", seen))
            .transpose()?,
    };
    match access.change(&actor, id, change, meant.revision(patch.revision)?).await {
        Ok(member) => Ok(revised(&state, &actor, &member).await?),
        Err(error) => {
            let present = async {
                let member = access.member(&actor, id).await?;
                revised(&state, &actor, &member).await
            };
            Err(refusal(error, present).await)
        }
    }
}

/// Who takes over the open work of a member.
#[derive(Debug, Deserialize, ToSchema)]
#[schema(as = Deactivation)]
#[serde(deny_unknown_fields)]
pub struct DeactivationJson {
    /// The member who gets their open conversations and follow-ups; without one they are unassigned.
    #[serde(default)]
    hand_over_to: Option<MemberId>,
}

/// A member who was deactivated.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = DeactivatedMember)]
pub struct DeactivatedJson {
    member: MemberJson,
    /// How many open conversations were handed over.
    conversations: usize,
    /// How many open follow-ups were handed over.
    tasks: usize,
    /// How many of their keys were revoked.
    keys: usize,
}

/// `POST /v1/members/{member}/deactivation`. Deactivating again changes nothing.
pub async fn deactivate(
    State(state): State<AppState>,
    Caller(actor): Caller,
    Id(id): Id<MemberId>,
    Body(asked): Body<DeactivationJson>,
) -> Result<Json<DeactivatedJson>, Problem> {
    let (member, given) = state.crm().access().deactivate(&actor, id, asked.hand_over_to).await?;
    let InHand { conversations, tasks, keys } = given;
    let member = MemberJson::of(&member, &known(&state, &actor).await?);
    Ok(Json(DeactivatedJson { member, conversations, tasks, keys }))
}

/// `POST /v1/members/{member}/activation`. Activating again changes nothing.
pub async fn activate(
    State(state): State<AppState>,
    Caller(actor): Caller,
    Id(id): Id<MemberId>,
) -> Result<Json<MemberJson>, Problem> {
    let member = state.crm().access().activate(&actor, id).await?;
    Ok(Json(MemberJson::of(&member, &known(&state, &actor).await?)))
}

/// A new member.
#[derive(Debug, Deserialize, ToSchema)]
#[schema(as = NewMember)]
#[serde(deny_unknown_fields)]
pub struct InviteJson {
    #[schema(value_type = EmailAddress)]
    email: String,
    #[schema(value_type = Role)]
    role: String,
    /// How much of the organisation's work they will see: all of it unless given, and never more than the caller sees. Owners and
    /// admins see everything.
    #[schema(value_type = Option<Visibility>)]
    visibility: Option<String>,
}

/// The link of an invitation, shown once.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Invitation)]
pub struct InvitedJson {
    /// The address at which the invited person makes an account.
    setup_url: String,
    /// Whether the link was sent to the address by mail too: only if the server sends mail, and at most three an hour.
    mailed: bool,
}

impl InvitedJson {
    fn of(state: &AppState, invited: &Invited) -> (StatusCode, Json<Self>) {
        let setup_url = setup_url(&state.public_url(""), invited.token.reveal());
        (StatusCode::CREATED, Json(Self { setup_url, mailed: invited.mailed }))
    }
}

/// `POST /v1/members`. An earlier invitation to the same address ends.
pub async fn invite(
    State(state): State<AppState>,
    Caller(actor): Caller,
    Body(new): Body<InviteJson>,
) -> Result<(StatusCode, Json<InvitedJson>), Problem> {
    let email = text::<EmailAddress>("email", &new.email)?;
    let (role, page) = (word::<Role>("role", &new.role)?, state.public_url("setup"));
    let visibility =
        new.visibility.as_deref().map(|seen| word::<Visibility>("visibility", seen)).transpose()?;
    let new = NewInvitation::to(email, role).seeing(visibility.unwrap_or(Visibility::All));
    let invited = state.crm().access().invite_by_mail(&actor, new, &page).await?;
    Ok(InvitedJson::of(&state, &invited))
}

/// The address of the page that uses an invitation: `base` is the public address of the router, with a slash at its end.
/// The token is in the fragment, which no server logs.
#[must_use]
pub fn setup_url(base: &str, token: &str) -> String {
    format!("{base}setup#{token}")
}

/// An invitation that can still be accepted, without its link.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = OpenInvitation)]
pub struct OpenJson {
    id: InvitationId,
    /// The address that is invited; `null` if the link names none.
    #[schema(required)]
    email: Option<String>,
    role: Role,
    /// Whose work they will see: their own, that of their teams and what is not assigned, or everything.
    visibility: Visibility,
    invited_at: DateTime<Utc>,
    expires_at: DateTime<Utc>,
}

impl From<Invitation> for OpenJson {
    fn from(invitation: Invitation) -> Self {
        Self {
            id: invitation.id(),
            email: invitation.email.as_ref().map(|email| email.reveal().to_owned()),
            role: invitation.role,
            visibility: invitation.visibility,
            invited_at: invitation.created_at,
            expires_at: invitation.expires_at,
        }
    }
}

/// `GET /v1/invitations`.
pub async fn invitations(
    State(state): State<AppState>,
    Caller(actor): Caller,
) -> Result<Json<List<OpenJson>>, Problem> {
    let open = state.crm().access().invitations(&actor).await?;
    Ok(List::all(open.into_iter().map(OpenJson::from).collect()))
}

/// `POST /v1/invitations/{invitation}/renewal`: a new link, which is shown once. The former link stops working.
pub async fn renew(
    State(state): State<AppState>,
    Caller(actor): Caller,
    Id(id): Id<InvitationId>,
) -> Result<(StatusCode, Json<InvitedJson>), Problem> {
    let page = state.public_url("setup");
    let invited = state.crm().access().renew_invitation_by_mail(&actor, id, &page).await?;
    Ok(InvitedJson::of(&state, &invited))
}

/// `DELETE /v1/invitations/{invitation}`.
pub async fn revoke(
    State(state): State<AppState>,
    Caller(actor): Caller,
    Id(id): Id<InvitationId>,
) -> Result<StatusCode, Problem> {
    state.crm().access().revoke_invitation(&actor, id).await?;
    Ok(StatusCode::NO_CONTENT)
}
