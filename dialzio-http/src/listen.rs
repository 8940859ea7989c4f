//! The listener: connections are counted, in all and for each address, and a head that never ends is cut off.

use axum::Router;
use axum::extract::ConnectInfo;
use hyper::body::Incoming;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::server::graceful::GracefulShutdown;
use std::collections::HashMap;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tokio::net::TcpListener;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tower::ServiceExt;

/// Bounds of a listener. Source of the defaults: reliability reference, 13.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct Limits {
    /// Connections at the same time.
    pub connections: usize,
    /// Connections of one address at the same time; of IPv6, of one network of 64 bits.
    pub per_address: usize,
    /// How long the head of a request may take, and how long a connection may be idle before one.
    pub head: Duration,
    /// Fields of a head.
    pub fields: usize,
    /// Bytes of a head.
    pub head_bytes: usize,
    /// Whose connections are not counted by address: the proxy that speaks for everybody. This machine's own, unless
    /// something else is said.
    pub trusted: Vec<IpAddr>,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            connections: 4_096,
            per_address: 64,
            head: Duration::from_secs(10),
            fields: 100,
            head_bytes: 32 * 1024,
            trusted: vec![Ipv4Addr::LOCALHOST.into(), Ipv6Addr::LOCALHOST.into()],
        }
    }
}

/// How many connections each address has.
#[derive(Debug, Default)]
struct Counts(Mutex<HashMap<IpAddr, usize>>);

/// A place that is given back when the connection ends.
struct Place {
    counts: Arc<Counts>,
    address: Option<IpAddr>,
    _turn: OwnedSemaphorePermit,
}

impl Drop for Place {
    fn drop(&mut self) {
        let Some(address) = self.address else { return };
        let mut counts = self.counts.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(count) = counts.get_mut(&address) {
            *count -= 1;
            if *count == 0 {
                counts.remove(&address);
            }
        }
    }
}

/// By what connections of an address are counted.
fn counted(peer: IpAddr) -> IpAddr {
    match peer.to_canonical() {
        IpAddr::V6(address) => {
            let [a, b, c, d, ..] = address.segments();
            Ipv6Addr::new(a, b, c, d, 0, 0, 0, 0).into()
        }
        four => four,
    }
}

/// A place for a connection, if there is one.
fn admit(limits: &Limits, all: &Arc<Semaphore>, counts: &Arc<Counts>, peer: IpAddr) -> Option<Place> {
    let turn = Arc::clone(all).try_acquire_owned().ok()?;
    let address = (!limits.trusted.contains(&peer.to_canonical())).then(|| counted(peer));
    if let Some(address) = address {
        let mut held = counts.0.lock().unwrap_or_else(PoisonError::into_inner);
        let count = held.entry(address).or_default();
        if *count >= limits.per_address {
            return None;
        }
        *count += 1;
    }
    Some(Place { counts: Arc::clone(counts), address, _turn: turn })
}

/// Serves until `stop` is ready; then no connection is taken any more, and those that there are end with their request.
/// A connection over a limit is closed at once.
pub async fn serve(listener: TcpListener, router: Router, limits: Limits, stop: impl Future<Output = ()>) {
    let all = Arc::new(Semaphore::new(limits.connections));
    let counts = Arc::new(Counts::default());
    let graceful = GracefulShutdown::new();
    let mut http = hyper::server::conn::http1::Builder::new();
    http.timer(TokioTimer::new())
        .header_read_timeout(limits.head)
        .max_headers(limits.fields)
        .max_buf_size(limits.head_bytes);
    let mut stop = std::pin::pin!(stop);
    loop {
        let taken = tokio::select! {
            () = &mut stop => break,
            taken = listener.accept() => taken,
        };
        let Ok((stream, peer)) = taken else {
            // No file left for another connection, as a rule: those that there are end and make room.
            tokio::time::sleep(Duration::from_millis(100)).await;
            continue;
        };
        let Some(place) = admit(&limits, &all, &counts, peer.ip()) else { continue };
        // A webhook is answered with a few bytes, which are not to wait for more.
        let _ = stream.set_nodelay(true);
        let router = router.clone();
        let answer = hyper::service::service_fn(move |request: hyper::Request<Incoming>| {
            let mut request = request.map(axum::body::Body::new);
            request.extensions_mut().insert(ConnectInfo(peer));
            router.clone().oneshot(request)
        });
        let connection = graceful.watch(http.serve_connection(TokioIo::new(stream), answer));
        tokio::spawn(async move {
            // A connection that breaks is the other side's business.
            let _ = connection.await;
            drop(place);
        });
    }
    drop(listener);
    graceful.shutdown().await;
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_counted_by_its_network_and_in_one_spelling() {
        let ip = |text: &str| text.parse::<IpAddr>().unwrap();
        assert_eq!(counted(ip("::ffff:192.0.2.7")), ip("192.0.2.7"));
        assert_eq!(counted(ip("2001:db8:1:2:3:4:5:6")), counted(ip("2001:db8:1:2:ffff::1")));
        assert_ne!(counted(ip("2001:db8:1:2::1")), counted(ip("2001:db8:1:3::1")));
    }

    #[test]
    fn places_are_given_back() {
        let limits = Limits { connections: 3, per_address: 2, trusted: Vec::new(), ..Limits::default() };
        let (all, counts) = (Arc::new(Semaphore::new(limits.connections)), Arc::new(Counts::default()));
        let take = |text: &str| admit(&limits, &all, &counts, text.parse().unwrap());
        let first = take("192.0.2.7");
        let second = take("192.0.2.7");
        assert!(first.is_some() && second.is_some() && take("192.0.2.7").is_none());
        let third = take("192.0.2.8");
        assert!(third.is_some() && take("192.0.2.9").is_none(), "no place is left at all");
        drop(first);
        assert!(take("192.0.2.9").is_some());
        assert!(take("192.0.2.7").is_some());
        drop((second, third));
        assert!(counts.0.lock().unwrap().is_empty(), "nobody is remembered who is not there");
        let trusting = Limits { trusted: vec!["192.0.2.7".parse().unwrap()], ..limits.clone() };
        let many: Vec<_> =
            (0..3).map(|_| admit(&trusting, &all, &counts, "192.0.2.7".parse().unwrap())).collect();
        assert!(many.iter().all(Option::is_some));
    }
}
