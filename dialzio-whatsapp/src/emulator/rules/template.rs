//! Rules of template messages: the template must exist in that language, be approved, and be given
//! exactly the variables that it has.

use serde_json::Value;

use super::{Drawn, Judged, Param, Recipient, Refusal, Surroundings, content::file};
use crate::emulator::{
    template::{EmulatedTemplate, fill, variables},
    transcript::{Bubble, BubbleButton, ButtonKind},
};

pub(super) fn judge(request: &Param<'_>, around: &Surroundings<'_>, to: &Recipient) -> Judged<Drawn> {
    request.only(&["name", "language", "components"])?;
    let name = request.require("name")?.text_to(512)?;
    let language = request.require("language")?;
    language.only(&["code", "policy"])?;
    let code = language.require("code")?.text_to(16)?;
    let template = find(around, name, code)?;
    let category = template.category.to_uppercase();
    if category == "AUTHENTICATION" && matches!(to, Recipient::UserId(_)) {
        return Err(Refusal::of(131_062));
    }

    let given = match request.field("components") {
        Some(components) => components.items()?,
        None => Vec::new(),
    };
    for component in &given {
        component.only(&["type", "sub_type", "index", "parameters"])?;
        let kind = component.require("type")?.text()?.to_lowercase();
        if !matches!(kind.as_str(), "header" | "body" | "button") {
            return Err(Refusal::parameter(format!("Component type \"{kind}\" is not known.")));
        }
    }
    let mut bubble = Bubble { kind: "template".to_owned(), ..Bubble::default() };
    let mut fails_later = None;
    header(template, one(&given, "header")?, around, &mut bubble, &mut fails_later)?;
    let body = template.component("BODY").and_then(|body| body["text"].as_str()).unwrap_or_default();
    bubble.text = words(template, "body", body, one(&given, "body")?)?;
    if bubble.text.chars().count() > 1024 {
        return Err(Refusal::of(132_005).details("The body is longer than 1024 characters."));
    }
    bubble.footer =
        template.component("FOOTER").and_then(|footer| footer["text"].as_str()).map(str::to_owned);
    bubble.buttons = buttons(template, &given)?;
    Ok(Drawn { bubble, category: Some(category), fails_later, ..Drawn::default() })
}

fn find<'a>(around: &Surroundings<'a>, name: &str, language: &str) -> Judged<&'a EmulatedTemplate> {
    let found = around
        .templates
        .iter()
        .map(|stored| &stored.template)
        .find(|template| template.name == name && template.language == language);
    match found.map(|template| (template, template.status.as_str())) {
        Some((template, "APPROVED")) => Ok(template),
        Some((_, "PAUSED")) => Err(Refusal::of(132_015)),
        Some((_, "DISABLED")) => Err(Refusal::of(132_016)),
        Some(_) | None => Err(Refusal::of(132_001)
            .details(format!("template name ({name}) does not exist in {language}, or is not approved"))),
    }
}

fn one<'p, 'v>(given: &'p [Param<'v>], kind: &str) -> Judged<Option<&'p Param<'v>>> {
    let mut matching = given.iter().filter(|component| is_kind(component, kind));
    let first = matching.next();
    match matching.next() {
        Some(_) => Err(Refusal::parameter(format!("Component {kind} is given twice."))),
        None => Ok(first),
    }
}

fn is_kind(component: &Param<'_>, kind: &str) -> bool {
    component.value()["type"].as_str().is_some_and(|given| given.eq_ignore_ascii_case(kind))
}

fn parameters<'v>(component: Option<&Param<'v>>) -> Judged<Vec<Param<'v>>> {
    match component.and_then(|component| component.field("parameters")) {
        Some(parameters) => parameters.items(),
        None => Ok(Vec::new()),
    }
}

fn header(
    template: &EmulatedTemplate,
    given: Option<&Param<'_>>,
    around: &Surroundings<'_>,
    bubble: &mut Bubble,
    fails_later: &mut Option<u32>,
) -> Judged<()> {
    let Some(header) = template.component("HEADER") else {
        return counted("header", parameters(given)?.len(), 0);
    };
    let format = header["format"].as_str().unwrap_or("TEXT").to_uppercase();
    if format == "TEXT" {
        let text = header["text"].as_str().unwrap_or_default();
        bubble.header = Some(words(template, "header", text, given)?);
        return Ok(());
    }
    let mismatch = |received: &str| {
        Refusal::of(132_012)
            .details(format!("header: Format mismatch, expected {format}, received {received}"))
    };
    let given = parameters(given)?;
    let [parameter] = given.as_slice() else { return Err(mismatch("UNKNOWN")) };
    let kind = parameter.require("type")?.text()?.to_lowercase();
    if kind.to_uppercase() != format {
        return Err(mismatch(&kind.to_uppercase()));
    }
    parameter.only(&["type", "parameter_name", &kind])?;
    let value = parameter.require(&kind)?;
    if kind == "location" {
        value.only(&["latitude", "longitude", "name", "address"])?;
        value.require("latitude")?.number()?;
        value.require("longitude")?.number()?;
        return Ok(());
    }
    value.only(&["id", "link", "filename"])?;
    let (media, later) = file(&kind, &value, around.media)?;
    (bubble.media, *fails_later) = (Some(media), later);
    Ok(())
}

/// Fills the variables of one text, after checking that they are the ones it has.
fn words(template: &EmulatedTemplate, part: &str, text: &str, given: Option<&Param<'_>>) -> Judged<String> {
    let wanted = variables(text);
    let given = parameters(given)?;
    counted(part, given.len(), wanted.len())?;
    let is_named = template.parameter_format.eq_ignore_ascii_case("named");
    let mut values: Vec<(String, String)> = Vec::with_capacity(given.len());
    for (position, parameter) in given.iter().enumerate() {
        let name = parameter.field("parameter_name").map(|name| name.text()).transpose()?;
        let key = match (is_named, name) {
            (true, Some(name)) => name.to_owned(),
            (false, None) => (position + 1).to_string(),
            (true, None) => {
                return Err(Refusal::of(132_012).details(format!("{part}: parameter name is missing")));
            }
            (false, Some(_)) => {
                return Err(Refusal::of(132_012).details(format!("{part}: the template is positional")));
            }
        };
        if !wanted.contains(&key) || values.iter().any(|(other, _)| *other == key) {
            return Err(Refusal::of(132_008).details(format!("{part}: unexpected parameter {key}")));
        }
        values.push((key, spoken(parameter)?));
    }
    Ok(fill(text, &values))
}

fn counted(part: &str, given: usize, wanted: usize) -> Judged<()> {
    if given == wanted {
        return Ok(());
    }
    Err(Refusal::of(132_000).details(format!(
        "{part}: number of localizable_params ({given}) does not match the expected number of params ({wanted})"
    )))
}

/// The text of one parameter.
fn spoken(parameter: &Param<'_>) -> Judged<String> {
    let kind = parameter.require("type")?.text()?;
    match kind {
        "text" => {
            parameter.only(&["type", "parameter_name", "text"])?;
            let text = parameter.field("text").map(|text| text.text()).transpose()?.unwrap_or_default();
            if text.is_empty() {
                return Err(Refusal::of(131_008).details("Parameter of type text is missing text value"));
            }
            if text.contains(['\n', '\r', '\t']) || text.contains("     ") {
                return Err(Refusal::of(132_018).details(
                    "Param text cannot have new-line/tab characters or more than 4 consecutive spaces",
                ));
            }
            Ok(text.to_owned())
        }
        "currency" | "date_time" => {
            parameter.only(&["type", "parameter_name", kind])?;
            let value = parameter.require(kind)?;
            if kind == "currency" {
                value.require("code")?.text_to(3)?;
                value.require("amount_1000")?.number()?;
            }
            Ok(value.require("fallback_value")?.text_to(256)?.to_owned())
        }
        other => Err(Refusal::of(132_012).details(format!("Parameter type {other} is not text."))),
    }
}

fn buttons(template: &EmulatedTemplate, given: &[Param<'_>]) -> Judged<Vec<BubbleButton>> {
    let wanted = template
        .component("BUTTONS")
        .and_then(|buttons| buttons["buttons"].as_array())
        .map(Vec::as_slice)
        .unwrap_or_default();
    let mut answers: Vec<Option<&Param<'_>>> = vec![None; wanted.len()];
    for component in given.iter().filter(|component| is_kind(component, "button")) {
        let index = position(component)?;
        let slot = answers.get_mut(index).ok_or_else(|| {
            Refusal::of(132_018).details(format!("buttons: the template has no button at index {index}"))
        })?;
        if slot.replace(component).is_some() {
            return Err(Refusal::parameter(format!("buttons: index {index} is given twice.")));
        }
    }
    wanted
        .iter()
        .zip(answers)
        .enumerate()
        .map(|(index, (button, answer))| draw(index, button, answer))
        .collect()
}

/// The index of a button; the documentation shows it as text and as a number.
fn position(component: &Param<'_>) -> Judged<usize> {
    let index = component.require("index")?;
    let value = index.value();
    value
        .as_u64()
        .or_else(|| value.as_str()?.parse().ok())
        .and_then(|index| usize::try_from(index).ok())
        .ok_or_else(|| Refusal::parameter("Param index must be a number."))
}

fn draw(index: usize, button: &Value, answer: Option<&Param<'_>>) -> Judged<BubbleButton> {
    let field = |key: &str| button[key].as_str().unwrap_or_default().to_owned();
    let (kind, sub_type, parameter, fixed) = match field("type").to_uppercase().as_str() {
        "QUICK_REPLY" => (ButtonKind::TemplateReply, "quick_reply", "payload", Some(field("text"))),
        "URL" if variables(&field("url")).is_empty() => (ButtonKind::Url, "url", "text", Some(field("url"))),
        "URL" => (ButtonKind::Url, "url", "text", None),
        "OTP" => (ButtonKind::CopyCode, "url", "text", None),
        "COPY_CODE" => (ButtonKind::CopyCode, "copy_code", "coupon_code", None),
        "PHONE_NUMBER" => (ButtonKind::Phone, "", "", Some(field("phone_number"))),
        _ => (ButtonKind::Other, "", "", Some(String::new())),
    };
    let title = field("text");
    let drawn = |id: String| BubbleButton { kind, id, title, description: None };
    let Some(answer) = answer else {
        return fixed.map(drawn).ok_or_else(|| {
            Refusal::of(131_008)
                .details(format!("buttons: Button at index {index} of type {sub_type} requires a parameter"))
        });
    };
    let asked = answer.require("sub_type")?.text()?.to_lowercase();
    let is_fixed_url = kind == ButtonKind::Url && fixed.is_some();
    if asked != sub_type || is_fixed_url {
        return Err(Refusal::of(132_012)
            .details(format!("buttons: button at index {index} takes no parameter of sub_type {asked}")));
    }
    let given = parameters(Some(answer))?;
    let [only] = given.as_slice() else {
        return Err(Refusal::of(132_000).details(format!("buttons: index {index} takes one parameter")));
    };
    only.only(&["type", parameter])?;
    if only.require("type")?.text()? != parameter {
        return Err(
            Refusal::of(132_012).details(format!("buttons: expected a parameter of type {parameter}"))
        );
    }
    let longest = match kind {
        ButtonKind::CopyCode if sub_type == "url" => 15,
        ButtonKind::CopyCode => 20,
        _ => 2000,
    };
    let value = only.require(parameter)?.text()?;
    if value.is_empty() || value.chars().count() > longest {
        return Err(Refusal::of(132_008).details(format!(
            "buttons: the parameter at index {index} must have 1 to {longest} characters"
        )));
    }
    let id = match field("type").to_uppercase().as_str() {
        "URL" => fill(&field("url"), &[("1".to_owned(), value.to_owned())]),
        _ => value.to_owned(),
    };
    Ok(drawn(id))
}
