//! The audit log of a database that somebody changed by other means: what is found, and which entry it names.
#![allow(clippy::unwrap_used, missing_docs, reason = "tests")]

use dialzio_core::account::LocalKeys;
use dialzio_core::contact::NewContact;
use dialzio_core::entropy::Entropy;
use dialzio_core::ledger::{AuditEntry, ChainHash, CheckpointFile, CheckpointStore, Finding, Verification};
use dialzio_core::testing::{Fixtures, audited_work, service};
use dialzio_core::{Actor, Clock, Crm, LedgerSeq, ManualClock, OrgId, Role, TypedId};
use dialzio_store_sqlite::SqliteStore;
use rusqlite::{Connection, params};
use std::path::PathBuf;
use std::sync::Arc;

/// A database with one organisation, and the checkpoints beside it.
struct Installation {
    folder: tempfile::TempDir,
    org: OrgId,
}

impl Installation {
    fn file(&self) -> PathBuf {
        self.folder.path().join("crm.db")
    }

    fn checkpoints(&self) -> CheckpointFile {
        CheckpointFile::in_folder(self.folder.path().join("checkpoints"))
    }

    async fn open(folder: &tempfile::TempDir) -> Crm {
        let clock = Arc::new(ManualClock::at(Fixtures::morning())) as Arc<dyn Clock>;
        let file = folder.path().join("crm.db");
        Crm::builder()
            .store(SqliteStore::builder().clock(Arc::clone(&clock)).open(file).await.unwrap())
            .keys(LocalKeys::ephemeral(&Entropy::seeded(1)))
            .checkpoints(CheckpointFile::in_folder(folder.path().join("checkpoints")))
            .clock(clock)
            .build()
            .unwrap()
    }

    /// With what [`audited_work`] does.
    async fn with_some_work() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let crm = Self::open(&folder).await;
        let org = audited_work(&crm).await;
        drop(crm);
        Self { folder, org }
    }

    async fn verify(&self) -> Verification {
        let crm = Self::open(&self.folder).await;
        crm.ledger().verify(&acting(&crm, self.org).await).await.unwrap()
    }

    /// All entries, as they are kept.
    async fn entries(&self) -> Vec<AuditEntry> {
        let crm = Self::open(&self.folder).await;
        crm.ledger().audit(&acting(&crm, self.org).await, 0, 200).await.unwrap()
    }

    fn change(&self, sql: &str) {
        let changed = Connection::open(self.file()).unwrap().execute_batch(sql);
        changed.unwrap();
    }

    /// Writes the log anew with these entries, as who knows the format can.
    fn rewrite(&self, entries: &[AuditEntry]) {
        let db = Connection::open(self.file()).unwrap();
        db.execute("DELETE FROM audit", []).unwrap();
        let (mut before, mut seq) = (ChainHash::START, 0);
        for entry in entries {
            seq += 1;
            let mut entry = AuditEntry { seq, ..entry.clone() };
            entry.hash = entry.digest(self.org, before);
            before = entry.hash;
            db.execute(
                "INSERT INTO audit (org_id, seq, at, principal, action, subject, cause, origin, detail, consents, hash)
                 VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, NULL, NULL, ?8, ?9)",
                params![
                    self.org.uuid().into_bytes(),
                    seq.cast_signed(),
                    entry.at.timestamp_micros(),
                    entry.principal,
                    entry.action.as_str(),
                    entry.subject.map(uuid::Uuid::into_bytes),
                    entry.cause.map(uuid::Uuid::into_bytes),
                    entry.consents.map(|mark| mark.to_bytes()),
                    entry.hash.0,
                ],
            )
            .unwrap();
        }
        let head = db.execute(
            "UPDATE org_head SET audit_seq = ?1, audit_hash = ?2",
            params![seq.cast_signed(), before.0],
        );
        assert_eq!(head.unwrap(), 1);
    }
}

async fn acting(crm: &Crm, org: OrgId) -> Actor {
    crm.access().act_as(org, service("auditor"), Role::Owner.grant()).await.unwrap()
}

#[tokio::test]
async fn a_log_that_nobody_changed_is_whole() {
    let installation = Installation::with_some_work().await;
    let found = installation.verify().await;
    assert_eq!((found.finding, found.entries, found.consents, found.checkpoints), (None, 14, 2, 1));
    assert_eq!(found.checkpoint_at, Some(Fixtures::morning()));
}

#[tokio::test]
async fn what_was_changed_removed_or_reordered_is_found_with_its_place() {
    let set_back = "UPDATE org_head SET audit_seq = 10, audit_hash = (SELECT hash FROM audit WHERE seq = 10)";
    for (change, finding, exit_code) in [
        ("UPDATE audit SET action = 'member.joined' WHERE seq = 3", Finding::Changed { seq: 3 }, 1),
        ("UPDATE audit SET at = at + 1 WHERE seq = 3", Finding::Changed { seq: 3 }, 1),
        ("UPDATE audit SET principal = 'system' WHERE seq = 3", Finding::Changed { seq: 3 }, 1),
        ("UPDATE audit SET detail = 'x' WHERE seq = 3", Finding::Changed { seq: 3 }, 1),
        ("UPDATE audit SET origin = '203.0.113.0/24' WHERE seq = 3", Finding::Changed { seq: 3 }, 1),
        ("UPDATE audit SET consents = NULL WHERE consents IS NOT NULL", Finding::Changed { seq: 12 }, 1),
        (
            "UPDATE audit SET seq = -1 WHERE seq = 4; UPDATE audit SET seq = 4 WHERE seq = 5;
             UPDATE audit SET seq = 5 WHERE seq = -1",
            Finding::Changed { seq: 4 },
            1,
        ),
        ("DELETE FROM audit WHERE seq = 3", Finding::Missing { seq: 3 }, 4),
        ("DELETE FROM audit WHERE seq = 1", Finding::Missing { seq: 1 }, 4),
        ("DELETE FROM audit WHERE seq > 13", Finding::Shorter { entries: 13, recorded: 14 }, 2),
        (
            &format!("DELETE FROM audit WHERE seq > 10; {set_back}"),
            Finding::Shorter { entries: 10, recorded: 13 },
            2,
        ),
        ("DELETE FROM audit", Finding::Shorter { entries: 0, recorded: 14 }, 2),
    ] {
        let installation = Installation::with_some_work().await;
        installation.change(change);
        let found = installation.verify().await.finding.unwrap();
        assert_eq!((found, found.exit_code()), (finding, exit_code), "{change}");
    }
}

#[tokio::test]
async fn a_log_that_was_written_anew_as_a_whole_does_not_fit_its_checkpoint() {
    let installation = Installation::with_some_work().await;
    let mut entries = installation.entries().await;
    entries[4].principal = "service:nobody".to_owned();
    installation.rewrite(&entries);
    let found = installation.verify().await.finding.unwrap();
    assert_eq!((found, found.exit_code()), (Finding::Rewritten { seq: 13 }, 1));
    // Without what it has on record outside, it cannot be told from an intact one.
    std::fs::remove_dir_all(installation.folder.path().join("checkpoints")).unwrap();
    let found = installation.verify().await;
    assert_eq!((found.finding, found.checkpoints), (None, 0));
}

#[tokio::test]
async fn a_database_that_was_set_back_to_an_earlier_copy_is_found() {
    let installation = Installation::with_some_work().await;
    let copy = installation.folder.path().join("copy.db");
    Connection::open(installation.file())
        .unwrap()
        .execute("VACUUM INTO ?1", [copy.to_str().unwrap()])
        .unwrap();
    let crm = Installation::open(&installation.folder).await;
    let by = acting(&crm, installation.org).await;
    crm.contacts().create(&by, NewContact::named("Later")).await.unwrap();
    assert_eq!(crm.worker().checkpoint().await.unwrap(), 1);
    drop(crm);
    std::fs::rename(&copy, installation.file()).unwrap();
    for file in ["crm.db-wal", "crm.db-shm"] {
        let _ = std::fs::remove_file(installation.folder.path().join(file));
    }
    let found = installation.verify().await.finding.unwrap();
    assert_eq!(found, Finding::Shorter { entries: 14, recorded: 15 });
    // A further checkpoint would hide it.
    let crm = Installation::open(&installation.folder).await;
    assert_eq!(crm.worker().checkpoint().await.unwrap(), 0);
}

#[tokio::test]
async fn a_consent_row_that_was_changed_removed_or_put_in_is_found() {
    let put_in = "INSERT INTO consent (org_id, seq, id, contact_id, channel, scope, event, evidence_kind, evidence_note,
            recorded_by, occurred_at, recorded_at)
        SELECT org_id, 3, randomblob(16), contact_id, channel, scope, 'given', evidence_kind, evidence_note, recorded_by,
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
        installation.change(&format!("PRAGMA foreign_keys = OFF; {change}"));
        assert_eq!(installation.verify().await.finding, Some(finding), "{change}");
    }
}

#[tokio::test]
async fn a_checkpoint_of_another_hand_is_found() {
    let installation = Installation::with_some_work().await;
    let kept = installation.checkpoints();
    let mut forged = kept.newest(installation.org).await.unwrap().unwrap();
    forged.seq = 2;
    kept.append(&forged).await.unwrap();
    let found = installation.verify().await.finding.unwrap();
    assert_eq!((found, found.exit_code()), (Finding::Forged { seq: 2 }, 3));
}
