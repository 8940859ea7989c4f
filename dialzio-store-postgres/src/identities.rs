//! Channel identities, under all the ids the provider has given them.

use uuid::Uuid;

use dialzio_core::contact::{Alias, ChannelIdentity, ContactWrite, Portfolio};
use dialzio_core::store::rows::Columns;
use dialzio_core::store::{Precondition, StoreError};
use dialzio_core::text::{PersonName, Username};
use dialzio_core::{ChannelIdentityId, ContactId};

use chrono::{DateTime, Utc};

use crate::apply::Scope;
use crate::codec::{Cols, id, id_list, opt_time, read, time};
use crate::error::{Failure, Res, unreadable};
use crate::run::{Db, params};
use crate::statements as sql;

/// One identity; a joined one resolves to the survivor.
pub(crate) async fn one(db: &mut Db<'_>, org: Uuid, of: ChannelIdentityId) -> Res<Option<ChannelIdentity>> {
    db.one(sql::IDENTITY, params![org, id(of)], read).await
}

/// Those of a contact, oldest first.
pub(crate) async fn of_contact(db: &mut Db<'_>, org: Uuid, contact: ContactId) -> Res<Vec<ChannelIdentity>> {
    db.all(sql::IDENTITIES_OF, params![org, id(contact)], read).await
}

/// Those of several contacts.
pub(crate) async fn of_each(db: &mut Db<'_>, org: Uuid, contacts: &[ContactId]) -> Res<Vec<ChannelIdentity>> {
    let of = id_list(contacts.iter().copied());
    db.all(sql::IDENTITIES_OF_EACH, params![org, of], read).await
}

pub(crate) async fn by_ids(
    db: &mut Db<'_>,
    org: Uuid,
    ids: impl IntoIterator<Item = ChannelIdentityId>,
) -> Res<Vec<ChannelIdentity>> {
    db.all(sql::IDENTITIES_BY_ID, params![org, id_list(ids)], read).await
}

/// The identity that an id leads to: itself, or the one it was joined into.
pub(crate) struct Survivor {
    pub(crate) id: ChannelIdentityId,
    pub(crate) contact: ContactId,
    pub(crate) portfolio: Portfolio,
}

pub(crate) async fn survivor(db: &mut Db<'_>, org: Uuid, of: ChannelIdentityId) -> Res<Option<Survivor>> {
    db.one(sql::SURVIVOR, params![org, id(of)], |row| {
        let c = Cols::new(row, "identity");
        Ok(Survivor { id: c.id()?, contact: c.id()?, portfolio: Portfolio(c.get()?) })
    })
    .await
}

impl Scope<'_> {
    pub(crate) async fn write_identity(&mut self, write: &ContactWrite) -> Res<()> {
        match write {
            ContactWrite::Identity(identity) => self.insert_identity(identity).await,
            ContactWrite::Alias { identity, alias, seen_at } => {
                let kept = survivor(&mut self.db, self.key, *identity).await?;
                let kept = kept.ok_or_else(|| unreadable("identity of an alias"))?;
                self.link(&kept, alias, *seen_at).await
            }
            ContactWrite::Profile { identity, name, username, at } => {
                let Some(kept) = survivor(&mut self.db, self.key, *identity).await? else { return Ok(()) };
                let name = name.as_ref().map(PersonName::reveal);
                let username = username.as_ref().map(Username::reveal);
                let row = params![self.key, id(kept.id), name, username, time(*at)];
                if self.db.run(sql::SET_PROFILE, row).await? > 0 && (name.is_some() || username.is_some()) {
                    self.group.contact(kept.contact);
                }
                Ok(())
            }
            ContactWrite::FollowProfile { contact } => self.follow_profile(*contact).await,
            ContactWrite::Former { identity, alias, since } => {
                let Some(kept) = survivor(&mut self.db, self.key, *identity).await? else { return Ok(()) };
                let row = params![
                    self.key,
                    kept.portfolio.0,
                    alias.kind().as_str(),
                    alias.match_key(),
                    id(kept.id),
                    opt_time(*since),
                ];
                if self.db.run(sql::SET_FORMER, row).await? > 0 {
                    // Another number may be the one that search finds.
                    self.group.contact(kept.contact);
                }
                Ok(())
            }
            ContactWrite::Doubt { identity, doubt } => {
                let Some(kept) = survivor(&mut self.db, self.key, *identity).await? else { return Ok(()) };
                let number = doubt.as_ref().map(|doubt| doubt.number.reveal());
                let name = doubt.as_ref().and_then(|doubt| doubt.name.as_ref()).map(PersonName::reveal);
                let since = opt_time(doubt.as_ref().map(|doubt| doubt.since));
                self.db
                    .run(sql::SET_DOUBT, params![self.key, id(kept.id), number, name, since])
                    .await
                    .map(drop)
            }
            ContactWrite::Release { identity, alias } => {
                let Some(kept) = survivor(&mut self.db, self.key, *identity).await? else { return Ok(()) };
                let (kind, key) = (alias.kind().as_str(), alias.match_key());
                let row = params![self.key, kept.portfolio.0, kind, key, id(kept.id)];
                if self.db.run(sql::RELEASE_ALIAS, row).await? > 0 {
                    self.group.contact(kept.contact);
                }
                Ok(())
            }
            ContactWrite::Reachable { identity, unreachable_since } => {
                let Some(kept) = survivor(&mut self.db, self.key, *identity).await? else { return Ok(()) };
                let row = params![self.key, id(kept.id), opt_time(*unreachable_since)];
                self.db.run(sql::SET_REACHABLE, row).await.map(drop)
            }
            ContactWrite::JoinIdentity { from, into } => self.join(*from, *into).await,
            _ => Err(Failure::Store(StoreError::Unsupported("a change to contacts"))),
        }
    }

    async fn insert_identity(&mut self, identity: &ChannelIdentity) -> Res<()> {
        self.db.put_one(sql::PUT_IDENTITY, self.key, identity).await?;
        let kept =
            Survivor { id: identity.id, contact: identity.contact, portfolio: identity.portfolio.clone() };
        for alias in &identity.aliases {
            self.link(&kept, alias, identity.created_at).await?;
        }
        self.group.contact(identity.contact);
        Ok(())
    }

    /// Gives an alias to an identity, or notes that it was seen again.
    async fn link(&mut self, to: &Survivor, alias: &Alias, seen_at: DateTime<Utc>) -> Res<()> {
        let (portfolio, kind, key) = (&to.portfolio.0, alias.kind().as_str(), alias.match_key());
        let held = self
            .db
            .one(sql::ALIAS, params![self.key, portfolio, kind, key], |row| {
                let c = Cols::new(row, "alias");
                Ok((c.id::<ChannelIdentityId>()?, c.get::<String>()?, c.time()?))
            })
            .await?;
        match held {
            Some((holder, ..)) if holder != to.id => Err(StoreError::precondition_failed(
                Precondition::IdentityFree(to.portfolio.clone(), alias.clone()),
            )
            .into()),
            // The newest spelling is the one that the provider answers to.
            Some((_, value, newest)) if newest <= seen_at => {
                let row = params![self.key, portfolio, kind, key, alias.reveal(), time(seen_at)];
                self.db.run(sql::SEE_ALIAS, row).await?;
                // Another number may have become the newest, which is the one that search finds.
                if value != alias.reveal() || newest != seen_at {
                    self.group.contact(to.contact);
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
                self.db.run(sql::PUT_ALIAS, row).await?;
                self.group.contact(to.contact);
                Ok(())
            }
        }
    }

    /// One person after all: aliases move, the other id redirects, its conversations' contacts do too, and its calls follow.
    async fn join(&mut self, from: ChannelIdentityId, into: ChannelIdentityId) -> Res<()> {
        let (Some(from), Some(into)) =
            (survivor(&mut self.db, self.key, from).await?, survivor(&mut self.db, self.key, into).await?)
        else {
            return Ok(());
        };
        if from.id == into.id {
            return Ok(());
        }
        let row = params![self.key, id(from.id), id(into.id)];
        for statement in [sql::MOVE_ALIASES, sql::JOIN_IDENTITY, sql::JOIN_JOINED] {
            self.db.run(statement, row.clone()).await?;
        }
        self.group.write_heads(&mut self.db).await?;
        self.group.talks.clear();
        self.db.run(sql::MOVE_CONVERSATIONS, params![self.key, id(from.id), id(into.contact)]).await?;
        let row = params![self.key, id(from.id), id(into.id), id(from.contact), id(into.contact)];
        self.db.run(sql::MOVE_CALLS, row).await?;
        for contact in [from.contact, into.contact] {
            self.group.contact(contact);
        }
        Ok(())
    }
}
