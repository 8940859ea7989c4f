//! Follows the heads of requests in the bytes of a connection, to notice one that gives its length twice: as
//! `Content-Length` and as `Transfer-Encoding`. Two parties that believe different ones see different requests. The HTTP
//! library drops one of the two before a request can be looked at.

use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Poll};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

/// A line that is longer is of no interest here; the HTTP library refuses such heads.
const LONGEST_LINE: usize = 1_024;

/// Where in a connection the next byte stands.
#[derive(Debug)]
enum At {
    /// In a head.
    Head,
    /// In a body, with so many bytes to come.
    Body(u64),
    /// Behind a head after which nothing is followed: such a connection takes no further request.
    Behind,
}

/// What was seen of the heads of a connection.
#[derive(Debug)]
struct Heads {
    at: At,
    line: Vec<u8>,
    begun: bool,
    length: Option<u64>,
    encoded: bool,
}

impl Heads {
    const fn new() -> Self {
        Self { at: At::Head, line: Vec::new(), begun: false, length: None, encoded: false }
    }

    /// Follows bytes that were read. `true` if a head in them gives its length twice.
    fn see(&mut self, mut bytes: &[u8]) -> bool {
        let mut twice = false;
        while let Some((first, rest)) = bytes.split_first() {
            match &mut self.at {
                At::Behind => break,
                At::Body(left) => {
                    let here = usize::try_from(*left).unwrap_or(usize::MAX).min(bytes.len());
                    *left -= here as u64;
                    bytes = &bytes[here..];
                    if *left == 0 {
                        self.at = At::Head;
                    }
                }
                At::Head => {
                    bytes = rest;
                    if *first != b'\n' {
                        if self.line.len() < LONGEST_LINE {
                            self.line.push(*first);
                        }
                        continue;
                    }
                    let line = std::mem::take(&mut self.line);
                    match line.strip_suffix(b"\r").unwrap_or(&line) {
                        // Empty lines may stand before a request.
                        [] if !self.begun => {}
                        [] => twice |= self.end(),
                        line => self.field(line),
                    }
                }
            }
        }
        twice
    }

    fn field(&mut self, line: &[u8]) {
        let is_first = !std::mem::replace(&mut self.begun, true);
        let Some(colon) = line.iter().position(|byte| *byte == b':').filter(|_| !is_first) else { return };
        let (name, value) = (line[..colon].trim_ascii(), line[colon + 1..].trim_ascii());
        if name.eq_ignore_ascii_case(b"transfer-encoding") {
            self.encoded = true;
        } else if name.eq_ignore_ascii_case(b"content-length") {
            // One that is no number is refused by the library, and nothing follows it.
            let length = std::str::from_utf8(value).ok().and_then(|text| text.parse().ok());
            self.length = Some(length.unwrap_or(u64::MAX));
        }
    }

    /// A head has ended. `true` if it gives its length twice.
    fn end(&mut self) -> bool {
        let (length, encoded) = (self.length.take(), std::mem::take(&mut self.encoded));
        self.begun = false;
        self.at = match length {
            _ if encoded => At::Behind,
            Some(0) | None => At::Head,
            Some(length) => At::Body(length),
        };
        encoded && length.is_some()
    }
}

/// A stream whose heads are followed.
#[derive(Debug)]
pub(super) struct Followed<S> {
    stream: S,
    heads: Heads,
    twice: Arc<AtomicBool>,
}

impl<S> Followed<S> {
    /// Raises `twice` when a head gives its length twice.
    pub(super) const fn new(stream: S, twice: Arc<AtomicBool>) -> Self {
        Self { stream, heads: Heads::new(), twice }
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for Followed<S> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<std::io::Result<()>> {
        let before = buf.filled().len();
        let read = Pin::new(&mut self.stream).poll_read(cx, buf);
        if self.heads.see(&buf.filled()[before..]) {
            self.twice.store(true, Ordering::Release);
        }
        read
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for Followed<S> {
    fn poll_write(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<std::io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write(cx, bytes)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        parts: &[std::io::IoSlice<'_>],
    ) -> Poll<std::io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write_vectored(cx, parts)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<std::io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<std::io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(cx)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Whether a head gives its length twice, however the bytes are cut.
    fn twice(text: &str) -> bool {
        let whole = Heads::new().see(text.as_bytes());
        for size in [1, 2, 7] {
            let mut heads = Heads::new();
            let parts = text.as_bytes().chunks(size).fold(false, |seen, part| seen | heads.see(part));
            assert_eq!(parts, whole, "{text:?} in parts of {size}");
        }
        whole
    }

    #[test]
    fn a_length_given_twice_is_noticed_in_any_order_and_spelling() {
        for text in [
            "POST / HTTP/1.1\r\nContent-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
            "POST / HTTP/1.1\r\ntransfer-encoding:chunked\r\nCONTENT-LENGTH:4\r\n\r\n",
            "\r\n\r\nPOST / HTTP/1.1\nContent-Length: 4\nTransfer-Encoding: chunked\n\n",
            "POST /a HTTP/1.1\r\nContent-Length: 3\r\n\r\nabcPOST / HTTP/1.1\r\nContent-Length: x\r\nTransfer-Encoding: chunked\r\n\r\n",
            "GET /a HTTP/1.1\r\n\r\nPOST / HTTP/1.1\r\nContent-Length: 0\r\nTransfer-Encoding: chunked\r\n\r\n",
        ] {
            assert!(twice(text), "{text:?}");
        }
    }

    #[test]
    fn what_only_looks_like_a_head_is_none() {
        for text in [
            "POST / HTTP/1.1\r\nContent-Length: 4\r\n\r\n",
            "POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n4\r\n\r\nContent-Length: 4\r\n\r\n",
            "POST / HTTP/1.1\r\nContent-Length: 62\r\n\r\nPOST / HTTP/1.1\r\nContent-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n",
            "GET /Content-Length:1 HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n",
        ] {
            assert!(!twice(text), "{text:?}");
        }
    }
}
