//! Values that every part uses: times, chips, avatars, choices, actions.

use super::Shown;

/// A moment, in the zone of the organisation.
#[derive(Clone, Debug, Default)]
pub(crate) struct Moment {
    /// What the page shows: "10:42", "Yesterday", "in 3 days".
    pub(crate) short: String,
    /// The full time, shown on hover: "Mon 23 Nov 2026, 10:42".
    pub(crate) full: String,
    /// RFC 3339, for machines: the `datetime` attribute.
    pub(crate) rfc3339: String,
}

/// What a colour says. Always beside words, never instead of them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Tone {
    /// No judgement.
    Neutral,
    /// Allowed, done, enough time.
    Ok,
    /// Less than an hour left, due, not asked yet.
    Warn,
    /// Failed, refused, overdue.
    Bad,
    /// New, worth knowing.
    Info,
}

impl Tone {
    /// The word used in class names.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Neutral => "neutral",
            Self::Ok => "ok",
            Self::Warn => "warn",
            Self::Bad => "bad",
            Self::Info => "info",
        }
    }
}

/// A few words with a tone: "21 h left", "Opted in 3 Oct".
#[derive(Clone, Debug)]
pub(crate) struct Chip {
    /// The words.
    pub(crate) text: Shown,
    /// What they mean.
    pub(crate) tone: Tone,
    /// Longer explanation, shown on hover. Never the only place of a fact.
    pub(crate) hint: Option<String>,
    /// Seconds until the 24-hour window shuts: the page then counts down by itself, whatever its own clock says.
    pub(crate) closes: Option<i64>,
}

impl Chip {
    /// A chip without explanation.
    pub(crate) fn new(tone: Tone, text: impl Into<Shown>) -> Self {
        Self { text: text.into(), tone, hint: None, closes: None }
    }

    /// The same chip, counting down from `seconds`.
    pub(crate) fn closing(mut self, seconds: i64) -> Self {
        self.closes = Some(seconds);
        self
    }

    /// The same chip with an explanation.
    pub(crate) fn because(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
        self
    }
}

/// The round mark of a person: initials on one of six grounds.
#[derive(Clone, Debug, Default)]
pub(crate) struct Avatar {
    /// One or two characters.
    pub(crate) initials: Shown,
    /// Ground, 0 to 5.
    pub(crate) tone: u8,
}

impl Avatar {
    /// Initials and ground of a name, a `@username` or a number. The same name gives the same mark.
    pub(crate) fn of(name: &str) -> Self {
        let tone = name.bytes().fold(7_u32, |sum, byte| sum.wrapping_mul(31).wrapping_add(byte.into())) % 6;
        let initials: String = if let Some(username) = name.strip_prefix('@') {
            std::iter::once('@').chain(username.chars().take(1)).collect()
        } else if name.starts_with('+') {
            name.chars().rev().take(2).collect::<Vec<_>>().into_iter().rev().collect()
        } else {
            let mut words =
                name.split_whitespace().filter_map(|word| word.chars().find(|c| c.is_alphanumeric()));
            let first = words.next();
            first.into_iter().chain(words.next_back()).flat_map(char::to_uppercase).collect()
        };
        // A name of signs alone has its first sign for a mark.
        let initials = if initials.is_empty() { name.chars().take(1).collect() } else { initials };
        // 0 to 5, so the conversion cannot fail.
        Self { initials: initials.into(), tone: u8::try_from(tone).unwrap_or(0) }
    }
}

/// One option of a list to choose from.
#[derive(Clone, Debug)]
pub(crate) struct Choice {
    /// Value that the form sends.
    pub(crate) value: String,
    /// What the person reads.
    pub(crate) label: Shown,
    /// Smaller words beside it, such as the time that "tomorrow morning" means.
    pub(crate) detail: Option<String>,
    /// Whether it is the present value.
    pub(crate) selected: bool,
}

impl Choice {
    /// An option that is not the present value.
    pub(crate) fn new(value: impl Into<String>, label: impl Into<Shown>) -> Self {
        Self { value: value.into(), label: label.into(), detail: None, selected: false }
    }

    /// The same option as the present value.
    pub(crate) fn chosen(mut self) -> Self {
        self.selected = true;
        self
    }

    /// The same option with words beside it.
    pub(crate) fn with(mut self, detail: impl Into<String>) -> Self {
        self.detail = Some(detail.into());
        self
    }
}

/// A button that posts to `url`.
#[derive(Clone, Debug)]
pub(crate) struct Action {
    /// Words on the button.
    pub(crate) label: String,
    /// Path that takes the POST.
    pub(crate) url: String,
    /// Hidden fields: name and value.
    pub(crate) fields: Vec<(String, String)>,
}

impl Action {
    /// An action without fields.
    pub(crate) fn new(label: impl Into<String>, url: impl Into<String>) -> Self {
        Self { label: label.into(), url: url.into(), fields: Vec::new() }
    }

    /// The same action with one more hidden field.
    pub(crate) fn field(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        self.fields.push((name.into(), value.into()));
        self
    }
}

/// A label and its value.
#[derive(Clone, Debug)]
pub(crate) struct Fact {
    /// "Mobile".
    pub(crate) label: String,
    /// "+91 98400 12345".
    pub(crate) value: Shown,
}

impl Fact {
    /// A fact in words.
    pub(crate) fn new(label: impl Into<String>, value: impl Into<Shown>) -> Self {
        Self { label: label.into(), value: value.into() }
    }
}

#[cfg(test)]
mod tests {
    use super::Avatar;

    #[test]
    fn initials_come_from_first_and_last_word() {
        let initials = |name| Avatar::of(name).initials.to_string();
        assert_eq!(initials("Asha Subramaniam"), "AS");
        assert_eq!(initials("João Maria Carvalho"), "JC");
        assert_eq!(initials("@kavya.designs"), "@k");
        assert_eq!(initials("+91 98400 12345"), "45");
        assert_eq!(initials("ß"), "SS");
        assert_eq!(initials("🌱🌱"), "🌱");
        assert_eq!(initials(""), "");
    }

    #[test]
    fn a_name_keeps_its_ground() {
        assert_eq!(Avatar::of("Asha").tone, Avatar::of("Asha").tone);
        assert!(Avatar::of("Asha").tone < 6);
    }
}
