//! Search in what was said: which words are looked for, and which messages have them.
//!
//! Stores keep the words of each message in an index, which goes with the message. The index narrows; whether a message is
//! found is decided here, from its text, so that every store gives the same answer.

use std::collections::BTreeSet;
use std::ops::Range;

use chrono::{DateTime, Utc};

use super::{Direction, Message, MessageSort};
use crate::id::{AccountId, ConversationId, id_floor};
use crate::page::Cursor;
use crate::search::{words_in, words_of};
use crate::time::OLDEST_EVENT;

/// From how many characters on the last word of a search may be the beginning of a longer one.
const MIN_BEGINNING: usize = 3;

/// Words that a text has to have, in any order: whole words, and one that is perhaps typed in part only.
#[derive(Clone, PartialEq, Eq)]
pub struct SoughtWords {
    whole: BTreeSet<String>,
    beginning: Option<String>,
}

impl SoughtWords {
    /// The words of what was typed. The last one may be the beginning of a word if it has at least three characters, or is
    /// not written in Latin letters; `None` if nothing in it can be compared.
    #[must_use]
    pub fn parse(typed: &str) -> Option<Self> {
        let mut words: Vec<String> = words_in(typed).map(|(_, word)| word).collect();
        let last = words.pop()?;
        let mut whole: BTreeSet<String> = words.into_iter().collect();
        let is_beginning = last.chars().count() >= MIN_BEGINNING || !last.is_ascii();
        let beginning = if is_beginning {
            Some(last)
        } else {
            whole.insert(last);
            None
        };
        Some(Self { whole, beginning })
    }

    /// The words that have to be there as they are, folded.
    pub fn whole(&self) -> impl Iterator<Item = &str> {
        self.whole.iter().map(String::as_str)
    }

    /// With what one more word has to begin, folded.
    #[must_use]
    pub fn beginning(&self) -> Option<&str> {
        self.beginning.as_deref()
    }

    fn has(&self, word: &str) -> bool {
        self.whole.contains(word) || self.beginning.as_deref().is_some_and(|start| word.starts_with(start))
    }

    /// Whether a text has all of them.
    #[must_use]
    pub fn are_in(&self, text: &str) -> bool {
        let words = words_of(text);
        self.whole.is_subset(&words)
            && self.beginning.as_deref().is_none_or(|start| {
                words.range(start.to_owned()..).next().is_some_and(|word| word.starts_with(start))
            })
    }

    /// Where they stand in a text: ranges of bytes, in order, none over another.
    #[must_use]
    pub fn places(&self, text: &str) -> Vec<Range<usize>> {
        let mut places: Vec<Range<usize>> =
            words_in(text).filter(|(_, word)| self.has(word)).map(|(place, _)| place).collect();
        places.dedup();
        places
    }
}

/// Shows nothing of what somebody looked for.
impl std::fmt::Debug for SoughtWords {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "SoughtWords({}, …)", self.whole.len())
    }
}

/// Which messages are looked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MessageSearch {
    /// The words that they have.
    pub words: SoughtWords,
    /// On this account only.
    pub account: Option<AccountId>,
    /// In this conversation only.
    pub conversation: Option<ConversationId>,
    /// What else is asked of them.
    pub narrow: MessageNarrow,
}

/// What narrows a search in messages further. All that is given has to hold.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct MessageNarrow {
    /// Inbound: the person wrote it; outbound: we did.
    pub direction: Option<Direction>,
    /// What it holds.
    pub sort: Option<MessageSort>,
    /// Written then or later.
    pub since: Option<DateTime<Utc>>,
    /// Written before then.
    pub until: Option<DateTime<Utc>>,
}

impl MessageNarrow {
    /// Whether a message is left.
    #[must_use]
    pub fn keeps(&self, message: &Message) -> bool {
        self.direction.is_none_or(|wanted| wanted == message.direction)
            && self.sort.is_none_or(|sort| sort.is(message))
            && self.since.is_none_or(|since| since <= message.event_at)
            && self.until.is_none_or(|until| message.event_at < until)
    }

    /// The place after which a list that is newest first begins, so that what is too new is not looked at.
    pub(super) fn start(&self) -> Option<Cursor> {
        // The time in an id is that of the event, or at most so much later.
        let newest = id_floor(self.until? + OLDEST_EVENT);
        Some(Cursor(newest.into_bytes().to_vec()))
    }

    /// Whether all that comes after a place in such a list is too old.
    pub(super) fn is_past(&self, place: &Cursor) -> bool {
        let Some(since) = self.since else { return false };
        place.0.as_slice() < id_floor(since).into_bytes().as_slice()
    }
}

impl MessageSearch {
    /// How many messages a store looks at for one page. What is left comes with the pages after it, so that words that are
    /// frequent and never stand together cannot hold a page up.
    pub const EXAMINED: usize = 2_000;

    /// Whether a message is one of those that are looked for. Which account its conversation is on, the store knows.
    #[must_use]
    pub fn finds(&self, message: &Message, account: AccountId) -> bool {
        self.account.is_none_or(|wanted| wanted == account)
            && self.conversation.is_none_or(|wanted| wanted == message.conversation)
            && message.revoked_at.is_none()
            && self.narrow.keeps(message)
            && message.content.display_text().is_some_and(|text| self.words.are_in(text))
    }

    /// A search for these words everywhere.
    #[must_use]
    pub fn new(words: SoughtWords) -> Self {
        Self { words, account: None, conversation: None, narrow: MessageNarrow::default() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sought(typed: &str) -> SoughtWords {
        SoughtWords::parse(typed).unwrap()
    }

    #[test]
    fn all_words_have_to_be_there_in_any_order_and_form() {
        let text = "Does the Café deliver 2 kg of Monstera on Saturday?";
        for typed in ["monstera", "cafe MONST", "saturday deliver", "2 kg", "mon", "Café"] {
            assert!(sought(typed).are_in(text), "{typed}");
        }
        for typed in ["monsteras", "caf deliver", "sunday", "monstera tomorrow", "ons", "mo"] {
            assert!(!sought(typed).are_in(text), "{typed}");
        }
    }

    #[test]
    fn nothing_to_compare_is_no_search() {
        for typed in ["", "  ", "%_", "👍", "..."] {
            assert_eq!(SoughtWords::parse(typed), None, "{typed}");
        }
    }

    #[test]
    fn a_short_word_is_looked_for_whole_unless_it_is_not_latin() {
        assert!(sought("ok").are_in("that is OK"));
        assert!(!sought("ok").are_in("okra"));
        assert!(sought("नम").are_in("नमस्ते"));
    }

    #[test]
    fn places_are_those_of_the_text_as_it_is_written() {
        let text = "Café: the ﬁrst café, not a caféteria";
        let shown = |typed: &str| {
            sought(typed).places(text).into_iter().map(|place| text[place].to_owned()).collect::<Vec<_>>()
        };
        assert_eq!(shown("cafe "), ["Café", "café", "caféteria"]);
        assert_eq!(shown("first"), ["ﬁrst"]);
        assert_eq!(shown("cafe the"), ["Café", "the", "café"]);
    }

    proptest::proptest! {
        #[test]
        fn every_word_of_a_text_finds_it_and_has_a_place(text in "\\PC{0,80}") {
            for word in words_of(&text) {
                let Some(sought) = SoughtWords::parse(&word) else { continue };
                proptest::prop_assert!(sought.are_in(&text), "{word:?}");
                for place in sought.places(&text) {
                    proptest::prop_assert!(text.get(place).is_some());
                }
            }
        }
    }
}
