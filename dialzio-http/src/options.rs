//! How the router is to behave in its surroundings.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use crate::host_auth::HostAuth;

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
            host_auth: None,
            closing: Closing::default(),
            #[cfg(feature = "sandbox")]
            sandbox: None,
        }
    }

    /// With the sign-in of the application that the router is mounted in. The API and the pages then know its users;
    /// bearer keys and our own sessions stay valid beside it.
    #[must_use]
    pub fn host_auth(mut self, host: impl HostAuth) -> Self {
        self.host_auth = Some(Arc::new(host));
        self
    }
}
