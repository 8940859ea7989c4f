//! Message links, which are also printed as QR codes: a short address that opens a chat with words in it.

use axum::{
    http::header,
    response::{IntoResponse, Response},
};
use serde_json::{Value, json};
use url::Url;

use super::{fields::Node, paging, param::Param, refusal::Refusal};

/// A message link.
#[derive(Debug, Clone)]
pub(super) struct Link {
    code: String,
    prefilled: String,
}

const LINK: Node = Node {
    name: "WhatsAppBusinessMessageQRCode",
    known: &["code", "prefilled_message", "deep_link_url", "qr_image_url", "creation_time"],
    default: &["code", "prefilled_message", "deep_link_url"],
};

/// The most links of a number.
const MOST: usize = 2_000;

/// A picture of one transparent dot: the picture is there to be fetched, not to be scanned.
const DOT: &[u8] = &[
    0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a, 0x00, 0x00, 0x00, 0x0d, 0x49, 0x48, 0x44, 0x52, 0x00,
    0x00, 0x00, 0x01, 0x00, 0x00, 0x00, 0x01, 0x08, 0x06, 0x00, 0x00, 0x00, 0x1f, 0x15, 0xc4, 0x89, 0x00,
    0x00, 0x00, 0x0b, 0x49, 0x44, 0x41, 0x54, 0x78, 0xda, 0x63, 0x60, 0x00, 0x02, 0x00, 0x00, 0x05, 0x00,
    0x01, 0xe9, 0xfa, 0xdc, 0xd8, 0x00, 0x00, 0x00, 0x00, 0x49, 0x45, 0x4e, 0x44, 0xae, 0x42, 0x60, 0x82,
];

/// `POST /{phone_number_id}/message_qrdls`, with the code of a link in the body or the path to change it.
pub(super) fn write(
    links: &mut Vec<Link>,
    path_code: Option<&str>,
    body: &Value,
    serial: u64,
    base: &Url,
) -> Result<Value, Refusal> {
    let request = Param::root(body);
    request.only(&["prefilled_message", "generate_qr_image", "code", "messaging_product"])?;
    let prefilled = request.require("prefilled_message")?.text_to(140)?.to_owned();
    let image = request.field("generate_qr_image").map(|image| image.text()).transpose()?;
    let image = image.map(format).transpose()?;
    let code = match path_code {
        Some(code) => Some(code),
        None => request.field("code").map(|code| code.text()).transpose()?,
    };
    let position = match code {
        Some(code) => links
            .iter()
            .position(|link| link.code == code)
            .ok_or_else(|| Refusal::no_such_object("POST", code))?,
        None if links.len() >= MOST => {
            return Err(Refusal::parameter(format!("A number has at most {MOST} message links.")));
        }
        None => {
            links.push(Link { code: spell(serial), prefilled: String::new() });
            links.len() - 1
        }
    };
    links[position].prefilled = prefilled;
    Ok(draw(&links[position], image, base))
}

/// `GET /{phone_number_id}/message_qrdls`, or one of them: a list either way, empty for a code that is not there.
pub(super) fn read(
    links: &[Link],
    code: Option<&str>,
    query: &[(String, String)],
    here: &Url,
    base: &Url,
) -> Result<Value, Refusal> {
    let image = match LINK.modifier("qr_image_url", query)? {
        Some(modifier) => Some(format(modifier.trim_start_matches(".format(").trim_end_matches(')'))?),
        None => None,
    };
    let found: Vec<&Link> = links.iter().filter(|link| code.is_none_or(|code| code == link.code)).collect();
    paging::page(&found, query, here, |link| LINK.pick(&draw(link, image, base), query))
}

/// `DELETE /{phone_number_id}/message_qrdls/{code}`.
pub(super) fn delete(links: &mut Vec<Link>, code: &str) -> Result<Value, Refusal> {
    let before = links.len();
    links.retain(|link| link.code != code);
    if links.len() == before {
        return Err(Refusal::no_such_object("DELETE", code));
    }
    Ok(json!({ "success": true }))
}

/// The picture behind `qr_image_url`: an address without a token, as on the platform.
pub(super) fn picture(file: &str) -> Response {
    if file.ends_with(".svg") {
        let drawing = r#"<svg xmlns="http://www.w3.org/2000/svg" width="1" height="1"/>"#;
        return ([(header::CONTENT_TYPE, "image/svg+xml")], drawing).into_response();
    }
    ([(header::CONTENT_TYPE, "image/png")], DOT).into_response()
}

/// The ending of a picture's file; the name of the format is not minded for its case, as by the platform.
fn format(name: &str) -> Result<&'static str, Refusal> {
    match name.to_uppercase().as_str() {
        "PNG" | "" => Ok("png"),
        "SVG" => Ok("svg"),
        _ => Err(Refusal::parameter("Param generate_qr_image must be one of {PNG, SVG}.")),
    }
}

fn draw(link: &Link, image: Option<&str>, base: &Url) -> Value {
    let mut drawn = json!({
        "code": link.code,
        "prefilled_message": link.prefilled,
        "deep_link_url": format!("https://wa.me/message/{}", link.code),
    });
    if let Some(ending) = image {
        drawn["qr_image_url"] = json!(format!("{base}qr/{}.{ending}", link.code));
    }
    drawn
}

/// Fourteen capitals and digits, as the platform's codes have.
fn spell(mut serial: u64) -> String {
    const LETTERS: &[u8; 32] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
    let mut code = vec![b'A'; 14];
    for place in code.iter_mut().rev() {
        *place = LETTERS[usize::try_from(serial % 32).unwrap_or_default()];
        serial /= 32;
    }
    code.into_iter().map(char::from).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_differ_and_are_of_one_length() {
        assert_ne!(spell(1), spell(2));
        assert_eq!(spell(u64::MAX).len(), 14);
    }

    #[test]
    fn a_link_that_is_not_there_is_neither_changed_nor_deleted() {
        let base = Url::parse("http://127.0.0.1:1/").unwrap();
        let mut links = Vec::new();
        let words = json!({"prefilled_message": "Hello"});
        assert!(write(&mut links, Some("NOSUCHCODE"), &words, 1, &base).is_err());
        assert!(delete(&mut links, "NOSUCHCODE").is_err());
        assert!(write(&mut links, None, &json!({"prefilled_message": "x".repeat(141)}), 1, &base).is_err());
        assert!(links.is_empty());
    }
}
