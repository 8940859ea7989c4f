//! Rules of the plain message types: text, files, places, cards and reactions.

use std::collections::HashMap;

use super::{Drawn, Judged, Param, Refusal};
use crate::emulator::{
    media::kind_of_mime,
    state::StoredMedia,
    transcript::{Bubble, BubbleMedia},
};

pub(super) fn text(text: &Param<'_>) -> Judged<Drawn> {
    text.only(&["body", "preview_url"])?;
    let body = text.require("body")?.text_to(4096)?;
    if body.trim().is_empty() {
        return Err(Refusal::parameter("The parameter text['body'] is required."));
    }
    if let Some(preview) = text.field("preview_url") {
        preview.flag()?;
    }
    Ok(drawn("text", body))
}

pub(super) fn media(kind: &str, media: &Param<'_>, stored: &HashMap<String, StoredMedia>) -> Judged<Drawn> {
    let keys: &[&str] = match kind {
        "image" | "video" => &["id", "link", "caption"],
        "audio" => &["id", "link", "voice"],
        "document" => &["id", "link", "caption", "filename"],
        _ => &["id", "link"],
    };
    media.only(keys)?;
    let (file, fails_later) = file(kind, media, stored)?;
    let caption = match media.field("caption") {
        Some(caption) => caption.text_to(1024)?,
        None => "",
    };
    if let Some(voice) = media.field("voice") {
        voice.flag()?;
    }
    let mut drawn = drawn(kind, caption);
    drawn.bubble.media = Some(file);
    drawn.fails_later = fails_later;
    Ok(drawn)
}

/// A file named by exactly one of `id` and `link`, and the code with which a bad link fails later.
pub(super) fn file(
    kind: &str,
    media: &Param<'_>,
    stored: &HashMap<String, StoredMedia>,
) -> Judged<(BubbleMedia, Option<u32>)> {
    let filename = media.field("filename").map(|name| name.text_to(240)).transpose()?.map(str::to_owned);
    let base = BubbleMedia { kind: kind.to_owned(), filename, ..BubbleMedia::default() };
    match (media.field("id"), media.field("link")) {
        (Some(_), Some(_)) => {
            Err(Refusal::parameter(format!("Param {kind} takes either id or link, not both.")))
        }
        (None, None) => Err(Refusal::parameter(format!("Param {kind} must have an id or a link."))),
        (Some(id), None) => {
            let id = id.text_to(128)?;
            let Some(found) = stored.get(id) else {
                return Err(Refusal::parameter(format!(
                    "Param {kind}['id'] is not a valid whatsapp business account media attachment ID"
                )));
            };
            let is_of_kind = kind == "document" || kind_of_mime(&found.mime_type) == Some(kind);
            if !is_of_kind {
                return Err(Refusal::of(131_053)
                    .details(format!("A file of type {} cannot be sent as {kind}.", found.mime_type)));
            }
            Ok((BubbleMedia { id: Some(id.to_owned()), ..base }, None))
        }
        (None, Some(link)) => {
            let link = link.text_to(2048)?;
            let Ok(address) = url::Url::parse(link) else {
                return Err(Refusal::parameter(format!("Param {kind}['link'] is not a valid URL.")));
            };
            let is_fetchable = address.scheme() == "https"
                || (address.scheme() == "http"
                    && matches!(address.host_str(), Some("127.0.0.1" | "localhost" | "[::1]")));
            let fails_later = (!is_fetchable).then_some(131_053);
            Ok((BubbleMedia { link: Some(link.to_owned()), ..base }, fails_later))
        }
    }
}

pub(super) fn location(place: &Param<'_>) -> Judged<Drawn> {
    place.only(&["latitude", "longitude", "name", "address"])?;
    let latitude = place.require("latitude")?.number()?;
    let longitude = place.require("longitude")?.number()?;
    if !(-90.0..=90.0).contains(&latitude) || !(-180.0..=180.0).contains(&longitude) {
        return Err(Refusal::of(131_009).details("The coordinates are not on Earth."));
    }
    let mut lines = Vec::new();
    for key in ["name", "address"] {
        if let Some(line) = place.field(key) {
            lines.push(line.text_to(1000)?.to_owned());
        }
    }
    lines.push(format!("{latitude}, {longitude}"));
    Ok(drawn("location", &lines.join("\n")))
}

pub(super) fn contacts(cards: &Param<'_>) -> Judged<Drawn> {
    let cards = cards.items()?;
    if cards.is_empty() || cards.len() > 257 {
        return Err(Refusal::of(131_009).details("Number of contacts invalid. Min: 1, Max: 257"));
    }
    let mut names = Vec::new();
    for card in &cards {
        card.only(&["name", "phones", "emails", "addresses", "org", "urls", "birthday"])?;
        let name = card.require("name")?;
        let parts = ["first_name", "last_name", "middle_name", "prefix", "suffix"];
        name.only(&[&["formatted_name"][..], &parts[..]].concat())?;
        names.push(name.require("formatted_name")?.text_to(512)?.to_owned());
        if !parts.iter().any(|part| name.field(part).is_some()) {
            return Err(Refusal::of(131_009)
                .details("At least one other name part is required besides formatted_name."));
        }
        list(card, "phones", &["phone", "type", "wa_id"])?;
        list(card, "emails", &["email", "type"])?;
        list(card, "urls", &["url", "type"])?;
        list(card, "addresses", &["street", "city", "state", "zip", "country", "country_code", "type"])?;
        if let Some(org) = card.field("org") {
            org.only(&["company", "department", "title"])?;
        }
    }
    Ok(drawn("contacts", &names.join("\n")))
}

fn list(card: &Param<'_>, key: &str, keys: &[&str]) -> Judged<()> {
    if let Some(list) = card.field(key) {
        for item in list.items()? {
            item.only(keys)?;
        }
    }
    Ok(())
}

pub(super) fn reaction(reaction: &Param<'_>) -> Judged<Drawn> {
    reaction.only(&["message_id", "emoji"])?;
    let target = reaction.require("message_id")?.text_to(1024)?;
    let emoji = reaction.require("emoji")?.text()?;
    if emoji.chars().count() > 16 || emoji.chars().any(char::is_alphanumeric) {
        return Err(Refusal::of(131_009).details("Param reaction['emoji'] is not an emoji."));
    }
    let mut drawn = drawn("reaction", emoji);
    drawn.reaction = Some((target.to_owned(), emoji.to_owned()));
    Ok(drawn)
}

fn drawn(kind: &str, text: &str) -> Drawn {
    let bubble = Bubble { kind: kind.to_owned(), text: text.to_owned(), ..Bubble::default() };
    Drawn { bubble, ..Drawn::default() }
}
