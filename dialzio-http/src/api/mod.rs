//! The API under `/v1`: JSON in, JSON out, over the same services as the pages.

pub mod accounts;
pub mod audit;
pub mod audit_export;
pub mod bulk;
pub mod call_agents;
pub mod call_export;
pub mod call_flow_definition;
pub mod call_flows;
pub mod call_reports;
pub mod calls;
pub mod canned_replies;
pub mod consents;
pub mod contact_bulk;
pub mod contact_export;
pub mod contact_list;
pub mod contacts;
pub mod conversations;
pub mod csv_file;
pub mod dispositions;
pub mod drafts;
pub mod events;
pub mod identity_providers;
pub mod imports;
pub mod keys;
pub mod media;
pub mod members;
pub mod messages;
pub mod news;
pub mod notes;
pub mod notices;
pub mod organisation;
pub mod own_organisations;
pub mod passkeys;
pub mod profile;
pub mod providers;
pub mod quarantine;
pub mod recordings;
pub mod revision;
pub mod saved_views;
pub mod scheduled;
pub mod second_factor;
pub mod sending;
pub mod sms;
pub mod support;
pub(crate) mod table;
pub mod teams;
pub mod templates;
pub mod timeline;
pub mod usage;

use axum::extract::rejection::JsonRejection;
use axum::extract::{FromRequest, FromRequestParts, Path, Query, Request, State};
use axum::http::request::Parts;
use axum::http::{HeaderValue, header};
use axum::response::{IntoResponse, Response};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use bytes::Bytes;
use dialzio_core::RecordKind;
use dialzio_core::page::{Cursor, Page, PageRequest};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use std::borrow::Cow;
use std::num::NonZeroU32;
use std::str::FromStr;
use utoipa::openapi::content::ContentBuilder;
use utoipa::openapi::schema::{ArrayBuilder, ObjectBuilder, SchemaType, Type};
use utoipa::openapi::{Ref, RefOr, Schema};
use utoipa::{IntoParams, PartialSchema, ToSchema};

use crate::operation::{Draft, Input, JSON, Output, query};
use crate::problem::Problem;
use crate::state::AppState;

/// A JSON body; what cannot be read becomes a problem.
#[derive(Debug)]
pub struct Body<T>(pub T);

impl<T: DeserializeOwned, S: Send + Sync> FromRequest<S> for Body<T> {
    type Rejection = Problem;

    async fn from_request(request: Request, state: &S) -> Result<Self, Problem> {
        let read: Result<axum::Json<T>, JsonRejection> = axum::Json::from_request(request, state).await;
        Ok(Self(read?.0))
    }
}

impl<T: ToSchema> Input for Body<T> {
    fn describe(draft: &mut Draft) {
        let content = draft.content::<T>();
        draft.takes(JSON, content);
        draft.fails(&["request.malformed", "request.media_type", "request.too_large", "input.invalid"]);
    }
}

/// An id that an address can hold.
pub trait RecordId: FromStr + ToSchema {
    /// What it is the id of.
    const KIND: RecordKind;
}

macro_rules! record_ids {
    ($($id:ident = $kind:ident),+ $(,)?) => {$(
        impl RecordId for dialzio_core::$id {
            const KIND: RecordKind = RecordKind::$kind;
        }
    )+};
}

record_ids! {
    AccountId = Account,
    ApiKeyId = ApiKey,
    AppId = App,
    CallFlowId = CallFlow,
    CallId = Call,
    CannedReplyId = CannedReply,
    ChannelIdentityId = Identity,
    ContactId = Contact,
    ConversationId = Conversation,
    DispositionId = Disposition,
    IdentityProviderId = IdentityProvider,
    ImportId = Import,
    InvitationId = Invitation,
    MediaId = Media,
    MemberId = Member,
    MessageId = Message,
    PasskeyId = Passkey,
    QuarantineId = Quarantine,
    SavedViewId = SavedView,
    ScheduledMessageId = ScheduledMessage,
    SessionId = Session,
    SupportRequestId = SupportRequest,
    TaskId = Task,
    TeamId = Team,
}

/// Adds an id of the path: what is no id, or that of no record, is not found.
fn describe_id<T: RecordId>(draft: &mut Draft) {
    let schema = draft.schema::<T>();
    draft.ids.push(schema);
    draft.kind = Some(T::KIND);
    draft.fails(&["request.not_found", &format!("{}.not_found", T::KIND)]);
}

impl<T: RecordId> Input for Id<T> {
    fn describe(draft: &mut Draft) {
        describe_id::<T>(draft);
    }
}

impl<A: RecordId, B: RecordId> Input for Ids<A, B> {
    fn describe(draft: &mut Draft) {
        describe_id::<A>(draft);
        describe_id::<B>(draft);
    }
}

impl<T: IntoParams> Input for Asked<T> {
    fn describe(draft: &mut Draft) {
        query::<T>(draft);
        draft.fails(&["request.query", "input.invalid"]);
    }
}

/// The id in an address; one that is none is the same 404 as one that does not exist.
#[derive(Debug)]
pub struct Id<T>(pub T);

impl<T: FromStr, S: Send + Sync> FromRequestParts<S> for Id<T> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        let Path(text) =
            Path::<String>::from_request_parts(parts, state).await.map_err(|_| Problem::not_found())?;
        text.parse().map(Self).map_err(|_| Problem::not_found())
    }
}

/// Two ids in an address.
#[derive(Debug)]
pub struct Ids<A, B>(pub A, pub B);

impl<A: FromStr, B: FromStr, S: Send + Sync> FromRequestParts<S> for Ids<A, B> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        let path = Path::<(String, String)>::from_request_parts(parts, state).await;
        let Path((first, second)) = path.map_err(|_| Problem::not_found())?;
        match (first.parse(), second.parse()) {
            (Ok(first), Ok(second)) => Ok(Self(first, second)),
            _ => Err(Problem::not_found()),
        }
    }
}

/// The query of an address; what cannot be read becomes a problem.
#[derive(Debug)]
pub struct Asked<T>(pub T);

impl<T: DeserializeOwned, S: Send + Sync> FromRequestParts<S> for Asked<T> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        let Query(value) = Query::<T>::from_request_parts(parts, state).await?;
        Ok(Self(value))
    }
}

/// Where a page starts and how long it is.
#[derive(Debug, Default, Deserialize, IntoParams)]
pub struct Paging {
    /// `next_cursor` of the page before; the first page without it.
    cursor: Option<String>,
    /// How many items the page has at most: 50 unless given, and never more than 200.
    #[param(value_type = Option<u32>, minimum = 1)]
    limit: Option<String>,
}

impl Paging {
    /// The place after which the page starts, as it was given out.
    pub(crate) fn cursor(&self) -> Option<&str> {
        self.cursor.as_deref()
    }

    /// How long the page is to be.
    ///
    /// # Errors
    /// A problem for what is not a number from 1.
    pub(crate) fn limit(&self) -> Result<Option<NonZeroU32>, Problem> {
        let read = |text: &str| text.parse().map_err(|_| Problem::invalid("limit", "is a number from 1"));
        self.limit.as_deref().map(read).transpose()
    }

    /// As the core asks for it.
    ///
    /// # Errors
    /// A problem for a cursor or limit that cannot be read.
    pub fn request(&self) -> Result<PageRequest, Problem> {
        let cursor = self.cursor().map(decode_cursor).transpose()?;
        Ok(PageRequest::after(cursor, self.limit()?))
    }
}

/// Reads a cursor. It holds nothing but the key of an item its holder has seen, so it needs no seal: another key only
/// starts the same list elsewhere.
///
/// # Errors
/// A problem for text that is none of ours.
pub fn decode_cursor(text: &str) -> Result<Cursor, Problem> {
    let bytes = URL_SAFE_NO_PAD.decode(text).ok().filter(|bytes| (1..=1_024).contains(&bytes.len()));
    bytes.map(Cursor).ok_or_else(|| Problem::invalid("cursor", "is not one that was given out"))
}

/// Writes a cursor.
#[must_use]
pub fn encode_cursor(cursor: &Cursor) -> String {
    URL_SAFE_NO_PAD.encode(&cursor.0)
}

/// One page of a list.
#[derive(Debug, Serialize)]
pub struct List<T> {
    /// The items of this page, in the order the list names.
    pub data: Vec<T>,
    /// Where the next page starts; `null` at the end.
    pub next_cursor: Option<String>,
}

impl<T: ToSchema> PartialSchema for List<T> {
    fn schema() -> RefOr<Schema> {
        let items = ArrayBuilder::new().items(Ref::from_schema_name(T::name()));
        let cursor = [Type::String, Type::Null].into_iter().collect();
        let cursor = ObjectBuilder::new()
            .schema_type(SchemaType::Array(cursor))
            .description(Some("`cursor` of the next page; `null` at the end."));
        ObjectBuilder::new()
            .property("data", items)
            .property("next_cursor", cursor)
            .required("data")
            .required("next_cursor")
            .description(Some("One page of a list."))
            .into()
    }
}

/// Named for what it lists.
impl<T: ToSchema> ToSchema for List<T> {
    fn name() -> Cow<'static, str> {
        format!("{}List", T::name()).into()
    }

    fn schemas(schemas: &mut Vec<(String, RefOr<Schema>)>) {
        schemas.push((T::name().into_owned(), T::schema()));
        T::schemas(schemas);
    }
}

impl<T> List<T> {
    /// From a page.
    pub fn of<U>(page: Page<U>, each: impl FnMut(U) -> T) -> axum::Json<Self> {
        let next_cursor = page.next.as_ref().map(encode_cursor);
        axum::Json(Self { data: page.items.into_iter().map(each).collect(), next_cursor })
    }

    /// All there is.
    pub fn all(data: Vec<T>) -> axum::Json<Self> {
        axum::Json(Self { data, next_cursor: None })
    }
}

/// One page of a list whose first page says how many items there are.
#[derive(Debug, Serialize)]
pub struct Counted<T> {
    #[serde(flatten)]
    list: List<T>,
    /// How many there are on all pages; `null` on later pages, and where there are too many to be counted.
    total: Option<u32>,
}

impl<T: ToSchema> PartialSchema for Counted<T> {
    fn schema() -> RefOr<Schema> {
        let count = ObjectBuilder::new()
            .schema_type(SchemaType::Array([Type::Integer, Type::Null].into_iter().collect()))
            .minimum(Some(0))
            .description(Some(
                "How many there are on all pages; `null` on later pages, and where there are too many to be counted.",
            ));
        match List::<T>::schema() {
            RefOr::T(Schema::Object(mut page)) => {
                page.properties.insert("total".to_owned(), count.build().into());
                page.required.push("total".to_owned());
                page.into()
            }
            other => other,
        }
    }
}

/// Named like a list that is not counted.
impl<T: ToSchema> ToSchema for Counted<T> {
    fn name() -> Cow<'static, str> {
        List::<T>::name()
    }

    fn schemas(schemas: &mut Vec<(String, RefOr<Schema>)>) {
        List::<T>::schemas(schemas);
    }
}

impl<T> Counted<T> {
    /// From a page and the count of the whole list.
    pub fn of<U>(page: Page<U>, total: Option<u32>, each: impl FnMut(U) -> T) -> axum::Json<Self> {
        let axum::Json(list) = List::of(page, each);
        axum::Json(Self { list, total })
    }
}

/// Reads a word of a closed set, or says which field has another.
///
/// # Errors
/// A problem that names the field.
pub fn word<T: FromStr>(field: &str, text: &str) -> Result<T, Problem> {
    text.parse().map_err(|_| Problem::invalid(field, "is not one of the words that are allowed here"))
}

/// Reads a text of the core, or says which field has what wrong.
///
/// # Errors
/// A problem that names the field.
pub fn text<T: FromStr<Err: std::fmt::Display>>(field: &str, text: &str) -> Result<T, Problem> {
    text.parse().map_err(|error: T::Err| Problem::invalid(field, error.to_string()))
}

/// The document that describes the API (OpenAPI 3.1), as JSON. [`crate::openapi::describe`] makes it from the types.
pub const DOCUMENT: &str = include_str!("../../openapi.json");

/// The document that describes the API, as an answer.
#[derive(Debug)]
pub struct Document(Bytes);

impl IntoResponse for Document {
    fn into_response(self) -> Response {
        ([(header::CONTENT_TYPE, HeaderValue::from_static(JSON))], self.0).into_response()
    }
}

impl Output for Document {
    const MEDIA_TYPE: &'static str = JSON;

    fn describe(draft: &mut Draft) {
        let object = ObjectBuilder::new().description(Some("An OpenAPI 3.1 document."));
        draft.answers(JSON, ContentBuilder::new().schema(Some(object.build())).build());
    }
}

/// `GET /openapi.json`: below a path, the document names it as its server, and the session cookie that is used there.
pub async fn document(State(state): State<AppState>) -> Document {
    let mount = state.mount();
    let as_kept = Document(Bytes::from_static(DOCUMENT.as_bytes()));
    if mount.prefix().is_empty() {
        return as_kept;
    }
    let Ok(mut document) = serde_json::from_str::<serde_json::Value>(DOCUMENT) else { return as_kept };
    document["servers"] = serde_json::json!([{ "url": mount.prefix() }]);
    document["components"]["securitySchemes"]["session"]["name"] = mount.session_cookie_name().into();
    Document(Bytes::from(document.to_string()))
}
