//! Identity providers, and what they call members.

use super::{Bind, Columns, FromRow, ToRow};
use crate::account::Sealed;
use crate::identity_provider::{IdentityProvider, MemberIdentity};
use crate::store::{Revision, StoreResult};

impl FromRow for IdentityProvider {
    const RECORD: &'static str = "identity provider";

    fn from_row<C: Columns>(c: &C) -> Result<Self, C::Error> {
        Ok(Self {
            id: c.id()?,
            name: c.text()?,
            issuer: c.text()?,
            client_id: c.text()?,
            client_secret: Sealed::from_bytes(c.bytes()?.to_vec()),
            revision: Revision(c.number()?),
        })
    }
}

impl ToRow for IdentityProvider {
    fn to_row<B: Bind>(&self, to: &mut B) -> StoreResult<()> {
        to.id(self.id);
        to.text(self.name.reveal());
        to.text(self.issuer.as_str());
        to.text(self.client_id.reveal());
        to.bytes(self.client_secret.as_bytes());
        to.integer(self.revision.0);
        Ok(())
    }
}

impl FromRow for MemberIdentity {
    const RECORD: &'static str = "identity of a member";

    fn from_row<C: Columns>(c: &C) -> Result<Self, C::Error> {
        Ok(Self { provider: c.id()?, subject: c.text()?, member: c.id()?, linked_at: c.time()? })
    }
}

impl ToRow for MemberIdentity {
    fn to_row<B: Bind>(&self, to: &mut B) -> StoreResult<()> {
        to.id(self.provider);
        to.text(self.subject.reveal());
        to.id(self.member);
        to.time(self.linked_at);
        Ok(())
    }
}
