//! Organisations, members, keys, and those who sign in.

use secrecy::ExposeSecret;

use super::{Bind, Columns, FromRow, ToRow};
use crate::access::chrono_tz_name::ZoneName;
use crate::access::{ApiKey, Browser, Invitation, Member, Org, Session, TokenHash, User};
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
        Ok(())
    }
}
