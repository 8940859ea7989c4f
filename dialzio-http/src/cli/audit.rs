//! `dialzio audit`: whether the audit logs of organisations are whole.

use clap::Subcommand;
use dialzio_core::OrgId;
use dialzio_store_sqlite::OpenError;
use std::fmt;
use std::process::ExitCode;

use super::audit_report::AuditReport;
use super::control::{self, Command};
use super::{Data, Outcome, Why, say};
use crate::assemble::{AssembleError, Founding};

/// What the command ends with if a log could not be verified: the codes up to 5 say what is wrong with one.
pub(super) const NOT_VERIFIED: u8 = 70;

/// The audit logs of organisations. Beside a running server the command is carried out by that server.
#[derive(Debug, clap::Args)]
pub(super) struct Audit {
    #[command(flatten)]
    data: Data,
    #[command(subcommand)]
    verb: Verb,
}

const CODES: &str = "\
Exit codes:
  0   every log is whole
  1   an entry or a consent record was changed, reordered or put in, or the log was written anew
  2   a log ends before its recorded end or before a checkpoint
  3   a checkpoint was not signed with a key of this installation
  4   an entry or a consent record is missing
  5   the time of an entry lies more than five minutes before that of an earlier one
  70  a log could not be verified
With several faults in several organisations: that of the first one, in the order of their ids.";

#[derive(Debug, Subcommand)]
enum Verb {
    /// Verifies each entry, the recorded end, the checkpoints, and the consent records that the log speaks of.
    #[command(after_help = CODES, after_long_help = CODES)]
    Verify {
        /// Only this organisation.
        #[arg(long)]
        org: Option<OrgId>,
        /// One JSON object for each organisation, a line each.
        #[arg(long)]
        json: bool,
        #[command(flatten)]
        why: Why,
    },
}

/// How the command ends, after its output was printed.
#[derive(Debug)]
pub(super) struct Found(u8);

impl Found {
    pub(super) fn exit_code(&self) -> ExitCode {
        ExitCode::from(self.0)
    }
}

impl fmt::Display for Found {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an audit log is not whole, or could not be verified")
    }
}

impl std::error::Error for Found {}

impl Audit {
    pub(super) async fn run(self) -> Outcome {
        match self.verify().await {
            Ok(0) => Ok(()),
            Ok(code) => Err(Found(code).into()),
            Err(error) => {
                super::fail(&*error);
                Err(Found(NOT_VERIFIED).into())
            }
        }
    }

    /// The exit code.
    async fn verify(&self) -> Result<u8, Box<dyn std::error::Error + Send + Sync>> {
        let Verb::Verify { org, json, why } = &self.verb;
        let here = match crate::assemble::open(&self.data.places(), Founding::IfEmpty, None).await {
            Ok(crm) => Some(crm),
            Err(AssembleError::Store(OpenError::InUse)) => None,
            Err(error) => return Err(error.into()),
        };
        let ask = async |verb| {
            let command = Command { verb, reason: why.reason.clone() };
            match &here {
                Some(crm) => Ok(control::perform(crm, &command).await?),
                None => control::ask(&self.data.path, &command).await,
            }
        };
        let mut code = 0;
        let mut report = |report: &AuditReport| {
            say(&if *json { serde_json::to_string(report).unwrap_or_default() } else { report.line() });
            if let (Some(fault), 0) = (&report.finding, code) {
                code = fault.exit_code;
            }
        };
        if let Some(org) = org {
            report(&serde_json::from_str(&ask(control::Verb::VerifyAudit(*org)).await?)?);
            return Ok(code);
        }
        let mut after = None;
        loop {
            let orgs: Vec<OrgId> = serde_json::from_str(&ask(control::Verb::Organisations(after)).await?)?;
            let Some(last) = orgs.last() else { return Ok(code) };
            after = Some(*last);
            for org in &orgs {
                report(&serde_json::from_str(&ask(control::Verb::VerifyAudit(*org)).await?)?);
            }
        }
    }
}
