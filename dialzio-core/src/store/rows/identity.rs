//! Channel identities, and the ids under which a provider knows them.

use chrono::{DateTime, Utc};

use super::{Bind, Columns, FromRow, ToRow};
use crate::contact::{Alias, AliasKind, ChannelIdentity, Doubt, Former, Portfolio};
use crate::store::StoreResult;
use crate::text::{PersonName, Username};

/// A provider's id as held: when it was last seen in microseconds, its place among those of the same instant, itself, and
/// since when it is given up.
pub type HeldAlias = (i64, i64, Alias, Option<DateTime<Utc>>);

/// All of an identity but the provider's ids for it.
///
/// # Errors
/// A column does not hold what an identity needs.
pub fn bare_identity<C: Columns>(c: &C) -> Result<ChannelIdentity, C::Error> {
    let (id, contact, portfolio) = (c.id()?, c.id()?, Portfolio(c.text()?));
    let (profile_name, username) = (c.opt_text()?, c.opt_text()?);
    let (profile_at, unreachable_since, created_at) = (c.time()?, c.opt_time()?, c.time()?);
    let (number, name, since) = (c.opt_text()?, c.opt_text()?, c.opt_time()?);
    Ok(ChannelIdentity {
        id,
        contact,
        portfolio,
        aliases: Vec::new(),
        profile_name,
        username,
        profile_at,
        unreachable_since,
        former: Vec::new(),
        doubt: number.zip(since).map(|(number, since)| Doubt { number, name, since }),
        created_at,
    })
}

/// The identity with the provider's ids for it, in the order in which they were last seen.
#[must_use]
pub fn with_aliases(identity: ChannelIdentity, mut held: Vec<HeldAlias>) -> ChannelIdentity {
    held.sort_unstable_by_key(|(seen_at, place, ..)| (*seen_at, *place));
    let former = |(_, _, alias, since): &HeldAlias| Some(Former { alias: alias.clone(), since: (*since)? });
    let former = held.iter().filter_map(former).collect();
    ChannelIdentity { aliases: held.into_iter().map(|(_, _, alias, _)| alias).collect(), former, ..identity }
}

/// A provider's id as an identity's row holds it; the last is since when it is given up, in microseconds.
type StoredAlias = (i64, i64, AliasKind, String, Option<i64>);

fn held((seen_at, place, kind, value, former): StoredAlias) -> Option<HeldAlias> {
    let former = match former {
        None => None,
        Some(micros) => Some(DateTime::from_timestamp_micros(micros)?),
    };
    Some((seen_at, place, Alias::from_stored(kind, &value)?, former))
}

impl FromRow for ChannelIdentity {
    const RECORD: &'static str = "identity";

    fn from_row<C: Columns>(c: &C) -> Result<Self, C::Error> {
        let identity = bare_identity(c)?;
        let stored: Vec<StoredAlias> = c.json_list()?;
        let held = stored.into_iter().map(held).collect::<Option<_>>().ok_or_else(|| c.bad())?;
        Ok(with_aliases(identity, held))
    }
}

/// As a new identity, which is not in doubt. The provider's ids for it are rows of their own.
impl ToRow for ChannelIdentity {
    fn to_row<B: Bind>(&self, to: &mut B) -> StoreResult<()> {
        to.id(self.id);
        to.id(self.contact);
        to.text(&self.portfolio.0);
        to.opt_text(self.profile_name.as_ref().map(PersonName::reveal));
        to.opt_text(self.username.as_ref().map(Username::reveal));
        to.time(self.profile_at);
        to.opt_time(self.unreachable_since);
        to.time(self.created_at);
        Ok(())
    }
}
