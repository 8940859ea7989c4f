//! From which addresses a key may be used.

use ipnet::{IpNet, Ipv4Net};
use serde::{Deserialize, Serialize};
use std::net::IpAddr;

/// The addresses and networks that a key may be used from: at most 20, each once, in order. An empty list allows every
/// address.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "Vec<String>", into = "Vec<String>")]
pub struct AddressList(Vec<IpNet>);

/// Why a list of addresses is not accepted.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum AddressListError {
    /// There are too many entries.
    #[error("must not have more than 20 entries")]
    TooMany,
    /// An entry is neither an address nor a network.
    #[error(
        "has at place {place} neither an address, such as 192.0.2.7, nor a network, such as 192.0.2.0/24"
    )]
    Unreadable {
        /// Which entry, counted from 1.
        place: usize,
    },
    /// An entry is an address inside a network.
    #[error(
        "has at place {place} an address inside a network: write {network} for the network, or {address} for the address"
    )]
    HostBits {
        /// Which entry, counted from 1.
        place: usize,
        /// The network that the address is in.
        network: IpNet,
        /// The address alone.
        address: IpAddr,
    },
}

impl AddressList {
    /// The most entries that a list has.
    pub const MOST: usize = 20;

    /// Reads addresses and networks (`192.0.2.7`, `192.0.2.0/24`, `2001:db8::/32`). IPv4 addresses inside IPv6 ones are taken as
    /// what they are; empty entries are left out.
    ///
    /// # Errors
    /// [`AddressListError`] for the first entry that cannot be used.
    pub fn parse<T: AsRef<str>>(entries: &[T]) -> Result<Self, AddressListError> {
        let mut list = Vec::new();
        for (place, text) in (1..).zip(entries) {
            let text = text.as_ref().trim();
            if text.is_empty() {
                continue;
            }
            if list.len() == Self::MOST {
                return Err(AddressListError::TooMany);
            }
            let network = read(text).ok_or(AddressListError::Unreadable { place })?;
            if network.trunc() != network {
                let (network, address) = (network.trunc(), network.addr());
                return Err(AddressListError::HostBits { place, network, address });
            }
            list.push(network);
        }
        list.sort_unstable();
        list.dedup();
        Ok(Self(list))
    }

    /// Whether every address is allowed.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Whether a request from this address is allowed. One whose address is unknown is allowed by an empty list alone.
    #[must_use]
    pub fn allows(&self, address: Option<IpAddr>) -> bool {
        let within = |address: IpAddr| self.0.iter().any(|network| network.contains(&address.to_canonical()));
        self.is_empty() || address.is_some_and(within)
    }

    /// Whether everything that another list allows is allowed by an entry of this one.
    #[must_use]
    pub fn covers(&self, other: &Self) -> bool {
        let covered = |inner: &IpNet| self.0.iter().any(|outer| outer.contains(inner));
        self.is_empty() || (!other.is_empty() && other.0.iter().all(covered))
    }

    /// The entries as they are written: an address without the length of its prefix.
    pub fn entries(&self) -> impl Iterator<Item = String> + '_ {
        self.0.iter().map(|network| {
            if network.prefix_len() == network.max_prefix_len() {
                network.addr().to_string()
            } else {
                network.to_string()
            }
        })
    }
}

/// An address or a network. A network inside the IPv6 form of IPv4 is one of IPv4.
fn read(text: &str) -> Option<IpNet> {
    if let Ok(address) = text.parse::<IpAddr>() {
        return Some(address.to_canonical().into());
    }
    let network: IpNet = text.parse().ok()?;
    match (network.addr().to_canonical(), network) {
        (IpAddr::V4(inside), IpNet::V6(whole)) if whole.prefix_len() >= 96 => {
            Ipv4Net::new(inside, whole.prefix_len() - 96).ok().map(IpNet::V4)
        }
        _ => Some(network),
    }
}

impl TryFrom<Vec<String>> for AddressList {
    type Error = AddressListError;

    fn try_from(entries: Vec<String>) -> Result<Self, AddressListError> {
        Self::parse(&entries)
    }
}

impl From<AddressList> for Vec<String> {
    fn from(list: AddressList) -> Self {
        list.entries().collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn list(entries: &[&str]) -> AddressList {
        AddressList::parse(entries).unwrap()
    }

    fn ip(text: &str) -> Option<IpAddr> {
        Some(text.parse().unwrap())
    }

    #[test]
    fn addresses_and_networks_are_read_in_one_spelling_and_each_once() {
        let kept = list(&[
            "2001:DB8:0::/32",
            " 192.0.2.0/24 ",
            "",
            "192.0.2.7/32",
            "192.0.2.7",
            "::ffff:10.0.0.0/104",
        ]);
        let entries: Vec<_> = kept.entries().collect();
        assert_eq!(entries, ["10.0.0.0/8", "192.0.2.0/24", "192.0.2.7", "2001:db8::/32"]);
        let text = serde_json::to_string(&kept).unwrap();
        assert_eq!(serde_json::from_str::<AddressList>(&text).unwrap(), kept);
    }

    #[test]
    fn what_is_neither_is_refused_by_its_place() {
        for text in
            ["example.com", "192.0.2", "192.0.2.7/33", "192.0.2.7:80", "fe80::1%eth0", "2001:db8::/129", "*"]
        {
            let refused = AddressList::parse(&["10.0.0.1", text]);
            assert_eq!(refused, Err(AddressListError::Unreadable { place: 2 }), "{text}");
        }
    }

    #[test]
    fn an_address_inside_a_network_is_refused_with_what_would_be_right() {
        for (text, network, address) in
            [("10.1.2.3/8", "10.0.0.0/8", "10.1.2.3"), ("2001:db8::5/64", "2001:db8::/64", "2001:db8::5")]
        {
            let said = AddressList::parse(&[text]).unwrap_err().to_string();
            assert!(said.contains(&format!("write {network} for the network, or {address} for")), "{said}");
        }
    }

    #[test]
    fn no_list_is_longer_than_twenty() {
        let many: Vec<_> = (0..21).map(|last| format!("192.0.2.{last}")).collect();
        assert_eq!(AddressList::parse(&many), Err(AddressListError::TooMany));
        assert_eq!(AddressList::parse(&many[..20]).unwrap().entries().count(), 20);
    }

    #[test]
    fn an_address_is_allowed_by_an_entry_it_is_within() {
        let kept = list(&["192.0.2.0/24", "2001:db8::/32"]);
        for address in ["192.0.2.7", "::ffff:192.0.2.7", "2001:db8:1::5"] {
            assert!(kept.allows(ip(address)), "{address}");
        }
        for address in ["192.0.3.7", "::ffff:192.0.3.7", "2001:db9::5", "::192.0.2.7"] {
            assert!(!kept.allows(ip(address)), "{address}");
        }
        assert!(!kept.allows(None), "an address that is not known");
        assert!(AddressList::default().allows(None) && AddressList::default().allows(ip("192.0.2.7")));
    }

    #[test]
    fn a_list_covers_what_allows_nothing_beyond_it() {
        let kept = list(&["192.0.2.0/24", "2001:db8::/32"]);
        assert!(kept.covers(&kept) && kept.covers(&list(&["192.0.2.7", "2001:db8:1::/48"])));
        for beyond in [&[][..], &["192.0.0.0/16"], &["192.0.2.7", "10.0.0.1"]] {
            assert!(!kept.covers(&list(beyond)), "{beyond:?}");
        }
        assert!(
            AddressList::default().covers(&kept) && AddressList::default().covers(&AddressList::default())
        );
    }
}
