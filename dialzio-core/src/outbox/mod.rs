//! The outbox: jobs that a commit has queued, to be done outside the database, and the worker that does them.

mod backoff;
mod calls;
mod checkpoint;
mod clock_check;
mod due;
mod elements;
mod handlers;
mod heartbeat;
mod job;
mod kind;
mod lease;
mod mails;
mod messages;
mod news;
mod paused;
mod queue;
mod rate_limit;
mod report;
mod run;
mod scheduled;
mod sends;
mod sweep;
mod taken_mails;
mod worker;
mod write;

pub use backoff::{Backoff, Retries};
pub use due::Due;
pub use job::{Job, JobState};
pub use kind::{JobKind, JobRow};
pub use lease::{Fence, Lease};
pub use queue::{Queue, QueueKind};
pub use report::WorkReport;
pub use worker::Worker;
pub use write::JobWrite;

pub(crate) use heartbeat::Heartbeat;
pub(crate) use paused::PausedQueues;
pub(crate) use rate_limit::RateLimits;
pub(crate) use taken_mails::TakenMails;
