//! Settings: keys for programs. A key is shown once, when it is made.

use axum::http::StatusCode;
use axum::response::{Html, IntoResponse, Response};
use dialzio_core::access::{AddressList, ApiKey, ApiKeyPatch, KeyUse, NewApiKey, Token};
use dialzio_core::text::Title;
use dialzio_core::{ApiKeyId, Error, Permission, Revision};

use super::page_context::{PageContext, show};
use super::view::Choice;
use super::view::api_keys::{KeyEdit, KeyForm, KeyList, KeyRow, KeysPage, NewSecret, PermissionChoice};
use super::view::shell::Place;
use crate::api::Id;
use crate::api::keys::OVERLAP;
use crate::form::Fields;
use crate::problem::Problem;

/// How long a key may last, in days, and what people call that.
const LIVES: [(u16, &str); 4] = [(7, "7 days"), (30, "30 days"), (90, "90 days"), (365, "A year")];

/// What people call a permission.
const fn permission_words(permission: Permission) -> &'static str {
    match permission {
        Permission::ContactsRead => "See contacts, notes and tasks",
        Permission::ContactsReveal => "See numbers and email addresses whole",
        Permission::ContactsWrite => "Change contacts, notes and tasks",
        Permission::ConversationsRead => "See conversations and messages",
        Permission::ConversationsWrite => "Assign, snooze and close conversations",
        Permission::MessagesSend => "Send messages",
        Permission::MediaRead => "Open files and recordings",
        Permission::MediaDelete => "Delete recordings",
        Permission::CallsRead => "See calls and reports",
        Permission::CallsWrite => "Place and change calls",
        Permission::ConsentRead => "See consents",
        Permission::ConsentWrite => "Record and withdraw consents",
        Permission::AccountsRead => "See channels and templates",
        Permission::AccountsManage => "Connect and change channels",
        Permission::MembersRead => "See who works here",
        Permission::MembersManage => "Manage members and keys",
        Permission::SettingsManage => "Change settings",
        Permission::SignOnManage => "Manage single sign-on",
        Permission::QuarantineManage => "Handle unprocessed events",
        Permission::AuditRead => "Read the audit log",
        Permission::EventsRead => "Follow live events",
        Permission::ViewsShare => "Share views of lists",
    }
}

/// What the list shows beside the keys.
#[derive(Debug, Default)]
struct Beside {
    form: KeyForm,
    secret: Option<NewSecret>,
    done: Option<String>,
    /// The form of a key that was refused.
    edit: Option<(ApiKeyId, KeyEdit)>,
}

/// `GET /settings/api-keys`.
pub(crate) async fn page(ctx: PageContext) -> Result<Html<String>, Problem> {
    let list = list(&ctx, Beside::default()).await?;
    show(&KeysPage { shell: ctx.shell("API keys", Place::ApiKeys).await?, list })
}

/// `POST /web/api-keys`: makes one.
pub(crate) async fn create(ctx: PageContext, fields: Fields) -> Result<Response, Problem> {
    let chosen: Vec<Permission> =
        Permission::ALL.iter().copied().filter(|one| fields.get(one.as_str()) == "on").collect();
    let days = fields.get("days").parse().unwrap_or(NewApiKey::DAYS);
    let mut form =
        KeyForm { name: fields.get("name").to_owned(), chosen: chosen.clone(), ..KeyForm::default() };
    form.days = days;
    fields.get("addresses").clone_into(&mut form.addresses);
    let addresses = addresses(&fields);
    if let Err(problem) = &addresses {
        form.addresses_error = Some(problem.clone());
    }
    let name = Title::parse(fields.get("name").trim());
    if let Err(error) = &name {
        form.name_error = Some(format!("The name {error}."));
    }
    if chosen.is_empty() {
        form.permissions_error = Some("Choose at least one.".to_owned());
    }
    let (Ok(name), Ok(addresses), None) = (name, addresses, &form.permissions_error) else {
        let list = list(&ctx, Beside { form, ..Beside::default() }).await?;
        return Ok((StatusCode::UNPROCESSABLE_ENTITY, show(&list)?).into_response());
    };
    let called = name.reveal().to_owned();
    let new = NewApiKey::new(name, &chosen).lasting(days).allowed_from(addresses);
    let (_, token) = ctx.crm().access().create_key(&ctx.actor, new).await?;
    made(&ctx, &called, &token).await
}

/// The addresses of a form, or what is wrong with them.
fn addresses(fields: &Fields) -> Result<AddressList, String> {
    let lines: Vec<_> = fields.get("addresses").lines().collect();
    AddressList::parse(&lines).map_err(|error| format!("The list {error}."))
}

/// `POST /web/api-keys/{key}`: another name, or other addresses.
pub(crate) async fn change(
    ctx: PageContext,
    Id(id): Id<ApiKeyId>,
    fields: Fields,
) -> Result<Response, Problem> {
    let revision = fields.get("revision").parse().map(Revision);
    let revision = revision.map_err(|_| Problem::invalid("revision", "is not a revision"))?;
    let mut edit = KeyEdit {
        name: fields.get("name").to_owned(),
        addresses: fields.get("addresses").to_owned(),
        is_open: true,
        ..KeyEdit::default()
    };
    match (Title::parse(edit.name.trim()), addresses(&fields)) {
        (Ok(name), Ok(allowed_from)) => {
            let patch = ApiKeyPatch { name: Some(name), allowed_from: Some(allowed_from) };
            match ctx.crm().access().change_key(&ctx.actor, id, Some(revision), patch).await {
                Ok(key) => {
                    let done = Some(format!("{} was saved.", key.name.reveal()));
                    return Ok(
                        show(&list(&ctx, Beside { done, ..Beside::default() }).await?)?.into_response()
                    );
                }
                Err(Error::Stale { .. }) => {
                    edit.problem = Some(
                        "Somebody else changed this key meanwhile. Look again and repeat it.".to_owned(),
                    );
                }
                Err(error) => return Err(error.into()),
            }
        }
        (name, addresses) => {
            edit.name_error = name.err().map(|error| format!("The name {error}."));
            edit.addresses_error = addresses.err();
        }
    }
    let list = list(&ctx, Beside { edit: Some((id, edit)), ..Beside::default() }).await?;
    Ok((StatusCode::UNPROCESSABLE_ENTITY, show(&list)?).into_response())
}

/// `POST /web/api-keys/{key}/rotate`: another one in its place.
pub(crate) async fn rotate(ctx: PageContext, Id(id): Id<ApiKeyId>) -> Result<Response, Problem> {
    let access = ctx.crm().access();
    let name = access.key(&ctx.actor, id).await?.name.reveal().to_owned();
    let (_, token) = access.rotate_key(&ctx.actor, id, OVERLAP).await?;
    made(&ctx, &name, &token).await
}

async fn made(ctx: &PageContext, name: &str, token: &Token) -> Result<Response, Problem> {
    let secret = NewSecret { name: name.into(), secret: token.reveal().to_owned() };
    let list = list(ctx, Beside { secret: Some(secret), ..Beside::default() }).await?;
    Ok(show(&list)?.into_response())
}

/// `POST /web/api-keys/{key}/revoke`. One that has ended meanwhile is gone, which is what was asked for.
pub(crate) async fn revoke(ctx: PageContext, Id(id): Id<ApiKeyId>) -> Result<Html<String>, Problem> {
    let done = match ctx.crm().access().revoke_key(&ctx.actor, id, None).await {
        Ok(key) => format!("{} was revoked.", key.name.reveal()),
        Err(Error::NotFound { .. }) => "The key is gone.".to_owned(),
        Err(error) => return Err(error.into()),
    };
    show(&list(&ctx, Beside { done: Some(done), ..Beside::default() }).await?)
}

async fn list(ctx: &PageContext, beside: Beside) -> Result<KeyList, Problem> {
    let access = ctx.crm().access();
    let (keys, uses) = (access.keys(&ctx.actor).await?, access.key_uses(&ctx.actor).await?);
    let is_good = |key: &&ApiKey| key.revoked_at.is_none() && key.expires_at > ctx.now;
    let mut rows: Vec<_> = keys.iter().filter(is_good).map(|key| row(ctx, key, &uses)).collect();
    rows.reverse();
    if let Some((id, typed)) = beside.edit {
        let id = id.to_string();
        let open = rows.iter_mut().find(|row| row.id == id).and_then(|row| row.edit.as_mut());
        if let Some(edit) = open {
            let revision = std::mem::take(&mut edit.revision);
            *edit = KeyEdit { revision, ..typed };
        }
    }
    let mut form = beside.form;
    if form.days == 0 {
        form.days = NewApiKey::DAYS;
    }
    form.lives = LIVES
        .iter()
        .map(|(days, words)| Choice { selected: *days == form.days, ..Choice::new(days.to_string(), *words) })
        .collect();
    // No key permits more than who makes it.
    form.permissions = Permission::ALL
        .iter()
        .filter(|permission| ctx.may(**permission))
        .map(|permission| PermissionChoice {
            name: permission.as_str(),
            label: permission_words(*permission),
            is_chosen: form.chosen.contains(permission),
        })
        .collect();
    Ok(KeyList { rows, form, secret: beside.secret, done: beside.done })
}

fn row(ctx: &PageContext, key: &ApiKey, uses: &[KeyUse]) -> KeyRow {
    let maker = match key.made_by {
        Some(member) => ctx.member(member).unwrap_or_else(|| "a former member".to_owned()),
        None => "the installation".to_owned(),
    };
    let permits = if key.permissions.len() == Permission::ALL.len() {
        "Everything".to_owned()
    } else {
        key.permissions.iter().map(|one| permission_words(*one)).collect::<Vec<_>>().join(" · ")
    };
    let used = match uses.iter().find(|used| used.key == key.id) {
        Some(KeyUse { at, network: Some(network), .. }) => {
            format!("Last used {} from {network}", ctx.when(*at))
        }
        Some(used) => format!("Last used {}", ctx.when(used.at)),
        None => "Never used".to_owned(),
    };
    let allowed: Vec<_> = key.allowed_from.entries().collect();
    let from = if allowed.is_empty() {
        "Works from everywhere".to_owned()
    } else {
        format!("Works only from {}", allowed.join(", "))
    };
    let edit = key.permissions.iter().all(|one| ctx.may(*one)).then(|| KeyEdit {
        revision: key.revision.0.to_string(),
        name: key.name.reveal().to_owned(),
        addresses: allowed.join("\n"),
        ..KeyEdit::default()
    });
    KeyRow {
        id: key.id.to_string(),
        name: key.name.reveal().into(),
        permits,
        made: format!("Made by {maker}, {}", ctx.when(key.created_at)),
        ends: format!("Ends {}", ctx.when(key.expires_at)),
        used,
        from,
        edit,
    }
}
