//! Organisations, members, keys, and those who sign in.

use secrecy::ExposeSecret;

use super::{Bind, Columns, FromRow, ToRow};
use crate::access::chrono_tz_name::ZoneName;
use crate::access::{
    ApiKey, Browser, FailedAttempts, Invitation, KeyUse, Member, Org, Passkey, SecondFactor, Session,
    TokenHash, User, UserToken,
};
use crate::account::Sealed;
use crate::consent::QuietHours;
use crate::phone::Region;
use crate::store::{Revision, StoreResult};
use crate::text::EmailAddress;

impl FromRow for Org {
    const RECORD: &'static str = "organisation";

    fn from_row<C: Columns>(c: &C) -> Result<Self, C::Error> {
        Ok(Self {
            id: c.id()?,
            name: c.text()?,
            zone: ZoneName::parse(c.str()?).ok_or_else(|| c.bad())?,
            quiet_hours: QuietHours { open_from: c.number()?, open_until: c.number()? },
            marketing_cap: c.number()?,
            message_days: c.number()?,
            created_at: c.time()?,
            revision: Revision(c.number()?),
            country: c.opt_str()?.map(|text| Region::parse(text).map_err(|_| c.bad())).transpose()?,
            recordings: c.word()?,
            requires_second_factor: c.flag()?,
            agents_see_masked: c.flag()?,
        })
    }
}

/// Without its id: the row is the organisation's own, and the store binds whose batch it is.
impl ToRow for Org {
    fn to_row<B: Bind>(&self, to: &mut B) -> StoreResult<()> {
        to.text(self.name.reveal());
        to.text(self.zone.as_str());
        to.integer(self.quiet_hours.open_from);
        to.integer(self.quiet_hours.open_until);
        to.integer(self.marketing_cap);
        to.integer(self.message_days);
        to.time(self.created_at);
        to.integer(self.revision.0);
        to.opt_text(self.country.as_ref().map(Region::as_str));
        to.text(self.recordings.as_str());
        to.flag(self.requires_second_factor);
        to.flag(self.agents_see_masked);
        Ok(())
    }
}

impl FromRow for Member {
    const RECORD: &'static str = "member";

    fn from_row<C: Columns>(c: &C) -> Result<Self, C::Error> {
        Ok(Self {
            id: c.id()?,
            user: c.id()?,
            name: c.text()?,
            role: c.word()?,
            state: c.word()?,
            created_at: c.time()?,
            revision: Revision(c.number()?),
            visibility: c.word()?,
        })
    }
}

impl ToRow for Member {
    fn to_row<B: Bind>(&self, to: &mut B) -> StoreResult<()> {
        to.id(self.id);
        to.id(self.user);
        to.text(self.name.reveal());
        to.text(self.role.as_str());
        to.text(self.state.as_str());
        to.time(self.created_at);
        to.integer(self.revision.0);
        to.text(self.visibility.as_str());
        Ok(())
    }
}

impl FromRow for ApiKey {
    const RECORD: &'static str = "key";

    fn from_row<C: Columns>(c: &C) -> Result<Self, C::Error> {
        Ok(Self {
            id: c.id()?,
            name: c.text()?,
            permissions: c.json()?,
            hash: TokenHash(c.array()?),
            created_at: c.time()?,
            expires_at: c.time()?,
            revoked_at: c.opt_time()?,
            revision: Revision(c.number()?),
            made_by: c.opt_id()?,
            allowed_from: c.json()?,
        })
    }
}

impl ToRow for ApiKey {
    fn to_row<B: Bind>(&self, to: &mut B) -> StoreResult<()> {
        to.id(self.id);
        to.text(self.name.reveal());
        to.json(&self.permissions, Self::RECORD)?;
        to.bytes(&self.hash.0);
        to.time(self.created_at);
        to.time(self.expires_at);
        to.opt_time(self.revoked_at);
        to.integer(self.revision.0);
        to.opt_id(self.made_by);
        to.json(&self.allowed_from, Self::RECORD)?;
        Ok(())
    }
}

impl FromRow for KeyUse {
    const RECORD: &'static str = "use of a key";

    fn from_row<C: Columns>(c: &C) -> Result<Self, C::Error> {
        Ok(Self { key: c.id()?, at: c.time()?, network: c.opt_word()? })
    }
}

impl ToRow for KeyUse {
    fn to_row<B: Bind>(&self, to: &mut B) -> StoreResult<()> {
        to.id(self.key);
        to.time(self.at);
        to.opt_text(self.network.map(|network| network.to_string()).as_deref());
        Ok(())
    }
}

impl FromRow for User {
    const RECORD: &'static str = "user";

    fn from_row<C: Columns>(c: &C) -> Result<Self, C::Error> {
        Ok(Self {
            id: c.id()?,
            email: c.text()?,
            password: c.text()?,
            created_at: c.time()?,
            revision: Revision(c.number()?),
            email_confirmed_at: c.opt_time()?,
        })
    }
}

impl ToRow for User {
    fn to_row<B: Bind>(&self, to: &mut B) -> StoreResult<()> {
        to.id(self.id);
        to.text(self.email.reveal());
        to.text(&self.email.match_key());
        to.text(self.password.expose_secret());
        to.time(self.created_at);
        to.integer(self.revision.0);
        to.opt_time(self.email_confirmed_at);
        Ok(())
    }
}

impl FromRow for Session {
    const RECORD: &'static str = "session";

    fn from_row<C: Columns>(c: &C) -> Result<Self, C::Error> {
        Ok(Self {
            hash: TokenHash(c.array()?),
            user: c.id()?,
            org: c.id()?,
            created_at: c.time()?,
            expires_at: c.time()?,
            seen_at: c.time()?,
            browser: c.opt_word()?,
            is_kept_in_org: c.flag()?,
        })
    }
}

impl ToRow for Session {
    fn to_row<B: Bind>(&self, to: &mut B) -> StoreResult<()> {
        to.bytes(&self.hash.0);
        to.id(self.user);
        to.id(self.org);
        to.time(self.created_at);
        to.time(self.expires_at);
        to.time(self.seen_at);
        to.opt_text(self.browser.map(Browser::as_str));
        to.flag(self.is_kept_in_org);
        Ok(())
    }
}

impl FromRow for Invitation {
    const RECORD: &'static str = "invitation";

    fn from_row<C: Columns>(c: &C) -> Result<Self, C::Error> {
        Ok(Self {
            hash: TokenHash(c.array()?),
            org: c.id()?,
            email: c.opt_text()?,
            role: c.word()?,
            expires_at: c.time()?,
            created_at: c.time()?,
            mailed: c.flag()?,
            visibility: c.word()?,
        })
    }
}

impl ToRow for Invitation {
    fn to_row<B: Bind>(&self, to: &mut B) -> StoreResult<()> {
        to.bytes(&self.hash.0);
        to.id(self.org);
        to.opt_text(self.email.as_ref().map(EmailAddress::reveal));
        to.text(self.role.as_str());
        to.time(self.expires_at);
        to.time(self.created_at);
        to.flag(self.mailed);
        to.text(self.visibility.as_str());
        Ok(())
    }
}

impl FromRow for SecondFactor {
    const RECORD: &'static str = "second factor";

    fn from_row<C: Columns>(c: &C) -> Result<Self, C::Error> {
        Ok(Self {
            user: c.id()?,
            secret: Sealed::from_bytes(c.bytes()?.to_vec()),
            created_at: c.time()?,
            confirmed_at: c.opt_time()?,
            last_step: c.number()?,
            recovery: {
                let (hashes, rest) = c.bytes()?.as_chunks::<32>();
                if !rest.is_empty() {
                    return Err(c.bad());
                }
                hashes.iter().copied().map(TokenHash).collect()
            },
            revision: Revision(c.number()?),
        })
    }
}

impl ToRow for SecondFactor {
    fn to_row<B: Bind>(&self, to: &mut B) -> StoreResult<()> {
        to.id(self.user);
        to.bytes(self.secret.as_bytes());
        to.time(self.created_at);
        to.opt_time(self.confirmed_at);
        to.integer(i64::try_from(self.last_step).unwrap_or(i64::MAX));
        to.bytes(&self.recovery.iter().flat_map(|hash| hash.0).collect::<Vec<u8>>());
        to.integer(self.revision.0);
        Ok(())
    }
}

impl FromRow for Passkey {
    const RECORD: &'static str = "passkey";

    fn from_row<C: Columns>(c: &C) -> Result<Self, C::Error> {
        Ok(Self {
            id: c.id()?,
            user: c.id()?,
            name: c.text()?,
            credential: c.bytes()?.to_vec(),
            handle: c.array()?,
            public_key: c.bytes()?.to_vec(),
            transports: c.number()?,
            counters: c.array()?,
            created_at: c.time()?,
            used_at: c.opt_time()?,
            revision: Revision(c.number()?),
        })
    }
}

impl ToRow for Passkey {
    fn to_row<B: Bind>(&self, to: &mut B) -> StoreResult<()> {
        to.id(self.id);
        to.id(self.user);
        to.text(self.name.reveal());
        to.bytes(&self.credential);
        to.bytes(&self.handle);
        to.bytes(&self.public_key);
        to.integer(self.transports);
        to.bytes(&self.counters);
        to.time(self.created_at);
        to.opt_time(self.used_at);
        to.integer(self.revision.0);
        Ok(())
    }
}

impl FromRow for UserToken {
    const RECORD: &'static str = "token of a user";

    fn from_row<C: Columns>(c: &C) -> Result<Self, C::Error> {
        Ok(Self {
            hash: TokenHash(c.array()?),
            purpose: c.word()?,
            user: c.id()?,
            created_at: c.time()?,
            expires_at: c.time()?,
        })
    }
}

impl ToRow for UserToken {
    fn to_row<B: Bind>(&self, to: &mut B) -> StoreResult<()> {
        to.bytes(&self.hash.0);
        to.text(self.purpose.as_str());
        to.id(self.user);
        to.time(self.created_at);
        to.time(self.expires_at);
        Ok(())
    }
}

impl FromRow for FailedAttempts {
    const RECORD: &'static str = "failed attempts";

    fn from_row<C: Columns>(c: &C) -> Result<Self, C::Error> {
        Ok(Self {
            bucket: c.number()?,
            slot: c.number()?,
            key: TokenHash(c.array()?),
            failures: c.number()?,
            since: c.time()?,
            shut_until: c.opt_time()?,
            last: c.time()?,
            revision: Revision(c.number()?),
        })
    }
}

impl ToRow for FailedAttempts {
    fn to_row<B: Bind>(&self, to: &mut B) -> StoreResult<()> {
        to.integer(self.bucket);
        to.integer(self.slot);
        to.bytes(&self.key.0);
        to.integer(self.failures);
        to.time(self.since);
        to.opt_time(self.shut_until);
        to.time(self.last);
        to.integer(self.revision.0);
        Ok(())
    }
}
