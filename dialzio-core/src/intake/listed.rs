//! Messages that a provider listed when it was asked, instead of posting them.

use super::Intake;
use crate::account::{ProviderAccount, Route};
use crate::conversation::{ExternalId, InboundQuery};
use crate::error::{Error, RecordKind};
use crate::outbox::QueueKind;
use crate::provider::{Inbound, Received, Trust};
use crate::scope::OrgScope;

use super::decide::element;

impl Intake<'_> {
    /// Takes in listed elements of an account, as if they had been posted and signed. A list is read again and again, so what
    /// is known already is left out before anything is written.
    pub(crate) async fn listed(
        &self,
        scope: &OrgScope,
        account: &ProviderAccount,
        listed: Vec<Inbound>,
    ) -> Result<(), Error> {
        let listed = self.unknown(scope, account, listed).await?;
        if listed.is_empty() {
            return Ok(());
        }
        let app = self.runtime.store().app(self.runtime.system(), account.app).await?;
        let app = app.ok_or(Error::missing(RecordKind::App))?;
        let route = Route { org: scope.org(), account: account.id, portfolio: account.portfolio.clone() };
        for queue in [QueueKind::Elements, QueueKind::Statuses] {
            let elements: Vec<Received> = listed
                .iter()
                .filter(|inbound| element(&inbound.body).queue() == queue)
                .map(|inbound| Received { element: inbound.clone(), trust: Trust::Signed })
                .collect();
            if !elements.is_empty() {
                self.settle(&app, &route, queue, &elements).await?;
            }
        }
        Ok(())
    }

    /// Those that bring no message which is known.
    async fn unknown(
        &self,
        scope: &OrgScope,
        account: &ProviderAccount,
        listed: Vec<Inbound>,
    ) -> Result<Vec<Inbound>, Error> {
        let id = |inbound: &Inbound| element(&inbound.body).brings().cloned();
        let external: Vec<ExternalId> = listed.iter().filter_map(id).collect();
        if external.is_empty() {
            return Ok(listed);
        }
        let query = InboundQuery {
            account: account.id,
            portfolio: account.portfolio.clone(),
            aliases: Vec::new(),
            external,
            own: Vec::new(),
            consent: false,
        };
        let known = self.runtime.store().inbound_facts(scope, &query).await?.messages;
        let is_known = |id: &ExternalId| known.iter().any(|message| message.external.as_ref() == Some(id));
        Ok(listed.into_iter().filter(|inbound| id(inbound).is_none_or(|id| !is_known(&id))).collect())
    }
}
