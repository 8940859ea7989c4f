//! From where a page was used: the address for 30 days, then its network.

use std::fmt;
use std::net::IpAddr;

use crate::ledger::Network;

/// The address of a use. `Debug` shows the network at most.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum UsageAddress {
    /// The address as the server knows it.
    Whole(IpAddr),
    /// What is left of it after 30 days: the first 24 bits of an IPv4 address, 48 of an IPv6 address.
    Network(Network),
    /// The server did not know it.
    Unknown,
}

impl UsageAddress {
    /// Of a request. An IPv4 address inside an IPv6 one is taken as what it is.
    #[must_use]
    pub fn of(address: Option<IpAddr>) -> Self {
        address.map_or(Self::Unknown, |address| Self::Whole(address.to_canonical()))
    }

    /// As it is kept: the address while it is there, and its network.
    #[must_use]
    pub fn from_parts(address: Option<IpAddr>, network: Option<Network>) -> Self {
        match (address, network) {
            (Some(address), _) => Self::Whole(address),
            (None, Some(network)) => Self::Network(network),
            (None, None) => Self::Unknown,
        }
    }

    /// The whole address, while it is there.
    #[must_use]
    pub fn ip(&self) -> Option<IpAddr> {
        match self {
            Self::Whole(address) => Some(*address),
            Self::Network(_) | Self::Unknown => None,
        }
    }

    /// Its network.
    #[must_use]
    pub fn network(&self) -> Option<Network> {
        match self {
            Self::Whole(address) => Some(Network::of(*address)),
            Self::Network(network) => Some(*network),
            Self::Unknown => None,
        }
    }

    /// What is left of it after 30 days.
    #[must_use]
    pub fn shortened(self) -> Self {
        self.network().map_or(Self::Unknown, Self::Network)
    }
}

impl fmt::Debug for UsageAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Whole(_) => f.write_str("Whole(…)"),
            Self::Network(network) => write!(f, "Network({network})"),
            Self::Unknown => f.write_str("Unknown"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shortening_leaves_the_network_and_debug_shows_no_address() {
        for (address, network) in [
            ("203.0.113.77", "203.0.113.0/24"),
            ("::ffff:203.0.113.77", "203.0.113.0/24"),
            ("2001:db8:77:1::5", "2001:db8:77::/48"),
        ] {
            let whole = UsageAddress::of(address.parse().ok());
            assert!(whole.ip().is_some());
            assert_eq!(format!("{whole:?}"), "Whole(…)");
            let short = whole.shortened();
            assert_eq!((short.ip(), short.network()), (None, network.parse().ok()));
            assert_eq!(short.shortened(), short);
            assert_eq!(UsageAddress::from_parts(whole.ip(), whole.network()), whole);
            assert_eq!(UsageAddress::from_parts(None, whole.network()), short);
        }
        assert_eq!(UsageAddress::of(None).shortened(), UsageAddress::Unknown);
    }
}
