//! Where requests may go: names are looked up once, every address they have must be public, and exactly those are
//! connected to. So a name that leads into the local network leads nowhere.
//!
//! Source: IANA special-purpose address registries for IPv4 and IPv6, read 2026-05.

use std::collections::HashSet;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};

use dialzio_core::provider::ADDRESS_REFUSAL;
use reqwest::dns::{Addrs, Name, Resolve, Resolving};
use tokio::time::{Instant, sleep_until};

/// The one resolver of the client.
#[derive(Debug, Clone)]
pub(crate) struct PublicResolver {
    /// Addresses of this machine are taken too: for the emulator.
    pub(crate) loopback: bool,
    /// The host of the operator's proxy, which may be anywhere. Through a proxy it is the only name that is looked up here.
    pub(crate) proxy: Option<String>,
}

/// The name does not lead to public addresses alone. Which ones it has, and whether it has any, is not told.
#[derive(Debug, thiserror::Error)]
#[error("the address is not allowed")]
struct NotAllowed;

impl Resolve for PublicResolver {
    fn resolve(&self, name: Name) -> Resolving {
        let begun = Instant::now();
        let Self { loopback, proxy } = self.clone();
        Box::pin(async move {
            let found = tokio::net::lookup_host((name.as_str(), 0)).await.map(Vec::from_iter);
            let is_proxy = proxy.is_some_and(|proxy| proxy.eq_ignore_ascii_case(name.as_str()));
            let allowed = found.ok().filter(|found| {
                !found.is_empty() && (is_proxy || all_allowed(found, loopback, own_addresses().as_ref()))
            });
            match allowed {
                Some(found) => Ok(Box::new(found.into_iter()) as Addrs),
                None => {
                    // A name that is not there, one that leads inside, and one that is slow to find out look alike.
                    sleep_until(begun + ADDRESS_REFUSAL).await;
                    Err(NotAllowed.into())
                }
            }
        })
    }
}

/// Whether each address may be connected to. Where this machine's own addresses are not known, none may.
fn all_allowed(found: &[SocketAddr], loopback: bool, own: Option<&HashSet<IpAddr>>) -> bool {
    found.iter().map(|address| address.ip().to_canonical()).all(|address| {
        if address.is_loopback() {
            return loopback;
        }
        is_public(address) && own.is_some_and(|own| !own.contains(&address))
    })
}

/// The addresses of this machine's interfaces, read anew each time, since they change. A public one leads to services
/// that answer this machine alone.
fn own_addresses() -> Option<HashSet<IpAddr>> {
    match if_addrs::get_if_addrs() {
        Ok(found) => Some(found.iter().map(|interface| interface.ip().to_canonical()).collect()),
        Err(error) => {
            tracing::error!(
                %error,
                "the addresses of this machine cannot be read, so no provider is connected to; the process needs \
                 AF_NETLINK sockets"
            );
            None
        }
    }
}

/// Whether an address is reachable from everywhere.
pub(crate) fn is_public(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(address) => is_public_v4(address),
        IpAddr::V6(address) => is_public_v6(address),
    }
}

fn is_public_v4(address: Ipv4Addr) -> bool {
    let [a, b, c, _] = address.octets();
    !matches!(
        (a, b, c),
        (0 | 10 | 127 | 224..=255, _, _)
            | (100, 64..=127, _)
            | (169, 254, _)
            | (172, 16..=31, _)
            | (192, 0, 0 | 2)
            | (192, 88, 99)
            | (192, 168, _)
            | (198, 18 | 19, _)
            | (198, 51, 100)
            | (203, 0, 113)
    )
}

fn is_public_v6(address: Ipv6Addr) -> bool {
    let parts = address.segments();
    let embedded = |high: u16, low: u16| {
        let ([a, b], [c, d]) = (high.to_be_bytes(), low.to_be_bytes());
        is_public_v4(Ipv4Addr::new(a, b, c, d))
    };
    match parts {
        // An IPv4 address in another dress is judged as one.
        [0, 0, 0, 0, 0, 0xffff, high, low] | [0x64, 0xff9b, 0, 0, 0, 0, high, low] => embedded(high, low),
        [0x64, 0xff9b, 1, _, _, _, high, low] => embedded(high, low),
        [0x2002, high, low, ..] => embedded(high, low),
        [0, 0, 0, 0, 0, 0, ..] | [0x100, 0, 0, 0, ..] => false,
        // Teredo and other protocol assignments, documentation, segment routing.
        [0x2001, 0..=0x1ff, ..] | [0x2001, 0xdb8, ..] | [0x3fff, 0..=0xfff, ..] | [0x5f00, ..] => false,
        [first, ..] => !matches!(first, 0xfc00..=0xfdff | 0xfe80..=0xfeff | 0xff00..=0xffff),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_addresses_that_are_reachable_from_everywhere_are_public() {
        for public in [
            "157.240.1.1",
            "8.8.8.8",
            "100.63.0.1",
            "172.32.0.1",
            "2a03:2880::1",
            "::ffff:8.8.8.8",
            "2002:808:808::1",
        ] {
            assert!(is_public(public.parse().unwrap()), "{public}");
        }
        for local in [
            "0.0.0.0",
            "10.0.0.1",
            "127.0.0.1",
            "100.64.0.1",
            "169.254.169.254",
            "172.16.0.1",
            "172.31.255.255",
            "192.168.1.1",
            "192.0.0.1",
            "192.0.2.1",
            "192.88.99.1",
            "198.18.0.1",
            "198.51.100.1",
            "203.0.113.1",
            "224.0.0.1",
            "255.255.255.255",
            "::",
            "::1",
            "::ffff:10.0.0.1",
            "::ffff:127.0.0.1",
            "64:ff9b::a00:1",
            "64:ff9b:1::7f00:1",
            "2002:7f00:1::",
            "100::1",
            "2001::1",
            "2001:db8::1",
            "3fff::1",
            "5f00::1",
            "fc00::1",
            "fd00::1",
            "fe80::1",
            "fec0::1",
            "ff02::1",
        ] {
            assert!(!is_public(local.parse().unwrap()), "{local}");
        }
    }

    #[tokio::test]
    async fn a_name_of_this_machine_is_found_for_the_emulator_alone() {
        let ask = |loopback| PublicResolver { loopback, proxy: None }.resolve("localhost".parse().unwrap());
        assert_eq!(ask(false).await.err().unwrap().to_string(), "the address is not allowed");
        assert!(ask(true).await.is_ok());
    }

    #[tokio::test]
    async fn the_host_of_the_operators_proxy_may_be_inside() {
        let resolver = PublicResolver { loopback: false, proxy: Some("LOCALHOST".to_owned()) };
        assert!(resolver.resolve("localhost".parse().unwrap()).await.is_ok());
    }

    #[tokio::test(start_paused = true)]
    async fn what_is_refused_is_refused_alike_and_equally_late() {
        for name in ["localhost", "no-such-name.invalid"] {
            let begun = Instant::now();
            let resolver = PublicResolver { loopback: false, proxy: None };
            let refused = resolver.resolve(name.parse().unwrap()).await.err().unwrap();
            assert_eq!(refused.to_string(), "the address is not allowed");
            // By the timer's own clock, which advances only while something waits for it.
            assert!(begun.elapsed() >= ADDRESS_REFUSAL, "{name}");
        }
    }

    #[test]
    fn a_public_address_of_this_machine_is_refused_and_so_is_everything_if_they_are_unknown() {
        let address = |text: &str| SocketAddr::new(text.parse().unwrap(), 443);
        let own = HashSet::from(["8.8.4.4".parse().unwrap()]);
        let allowed = |text: &str| all_allowed(&[address("157.240.1.1"), address(text)], false, Some(&own));
        assert!(allowed("8.8.8.8"));
        assert!(!allowed("8.8.4.4"));
        assert!(!allowed("::ffff:8.8.4.4"));
        assert!(!all_allowed(&[address("8.8.8.8")], true, None));
        assert!(all_allowed(&[address("127.0.0.1")], true, None), "the emulator needs no list");
        assert!(own_addresses().is_some_and(|own| own.iter().any(IpAddr::is_loopback)));
    }
}
