//! Clients of the Cloud API that others wrote, against the emulator: what they send is taken, and what it answers they
//! can read.
#![allow(clippy::unwrap_used, clippy::panic, reason = "tests")]

use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::Output;
use std::sync::Arc;
use std::time::Duration;

use dialzio_core::{Clock, SystemClock};
use dialzio_whatsapp::emulator::{
    Behaviour, CustomerIdentity, CustomerMessage, EmulatedNumber, Emulator, EmulatorConfig,
};
use tokio::process::Command;

const NUMBER: &str = "100200300";
const WABA: &str = "900800700";
const PERSON: &str = "919876500001";
/// How long a registry may take to hand out a client.
const PATIENCE: Duration = Duration::from_secs(120);

/// Said past the capture of the test runner: a proof that was not made should not look like one.
fn not_made(why: &str) {
    let _ = writeln!(std::io::stderr(), "\n*** NOT PROVEN: {why} ***\n");
}

fn here(file: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("clients").join(file)
}

/// Runs a program of the machine; `None` if it is not there, fails, or takes too long.
async fn prepared(program: &Path, arguments: &[&str], folder: &Path) -> Option<()> {
    let mut command = Command::new(program);
    command.args(arguments).current_dir(folder).kill_on_drop(true);
    let ran = tokio::time::timeout(PATIENCE, command.output()).await.ok()?.ok()?;
    if !ran.status.success() {
        let _ = std::io::stderr().write_all(&ran.stderr);
    }
    ran.status.success().then_some(())
}

/// Walks a client through an emulator of its own, in which a person has just written.
async fn run(program: &Path, script: &Path, folder: &Path) {
    let mut config = EmulatorConfig::new(Arc::new(|| SystemClock.now()));
    config.behaviour = Behaviour { status_delay: Duration::from_millis(1), ..Behaviour::default() };
    let graph = Emulator::start(config).await.unwrap();
    graph.add_number(EmulatedNumber {
        phone_number_id: NUMBER.into(),
        waba_id: WABA.into(),
        display_phone_number: "+91 44 1234 5678".into(),
        verified_name: "Green Leaf Nursery".into(),
        access_token: "token-of-green-leaf".into(),
        app_secret: "secret-of-green-leaf".into(),
        webhook_url: None,
    });
    graph.add_sample_templates(WABA);
    let asha = CustomerIdentity::with_phone(PERSON, "Asha");
    let arrived = graph.customer_sends(NUMBER, &asha, CustomerMessage::text("Are you open?")).unwrap();

    let Output { status, stdout, stderr } = Command::new(program)
        .arg(script)
        .current_dir(folder)
        .env("EMULATOR_URL", graph.base_url().as_str())
        .env("EMULATOR_TOKEN", "token-of-green-leaf")
        .env("EMULATOR_NUMBER", NUMBER)
        .env("EMULATOR_WABA", WABA)
        .env("EMULATOR_PERSON", PERSON)
        .env("EMULATOR_ARRIVED", arrived)
        .env("NO_PROXY", "127.0.0.1")
        .kill_on_drop(true)
        .output()
        .await
        .unwrap();
    let (said, trouble) = (String::from_utf8_lossy(&stdout), String::from_utf8_lossy(&stderr));
    assert!(status.success(), "\n{said}\n{trouble}");
    assert!(said.lines().count() >= 8, "it did too little:\n{said}\n{trouble}");
}

#[tokio::test(flavor = "multi_thread")]
async fn pywa_finds_in_the_emulator_what_it_asks_of_the_platform() {
    let folder = tempfile::tempdir().unwrap();
    let python = folder.path().join("venv/bin/python");
    let requirements = here("requirements.txt");
    let install = ["-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--requirement"];
    let install = [&install[..], &[requirements.to_str().unwrap()]].concat();
    let ready = match prepared(Path::new("python3"), &["-m", "venv", "venv"], folder.path()).await {
        Some(()) => prepared(&python, &install, folder.path()).await,
        None => None,
    };
    if ready.is_none() {
        return not_made("that pywa can be used with the emulator: Python or its packages are not to be had");
    }
    run(&python, &here("pywa_client.py"), folder.path()).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn whatsapp_api_js_finds_in_the_emulator_what_it_asks_of_the_platform() {
    let folder = tempfile::tempdir().unwrap();
    for file in ["package.json", "package-lock.json", "whatsapp_api_js_client.mjs"] {
        std::fs::copy(here(file), folder.path().join(file)).unwrap();
    }
    let install = ["ci", "--silent", "--no-audit", "--no-fund", "--ignore-scripts"];
    if prepared(Path::new("npm"), &install, folder.path()).await.is_none() {
        return not_made(
            "that whatsapp-api-js can be used with the emulator: Node or its package is not to be had",
        );
    }
    let script = folder.path().join("whatsapp_api_js_client.mjs");
    run(Path::new("node"), &script, folder.path()).await;
}
