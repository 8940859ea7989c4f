//! What is typed after `/`.

use std::fmt;

use crate::search::match_key;

/// Why a shortcut was refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("must have 1 to {max} letters, digits, hyphens or underscores, and no spaces", max = Shortcut::MAX)]
pub struct ShortcutError;

/// What finds a canned reply after `/`. Case and compatibility forms make no difference: it is kept in lower case.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, serde::Serialize, serde::Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[cfg_attr(feature = "openapi", schema(value_type = String, min_length = 1, max_length = 32))]
#[serde(try_from = "String", into = "String")]
pub struct Shortcut(Box<str>);

impl Shortcut {
    /// The longest shortcut, in Unicode scalar values.
    pub const MAX: usize = 32;

    /// Letters and digits of any script, hyphens and underscores. White space around it is left out.
    ///
    /// # Errors
    /// [`ShortcutError`].
    pub fn parse(text: &str) -> Result<Self, ShortcutError> {
        let key = match_key(text);
        let is_shaped = key.chars().any(char::is_alphanumeric)
            && key.chars().count() <= Self::MAX
            && key.chars().all(is_part);
        if is_shaped { Ok(Self(key.into())) } else { Err(ShortcutError) }
    }

    /// The shortcut, without `/`.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// Marks belong to the letters before them in many scripts, so they are taken where they follow one.
fn is_part(c: char) -> bool {
    c.is_alphanumeric() || matches!(c, '-' | '_') || unicode_normalization::char::is_combining_mark(c)
}

impl TryFrom<String> for Shortcut {
    type Error = ShortcutError;
    fn try_from(text: String) -> Result<Self, ShortcutError> {
        Self::parse(&text)
    }
}

impl From<Shortcut> for String {
    fn from(shortcut: Shortcut) -> Self {
        shortcut.0.into()
    }
}

impl std::str::FromStr for Shortcut {
    type Err = ShortcutError;
    fn from_str(text: &str) -> Result<Self, ShortcutError> {
        Self::parse(text)
    }
}

impl fmt::Display for Shortcut {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_shortcut_is_one_word_in_lower_case() {
        assert_eq!(Shortcut::parse(" Opening-Hours ").unwrap().as_str(), "opening-hours");
        assert_eq!(Shortcut::parse("வணக்கம்").unwrap().as_str(), "வணக்கம்");
        for refused in ["", " ", "two words", "/hours", "-", "a\nb", "{x}", &"a".repeat(33)] {
            assert_eq!(Shortcut::parse(refused), Err(ShortcutError), "{refused:?}");
        }
    }
}
