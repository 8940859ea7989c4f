//! Rules of interactive messages: reply buttons, lists, links and the requests without choices.

use super::{Drawn, Judged, Param, Refusal, Surroundings, content::file};
use crate::emulator::transcript::{Bubble, BubbleButton, ButtonKind};

pub(super) fn judge(interactive: &Param<'_>, around: &Surroundings<'_>) -> Judged<Drawn> {
    interactive.only(&["type", "header", "body", "footer", "action"])?;
    let kind = interactive.require("type")?.text()?;
    let action = interactive.require("action")?;
    let mut bubble = Bubble { kind: "interactive".to_owned(), ..Bubble::default() };
    let mut fails_later = None;

    let longest_body = if matches!(kind, "list") { 4096 } else { 1024 };
    let body = interactive.require("body")?;
    body.only(&["text"])?;
    body.require("text")?.label_to(longest_body)?.clone_into(&mut bubble.text);
    if let Some(footer) = interactive.field("footer") {
        footer.only(&["text"])?;
        bubble.footer = Some(footer.require("text")?.label_to(60)?.to_owned());
    }
    if let Some(header) = interactive.field("header") {
        let form = header.require("type")?.text()?;
        let is_allowed = match form {
            "text" => true,
            "image" | "video" | "document" => matches!(kind, "button" | "cta_url"),
            _ => false,
        };
        if !is_allowed {
            return Err(
                Refusal::of(131_009).details(format!("Header type {form} is not allowed for {kind}."))
            );
        }
        header.only(&["type", form])?;
        let value = header.require(form)?;
        if form == "text" {
            bubble.header = Some(value.label_to(60)?.to_owned());
        } else {
            value.only(&["id", "link", "filename"])?;
            let (media, later) = file(form, &value, around.media)?;
            (bubble.media, fails_later) = (Some(media), later);
        }
    }

    bubble.buttons = match kind {
        "button" => buttons(&action)?,
        "list" => rows(&action)?,
        "cta_url" => vec![link(&action)?],
        "location_request_message" => request(&action, "send_location", "Send location")?,
        // The reference says contact_request; the clients that are in use send the name of the action.
        "contact_request" | "request_contact_info" => {
            request(&action, "request_contact_info", "Share contact info")?
        }
        other => {
            return Err(Refusal::of(131_009).details(format!("Interactive type {other} is not emulated.")));
        }
    };
    Ok(Drawn { bubble, fails_later, ..Drawn::default() })
}

fn buttons(action: &Param<'_>) -> Judged<Vec<BubbleButton>> {
    action.only(&["buttons"])?;
    let buttons = action.require("buttons")?.items()?;
    if buttons.is_empty() || buttons.len() > 3 {
        return Err(Refusal::of(131_009).details("Interactive buttons number invalid. Min: 1, Max: 3"));
    }
    let mut drawn: Vec<BubbleButton> = Vec::with_capacity(buttons.len());
    for button in &buttons {
        button.only(&["type", "reply"])?;
        if button.require("type")?.text()? != "reply" {
            return Err(Refusal::of(131_009).details("Button type must be reply."));
        }
        let reply = button.require("reply")?;
        reply.only(&["id", "title"])?;
        let id = reply.require("id")?.label_to(256)?.to_owned();
        let title = reply.require("title")?.label_to(20)?.to_owned();
        if drawn.iter().any(|other| other.id == id || other.title == title) {
            return Err(Refusal::of(131_009).details("Duplicated button id or title."));
        }
        drawn.push(BubbleButton { kind: ButtonKind::Reply, id, title, description: None });
    }
    Ok(drawn)
}

fn rows(action: &Param<'_>) -> Judged<Vec<BubbleButton>> {
    action.only(&["button", "sections"])?;
    action.require("button")?.label_to(20)?;
    let sections = action.require("sections")?.items()?;
    if sections.is_empty() || sections.len() > 10 {
        return Err(Refusal::of(131_009).details("Number of sections invalid. Min: 1, Max: 10"));
    }
    let mut drawn: Vec<BubbleButton> = Vec::new();
    for section in &sections {
        section.only(&["title", "rows"])?;
        match section.field("title") {
            Some(title) => {
                title.label_to(24)?;
            }
            None if sections.len() > 1 => {
                return Err(Refusal::of(131_009).details("Section title is required with several sections."));
            }
            None => {}
        }
        for row in section.require("rows")?.items()? {
            row.only(&["id", "title", "description"])?;
            let id = row.require("id")?.label_to(200)?.to_owned();
            let title = row.require("title")?.label_to(24)?.to_owned();
            let description = match row.field("description") {
                Some(description) => Some(description.label_to(72)?.to_owned()),
                None => None,
            };
            if drawn.iter().any(|other| other.id == id) {
                return Err(Refusal::of(131_009).details("Duplicated row id."));
            }
            drawn.push(BubbleButton { kind: ButtonKind::ListRow, id, title, description });
        }
    }
    if drawn.is_empty() || drawn.len() > 10 {
        return Err(Refusal::of(131_009).details("Total row count invalid. Min: 1, Max: 10"));
    }
    Ok(drawn)
}

fn link(action: &Param<'_>) -> Judged<BubbleButton> {
    action.only(&["name", "parameters"])?;
    named(action, "cta_url")?;
    let parameters = action.require("parameters")?;
    parameters.only(&["display_text", "url"])?;
    let title = parameters.require("display_text")?.label_to(20)?.to_owned();
    let id = parameters.require("url")?.label_to(2000)?.to_owned();
    if !id.starts_with("https://") && !id.starts_with("http://") {
        return Err(Refusal::of(131_009).details("The url of a cta_url button must be http or https."));
    }
    Ok(BubbleButton { kind: ButtonKind::Url, id, title, description: None })
}

fn request(action: &Param<'_>, name: &str, title: &str) -> Judged<Vec<BubbleButton>> {
    action.only(&["name"])?;
    named(action, name)?;
    Ok(vec![BubbleButton {
        kind: ButtonKind::Other,
        id: name.to_owned(),
        title: title.to_owned(),
        description: None,
    }])
}

fn named(action: &Param<'_>, name: &str) -> Judged<()> {
    if action.require("name")?.text()? == name {
        return Ok(());
    }
    Err(Refusal::of(131_009).details(format!("Action name must be {name}.")))
}
