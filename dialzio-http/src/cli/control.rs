//! The control socket: commands of the operator that run inside the server, which alone has the database open. The socket
//! lies in the data folder, which only the server's own user can enter.

use super::audit_report::AuditReport;
use chrono::{DateTime, Utc};
use dialzio_core::account::KeyError;
use dialzio_core::call::CallLogReading;
use dialzio_core::news::{NewsKind, ServiceUpdate};
use dialzio_core::operator::{KeyStatus, KeyWalk, KeyWalked, Operator, OperatorEntry};
use dialzio_core::support::{SupportAuthor, SupportRequest, SupportThread};
use dialzio_core::text::{NewsText, SupportText, Title};
use dialzio_core::{AccountId, Crm, Error, OrgId, QuarantineId, ServiceUpdateId, SupportRequestId};
use serde::{Deserialize, Serialize};
use std::path::Path;
#[cfg(unix)]
use std::time::Duration;
#[cfg(unix)]
use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
#[cfg(unix)]
use tokio::net::{UnixListener, UnixStream};

/// The longest command, in bytes.
#[cfg(unix)]
const LONGEST: u64 = 65_536;
/// How long a command may take to arrive.
#[cfg(unix)]
const PATIENCE: Duration = Duration::from_secs(60);
/// How long one may take to be done. One that retires a key looks at every record that is sealed.
#[cfg(unix)]
const WORK: Duration = Duration::from_secs(600);

/// What is to be done with the keys.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) enum KeyVerb {
    /// List the keys.
    List,
    /// Count the records that each wraps, part by part.
    Count(Option<KeyWalk>),
    /// Make one.
    Add,
    /// Make one the current one.
    Promote(String),
    /// Wrap everything with the current one, part by part.
    Rewrap(Option<KeyWalk>),
    /// Destroy one.
    Retire {
        /// Its id.
        key: String,
        /// Its fingerprint.
        fingerprint: String,
    },
}

/// What is to be done with service updates.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) enum NewsVerb {
    /// Publish one.
    Publish {
        /// What it is about.
        kind: NewsKind,
        /// Its title.
        title: Title,
        /// What it says.
        text: NewsText,
    },
    /// List the newest.
    List,
    /// Take one back.
    Withdraw(ServiceUpdateId),
}

/// What is to be done with requests for help.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) enum SupportVerb {
    /// List them.
    List {
        /// Those that are closed too.
        all: bool,
    },
    /// Show one with its messages.
    Show(SupportRequestId),
    /// Answer one.
    Answer {
        /// Which.
        id: SupportRequestId,
        /// What the answer says.
        text: SupportText,
    },
    /// Close one.
    Close(SupportRequestId),
}

/// What comes of it.
#[derive(Debug, Serialize, Deserialize)]
pub(super) enum KeyAnswer {
    Keys(Vec<KeyStatus>),
    Key(KeyStatus),
    Walked(KeyWalked),
    /// Again after so many seconds.
    Wait(u32),
    /// Records are still wrapped with the key.
    InUse(String),
    Done,
}

/// What is to be done.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) enum Verb {
    /// List the quarantined items of no organisation.
    List,
    /// Show the bytes of an item.
    Show(QuarantineId),
    /// Try an item again.
    Replay(QuarantineId),
    /// Throw an item away.
    Discard(QuarantineId),
    /// List the operator log before a place.
    Log {
        /// The place in the log before which entries are listed.
        before: u64,
        /// Most entries that are listed.
        limit: u32,
    },
    /// Recompute the operator log's chain.
    VerifyLog,
    /// List the organisations after one of them.
    Organisations(Option<OrgId>),
    /// Verify the audit log of an organisation.
    VerifyAudit(OrgId),
    /// Put on record that logs of calls are read, and answer what is to be read.
    BeginReadingCalls {
        /// From when on.
        since: DateTime<Utc>,
        /// The account; without one all of them.
        account: Option<AccountId>,
    },
    /// Read the next part of a log of calls, and answer what it had and what is left.
    ReadCalls(CallLogReading),
    /// Something with service updates.
    News(NewsVerb),
    /// Something with requests for help.
    Support(SupportVerb),
    /// Something with the keys.
    Keys(KeyVerb),
    /// Count who manages organisations, and how they sign in.
    Protection,
}

/// A command with its reason.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Command {
    pub(super) verb: Verb,
    pub(super) reason: String,
}

/// Where the socket of a data folder is.
#[cfg(unix)]
pub(super) fn socket(data: &Path) -> std::path::PathBuf {
    data.join("control.sock")
}

/// Carries a command out, and answers with what is to be said.
pub(super) async fn perform(crm: &Crm, command: &Command) -> Result<String, String> {
    carry_out(crm, command).await.map_err(|error| error.to_string())?
}

/// The outer failure is an error of the call, the inner one what it found.
async fn carry_out(crm: &Crm, command: &Command) -> Result<Result<String, String>, Error> {
    let operator = crm.operator(&command.reason)?;
    let said = match command.verb.clone() {
        Verb::List => {
            let items = operator.quarantined().await?;
            let line = |item: &dialzio_core::webhook::Quarantined| {
                let org = item.org.map_or_else(|| "-".to_owned(), |org| org.to_string());
                let at = item.received_at.to_rfc3339();
                format!("{}\t{org}\t{}\t{}\t{at}\n", item.id, item.reason, item.what)
            };
            items.iter().map(line).collect()
        }
        Verb::Show(id) => {
            let (_, bytes) = operator.open(id).await?;
            format!("{}\n", String::from_utf8_lossy(&bytes))
        }
        Verb::Replay(id) => operator.replay(id).await.map(|()| String::new())?,
        Verb::Discard(id) => operator.discard(id).await.map(|()| String::new())?,
        Verb::Log { before, limit } => operator.log(before, limit).await?.iter().map(line_of).collect(),
        Verb::VerifyLog => match operator.verify_log().await? {
            Ok(entries) => format!("The operator log is whole: {entries} entries.\n"),
            Err(place) => return Ok(Err(format!("the operator log was changed at or before entry {place}"))),
        },
        Verb::Organisations(after) => {
            let orgs = operator.organisations(after).await?;
            return Ok(written(&orgs.iter().map(|org| org.id).collect::<Vec<_>>()));
        }
        Verb::VerifyAudit(org) => {
            return Ok(written(&AuditReport::new(org, &operator.verify_audit(org).await?)));
        }
        Verb::BeginReadingCalls { since, account } => {
            return Ok(written(&operator.begin_reading_calls(since, account).await?));
        }
        Verb::ReadCalls(reading) => return Ok(written(&operator.read_calls(&reading).await?)),
        Verb::Protection => return Ok(written(&operator.protection().await?)),
        Verb::News(verb) => on_news(&operator, verb).await?,
        Verb::Support(verb) => on_support(&operator, verb).await?,
        Verb::Keys(verb) => {
            let answer = match on_keys(&operator, verb).await {
                Err(Error::Keys(KeyError::TooSoon { seconds })) => KeyAnswer::Wait(seconds),
                Err(Error::Keys(error @ KeyError::InUse { .. })) => KeyAnswer::InUse(error.to_string()),
                other => other?,
            };
            return Ok(written(&answer));
        }
    };
    Ok(Ok(said))
}

async fn on_keys(operator: &Operator<'_>, verb: KeyVerb) -> Result<KeyAnswer, Error> {
    Ok(match verb {
        KeyVerb::List => KeyAnswer::Keys(operator.keys().await?),
        KeyVerb::Count(from) => KeyAnswer::Walked(operator.count_wrapped(from).await?),
        KeyVerb::Add => KeyAnswer::Key(operator.add_key().await?),
        KeyVerb::Promote(key) => KeyAnswer::Key(operator.promote_key(&key).await?),
        KeyVerb::Rewrap(from) => KeyAnswer::Walked(operator.rewrap_keys(from).await?),
        KeyVerb::Retire { key, fingerprint } => {
            operator.retire_key(&key, &fingerprint).await?;
            KeyAnswer::Done
        }
    })
}

async fn on_news(operator: &Operator<'_>, verb: NewsVerb) -> Result<String, Error> {
    Ok(match verb {
        NewsVerb::Publish { kind, title, text } => {
            format!("{}\n", operator.publish_news(kind, title, text).await?.id)
        }
        NewsVerb::List => operator.news().await?.iter().map(news_line).collect(),
        NewsVerb::Withdraw(id) => operator.withdraw_news(id).await.map(|()| String::new())?,
    })
}

/// A line of the list of service updates.
fn news_line(update: &ServiceUpdate) -> String {
    let mailed = if update.mailed_at.is_some() { "mailed" } else { "not mailed" };
    let (at, title) = (update.published_at.to_rfc3339(), update.title.reveal());
    format!("{}\t{}\t{at}\t{mailed}\t{title}\n", update.id, update.kind)
}

async fn on_support(operator: &Operator<'_>, verb: SupportVerb) -> Result<String, Error> {
    Ok(match verb {
        SupportVerb::List { all } => {
            let requests = operator.support_requests(all).await?;
            requests.iter().map(|(org, request)| support_line(*org, request)).collect()
        }
        SupportVerb::Show(id) => {
            let (org, thread) = operator.support_request(id).await?;
            support_text(org, &thread)
        }
        SupportVerb::Answer { id, text } => operator.answer_support(id, text).await.map(|_| String::new())?,
        SupportVerb::Close(id) => operator.close_support(id).await.map(|()| String::new())?,
    })
}

/// A line of the list of requests for help.
fn support_line(org: OrgId, request: &SupportRequest) -> String {
    let (at, subject) = (request.changed_at.to_rfc3339(), request.subject.reveal());
    format!("{}\t{org}\t{}\t{at}\t{subject}\n", request.id, request.state)
}

/// A request for help with its messages.
fn support_text(org: OrgId, thread: &SupportThread) -> String {
    let mut said = support_line(org, &thread.request);
    for message in &thread.messages {
        let author = match message.author {
            SupportAuthor::Member(member) => format!("member {member}"),
            SupportAuthor::Operator => "operator".to_owned(),
        };
        let (at, text) = (message.at.to_rfc3339(), message.text.reveal());
        said.push_str(&format!("\n{at} {author}\n{text}\n"));
    }
    said
}

/// An answer that the command line reads, and does not show as it is.
fn written(answer: &impl Serialize) -> Result<String, String> {
    serde_json::to_string(answer).map_err(|error| error.to_string())
}

/// A line of the operator log.
fn line_of(entry: &OperatorEntry) -> String {
    let org = entry.org.map_or_else(|| "-".to_owned(), |org| org.to_string());
    let subject = entry.subject.map_or_else(|| "-".to_owned(), |subject| subject.to_string());
    let (at, reason) = (entry.at.to_rfc3339(), entry.reason.reveal());
    format!("{}\t{at}\t{}\t{org}\t{subject}\t{reason}\n", entry.seq, entry.action)
}

/// Serves commands, one after the other, until it is dropped. A socket that a dead server left is replaced: a caller who runs
/// this has the database.
#[cfg(unix)]
pub(super) async fn serve(path: &Path, crm: &Crm) -> Result<(), Error> {
    // There is none, as a rule.
    let _ = std::fs::remove_file(path);
    let listener = match UnixListener::bind(path) {
        Ok(listener) => listener,
        Err(error) => {
            tracing::warn!(%error, "there is no control socket: the quarantine command waits until the server has ended");
            return Ok(());
        }
    };
    loop {
        let Ok((stream, _)) = listener.accept().await else {
            tokio::time::sleep(Duration::from_millis(100)).await;
            continue;
        };
        // One that is slow holds up no other for longer than this.
        if tokio::time::timeout(PATIENCE + WORK, answer(stream, crm)).await.is_err() {
            tracing::warn!("a command by the control socket took too long");
        }
    }
}

#[cfg(unix)]
async fn answer(mut stream: UnixStream, crm: &Crm) {
    let mut line = String::new();
    let (reader, mut writer) = stream.split();
    let mut reader = BufReader::new(reader.take(LONGEST));
    if !matches!(tokio::time::timeout(PATIENCE, reader.read_line(&mut line)).await, Ok(Ok(_))) {
        return;
    }
    let outcome: Result<String, String> = match serde_json::from_str::<Command>(&line) {
        Ok(command) => perform(crm, &command).await,
        Err(_) => Err("the server does not know this command".to_owned()),
    };
    if let Ok(bytes) = serde_json::to_vec(&outcome) {
        // Who asked may be gone.
        let _ = writer.write_all(&bytes).await;
    }
}

/// Has the server of a data folder carry a command out.
#[cfg(unix)]
pub(super) async fn ask(
    data: &Path,
    command: &Command,
) -> Result<String, Box<dyn std::error::Error + Send + Sync>> {
    let mut stream = UnixStream::connect(socket(data)).await.map_err(
        |_| "the database is in use, and its server does not answer on the control socket in the data folder",
    )?;
    let mut line = serde_json::to_vec(command)?;
    line.push(b'\n');
    stream.write_all(&line).await?;
    let mut said = Vec::new();
    stream.read_to_end(&mut said).await?;
    let outcome: Result<String, String> = serde_json::from_slice(&said)?;
    Ok(outcome?)
}

/// There is no such socket on this system.
#[cfg(not(unix))]
pub(super) async fn ask(_: &Path, _: &Command) -> Result<String, Box<dyn std::error::Error + Send + Sync>> {
    Err("the database is in use: end its server first".into())
}
