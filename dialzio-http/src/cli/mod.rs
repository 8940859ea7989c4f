//! The `dialzio` command.

mod audit;
mod audit_report;
mod calls;
mod check;
mod clock;
mod control;
mod doctor;
mod init;
mod keys;
mod log;
#[cfg(feature = "smtp")]
mod mail;
#[cfg(feature = "postgres")]
mod migrate;
mod news;
mod operator;
mod quarantine;
mod serve;
mod support;
#[cfg(feature = "postgres")]
mod transfer;

use clap::{Parser, Subcommand};
use dialzio_store_sqlite::OpenError;
use secrecy::SecretString;
use std::io::Write;
use std::path::PathBuf;
use std::process::ExitCode;
use url::Url;

use crate::assemble::{AssembleError, Founding, Places};

/// What the environment says, beside what stands with each option.
const ENVIRONMENT: &str = "\
Environment:
  DIALZIO_LOG  What the server logs to standard error, as JSON lines: error, warn, info, debug, trace or off, also by
               part of the program. Unless set: warn,dialzio_core=info,dialzio_http=info. At info there is one line for
               each request: method, route, status, duration, request id and organisation, and no personal data.
  DIALZIO_KEYS_CONTENT
               What the key file would say, from a secret store: then no key file is made or read. Never on the command line.
  DIALZIO_CLOCK_FILE
               A file with a number of seconds by which the sandbox's clock is moved, to try out what time does. Read anew
               each time, and only with --sandbox. Unless set: sandbox.clock in the data folder, which the page of the
               sandbox phone writes.
  Proxies that the environment names (HTTPS_PROXY and the like) are not used; see --provider-proxy.";

/// The CRM for businesses that talk by WhatsApp, phone and SMS.
///
/// Without a command: sets up what is not there in `dialzio-data`, serves http://127.0.0.1:8080 with the sandbox, and
/// prints the link to open.
#[derive(Debug, Parser)]
#[command(name = "dialzio", version, after_help = ENVIRONMENT, after_long_help = ENVIRONMENT)]
struct Cli {
    #[command(subcommand)]
    command: Option<Command>,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Set an organisation up and print the link that makes its owner's account.
    Init(init::Init),
    /// Serve the API, the pages and the webhooks.
    Serve(serve::Serve),
    /// Prepare a PostgreSQL database, or bring an older one forward.
    #[cfg(feature = "postgres")]
    Migrate(migrate::Migrate),
    /// Move an installation to a PostgreSQL database.
    #[cfg(feature = "postgres")]
    Transfer(transfer::Transfer),
    /// Look at what arrived and could not be used, try it again, or throw it away.
    #[command(alias = "inbox")]
    Quarantine(quarantine::Quarantine),
    /// Read what telephone services know of calls.
    Calls(calls::Calls),
    /// Verify the audit logs of organisations.
    Audit(audit::Audit),
    /// Show what the operator of the installation did, and whether that log is whole.
    Operator(operator::OperatorCommand),
    /// Tell all who sign in something, in the app and by mail.
    News(news::News),
    /// Read and answer requests of members for help.
    Support(support::Support),
    /// Show the keys, and rotate them while the servers run.
    Keys(keys::Keys),
    /// Read all of the database, and say what is damaged.
    Check(check::Check),
    /// Print what is weak in how the installation is set up, and how to mend it.
    Doctor(doctor::Doctor),
    /// Show whether the clock is believed, or confirm it.
    Clock(clock::ClockCommand),
    /// Print the document that describes the API (OpenAPI 3.1, JSON): the same as a server answers at /openapi.json.
    Openapi,
}

/// Where an installation is kept.
#[derive(Debug, clap::Args)]
struct Data {
    /// The folder with database, key file and files.
    #[arg(long = "data", env = "DIALZIO_DATA", default_value = "dialzio-data")]
    path: PathBuf,
    /// The key file, if it is not kept in the folder. Elsewhere is better: a copy of the folder does not hold both then.
    #[arg(long, env = "DIALZIO_KEYS")]
    keys: Option<PathBuf>,
    /// The folder for signed checkpoints of the audit logs, instead of `checkpoints` in the data folder: best a place that who
    /// can change the database cannot change.
    #[arg(long, env = "DIALZIO_CHECKPOINTS")]
    checkpoints: Option<PathBuf>,
    /// The address of a PostgreSQL database that has been migrated, instead of the database in the folder. It may hold a
    /// password, so it is better said in the environment than on the command line.
    #[arg(long, env = "DIALZIO_DATABASE", hide_env_values = true)]
    database: Option<String>,
}

/// How providers are reached.
#[derive(Debug, Default, clap::Args)]
struct Reach {
    /// A host besides the provider's own that accounts may name as their base address, over https. 127.0.0.1 means an
    /// emulator of the provider on this machine.
    #[arg(long = "provider-host", env = "DIALZIO_PROVIDER_HOSTS", value_delimiter = ',')]
    provider_hosts: Vec<String>,
    /// A proxy for all requests to providers, such as http://proxy.example:3128. It looks names up in place of this server,
    /// so it must not let them lead into the local network. It may hold a password, so it is better said in the environment.
    #[arg(long, env = "DIALZIO_PROVIDER_PROXY", hide_env_values = true)]
    provider_proxy: Option<Url>,
}

impl Data {
    async fn open(
        &self,
        clock: Option<std::sync::Arc<dyn dialzio_core::Clock>>,
    ) -> Result<dialzio_core::Crm, crate::assemble::AssembleError> {
        crate::assemble::open(&self.places(), Founding::IfEmpty, clock).await
    }

    /// Carries an operator's command out: here, or by the server that has the database open.
    async fn carry_out(&self, command: &control::Command) -> Outcome {
        let said = self.answer(command, &Reach::default()).await?;
        // A reader who has gone away is no reason to fail.
        let _ = std::io::stdout().write_all(said.as_bytes());
        Ok(())
    }

    /// What comes of a command, here or in the server that has the database open. `reach` says how providers are reached from
    /// here.
    async fn answer(
        &self,
        command: &control::Command,
        reach: &Reach,
    ) -> Result<String, Box<dyn std::error::Error + Send + Sync>> {
        match crate::assemble::open(&self.reaching(reach), Founding::IfEmpty, None).await {
            Ok(crm) => Ok(control::perform(&crm, command).await?),
            Err(AssembleError::Store(OpenError::InUse)) => control::ask(&self.path, command).await,
            Err(error) => Err(error.into()),
        }
    }

    fn places(&self) -> Places {
        Places {
            keys: self.keys.clone(),
            // In the environment alone: a command line is read by others.
            keys_given: std::env::var("DIALZIO_KEYS_CONTENT")
                .ok()
                .filter(|text| !text.is_empty())
                .map(SecretString::from),
            checkpoints: self.checkpoints.clone(),
            database: self.database.clone(),
            ..Places::folder(&self.path)
        }
    }

    fn reaching(&self, reach: &Reach) -> Places {
        let Reach { provider_hosts, provider_proxy } = reach;
        let (provider_hosts, provider_proxy) = (provider_hosts.clone(), provider_proxy.clone());
        Places { provider_hosts, provider_proxy, ..self.places() }
    }
}

/// Why an operator acts.
#[derive(Debug, clap::Args)]
struct Why {
    /// Why: a ticket's number, or a sentence of at most 100 characters. The operator log keeps it, and so does the audit
    /// log of an organisation that is concerned.
    #[arg(long)]
    reason: String,
}

/// What a command can end in.
type Outcome = Result<(), Box<dyn std::error::Error + Send + Sync>>;

/// Runs the command line.
#[must_use]
pub fn run() -> ExitCode {
    let cli = match Cli::try_parse() {
        Ok(cli) => cli,
        Err(error) => return refuse(&error),
    };
    let runtime = match tokio::runtime::Builder::new_multi_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => return fail(&error),
    };
    let outcome = runtime.block_on(async {
        match cli.command {
            None => serve::Serve::plain().run().await,
            Some(Command::Init(init)) => init.run().await,
            Some(Command::Serve(serve)) => serve.run().await,
            #[cfg(feature = "postgres")]
            Some(Command::Migrate(migrate)) => migrate.run().await,
            #[cfg(feature = "postgres")]
            Some(Command::Transfer(transfer)) => transfer.run().await,
            Some(Command::Quarantine(quarantine)) => quarantine.run().await,
            Some(Command::Calls(calls)) => calls.run().await,
            Some(Command::Audit(audit)) => audit.run().await,
            Some(Command::Operator(operator)) => operator.run().await,
            Some(Command::News(news)) => news.run().await,
            Some(Command::Support(support)) => support.run().await,
            Some(Command::Keys(keys)) => keys.run().await,
            Some(Command::Check(check)) => check.run(),
            Some(Command::Doctor(doctor)) => doctor.run().await,
            Some(Command::Clock(clock)) => clock.run().await,
            Some(Command::Openapi) => print_openapi(),
        }
    });
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            let audit = error.downcast_ref().map(audit::Found::exit_code);
            let keys = || error.downcast_ref().map(keys::Ended::exit_code);
            let doctor = || error.downcast_ref().map(doctor::Weak::exit_code);
            audit.or_else(keys).or_else(doctor).unwrap_or_else(|| fail(&*error))
        }
    }
}

fn print_openapi() -> Outcome {
    // A reader that stops reading early is not an error.
    let _ = std::io::stdout().write_all(crate::api::DOCUMENT.as_bytes());
    Ok(())
}

/// Answers a command line that cannot be read, or a call for help.
fn refuse(error: &clap::Error) -> ExitCode {
    // Its reader may have gone.
    let _ = error.print();
    let is_refusal = error.use_stderr();
    let asks_for_audit = std::env::args_os().nth(1).is_some_and(|command| command == "audit");
    match (is_refusal, asks_for_audit) {
        (false, _) => ExitCode::SUCCESS,
        // The codes up to 5 say what is wrong with a log.
        (true, true) => ExitCode::from(audit::NOT_VERIFIED),
        (true, false) => ExitCode::from(2),
    }
}

fn fail(error: &dyn std::error::Error) -> ExitCode {
    // Its reader may have gone.
    let _ = writeln!(std::io::stderr(), "dialzio: {error}");
    ExitCode::FAILURE
}

/// Answers with a line. A reader who has gone away is no reason to fail.
fn say(line: &str) {
    let _ = writeln!(std::io::stdout(), "{line}");
}
