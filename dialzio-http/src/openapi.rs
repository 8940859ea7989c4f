//! The description of the API (OpenAPI 3.1), made from the table of routes.

use serde_json::{Map, Value, json};

use crate::routes::{Need, ROUTES};

/// The whole description.
#[must_use]
pub fn describe() -> Value {
    let mut paths: Map<String, Value> = Map::new();
    for route in ROUTES {
        let mut operation = json!({
            "operationId": route.name,
            "summary": route.summary,
            "tags": [route.tag()],
            "responses": {
                "default": { "description": "A problem (RFC 9457)", "content": { "application/problem+json": { "schema": { "$ref": "#/components/schemas/Problem" } } } }
            }
        });
        operation["responses"][route.success.to_string()] =
            json!({ "description": "Done", "content": { route.answers: {} } });
        if route.success == 204 {
            operation["responses"]["204"] = json!({ "description": "Done" });
        }
        let named: Vec<Value> = route
            .path
            .split('/')
            .filter_map(|part| part.strip_prefix('{')?.strip_suffix('}'))
            .map(|name| json!({ "name": name, "in": "path", "required": true, "schema": { "type": "string" } }))
            .chain(route.query.iter().map(|name| json!({ "name": name, "in": "query", "required": false, "schema": { "type": "string" } })))
            .chain(route.once.then(|| json!({ "name": "Idempotency-Key", "in": "header", "required": true, "schema": { "type": "string", "maxLength": 255 } })))
            .chain(route.revised.then(|| json!({ "name": "If-Match", "in": "header", "required": false, "schema": { "type": "string" },
                "description": "The ETag of the record that is meant. Another one is refused with 412, and `present` is the record as it stands." })))
            .collect();
        if !named.is_empty() {
            operation["parameters"] = Value::Array(named);
        }
        if let Some(sample) = route.sample {
            let example: Value = serde_json::from_str(sample).unwrap_or(Value::Null);
            operation["requestBody"] = json!({
                "required": true,
                "content": { "application/json": { "schema": shape(&example), "example": example } }
            });
        }
        if !route.form.is_empty() {
            let field = |(place, (name, _)): (usize, &(&str, &str))| {
                let shape = if place == 0 {
                    json!({ "type": "string", "contentMediaType": "application/octet-stream" })
                } else {
                    json!({ "type": "string" })
                };
                ((*name).to_owned(), shape)
            };
            let properties: Map<String, Value> = route.form.iter().enumerate().map(field).collect();
            let needed: Vec<&str> = route.form.iter().take(1).map(|(name, _)| *name).collect();
            operation["requestBody"] = json!({
                "required": true,
                "content": { "multipart/form-data": {
                    "schema": { "type": "object", "required": needed, "properties": properties }
                } }
            });
        }
        match route.need {
            Need::Nobody => operation["security"] = json!([]),
            Need::Somebody => {}
            Need::Permission(permission) => operation["x-permission"] = json!(permission.as_str()),
        }
        let entry = paths.entry(route.path.to_owned()).or_insert_with(|| json!({}));
        entry[route.method.as_str().to_ascii_lowercase()] = operation;
    }
    json!({
        "openapi": "3.1.0",
        "info": {
            "title": "Dialzio",
            "version": env!("CARGO_PKG_VERSION"),
            "license": { "name": "MIT OR Apache-2.0", "identifier": "MIT OR Apache-2.0" }
        },
        "security": [{ "key": [] }, { "session": [] }],
        "paths": paths,
        "components": {
            "securitySchemes": {
                "key": { "type": "http", "scheme": "bearer" },
                "session": { "type": "apiKey", "in": "cookie", "name": crate::auth::SESSION_COOKIE }
            },
            "schemas": { "Problem": {
                "type": "object",
                "required": ["type", "title", "status", "code"],
                "properties": {
                    "type": { "type": "string" }, "title": { "type": "string" }, "status": { "type": "integer" },
                    "detail": { "type": "string" }, "code": { "type": "string" },
                    "errors": { "type": "array", "items": { "type": "object", "properties": { "pointer": { "type": "string" }, "detail": { "type": "string" } } } },
                    "reasons": { "type": "array", "items": { "type": "string" } },
                    "present": {}, "retry_after": { "type": "integer" }
                }
            } }
        }
    })
}

/// The shape of a sample: names and types of its fields.
fn shape(sample: &Value) -> Value {
    match sample {
        Value::Object(fields) => {
            let properties: Map<String, Value> =
                fields.iter().map(|(name, value)| (name.clone(), shape(value))).collect();
            json!({ "type": "object", "properties": properties })
        }
        Value::Array(items) => json!({ "type": "array", "items": items.first().map_or(json!({}), shape) }),
        Value::String(_) => json!({ "type": "string" }),
        Value::Number(number) if number.is_f64() => json!({ "type": "number" }),
        Value::Number(_) => json!({ "type": "integer" }),
        Value::Bool(_) => json!({ "type": "boolean" }),
        Value::Null => json!({}),
    }
}
