//! `dialzio doctor`.

use std::fmt;
use std::net::{IpAddr, SocketAddr};
use std::path::Path;
use std::process::ExitCode;

use dialzio_core::access::RelyingParty;
use dialzio_core::operator::{KeyStatus, Protection};

use super::control::{Command, KeyAnswer, KeyVerb, Verb};
use super::{Data, Outcome, Reach, say};

/// Something is weak.
const WEAK: u8 = 3;

const CODES: &str = "\
Exit codes:
  0  nothing is weak
  1  it could not be examined: the message says why
  2  the command line cannot be read
  3  something is weak";

/// Prints what is weak in how this installation is set up, and how to mend it. It takes the options of `dialzio serve`, best
/// from the same environment. Beside a running server of the data folder it asks that server.
#[derive(Debug, clap::Args)]
#[command(after_help = CODES, after_long_help = CODES)]
pub(super) struct Doctor {
    #[command(flatten)]
    data: Data,
    /// The address to listen on.
    #[arg(long, env = "DIALZIO_LISTEN", default_value = "127.0.0.1:8080")]
    listen: SocketAddr,
    /// The public address, if it is another than the one listened on.
    #[arg(long, env = "DIALZIO_ORIGIN")]
    origin: Option<String>,
    /// The address of a proxy in front.
    #[arg(long = "trusted-proxy", env = "DIALZIO_TRUSTED_PROXIES", value_delimiter = ',')]
    trusted_proxies: Vec<IpAddr>,
    #[cfg(feature = "smtp")]
    #[command(flatten)]
    mail: super::mail::MailWay,
    /// Why, for the operator log, which keeps that the installation was examined.
    #[arg(long, default_value = "dialzio doctor")]
    reason: String,
}

/// How the command ends, after its output was printed.
#[derive(Debug)]
pub(super) struct Weak(usize);

impl Weak {
    pub(super) fn exit_code(&self) -> ExitCode {
        // Its reader may have gone.
        super::fail(self);
        ExitCode::from(WEAK)
    }
}

impl fmt::Display for Weak {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            1 => f.write_str("one thing is weak"),
            more => write!(f, "{more} things are weak"),
        }
    }
}

impl std::error::Error for Weak {}

/// The findings, in the order in which they are printed.
#[derive(Debug, Default)]
struct Report {
    lines: Vec<String>,
    weak: usize,
}

impl Report {
    fn fine(&mut self, what: &str) {
        self.lines.push(format!("ok    {what}"));
    }

    fn weak(&mut self, what: &str, mend: &str) {
        self.weak += 1;
        self.lines.push(format!("weak  {what}: {mend}"));
    }

    fn judge(&mut self, is_fine: bool, fine: &str, weak: &str, mend: &str) {
        if is_fine { self.fine(fine) } else { self.weak(weak, mend) }
    }
}

impl Doctor {
    pub(super) async fn run(self) -> Outcome {
        // Opening an empty folder would begin an installation there.
        if !self.data.path.exists() {
            return Err(format!("there is no installation in {}", self.data.path.display()).into());
        }
        let mut report = Report::default();
        let examined = self.examine(&mut report).await;
        // Findings are printed even if the rest could not be examined.
        for line in &report.lines {
            say(line);
        }
        examined?;
        if report.weak == 0 { Ok(()) } else { Err(Weak(report.weak).into()) }
    }

    async fn examine(&self, report: &mut Report) -> Outcome {
        self.on_transport(report);
        self.on_files(report);
        let keys = self.ask(Verb::Keys(KeyVerb::List)).await?;
        if let KeyAnswer::Keys(keys) = serde_json::from_str(&keys)? {
            on_keys(report, &keys);
        }
        on_people(report, &serde_json::from_str(&self.ask(Verb::Protection).await?)?);
        #[cfg(feature = "smtp")]
        report.judge(
            self.mail.is_named(),
            "mail is sent",
            "no mail is sent, so nobody is told of a new device or a new password",
            "name a mail server with --smtp and --mail-from",
        );
        Ok(())
    }

    async fn ask(&self, verb: Verb) -> Result<String, Box<dyn std::error::Error + Send + Sync>> {
        let command = Command { verb, reason: self.reason.clone() };
        self.data.answer(&command, &Reach::default()).await
    }

    fn on_transport(&self, report: &mut Report) {
        let own = format!("http://{}", self.listen);
        let origin = self.origin.as_deref().unwrap_or(&own);
        let is_tls = origin.starts_with("https://");
        let is_here = self.listen.ip().is_loopback() && self.origin.is_none();
        report.judge(
            is_tls || is_here,
            if is_tls { "the public address is over HTTPS" } else { "only this machine reaches the server" },
            "the public address is not over HTTPS",
            "put TLS in front, and say --origin https://…",
        );
        report.judge(
            !is_tls || RelyingParty::at(origin).is_some(),
            "the public address has a name",
            "the public address has no name, so browsers have no passkeys there",
            "give the host a name",
        );
        report.judge(
            !is_tls || self.listen.ip().is_loopback() || !self.trusted_proxies.is_empty(),
            "the proxy in front is known",
            "other machines reach the server, and no proxy is named, so all visitors of one count as one",
            "name the proxy with --trusted-proxy",
        );
    }

    fn on_files(&self, report: &mut Report) {
        let places = self.data.places();
        let key_file = places.key_file();
        let is_given = places.keys_given.is_some();
        let key_path = if is_given { None } else { Some((key_file.as_path(), "the key file")) };
        for (path, what) in [(self.data.path.as_path(), "the data folder")].into_iter().chain(key_path) {
            match open_to_others(path) {
                Some(true) => report.weak(
                    &format!("other users of this machine can read {what}"),
                    "take their rights away (chmod go-rwx)",
                ),
                Some(false) => report.fine(&format!("no other user of this machine can read {what}")),
                None => {}
            }
        }
        report.judge(
            is_given || !key_file.starts_with(&self.data.path),
            "the keys are not in the data folder",
            "the key file is in the data folder, so a copy of that folder opens everything",
            "keep it elsewhere, and say --keys",
        );
        let is_apart = self.data.checkpoints.as_ref().is_some_and(|at| !at.starts_with(&self.data.path));
        report.judge(
            is_apart,
            "checkpoints of the audit logs are kept apart",
            "checkpoints of the audit logs are in the data folder, so who can change the database can remove them",
            "keep them elsewhere, and say --checkpoints",
        );
    }
}

/// Whether users other than its owner can read a file or folder; `None` if there is none, or where that cannot be told.
#[cfg(unix)]
fn open_to_others(path: &Path) -> Option<bool> {
    use std::os::unix::fs::PermissionsExt;
    let mode = std::fs::metadata(path).ok()?.permissions().mode();
    Some(mode & 0o077 != 0)
}

#[cfg(not(unix))]
fn open_to_others(_: &Path) -> Option<bool> {
    None
}

fn on_keys(report: &mut Report, keys: &[KeyStatus]) {
    let left = keys.iter().filter(|key| !key.is_current && key.retired_at.is_none()).count();
    report.judge(
        left == 0,
        "one key wraps everything",
        "a rotation of the key is not finished",
        "see `dialzio keys status`",
    );
}

fn on_people(report: &mut Report, people: &Protection) {
    let Protection { organisations, requiring, managing, without_factor } = *people;
    report.judge(
        without_factor == 0,
        "every owner and admin has a second factor",
        &format!("{without_factor} of {managing} owners and admins have no second factor"),
        "require one under Settings, Organisation",
    );
    report.judge(
        requiring == organisations,
        "every organisation requires a second factor",
        &format!("{} of {organisations} organisations require no second factor", organisations - requiring),
        "their owners decide that under Settings, Organisation",
    );
}
