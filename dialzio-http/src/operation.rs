//! How a handler describes its operation: by the types of what it takes and of what it answers. A handler that takes or
//! answers something without a description cannot stand in the table of routes.

use std::collections::{BTreeMap, BTreeSet};

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use dialzio_core::RecordKind;
use utoipa::openapi::content::ContentBuilder;
use utoipa::openapi::header::{Header, HeaderBuilder};
use utoipa::openapi::path::{Parameter, ParameterBuilder, ParameterIn};
use utoipa::openapi::request_body::{RequestBody, RequestBodyBuilder};
use utoipa::openapi::schema::{ObjectBuilder, SchemaType, Type};
use utoipa::openapi::{Content, Ref, RefOr, Required, Response, ResponseBuilder, Schema};
use utoipa::{IntoParams, ToSchema};

use crate::problem::Problem;

/// The media type of JSON.
pub(crate) const JSON: &str = "application/json";

/// What a handler's types say about its operation.
#[derive(Default)]
pub struct Draft {
    /// Parameters of query and head. Those of the path have their names from the route.
    pub(crate) parameters: Vec<Parameter>,
    /// The types of the ids in the path, in order.
    pub(crate) ids: Vec<RefOr<Schema>>,
    /// The kind of the record that is meant: that of the last id.
    pub(crate) kind: Option<RecordKind>,
    /// The request body; `None` for an operation without one.
    pub(crate) body: Option<RequestBody>,
    /// The answer of success.
    pub(crate) success: ResponseBuilder,
    /// Other answers that are no problems.
    pub(crate) others: BTreeMap<u16, Response>,
    /// Codes of the problems that it may answer.
    pub(crate) codes: BTreeSet<String>,
    /// The schemas that all of it refers to.
    pub(crate) schemas: BTreeMap<String, RefOr<Schema>>,
}

impl std::fmt::Debug for Draft {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Draft({} parameters, {} codes)", self.parameters.len(), self.codes.len())
    }
}

/// Keeps a schema. Two types of one name are a fault of the program.
pub(crate) fn keep(all: &mut BTreeMap<String, RefOr<Schema>>, name: String, schema: RefOr<Schema>) {
    debug_assert!(all.get(&name).is_none_or(|known| *known == schema), "two schemas are named {name}");
    all.insert(name, schema);
}

/// The schema of a text.
pub(crate) fn text() -> ObjectBuilder {
    ObjectBuilder::new().schema_type(SchemaType::new(Type::String))
}

impl Draft {
    /// Of these types.
    pub(crate) fn of<H: Described<A>, A>(_: &H) -> Self {
        let mut draft = Self { success: ResponseBuilder::new().description("Success"), ..Self::default() };
        H::describe(&mut draft);
        draft
    }

    /// The reference to a type, whose schema is kept.
    pub(crate) fn schema<T: ToSchema>(&mut self) -> RefOr<Schema> {
        let mut found = vec![(T::name().into_owned(), T::schema())];
        T::schemas(&mut found);
        for (name, schema) in found {
            keep(&mut self.schemas, name, schema);
        }
        Ref::from_schema_name(T::name()).into()
    }

    /// Content that is of this type.
    pub(crate) fn content<T: ToSchema>(&mut self) -> Content {
        ContentBuilder::new().schema(Some(self.schema::<T>())).build()
    }

    /// The body is of this media type and content.
    pub(crate) fn takes(&mut self, media_type: &str, content: Content) {
        self.body = Some(
            RequestBodyBuilder::new().content(media_type, content).required(Some(Required::True)).build(),
        );
    }

    /// Success has this content.
    pub(crate) fn answers(&mut self, media_type: &str, content: Content) {
        let success = std::mem::take(&mut self.success);
        self.success = success.content(media_type, content);
    }

    /// Success has this header.
    pub(crate) fn answers_header(&mut self, name: &str, description: &str) {
        let success = std::mem::take(&mut self.success);
        self.success = success.header(name, header(description));
    }

    /// A header of the request.
    pub(crate) fn header(
        &mut self,
        name: &str,
        required: Required,
        schema: ObjectBuilder,
        description: &str,
    ) {
        let parameter = ParameterBuilder::new()
            .name(name)
            .parameter_in(ParameterIn::Header)
            .required(required)
            .schema(Some(schema.build()))
            .description(Some(description));
        self.parameters.push(parameter.build());
    }

    /// Problems that it may answer.
    pub(crate) fn fails(&mut self, codes: &[&str]) {
        self.codes.extend(codes.iter().map(|code| (*code).to_owned()));
    }
}

/// A header with this meaning.
pub(crate) fn header(description: &str) -> Header {
    HeaderBuilder::new().schema(Some(text().build())).description(Some(description)).build()
}

/// What a handler takes from a request.
pub trait Input {
    /// `If-Match` is looked at.
    const REVISED: bool = false;
    /// `Idempotency-Key` is required.
    const ONCE: bool = false;

    /// Adds what it is.
    fn describe(draft: &mut Draft);
}

/// What a handler answers.
pub trait Output {
    /// The media type of success.
    const MEDIA_TYPE: &'static str;

    /// Adds what it is.
    fn describe(draft: &mut Draft);
}

/// A handler, by the types of what it takes and answers.
pub trait Described<A> {
    /// `If-Match` is looked at.
    const REVISED: bool;
    /// `Idempotency-Key` is required.
    const ONCE: bool;
    /// The media type of success.
    const MEDIA_TYPE: &'static str;

    /// Adds what it takes and answers.
    fn describe(draft: &mut Draft);
}

macro_rules! described {
    ($(($($input:ident),*))+) => {$(
        impl<H, F, O, $($input),*> Described<($($input,)*)> for H
        where
            H: Fn($($input),*) -> F,
            F: Future<Output = O>,
            O: Output,
            $($input: Input),*
        {
            const REVISED: bool = false $(|| $input::REVISED)*;
            const ONCE: bool = false $(|| $input::ONCE)*;
            const MEDIA_TYPE: &'static str = O::MEDIA_TYPE;

            fn describe(draft: &mut Draft) {
                $($input::describe(draft);)*
                O::describe(draft);
            }
        }
    )+};
}

described! { () (A) (A, B) (A, B, C) (A, B, C, D) (A, B, C, D, E) }

/// Whether a handler looks at `If-Match`.
pub(crate) const fn revised<H: Described<A>, A>(_: &H) -> bool {
    H::REVISED
}

/// Whether a handler requires an `Idempotency-Key`.
pub(crate) const fn once<H: Described<A>, A>(_: &H) -> bool {
    H::ONCE
}

/// The media type of a handler's success.
pub(crate) const fn media_type<H: Described<A>, A>(_: &H) -> &'static str {
    H::MEDIA_TYPE
}

impl<S> Input for State<S> {
    fn describe(_: &mut Draft) {}
}

impl<T> Input for axum::extract::Extension<T> {
    fn describe(_: &mut Draft) {}
}

impl<T: ToSchema> Output for Json<T> {
    const MEDIA_TYPE: &'static str = JSON;

    fn describe(draft: &mut Draft) {
        let content = draft.content::<T>();
        draft.answers(JSON, content);
    }
}

impl<O: Output> Output for (StatusCode, O) {
    const MEDIA_TYPE: &'static str = O::MEDIA_TYPE;

    fn describe(draft: &mut Draft) {
        O::describe(draft);
    }
}

/// A status alone: no content.
impl Output for StatusCode {
    const MEDIA_TYPE: &'static str = "";

    fn describe(_: &mut Draft) {}
}

impl<O: Output> Output for Result<O, Problem> {
    const MEDIA_TYPE: &'static str = O::MEDIA_TYPE;

    fn describe(draft: &mut Draft) {
        O::describe(draft);
    }
}

/// The parameters of a query.
pub(crate) fn query<T: IntoParams>(draft: &mut Draft) {
    draft.parameters.extend(T::into_params(|| Some(ParameterIn::Query)));
}
