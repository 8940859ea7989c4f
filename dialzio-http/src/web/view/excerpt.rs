//! A part of a text around what was looked for in it.

use super::Shown;
use std::ops::Range;

/// How much of the text stands in front of the first place, in characters.
const BEFORE: usize = 30;
/// How long an excerpt is, in characters.
const LENGTH: usize = 140;

/// A part of a text, in pieces.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Excerpt(pub(crate) Vec<Piece>);

/// One piece of an excerpt.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Piece {
    pub(crate) text: Shown,
    /// Whether it was looked for.
    pub(crate) is_sought: bool,
}

impl Excerpt {
    /// The part of a text around the first of these places: ranges of bytes, in order.
    pub(crate) fn of(text: &str, places: &[Range<usize>]) -> Self {
        let first = places.first().map_or(0, |place| place.start);
        let start = text.get(..first).map_or(0, begin);
        let end = text
            .get(start..)
            .and_then(|rest| rest.char_indices().nth(LENGTH))
            .map_or(text.len(), |(length, _)| start + length);
        let mut pieces = Vec::new();
        let mut add = |piece: Option<&str>, is_sought: bool| {
            let text = piece.unwrap_or_default().split_whitespace().collect::<Vec<_>>().join(" ");
            let gap = |is: bool| if is { " " } else { "" };
            let starts = piece.is_some_and(|piece| piece.starts_with(char::is_whitespace));
            let ends = piece.is_some_and(|piece| piece.len() > 1 && piece.ends_with(char::is_whitespace));
            if piece.is_some_and(|piece| !piece.is_empty()) {
                pieces.push(Piece { text: format!("{}{text}{}", gap(starts), gap(ends)).into(), is_sought });
            }
        };
        let mut at = start;
        if start > 0 {
            add(Some("…"), false);
        }
        for place in places.iter().filter(|place| place.start >= start && place.end <= end) {
            add(text.get(at..place.start), false);
            add(text.get(place.clone()), true);
            at = place.end;
        }
        add(text.get(at..end), false);
        if end < text.len() {
            add(Some("…"), false);
        }
        Self(pieces)
    }
}

/// Where an excerpt begins in what stands in front of the first place: at a word, unless all of it is one.
fn begin(before: &str) -> usize {
    let Some((cut, _)) = before.char_indices().rev().nth(BEFORE) else { return 0 };
    let rest = before.get(cut..).unwrap_or_default();
    rest.find(char::is_whitespace).map_or(cut, |gap| cut + gap + 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(text: &str, sought: &str) -> String {
        let place = text.find(sought).map(|start| start..start + sought.len());
        let pieces = Excerpt::of(text, &place.into_iter().collect::<Vec<_>>()).0;
        pieces
            .iter()
            .map(|piece| if piece.is_sought { format!("[{}]", piece.text) } else { piece.text.to_string() })
            .collect()
    }

    #[test]
    fn a_short_text_is_shown_whole_and_on_one_line() {
        assert_eq!(shown("Is the\nMonstera  here?", "Monstera"), "Is the [Monstera] here?");
        assert_eq!(shown("Monstera", "Monstera"), "[Monstera]");
        assert_eq!(shown("", "x"), "");
    }

    #[test]
    fn a_long_text_is_cut_at_a_word_in_front_and_behind() {
        let text = format!("{} monstera {}", "word ".repeat(40), "after ".repeat(40));
        let shown = shown(&text, "monstera");
        assert!(shown.starts_with("…word word"), "{shown}");
        assert!(shown.contains(" [monstera] after"), "{shown}");
        assert!(shown.ends_with('…') && shown.chars().count() < 160, "{shown}");
    }

    #[test]
    fn places_that_are_none_of_the_text_do_no_harm() {
        for (start, end) in [(0, 99), (1, 2), (5, 3)] {
            let pieces = Excerpt::of("éé", &[Range { start, end }]).0;
            assert!(
                pieces.iter().all(|piece| piece.text.to_string().chars().all(|c| c == 'é')),
                "{pieces:?}"
            );
        }
    }
}
