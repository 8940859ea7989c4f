//! The telephone services of the sandbox: both providers, emulated, each with one connected account, and a telephone on the desk
//! of each member.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, PoisonError};

use dialzio_core::account::{NewAccount, NewApp, ProviderAccount};
use dialzio_core::call::NewAgent;
use dialzio_core::text::{PersonName, Title};
use dialzio_core::{AccountId, AccountProblem, Actor, Crm, Error, MemberId, OrgId, PhoneNumber};
use dialzio_telephony::emulator::{EmulatedAccount, EmulatedAgent, Emulator, EmulatorConfig, Product};
use url::Url;

/// How many telephones there are.
const DESKS: u64 = 9;

/// One of the two services.
struct Service {
    product: Product,
    provider: &'static str,
    app_id: u64,
    number: &'static str,
    name: &'static str,
}

/// The services that are connected.
const SERVICES: [Service; 2] = [
    Service {
        product: Product::TeleCmi,
        provider: "telecmi",
        app_id: 1_234_567,
        number: "914471000001",
        name: "Front desk (TeleCMI)",
    },
    Service {
        product: Product::Piopiy,
        provider: "piopiy",
        app_id: 7_654_321,
        number: "914471000002",
        name: "Hotline (Piopiy)",
    },
];

/// The emulated telephone services.
#[derive(Debug, Clone)]
pub struct Telephone {
    vendor: Emulator,
    /// Members who have a telephone.
    seated: Arc<Mutex<BTreeSet<MemberId>>>,
    /// Where the service of an App ID can ask what to do with calls.
    answers: Arc<Mutex<BTreeMap<(OrgId, u64), Url>>>,
}

/// The number of a desk, as digits with the country code.
fn desk(place: u64) -> String {
    format!("9144710001{place:02}")
}

impl Telephone {
    /// Starts both services on a free port of the loopback interface.
    ///
    /// # Errors
    /// If no port can be had.
    pub async fn start(crm: &Crm) -> std::io::Result<Self> {
        let clock = crm.clone();
        let config = EmulatorConfig::new(Arc::new(move || clock.clock().now()));
        Ok(Self { vendor: Emulator::start(config).await?, seated: Arc::default(), answers: Arc::default() })
    }

    /// The emulated services.
    #[must_use]
    pub const fn vendor(&self) -> &Emulator {
        &self.vendor
    }

    /// The product of a provider's word, with the App ID and the number of its account.
    #[must_use]
    pub fn account_of(provider: &str) -> Option<(Product, u64, &'static str)> {
        let found = SERVICES.iter().find(|service| service.provider == provider)?;
        Some((found.product, found.app_id, found.number))
    }

    /// Who is rung first for a call that comes in.
    #[must_use]
    pub fn first_desk(product: Product) -> String {
        match product {
            Product::TeleCmi => format!("101_{}", SERVICES[0].app_id),
            Product::Piopiy => desk(1),
        }
    }

    /// Connects the organisation to both services, once: an app, an account, and the webhook back to `server`. A host that has
    /// registered none of them, or one, has no account at the others.
    ///
    /// # Errors
    /// [`Error`] if an account cannot be connected.
    pub async fn connect(&self, crm: &Crm, by: &Actor, server: &Url) -> Result<(), Error> {
        for service in &SERVICES {
            match self.connect_one(crm, by, server, service).await {
                Err(Error::Account(AccountProblem::NoProvider)) => {}
                done => done?,
            }
        }
        Ok(())
    }

    async fn connect_one(&self, crm: &Crm, by: &Actor, server: &Url, service: &Service) -> Result<(), Error> {
        let accounts = crm.accounts();
        let secret = format!("sandbox-secret-{}", by.org());
        let name = || Title::parse(service.name).map_err(|_| Error::Unauthenticated);
        let known = find(crm, by, service).await?;
        let apps = accounts.apps(by).await?;
        let app = match known.as_ref().and_then(|account| apps.into_iter().find(|app| app.id == account.app))
        {
            Some(app) => app,
            None => {
                let provider = service.provider.to_owned();
                let new = NewApp { provider, name: name()?, secrets: Vec::new(), verify_token: None };
                accounts.register_app(by, new).await?
            }
        };
        self.vendor.add_account(EmulatedAccount {
            product: service.product,
            app_id: service.app_id,
            secret: secret.clone().into(),
            numbers: vec![service.number.to_owned()],
            agents: match service.product {
                Product::TeleCmi => (1..=DESKS).map(agent).collect(),
                Product::Piopiy => Vec::new(),
            },
            follow_me: true,
            recorded: true,
            webhook_url: server.join(&format!("hooks/{}", app.hook)).ok(),
        });
        if let Ok(answers) = server.join(&format!("hooks/{}/answer", app.hook)) {
            let mut known = self.answers.lock().unwrap_or_else(PoisonError::into_inner);
            known.insert((by.org(), service.app_id), answers);
        }
        match known {
            Some(account) => accounts.rebase(by, account.id, Some(self.vendor.base_url())).await.map(drop),
            None => {
                let credentials = match service.product {
                    Product::TeleCmi => [("secret", secret), ("user_token", token(1))].into(),
                    Product::Piopiy => [("secret", secret), ("caller_id", service.number.to_owned())].into(),
                };
                let new = NewAccount {
                    app: app.id,
                    name: name()?,
                    routing_key: service.app_id.to_string(),
                    business_id: None,
                    portfolio: None,
                    credentials,
                    base_url: Some(self.vendor.base_url()),
                };
                let account = accounts.connect(by, new).await?.routable()?;
                if service.product == Product::TeleCmi {
                    crm.calls().list_agents(by, account.id).await?;
                }
                Ok(())
            }
        }
    }

    /// Whether a provider asks what to do with calls of an organisation: once one of its call flows is switched on, its answer
    /// address is entered there, and taken out when none is.
    ///
    /// # Errors
    /// [`Error`] if the call flows cannot be read.
    pub async fn asks(&self, crm: &Crm, by: &Actor, product: Product) -> Result<bool, Error> {
        let Some(service) = SERVICES.iter().find(|service| service.product == product) else {
            return Ok(false);
        };
        let Some(account) = find(crm, by, service).await? else { return Ok(false) };
        let flows = crm.call_flows().all(by).await?;
        let is_on = flows.iter().any(|flow| flow.enabled && flow.account == account.id);
        let answers = self.answers.lock().unwrap_or_else(PoisonError::into_inner);
        let address = answers.get(&(by.org(), service.app_id)).filter(|_| is_on).cloned();
        let asks = address.is_some();
        // An account that the vendor does not have yet is asked nothing.
        Ok(self.vendor.set_answer_address(service.product, service.app_id, address).is_ok() && asks)
    }

    /// Puts a telephone of each service on the desk of a member, once.
    ///
    /// # Errors
    /// [`Error`] if the agents cannot be read or written.
    pub async fn seat(&self, crm: &Crm, by: &Actor, member: MemberId) -> Result<(), Error> {
        if !self.seated.lock().unwrap_or_else(PoisonError::into_inner).insert(member) {
            return Ok(());
        }
        for service in &SERVICES {
            let Some(account) = find(crm, by, service).await? else { continue };
            let agents = crm.calls().agents(by, account.id).await?;
            if agents.iter().any(|agent| agent.member == Some(member)) {
                continue;
            }
            match service.product {
                Product::TeleCmi => {
                    if let Some(free) = agents.iter().find(|agent| agent.member.is_none()) {
                        crm.calls().map_agent(by, account.id, &free.id, Some(member)).await?;
                    }
                }
                Product::Piopiy => self.add_desk(crm, by, account.id, agents.len() as u64, member).await?,
            }
        }
        Ok(())
    }

    async fn add_desk(
        &self,
        crm: &Crm,
        by: &Actor,
        account: AccountId,
        taken: u64,
        member: MemberId,
    ) -> Result<(), Error> {
        let place = taken + 1;
        let Ok(phone) = PhoneNumber::from_digits(&desk(place)) else { return Ok(()) };
        let name = PersonName::parse(&format!("Desk {place}")).ok();
        crm.calls().add_agent(by, account, NewAgent { name, phone, member: Some(member) }).await.map(drop)
    }
}

fn token(place: u64) -> String {
    format!("sandbox-user-{place}")
}

fn agent(place: u64) -> EmulatedAgent {
    EmulatedAgent {
        id: format!("{}_{}", 100 + place, SERVICES[0].app_id),
        name: format!("Desk {place}"),
        phone: desk(place),
        token: token(place).into(),
    }
}

async fn find(crm: &Crm, by: &Actor, service: &Service) -> Result<Option<ProviderAccount>, Error> {
    let all = crm.accounts().list(by).await?;
    let is_it = |account: &ProviderAccount| {
        account.provider == service.provider && account.routing_key == service.app_id.to_string()
    };
    Ok(all.into_iter().find(is_it))
}
