//! What a verification of an audit log found, as the server tells the command.

use dialzio_core::OrgId;
use dialzio_core::ledger::Verification;
use serde::{Deserialize, Serialize};

/// What was found in one organisation.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct AuditReport {
    org: OrgId,
    intact: bool,
    entries: u64,
    consents: u64,
    checkpoints: u64,
    pub(super) finding: Option<Fault>,
}

/// What is wrong.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct Fault {
    code: String,
    detail: String,
    seq: Option<u64>,
    pub(super) exit_code: u8,
}

impl AuditReport {
    pub(super) fn new(org: OrgId, found: &Verification) -> Self {
        let fault = |finding: dialzio_core::ledger::Finding| Fault {
            code: finding.code().to_owned(),
            detail: finding.to_string(),
            seq: finding.seq(),
            exit_code: finding.exit_code(),
        };
        Self {
            org,
            intact: found.finding.is_none(),
            entries: found.entries,
            consents: found.consents,
            checkpoints: found.checkpoints,
            finding: found.finding.map(fault),
        }
    }

    pub(super) fn line(&self) -> String {
        let Self { org, entries, consents, checkpoints, .. } = self;
        match &self.finding {
            Some(fault) => format!("{org}\tNOT WHOLE\t{}", fault.detail),
            None => format!(
                "{org}\twhole\t{entries} entries, {consents} consent records, {checkpoints} checkpoints"
            ),
        }
    }
}
