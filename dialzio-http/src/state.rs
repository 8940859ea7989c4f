//! What every handler reaches.

use dialzio_core::access::{OutboundError, OutboundRequest, OutboundResponse, RelyingParty};
use dialzio_core::{Crm, Error};
use futures_util::future::BoxFuture;
use std::net::IpAddr;
use std::sync::Arc;
use tokio::sync::{Semaphore, SemaphorePermit};

use crate::disk::FreeSpace;
use crate::event_hub::EventHub;
use crate::import::Imports;
use crate::mount::Mount;
use crate::options::Options;
use crate::outbound::Outbound;
use crate::peer::Counts;
use crate::presence::Presence;
use crate::problem::Problem;
use crate::slow_bodies::SlowBodies;

/// What every handler reaches. Cloning costs one counter.
#[derive(Debug, Clone)]
pub struct AppState {
    inner: Arc<Inner>,
}

#[derive(Debug)]
struct Inner {
    crm: Crm,
    options: Options,
    event_hub: EventHub,
    presence: Arc<Presence>,
    imports: Imports,
    uploads: Arc<Semaphore>,
    hooks: Arc<Semaphore>,
    slow: SlowBodies,
    requests: Arc<Counts<IpAddr>>,
    outbound: Arc<Outbound>,
    sign_ons: Semaphore,
}

/// How many uploads are read at the same time: each may hold a provider's largest file in memory, twice while it is
/// being sealed.
const UPLOADS: usize = 4;
/// How many webhooks are taken in at the same time. A 257th is answered 503 and repeated by the provider.
const HOOKS: usize = 256;
/// How many identity providers are asked at the same time: each may take its time to answer.
const SIGN_ONS: usize = 32;

impl AppState {
    /// Over a CRM.
    pub(crate) fn new(crm: Crm, options: Options) -> Self {
        let outbound = Arc::new(Outbound::new(options.outbound_networks.clone()));
        Self {
            inner: Arc::new(Inner {
                outbound,
                sign_ons: Semaphore::new(SIGN_ONS),
                crm,
                options,
                event_hub: EventHub::default(),
                presence: Arc::default(),
                imports: Imports::default(),
                uploads: Arc::new(Semaphore::new(UPLOADS)),
                hooks: Arc::new(Semaphore::new(HOOKS)),
                slow: SlowBodies::default(),
                requests: Arc::default(),
            }),
        }
    }

    /// The CRM that all handlers use.
    #[must_use]
    pub fn crm(&self) -> &Crm {
        &self.inner.crm
    }

    /// The public origin, such as `https://app.example.com`.
    #[must_use]
    pub fn origin(&self) -> &str {
        &self.inner.options.origin
    }

    /// Where the router is mounted.
    pub(crate) fn mount(&self) -> &Mount {
        &self.inner.options.mount
    }

    /// The public address of a path that is written without a leading slash.
    pub(crate) fn public_url(&self, address: &str) -> String {
        format!("{}{}", self.origin(), self.mount().to(address))
    }

    /// The path of the page for signing in: ours, or the host's.
    pub(crate) fn sign_in(&self) -> String {
        let host = self.inner.options.sign_in.as_ref();
        host.map_or_else(|| self.mount().to("sign-in"), |page| page.path().to_owned())
    }

    /// The site that passkeys are made for.
    ///
    /// # Errors
    /// `passkey.not_available` where browsers have none.
    pub(crate) fn passkey_site(&self) -> Result<RelyingParty, Problem> {
        RelyingParty::at(self.origin()).ok_or_else(|| Problem::new("passkey.not_available"))
    }

    /// Sends a request to an identity provider.
    pub(crate) fn outbound(
        &self,
    ) -> impl Fn(OutboundRequest) -> BoxFuture<'static, Result<OutboundResponse, OutboundError>>
    + Send
    + Sync
    + use<> {
        let outbound = Arc::clone(&self.inner.outbound);
        move |request| {
            let outbound = Arc::clone(&outbound);
            Box::pin(async move { outbound.send(request).await })
        }
    }

    /// A place to ask an identity provider.
    ///
    /// # Errors
    /// [`Error::Busy`] if too many are asked at this moment.
    pub(crate) fn sign_on(&self) -> Result<SemaphorePermit<'_>, Error> {
        self.inner.sign_ons.try_acquire().map_err(|_| Error::Busy)
    }

    pub(crate) fn options(&self) -> &Options {
        &self.inner.options
    }

    pub(crate) fn event_hub(&self) -> &EventHub {
        &self.inner.event_hub
    }

    /// Who has which conversation on the screen, unless the host does without.
    pub(crate) fn presence(&self) -> Option<&Arc<Presence>> {
        self.inner.options.presence.then_some(&self.inner.presence)
    }

    pub(crate) fn uploads(&self) -> Arc<Semaphore> {
        Arc::clone(&self.inner.uploads)
    }

    /// Places for webhooks whose origin was checked.
    pub(crate) fn hooks(&self) -> Arc<Semaphore> {
        Arc::clone(&self.inner.hooks)
    }

    /// Webhooks whose bodies arrive slowly.
    pub(crate) fn slow(&self) -> &SlowBodies {
        &self.inner.slow
    }

    /// Requests that are under way, by the address that a proxy names.
    pub(crate) fn requests(&self) -> &Arc<Counts<IpAddr>> {
        &self.inner.requests
    }

    /// How much room the disk has; `enough` if it is not watched.
    pub(crate) fn free_space(&self) -> FreeSpace {
        let watched = self.inner.options.disk.as_ref().map(crate::disk::Disk::free_space);
        watched.unwrap_or(FreeSpace { free: None, webhooks: true, uploads: true })
    }

    /// The imports of this server.
    pub(crate) fn imports(&self) -> &Imports {
        &self.inner.imports
    }
}
