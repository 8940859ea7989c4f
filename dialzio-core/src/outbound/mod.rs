//! Where requests may go that somebody typed in: names are looked up once, every address they have must be allowed, and exactly
//! those are connected to. So a name that leads into the local network leads nowhere.

mod public;

pub use public::is_public;

use std::collections::HashSet;
use std::net::{IpAddr, SocketAddr};

use ipnet::IpNet;
use tokio::time::{Instant, sleep_until};

use crate::provider::ADDRESS_REFUSAL;

/// What may be connected to beside public addresses.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct OutboundPolicy {
    /// Addresses of this machine: for emulators.
    pub loopback: bool,
    /// The host of the operator's proxy, which may be anywhere.
    pub proxy: Option<String>,
    /// Networks of the operator that are not public.
    pub networks: Vec<IpNet>,
}

/// The name does not lead to allowed addresses alone. Which ones it has, and whether it has any, is not told.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the address is not allowed")]
pub struct NotAllowed;

impl OutboundPolicy {
    /// Looks a name up. Names that are not there, that lead inside, and that are slow to find out are refused alike and
    /// equally late.
    ///
    /// # Errors
    /// [`NotAllowed`] unless the name has addresses and each of them is allowed.
    pub async fn lookup(&self, name: &str) -> Result<Vec<SocketAddr>, NotAllowed> {
        let begun = Instant::now();
        let found = tokio::net::lookup_host((name, 0)).await.map(Vec::from_iter);
        let is_proxy = self.proxy.as_ref().is_some_and(|proxy| proxy.eq_ignore_ascii_case(name));
        let allowed = found.ok().filter(|found| {
            !found.is_empty() && (is_proxy || self.allows_all(found, own_addresses().as_ref()))
        });
        match allowed {
            Some(found) => Ok(found),
            None => {
                sleep_until(begun + ADDRESS_REFUSAL).await;
                Err(NotAllowed)
            }
        }
    }

    /// Whether an address that was typed in may be connected to. This machine's own addresses must not.
    #[must_use]
    pub fn allows(&self, address: IpAddr) -> bool {
        self.allows_all(&[SocketAddr::new(address, 0)], own_addresses().as_ref())
    }

    /// Whether each address may be connected to. Where this machine's own addresses are not known, none may.
    fn allows_all(&self, found: &[SocketAddr], own: Option<&HashSet<IpAddr>>) -> bool {
        found.iter().map(|address| address.ip().to_canonical()).all(|address| {
            if self.networks.iter().any(|network| network.contains(&address)) {
                return true;
            }
            if address.is_loopback() {
                return self.loopback;
            }
            is_public(address) && own.is_some_and(|own| !own.contains(&address))
        })
    }
}

/// The addresses of this machine's interfaces, read anew each time, since they change. A public one leads to services
/// that answer this machine alone.
fn own_addresses() -> Option<HashSet<IpAddr>> {
    match if_addrs::get_if_addrs() {
        Ok(found) => Some(found.iter().map(|interface| interface.ip().to_canonical()).collect()),
        Err(error) => {
            tracing::error!(
                %error,
                "the addresses of this machine cannot be read, so no other host is connected to; the process needs \
                 AF_NETLINK sockets"
            );
            None
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn policy(loopback: bool, networks: &[&str]) -> OutboundPolicy {
        let networks = networks.iter().map(|network| network.parse().unwrap()).collect();
        OutboundPolicy { loopback, proxy: None, networks }
    }

    #[tokio::test]
    async fn a_name_of_this_machine_is_found_for_the_emulator_alone() {
        assert_eq!(policy(false, &[]).lookup("localhost").await, Err(NotAllowed));
        assert!(policy(true, &[]).lookup("localhost").await.is_ok());
    }

    #[tokio::test]
    async fn the_host_of_the_operators_proxy_may_be_inside() {
        let policy = OutboundPolicy { proxy: Some("LOCALHOST".to_owned()), ..OutboundPolicy::default() };
        assert!(policy.lookup("localhost").await.is_ok());
    }

    #[tokio::test(start_paused = true)]
    async fn what_is_refused_is_refused_alike_and_equally_late() {
        for name in ["localhost", "no-such-name.invalid"] {
            let begun = Instant::now();
            assert_eq!(policy(false, &[]).lookup(name).await, Err(NotAllowed));
            // By the timer's own clock, which advances only while something waits for it.
            assert!(begun.elapsed() >= ADDRESS_REFUSAL, "{name}");
        }
    }

    #[test]
    fn networks_of_the_operator_are_allowed_and_nothing_beside_them() {
        let policy = policy(false, &["10.20.0.0/16", "fd00:1::/64"]);
        for (address, is_allowed) in [
            ("10.20.3.4", true),
            ("::ffff:10.20.3.4", true),
            ("fd00:1::7", true),
            ("10.21.0.1", false),
            ("fd00:2::7", false),
            ("127.0.0.1", false),
            ("169.254.169.254", false),
        ] {
            assert_eq!(policy.allows(address.parse().unwrap()), is_allowed, "{address}");
        }
    }

    #[test]
    fn a_public_address_of_this_machine_is_refused_and_so_is_everything_if_they_are_unknown() {
        let address = |text: &str| SocketAddr::new(text.parse().unwrap(), 443);
        let own = HashSet::from(["8.8.4.4".parse().unwrap()]);
        let strict = policy(false, &[]);
        let allowed = |text: &str| strict.allows_all(&[address("157.240.1.1"), address(text)], Some(&own));
        assert!(allowed("8.8.8.8"));
        assert!(!allowed("8.8.4.4"));
        assert!(!allowed("::ffff:8.8.4.4"));
        let emulated = policy(true, &[]);
        assert!(!emulated.allows_all(&[address("8.8.8.8")], None));
        assert!(emulated.allows_all(&[address("127.0.0.1")], None), "the emulator needs no list");
        assert!(own_addresses().is_some_and(|own| own.iter().any(IpAddr::is_loopback)));
    }
}
