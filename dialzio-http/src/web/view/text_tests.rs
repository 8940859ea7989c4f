use super::{Region, RichText, Segment, Shown};

fn link(text: &str) -> Option<(String, String)> {
    RichText::from(text).0.into_iter().find_map(|piece| match piece {
        Segment::Link { href, text } => Some((href, text)),
        _ => None,
    })
}

fn written(text: &RichText) -> String {
    let pieces = text.0.iter().map(|piece| match piece {
        Segment::Text(text) | Segment::Link { text, .. } | Segment::Control(text) => text.as_str(),
        Segment::Open(_) | Segment::Close(_) => "",
    });
    pieces.collect()
}

#[test]
fn plain_text_stays_one_piece() {
    assert_eq!(RichText::from("Hello\n  <b>there</b>").0, [Segment::Text("Hello\n  <b>there</b>".into())]);
}

#[test]
fn web_addresses_become_links_without_the_punctuation_of_the_sentence() {
    let (href, text) = link("see (https://example.com/a_(b)).").unwrap();
    assert_eq!((href.as_str(), text.as_str()), ("https://example.com/a_(b)", "https://example.com/a_(b)"));
    assert_eq!(link("www.example.com!").unwrap().0, "https://www.example.com/");
}

#[test]
fn numbers_and_mail_become_links() {
    assert_eq!(link("tel:+919840012345").unwrap().0, "tel:+919840012345");
    assert_eq!(link("write to asha@example.com, please").unwrap().0, "mailto:asha@example.com");
    assert_eq!(link("mailto:asha@example.com").unwrap().0, "mailto:asha@example.com");
}

#[test]
fn other_schemes_stay_text() {
    for text in [
        "javascript:alert(1)",
        "data:text/html,x",
        "file:///etc/passwd",
        "https://",
        "a@b",
        "@kavya.designs",
        "tel:abc",
        "vbscript:x",
        "mailto:x?bcc=a@b.example",
    ] {
        assert_eq!(link(text), None, "{text}");
    }
}

#[test]
fn an_address_with_a_hidden_user_part_stays_text() {
    assert_eq!(link("https://bank.example@evil.example/"), None);
}

#[test]
fn direction_controls_are_shown_and_never_link() {
    assert_eq!(Shown::from("Asha\u{202E}gpj.exe").to_string(), "Asha⟨U+202E⟩gpj.exe");
    assert_eq!(link("https://example.com/\u{202E}moc"), None);
    assert_eq!(RichText::from("a\u{200F}b").0[1], Segment::Control("⟨U+200F⟩".into()));
}

#[test]
fn joiners_of_emoji_and_scripts_are_kept() {
    assert_eq!(Shown::from("👨\u{200D}👩\u{200D}👧").to_string(), "👨\u{200D}👩\u{200D}👧");
}

#[test]
fn nothing_is_lost() {
    for text in
        ["", " ", "a  b\n\nc ", "“https://example.com”, (x@y.example) ok?", "...", "))((", "www.", "é@ü"]
    {
        assert_eq!(written(&RichText::from(text)), text);
    }
}

#[test]
fn telephone_numbers_become_links_and_those_in_addresses_do_not() {
    let text = "Ring 98400 12345, or see https://example.com/9840012345 before 2026-11-29";
    let RichText(pieces) = RichText::from(text).with_numbers(Some(Region::parse("IN").unwrap()));
    let links: Vec<_> = pieces
        .iter()
        .filter_map(|piece| match piece {
            Segment::Link { href, text } => Some((href.as_str(), text.as_str())),
            _ => None,
        })
        .collect();
    let page = "https://example.com/9840012345";
    assert_eq!(links, [("tel:+919840012345", "98400 12345"), (page, page)]);
    assert_eq!(RichText(pieces.clone()).plain(), text);
    // Without a region only international forms are known.
    let RichText(pieces) = RichText::from("98400 12345").with_numbers(None);
    assert_eq!(pieces, [Segment::Text("98400 12345".to_owned())]);
}
