//! Placeholders: which there are, how a text is filled, and what was left open.

use crate::name::string_enum;

string_enum! {
    /// What a canned reply can leave open. It is written in braces: `{first_name}`.
    pub enum Placeholder {
        /// The first word of the person's name.
        FirstName = "first_name",
        /// The person's name.
        Name = "name",
        /// The name of the organisation.
        Organisation = "organisation",
        /// The name of the member who writes.
        Member = "member",
    }
}

/// What the placeholders stand for in one conversation. A value that is `None` is not known.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Values {
    /// The person's name, as the contact or their profile has it.
    pub name: Option<String>,
    /// The name of the organisation.
    pub organisation: Option<String>,
    /// The name of the member who writes.
    pub member: Option<String>,
}

/// Says which are known, and shows no name.
impl std::fmt::Debug for Values {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Values")
            .field("name", &self.name.is_some())
            .field("organisation", &self.organisation.is_some())
            .field("member", &self.member.is_some())
            .finish()
    }
}

impl Values {
    /// The value that replaces a placeholder; `None` if it is unknown or empty.
    #[must_use]
    pub fn get(&self, placeholder: Placeholder) -> Option<&str> {
        let value = match placeholder {
            Placeholder::FirstName => self.name.as_deref().and_then(|name| name.split_whitespace().next()),
            Placeholder::Name => self.name.as_deref(),
            Placeholder::Organisation => self.organisation.as_deref(),
            Placeholder::Member => self.member.as_deref(),
        };
        value.map(str::trim).filter(|value| !value.is_empty())
    }
}

/// A text that was filled.
#[derive(Clone, PartialEq, Eq)]
pub struct Filled {
    /// The text. A placeholder whose value is not known is left in it as it was written.
    pub text: String,
    /// Placeholders without a value, each once, in their order in the text.
    pub missing: Vec<Placeholder>,
}

/// Shows no text, which holds names.
impl std::fmt::Debug for Filled {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let length = self.text.chars().count();
        f.debug_struct("Filled").field("characters", &length).field("missing", &self.missing).finish()
    }
}

/// A part of a text.
enum Part<'a> {
    /// Characters that stand for themselves.
    Plain(&'a str),
    /// A word in braces that has the form of a placeholder, without its braces.
    Word(&'a str),
}

/// A text in its parts, from the left. Only a word of lower-case letters and underscores right between two braces has the
/// form of a placeholder; all other braces stand for themselves.
fn parts(text: &str) -> Vec<Part<'_>> {
    let mut found = Vec::new();
    let (mut plain, mut at) = (0, 0);
    while let Some(open) = text[at..].find('{').map(|place| at + place) {
        let inner = &text[open + 1..];
        let end = inner.find(|c: char| !(c.is_ascii_lowercase() || c == '_')).unwrap_or(inner.len());
        if end > 0 && inner[end..].starts_with('}') {
            found.push(Part::Plain(&text[plain..open]));
            found.push(Part::Word(&inner[..end]));
            at = open + end + 2;
            plain = at;
        } else {
            at = open + 1;
        }
    }
    found.push(Part::Plain(&text[plain..]));
    found
}

/// Fills a text once: what a value holds is never read as a placeholder.
#[must_use]
pub fn fill(text: &str, values: &Values) -> Filled {
    let mut filled = Filled { text: String::with_capacity(text.len()), missing: Vec::new() };
    for part in parts(text) {
        match part {
            Part::Plain(plain) => filled.text.push_str(plain),
            Part::Word(word) => match word.parse::<Placeholder>() {
                Ok(placeholder) => match values.get(placeholder) {
                    Some(value) => filled.text.push_str(value),
                    None => {
                        filled.text.push_str(&placeholder.token());
                        if !filled.missing.contains(&placeholder) {
                            filled.missing.push(placeholder);
                        }
                    }
                },
                Err(_) => filled.text.extend(["{", word, "}"]),
            },
        }
    }
    filled
}

/// Words in braces that have the form of a placeholder and are none, each once.
#[must_use]
pub fn unknown(text: &str) -> Vec<&str> {
    let mut found = Vec::new();
    for part in parts(text) {
        if let Part::Word(word) = part
            && word.parse::<Placeholder>().is_err()
            && !found.contains(&word)
        {
            found.push(word);
        }
    }
    found
}

/// Placeholders that a text to be sent still has open, each once. Braces that one of the values brought along are the
/// person's own and are let through.
#[must_use]
pub fn unfilled(text: &str, values: &Values) -> Vec<Placeholder> {
    let mut rest = text.to_owned();
    for placeholder in
        [Placeholder::Name, Placeholder::FirstName, Placeholder::Organisation, Placeholder::Member]
    {
        if let Some(value) = values.get(placeholder).filter(|value| value.contains('{')) {
            rest = rest.replace(value, "");
        }
    }
    let mut found: Vec<Placeholder> = Vec::new();
    for part in parts(&rest) {
        if let Part::Word(word) = part
            && let Ok(placeholder) = word.parse::<Placeholder>()
            && !found.contains(&placeholder)
        {
            found.push(placeholder);
        }
    }
    found
}

impl Placeholder {
    /// As it is written in a text: `{first_name}`.
    #[must_use]
    pub fn token(self) -> String {
        format!("{{{}}}", self.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn values(name: &str) -> Values {
        Values {
            name: Some(name.to_owned()),
            organisation: Some("Green Leaf".to_owned()),
            member: Some("Meera".to_owned()),
        }
    }

    #[test]
    fn each_placeholder_is_filled_with_its_value() {
        let text = "Dear {name}, hello {first_name}! {member}, {organisation}. {first_name}?";
        let filled = fill(text, &values("Asha Rao"));
        assert_eq!(filled.text, "Dear Asha Rao, hello Asha! Meera, Green Leaf. Asha?");
        assert_eq!(filled.missing, []);
    }

    #[test]
    fn a_value_is_not_filled_again() {
        let filled = fill("Hello {name}, from {member}", &values("{member} {organisation} {"));
        assert_eq!(filled.text, "Hello {member} {organisation} {, from Meera");
        assert_eq!(unfilled(&filled.text, &values("{member} {organisation} {")), []);
    }

    #[test]
    fn a_value_that_is_not_known_is_left_open_and_named_once() {
        let empty = Values { name: Some("  ".to_owned()), ..Values::default() };
        let filled = fill("{first_name}, {organisation}, {first_name}", &empty);
        assert_eq!(filled.text, "{first_name}, {organisation}, {first_name}");
        assert_eq!(filled.missing, [Placeholder::FirstName, Placeholder::Organisation]);
        assert_eq!(unfilled(&filled.text, &empty), filled.missing);
        assert_eq!(unfilled("Asha, Green Leaf", &empty), []);
    }

    #[test]
    fn other_braces_stand_for_themselves() {
        for text in ["{", "}", "{}", "{ name }", "{Name}", "{{", "a {b", "{name", "{na{me}", "{1}"] {
            let filled = fill(text, &Values::default());
            assert_eq!((filled.text.as_str(), filled.missing.len()), (text, 0), "{text}");
        }
        assert_eq!(fill("{{name}}", &values("Asha")).text, "{Asha}");
        assert_eq!(fill("{é}{name}", &values("Asha")).text, "{é}Asha");
    }

    #[test]
    fn a_word_that_is_no_placeholder_is_named() {
        assert_eq!(unknown("{given_name} {name} {order} {given_name}"), ["given_name", "order"]);
        assert_eq!(fill("{order}", &values("Asha")).text, "{order}");
    }
}
