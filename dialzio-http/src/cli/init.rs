//! `dialzio init`.

use dialzio_core::access::chrono_tz_name::ZoneName;
use dialzio_core::access::{NewApiKey, NewOrg};
use dialzio_core::text::{EmailAddress, Title};
use dialzio_core::{Crm, OrgId, Permission, Region, Role};
use std::net::SocketAddr;

use super::{Data, Outcome, say};
use crate::api::members::setup_url;
use crate::assemble::Founding;
use crate::mount::Mount;

/// Sets an organisation up.
#[derive(Debug, clap::Args)]
pub(super) struct Init {
    #[command(flatten)]
    data: Data,
    /// The organisation's name.
    #[arg(long)]
    org: String,
    /// The owner's e-mail address.
    #[arg(long)]
    owner: String,
    /// Its country, in two letters: numbers without a country code are read as they are dialled there.
    #[arg(long)]
    country: Option<String>,
    /// Its time zone, such as Asia/Kolkata, which proposes the country too.
    #[arg(long)]
    zone: Option<String>,
    /// The address that `dialzio serve --listen` will have. The link starts with it, unless there is a public one.
    #[arg(long, env = "DIALZIO_LISTEN", default_value = "127.0.0.1:8080")]
    listen: SocketAddr,
    /// The public address that links start with, if it is another than the one listened on.
    #[arg(long, env = "DIALZIO_ORIGIN")]
    origin: Option<String>,
    /// The path that the server answers below, as `dialzio serve --at` has it.
    #[arg(long, env = "DIALZIO_AT", default_value = "/")]
    at: String,
    /// Answer as JSON.
    #[arg(long)]
    json: bool,
}

/// Founds an organisation and invites its owner: the organisation, and the link below `base`.
pub(super) async fn found(
    crm: &Crm,
    new: NewOrg,
    owner: Option<EmailAddress>,
    base: &str,
) -> Result<(OrgId, String), dialzio_core::Error> {
    let org = crm.access().found(new).await?.org;
    let link = owner_link(crm, org, owner, base).await?;
    Ok((org, link))
}

/// A link that makes an owner's account.
pub(super) async fn owner_link(
    crm: &Crm,
    org: OrgId,
    owner: Option<EmailAddress>,
    base: &str,
) -> Result<String, dialzio_core::Error> {
    let operator = crm.operator("a link for the first owner")?.acting_in(org).await?;
    let token = crm.access().invite(&operator, owner, Role::Owner).await?;
    Ok(setup_url(base, token.reveal()))
}

impl Init {
    pub(super) async fn run(self) -> Outcome {
        let owner: EmailAddress = self.owner.parse()?;
        let mut new = NewOrg::named(&self.org);
        if let Some(zone) = &self.zone {
            new = new.in_zone(ZoneName::parse(zone).ok_or("--zone is an IANA name such as Asia/Kolkata")?);
        }
        if let Some(country) = &self.country {
            let country = Region::parse(country).ok().filter(Region::is_known);
            new = new.in_country(country.ok_or("--country is two letters such as IN")?);
        }
        let origin = self.origin.clone().unwrap_or_else(|| format!("http://{}", self.listen));
        let base = format!("{}{}", origin.trim_end_matches('/'), Mount::parse(&self.at)?.base());
        let crm = crate::assemble::open(&self.data.places(), Founding::Init, None).await?;
        let (org, link) = found(&crm, new, Some(owner), &base).await?;
        let operator = crm.operator("init")?.acting_in(org).await?;
        let name = Title::parse("Made by init")?;
        let (_, key) = crm.access().create_key(&operator, NewApiKey::new(name, Permission::ALL)).await?;
        if self.json {
            let answer =
                serde_json::json!({ "organisation_id": org, "setup_url": link, "api_key": key.reveal() });
            say(&answer.to_string());
        } else {
            say(&format!("Organisation {org} is set up.\nOpen {link} to make the owner's account."));
            say(&format!("API key, shown once: {}", key.reveal()));
        }
        Ok(())
    }
}
