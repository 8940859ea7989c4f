//! How long records are kept, and over how long they count: each period once. Statements and migrations, which cannot
//! name a constant, are compared with these by tests.

use chrono::TimeDelta;

/// The longest that message logs, files and recordings are kept, in days. An organisation may shorten it; no one may
/// lengthen it. Source: privacy policy, clause C6.3.
pub const MESSAGE_DAYS: u16 = 365;

/// The same as a span: days of 86,400 seconds.
pub const RETENTION_CAP: TimeDelta = TimeDelta::days(MESSAGE_DAYS as i64);

/// Over how long the marketing cap of an organisation counts.
pub const CAP_PERIOD: TimeDelta = TimeDelta::days(7);

/// How far back an existing relationship reaches: the person wrote to this business within twelve months.
pub const RELATIONSHIP_PERIOD: TimeDelta = TimeDelta::days(365);

/// How long a marketing opt-in lasts: 730 days, two years. Organisations may shorten it.
pub const CONSENT_PERIOD: TimeDelta = TimeDelta::days(730);

/// How long a client's idempotency key is kept.
pub const KEY_PERIOD: TimeDelta = TimeDelta::hours(48);

/// How long a provider's ids of messages are remembered, so that a repeated webhook is recognised.
pub const REFERENCE_PERIOD: TimeDelta = TimeDelta::days(60);

/// How long settled jobs and events are kept.
pub const LOG_PERIOD: TimeDelta = TimeDelta::days(60);

/// How long audit entries are kept, where a store closes whole months of them: 36 months, never less.
pub const AUDIT_PERIOD: TimeDelta = TimeDelta::days(1_096);

/// How long quarantined bytes are kept.: long enough to find a fault and process them again.
pub const QUARANTINE_PERIOD: TimeDelta = TimeDelta::days(30);

/// How long a notice is kept after it was made, if the organisation does not keep messages for a shorter time.
pub const NOTICE_PERIOD: TimeDelta = TimeDelta::days(90);

/// How long the use of a page is kept. An organisation cannot change it. Source: privacy policy, clause C2.4.
pub const USAGE_PERIOD: TimeDelta = TimeDelta::days(90);

/// How long the whole address of a use is kept; after that only its network. An organisation cannot change it. Source:
/// privacy policy, clause C2.4.
pub const USAGE_ADDRESS_PERIOD: TimeDelta = TimeDelta::days(30);

/// How long a service update is shown and kept after it was published.
pub const NEWS_PERIOD: TimeDelta = TimeDelta::days(365);

/// How long a request for help is kept after it was closed: 24 months. Source: privacy policy, clause C3.5.
pub const SUPPORT_PERIOD: TimeDelta = TimeDelta::days(730);

/// How long a draft is kept after its last change, if the organisation does not keep messages for a shorter time.
pub const DRAFT_PERIOD: TimeDelta = TimeDelta::days(30);
