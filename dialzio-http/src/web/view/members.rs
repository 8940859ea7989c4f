//! Who works here, and who is invited.

use askama::Template;
use dialzio_core::Role;
use dialzio_core::access::Visibility;

use super::{Avatar, Choice, Shell, Shown};

/// The page at `/settings/members`.
#[derive(Clone, Debug, Template)]
#[template(path = "members.html")]
pub(crate) struct MembersPage {
    /// Around it.
    pub(crate) shell: Shell,
    /// The list.
    pub(crate) list: MemberList,
    /// The teams.
    pub(crate) teams: super::teams::TeamList,
    /// Where they sign in with their account at work, for owners.
    pub(crate) sign_on: Option<super::single_sign_on::IdentityProviderList>,
}

/// Members and invitations, with the form that is open. Answer of `GET /web/members` and of each change, put in the place of
/// `#member-list`.
#[derive(Clone, Debug, Template)]
#[template(path = "member_list.html")]
pub(crate) struct MemberList {
    /// Whether the reader may change them.
    pub(crate) can_manage: bool,
    /// Active ones first, by name.
    pub(crate) rows: Vec<MemberRow>,
    /// Invitations that can be accepted, oldest first.
    pub(crate) invitations: Vec<InvitationRow>,
    /// The form that invites.
    pub(crate) invite: InviteForm,
    /// The link of the invitation that was just made.
    pub(crate) link: Option<NewLink>,
    /// What was just done.
    pub(crate) done: Option<String>,
}

impl askama::filters::HtmlSafe for MemberList {}

/// One member.
#[derive(Clone, Debug)]
pub(crate) struct MemberRow {
    /// Id.
    pub(crate) id: String,
    /// What colleagues call them.
    pub(crate) name: Shown,
    /// Their mark.
    pub(crate) avatar: Avatar,
    /// What they sign in with, for those who may manage members.
    pub(crate) email: Option<Shown>,
    /// What they are.
    pub(crate) role: &'static str,
    /// How much they see, if it is less than everything.
    pub(crate) sees: Option<&'static str>,
    /// "Last active 10:42", "Joined 12 Nov".
    pub(crate) when: String,
    /// Whether they read this.
    pub(crate) is_self: bool,
    /// Whether they may come in.
    pub(crate) is_active: bool,
    /// Whether the reader may change them.
    pub(crate) can_change: bool,
    /// The form that changes the role, if it is open.
    pub(crate) role_form: Option<RoleForm>,
    /// The form that deactivates, if it is open.
    pub(crate) leave_form: Option<LeaveForm>,
    /// Whether signing in asks them for a code, for those who may manage members.
    pub(crate) has_second_factor: bool,
    /// The form that takes their second factor away, if it is open.
    pub(crate) reset_form: Option<ResetForm>,
}

/// Takes the second factor of a member away.
#[derive(Clone, Debug)]
pub(crate) struct ResetForm {
    /// What was refused.
    pub(crate) error: Option<String>,
}

/// Changes what a member is.
#[derive(Clone, Debug)]
pub(crate) struct RoleForm {
    /// The revision that is changed.
    pub(crate) revision: String,
    /// Roles up to the reader's own.
    pub(crate) roles: Vec<Choice>,
    /// How much of the organisation's work they see.
    pub(crate) sees: Vec<Choice>,
    /// What was refused.
    pub(crate) error: Option<String>,
}

/// Deactivates a member.
#[derive(Clone, Debug)]
pub(crate) struct LeaveForm {
    /// What is handed over: "3 open conversations and 1 open task".
    pub(crate) work: Option<String>,
    /// The keys that end: "2 API keys".
    pub(crate) keys: Option<String>,
    /// Who gets it: nobody, or another member.
    pub(crate) members: Vec<Choice>,
    /// What was refused.
    pub(crate) error: Option<String>,
}

/// An invitation.
#[derive(Clone, Debug)]
pub(crate) struct InvitationRow {
    /// Id.
    pub(crate) id: String,
    /// Whom it invites.
    pub(crate) email: Shown,
    /// What they will be.
    pub(crate) role: &'static str,
    /// How much they will see, if it is less than everything.
    pub(crate) sees: Option<&'static str>,
    /// When it was made, within a sentence.
    pub(crate) invited: String,
    /// When it ends, within a sentence.
    pub(crate) ends: String,
    /// Whether the reader may renew it or take it back.
    pub(crate) can_change: bool,
}

/// Invites somebody.
#[derive(Clone, Debug, Default)]
pub(crate) struct InviteForm {
    /// The address as typed.
    pub(crate) email: String,
    /// The role as chosen.
    pub(crate) role: Option<Role>,
    /// Roles up to the reader's own.
    pub(crate) roles: Vec<Choice>,
    /// How much they are to see, as chosen.
    pub(crate) visibility: Option<Visibility>,
    /// How much they may see.
    pub(crate) sees: Vec<Choice>,
    /// What is wrong with that.
    pub(crate) sees_error: Option<String>,
    /// What is wrong with the address.
    pub(crate) email_error: Option<String>,
    /// What is wrong with the role.
    pub(crate) role_error: Option<String>,
}

/// The link of an invitation, which is shown once.
#[derive(Clone, Debug)]
pub(crate) struct NewLink {
    /// Whom it invites.
    pub(crate) to: Shown,
    /// The address to send them.
    pub(crate) address: String,
    /// It is on its way to them by mail.
    pub(crate) mailed: bool,
}
