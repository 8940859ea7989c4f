//! Tables: what is declared of each.

use super::{Column, Seen, SubjectPath};
use crate::name::string_enum;

string_enum! {
    /// How long the rows of a table are kept.
    pub enum RetentionClass {
        /// As long as the organisation is a customer, or until erased.
        AccountLife = "account_life",
        /// Twelve months from the event, or shorter, never longer.
        Messages = "messages",
        /// Thirty days after the last change, or as long as messages if that is shorter.
        Drafts = "drafts",
        /// Ninety days after they were made, or as long as messages if that is shorter.
        Notices = "notices",
        /// Ninety days, of the whole address thirty.
        Usage = "usage",
        /// Twelve months after they were published.
        News = "news",
        /// Twenty-four months after they were closed.
        Support = "support",
        /// While the relationship lasts and 36 months, pseudonymised after an erasure.
        Ledger = "ledger",
        /// Kept for 36 months as proof of what was done.
        Audit = "audit",
        /// Kept until the suppression is lifted, beyond an erasure.
        Suppression = "suppression",
        /// Until the account is disconnected.
        Integration = "integration",
        /// Until it is settled.
        UntilSettled = "until_settled",
        /// Sixty days, holding ids only.
        Bookkeeping = "bookkeeping",
        /// Kept for 48 hours, the time in which a request can be repeated.
        Idempotency = "idempotency",
        /// Thirty days, sealed.
        Quarantine = "quarantine",
        /// Until it ends by itself, hours or days.
        Session = "session",
        /// Made from other rows, and gone with them.
        Derived = "derived",
        /// Of the store itself; holds no personal data.
        Machinery = "machinery",
    }
}

/// Whose a table is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TableScope {
    /// Each row belongs to one organisation.
    Organisation,
    /// What has no organisation yet, or is asked for before one is known.
    System,
}

/// A database engine that a store is written for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Engine {
    /// One file, one process.
    Sqlite,
    /// A server, several processes.
    Postgres,
}

/// Which engines have a table.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Presence {
    /// In the SQLite and the PostgreSQL store.
    Both,
    /// This one alone: the other does without it or keeps the same in another way.
    Only(Engine),
    /// PostgreSQL, while an installation is being moved into it.
    WhileTransferring,
}

/// A statement that a role may be allowed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Privilege {
    /// `SELECT`: read rows.
    Select,
    /// `INSERT`: add rows.
    Insert,
    /// `UPDATE`: change rows.
    Update,
    /// `DELETE`: delete rows.
    Delete,
}

impl Privilege {
    /// The word of SQL.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Select => "SELECT",
            Self::Insert => "INSERT",
            Self::Update => "UPDATE",
            Self::Delete => "DELETE",
        }
    }
}

/// What the two roles that serve from PostgreSQL may do with a table, and nothing else. SQLite has no roles.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rights {
    /// The role that works inside one organisation: with rows of that organisation.
    pub organisation: &'static [Privilege],
    /// The role that works on the system tables: with all rows.
    pub system: &'static [Privilege],
}

impl Rights {
    const ALL: &'static [Privilege] =
        &[Privilege::Select, Privilege::Insert, Privilege::Update, Privilege::Delete];
    /// Everything, inside an organisation.
    pub(super) const INSIDE: Self = Self { organisation: Self::ALL, system: &[] };
    /// Everything, for the system.
    pub(super) const SYSTEM: Self = Self { organisation: &[], system: Self::ALL };
    /// Everything, for the system, and inside an organisation with its own rows.
    pub(super) const BOTH: Self = Self { organisation: Self::ALL, system: Self::ALL };
    /// Entries that are added and read, and never changed.
    pub(super) const APPENDED: Self =
        Self { organisation: &[], system: &[Privilege::Select, Privilege::Insert] };
    /// What each role may know and neither may change.
    pub(super) const READ: Self = Self { organisation: &[Privilege::Select], system: &[Privilege::Select] };
    /// Neither role may read or change it: it belongs to the owner of the tables.
    pub(super) const NONE: Self = Self { organisation: &[], system: &[] };
}

/// Where the rows of a table are in a cluster of PostgreSQL servers (Citus).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Placement {
    /// On the server of their organisation, by `org_id`.
    Distributed,
    /// On the coordinator: few rows, which are asked for before an organisation is known.
    Coordinator,
}

/// Whether a transfer moves a table.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Transfer {
    /// It moves all rows.
    Moved,
    /// It moves all rows, few at once: each holds a whole webhook.
    MovedFew,
    /// It moves all rows, those first in which this column is `NULL`: in the others it refers to one of those.
    MovedAfter(&'static str),
    /// It leaves the table out, for this reason.
    Left {
        /// Why the target can do without its rows, or makes them itself.
        reason: &'static str,
    },
}

/// A table: name, key, scope, retention class, subject path, rights and columns.
#[derive(Debug, Clone, Copy)]
pub struct Table {
    /// Its name, the same in every store.
    pub name: &'static str,
    /// Which engines have it.
    pub presence: Presence,
    /// The columns that identify a row, in this order: the primary key, and the order in which rows are moved and paged
    /// through. Engines may keep rows in another order or need one more column: [`live_key`](Self::live_key).
    pub key: &'static [&'static str],
    /// The columns by which SQLite keeps its rows, if not by the key. The key is then a unique index.
    pub sqlite_key: Option<&'static [&'static str]>,
    /// The column by whose month PostgreSQL parts the rows, so that a month that has expired goes as a whole. It holds an
    /// instant, or an id with one in it.
    pub month: Option<&'static str>,
    /// Whose it is.
    pub scope: TableScope,
    /// How long its rows are kept.
    pub class: RetentionClass,
    /// How a row belongs to a person.
    pub subject: SubjectPath,
    /// Who sees a row, of those who do not see all of the organisation.
    pub seen: Seen,
    /// What those who serve may do with it.
    pub rights: Rights,
    /// Where its rows are in a cluster.
    pub placement: Placement,
    /// Whether it is moved to another store.
    pub transfer: Transfer,
    /// All its columns.
    pub columns: &'static [Column],
}

impl Table {
    /// A table of an organisation that states nothing beyond its columns. What it does not state is refused by the checks:
    /// name, key, subject path, columns.
    pub(super) const OF_ORGANISATION: Self = Self {
        name: "",
        presence: Presence::Both,
        key: &[],
        sqlite_key: None,
        month: None,
        scope: TableScope::Organisation,
        class: RetentionClass::AccountLife,
        subject: SubjectPath::NoPerson { reason: "" },
        seen: Seen::Nobody,
        rights: Rights::INSIDE,
        placement: Placement::Distributed,
        transfer: Transfer::Moved,
        columns: &[],
    };

    /// A system table that states nothing beyond its columns.
    pub(super) const OF_SYSTEM: Self = Self {
        scope: TableScope::System,
        rights: Rights::SYSTEM,
        placement: Placement::Coordinator,
        ..Self::OF_ORGANISATION
    };

    /// Whether an engine has it while it serves.
    #[must_use]
    pub fn is_in(&self, engine: Engine) -> bool {
        match self.presence {
            Presence::Both => true,
            Presence::Only(only) => only == engine,
            Presence::WhileTransferring => false,
        }
    }

    /// The primary key that an engine gives it; empty for a table without one.
    #[must_use]
    pub fn live_key(&self, engine: Engine) -> Vec<&'static str> {
        match engine {
            Engine::Sqlite => self.sqlite_key.unwrap_or(self.key).to_vec(),
            // A key has to name the column by which rows are parted.
            Engine::Postgres => {
                let parted = self.month.filter(|month| !self.key.contains(month));
                self.key.iter().copied().chain(parted).collect()
            }
        }
    }

    /// Whether PostgreSQL shows each role the rows alone that a policy lets it see. Not so for what the owner alone writes
    /// and is no secret.
    #[must_use]
    pub fn has_row_security(&self) -> bool {
        self.rights != Rights::READ && self.rights != Rights::NONE
    }

    /// A column by name.
    #[must_use]
    pub fn column(&self, name: &str) -> Option<&'static Column> {
        self.columns.iter().find(|column| column.name == name)
    }

    /// Whether a row holds anything about a person.
    #[must_use]
    pub fn is_personal(&self) -> bool {
        self.columns.iter().any(Column::is_personal)
    }
}
