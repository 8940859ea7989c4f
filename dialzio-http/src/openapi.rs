//! The description of the API (OpenAPI 3.1): the table of routes, and what the types of its handlers say.
//!
//! A server answers the document that is kept as `openapi.json` beside the sources; a test compares the two.

use std::collections::{BTreeMap, BTreeSet};

use utoipa::ToSchema;
use utoipa::openapi::extensions::{Extensions, ExtensionsBuilder};
use utoipa::openapi::path::{
    HttpMethod, Operation, OperationBuilder, Parameter, ParameterBuilder, ParameterIn, PathsBuilder,
};
use utoipa::openapi::security::{ApiKey, ApiKeyValue, HttpAuthScheme, HttpBuilder, SecurityScheme};
use utoipa::openapi::{
    ComponentsBuilder, ContentBuilder, InfoBuilder, License, OpenApi, OpenApiBuilder, PathItem, Ref, RefOr,
    Required, Response, ResponseBuilder, ResponsesBuilder, Schema, SecurityRequirement,
};

use crate::operation::{Draft, JSON, keep};
use crate::problem::{Problem, status_of};
use crate::routes::{Need, ROUTES, Route, Verb};

/// Problems that every route may answer, whatever it does.
const ALWAYS: &[&str] = &[
    "request.address_too_long",
    "request.head_too_large",
    "request.malformed",
    "request.slow",
    "request.too_many",
    "server.failed",
    "server.slow",
];
/// Problems of everything that asks the store.
const STORE: &[&str] =
    &["sealed.unreadable", "store.broken", "store.unavailable", "store.unreadable", "store.unsupported"];
/// Problems of everything that writes.
const WRITE: &[&str] = &["request.cross_site", "store.conflict", "store.full"];
/// The code in a route's list for whatever code of its own a provider answers.
const PROVIDER: &str = "provider.*";

/// The whole description, for hosts that merge it into one of their own (`OpenApi` is that of `utoipa`).
#[must_use]
pub fn describe() -> OpenApi {
    let mut schemas: BTreeMap<String, RefOr<Schema>> = BTreeMap::new();
    let mut problem = Draft::default();
    problem.schema::<Problem>();
    schemas.extend(problem.schemas);
    let mut paths = PathsBuilder::new();
    for route in ROUTES {
        let mut draft = route.draft();
        for (name, schema) in std::mem::take(&mut draft.schemas) {
            keep(&mut schemas, name, schema);
        }
        let method = match route.method {
            Verb::Get => HttpMethod::Get,
            Verb::Post => HttpMethod::Post,
            Verb::Put => HttpMethod::Put,
            Verb::Patch => HttpMethod::Patch,
            Verb::Delete => HttpMethod::Delete,
        };
        paths = paths.path(route.path, PathItem::new(method, operation(route, draft)));
    }
    let always = by_status(ALWAYS.iter().map(|code| (*code).to_owned()));
    let responses = always.iter().map(|(status, codes)| (shared(*status), failure(*status, codes)));
    let key = SecurityScheme::Http(HttpBuilder::new().scheme(HttpAuthScheme::Bearer).build());
    let session = SecurityScheme::ApiKey(ApiKey::Cookie(ApiKeyValue::new(crate::auth::SESSION_COOKIE)));
    let components = ComponentsBuilder::new()
        .schemas_from_iter(schemas)
        .responses_from_iter(responses)
        .security_scheme("key", key)
        .security_scheme("session", session);
    let mut license = License::new("MIT OR Apache-2.0");
    license.identifier = Some("MIT OR Apache-2.0".to_owned());
    OpenApiBuilder::new()
        .info(InfoBuilder::new().title("Dialzio").version(env!("CARGO_PKG_VERSION")).license(Some(license)))
        .security(Some([requirement("key"), requirement("session")]))
        .paths(paths)
        .components(Some(components.build()))
        .build()
}

fn requirement(scheme: &str) -> SecurityRequirement {
    SecurityRequirement::new(scheme, [] as [&str; 0])
}

fn operation(route: &Route, mut draft: Draft) -> Operation {
    draft.fails(ALWAYS);
    draft.fails(route.problems);
    if let Need::Permission(_) = route.need {
        draft.fails(&["access.denied"]);
    }
    if route.need != Need::Public {
        draft.fails(STORE);
        if route.method != Verb::Get {
            draft.fails(WRITE);
            draft.fails(&["request.precondition"]);
        }
    }
    if let Some(kind) = draft.kind.filter(|_| route.revised) {
        draft.fails(&[&format!("{kind}.stale")]);
    }
    let names = route.path.split('/').filter_map(|part| part.strip_prefix('{')?.strip_suffix('}'));
    let ids = names.zip(std::mem::take(&mut draft.ids)).map(|(name, id)| in_path(name, id));
    let parameters: Vec<Parameter> = ids.chain(std::mem::take(&mut draft.parameters)).collect();
    let body = draft.body.take().map(|mut body| {
        let example = route.sample.and_then(|sample| serde_json::from_str(sample).ok());
        if let Some(RefOr::T(content)) = body.content.get_mut(JSON) {
            content.example = example;
        }
        body
    });
    let mut operation = OperationBuilder::new()
        .operation_id(Some(route.name))
        .summary(Some(route.summary))
        .tag(route.tag())
        .parameters(Some(parameters).filter(|all| !all.is_empty()))
        .request_body(body);
    operation = match route.need {
        Need::Public => operation.securities(Some([] as [SecurityRequirement; 0])),
        Need::SignedIn => operation,
        Need::Permission(permission) => operation
            .extensions(Some(ExtensionsBuilder::new().add("permission", permission.as_str()).build())),
    };
    operation.responses(responses(route, draft)).build()
}

fn in_path(name: &str, schema: RefOr<Schema>) -> Parameter {
    ParameterBuilder::new()
        .name(name)
        .parameter_in(ParameterIn::Path)
        .required(Required::True)
        .schema(Some(schema))
        .build()
}

/// The answers of a route: its own, then its problems, those that every route has by reference.
fn responses(route: &Route, draft: Draft) -> utoipa::openapi::Responses {
    let mut all = ResponsesBuilder::new().response(route.success.to_string(), draft.success);
    let always = by_status(ALWAYS.iter().map(|code| (*code).to_owned()));
    let mut others = draft.others;
    for (status, codes) in by_status(draft.codes) {
        all = match others.remove(&status) {
            // Two kinds of answers under one status: each has its media type.
            Some(other) => {
                let mut both = failure(status, &codes);
                both.description = format!("{}. {}", other.description, both.description);
                both.content.extend(other.content);
                all.response(status.to_string(), both)
            }
            None if always.get(&status) == Some(&codes) => {
                all.response(status.to_string(), Ref::from_response_name(shared(status)))
            }
            None => all.response(status.to_string(), failure(status, &codes)),
        };
    }
    others.into_iter().fold(all, |all, (status, other)| all.response(status.to_string(), other)).build()
}

/// Codes by the status that they are answered with.
fn by_status(codes: impl IntoIterator<Item = String>) -> BTreeMap<u16, BTreeSet<String>> {
    let mut all: BTreeMap<u16, BTreeSet<String>> = BTreeMap::new();
    for code in codes {
        let status = if code == PROVIDER { Some(502) } else { status_of(&code) };
        all.entry(status.unwrap_or(500)).or_default().insert(code);
    }
    all
}

/// The name of the answer of a status that routes share.
fn shared(status: u16) -> String {
    format!("Problem{status}")
}

/// The answer of a status: a problem with one of these codes.
fn failure(status: u16, codes: &BTreeSet<String>) -> Response {
    let reason = axum::http::StatusCode::from_u16(status).ok().and_then(|status| status.canonical_reason());
    let listed: Vec<String> = codes.iter().map(|code| format!("`{code}`")).collect();
    let description = format!("{}: {}", reason.unwrap_or("Problem"), listed.join(", "));
    let problem = ContentBuilder::new().schema(Some(Ref::from_schema_name(Problem::name())));
    let extensions: Extensions =
        ExtensionsBuilder::new().add("codes", Vec::from_iter(codes.iter().cloned())).build();
    ResponseBuilder::new()
        .description(description)
        .content(Problem::MEDIA_TYPE, problem.build())
        .extensions(Some(extensions))
        .build()
}
