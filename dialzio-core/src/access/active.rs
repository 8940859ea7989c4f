//! Members to whom something can be given. Apart from what changes members, which needs those who ask here.

use super::{Member, MemberState};
use crate::error::{Error, RecordKind};
use crate::id::MemberId;
use crate::runtime::Runtime;
use crate::scope::OrgScope;

/// A member to whom something can be given.
///
/// # Errors
/// [`Error::NotFound`] if the organisation has no such member, or they were deactivated.
pub(crate) async fn active_member(
    runtime: &Runtime,
    scope: &OrgScope,
    id: MemberId,
) -> Result<Member, Error> {
    let found = runtime.store().member(scope, id).await?;
    let active = found.filter(|member| member.state == MemberState::Active);
    active.ok_or(Error::missing(RecordKind::Member))
}
