//! The outbox: jobs that a commit has queued, to be done outside the database, and the worker that does them.

mod clock_check;
mod elements;
mod handlers;
mod heartbeat;
mod job;
mod lease;
mod paused;
mod rate_limit;
mod sends;
mod sweep;
mod uploads;
mod worker;

pub use job::{Backoff, Job, JobKind, JobState, Queue, QueueKind};
pub use lease::{Fence, Lease};
pub use worker::{WorkReport, Worker};

pub(crate) use heartbeat::Beats;
pub(crate) use paused::Holds;
pub(crate) use rate_limit::RateLimits;
