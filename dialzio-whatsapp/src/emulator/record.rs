//! What the emulator was asked, for tests to look at.

use std::collections::{HashMap, VecDeque};

use chrono::{DateTime, Utc};
use serde_json::Value;

/// One request to the emulated Graph. Tokens are not kept.
#[derive(Debug, Clone, PartialEq)]
pub struct RecordedRequest {
    /// When it arrived, in the emulator's time.
    pub at: DateTime<Utc>,
    /// The HTTP method.
    pub method: String,
    /// The path without the version.
    pub path: String,
    /// The version segment, such as `v25.0`, if there was one.
    pub version: Option<String>,
    /// The query, decoded, in order.
    pub query: Vec<(String, String)>,
    /// The JSON body, if there was one.
    pub body: Option<Value>,
    /// The sender's own id of a message.
    pub opaque_id: Option<String>,
    /// The HTTP status of the answer; `None` if none was given.
    pub status: Option<u16>,
}

#[derive(Debug, Default)]
pub(super) struct Records {
    requests: VecDeque<RecordedRequest>,
    dropped: usize,
    keep: usize,
    sends: HashMap<String, u32>,
}

impl Records {
    pub(super) fn keeping(keep: usize) -> Self {
        Self { keep: keep.max(1), ..Self::default() }
    }

    /// Remembers a request and says under which number its answer is to be noted.
    pub(super) fn note(&mut self, request: RecordedRequest) -> usize {
        if self.requests.len() == self.keep {
            self.requests.pop_front();
            self.dropped += 1;
        }
        self.requests.push_back(request);
        self.dropped + self.requests.len() - 1
    }

    pub(super) fn answered(&mut self, position: usize, status: u16) {
        let kept = position.checked_sub(self.dropped).and_then(|position| self.requests.get_mut(position));
        if let Some(request) = kept {
            request.status = Some(status);
        }
    }

    pub(super) fn carried_out(&mut self, opaque_id: &str) {
        *self.sends.entry(opaque_id.to_owned()).or_default() += 1;
    }

    pub(super) fn requests(&self) -> Vec<RecordedRequest> {
        self.requests.iter().cloned().collect()
    }

    pub(super) fn sends(&self) -> HashMap<String, u32> {
        self.sends.clone()
    }

    pub(super) fn forget(&mut self) {
        self.dropped += self.requests.len();
        self.requests.clear();
        self.sends.clear();
    }
}
