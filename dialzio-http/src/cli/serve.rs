//! `dialzio serve`.

use clap::Parser;
use dialzio_core::access::NewOrg;
use dialzio_core::{Clock, Crm, Principal, Role};
use ipnet::IpNet;
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;
use tokio::net::TcpListener;
use url::Url;

use super::init::{found, owner_link};
use super::{Data, Outcome, Reach, say};
use crate::Options;
use crate::assemble::{Founding, Places, Surroundings};
use crate::disk::Disk;
use crate::listen::{self, Limits};
#[cfg(feature = "sandbox")]
use crate::sandbox::MovedClock;

/// How long requests may take to end once the process goes down.
const DRAIN: Duration = Duration::from_secs(25);

/// The options of `serve`.
#[derive(Debug, clap::Args)]
#[command(after_help = super::ENVIRONMENT, after_long_help = super::ENVIRONMENT)]
pub(super) struct Serve {
    #[command(flatten)]
    data: Data,
    /// The address to listen on. TLS belongs in front.
    #[arg(long, env = "DIALZIO_LISTEN", default_value = "127.0.0.1:8080")]
    listen: SocketAddr,
    /// The public address, if it is another than the one listened on.
    #[arg(long, env = "DIALZIO_ORIGIN")]
    origin: Option<String>,
    /// The path that the server answers below, such as /crm, beside other applications on the same host. A proxy in front
    /// passes paths on with it.
    #[arg(long, env = "DIALZIO_AT", default_value = "/")]
    at: String,
    /// The address of a proxy in front. Its connections are not counted as one visitor's, and its X-Forwarded-For names
    /// the visitor that limits are kept by. This machine's own is known.
    #[arg(long = "trusted-proxy", env = "DIALZIO_TRUSTED_PROXIES", value_delimiter = ',')]
    trusted_proxies: Vec<IpAddr>,
    /// A network that identity providers may be in although it is not public, such as 10.20.0.0/16.
    #[arg(long = "outbound-network", env = "DIALZIO_OUTBOUND_NETWORKS", value_delimiter = ',')]
    outbound_networks: Vec<IpNet>,
    #[command(flatten)]
    reach: Reach,
    #[cfg(feature = "smtp")]
    #[command(flatten)]
    mail: super::mail::MailWay,
    /// Run the emulated provider, and show the page that plays the customer.
    #[arg(long)]
    sandbox: bool,
    /// Where the emulated provider listens, for other clients of the Cloud API: an address of this machine alone, such as
    /// 127.0.0.1:8090. A free port if it is not named. The address, the ids and the token are printed at the start.
    #[arg(long, env = "DIALZIO_SANDBOX_LISTEN")]
    sandbox_listen: Option<SocketAddr>,
    /// Set an organisation up if there is none.
    #[arg(skip)]
    found: bool,
}

/// The options of serving by themselves.
#[derive(Debug, clap::Parser)]
struct Alone {
    #[command(flatten)]
    serve: Serve,
}

impl Serve {
    /// What `dialzio` does without a command: it serves with the sandbox, and the environment says the rest.
    pub(super) fn plain() -> Self {
        Self { found: true, ..Alone::parse_from(["dialzio", "--sandbox"]).serve }
    }

    pub(super) async fn run(self) -> Outcome {
        let _log = super::log::begin();
        if !self.listen.ip().is_loopback()
            && self.origin.as_deref().is_none_or(|origin| !origin.starts_with("https://"))
        {
            return Err("a public address needs --origin https://…, with TLS in front of this server".into());
        }
        if self.sandbox_listen.is_some() && !self.sandbox {
            return Err("--sandbox-listen is the address of the sandbox: it needs --sandbox".into());
        }
        #[cfg(feature = "sandbox")]
        let clock = self.sandbox.then(|| Arc::new(MovedClock::of(&self.data.path)) as Arc<dyn Clock>);
        #[cfg(not(feature = "sandbox"))]
        let clock: Option<Arc<dyn Clock>> = None;
        let places = Places { sandbox: self.sandbox, ..self.data.reaching(&self.reach) };
        #[cfg(feature = "smtp")]
        let (mailer, mail_note) = self.mail.mailer(&self.data.path, self.sandbox)?;
        #[cfg(not(feature = "smtp"))]
        let (mailer, mail_note) = (None, None::<String>);
        let surroundings = Surroundings { clock, mailer };
        let crm = crate::assemble::open_in(&places, Founding::IfEmpty, surroundings).await?;
        let disk = Disk::below(&self.data.path)?;
        let listener = TcpListener::bind(self.listen).await?;
        let address = listener.local_addr()?;
        let origin = self.origin.clone().unwrap_or_else(|| format!("http://{address}"));
        let mut options = Options::for_origin(&origin).at(&self.at)?;
        options.disk = Some(disk);
        options.proxies.extend(&self.trusted_proxies);
        options.outbound_networks.clone_from(&self.outbound_networks);
        let base = options.mount.base();
        let public = format!("{origin}{base}");
        let opening = self.set_up(&crm, &public).await?;
        let server = Url::parse(&format!("http://{address}{base}"))?;
        #[cfg(feature = "sandbox")]
        let reach = if self.sandbox {
            let sandbox = self.start_sandbox(&crm, &server).await?;
            let reach = sandbox.how_to_reach();
            options.sandbox = Some(sandbox);
            Some(reach)
        } else {
            None
        };
        let closing = options.closing.clone();
        let router = crate::router(crm.clone(), options);

        let mut limits = Limits::for_this_process();
        limits.trusted.extend(&self.trusted_proxies);

        let (stop, stopped) = tokio::sync::watch::channel(false);
        let working = {
            let (crm, mut stopped) = (crm.clone(), stopped.clone());
            tokio::spawn(async move {
                crm.worker()
                    .run(async move {
                        // The sender lives until the process ends; an error means just that.
                        let _ = stopped.wait_for(|stop| *stop).await;
                    })
                    .await;
            })
        };
        #[cfg(unix)]
        if self.data.database.is_none() {
            let (crm, path, stopped) =
                (crm.clone(), super::control::socket(&self.data.path), stopped.clone());
            tokio::spawn(async move {
                crm.tasks().supervise("control", stopped, || super::control::serve(&path, &crm)).await;
            });
        }
        say(&format!("Dialzio serves {}", public.trim_end_matches('/')));
        if let Some(opening) = opening {
            say(&opening);
        }
        if let Some(mail_note) = mail_note {
            say(&mail_note);
        }
        #[cfg(feature = "sandbox")]
        if let Some(reach) = reach {
            say(&reach);
        }
        let serving = {
            let (crm, listener) = (crm.clone(), Arc::new(listener));
            tokio::spawn(async move {
                let make = || {
                    let mut down = stopped.clone();
                    let stop = async move {
                        let _ = down.wait_for(|stop| *stop).await;
                    };
                    let serving = listen::serve(Arc::clone(&listener), router.clone(), limits.clone(), stop);
                    async move {
                        serving.await;
                        Ok(())
                    }
                };
                crm.tasks().supervise("listener", stopped.clone(), make).await;
            })
        };
        signalled().await;
        tracing::info!("going down");
        closing.raise();
        stop.send_replace(true);
        tokio::select! {
            _ = tokio::time::timeout(DRAIN, serving) => {}
            () = signalled() => {}
        }
        let _ = tokio::time::timeout(Duration::from_secs(20), working).await;
        // Requests may have ended after the worker: their uses of pages are written last.
        let _ = tokio::time::timeout(Duration::from_secs(5), crm.usage().flush()).await;
        Ok(())
    }

    /// Sets up what is not there, and says what to open: the link that makes the owner's account while there is none.
    async fn set_up(&self, crm: &Crm, base: &str) -> Result<Option<String>, dialzio_core::Error> {
        let open = |link: String| Some(format!("Open {link}"));
        let Some((org, has_members)) = crm.access().oldest().await? else {
            if !self.found {
                return Ok(None);
            }
            return Ok(open(found(crm, NewOrg::named("My business"), None, base).await?.1));
        };
        match (has_members, self.found) {
            (false, true) => owner_link(crm, org, None, base).await.map(open),
            (true, _) => Ok(open(format!("{base}inbox"))),
            // Its secret was told once and is kept nowhere.
            (false, false) => Ok(Some(format!(
                "Nobody has an account yet. Open the link that `dialzio init` printed; it works below {base}"
            ))),
        }
    }

    #[cfg(feature = "sandbox")]
    async fn start_sandbox(
        &self,
        crm: &Crm,
        server: &Url,
    ) -> Result<crate::sandbox::Sandbox, Box<dyn std::error::Error + Send + Sync>> {
        let sandbox = crate::sandbox::Sandbox::start(crm, self.sandbox_listen).await?;
        let sandbox = sandbox.with_clock(MovedClock::of(&self.data.path));
        if let Some((org, _)) = crm.access().oldest().await? {
            let actor = crm.access().act_as(org, Principal::service("sandbox")?, Role::Owner.grant()).await?;
            sandbox.connect(crm, &actor, server).await?;
        }
        Ok(sandbox)
    }
}

/// Waits for the system to ask the process to end.
async fn signalled() {
    #[cfg(unix)]
    {
        use tokio::signal::unix::{SignalKind, signal};
        let (Ok(mut end), Ok(mut interrupt)) =
            (signal(SignalKind::terminate()), signal(SignalKind::interrupt()))
        else {
            return std::future::pending().await;
        };
        tokio::select! {
            _ = end.recv() => {}
            _ = interrupt.recv() => {}
        }
    }
    #[cfg(not(unix))]
    if tokio::signal::ctrl_c().await.is_err() {
        std::future::pending::<()>().await;
    }
}
