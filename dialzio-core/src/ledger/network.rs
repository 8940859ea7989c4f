//! The network that a request came from, without the last part of the address.

use std::fmt;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::str::FromStr;

use crate::UnknownWord;

/// The network that a request came from: the first 24 bits of an IPv4 address, the first 48 of an IPv6 address. What is left
/// does not name a person's connection, so the audit log may keep it as long as its entries. `203.0.113.0/24`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Network(IpAddr);

impl Network {
    /// The network of an address. An IPv4 address inside an IPv6 one is taken as what it is.
    #[must_use]
    pub fn of(address: IpAddr) -> Self {
        Self(match address.to_canonical() {
            IpAddr::V4(address) => {
                let [first, second, third, _] = address.octets();
                Ipv4Addr::new(first, second, third, 0).into()
            }
            IpAddr::V6(address) => {
                let [first, second, third, ..] = address.segments();
                Ipv6Addr::new(first, second, third, 0, 0, 0, 0, 0).into()
            }
        })
    }
}

impl fmt::Display for Network {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let bits = if self.0.is_ipv4() { 24 } else { 48 };
        write!(f, "{}/{bits}", self.0)
    }
}

impl FromStr for Network {
    type Err = UnknownWord;

    fn from_str(text: &str) -> Result<Self, UnknownWord> {
        let (address, _) = text.split_once('/').ok_or(UnknownWord)?;
        let network = Self::of(address.parse().map_err(|_| UnknownWord)?);
        if network.to_string() == text { Ok(network) } else { Err(UnknownWord) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_part_of_an_address_is_not_kept() {
        for (address, network) in [
            ("203.0.113.77", "203.0.113.0/24"),
            ("::ffff:203.0.113.77", "203.0.113.0/24"),
            ("2001:db8:77:1::5", "2001:db8:77::/48"),
            ("::1", "::/48"),
        ] {
            let kept = Network::of(address.parse().unwrap());
            assert_eq!(kept.to_string(), network);
            assert_eq!(network.parse(), Ok(kept));
        }
        for text in ["203.0.113.77/24", "203.0.113.0", "203.0.113.0/25", "", "x/24"] {
            assert!(text.parse::<Network>().is_err(), "{text:?}");
        }
    }
}
