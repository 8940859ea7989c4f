//! The audit log: its entries, a search among them, and whether it is whole.

use axum::Json;
use axum::extract::State;
use chrono::{DateTime, Utc};
use dialzio_core::Principal;
use dialzio_core::ledger::{Action, AuditEntry, AuditFilter, Detail, Finding, Network, Verification};
use dialzio_core::page::PageRequest;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use uuid::Uuid;

use super::{Asked, List, Paging};
use crate::auth::Caller;
use crate::problem::Problem;
use crate::state::AppState;

/// An entry of the audit log.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = AuditEntry)]
pub struct AuditJson {
    /// The place in the log: 1, 2, 3, without gaps.
    seq: u64,
    at: DateTime<Utc>,
    /// The principal who did it: `member:`, `key:` or `service:` with an id or a name, or `system`.
    principal: String,
    action: Action,
    /// The id of the record.
    #[schema(required)]
    subject: Option<Uuid>,
    /// The id of what it followed from.
    #[schema(required)]
    cause: Option<Uuid>,
    /// The network that the request came from, without the last part of the address: `203.0.113.0/24`.
    #[schema(required)]
    origin: Option<String>,
    /// More about the action, as a word.
    #[schema(required)]
    detail: Option<String>,
    /// The rows of the consent ledger that were written with it.
    #[schema(required)]
    consents: Option<ConsentsJson>,
    /// The hash of this entry and the one before, in hexadecimal digits.
    hash: String,
}

/// Rows of the consent ledger that were written together.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = AuditedConsents)]
pub struct ConsentsJson {
    /// The place of the first row.
    from: u64,
    /// The place of the last row.
    through: u64,
}

impl From<AuditEntry> for AuditJson {
    fn from(entry: AuditEntry) -> Self {
        Self {
            seq: entry.seq,
            at: entry.at,
            principal: entry.principal,
            action: entry.action,
            subject: entry.subject,
            cause: entry.cause,
            origin: entry.origin.as_ref().map(Network::to_string),
            detail: entry.detail.as_ref().map(|detail| Detail::as_str(detail).to_owned()),
            consents: entry
                .consents
                .map(|mark| ConsentsJson { from: mark.from().0, through: mark.through.0 }),
            hash: entry.hash.to_string(),
        }
    }
}

/// A place in the log, as a list gave it out.
fn place(cursor: Option<&str>) -> Result<Option<u64>, Problem> {
    let read = |text: &str| {
        text.parse().map_err(|_| Problem::invalid("cursor", "is not one that this list gave out"))
    };
    cursor.map(read).transpose()
}

/// `GET /v1/audit`.
pub async fn list(
    State(state): State<AppState>,
    Caller(actor): Caller,
    Asked(paging): Asked<Paging>,
) -> Result<Json<List<AuditJson>>, Problem> {
    let limit = PageRequest::after(None, paging.limit()?).limit;
    let after = place(paging.cursor())?.unwrap_or_default();
    let entries = state.crm().ledger().audit(&actor, after, limit).await?;
    let full = entries.len() == limit as usize;
    let next_cursor = entries.last().filter(|_| full).map(|last| last.seq.to_string());
    Ok(Json(List { data: entries.into_iter().map(AuditJson::from).collect(), next_cursor }))
}

/// Which entries are wanted.
#[derive(Debug, Default, Deserialize, IntoParams)]
pub struct AuditSearch {
    /// Only what this principal did, as entries name it.
    principal: Option<String>,
    /// Only this action.
    #[param(value_type = Option<Action>)]
    action: Option<String>,
    /// Only what is about the record of this id.
    #[param(value_type = Option<Uuid>)]
    subject: Option<String>,
    /// Not before this instant (RFC 3339).
    #[param(value_type = Option<DateTime<Utc>>)]
    since: Option<String>,
    /// Before this instant (RFC 3339).
    #[param(value_type = Option<DateTime<Utc>>)]
    until: Option<String>,
    /// Whether what the system did by itself is wanted too: what it received, sent and removed. Not unless given.
    #[param(value_type = Option<bool>)]
    system: Option<String>,
}

impl AuditSearch {
    /// What the core is asked for.
    ///
    /// # Errors
    /// A problem that names each field that is wrong.
    pub(crate) fn filter(&self) -> Result<AuditFilter, Problem> {
        fn read<T>(
            problem: &mut Option<Problem>,
            field: &'static str,
            text: Option<&String>,
            needed: &str,
            parse: impl Fn(&str) -> Option<T>,
        ) -> Option<T> {
            let text = text.filter(|text| !text.is_empty())?;
            let read = parse(text);
            if read.is_none() {
                *problem = Some(match problem.take() {
                    None => Problem::invalid(field, needed),
                    Some(problem) => problem.also(field, needed),
                });
            }
            read
        }
        let mut problem = None;
        let instant = |text: &str| DateTime::parse_from_rfc3339(text).ok().map(|at| at.with_timezone(&Utc));
        let time = "is an instant such as 2026-11-29T10:00:00Z";
        let named = "is member:, key: or service: with an id or a name, or system";
        let known = |text: &str| Principal::from_ref(text).ok().map(|who| who.to_ref());
        let filter = AuditFilter {
            principal: read(&mut problem, "principal", self.principal.as_ref(), named, known),
            action: read(
                &mut problem,
                "action",
                self.action.as_ref(),
                "is one of the listed actions",
                |text| text.parse().ok(),
            ),
            subject: read(&mut problem, "subject", self.subject.as_ref(), "is the id of a record", |text| {
                text.parse().ok()
            }),
            since: read(&mut problem, "since", self.since.as_ref(), time, instant),
            until: read(&mut problem, "until", self.until.as_ref(), time, instant),
            with_system: read(&mut problem, "system", self.system.as_ref(), "is true or false", |text| {
                text.parse().ok()
            })
            .unwrap_or_default(),
        };
        problem.map_or(Ok(filter), Err)
    }
}

/// `GET /v1/audit/search`.
pub async fn search(
    State(state): State<AppState>,
    Caller(actor): Caller,
    Asked(search): Asked<AuditSearch>,
    Asked(paging): Asked<Paging>,
) -> Result<Json<List<AuditJson>>, Problem> {
    let limit = PageRequest::after(None, paging.limit()?).limit;
    let before = place(paging.cursor())?;
    let page = state.crm().ledger().find(&actor, &search.filter()?, before, limit).await?;
    let next_cursor = page.next.map(|next| next.to_string());
    Ok(Json(List { data: page.entries.into_iter().map(AuditJson::from).collect(), next_cursor }))
}

/// What a verification of the log found.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = AuditVerification)]
pub struct VerifiedJson {
    /// Whether nothing was changed, removed, put in, cut off or written anew.
    intact: bool,
    /// How many entries were verified.
    entries: u64,
    /// How many rows of the consent ledger were compared with what the log recorded of them.
    consents: u64,
    /// How many signed checkpoints, which are kept outside the database, were compared. Without any, a log that was cut
    /// off or rewritten together with its recorded end cannot be told from an intact one.
    checkpoints: u64,
    /// When the newest checkpoint was made.
    #[schema(required)]
    checkpoint_at: Option<DateTime<Utc>>,
    /// The first fault.
    #[schema(required)]
    finding: Option<FindingJson>,
}

/// A fault of the log.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = AuditFinding)]
pub struct FindingJson {
    /// The kind of fault: `changed`, `rewritten`, `shorter`, `forged`, `missing`, `consent_changed`, `consent_missing`,
    /// `consent_added` or `backwards`.
    code: String,
    /// What is wrong, in words.
    detail: String,
    /// The place of the first entry that does not fit, if it is one.
    #[schema(required)]
    seq: Option<u64>,
}

impl From<Verification> for VerifiedJson {
    fn from(found: Verification) -> Self {
        let finding = |finding: Finding| FindingJson {
            code: finding.code().to_owned(),
            detail: finding.to_string(),
            seq: finding.seq(),
        };
        Self {
            intact: found.finding.is_none(),
            entries: found.entries,
            consents: found.consents,
            checkpoints: found.checkpoints,
            checkpoint_at: found.checkpoint_at,
            finding: found.finding.map(finding),
        }
    }
}

/// `GET /v1/audit/verification`.
pub async fn verify(
    State(state): State<AppState>,
    Caller(actor): Caller,
) -> Result<Json<VerifiedJson>, Problem> {
    Ok(Json(state.crm().ledger().verify(&actor).await?.into()))
}
