//! What a run of the worker did.

/// What one run did.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct WorkReport {
    /// Messages the provider took.
    pub sent: u32,
    /// Messages the gate stopped or put off.
    pub stopped: u32,
    /// Attempts that failed, whether they are made again or not.
    pub failed: u32,
    /// Files of received messages that were fetched and stored.
    pub fetched: u32,
    /// Files uploaded, to be sent.
    pub uploaded: u32,
    /// Received elements of the backlog that were decided.
    pub decided: u32,
    /// Mails that the mail server took.
    pub mailed: u32,
    /// Rows that had expired and were deleted.
    pub swept: u64,
}

impl std::ops::AddAssign for WorkReport {
    fn add_assign(&mut self, other: Self) {
        self.sent += other.sent;
        self.stopped += other.stopped;
        self.failed += other.failed;
        self.fetched += other.fetched;
        self.uploaded += other.uploaded;
        self.decided += other.decided;
        self.mailed += other.mailed;
        self.swept += other.swept;
    }
}
