//! How the router is to behave in its surroundings.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

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
    /// something else is said.
    pub proxies: Vec<IpAddr>,
    /// The disk whose room is watched; `None` if somebody else does.
    pub disk: Option<crate::disk::Disk>,
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
    /// Raises it.
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
            closing: Closing::default(),
            #[cfg(feature = "sandbox")]
            sandbox: None,
        }
    }
}
