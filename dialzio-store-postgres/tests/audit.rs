//! The audit log of a database that an administrator changed: what is found, and which entry it names. What is written anew or set
//! back as a whole is judged by the checkpoints alone, which `dialzio-store-sqlite/tests/audit.rs` proves.
#![allow(clippy::unwrap_used, missing_docs, reason = "tests")]

mod support;

use dialzio_core::account::LocalKeys;
use dialzio_core::entropy::Entropy;
use dialzio_core::ledger::{CheckpointFile, Finding, Verification};
use dialzio_core::testing::{Fixtures, audited_work, service};
use dialzio_core::{Clock, Crm, LedgerSeq, ManualClock, OrgId, Role};
use dialzio_store_postgres::testing::Database;
use sqlx::{AssertSqlSafe, Executor};
use std::sync::Arc;

/// A database with one organisation, and the checkpoints beside it.
struct Installation {
    database: Database,
    folder: tempfile::TempDir,
    crm: Crm,
    org: OrgId,
}

impl Installation {
    async fn with_some_work() -> Self {
        let (database, folder) = (support::database().await, tempfile::tempdir().unwrap());
        let clock = Arc::new(ManualClock::at(Fixtures::morning())) as Arc<dyn Clock>;
        let crm = Crm::builder()
            .store(database.store(Arc::clone(&clock)).await.unwrap())
            .keys(LocalKeys::ephemeral(&Entropy::seeded(1)))
            .checkpoints(CheckpointFile::in_folder(folder.path()))
            .clock(clock)
            .build()
            .unwrap();
        let org = audited_work(&crm).await;
        Self { database, folder, crm, org }
    }

    /// What an administrator does, whom no policy and no key stops.
    async fn change(&self, sql: &str) {
        let mut db = self.database.admin().await.unwrap();
        let all = format!("SET search_path = dialzio; SET session_replication_role = replica; {sql}");
        db.execute(AssertSqlSafe(all)).await.unwrap();
    }

    async fn verify(&self) -> Verification {
        let auditor = self.crm.access().act_as(self.org, service("auditor"), Role::Owner.grant()).await;
        self.crm.ledger().verify(&auditor.unwrap()).await.unwrap()
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_log_that_nobody_changed_is_whole() {
    let installation = Installation::with_some_work().await;
    let found = installation.verify().await;
    assert_eq!((found.finding, found.entries, found.consents, found.checkpoints), (None, 14, 2, 1));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_changed_removed_or_reordered_is_found_with_its_place() {
    let set_back = "UPDATE org_head SET audit_seq = 10, audit_hash = (SELECT hash FROM audit WHERE seq = 10)";
    for (change, finding) in [
        ("UPDATE audit SET action = 'member.joined' WHERE seq = 3", Finding::Changed { seq: 3 }),
        ("UPDATE audit SET at = at + 1 WHERE seq = 3", Finding::Changed { seq: 3 }),
        ("UPDATE audit SET principal = 'system' WHERE seq = 3", Finding::Changed { seq: 3 }),
        ("UPDATE audit SET detail = 'x' WHERE seq = 3", Finding::Changed { seq: 3 }),
        ("UPDATE audit SET consents = NULL WHERE consents IS NOT NULL", Finding::Changed { seq: 12 }),
        (
            "UPDATE audit SET seq = -1 WHERE seq = 4; UPDATE audit SET seq = 4 WHERE seq = 5;
             UPDATE audit SET seq = 5 WHERE seq = -1",
            Finding::Changed { seq: 4 },
        ),
        ("DELETE FROM audit WHERE seq = 3", Finding::Missing { seq: 3 }),
        ("DELETE FROM audit WHERE seq = 1", Finding::Missing { seq: 1 }),
        ("DELETE FROM audit WHERE seq > 13", Finding::Shorter { entries: 13, recorded: 14 }),
        (
            &format!("DELETE FROM audit WHERE seq > 10; {set_back}"),
            Finding::Shorter { entries: 10, recorded: 13 },
        ),
        ("DELETE FROM audit", Finding::Shorter { entries: 0, recorded: 14 }),
    ] {
        let installation = Installation::with_some_work().await;
        installation.change(change).await;
        assert_eq!(installation.verify().await.finding, Some(finding), "{change}");
        drop(installation.folder);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_consent_row_that_was_changed_removed_or_put_in_is_found() {
    let put_in = "INSERT INTO consent (org_id, seq, id, contact_id, channel, scope, event, evidence_kind, evidence_note,
            recorded_by, occurred_at, recorded_at)
        SELECT org_id, 3, gen_random_uuid(), contact_id, channel, scope, 'given', evidence_kind, evidence_note, recorded_by,
            occurred_at, recorded_at FROM consent WHERE seq = 2";
    let row = LedgerSeq(2);
    let changed = Finding::ConsentChanged { seq: 13, from: row, through: row };
    for (change, finding) in [
        ("UPDATE consent SET event = 'given' WHERE seq = 2", changed),
        ("UPDATE consent SET occurred_at = occurred_at - 1000000 WHERE seq = 2", changed),
        ("UPDATE consent_subject SET subject_key = subject_key || '0' WHERE seq = 2", changed),
        ("DELETE FROM consent_subject WHERE seq = 2", changed),
        ("DELETE FROM consent WHERE seq = 2", Finding::ConsentMissing { seq: 13, row }),
        (put_in, Finding::ConsentAdded { row: LedgerSeq(3) }),
    ] {
        let installation = Installation::with_some_work().await;
        installation.change(change).await;
        assert_eq!(installation.verify().await.finding, Some(finding), "{change}");
    }
}
