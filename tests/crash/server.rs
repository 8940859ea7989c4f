//! The server process, and a client for it.

use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::time::Duration;

/// The binary: the one named, or the one of this source, built where this test was built.
pub(crate) fn binary() -> PathBuf {
    if let Some(path) = std::env::var_os("DIALZIO_BIN") {
        return path.into();
    }
    let own = std::env::current_exe().unwrap();
    let profile = own.parent().and_then(Path::parent).unwrap();
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let built = Command::new(cargo)
        .args(["build", "--quiet", "--package", "dialzio-http", "--bin", "dialzio"])
        .arg("--target-dir")
        .arg(profile.parent().unwrap())
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .status()
        .unwrap();
    assert!(built.success(), "the binary cannot be built");
    profile.join("dialzio")
}

pub(crate) fn client() -> reqwest::Client {
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let tls = rustls::ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_root_certificates(rustls::RootCertStore::empty())
        .with_no_client_auth();
    reqwest::Client::builder()
        .tls_backend_preconfigured(tls)
        .no_proxy()
        .timeout(Duration::from_secs(10))
        .build()
        .unwrap()
}

/// The server process; killed when it goes out of sight.
pub(crate) struct Server(Child);

impl Server {
    pub(crate) fn start(binary: &Path, data: &Path, database: Option<&str>, address: &str) -> Self {
        let child = Command::new(binary)
            .args(["serve", "--listen", address, "--data"])
            .arg(data)
            .envs(database.map(|url| ("DIALZIO_DATABASE", url)))
            // The provider is emulated in this process: an address that the operator has to name.
            .env("DIALZIO_PROVIDER_HOSTS", "127.0.0.1")
            .env("DIALZIO_LOG", "off")
            .stdout(Stdio::null())
            .stderr(Stdio::inherit())
            .spawn()
            .unwrap();
        Self(child)
    }

    /// `kill -9`.
    pub(crate) fn kill(mut self) {
        self.0.kill().unwrap();
        self.0.wait().unwrap();
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}
