//! The sandbox: an emulated provider inside the server, with one connected number, and a person who plays the customer.

mod clock;
mod past;
mod telephone;

pub use clock::MovedClock;
pub use telephone::Telephone;

use dialzio_core::account::{NewAccount, NewApp};
use dialzio_core::text::Title;
use dialzio_core::{Actor, Crm, Error};
use dialzio_whatsapp::emulator::{Behaviour, CustomerIdentity, EmulatedNumber, Emulator, EmulatorConfig};
use secrecy::ExposeSecret;
use std::net::SocketAddr;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use url::Url;

/// The emulated provider and the number that is connected to it.
#[derive(Debug, Clone)]
pub struct Sandbox {
    emulator: Emulator,
    number: String,
    telephone: Telephone,
    clock: Option<MovedClock>,
    play: Arc<Play>,
}

/// What is played by the page.
#[derive(Debug, Default)]
struct Play {
    invented: Mutex<Vec<CustomerIdentity>>,
    day: Mutex<Day>,
    stop: AtomicBool,
}

/// How far the day of sample conversations has come.
#[derive(Debug, Clone, Default)]
pub struct Day {
    /// How many messages of the sample day were sent so far.
    pub done: u64,
    /// Messages in all.
    pub total: u64,
    /// Whether it runs.
    pub is_running: bool,
    /// What it came to.
    pub outcome: Option<String>,
}

/// The sandbox's number at the emulated provider.
const NUMBER: &str = "100200300400500";
/// The business account that owns it.
const BUSINESS: &str = "500400300200100";
/// The number as people see it.
const DISPLAY: &str = "+91 80 4718 0000";

impl Sandbox {
    /// Starts an emulated provider at this address, or on a free port of the loopback interface.
    ///
    /// # Errors
    /// If the address is not of the loopback interface, or cannot be had.
    pub async fn start(crm: &Crm, listen: Option<SocketAddr>) -> std::io::Result<Self> {
        let clock = crm.clone();
        let mut config = EmulatorConfig::new(Arc::new(move || clock.clock().now()));
        if let Some(listen) = listen {
            if !listen.ip().is_loopback() {
                // It speaks plain http, and who reaches it can play a customer.
                let why = format!(
                    "the sandbox listens on this machine alone, such as 127.0.0.1:8090, not on {listen}"
                );
                return Err(std::io::Error::new(std::io::ErrorKind::InvalidInput, why));
            }
            config.addr = listen;
        }
        // As on the platform, a moment passes between the ticks.
        config.behaviour =
            Behaviour { status_delay: std::time::Duration::from_millis(400), ..config.behaviour };
        let emulator = Emulator::start(config).await?;
        let telephone = Telephone::start(crm).await?;
        Ok(Self { emulator, number: NUMBER.to_owned(), telephone, clock: None, play: Arc::default() })
    }

    /// With the clock that the CRM shows its times by, which the page can then move forward.
    #[must_use]
    pub fn with_clock(self, clock: MovedClock) -> Self {
        Self { clock: Some(clock), ..self }
    }

    /// The clock, if it can be moved.
    #[must_use]
    pub const fn clock(&self) -> Option<&MovedClock> {
        self.clock.as_ref()
    }

    /// Connects the organisation to the emulated telephone services and the emulated number, once: an app, an account, and the webhook back to `server`. Of an
    /// earlier run it puts the people, what was written and the reply windows back.
    ///
    /// # Errors
    /// [`Error`] if the account cannot be connected.
    pub async fn connect(&self, crm: &Crm, by: &Actor, server: &Url) -> Result<(), Error> {
        self.telephone.connect(crm, by, server).await?;
        let accounts = crm.accounts();
        // The secrets are as lasting as the organisation, and worth nothing outside this process.
        let (token, secret) = (format!("sandbox-token-{}", by.org()), format!("sandbox-secret-{}", by.org()));
        let known = accounts.list(by).await?.into_iter().find(|account| account.routing_key == self.number);
        let apps = accounts.apps(by).await?;
        let app = match known.as_ref().and_then(|account| apps.into_iter().find(|app| app.id == account.app))
        {
            Some(app) => app,
            None => {
                let name = Title::parse("Sandbox").map_err(|_| Error::Unauthenticated)?;
                let new = NewApp {
                    provider: "whatsapp".to_owned(),
                    name,
                    secrets: vec![secret.clone().into()],
                    verify_token: Some("sandbox".to_owned().into()),
                };
                accounts.register_app(by, new).await?
            }
        };
        let webhook = server.join(&format!("hooks/{}", app.hook)).ok();
        let business = crm.access().org(by).await?.name.reveal().to_owned();
        self.emulator.add_number(EmulatedNumber {
            phone_number_id: self.number.clone(),
            waba_id: BUSINESS.to_owned(),
            display_phone_number: DISPLAY.to_owned(),
            verified_name: business,
            access_token: token.clone().into(),
            app_secret: secret.into(),
            webhook_url: webhook,
        });
        self.emulator.add_sample_templates(BUSINESS);
        if let Some(account) = known {
            accounts.rebase(by, account.id, Some(self.emulator.base_url())).await?;
            return past::restore(self, crm, by, account.id).await;
        }
        let name = Title::parse("Shop line").map_err(|_| Error::Unauthenticated)?;
        let new = NewAccount {
            app: app.id,
            name,
            routing_key: self.number.clone(),
            business_id: Some(BUSINESS.to_owned()),
            portfolio: None,
            credentials: [("access_token", token)].into(),
            base_url: Some(self.emulator.base_url()),
        };
        accounts.connect(by, new).await?.routable().map(drop)
    }

    /// How other clients of the Cloud API reach the emulated provider: its address, and for each number its id, its business
    /// account and its token. For the terminal only, since it holds the token.
    #[must_use]
    pub fn how_to_reach(&self) -> String {
        let mut told = format!("The sandbox's WhatsApp listens on {}", self.emulator.base_url());
        for number in self.emulator.numbers() {
            told.push_str(&format!(
                "\n  phone number id {}, business account id {}, access token {}",
                number.phone_number_id,
                number.waba_id,
                number.access_token.expose_secret()
            ));
        }
        told
    }

    /// The emulated provider.
    #[must_use]
    pub const fn emulator(&self) -> &Emulator {
        &self.emulator
    }

    /// The emulated telephone services.
    #[must_use]
    pub const fn telephone(&self) -> &Telephone {
        &self.telephone
    }

    /// The connected number's id at the emulated provider.
    #[must_use]
    pub fn number(&self) -> &str {
        &self.number
    }

    /// All people whose phone can be played: those that were invented and those the number has met.
    #[must_use]
    pub fn people(&self) -> Vec<CustomerIdentity> {
        let mut people = self.emulator.customers(&self.number);
        let invented = self.play.invented.lock().unwrap_or_else(PoisonError::into_inner);
        for person in invented.iter() {
            if !people.iter().any(|known| known.user_id == person.user_id) {
                people.push(person.clone());
            }
        }
        people
    }

    /// Invents a person.
    pub fn invent(&self, person: CustomerIdentity) {
        let mut invented = self.play.invented.lock().unwrap_or_else(PoisonError::into_inner);
        invented.retain(|known| known.user_id != person.user_id);
        invented.push(person);
    }

    /// How far the day of sample conversations has come.
    #[must_use]
    pub fn day(&self) -> Day {
        self.play.day.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Begins a day of so many messages. `false` if one runs already.
    #[must_use]
    pub fn begin_day(&self, total: u64) -> bool {
        let mut day = self.play.day.lock().unwrap_or_else(PoisonError::into_inner);
        if day.is_running {
            return false;
        }
        self.play.stop.store(false, Ordering::Release);
        *day = Day { total, is_running: true, ..Day::default() };
        true
    }

    /// One message more was played. `false` if the day is to end.
    #[must_use]
    pub fn step_day(&self) -> bool {
        self.play.day.lock().unwrap_or_else(PoisonError::into_inner).done += 1;
        !self.play.stop.load(Ordering::Acquire)
    }

    /// Asks a running day to end.
    pub fn stop_day(&self) {
        self.play.stop.store(true, Ordering::Release);
    }

    /// Ends the day with what it came to.
    pub fn end_day(&self, outcome: String) {
        let mut day = self.play.day.lock().unwrap_or_else(PoisonError::into_inner);
        day.is_running = false;
        day.outcome = Some(outcome);
    }
}
