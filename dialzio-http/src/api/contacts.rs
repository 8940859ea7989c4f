//! Contacts and their identities.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use chrono::{DateTime, Utc};
use dialzio_core::consent::Channel;
use dialzio_core::contact::{
    Alias, AliasKind, ChannelIdentity, Contact, ContactPatch, Detail, DetailValue, Doubt, DoubtAnswer,
    NameSource, NewContact, Stage,
};
use dialzio_core::text::{EmailAddress, Label, PersonName, TagName, Username};
use dialzio_core::{
    Actor, ChannelIdentityId, ContactId, Identifiers, MemberId, PhoneNumber, Region, Revision,
};
use serde::{Deserialize, Deserializer, Serialize};
use utoipa::ToSchema;

use super::revision::{IfMatch, Revised, refusal};
use super::{Body, Id, Ids, List, text, word};
use crate::auth::Caller;
use crate::problem::Problem;
use crate::state::AppState;

/// What a detail is.
#[derive(Debug, Clone, Copy, ToSchema)]
#[schema(rename_all = "lowercase")]
pub enum DetailKind {
    /// A telephone number.
    Phone,
    /// An e-mail address.
    Email,
}

/// A telephone number or an e-mail address of a contact.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Detail)]
pub struct DetailJson {
    #[schema(value_type = DetailKind)]
    kind: &'static str,
    /// E.164, or an address. For who sees it masked: `+91 •••• ••••21`, `a••••@example.com`. Given back, a mask stands for the value
    /// that it is the mask of.
    value: String,
    /// How the number was written.
    #[schema(required)]
    as_written: Option<String>,
    /// The extension that was written behind the number.
    #[schema(required)]
    extension: Option<String>,
    /// A word beside it, such as "work".
    #[schema(required)]
    label: Option<String>,
}

/// A telephone number or an e-mail address to be kept. What an answer had beside it is accepted and ignored.
#[derive(Debug, Deserialize, ToSchema)]
#[schema(as = NewDetail)]
pub struct NewDetailJson {
    #[schema(value_type = DetailKind)]
    kind: String,
    /// An address, or a number in any international form or as it is dialled in the organisation's country.
    value: String,
    /// A word beside it, such as "work".
    #[schema(value_type = Option<Label>)]
    label: Option<String>,
}

/// A person that the organisation talks to, with numbers, addresses and tags.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Contact)]
pub struct ContactJson {
    id: ContactId,
    #[schema(required)]
    name: Option<String>,
    /// `typed`, or `profile`: then the name follows that of the person's profile until it is changed.
    name_source: NameSource,
    stage: Stage,
    /// The member who looks after the contact.
    #[schema(required)]
    owner: Option<MemberId>,
    details: Vec<DetailJson>,
    tags: Vec<String>,
    /// Processing is restricted: nothing but answers is sent.
    restricted: bool,
    revision: Revision,
    created_at: DateTime<Utc>,
    updated_at: DateTime<Utc>,
}

impl ContactJson {
    /// A contact as its reader may see it.
    pub(crate) fn of(contact: &Contact, seen: Identifiers) -> Self {
        let detail = |detail: &Detail| DetailJson {
            kind: detail.value.kind(),
            value: value_of(&detail.value, seen),
            as_written: match &detail.value {
                DetailValue::Phone { as_written, .. } if seen.are_whole() => {
                    Some(as_written.reveal().to_owned())
                }
                DetailValue::Phone { number, .. } => Some(number.masked()),
                DetailValue::Email(_) => None,
            },
            extension: detail
                .value
                .extension()
                .filter(|_| seen.are_whole())
                .map(|digits| digits.reveal().to_owned()),
            label: detail.label.as_ref().map(|label| label.reveal().to_owned()),
        };
        Self {
            id: contact.id,
            name: contact.name.as_ref().map(|name| seen.name(name.reveal()).into_owned()),
            name_source: contact.name_source,
            stage: contact.stage,
            owner: contact.owner,
            details: contact.details.iter().map(detail).collect(),
            tags: contact.tags.iter().map(|tag| tag.reveal().to_owned()).collect(),
            restricted: contact.restricted,
            revision: contact.revision,
            created_at: contact.created_at,
            updated_at: contact.updated_at,
        }
    }
}

/// A number in E.164 or an address, or its mask.
fn value_of(value: &DetailValue, seen: Identifiers) -> String {
    match value {
        DetailValue::Phone { number, .. } => seen.number(number),
        DetailValue::Email(email) => seen.email(email),
    }
}

/// Details as they are given. Who sees those of a contact masked gives a mask back for one that stays.
fn read_details(
    given: &[NewDetailJson],
    country: Option<Region>,
    mut masked: Vec<DetailValue>,
) -> Result<Vec<Detail>, Problem> {
    let each = |detail: &NewDetailJson| {
        let label = detail.label.as_deref().map(|label| text::<Label>("label", label)).transpose()?;
        let is_meant = |known: &DetailValue| {
            known.kind() == detail.kind && value_of(known, Identifiers::Masked) == detail.value
        };
        if let Some(place) = masked.iter().position(is_meant) {
            return Ok(Detail { value: masked.remove(place), label });
        }
        let value = match detail.kind.as_str() {
            "phone" => {
                let wrong = |error| {
                    Problem::invalid("details", format!("hold a number that cannot be used: {error}"))
                };
                Detail::written(&detail.value, country).map_err(wrong)?.value
            }
            "email" => DetailValue::Email(text::<EmailAddress>("details", &detail.value)?),
            _ => return Err(Problem::invalid("details", "have a kind of phone or email")),
        };
        Ok(Detail { value, label })
    };
    if given.len() > Contact::MAX_DETAILS {
        return Err(Problem::invalid("details", format!("are at most {}", Contact::MAX_DETAILS)));
    }
    given.iter().map(each).collect()
}

fn read_tags(given: &[String]) -> Result<Vec<TagName>, Problem> {
    if given.len() > Contact::MAX_TAGS {
        return Err(Problem::invalid("tags", format!("are at most {}", Contact::MAX_TAGS)));
    }
    given.iter().map(|tag| text("tags", tag)).collect()
}

/// A new contact.
#[derive(Debug, Deserialize, ToSchema)]
#[schema(as = NewContact)]
#[serde(deny_unknown_fields)]
pub struct NewContactJson {
    #[schema(value_type = Option<PersonName>)]
    name: Option<String>,
    #[schema(value_type = Option<Stage>)]
    stage: Option<String>,
    #[schema(max_items = 20)]
    #[serde(default)]
    details: Vec<NewDetailJson>,
    #[schema(value_type = Vec<TagName>, max_items = 50)]
    #[serde(default)]
    tags: Vec<String>,
}

/// `POST /v1/contacts`.
pub async fn create(
    State(state): State<AppState>,
    Caller(actor): Caller,
    Body(new): Body<NewContactJson>,
) -> Result<(StatusCode, Json<ContactJson>), Problem> {
    let country = state.crm().contacts().dials_in(&actor).await?;
    let new = NewContact {
        name: new.name.as_deref().map(|name| text("name", name)).transpose()?,
        stage: new.stage.as_deref().map(|stage| word("stage", stage)).transpose()?,
        details: read_details(&new.details, country, Vec::new())?,
        tags: read_tags(&new.tags)?,
    };
    let contact = state.crm().contacts().create(&actor, new).await?;
    Ok((StatusCode::CREATED, Json(ContactJson::of(&contact, actor.identifiers()))))
}

/// `GET /v1/contacts/{contact}`.
pub async fn get(
    State(state): State<AppState>,
    Caller(actor): Caller,
    Id(id): Id<ContactId>,
) -> Result<Revised<ContactJson>, Problem> {
    Ok(shown(&state, &actor, id).await?)
}

/// A contact and its tag.
async fn shown(
    state: &AppState,
    actor: &Actor,
    id: ContactId,
) -> Result<Revised<ContactJson>, dialzio_core::Error> {
    let contact = state.crm().contacts().get(actor, id).await?;
    Ok(Revised::at(contact.revision, ContactJson::of(&contact, actor.identifiers())))
}

/// Tells an absent field from `null`.
fn present<'de, D: Deserializer<'de>, T: Deserialize<'de>>(from: D) -> Result<Option<Option<T>>, D::Error> {
    Option::<T>::deserialize(from).map(Some)
}

/// Changes to a contact: an absent field stays, `null` removes the value.
#[derive(Debug, Deserialize, ToSchema)]
#[schema(as = ContactPatch)]
#[serde(deny_unknown_fields)]
pub struct ContactPatchJson {
    #[schema(value_type = Option<PersonName>)]
    #[serde(default, deserialize_with = "present")]
    name: Option<Option<String>>,
    #[schema(value_type = Option<Stage>)]
    stage: Option<String>,
    /// The member who looks after the contact.
    #[schema(value_type = Option<MemberId>)]
    #[serde(default, deserialize_with = "present")]
    owner: Option<Option<MemberId>>,
    #[schema(max_items = 20)]
    details: Option<Vec<NewDetailJson>>,
    #[schema(value_type = Option<Vec<TagName>>, max_items = 50)]
    tags: Option<Vec<String>>,
    /// Whether processing is restricted.
    restricted: Option<bool>,
    /// All numbers by which providers know the person and which the person has given up.
    former_numbers: Option<Vec<String>>,
    /// The revision that is meant, instead of `If-Match`.
    revision: Option<u32>,
}

/// `PATCH /v1/contacts/{contact}`.
pub async fn change(
    State(state): State<AppState>,
    Caller(actor): Caller,
    Id(id): Id<ContactId>,
    meant: IfMatch,
    Body(patch): Body<ContactPatchJson>,
) -> Result<Revised<ContactJson>, Problem> {
    let name =
        |name: Option<String>| name.as_deref().map(|name| text::<PersonName>("name", name)).transpose();
    let country = state.crm().contacts().dials_in(&actor).await?;
    let seen = actor.identifiers();
    let masked = if seen.are_whole() || patch.details.is_none() {
        Vec::new()
    } else {
        let stored = state.crm().contacts().get(&actor, id).await?;
        stored.details.into_iter().map(|detail| detail.value).collect()
    };
    let former = |numbers: &[String]| -> Result<Vec<PhoneNumber>, Problem> {
        let wrong =
            |error| Problem::invalid("former_numbers", format!("hold a number that cannot be used: {error}"));
        let each =
            |text: &String| PhoneNumber::understand(text, country).map(|read| read.number).map_err(wrong);
        numbers.iter().map(each).collect()
    };
    let patch = ContactPatch {
        name: patch.name.map(name).transpose()?,
        stage: patch.stage.as_deref().map(|stage| word("stage", stage)).transpose()?,
        owner: patch.owner,
        details: patch.details.as_deref().map(|given| read_details(given, country, masked)).transpose()?,
        tags: patch.tags.as_deref().map(read_tags).transpose()?,
        restricted: patch.restricted,
        former_numbers: patch.former_numbers.as_deref().map(former).transpose()?,
        revision: meant.revision(patch.revision)?,
    };
    match state.crm().contacts().update(&actor, id, patch).await {
        Ok(contact) => Ok(Revised::at(contact.revision, ContactJson::of(&contact, seen))),
        Err(error) => Err(refusal(error, shown(&state, &actor, id)).await),
    }
}

/// One id under which a provider knows a person.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = IdentityAlias)]
pub struct AliasJson {
    kind: AliasKind,
    /// The id at the provider.
    value: String,
}

/// An id that its person has given up.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = FormerAlias)]
pub struct FormerJson {
    #[serde(flatten)]
    alias: AliasJson,
    /// When the person gave it up.
    since: DateTime<Utc>,
}

/// A person with another profile writes from a number that this contact had given up.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = NumberDoubt)]
pub struct DoubtJson {
    /// The former number.
    number: String,
    /// The name of the profile that writes now.
    #[schema(required)]
    profile_name: Option<String>,
    /// When the first message of the other profile arrived.
    since: DateTime<Utc>,
}

impl DoubtJson {
    /// A doubt as its reader may see it.
    pub(crate) fn of(doubt: &Doubt, seen: Identifiers) -> Self {
        Self {
            number: seen.number(&doubt.number),
            profile_name: doubt.name.as_ref().map(|name| seen.name(name.reveal()).into_owned()),
            since: doubt.since,
        }
    }
}

/// The answer to the question who writes from a former number.
#[derive(Debug, Deserialize, ToSchema)]
#[schema(as = DoubtResolution)]
#[serde(deny_unknown_fields)]
pub struct DoubtAnswerJson {
    #[schema(value_type = DoubtAnswer)]
    answer: String,
}

/// `POST /v1/contacts/{contact}/identities/{identity}/doubt`: answers the contact that the number belongs to now.
pub async fn resolve_doubt(
    State(state): State<AppState>,
    Caller(actor): Caller,
    Ids(contact, identity): Ids<ContactId, ChannelIdentityId>,
    Body(given): Body<DoubtAnswerJson>,
) -> Result<Revised<ContactJson>, Problem> {
    let answer: DoubtAnswer = word("answer", &given.answer)?;
    let contact = state.crm().contacts().resolve_doubt(&actor, contact, identity, answer).await?;
    Ok(Revised::at(contact.revision, ContactJson::of(&contact, actor.identifiers())))
}

/// How a contact is known at a provider.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = ContactIdentity)]
pub struct IdentityJson {
    id: dialzio_core::ChannelIdentityId,
    channel: Channel,
    /// The name of the person's profile.
    #[schema(required)]
    profile_name: Option<String>,
    /// The person's public handle.
    #[schema(required)]
    username: Option<String>,
    /// The ids under which the provider knows the person.
    aliases: Vec<AliasJson>,
    /// The ids that the person has given up.
    former: Vec<FormerJson>,
    /// Another person may be writing from a former number; see `POST …/doubt`.
    #[schema(required)]
    doubt: Option<DoubtJson>,
    /// Since when the provider says that the person cannot be reached.
    #[schema(required)]
    unreachable_since: Option<DateTime<Utc>>,
    created_at: DateTime<Utc>,
}

impl IdentityJson {
    /// An identity as its reader may see it.
    fn of(identity: &ChannelIdentity, seen: Identifiers) -> Self {
        let alias = |alias: &Alias| AliasJson {
            kind: alias.kind(),
            value: match alias {
                Alias::Phone(number) => seen.number(number),
                Alias::BusinessScoped(_) | Alias::ParentBusinessScoped(_) => alias.reveal().to_owned(),
            },
        };
        Self {
            id: identity.id,
            channel: Channel::WhatsApp,
            profile_name: identity.profile_name.as_ref().map(|name| seen.name(name.reveal()).into_owned()),
            username: identity.username.as_ref().map(|name: &Username| name.reveal().to_owned()),
            aliases: identity.aliases.iter().map(alias).collect(),
            former: identity
                .former
                .iter()
                .map(|former| FormerJson { alias: alias(&former.alias), since: former.since })
                .collect(),
            doubt: identity.doubt.as_ref().map(|doubt| DoubtJson::of(doubt, seen)),
            unreachable_since: identity.unreachable_since,
            created_at: identity.created_at,
        }
    }
}

/// `GET /v1/contacts/{contact}/identities`.
pub async fn identities(
    State(state): State<AppState>,
    Caller(actor): Caller,
    Id(id): Id<ContactId>,
) -> Result<Json<List<IdentityJson>>, Problem> {
    let identities = state.crm().contacts().identities(&actor, id).await?;
    let seen = actor.identifiers();
    Ok(List::all(identities.iter().map(|identity| IdentityJson::of(identity, seen)).collect()))
}

/// The numbers and addresses of a person, whole. Of what else is known nothing is answered.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = RevealedContact)]
pub struct RevealedJson {
    id: ContactId,
    #[schema(required)]
    name: Option<String>,
    details: Vec<DetailJson>,
    identities: Vec<IdentityJson>,
}

/// `POST /v1/contacts/{contact}/reveal`.
pub async fn reveal(
    State(state): State<AppState>,
    Caller(actor): Caller,
    Id(id): Id<ContactId>,
) -> Result<Json<RevealedJson>, Problem> {
    let revealed = state.crm().contacts().reveal(&actor, id).await?;
    let identity = |identity: &ChannelIdentity| IdentityJson::of(identity, Identifiers::Whole);
    let contact = ContactJson::of(&revealed.contact, Identifiers::Whole);
    Ok(Json(RevealedJson {
        id: contact.id,
        name: contact.name,
        details: contact.details,
        identities: revealed.identities.iter().map(identity).collect(),
    }))
}
