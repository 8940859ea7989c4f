//! What waits in a queue.

use super::job::Job;
use crate::webhook::BacklogItem;

/// One piece of work in a queue.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Due {
    /// Something to be done outside.
    Job(Job),
    /// A received element to be decided.
    Element(BacklogItem),
}
