//! Settings: who works here, and who is invited.

use axum::extract::Query;
use axum::http::StatusCode;
use axum::response::{Html, IntoResponse, Response};
use dialzio_core::access::{
    Colleague, InHand, Invitation, Invited, Member, MemberPatch, MemberState, NewInvitation, Visibility,
};
use dialzio_core::text::EmailAddress;
use dialzio_core::{Error, InvitationId, MemberId, Permission, Revision, Role};
use serde::Deserialize;

use super::page_context::{PageContext, show};
use super::view::members::{
    InvitationRow, InviteForm, LeaveForm, MemberList, MemberRow, MembersPage, NewLink, ResetForm, RoleForm,
};
use super::view::shell::Place;
use super::view::{Avatar, Choice};
use crate::api::members::setup_url;
use crate::api::{Id, word};
use crate::form::Fields;
use crate::problem::Problem;

/// Which form is open, at which member.
#[derive(Debug, Default, Deserialize)]
pub(crate) struct Open {
    role: Option<MemberId>,
    leave: Option<MemberId>,
    reset: Option<MemberId>,
}

/// What a list shows beside the members.
#[derive(Debug, Default)]
struct Beside {
    open: Open,
    invite: InviteForm,
    link: Option<NewLink>,
    /// What was refused, at the member whom it was about.
    refused: Option<String>,
    /// What was done.
    done: Option<String>,
}

/// `GET /settings/members`.
pub(crate) async fn page(ctx: PageContext) -> Result<Html<String>, Problem> {
    let list = list(&ctx, Beside::default()).await?;
    let teams = super::teams::list(&ctx, None, None).await?;
    let sign_on = super::identity_providers::card(&ctx).await?;
    show(&MembersPage { shell: ctx.shell("Members", Place::Members).await?, list, teams, sign_on })
}

/// `GET /web/members`: the list, with the form that is asked for.
pub(crate) async fn read(ctx: PageContext, Query(open): Query<Open>) -> Result<Html<String>, Problem> {
    show(&list(&ctx, Beside { open, ..Beside::default() }).await?)
}

/// What people call a role, and what it may do.
pub(crate) const fn role_words(role: Role) -> (&'static str, &'static str) {
    match role {
        Role::Viewer => ("Viewer", "sees everything, changes nothing"),
        Role::Agent => ("Agent", "talks to people"),
        Role::Manager => {
            ("Manager", "also deletes recordings, handles unprocessed events and reads the audit log")
        }
        Role::Admin => ("Admin", "also manages members, channels and settings"),
        Role::Owner => ("Owner", "as an admin, and makes other owners"),
    }
}

/// What people call a visibility.
const fn sees_words(sees: Visibility) -> &'static str {
    match sees {
        Visibility::Own => "Only their own work",
        Visibility::Team => "Work of their teams and unassigned work",
        Visibility::All => "Everything",
    }
}

/// How much a member may see.
fn visibilities(chosen: Visibility) -> Vec<Choice> {
    let choice = |sees: &Visibility| Choice {
        selected: *sees == chosen,
        ..Choice::new(sees.as_str(), sees_words(*sees))
    };
    Visibility::ALL.iter().map(choice).collect()
}

/// The roles up to one, each with what it may do.
fn roles(up_to: Option<Role>, chosen: Role) -> Vec<Choice> {
    let given = Role::ALL.iter().filter(|role| up_to.is_some_and(|most| **role <= most));
    given
        .map(|role| {
            let (name, may) = role_words(*role);
            let choice = Choice::new(role.as_str(), format!("{name}: {may}"));
            if *role == chosen { choice.chosen() } else { choice }
        })
        .collect()
}

async fn list(ctx: &PageContext, beside: Beside) -> Result<MemberList, Problem> {
    let access = ctx.crm().access();
    // What was changed by this very request shows.
    let members = access.members(&ctx.actor).await?;
    let can_manage = ctx.may(Permission::MembersManage);
    let (known, open, rank) = if can_manage {
        let (known, open) = (access.colleagues(&ctx.actor).await?, access.invitations(&ctx.actor).await?);
        (known, open, access.rank(&ctx.actor).await?)
    } else {
        (Vec::new(), Vec::new(), None)
    };
    let mut rows = Vec::with_capacity(members.len());
    for member in &members {
        let mut row = row(ctx, member, known.iter().find(|one| one.member == member.id), rank);
        if row.can_change && beside.open.role == Some(member.id) {
            row.role_form = Some(RoleForm {
                revision: member.revision.0.to_string(),
                roles: roles(rank, member.role),
                sees: visibilities(member.visibility),
                error: beside.refused.clone(),
            });
        }
        row.reset_form = (row.can_change && beside.open.reset == Some(member.id))
            .then(|| ResetForm { error: beside.refused.clone() });
        if row.can_change && beside.open.leave == Some(member.id) {
            let in_hand = access.in_hand(&ctx.actor, member.id).await?;
            row.leave_form = Some(leave_form(&members, member, in_hand, beside.refused.clone()));
        }
        rows.push(row);
    }
    // Those who may come in first, by name.
    rows.sort_by_key(|row| (!row.is_active, row.name.to_string().to_lowercase()));
    let invitations = open.into_iter().map(|one| invitation(ctx, &one, rank)).collect();
    let mut invite = beside.invite;
    invite.roles = roles(rank, invite.role.unwrap_or(Role::Agent));
    invite.sees = visibilities(invite.visibility.unwrap_or(Visibility::All));
    Ok(MemberList { can_manage, rows, invitations, invite, link: beside.link, done: beside.done })
}

fn row(ctx: &PageContext, member: &Member, known: Option<&Colleague>, rank: Option<Role>) -> MemberRow {
    let is_self = ctx.actor.member() == Some(member.id);
    let is_active = member.state == MemberState::Active;
    let when = match known.and_then(|one| one.seen_at) {
        Some(seen) => format!("Last active {}", ctx.when(seen)),
        None => format!("Joined {}", ctx.when(member.created_at)),
    };
    MemberRow {
        id: member.id.to_string(),
        name: member.name.reveal().into(),
        avatar: Avatar::of(member.name.reveal()),
        email: known.map(|one| one.email.reveal().into()),
        role: role_words(member.role).0,
        sees: (member.sees() != Visibility::All).then(|| sees_words(member.sees())),
        when,
        is_self,
        is_active,
        can_change: rank.is_some_and(|own| member.role <= own),
        role_form: None,
        leave_form: None,
        has_second_factor: known.is_some_and(|one| one.has_second_factor),
        reset_form: None,
    }
}

/// "1 conversation", "2 conversations".
fn counted(count: usize, one: &str) -> String {
    if count == 1 { format!("1 {one}") } else { format!("{count} {one}s") }
}

fn leave_form(members: &[Member], leaving: &Member, has: InHand, error: Option<String>) -> LeaveForm {
    let nobody = Choice::new("", "Nobody: they become unassigned").chosen();
    let others = members
        .iter()
        .filter(|other| other.id != leaving.id && other.state == MemberState::Active)
        .map(|other| Choice::new(other.id.to_string(), other.name.reveal()));
    let work: Vec<_> = [(has.conversations, "open conversation"), (has.tasks, "open task")]
        .into_iter()
        .filter(|(count, _)| *count > 0)
        .map(|(count, one)| counted(count, one))
        .collect();
    LeaveForm {
        work: (!work.is_empty()).then(|| work.join(" and ")),
        keys: (has.keys > 0).then(|| counted(has.keys, "API key")),
        members: std::iter::once(nobody).chain(others).collect(),
        error,
    }
}

fn invitation(ctx: &PageContext, open: &Invitation, rank: Option<Role>) -> InvitationRow {
    InvitationRow {
        id: open.id().to_string(),
        email: open
            .email
            .as_ref()
            .map_or_else(|| "Whoever opens the link".into(), |email| email.reveal().into()),
        role: role_words(open.role).0,
        sees: (open.visibility != Visibility::All).then(|| sees_words(open.visibility)),
        invited: ctx.when(open.created_at),
        ends: ctx.when(open.expires_at),
        can_change: rank.is_some_and(|own| open.role <= own),
    }
}

fn link(ctx: &PageContext, to: impl Into<super::view::Shown>, invited: &Invited) -> Option<NewLink> {
    let address = setup_url(&ctx.state.public_url(""), invited.token.reveal());
    Some(NewLink { to: to.into(), address, mailed: invited.mailed })
}

/// What was refused, within a sentence about a member; `None` if it is no refusal of this kind.
fn refused(error: &Error) -> Option<String> {
    match error {
        Error::Invalid { field: "role", problem } => Some(format!("The role {problem}.")),
        Error::Invalid { field: "member", problem } => Some(format!("This member {problem}.")),
        Error::Invalid { problem, .. } => Some(format!("This {problem}.")),
        Error::Stale { .. } | Error::Conflict { .. } => {
            Some("Somebody else changed this member meanwhile. Look again and repeat it.".to_owned())
        }
        _ => None,
    }
}

async fn again(ctx: &PageContext, beside: Beside) -> Result<Response, Problem> {
    Ok((StatusCode::UNPROCESSABLE_ENTITY, show(&list(ctx, beside).await?)?).into_response())
}

async fn done(ctx: &PageContext, done: impl Into<String>) -> Result<Response, Problem> {
    let beside = Beside { done: Some(done.into()), ..Beside::default() };
    Ok(show(&list(ctx, beside).await?)?.into_response())
}

/// `POST /web/members/invite`: the list with the link, this once.
pub(crate) async fn invite(ctx: PageContext, fields: Fields) -> Result<Response, Problem> {
    let role = word::<Role>("role", fields.get("role"))?;
    let visibility =
        fields.given("visibility").map(|sees| word::<Visibility>("visibility", sees)).transpose()?;
    let typed = fields.get("email").trim();
    let mut form =
        InviteForm { email: typed.to_owned(), role: Some(role), visibility, ..InviteForm::default() };
    let invited = match EmailAddress::parse(typed) {
        Ok(email) => {
            let page = ctx.state.public_url("setup");
            let new = NewInvitation::to(email, role).seeing(visibility.unwrap_or(Visibility::All));
            ctx.crm().access().invite_by_mail(&ctx.actor, new, &page).await
        }
        Err(_) => {
            form.email_error = Some("This is not a complete address.".to_owned());
            return again(&ctx, Beside { invite: form, ..Beside::default() }).await;
        }
    };
    match invited {
        Ok(invited) => {
            let link = link(&ctx, typed, &invited);
            Ok(show(&list(&ctx, Beside { link, ..Beside::default() }).await?)?.into_response())
        }
        Err(Error::Invalid { field: "email", problem }) => {
            form.email_error = Some(format!("This {problem}."));
            again(&ctx, Beside { invite: form, ..Beside::default() }).await
        }
        Err(Error::Invalid { field: "role", problem }) => {
            form.role_error = Some(format!("The role {problem}."));
            again(&ctx, Beside { invite: form, ..Beside::default() }).await
        }
        Err(Error::Invalid { field: "visibility", problem }) => {
            form.sees_error = Some(format!("What they see {problem}."));
            again(&ctx, Beside { invite: form, ..Beside::default() }).await
        }
        Err(error) => Err(error.into()),
    }
}

/// `POST /web/invitations/{invitation}/renew`: the list with a new link, this once.
pub(crate) async fn renew(ctx: PageContext, Id(id): Id<InvitationId>) -> Result<Html<String>, Problem> {
    let open = ctx.crm().access().invitations(&ctx.actor).await?;
    let email = open.iter().find(|one| one.id() == id).and_then(|one| one.email.as_ref());
    let to = email.map_or_else(|| "whoever opens it".to_owned(), |email| email.reveal().to_owned());
    let page = ctx.state.public_url("setup");
    let invited = ctx.crm().access().renew_invitation_by_mail(&ctx.actor, id, &page).await?;
    let link = link(&ctx, to, &invited);
    show(&list(&ctx, Beside { link, ..Beside::default() }).await?)
}

/// `POST /web/invitations/{invitation}/revoke`.
pub(crate) async fn revoke(ctx: PageContext, Id(id): Id<InvitationId>) -> Result<Response, Problem> {
    match ctx.crm().access().revoke_invitation(&ctx.actor, id).await {
        Ok(()) | Err(Error::NotFound { .. }) => done(&ctx, "The invitation was revoked.").await,
        Err(error) => Err(error.into()),
    }
}

/// `POST /web/members/{member}/role`: what a member is, and how much they see.
pub(crate) async fn change_role(
    ctx: PageContext,
    Id(id): Id<MemberId>,
    fields: Fields,
) -> Result<Response, Problem> {
    let role = word::<Role>("role", fields.get("role"))?;
    let revision = fields.get("revision").parse().map(Revision);
    let revision = revision.map_err(|_| Problem::invalid("revision", "is not a revision"))?;
    let visibility =
        fields.given("visibility").map(|sees| word::<Visibility>("visibility", sees)).transpose()?;
    let patch = MemberPatch { role: Some(role), visibility };
    match ctx.crm().access().change(&ctx.actor, id, patch, Some(revision)).await {
        Ok(member) => done(&ctx, format!("{} is {} now.", member.name.reveal(), role_words(role).0)).await,
        Err(error) => {
            let Some(words) = refused(&error) else { return Err(error.into()) };
            let open = Open { role: Some(id), ..Open::default() };
            again(&ctx, Beside { open, refused: Some(words), ..Beside::default() }).await
        }
    }
}

/// `POST /web/members/{member}/deactivate`.
pub(crate) async fn deactivate(
    ctx: PageContext,
    Id(id): Id<MemberId>,
    fields: Fields,
) -> Result<Response, Problem> {
    let to = fields.given("to").map(|to| word::<MemberId>("to", to)).transpose()?;
    match ctx.crm().access().deactivate(&ctx.actor, id, to).await {
        Ok((member, _)) => done(&ctx, format!("{} was deactivated.", member.name.reveal())).await,
        Err(error) => {
            let Some(words) = refused(&error) else { return Err(error.into()) };
            let open = Open { leave: Some(id), ..Open::default() };
            again(&ctx, Beside { open, refused: Some(words), ..Beside::default() }).await
        }
    }
}

/// `POST /web/members/{member}/second-factor`: takes it away.
pub(crate) async fn reset_second_factor(ctx: PageContext, Id(id): Id<MemberId>) -> Result<Response, Problem> {
    match ctx.crm().access().reset_second_factor(&ctx.actor, id).await {
        Ok(member) => {
            done(&ctx, format!("{} signs in with the password alone now.", member.name.reveal())).await
        }
        Err(error) => {
            let Some(words) = refused(&error) else { return Err(error.into()) };
            let open = Open { reset: Some(id), ..Open::default() };
            again(&ctx, Beside { open, refused: Some(words), ..Beside::default() }).await
        }
    }
}

/// `POST /web/members/{member}/activate`.
pub(crate) async fn activate(ctx: PageContext, Id(id): Id<MemberId>) -> Result<Response, Problem> {
    let member = ctx.crm().access().activate(&ctx.actor, id).await?;
    done(&ctx, format!("{} can come in again.", member.name.reveal())).await
}
