//! The document that describes the API, by itself: that it is whole, and that it says what the code enforces.
#![cfg(all(feature = "sqlite", feature = "whatsapp"))]
#![allow(clippy::unwrap_used, reason = "tests")]

use std::collections::BTreeSet;

use dialzio_core::contact::{Contact, Stage};
use dialzio_core::conversation::DeliveryStatus;
use dialzio_core::store::periods::MESSAGE_DAYS;
use dialzio_core::text::{MessageText, PersonName};
use dialzio_core::{Permission, Role};
use dialzio_http::api::DOCUMENT;
use dialzio_http::openapi::describe;
use dialzio_http::routes::{Need, ROUTES, Route};
use serde_json::{Value, json};

fn document() -> Value {
    serde_json::from_str(&describe().to_json().unwrap()).unwrap()
}

fn operation<'d>(document: &'d Value, route: &Route) -> &'d Value {
    &document["paths"][route.path][route.method.as_str().to_ascii_lowercase()]
}

/// Each value of the document with its place.
fn each(value: &Value, at: &str, seen: &mut impl FnMut(&str, &Value)) {
    seen(at, value);
    match value {
        Value::Object(fields) => {
            fields.iter().for_each(|(name, field)| each(field, &format!("{at}/{name}"), seen));
        }
        Value::Array(items) => {
            items.iter().enumerate().for_each(|(place, item)| each(item, &format!("{at}/{place}"), seen));
        }
        _ => {}
    }
}

/// A schema of the document by itself, with what it refers to.
fn whole(document: &Value, schema: &Value) -> Value {
    let mut whole = schema.clone();
    whole["components"] = document["components"].clone();
    whole
}

fn validator(document: &Value, schema: &Value) -> jsonschema::Validator {
    jsonschema::draft202012::options().should_validate_formats(true).build(&whole(document, schema)).unwrap()
}

/// One operation or schema in each line, so that a change of one is seen as such.
fn laid_out(value: &Value, depth: usize) -> String {
    match value {
        Value::Object(fields) if depth > 0 && !fields.is_empty() => {
            let field =
                |(name, field): (&String, &Value)| format!("{}:{}", json!(name), laid_out(field, depth - 1));
            format!("{{\n{}\n}}", fields.iter().map(field).collect::<Vec<_>>().join(",\n"))
        }
        other => other.to_string(),
    }
}

#[test]
fn the_document_that_is_served_is_that_of_the_types() {
    let made = format!("{}\n", laid_out(&document(), 4));
    if std::env::var_os("DIALZIO_WRITE_OPENAPI").is_some() {
        std::fs::write(concat!(env!("CARGO_MANIFEST_DIR"), "/openapi.json"), &made).unwrap();
        return;
    }
    assert!(
        made == DOCUMENT,
        "the API has changed: see docs/contributing.md for how its document is made anew"
    );
}

/// The fields of an object of the document are these, or extensions.
fn has_only(object: &Value, known: &[&str]) {
    for name in object.as_object().unwrap().keys() {
        assert!(name.starts_with("x-") || known.contains(&name.as_str()), "{name}: {object}");
    }
}

#[test]
fn every_reference_leads_somewhere() {
    let document = document();
    let mut found = 0;
    each(&document, "", &mut |at, value| {
        if let Some(reference) = value.get("$ref").and_then(Value::as_str) {
            let target = reference.strip_prefix('#').and_then(|pointer| document.pointer(pointer));
            assert!(target.is_some(), "{at}: {reference}");
            found += 1;
        }
    });
    assert!(found > 500, "{found}");
}

#[test]
fn the_document_is_openapi_3_1_with_valid_schemas() {
    let document = document();
    assert!(document["openapi"].as_str().unwrap().starts_with("3.1."));
    assert!(document["info"]["title"].is_string() && document["info"]["version"].is_string());
    has_only(&document, &["openapi", "info", "security", "paths", "components"]);
    has_only(&document["components"], &["schemas", "responses", "securitySchemes"]);
    for route in ROUTES {
        let operation = operation(&document, route);
        let known = ["operationId", "summary", "tags", "parameters", "requestBody", "responses", "security"];
        has_only(operation, &known);
        for parameter in operation["parameters"].as_array().into_iter().flatten() {
            has_only(parameter, &["name", "in", "required", "description", "schema"]);
            assert!(parameter["in"] != "path" || parameter["required"] == true, "{parameter}");
        }
        for (status, response) in operation["responses"].as_object().unwrap() {
            assert!(status.parse::<u16>().is_ok(), "{status}");
            if response.get("$ref").is_none() {
                has_only(response, &["description", "headers", "content"]);
                assert!(response["description"].is_string(), "{response}");
            }
        }
    }
    for (name, schema) in document["components"]["schemas"].as_object().unwrap() {
        assert!(jsonschema::draft202012::meta::validate(schema).is_ok(), "{name}: {schema}");
        validator(&document, schema);
    }
    let ids: BTreeSet<&str> =
        ROUTES.iter().map(|route| operation(&document, route)["operationId"].as_str().unwrap()).collect();
    assert_eq!(ids.len(), ROUTES.len(), "each operation has an id of its own");
}

#[test]
fn every_operation_has_schemas_of_what_it_takes_and_answers() {
    let document = document();
    for route in ROUTES {
        let operation = operation(&document, route);
        let success = &operation["responses"][route.success.to_string()];
        let content = success["content"].get(route.answers);
        assert_eq!(content.is_none(), route.success == 204, "{}: {success}", route.name);
        if let Some(content) = content {
            assert!(content["schema"].is_object(), "{}: {content}", route.name);
        }
        let body = operation.get("requestBody");
        let takes = route.sample.is_some() || !route.form.is_empty();
        assert!(!takes || body.is_some(), "{} has a sample and takes no body", route.name);
        if let Some(body) = body.filter(|_| route.need != Need::Public) {
            assert!(takes, "{} takes a body and has no sample", route.name);
            let (_, content) = body["content"].as_object().unwrap().iter().next().unwrap();
            assert!(content["schema"].is_object(), "{}: {body}", route.name);
        }
        let parameters = operation["parameters"].as_array().cloned().unwrap_or_default();
        for parameter in &parameters {
            assert!(parameter["schema"].is_object(), "{}: {parameter}", route.name);
        }
        let named: Vec<&str> = parameters
            .iter()
            .filter(|one| one["in"] == "path")
            .map(|one| one["name"].as_str().unwrap())
            .collect();
        let expected: Vec<&str> =
            route.path.split('/').filter_map(|part| part.strip_prefix('{')?.strip_suffix('}')).collect();
        assert_eq!(named, expected, "{}", route.name);
    }
}

#[test]
fn every_operation_says_how_it_fails() {
    let document = document();
    let known = &document["components"]["schemas"]["ProblemCode"]["anyOf"][0]["enum"];
    let known: BTreeSet<&str> = known.as_array().unwrap().iter().map(|code| code.as_str().unwrap()).collect();
    for route in ROUTES {
        let responses = &operation(&document, route)["responses"];
        let mut expected = vec![408, 414, 429, 431, 500, 503];
        if route.need != Need::Public {
            expected.push(401);
        }
        if matches!(route.need, Need::Permission(_)) {
            expected.push(403);
        }
        if route.revised {
            expected.push(412);
        }
        if route.sample.is_some() {
            expected.extend([400, 413, 415, 422]);
        }
        if route.path.contains('{') && route.need != Need::Public {
            expected.push(404);
        }
        for status in expected {
            assert!(responses[status.to_string()].is_object(), "{} has no {status}", route.name);
        }
        for (status, response) in responses.as_object().unwrap() {
            let response = match response["$ref"].as_str() {
                Some(reference) => document.pointer(&reference[1..]).unwrap(),
                None => response,
            };
            let Some(codes) = response["x-codes"].as_array() else { continue };
            let problem = &response["content"]["application/problem+json"]["schema"];
            assert_eq!(*problem, json!({"$ref": "#/components/schemas/Problem"}), "{} {status}", route.name);
            for code in codes {
                let code = code.as_str().unwrap();
                assert!(known.contains(code) || code == "provider.*", "{} {status}: {code}", route.name);
            }
        }
    }
}

#[test]
fn every_sample_fits_the_schema_of_its_request() {
    let document = document();
    for route in ROUTES {
        let content = &operation(&document, route)["requestBody"]["content"];
        if let Some(sample) = route.sample {
            let sample: Value = serde_json::from_str(sample).unwrap();
            let schema = validator(&document, &content["application/json"]["schema"]);
            let errors: Vec<String> = schema.iter_errors(&sample).map(|error| error.to_string()).collect();
            assert!(errors.is_empty(), "{}: {errors:?}", route.name);
            // The schema is no formality: another field or another type is not accepted.
            let mut other = sample.clone();
            other["no such field"] = json!(1);
            assert!(!schema.is_valid(&other), "{} accepts any field", route.name);
            assert!(!schema.is_valid(&json!([])), "{} accepts a list", route.name);
        }
        if !route.form.is_empty() {
            let reference = content["multipart/form-data"]["schema"]["$ref"].as_str().unwrap();
            let schema = document.pointer(&reference[1..]).unwrap();
            let described: BTreeSet<&str> =
                schema["properties"].as_object().unwrap().keys().map(String::as_str).collect();
            let sent: BTreeSet<&str> = route.form.iter().map(|(name, _)| *name).collect();
            assert_eq!(described, sent, "{}", route.name);
            assert_eq!(schema["required"], json!([route.form[0].0]), "{}", route.name);
        }
    }
}

#[test]
fn closed_sets_and_limits_are_those_that_are_enforced() {
    let document = document();
    let schemas = &document["components"]["schemas"];
    fn words<T: Copy>(all: &[T], word: fn(T) -> &'static str) -> Value {
        json!(all.iter().map(|one| word(*one)).collect::<Vec<_>>())
    }
    assert_eq!(schemas["Stage"]["enum"], words(Stage::ALL, Stage::as_str));
    assert_eq!(schemas["Role"]["enum"], words(Role::ALL, Role::as_str));
    assert_eq!(schemas["Permission"]["enum"], words(Permission::ALL, Permission::as_str));
    assert_eq!(schemas["DeliveryStatus"]["enum"], words(DeliveryStatus::ALL, DeliveryStatus::as_str));
    assert_eq!(schemas["PersonName"]["maxLength"], PersonName::MAX);
    assert_eq!(schemas["MessageText"]["maxLength"], MessageText::MAX);
    assert_eq!(schemas["OrganisationPatch"]["properties"]["message_days"]["maximum"], MESSAGE_DAYS);
    for request in ["NewContact", "ContactPatch"] {
        let fields = &schemas[request]["properties"];
        assert_eq!(
            (&fields["details"]["maxItems"], &fields["tags"]["maxItems"]),
            (&json!(Contact::MAX_DETAILS), &json!(Contact::MAX_TAGS))
        );
    }
    assert_eq!(schemas["ContactId"]["format"], "uuid");
    assert_eq!(schemas["Contact"]["properties"]["created_at"]["format"], "date-time");
    assert_eq!(schemas["FileMessage"]["properties"]["file"]["format"], "binary");
    assert_eq!(schemas["AuditEntry"]["properties"]["seq"]["format"], "int64");
}

#[test]
fn descriptions_are_about_the_api() {
    let document = document();
    each(&document, "", &mut |at, value| {
        let text = ["description", "summary"].iter().filter_map(|name| value.get(name)?.as_str());
        for text in text {
            for code in ["`None`", "[`", "`Debug`", "::"] {
                assert!(!text.contains(code), "{at} speaks of the code: {text}");
            }
            for word in ["omebody", "obody", "hoever"] {
                assert!(!text.contains(word), "{at}: {text}");
            }
        }
    });
}

#[test]
fn the_command_prints_what_the_server_answers() {
    let output = std::process::Command::new(env!("CARGO_BIN_EXE_dialzio")).arg("openapi").output().unwrap();
    assert!(output.status.success());
    assert_eq!(serde_json::from_slice::<Value>(&output.stdout).unwrap(), document());
}
