//! What a message holds, in the words of its bubble.

use dialzio_core::conversation::{CardLine, ContactCard, Forwarded, MessageContext, OrderItem, Referral};
use dialzio_core::text::MessageText;

use super::view::message::{Advert, Card, Content, Quote};

/// A place: by its name and address, with a map where its coordinates are known.
pub(super) fn place(
    latitude: Option<f64>,
    longitude: Option<f64>,
    name: Option<&str>,
    address: Option<&str>,
) -> Content {
    let place = latitude.zip(longitude);
    let coordinates = place.map(|(north, east)| format!("{north:.5}, {east:.5}"));
    let detail = [address.map(str::to_owned), coordinates];
    let detail: Vec<String> = detail.into_iter().flatten().collect();
    let detail = if detail.is_empty() { "Coordinates missing".to_owned() } else { detail.join(" · ") };
    Content::Location {
        label: name.unwrap_or("Location").into(),
        detail: detail.into(),
        href: place.map(|(north, east)| {
            format!("https://www.openstreetmap.org/?mlat={north}&mlon={east}#map=16/{north}/{east}")
        }),
    }
}

/// Contact cards, each with every line and its label.
pub(super) fn cards(cards: &[ContactCard]) -> Content {
    if cards.is_empty() {
        return Content::Unsupported("an empty contact card".to_owned());
    }
    Content::Cards(cards.iter().map(card).collect())
}

fn card(card: &ContactCard) -> Card {
    let work: Vec<&str> = [card.title.as_deref(), card.company.as_deref()].into_iter().flatten().collect();
    let mut details = Vec::new();
    if !work.is_empty() {
        details.push(work.join(", "));
    }
    details.extend(card.phones.iter().map(line));
    if card.phones.is_empty() {
        details.push("No number on it".to_owned());
    }
    details.extend(card.emails.iter().chain(&card.urls).chain(&card.addresses).map(line));
    details.extend(card.birthday.as_ref().map(|day| format!("Born {day}")));
    if card.own {
        details.push("Their own number, on request".to_owned());
    }
    Card {
        name: card.caption().unwrap_or("Contact card").into(),
        details: details.into_iter().map(Into::into).collect(),
    }
}

fn line(line: &CardLine) -> String {
    let value = line.value.strip_prefix("tel:").unwrap_or(&line.value);
    match &line.label {
        Some(label) => format!("{value} · {label}"),
        None => value.to_owned(),
    }
}

/// What was chosen, with the line that tells it from another of the same title.
pub(super) fn choice(title: &MessageText, description: Option<&MessageText>) -> Content {
    Content::Text(match description {
        Some(more) => format!("{} — {}", title.reveal(), more.reveal()).into(),
        None => title.reveal().into(),
    })
}

/// An order, a line for each product; what the provider left out is shown as missing.
pub(super) fn order(text: Option<&MessageText>, items: &[OrderItem]) -> Content {
    let product = |item: &OrderItem| {
        let quantity = item.quantity.map_or_else(|| "? ×".to_owned(), |many| format!("{many} ×"));
        let name = item.product.as_deref().unwrap_or("a product without an id");
        let price = match (item.price, item.currency.as_deref()) {
            (Some(price), Some(currency)) => format!("{price:.2} {currency}"),
            (Some(price), None) => format!("{price:.2}, currency missing"),
            (None, _) => "price missing".to_owned(),
        };
        format!("{quantity} {name}, {price}")
    };
    let mut lines = vec![match items.len() {
        1 => "Ordered 1 product".to_owned(),
        many => format!("Ordered {many} products"),
    }];
    lines.extend(items.iter().map(product));
    lines.extend(text.map(|text| text.reveal().to_owned()));
    Content::Text(lines.join("\n").into())
}

/// How a message came here.
pub(super) fn origin(context: &MessageContext) -> Option<&'static str> {
    match (context.forwarded, context.group.is_some()) {
        (Some(Forwarded::Often), _) => Some("Forwarded many times"),
        (Some(Forwarded::Once), _) => Some("Forwarded"),
        (None, true) => Some("In a group"),
        (None, false) => None,
    }
}

/// The advertisement that the person came from. Its picture is not loaded.
pub(super) fn advert(referral: &Referral) -> Advert {
    let what = match referral.source_type.as_deref() {
        Some("ad") | None => "Came from an advertisement",
        Some("post") => "Came from a post",
        Some(_) => "Came from a page",
    };
    let headline =
        referral.headline.as_deref().map_or_else(|| what.to_owned(), |words| format!("{what}: {words}"));
    let ids =
        [("Source", &referral.source_id), ("Click", &referral.click_id), ("Address", &referral.source_url)];
    let ids: Vec<String> =
        ids.iter().filter_map(|(name, id)| id.as_ref().map(|id| format!("{name} {id}"))).collect();
    Advert {
        headline: headline.into(),
        body: referral.body.as_deref().map(Into::into),
        ids: (!ids.is_empty()).then(|| ids.join(" · ").into()),
    }
}

/// An answer to a message that is not here is still an answer.
pub(super) fn unknown_quote(context: &MessageContext) -> Option<Quote> {
    let what = |text: &str| Quote { id: None, author: "Answers".into(), text: text.into() };
    if context.quoted.is_some() {
        return Some(what("A message that is not here"));
    }
    let product = context.product.as_ref()?;
    Some(what(&format!("The product {}", product.product.as_deref().unwrap_or("without an id"))))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::web::view::RichText;
    use dialzio_core::conversation::ExternalId;

    fn text(content: Content) -> RichText {
        match content {
            Content::Text(text) => text,
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn rows_of_one_title_are_told_apart() {
        let title = MessageText::parse("9:00").unwrap();
        let day = MessageText::parse("Tuesday").unwrap();
        assert_eq!(text(choice(&title, Some(&day))), RichText::from("9:00 — Tuesday"));
    }

    #[test]
    fn what_an_order_leaves_out_is_said_to_be_missing() {
        let whole = OrderItem {
            product: Some("fern".into()),
            quantity: Some(2.0),
            price: Some(149.5),
            currency: Some("INR".into()),
        };
        let bare = OrderItem { product: None, quantity: None, price: None, currency: None };
        let wanted = "Ordered 2 products\n2 × fern, 149.50 INR\n? × a product without an id, price missing";
        assert_eq!(text(order(None, &[whole, bare])), RichText::from(wanted));
    }

    #[test]
    fn every_card_shows_each_number_with_its_label() {
        let phones = vec![
            CardLine { label: Some("WORK".into()), ..CardLine::plain("044 1234") },
            CardLine::plain("tel:+919840055503"),
        ];
        let shown = super::cards(&[
            ContactCard { phones, company: Some("Lake Clinic".into()), ..ContactCard::default() },
            ContactCard { name: Some("Only a name".into()), ..ContactCard::default() },
        ]);
        let Content::Cards(cards) = shown else { panic!("no cards") };
        let details: Vec<String> = cards[0].details.iter().map(ToString::to_string).collect();
        assert_eq!(details, ["Lake Clinic", "044 1234 · WORK", "+919840055503"]);
        assert_eq!(cards[0].name.to_string(), "044 1234");
        assert_eq!(cards[1].details[0].to_string(), "No number on it");
    }

    #[test]
    fn an_answer_to_an_unknown_message_is_shown_as_an_answer() {
        let context = MessageContext { quoted: ExternalId::parse("wamid.eA=="), ..MessageContext::default() };
        assert_eq!(unknown_quote(&context).unwrap().text.to_string(), "A message that is not here");
        assert!(unknown_quote(&MessageContext::default()).is_none());
    }

    #[test]
    fn a_place_has_its_address_and_its_coordinates() {
        let Content::Location { detail, .. } = place(Some(1.0), Some(2.0), Some("Lake"), Some("1 Lake Road"))
        else {
            panic!("no place")
        };
        assert_eq!(detail.to_string(), "1 Lake Road · 1.00000, 2.00000");
    }
}
