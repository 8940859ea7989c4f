//! Templates over the API: listed, found, made, changed, deleted, and reviewed a moment later.

use std::sync::Arc;

use serde_json::{Value, json};
use url::Url;

use super::{
    config::EmulatorError,
    fields::Node,
    paging,
    param::Param,
    refusal::Refusal,
    state::Shared,
    template::{EmulatedTemplate, StoredTemplate, variables},
    webhook,
};

const TEMPLATE: Node = Node {
    name: "MessageTemplate",
    known: &[
        "id",
        "name",
        "status",
        "category",
        "language",
        "components",
        "quality_score",
        "parameter_format",
        "rejected_reason",
        "message_send_ttl_seconds",
        "correct_category",
        "previous_category",
        "library_template_name",
        "cta_url_link_tracking_opted_out",
        "sub_category",
        "degrees_of_freedom_spec",
        "last_updated_time",
    ],
    default: &["name", "parameter_format", "components", "language", "status", "category"],
};

/// The most templates of a business account, as the summary of the list says.
const MOST: usize = 6_000;

fn draw(stored: &StoredTemplate) -> Value {
    let template = &stored.template;
    json!({
        "id": stored.id,
        "name": template.name,
        "status": template.status,
        "category": template.category,
        "language": template.language,
        "components": template.components,
        "quality_score": {"score": template.quality, "date": 1_760_000_000},
        "parameter_format": template.parameter_format,
        "rejected_reason": if template.status == "REJECTED" { "INVALID_FORMAT" } else { "NONE" },
        "message_send_ttl_seconds": stored.lives,
    })
}

/// One page of `GET /{waba}/message_templates`.
pub(super) fn list(
    templates: &[StoredTemplate],
    query: &[(String, String)],
    here: &Url,
) -> Result<Value, Refusal> {
    let ask = |key: &str| query.iter().find(|(name, _)| name == key).map(|(_, value)| value.as_str());
    let matches = |stored: &&StoredTemplate| {
        let template = &stored.template;
        let is_one_of = |key: &str, value: &str| {
            ask(key).is_none_or(|wanted| wanted.split(',').any(|one| one.trim().eq_ignore_ascii_case(value)))
        };
        let words = template.components.to_string();
        is_one_of("name", &template.name)
            && is_one_of("language", &template.language)
            && is_one_of("status", &template.status)
            && is_one_of("category", &template.category)
            && is_one_of("quality_score", &template.quality)
            && ask("content").is_none_or(|wanted| words.contains(wanted))
            && ask("name_or_content")
                .is_none_or(|wanted| template.name.contains(wanted) || words.contains(wanted))
    };
    let matching: Vec<&StoredTemplate> = templates.iter().filter(matches).collect();
    let mut answer = paging::page(&matching, query, here, |stored| TEMPLATE.pick(&draw(stored), query))?;
    if let Some(summary) = ask("summary") {
        let all = json!({
            "total_count": matching.len(),
            "message_template_count": templates.len(),
            "message_template_limit": MOST,
            "are_translations_complete": true,
        });
        for name in summary.split(',').map(str::trim).filter(|name| !name.is_empty()) {
            let Some(value) = all.get(name) else {
                return Err(Refusal::parameter(format!("Param summary has no field ({name}).")));
            };
            answer["summary"][name] = value.clone();
        }
    }
    Ok(answer)
}

/// `GET /{template_id}`.
pub(super) fn read(shared: &Shared, id: &str, query: &[(String, String)]) -> Result<Value, Refusal> {
    let state = shared.state();
    let found = state.templates.values().flatten().find(|stored| stored.id == id);
    found
        .map_or_else(|| Err(Refusal::no_such_object("GET", id)), |stored| TEMPLATE.pick(&draw(stored), query))
}

/// `POST /{waba}/message_templates`. It is pending, and reviewed after the behaviour's delay.
pub(super) fn create(shared: &Arc<Shared>, waba_id: &str, body: &Value) -> Result<Value, Refusal> {
    let request = Param::root(body);
    request.only(&[
        "name",
        "language",
        "category",
        "components",
        "parameter_format",
        "message_send_ttl_seconds",
        "allow_category_change",
        "cta_url_link_tracking_opted_out",
        "degrees_of_freedom_spec",
        "sub_category",
    ])?;
    let name = request.require("name")?.text_to(512)?;
    let is_plain = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_';
    if !name.bytes().all(is_plain) {
        return Err(Refusal::parameter(
            "Param name must have lower-case letters, digits and underscores only.",
        ));
    }
    let language = request.require("language")?.text_to(16)?;
    let template = EmulatedTemplate {
        status: "PENDING".to_owned(),
        parameter_format: parameter_format(&request)?.unwrap_or_else(|| "POSITIONAL".to_owned()),
        quality: "UNKNOWN".to_owned(),
        ..EmulatedTemplate::approved(
            name,
            language,
            &category(&request.require("category")?)?,
            components(&request.require("components")?)?,
        )
    };
    let lives = lives(&request)?;
    let answer = {
        let mut state = shared.state();
        let id = state.next_serial().to_string();
        let templates = state.templates.entry(waba_id.to_owned()).or_default();
        let key = (&template.name, &template.language);
        if templates.iter().any(|stored| (&stored.template.name, &stored.template.language) == key) {
            return Err(Refusal::parameter(format!("There is already a template {name} in {language}.")));
        }
        let answer = json!({"id": id, "status": "PENDING", "category": template.category});
        templates.push(StoredTemplate { id, template, lives });
        answer
    };
    review_later(shared, waba_id, name, language);
    Ok(answer)
}

/// `POST /{template_id}`: all components are replaced, and it is reviewed again.
pub(super) fn change(shared: &Arc<Shared>, id: &str, body: &Value) -> Result<Value, Refusal> {
    let request = Param::root(body);
    request.only(&["components", "category", "message_send_ttl_seconds", "parameter_format"])?;
    let new_components = request.field("components").map(|new| components(&new)).transpose()?;
    let new_category = request.field("category").map(|new| category(&new)).transpose()?;
    let (new_format, new_life) = (parameter_format(&request)?, lives(&request)?);
    let (answer, waba_id, name, language) = {
        let mut state = shared.state();
        let found = state.templates.iter_mut().find_map(|(waba_id, templates)| {
            templates.iter_mut().find(|stored| stored.id == id).map(|stored| (waba_id.clone(), stored))
        });
        let Some((waba_id, stored)) = found else { return Err(Refusal::no_such_object("POST", id)) };
        let template = &mut stored.template;
        if !matches!(template.status.as_str(), "APPROVED" | "REJECTED" | "PAUSED") {
            return Err(Refusal::parameter("Only an approved, rejected or paused template can be edited."));
        }
        if template.status == "APPROVED" && new_category.as_ref().is_some_and(|new| *new != template.category)
        {
            return Err(Refusal::parameter("The category of an approved template cannot be changed."));
        }
        "PENDING".clone_into(&mut template.status);
        if let Some(new) = new_components {
            template.components = new;
        }
        if let Some(new) = new_category {
            template.category = new;
        }
        if let Some(new) = new_format {
            template.parameter_format = new;
        }
        stored.lives = new_life.or(stored.lives);
        let template = &stored.template;
        let answer = json!({"success": true, "id": id, "name": template.name, "category": template.category});
        (answer, waba_id, template.name.clone(), template.language.clone())
    };
    review_later(shared, &waba_id, &name, &language);
    Ok(answer)
}

/// `DELETE /{waba}/message_templates?name=`, and `hsm_id` for one language only.
pub(super) fn delete(shared: &Shared, waba_id: &str, parameters: &Value) -> Result<Value, Refusal> {
    let request = Param::root(parameters);
    request.only(&["name", "hsm_id"])?;
    let name = request.require("name")?.text()?;
    let id = request.field("hsm_id").map(|id| id.text()).transpose()?;
    let mut state = shared.state();
    let templates = state.templates.entry(waba_id.to_owned()).or_default();
    let before = templates.len();
    templates.retain(|stored| stored.template.name != name || id.is_some_and(|id| id != stored.id));
    if templates.len() == before {
        return Err(Refusal::parameter(format!("Message template {name} was not found.")));
    }
    Ok(json!({ "success": true }))
}

/// Moves a template to a status and tells the numbers of its account.
pub(super) fn set_status(
    shared: &Shared,
    waba_id: &str,
    name: &str,
    language: &str,
    status: &str,
) -> Result<(), EmulatorError> {
    let at = shared.now().timestamp();
    let posts: Vec<(String, Value)> = {
        let mut guard = shared.state();
        let state = &mut *guard;
        let found = state.templates.get_mut(waba_id).and_then(|templates| {
            templates
                .iter_mut()
                .find(|stored| stored.template.name == name && stored.template.language == language)
        });
        let Some(stored) = found else { return Err(EmulatorError::UnknownTemplate(name.to_owned())) };
        status.clone_into(&mut stored.template.status);
        let value = json!({
            "event": status,
            "message_template_id": stored.id.parse::<u64>().unwrap_or_default(),
            "message_template_name": name,
            "message_template_language": language,
            "message_template_category": stored.template.category,
            "reason": if status == "REJECTED" { "INVALID_FORMAT" } else { "NONE" },
        });
        let on_account = state.numbers.values().filter(|number| number.facts.waba_id == waba_id);
        let mut told: Vec<Option<&Url>> = Vec::new();
        let mut posts = Vec::new();
        for number in on_account {
            let there = number.facts.webhook_url.as_ref();
            if told.contains(&there) {
                continue;
            }
            told.push(there);
            let mut webhook = webhook::envelope(&number.facts, "message_template_status_update", &value);
            webhook["entry"][0]["time"] = json!(at);
            posts.push((number.facts.phone_number_id.clone(), webhook));
        }
        posts
    };
    for (number_id, webhook) in &posts {
        shared.post(number_id, webhook);
    }
    Ok(())
}

/// Approves a template, or rejects one whose variables are not of the format that it says.
fn review_later(shared: &Arc<Shared>, waba_id: &str, name: &str, language: &str) {
    let (here, pending) = (Arc::clone(shared), shared.begin());
    let (waba_id, name, language) = (waba_id.to_owned(), name.to_owned(), language.to_owned());
    let delay = shared.behaviour().status_delay;
    shared.spawn(async move {
        tokio::time::sleep(delay).await;
        let is_sound = here.state().templates.get(&waba_id).is_some_and(|templates| {
            let is_it = |stored: &&StoredTemplate| {
                stored.template.name == name && stored.template.language == language
            };
            templates.iter().find(is_it).is_some_and(|stored| variables_fit(&stored.template))
        });
        let status = if is_sound { "APPROVED" } else { "REJECTED" };
        // It may have been deleted meanwhile.
        let _ = set_status(&here, &waba_id, &name, &language, status);
        drop(pending);
    });
}

fn variables_fit(template: &EmulatedTemplate) -> bool {
    let is_named = template.parameter_format == "NAMED";
    let texts = ["HEADER", "BODY"];
    let texts = texts.iter().filter_map(|kind| template.component(kind)?["text"].as_str());
    let is_number = |name: &String| name.bytes().all(|byte| byte.is_ascii_digit());
    texts.flat_map(variables).all(|name| is_number(&name) != is_named)
}

fn category(given: &Param<'_>) -> Result<String, Refusal> {
    let category = given.text()?.to_uppercase();
    if !matches!(category.as_str(), "MARKETING" | "UTILITY" | "AUTHENTICATION") {
        return Err(Refusal::parameter(
            "Param category must be one of {AUTHENTICATION, MARKETING, UTILITY}.",
        ));
    }
    Ok(category)
}

fn parameter_format(request: &Param<'_>) -> Result<Option<String>, Refusal> {
    let Some(format) = request.field("parameter_format") else { return Ok(None) };
    let format = format.text()?.to_uppercase();
    if !matches!(format.as_str(), "NAMED" | "POSITIONAL") {
        return Err(Refusal::parameter("Param parameter_format must be one of {NAMED, POSITIONAL}."));
    }
    Ok(Some(format))
}

fn lives(request: &Param<'_>) -> Result<Option<i64>, Refusal> {
    let Some(given) = request.field("message_send_ttl_seconds") else { return Ok(None) };
    let seconds =
        given.value().as_i64().filter(|seconds| *seconds == -1 || (30..=2_592_000).contains(seconds));
    seconds
        .map(Some)
        .ok_or_else(|| Refusal::parameter("Param message_send_ttl_seconds must be 30 to 2592000, or -1."))
}

/// Components as they are kept: their kinds in capitals, with a body among them.
fn components(given: &Param<'_>) -> Result<Value, Refusal> {
    const KINDS: [&str; 4] = ["HEADER", "BODY", "FOOTER", "BUTTONS"];
    let mut kept = given.value().clone();
    let mut has_body = false;
    for component in given.items()? {
        let kind = component.require("type")?.text()?.to_uppercase();
        if !KINDS.contains(&kind.as_str()) {
            return Err(Refusal::parameter(format!("Components of type {kind} are not emulated.")));
        }
        if kind == "BODY" {
            has_body = true;
            if let Some(text) = component.field("text") {
                text.text_to(1024)?;
            }
        }
    }
    if !has_body {
        return Err(Refusal::parameter("Param components must have a BODY."));
    }
    for component in kept.as_array_mut().into_iter().flatten() {
        for key in ["type", "format"] {
            if let Some(kind) = component.get(key).and_then(Value::as_str) {
                component[key] = json!(kind.to_uppercase());
            }
        }
        for button in component["buttons"].as_array_mut().into_iter().flatten() {
            if let Some(kind) = button.get("type").and_then(Value::as_str) {
                button["type"] = json!(kind.to_uppercase());
            }
        }
    }
    Ok(kept)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn asked(pairs: &[(&str, &str)]) -> Vec<(String, String)> {
        pairs.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect()
    }

    fn samples() -> Vec<StoredTemplate> {
        EmulatedTemplate::samples("Green Leaf")
            .into_iter()
            .enumerate()
            .map(|(id, template)| StoredTemplate { id: id.to_string(), template, lives: None })
            .collect()
    }

    #[test]
    fn a_filter_takes_several_values_and_the_summary_counts_what_it_leaves() {
        let here = Url::parse("http://127.0.0.1/v25.0/1/message_templates").unwrap();
        let query = asked(&[
            ("status", "PAUSED,approved"),
            ("category", "UTILITY"),
            ("limit", "1"),
            ("fields", "name"),
            ("summary", "total_count,message_template_count"),
        ]);
        let page = list(&samples(), &query, &here).unwrap();
        assert_eq!(page["data"].as_array().unwrap().len(), 1);
        assert_eq!(page["summary"], json!({"total_count": 3, "message_template_count": 7}));
        assert!(list(&samples(), &asked(&[("fields", "nonsense")]), &here).is_err());
        assert!(list(&samples(), &asked(&[("summary", "nonsense")]), &here).is_err());
    }

    #[test]
    fn a_template_whose_variables_are_not_of_its_format_is_not_approved() {
        assert!(samples().iter().all(|stored| variables_fit(&stored.template)));
        let named = EmulatedTemplate::approved(
            "x",
            "en",
            "UTILITY",
            json!([{"type": "BODY", "text": "Hi {{name}}"}]),
        );
        assert!(!variables_fit(&named));
        assert!(variables_fit(&named.named()));
    }
}
