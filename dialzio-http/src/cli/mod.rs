//! The `dialzio` command.

mod clock;
mod inbox;
mod init;
mod serve;

use clap::{Parser, Subcommand};
use std::path::PathBuf;
use std::process::ExitCode;

/// The CRM for businesses that talk by WhatsApp, phone and SMS.
///
/// Without a command: sets up what is not there in `dialzio-data`, serves http://127.0.0.1:8080 with the sandbox, and
/// prints the link to open.
#[derive(Debug, Parser)]
#[command(name = "dialzio", version)]
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
    /// Look at what arrived and could not be used, try it again, or throw it away.
    Inbox(inbox::Inbox),
}

/// Where an installation is kept.
#[derive(Debug, clap::Args)]
struct Data {
    /// The folder with database, key file and files.
    #[arg(long = "data", env = "DIALZIO_DATA", default_value = "dialzio-data")]
    path: PathBuf,
}

/// What a command can end in.
type Outcome = Result<(), Box<dyn std::error::Error + Send + Sync>>;

/// Runs the command line.
#[must_use]
pub fn run() -> ExitCode {
    let cli = Cli::parse();
    let runtime = match tokio::runtime::Builder::new_multi_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => return fail(&error),
    };
    let outcome = runtime.block_on(async {
        match cli.command {
            None => serve::Serve::plain().run().await,
            Some(Command::Init(init)) => init.run().await,
            Some(Command::Serve(serve)) => serve.run().await,
            Some(Command::Inbox(inbox)) => inbox.run().await,
        }
    });
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => fail(&*error),
    }
}

#[allow(clippy::print_stderr, reason = "the last word of a command that failed")]
fn fail(error: &dyn std::error::Error) -> ExitCode {
    eprintln!("dialzio: {error}");
    ExitCode::FAILURE
}

#[allow(clippy::print_stdout, reason = "what a command answers")]
fn say(line: &str) {
    println!("{line}");
}
