//! Who is at the other end of a connection, and how much one address may hold at the same time.

use axum::body::{Body, Bytes, HttpBody};
use axum::http::HeaderMap;
use axum::response::Response;
use dialzio_core::ledger::Network;
use http_body::{Frame, SizeHint};
use std::collections::HashMap;
use std::hash::Hash;
use std::net::{IpAddr, Ipv6Addr, SocketAddr};
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll};

/// The address behind a request, in one spelling: of the peer, or as a trusted proxy names it. `None` if it is unknown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Client(pub(crate) Option<IpAddr>);

impl Client {
    /// By what limits are kept.
    pub(crate) fn counted(self) -> Option<IpAddr> {
        self.0.map(network)
    }

    /// The network that the audit log keeps.
    pub(crate) fn network(self) -> Option<Network> {
        self.0.map(Network::of)
    }
}

/// By what an address is counted: one spelling for IPv4, and of IPv6 the network of 64 bits.
pub(crate) fn network(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V6(address) => {
            let [a, b, c, d, ..] = address.segments();
            Ipv6Addr::new(a, b, c, d, 0, 0, 0, 0).into()
        }
        four => four,
    }
}

/// The address behind a peer. Of what a trusted proxy says the last entry counts that is no proxy itself: any client may
/// have written those before it.
pub(crate) fn client(peer: IpAddr, headers: &HeaderMap, proxies: &[IpAddr]) -> Option<IpAddr> {
    let peer = peer.to_canonical();
    if !proxies.contains(&peer) {
        return Some(peer);
    }
    let lines: Vec<_> = headers.get_all("x-forwarded-for").iter().collect();
    for line in lines.into_iter().rev() {
        for entry in line.to_str().ok()?.rsplit(',') {
            let entry = entry.trim();
            let named = entry
                .parse::<IpAddr>()
                .or_else(|_| entry.parse::<SocketAddr>().map(|socket| socket.ip()))
                .ok()?
                .to_canonical();
            if !proxies.contains(&named) {
                return Some(named);
            }
        }
    }
    None
}

/// How much each key holds at the same time.
#[derive(Debug)]
pub(crate) struct Counts<K>(Mutex<HashMap<K, usize>>);

impl<K> Default for Counts<K> {
    fn default() -> Self {
        Self(Mutex::new(HashMap::new()))
    }
}

impl<K: Eq + Hash + Clone> Counts<K> {
    /// One more for `key`, unless it holds `most` already.
    pub(crate) fn take(self: &Arc<Self>, key: K, most: usize) -> Option<Held<K>> {
        let mut counts = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let count = counts.entry(key.clone()).or_default();
        if *count >= most {
            return None;
        }
        *count += 1;
        Some(Held { counts: Arc::clone(self), key })
    }

    #[cfg(test)]
    pub(crate) fn is_empty(&self) -> bool {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).is_empty()
    }
}

/// One of those that a key holds; given back when it is dropped.
#[derive(Debug)]
pub(crate) struct Held<K: Eq + Hash> {
    counts: Arc<Counts<K>>,
    key: K,
}

impl<K: Eq + Hash> Drop for Held<K> {
    fn drop(&mut self) {
        let mut counts = self.counts.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(count) = counts.get_mut(&self.key) {
            *count -= 1;
            if *count == 0 {
                counts.remove(&self.key);
            }
        }
    }
}

/// An answer that holds something until its last byte.
struct Holding<T> {
    body: Body,
    _held: T,
}

impl<T: Unpin> HttpBody for Holding<T> {
    type Data = Bytes;
    type Error = axum::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, axum::Error>>> {
        Pin::new(&mut self.body).poll_frame(cx)
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}

/// A response that holds `held` until its body has ended or was dropped.
pub(crate) fn holding<T: Unpin + Send + 'static>(response: Response, held: T) -> Response {
    response.map(|body| Body::new(Holding { body, _held: held }))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ip(text: &str) -> IpAddr {
        text.parse().unwrap()
    }

    fn headers(lines: &[&str]) -> HeaderMap {
        lines.iter().map(|line| ("x-forwarded-for".parse().unwrap(), line.parse().unwrap())).collect()
    }

    #[test]
    fn an_address_is_counted_by_its_network_and_in_one_spelling() {
        assert_eq!(network(ip("::ffff:192.0.2.7")), ip("192.0.2.7"));
        assert_eq!(network(ip("2001:db8:1:2:3:4:5:6")), network(ip("2001:db8:1:2:ffff::1")));
        assert_ne!(network(ip("2001:db8:1:2::1")), network(ip("2001:db8:1:3::1")));
    }

    #[test]
    fn only_a_trusted_proxy_names_the_address_and_only_its_own_entry_counts() {
        let proxies = [ip("127.0.0.1"), ip("192.0.2.1")];
        let of = |peer, lines: &[&str]| client(ip(peer), &headers(lines), &proxies);
        assert_eq!(of("198.51.100.9", &["203.0.113.5"]), Some(ip("198.51.100.9")), "no proxy of ours");
        assert_eq!(of("127.0.0.1", &["203.0.113.5"]), Some(ip("203.0.113.5")));
        assert_eq!(of("127.0.0.1", &["10.9.9.9, 203.0.113.5"]), Some(ip("203.0.113.5")), "the last counts");
        assert_eq!(of("127.0.0.1", &["10.9.9.9", "203.0.113.5, 192.0.2.1"]), Some(ip("203.0.113.5")));
        assert_eq!(of("::ffff:127.0.0.1", &["[2001:db8::5]:4711"]), Some(ip("2001:db8::5")));
        assert_eq!(of("127.0.0.1", &["203.0.113.5:4711"]), Some(ip("203.0.113.5")));
        for nothing in [&[][..], &["unknown"], &["203.0.113.5, unknown"], &["192.0.2.1"], &[""]] {
            assert_eq!(of("127.0.0.1", nothing), None, "{nothing:?}");
        }
    }

    #[test]
    fn shares_are_given_back() {
        let counts = Arc::new(Counts::default());
        let first = counts.take(ip("192.0.2.7"), 2);
        let second = counts.take(ip("192.0.2.7"), 2);
        assert!(first.is_some() && second.is_some() && counts.take(ip("192.0.2.7"), 2).is_none());
        assert!(counts.take(ip("192.0.2.8"), 2).is_some());
        drop(first);
        assert!(counts.take(ip("192.0.2.7"), 2).is_some());
        drop(second);
        assert!(counts.is_empty(), "an address without requests is still counted");
    }
}
