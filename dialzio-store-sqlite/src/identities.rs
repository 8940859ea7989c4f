//! Channel identities, under all the ids the provider has given them.

use rusqlite::{Connection, params};

use dialzio_core::contact::{Alias, ChannelIdentity, ContactWrite, Portfolio};
use dialzio_core::conversation::Conversation;
use dialzio_core::store::rows::{Columns, bare_identity, opt_conversation, with_aliases};
use dialzio_core::store::{Precondition, StoreError};
use dialzio_core::text::{PersonName, Username};
use dialzio_core::{AccountId, ChannelIdentityId, ContactId};

use chrono::{DateTime, Utc};

use crate::apply::Scope;
use crate::codec::{Cols, id, id_list, opt_time, read, time};
use crate::error::{Failure, Res, unreadable};
use crate::run::Run;
use crate::statements as sql;

/// One identity; a joined one resolves to the survivor.
pub(crate) fn one(db: &Connection, org: [u8; 16], of: ChannelIdentityId) -> Res<Option<ChannelIdentity>> {
    db.one(sql::IDENTITY, params![org, id(of)], read)
}

/// The identities that hold an id of the provider's, with their own conversation on an account. Those that were joined into another
/// hold none.
pub(crate) fn holding(
    db: &Connection,
    org: [u8; 16],
    portfolio: &Portfolio,
    alias: &Alias,
    account: AccountId,
) -> Res<Option<(ChannelIdentity, Option<Conversation>)>> {
    let (mut holder, mut held) = (None, Vec::new());
    let asked = params![org, portfolio.0, alias.kind().as_str(), alias.match_key(), id(account)];
    // One row for each of the holder's ids.
    db.all(sql::IDENTITY_HOLDING, asked, |row| {
        let c = Cols::new(row, "identity");
        let (seen_at, place, kind, value) = (c.get()?, c.get()?, c.word()?, c.get::<String>()?);
        let former = c.opt_time()?;
        held.push((seen_at, place, Alias::from_stored(kind, &value).ok_or_else(|| c.bad())?, former));
        if holder.is_none() {
            let identity = bare_identity(&c)?;
            holder = Some((identity, opt_conversation(&c)?));
        }
        Ok(())
    })?;
    Ok(holder.map(|(identity, own)| (with_aliases(identity, held), own)))
}

/// Those of a contact, oldest first.
pub(crate) fn of_contact(db: &Connection, org: [u8; 16], contact: ContactId) -> Res<Vec<ChannelIdentity>> {
    db.all(sql::IDENTITIES_OF, params![org, id(contact)], read)
}

/// Those of several contacts, in no order.
pub(crate) fn of_each(db: &Connection, org: [u8; 16], contacts: &[ContactId]) -> Res<Vec<ChannelIdentity>> {
    db.all(sql::IDENTITIES_OF_EACH, params![org, id_list(contacts.iter().copied())], read)
}

/// Several that have not been joined into another.
pub(crate) fn by_ids(db: &Connection, org: [u8; 16], ids: &[ChannelIdentityId]) -> Res<Vec<ChannelIdentity>> {
    match ids {
        [alone] => Ok(one(db, org, *alone)?.into_iter().collect()),
        ids => db.all(sql::IDENTITIES_BY_ID, params![org, id_list(ids.iter().copied())], read),
    }
}

/// The identity that an id leads to: itself, or the one it was joined into.
pub(crate) struct Survivor {
    pub(crate) id: ChannelIdentityId,
    pub(crate) contact: ContactId,
    pub(crate) portfolio: Portfolio,
}

pub(crate) fn survivor(db: &Connection, org: [u8; 16], of: ChannelIdentityId) -> Res<Option<Survivor>> {
    db.one(sql::SURVIVOR, params![org, id(of)], |row| {
        let c = Cols::new(row, "identity");
        Ok(Survivor { id: c.id()?, contact: c.id()?, portfolio: Portfolio(c.get()?) })
    })
}

impl Scope<'_> {
    pub(crate) fn write_identity(&mut self, write: &ContactWrite) -> Res<()> {
        match write {
            ContactWrite::Identity(identity) => self.insert_identity(identity),
            ContactWrite::Alias { identity, alias, seen_at } => {
                let kept = survivor(self.db, self.key, *identity)?;
                let kept = kept.ok_or_else(|| unreadable("identity of an alias"))?;
                self.link(&kept, alias, *seen_at)
            }
            ContactWrite::Profile { identity, name, username, at } => {
                let Some(kept) = survivor(self.db, self.key, *identity)? else { return Ok(()) };
                let name = name.as_ref().map(PersonName::reveal);
                let username = username.as_ref().map(Username::reveal);
                let row = params![self.key, id(kept.id), name, username, time(*at)];
                if self.db.run(sql::SET_PROFILE, row)? > 0 && (name.is_some() || username.is_some()) {
                    self.group.contact(self.org, kept.contact);
                }
                Ok(())
            }
            ContactWrite::FollowProfile { contact } => self.follow_profile(*contact),
            ContactWrite::Former { identity, alias, since } => {
                let Some(kept) = survivor(self.db, self.key, *identity)? else { return Ok(()) };
                let row = params![
                    self.key,
                    kept.portfolio.0,
                    alias.kind().as_str(),
                    alias.match_key(),
                    id(kept.id),
                    opt_time(*since),
                ];
                if self.db.run(sql::SET_FORMER, row)? > 0 {
                    // Another number may be the one that search finds.
                    self.group.contact(self.org, kept.contact);
                }
                Ok(())
            }
            ContactWrite::Doubt { identity, doubt } => {
                let Some(kept) = survivor(self.db, self.key, *identity)? else { return Ok(()) };
                let number = doubt.as_ref().map(|doubt| doubt.number.reveal());
                let name = doubt.as_ref().and_then(|doubt| doubt.name.as_ref()).map(PersonName::reveal);
                let since = opt_time(doubt.as_ref().map(|doubt| doubt.since));
                self.db.run(sql::SET_DOUBT, params![self.key, id(kept.id), number, name, since]).map(drop)
            }
            ContactWrite::Release { identity, alias } => {
                let Some(kept) = survivor(self.db, self.key, *identity)? else { return Ok(()) };
                let (kind, key) = (alias.kind().as_str(), alias.match_key());
                let row = params![self.key, kept.portfolio.0, kind, key, id(kept.id)];
                if self.db.run(sql::RELEASE_ALIAS, row)? > 0 {
                    self.group.contact(self.org, kept.contact);
                }
                Ok(())
            }
            ContactWrite::Reachable { identity, unreachable_since } => {
                let Some(kept) = survivor(self.db, self.key, *identity)? else { return Ok(()) };
                let row = params![self.key, id(kept.id), opt_time(*unreachable_since)];
                self.db.run(sql::SET_REACHABLE, row).map(drop)
            }
            ContactWrite::JoinIdentity { from, into } => self.join(*from, *into),
            _ => Err(Failure::Store(StoreError::Unsupported("a change to contacts"))),
        }
    }

    fn insert_identity(&mut self, identity: &ChannelIdentity) -> Res<()> {
        self.db.put(sql::PUT_IDENTITY, self.key, identity)?;
        let kept =
            Survivor { id: identity.id, contact: identity.contact, portfolio: identity.portfolio.clone() };
        for alias in &identity.aliases {
            self.link(&kept, alias, identity.created_at)?;
        }
        self.group.contact(self.org, identity.contact);
        Ok(())
    }

    /// Gives an alias to an identity, or notes that it was seen again.
    fn link(&mut self, to: &Survivor, alias: &Alias, seen_at: DateTime<Utc>) -> Res<()> {
        let (portfolio, kind, key) = (&to.portfolio.0, alias.kind().as_str(), alias.match_key());
        let held = self.db.one(sql::ALIAS, params![self.key, portfolio, kind, key], |row| {
            let c = Cols::new(row, "alias");
            Ok((c.id::<ChannelIdentityId>()?, c.get::<String>()?, c.time()?))
        })?;
        match held {
            Some((holder, ..)) if holder != to.id => Err(StoreError::precondition_failed(
                Precondition::IdentityFree(to.portfolio.clone(), alias.clone()),
            )
            .into()),
            // The newest spelling is the one that the provider answers to.
            Some((_, value, newest)) if newest <= seen_at => {
                let row = params![self.key, portfolio, kind, key, alias.reveal(), time(seen_at)];
                self.db.run(sql::SEE_ALIAS, row)?;
                // Another number may have become the newest, which is the one that search finds.
                if value != alias.reveal() || newest != seen_at {
                    self.group.contact(self.org, to.contact);
                }
                Ok(())
            }
            Some(_) => Ok(()),
            None => {
                let subject = alias.subject_key(&to.portfolio);
                let row = params![
                    self.key,
                    portfolio,
                    kind,
                    key,
                    id(to.id),
                    alias.reveal(),
                    subject.reveal(),
                    time(seen_at),
                ];
                self.db.run(sql::PUT_ALIAS, row)?;
                self.group.contact(self.org, to.contact);
                Ok(())
            }
        }
    }

    /// One person after all: aliases move, the other id redirects, its conversations' contacts do too, and its calls follow.
    fn join(&mut self, from: ChannelIdentityId, into: ChannelIdentityId) -> Res<()> {
        let (Some(from), Some(into)) =
            (survivor(self.db, self.key, from)?, survivor(self.db, self.key, into)?)
        else {
            return Ok(());
        };
        if from.id == into.id {
            return Ok(());
        }
        let row = params![self.key, id(from.id), id(into.id)];
        self.db.run(sql::MOVE_ALIASES, row)?;
        self.db.run(sql::JOIN_IDENTITY, row)?;
        self.db.run(sql::JOIN_JOINED, row)?;
        self.db.run(sql::MOVE_CONVERSATIONS, params![self.key, id(from.id), id(into.contact)])?;
        let row = params![self.key, id(from.id), id(into.id), id(from.contact), id(into.contact)];
        self.db.run(sql::MOVE_CALLS, row)?;
        for contact in [from.contact, into.contact] {
            self.group.contact(self.org, contact);
        }
        Ok(())
    }
}
