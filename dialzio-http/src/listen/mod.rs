//! The listener: connections are counted, in all and for each address, idle ones make room, and a head that never ends
//! is cut off.

mod descriptors;
mod heads;
mod idle;

use axum::Router;
use axum::extract::ConnectInfo;
use axum::http::{HeaderValue, header};
use axum::response::{IntoResponse, Response};
use hyper::body::Incoming;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::server::graceful::GracefulShutdown;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};
use tokio::net::TcpListener;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tower::ServiceExt;

use self::heads::Followed;
use self::idle::{Links, YOUNG};
use crate::peer::{Counts, Held, holding, network};
use crate::problem::Problem;

/// Bounds of a listener.
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
    /// Whose connections are not counted by address: the proxy that all callers come through. This machine's own by
    /// default.
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

impl Limits {
    /// The usual limits, with as many connections as the limit of open files leaves room for. Raises that limit first,
    /// as far as the system allows.
    #[must_use]
    pub fn for_this_process() -> Self {
        let mut limits = Self::default();
        let Some(files) = descriptors::raised_for(limits.connections) else { return limits };
        let room = descriptors::for_connections(files);
        if room < limits.connections {
            tracing::warn!(
                files,
                connections = room,
                "fewer connections than usual can be held: raise the limit of open files (ulimit -n)"
            );
            limits.connections = room;
        }
        limits
    }
}

/// How long a connection waits for one that was asked to make room.
const HANDOVER: Duration = Duration::from_millis(500);
/// Idle connections that are asked to close when the system has no descriptor left.
const AT_ONCE: usize = 16;
/// How often at most it is logged that connections are short.
const SAY_EVERY: Duration = Duration::from_secs(10);

/// Says that connections are short, now and then.
#[derive(Debug, Default)]
struct Notice(Option<Instant>);

impl Notice {
    fn say(&mut self, closed: usize, why: &str) {
        if self.0.is_none_or(|last| last.elapsed() >= SAY_EVERY) {
            self.0 = Some(Instant::now());
            tracing::warn!(closed, "{why}: idle connections are closed to make room");
        }
    }
}

/// A place that is given back when the connection ends.
struct Place {
    _address: Option<Held<IpAddr>>,
    _turn: OwnedSemaphorePermit,
}

/// The listener's books.
struct Books {
    limits: Limits,
    all: Arc<Semaphore>,
    counts: Arc<Counts<IpAddr>>,
    links: Arc<Links>,
}

impl Books {
    fn new(limits: Limits) -> Self {
        Self {
            all: Arc::new(Semaphore::new(limits.connections)),
            counts: Arc::default(),
            links: Arc::default(),
            limits,
        }
    }

    /// A place for a connection, if there is one: an idle connection makes room for a new one.
    async fn admit(&self, peer: IpAddr, notice: &mut Notice) -> Option<Place> {
        let address = if self.limits.trusted.contains(&peer.to_canonical()) {
            None
        } else {
            Some(self.counts.take(network(peer), self.limits.per_address)?)
        };
        let turn = match Arc::clone(&self.all).try_acquire_owned() {
            Ok(turn) => turn,
            Err(_) => {
                let mut closed = self.links.close_idle(1);
                if closed == 0 && self.links.any_idle() {
                    // A burst: those that came just now have their moment to send a request, and then make room.
                    tokio::time::sleep(YOUNG).await;
                    closed = self.links.close_idle(1);
                }
                notice.say(closed, "all connections are in use");
                if closed == 0 {
                    return None;
                }
                let freed = tokio::time::timeout(HANDOVER, Arc::clone(&self.all).acquire_owned()).await;
                freed.ok()?.ok()?
            }
        };
        Some(Place { _address: address, _turn: turn })
    }
}

/// The answer to a request that gives its length twice.
fn given_twice() -> Response {
    let title = "The request gives its length twice: as Content-Length and as Transfer-Encoding";
    closing(Problem::new("request.malformed").detail(title).into_response())
}

fn closing(mut response: Response) -> Response {
    response.headers_mut().insert(header::CONNECTION, HeaderValue::from_static("close"));
    response
}

/// Serves until `stop` is ready; then no connection is taken any more, and those that there are end with their request.
/// A connection over a limit is closed at once, unless an idle one can make room for it.
pub async fn serve(
    listener: impl Into<Arc<TcpListener>>,
    router: Router,
    limits: Limits,
    stop: impl Future<Output = ()>,
) {
    let listener = listener.into();
    let graceful = GracefulShutdown::new();
    let mut http = hyper::server::conn::http1::Builder::new();
    http.timer(TokioTimer::new())
        .header_read_timeout(limits.head)
        .max_headers(limits.fields)
        .max_buf_size(limits.head_bytes);
    let books = Books::new(limits);
    let mut notice = Notice::default();
    let mut stop = std::pin::pin!(stop);
    for number in 0.. {
        let taken = tokio::select! {
            () = &mut stop => break,
            taken = listener.accept() => taken,
        };
        let Ok((stream, peer)) = taken else {
            // No descriptor left for another connection, as a rule.
            notice.say(books.links.close_idle(AT_ONCE), "no connection can be taken");
            tokio::time::sleep(Duration::from_millis(20)).await;
            continue;
        };
        let Some(place) = books.admit(peer.ip(), &mut notice).await else { continue };
        // A webhook is answered with a few bytes, which are not to wait for more.
        let _ = stream.set_nodelay(true);
        let listed = books.links.list(number);
        let twice = Arc::new(AtomicBool::new(false));
        let answer = {
            let (router, link, twice) = (router.clone(), Arc::clone(&listed.link), Arc::clone(&twice));
            hyper::service::service_fn(move |request: hyper::Request<Incoming>| {
                let busy = link.begin();
                let twice = twice.load(Ordering::Acquire);
                let encoded = request.headers().contains_key(header::TRANSFER_ENCODING);
                let mut request = request.map(axum::body::Body::new);
                request.extensions_mut().insert(ConnectInfo(peer));
                let router = router.clone();
                async move {
                    if twice {
                        return Ok(holding(given_twice(), busy));
                    }
                    let response = router.oneshot(request).await?;
                    // What follows a body of unknown length is not followed, so nothing may.
                    let response = if encoded { closing(response) } else { response };
                    Ok::<_, std::convert::Infallible>(holding(response, busy))
                }
            })
        };
        let stream = TokioIo::new(Followed::new(stream, twice));
        let connection = graceful.watch(http.serve_connection(stream, answer));
        tokio::spawn(async move {
            let mut connection = std::pin::pin!(connection);
            loop {
                tokio::select! {
                    // A connection that breaks is the other side's business.
                    _ = &mut connection => break,
                    () = listed.link.asked_to_close() => {
                        if !listed.link.is_busy() {
                            break;
                        }
                        // A request came first.
                        listed.again();
                    }
                }
            }
            drop((listed, place));
        });
    }
    drop(listener);
    graceful.shutdown().await;
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn places_are_given_back() {
        let limits = Limits { connections: 3, per_address: 2, trusted: Vec::new(), ..Limits::default() };
        let books = Books::new(limits.clone());
        let mut notice = Notice::default();
        let mut take = async |text: &str| books.admit(text.parse().unwrap(), &mut notice).await;
        let first = take("192.0.2.7").await;
        let second = take("192.0.2.7").await;
        assert!(first.is_some() && second.is_some() && take("192.0.2.7").await.is_none());
        let third = take("192.0.2.8").await;
        assert!(third.is_some() && take("192.0.2.9").await.is_none(), "no place is left at all");
        drop(first);
        assert!(take("192.0.2.9").await.is_some());
        assert!(take("192.0.2.7").await.is_some());
        drop((second, third));
        assert!(books.counts.is_empty(), "an address without connections is still counted");
        let trusting = Books::new(Limits { trusted: vec!["192.0.2.7".parse().unwrap()], ..limits });
        for _ in 0..3 {
            assert!(trusting.admit("192.0.2.7".parse().unwrap(), &mut notice).await.is_some());
        }
    }
}
