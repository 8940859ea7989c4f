//! Text that people outside wrote, made fit to be shown.
//!
//! Names and messages are text nodes, never markup. Characters that would turn the reading
//! direction around are shown as escapes, so that a name cannot pretend to be another one. In
//! message bodies, links with a harmless scheme become [`Segment::Link`], and so do telephone numbers.

use dialzio_core::PhoneNumber;
use dialzio_core::phone::Region;
use std::fmt;

/// One line or paragraph from outside, with direction controls shown as escapes.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Shown(String);

impl Shown {
    /// Whether there is nothing to show.
    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl From<&str> for Shown {
    fn from(text: &str) -> Self {
        if !text.contains(turns_direction) {
            return Self(text.to_owned());
        }
        let mut shown = String::with_capacity(text.len() + 16);
        for c in text.chars() {
            if turns_direction(c) { shown.push_str(&escape(c)) } else { shown.push(c) }
        }
        Self(shown)
    }
}

impl From<String> for Shown {
    fn from(text: String) -> Self {
        Self::from(text.as_str())
    }
}

impl fmt::Display for Shown {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(&self.0)
    }
}

/// A message body, cut into pieces that a template writes one after the other.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct RichText(pub(crate) Vec<Segment>);

/// One piece of a [`RichText`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Segment {
    /// Plain text; line breaks count.
    Text(String),
    /// A link; `href` has the scheme `http`, `https`, `tel` or `mailto`.
    Link {
        /// Target address.
        href: String,
        /// The words as they were written.
        text: String,
    },
    /// The escape of a character that would turn the reading direction around.
    Control(String),
    /// From here on what follows is formatted, until the mark is closed.
    Open(Mark),
    /// To here.
    Close(Mark),
}

/// How a stretch is formatted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Mark {
    /// `*bold*`.
    Bold,
    /// `_italic_`.
    Italic,
    /// `~struck out~`.
    Struck,
    /// Between backquotes, one or three on either side. Nothing in it is a mark.
    Code,
}

impl Mark {
    /// The element that shows it.
    pub(crate) const fn tag(self) -> &'static str {
        match self {
            Self::Bold => "strong",
            Self::Italic => "em",
            Self::Struck => "s",
            Self::Code => "code",
        }
    }
}

impl From<&str> for RichText {
    fn from(text: &str) -> Self {
        let mut pieces = Self(Vec::new());
        let mut rest = text;
        while !rest.is_empty() {
            let end = rest.find(char::is_whitespace).unwrap_or(rest.len());
            let (word, after) = rest.split_at(end);
            pieces.push_word(word);
            let gap = after.find(|c: char| !c.is_whitespace()).unwrap_or(after.len());
            let (space, next) = after.split_at(gap);
            pieces.push_plain(space);
            rest = next;
        }
        pieces
    }
}

impl From<String> for RichText {
    fn from(text: String) -> Self {
        Self::from(text.as_str())
    }
}

impl RichText {
    /// The same with a link at each telephone number, national ones those of this region.
    pub(crate) fn with_numbers(self, region: Option<Region>) -> Self {
        let mut pieces = Vec::with_capacity(self.0.len());
        for piece in self.0 {
            let Segment::Text(words) = piece else {
                pieces.push(piece);
                continue;
            };
            let mut at = 0;
            for (place, number) in PhoneNumber::find_in(&words, region) {
                if place.start > at {
                    pieces.push(Segment::Text(words[at..place.start].to_owned()));
                }
                at = place.end;
                let href = format!("tel:{}", number.reveal());
                pieces.push(Segment::Link { href, text: words[place].to_owned() });
            }
            if at < words.len() {
                pieces.push(Segment::Text(words[at..].to_owned()));
            }
        }
        Self(pieces)
    }

    /// Its words without links, as one text.
    pub(crate) fn plain(&self) -> String {
        let words = |piece: &Segment| match piece {
            Segment::Text(words) | Segment::Control(words) => words.clone(),
            Segment::Link { text, .. } => text.clone(),
            Segment::Open(_) | Segment::Close(_) => String::new(),
        };
        self.0.iter().map(words).collect()
    }

    fn push_word(&mut self, word: &str) {
        // A word that hides a direction control is never made a link: what it shows and where it leads could differ.
        if word.contains(turns_direction) {
            return self.push_plain(word);
        }
        let opening = word.len() - word.trim_start_matches(['(', '[', '<', '"', '\'', '“', '*', '~']).len();
        let (before, core) = word.split_at(opening);
        let (core, after) = core.split_at(link_end(core));
        let Some(href) = href(core) else { return self.push_plain(word) };
        self.push_plain(before);
        self.0.push(Segment::Link { href, text: core.to_owned() });
        self.push_plain(after);
    }

    fn push_plain(&mut self, text: &str) {
        for c in text.chars() {
            if turns_direction(c) {
                self.0.push(Segment::Control(escape(c)));
            } else if let Some(Segment::Text(last)) = self.0.last_mut() {
                last.push(c);
            } else {
                self.0.push(Segment::Text(c.to_string()));
            }
        }
    }
}

/// Where a link ends inside a word: closing punctuation belongs to the sentence, not to the link.
fn link_end(core: &str) -> usize {
    let mut end = core.len();
    while let Some(last) = core[..end].chars().next_back() {
        let link = &core[..end];
        let closes = match last {
            '.' | ',' | ';' | ':' | '!' | '?' | '"' | '\'' | '”' | '>' | '…' | '*' | '_' | '~' => true,
            ')' => link.matches('(').count() < link.matches(')').count(),
            ']' => link.matches('[').count() < link.matches(']').count(),
            _ => false,
        };
        if !closes {
            break;
        }
        end -= last.len_utf8();
    }
    end
}

/// The target of a word that is a link, or `None`.
fn href(word: &str) -> Option<String> {
    let lower = word.to_ascii_lowercase();
    if lower.starts_with("https://") || lower.starts_with("http://") {
        let parsed = url::Url::parse(word).ok()?;
        let host = parsed.host_str().filter(|host| !host.is_empty())?;
        // `https://bank.example@evil.example` reads as the first and leads to the second.
        let honest = parsed.username().is_empty() && parsed.password().is_none();
        return (honest && !host.contains(' ')).then(|| parsed.into());
    }
    if lower.starts_with("www.") && lower[4..].contains('.') {
        return href(&format!("https://{word}"));
    }
    if let Some(number) = lower.strip_prefix("tel:") {
        let digits = number.chars().filter(char::is_ascii_digit).count();
        let known = number.chars().all(|c| c.is_ascii_digit() || matches!(c, '+' | '-' | '.' | '(' | ')'));
        return (known && digits >= 3).then(|| format!("tel:{number}"));
    }
    let address = if lower.starts_with("mailto:") { &word[7..] } else { word };
    is_mail(address).then(|| format!("mailto:{address}"))
}

fn is_mail(text: &str) -> bool {
    let Some((user, host)) = text.split_once('@') else { return false };
    let known = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | '_' | '+');
    !user.is_empty()
        && user.chars().all(known)
        && host.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '.' | '-'))
        && host.split('.').count() >= 2
        && host.split('.').all(|label| !label.is_empty())
        && host
            .rsplit('.')
            .next()
            .is_some_and(|last| last.len() >= 2 && last.chars().all(|c| c.is_ascii_alphabetic()))
}

/// Direction marks, embeddings, overrides and isolates (Unicode UAX #9), and other invisible controls.
fn turns_direction(c: char) -> bool {
    matches!(c,
        '\u{061C}' | '\u{200E}' | '\u{200F}' | '\u{202A}'..='\u{202E}' | '\u{2066}'..='\u{2069}'
        | '\0'..='\u{08}' | '\u{0B}'..='\u{0C}' | '\u{0E}'..='\u{1F}' | '\u{7F}'..='\u{9F}')
}

fn escape(c: char) -> String {
    format!("\u{27E8}U+{:04X}\u{27E9}", u32::from(c))
}

#[cfg(test)]
#[path = "text_tests.rs"]
mod tests;
