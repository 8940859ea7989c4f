//! Whose work a caller sees, decided once, when their actor is made.

use super::{ApiKey, Member, Visibility};
use crate::error::Error;
use crate::id::OrgId;
use crate::runtime::Runtime;
use crate::scope::{Audience, OrgScope};

/// What a member sees: their own work, the work of their teams and unassigned work, or everything.
pub(super) async fn of_member(runtime: &Runtime, org: OrgId, member: &Member) -> Result<Audience, Error> {
    Ok(match member.sees() {
        Visibility::All => Audience::All,
        Visibility::Own => Audience::own(member.id),
        Visibility::Team => {
            let mut teams = runtime.store().teams(&OrgScope::new(org)).await?;
            teams.retain(|team| team.members.contains(&member.id));
            let colleagues = teams.into_iter().flat_map(|team| team.members);
            Audience::team(colleagues.chain([member.id]))
        }
    })
}

/// What a key sees: no more than the member who made it, as they are now. A maker who is gone sees nothing.
pub(super) async fn of_key(runtime: &Runtime, org: OrgId, key: &ApiKey) -> Result<Audience, Error> {
    let Some(maker) = key.made_by else { return Ok(Audience::All) };
    match runtime.store().member(&OrgScope::new(org), maker).await? {
        Some(member) => of_member(runtime, org, &member).await,
        None => Ok(Audience::own(maker)),
    }
}
