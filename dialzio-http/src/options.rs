//! How the router is to behave in its surroundings.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use crate::host_auth::HostAuth;
use crate::mount::{Mount, MountError};

/// Options of [`crate::router`].
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct Options {
    /// The public origin, such as `https://app.example.com`: cross-site requests are judged by it. Configuration, never
    /// the `Host` header.
    pub origin: String,
    /// How long requests may take.
    pub patience: crate::Patience,
    /// Proxies in front, whose `X-Forwarded-For` names the address that limits are kept by. This machine's own, unless
    /// another is named.
    pub proxies: Vec<IpAddr>,
    /// The disk whose room is watched; `None` if the host watches it.
    pub disk: Option<crate::disk::Disk>,
    /// Networks of the operator that identity providers may be in, although they are not public.
    pub outbound_networks: Vec<ipnet::IpNet>,
    /// Where the router is mounted.
    pub(crate) mount: Mount,
    /// The host's own page for signing in, in place of ours.
    pub(crate) sign_in: Option<Mount>,
    /// Whether addresses that do not exist are answered here.
    pub(crate) fallback: bool,
    /// Whether pages say which conversation is on the screen.
    pub(crate) presence: bool,
    /// Whether answers tell browsers to use HTTPS alone on this host.
    pub(crate) hsts: bool,
    /// The host's own sign-in.
    pub(crate) host_auth: Option<Arc<dyn HostAuth>>,
    /// Shuts the door for readiness while the process goes down.
    pub closing: Closing,
    /// The emulated provider, whose customer the sandbox page plays.
    #[cfg(feature = "sandbox")]
    pub sandbox: Option<crate::sandbox::Sandbox>,
}

/// Raised when the process begins to go down.
#[derive(Debug, Clone, Default)]
pub struct Closing(Arc<AtomicBool>);

impl Closing {
    /// Tells every connection and stream to end.
    pub fn raise(&self) {
        self.0.store(true, Ordering::Release);
    }

    /// Whether it is raised.
    #[must_use]
    pub fn is_raised(&self) -> bool {
        self.0.load(Ordering::Acquire)
    }
}

impl Options {
    /// For this public origin, with nothing else.
    #[must_use]
    pub fn for_origin(origin: &str) -> Self {
        Self {
            origin: origin.trim_end_matches('/').to_owned(),
            patience: crate::Patience::default(),
            proxies: vec![Ipv4Addr::LOCALHOST.into(), Ipv6Addr::LOCALHOST.into()],
            disk: None,
            outbound_networks: Vec::new(),
            mount: Mount::default(),
            sign_in: None,
            fallback: true,
            presence: true,
            hsts: true,
            host_auth: None,
            closing: Closing::default(),
            #[cfg(feature = "sandbox")]
            sandbox: None,
        }
    }

    /// Mounted below a path, such as `/crm`: every link, asset, redirect, cookie, webhook address and the description of
    /// the API have it, and [`router`](crate::router) answers there and nowhere else.
    ///
    /// # Errors
    /// [`MountError`] for what is no plain path: it begins with a slash, has no slash at its end and no escapes.
    pub fn at(mut self, path: &str) -> Result<Self, MountError> {
        self.mount = Mount::parse(path)?;
        Ok(self)
    }

    /// Without pages for signing in, signing out and setting up: people who are not signed in are sent to this path of the
    /// host, with the address that they asked for in the query as `next`. Give [`host_auth`](Self::host_auth) with it.
    ///
    /// # Errors
    /// [`MountError`] for what is no plain path from the root of the host.
    pub fn sign_in_at(mut self, path: &str) -> Result<Self, MountError> {
        self.sign_in = Some(Mount::parse(path)?);
        Ok(self)
    }

    /// Addresses that do not exist are left to the application that the router is merged with.
    #[must_use]
    pub const fn without_fallback(mut self) -> Self {
        self.fallback = false;
        self
    }

    /// Members do not see who else has a conversation on the screen or writes in it. Otherwise pages say so every ten
    /// seconds, and the process keeps it in memory for seconds, by ids alone.
    #[must_use]
    pub const fn without_presence(mut self) -> Self {
        self.presence = false;
        self
    }

    /// Answers do not have `Strict-Transport-Security`, which holds for all of a host and its subdomains for two years.
    #[must_use]
    pub const fn without_hsts(mut self) -> Self {
        self.hsts = false;
        self
    }

    /// With the sign-in of the application that the router is mounted in. The API and the pages then know its users;
    /// bearer keys and our own sessions stay valid beside it.
    #[must_use]
    pub fn host_auth(mut self, host: impl HostAuth) -> Self {
        self.host_auth = Some(Arc::new(host));
        self
    }
}
