//! Provider accounts, their templates and routes, apps, and what is kept of the installation's keys.

use super::{Bind, Columns, FromRow, ToRow};
use crate::account::{App, FormerHook, KeyCheck, ProviderAccount, Route, Sealed};
use crate::contact::Portfolio;
use crate::conversation::Template;
use crate::store::{Revision, StoreResult};

impl FromRow for ProviderAccount {
    const RECORD: &'static str = "account";

    fn from_row<C: Columns>(c: &C) -> Result<Self, C::Error> {
        Ok(Self {
            id: c.id()?,
            provider: c.text()?,
            app: c.id()?,
            name: c.text()?,
            routing_key: c.text()?,
            business_id: c.text()?,
            portfolio: Portfolio(c.text()?),
            display_number: c.opt_text()?,
            base_url: c.opt_word()?,
            credentials: Sealed::from_bytes(c.bytes()?.to_vec()),
            state: c.word()?,
            checked_at: c.opt_time()?,
            created_at: c.time()?,
            revision: Revision(c.number()?),
            problem: c.opt_json()?,
            sms: c.opt_json()?,
        })
    }
}

impl ToRow for ProviderAccount {
    fn to_row<B: Bind>(&self, to: &mut B) -> StoreResult<()> {
        to.id(self.id);
        to.text(&self.provider);
        to.id(self.app);
        to.text(self.name.reveal());
        to.text(&self.routing_key);
        to.text(&self.business_id);
        to.text(&self.portfolio.0);
        to.opt_text(self.display_number.as_deref());
        to.opt_text(self.base_url.as_ref().map(url::Url::as_str));
        to.bytes(self.credentials.as_bytes());
        to.text(self.state.as_str());
        to.opt_time(self.checked_at);
        to.time(self.created_at);
        to.integer(self.revision.0);
        match &self.problem {
            Some(problem) => to.json(problem, Self::RECORD)?,
            None => to.opt_text(None),
        }
        match &self.sms {
            Some(sms) => to.json(sms, Self::RECORD)?,
            None => to.opt_text(None),
        }
        Ok(())
    }
}

impl FromRow for Template {
    const RECORD: &'static str = "template";

    fn from_row<C: Columns>(c: &C) -> Result<Self, C::Error> {
        c.json()
    }
}

impl ToRow for Template {
    fn to_row<B: Bind>(&self, to: &mut B) -> StoreResult<()> {
        to.text(&self.name);
        to.text(&self.language);
        to.json(self, Self::RECORD)
    }
}

impl FromRow for App {
    const RECORD: &'static str = "app";

    fn from_row<C: Columns>(c: &C) -> Result<Self, C::Error> {
        Ok(Self {
            id: c.id()?,
            org: c.key_id()?,
            provider: c.text()?,
            name: c.text()?,
            hook: c.id()?,
            secrets: c.blobs_in_order()?.into_iter().map(Sealed::from_bytes).collect(),
            verify_token: verify_token(c.bytes()?),
            created_at: c.time()?,
            revision: Revision(c.number()?),
            hook_seen: c.opt_time()?,
            former: match (c.opt_id()?, c.opt_time()?, c.opt_time()?) {
                (Some(hook), Some(until), seen) => Some(FormerHook { hook, until, seen }),
                (None, None, None) => None,
                _ => return Err(c.bad()),
            },
        })
    }
}

/// The column takes no null: an empty value is an app whose provider makes no subscription check.
fn verify_token(stored: &[u8]) -> Option<Sealed> {
    (!stored.is_empty()).then(|| Sealed::from_bytes(stored.to_vec()))
}

/// As [`verify_token`] reads it.
fn stored_verify_token(token: Option<&Sealed>) -> &[u8] {
    token.map_or(&[], Sealed::as_bytes)
}

/// Without its secrets, which are rows of their own.
impl ToRow for App {
    fn to_row<B: Bind>(&self, to: &mut B) -> StoreResult<()> {
        to.id(self.id);
        to.key_id(self.org);
        to.text(&self.provider);
        to.text(self.name.reveal());
        to.id(self.hook);
        to.bytes(stored_verify_token(self.verify_token.as_ref()));
        to.time(self.created_at);
        to.integer(self.revision.0);
        to.opt_time(self.hook_seen);
        to.opt_id(self.former.map(|former| former.hook));
        to.opt_time(self.former.map(|former| former.until));
        to.opt_time(self.former.and_then(|former| former.seen));
        Ok(())
    }
}

impl FromRow for Route {
    const RECORD: &'static str = "route";

    fn from_row<C: Columns>(c: &C) -> Result<Self, C::Error> {
        Ok(Self { org: c.id()?, account: c.id()?, portfolio: Portfolio(c.text()?) })
    }
}

impl FromRow for KeyCheck {
    const RECORD: &'static str = "key check";

    fn from_row<C: Columns>(c: &C) -> Result<Self, C::Error> {
        Ok(Self {
            place: c.number()?,
            key: c.text()?,
            mac: c.array()?,
            made_at: c.time()?,
            kept: c.opt_bytes()?.map(|bytes| Sealed::from_bytes(bytes.to_vec())),
            retired_at: c.opt_time()?,
        })
    }
}

impl ToRow for KeyCheck {
    fn to_row<B: Bind>(&self, to: &mut B) -> StoreResult<()> {
        to.integer(self.place);
        to.text(&self.key);
        to.bytes(&self.mac);
        to.time(self.made_at);
        to.opt_bytes(self.kept.as_ref().map(Sealed::as_bytes));
        to.opt_time(self.retired_at);
        Ok(())
    }
}
