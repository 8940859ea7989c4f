//! What the emulator was asked, for tests to look at.

use std::collections::VecDeque;

use chrono::{DateTime, Utc};
use serde_json::Value;

/// One request to the emulated vendor. Secrets and tokens are not kept.
#[derive(Debug, Clone, PartialEq)]
pub struct RecordedRequest {
    /// When it arrived, in the emulator's time.
    pub at: DateTime<Utc>,
    /// The HTTP method.
    pub method: String,
    /// The path.
    pub path: String,
    /// The query, decoded, in order.
    pub query: Vec<(String, String)>,
    /// The JSON body, if there was one.
    pub body: Option<Value>,
    /// The HTTP status of the answer; `None` if none was given.
    pub status: Option<u16>,
}

/// Names of what opens an account.
const OPENING: [&str; 3] = ["secret", "token", "password"];

/// A request as it may be kept.
pub(super) fn kept(
    at: DateTime<Utc>,
    method: &str,
    path: &str,
    query: &[(String, String)],
    body: Option<&Value>,
) -> RecordedRequest {
    let mut body = body.cloned();
    if let Some(fields) = body.as_mut().and_then(Value::as_object_mut) {
        fields.retain(|name, _| !OPENING.contains(&name.as_str()));
    }
    RecordedRequest {
        at,
        method: method.to_owned(),
        path: path.to_owned(),
        query: query.iter().filter(|(name, _)| !OPENING.contains(&name.as_str())).cloned().collect(),
        body,
        status: None,
    }
}

#[derive(Debug, Default)]
pub(super) struct Records {
    requests: VecDeque<RecordedRequest>,
    dropped: usize,
    keep: usize,
}

impl Records {
    pub(super) fn keeping(keep: usize) -> Self {
        Self { keep: keep.max(1), ..Self::default() }
    }

    /// Keeps a request; answers its place.
    pub(super) fn note(&mut self, request: RecordedRequest) -> usize {
        if self.requests.len() == self.keep {
            self.requests.pop_front();
            self.dropped += 1;
        }
        self.requests.push_back(request);
        self.dropped + self.requests.len() - 1
    }

    pub(super) fn answered(&mut self, place: usize, status: u16) {
        let at = place.checked_sub(self.dropped);
        if let Some(request) = at.and_then(|at| self.requests.get_mut(at)) {
            request.status = Some(status);
        }
    }

    pub(super) fn requests(&self) -> Vec<RecordedRequest> {
        self.requests.iter().cloned().collect()
    }

    pub(super) fn forget(&mut self) {
        self.dropped += self.requests.len();
        self.requests.clear();
    }
}
