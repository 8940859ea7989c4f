//! How long a request may take: its body has to keep arriving, and all of it has to end.

use axum::body::{Body, Bytes, HttpBody};
use axum::extract::{MatchedPath, Request};
use axum::http::header;
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use http_body::{Frame, SizeHint};
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Poll};
use std::time::Duration;
use tokio::time::{Instant, Sleep};

use crate::mount::Mount;
use crate::problem::Problem;

/// The longest address, in bytes. Common servers and proxies take as much.
const LONGEST_ADDRESS: usize = 8 * 1024;

/// The longest fields of a head, in bytes.
const LONGEST_HEAD: usize = 32 * 1024;

/// The addresses that take files: a form with one may take longer there than elsewhere.
const TAKE_FILES: [&str; 3] = [
    "/v1/conversations/{conversation}/files",
    "/web/conversations/{conversation}/messages",
    "/web/sandbox/{person}/messages",
];

/// How long requests may take.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Patience {
    /// All of a request, until its answer begins; its body has to arrive within it.
    pub request: Duration,
    /// The same for a form with a file, on the addresses that take one.
    pub upload: Duration,
    /// How long a body may begin slowly.
    pub grace: Duration,
    /// Bytes each second that have to have arrived after that, on average.
    pub rate: u64,
}

impl Default for Patience {
    fn default() -> Self {
        Self {
            request: Duration::from_secs(30),
            upload: Duration::from_secs(300),
            grace: Duration::from_secs(5),
            rate: 1024,
        }
    }
}

/// A body that has to keep arriving.
struct Arriving {
    body: Body,
    patience: Patience,
    most: Duration,
    begun: Option<Instant>,
    bytes: u64,
    alarm: Pin<Box<Sleep>>,
    late: Arc<AtomicBool>,
    /// The handler waits for more of the body.
    awaited: Arc<AtomicBool>,
}

/// The body did not arrive in time.
#[derive(Debug, thiserror::Error)]
#[error("the body did not arrive in time")]
struct Late;

impl Arriving {
    /// When the next bytes have to be there: later for each that has come, and never after the end.
    fn due(&self, begun: Instant) -> Instant {
        let earned = Duration::from_millis(self.bytes.saturating_mul(1000) / self.patience.rate.max(1));
        begun + self.most.min(self.patience.grace.saturating_add(earned))
    }
}

impl HttpBody for Arriving {
    type Data = Bytes;
    type Error = axum::BoxError;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, axum::BoxError>>> {
        let now = Instant::now();
        let begun = *self.begun.get_or_insert(now);
        let polled = Pin::new(&mut self.body).poll_frame(cx);
        self.awaited.store(polled.is_pending(), Ordering::Release);
        match polled {
            Poll::Ready(Some(Ok(frame))) => {
                self.bytes += frame.data_ref().map_or(0, |data| data.len() as u64);
                if now > begun + self.most {
                    self.late.store(true, Ordering::Release);
                    return Poll::Ready(Some(Err(Late.into())));
                }
                Poll::Ready(Some(Ok(frame)))
            }
            Poll::Ready(Some(Err(error))) => Poll::Ready(Some(Err(error.into()))),
            Poll::Ready(None) => Poll::Ready(None),
            Poll::Pending => {
                let due = self.due(begun);
                self.alarm.as_mut().reset(due);
                if self.alarm.as_mut().poll(cx).is_ready() {
                    self.late.store(true, Ordering::Release);
                    return Poll::Ready(Some(Err(Late.into())));
                }
                Poll::Pending
            }
        }
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}

/// Holds a request to its time.
pub(crate) async fn hold(patience: Patience, mount: Mount, request: Request, next: Next) -> Response {
    if request.uri().path_and_query().is_some_and(|address| address.as_str().len() > LONGEST_ADDRESS) {
        return Problem::new("request.address_too_long").into_response();
    }
    // The listener bounds what it reads by whole buffers, and the listener of a host may not bound it at all.
    let fields = request.headers().iter();
    if fields.map(|(name, value)| name.as_str().len() + value.len()).sum::<usize>() > LONGEST_HEAD {
        return Problem::new("request.head_too_large").into_response();
    }
    let kind = request.headers().get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok());
    let upload = kind.is_some_and(|kind| kind.starts_with("multipart/form-data"));
    let route = request.extensions().get::<MatchedPath>().map(MatchedPath::as_str);
    let takes_files = route.is_some_and(|route| TAKE_FILES.contains(&mount.within(route)));
    let most = if upload && takes_files { patience.upload } else { patience.request };
    let (late, awaited) = (Arc::new(AtomicBool::new(false)), Arc::new(AtomicBool::new(false)));
    let (seen, awaits) = (Arc::clone(&late), Arc::clone(&awaited));
    let request = request.map(|body| {
        if body.is_end_stream() {
            return body;
        }
        let alarm = Box::pin(tokio::time::sleep(most));
        Body::new(Arriving {
            body,
            patience,
            most,
            begun: None,
            bytes: 0,
            alarm,
            late: seen,
            awaited: awaits,
        })
    });
    let answer = tokio::time::timeout(most, next.run(request)).await;
    let slow = |code: &str, words: &str| {
        let mut response = Problem::new(code).detail(words).into_response();
        // What is left of the body would be taken for the next request.
        response.headers_mut().insert(header::CONNECTION, header::HeaderValue::from_static("close"));
        response
    };
    match answer {
        // At the same instant the time of the body is over and that of the request: what was waited for says which it was.
        ref answer if late.load(Ordering::Acquire) || answer.is_err() && awaited.load(Ordering::Acquire) => {
            slow("request.slow", "The request did not arrive in time")
        }
        Ok(response) => response,
        Err(_) => {
            let words =
                "This took too long. What was asked for may have been done: look before you ask again";
            slow("server.slow", words)
        }
    }
}
