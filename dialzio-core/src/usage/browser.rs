//! The browser of a use: its family with the major version, and nothing else of what it says about itself.

use std::fmt;
use std::str::FromStr;

use crate::access::Browser;
use crate::name::UnknownWord;

/// A browser's family and its major version. Written `firefox/132`, `firefox` if the version is not known, and `other` for a
/// browser of no known family.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct UsageBrowser {
    family: Option<Browser>,
    major: Option<u16>,
}

/// The word for a browser of no known family.
const OTHER: &str = "other";

impl UsageBrowser {
    /// A browser of no known family.
    pub const OTHER: Self = Self { family: None, major: None };

    /// A browser of a known family. Versions above 9,999 are no versions and are left out.
    #[must_use]
    pub fn known(family: Browser, major: Option<u16>) -> Self {
        Self { family: Some(family), major: major.filter(|major| *major <= 9_999) }
    }

    /// The family, if it is known.
    #[must_use]
    pub fn family(&self) -> Option<Browser> {
        self.family
    }

    /// The word of the family.
    #[must_use]
    pub fn family_word(&self) -> &'static str {
        self.family.map_or(OTHER, Browser::as_str)
    }

    /// The major version, if it is known.
    #[must_use]
    pub fn major(&self) -> Option<u16> {
        self.major
    }
}

impl fmt::Display for UsageBrowser {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.family_word())?;
        self.major.map_or(Ok(()), |major| write!(f, "/{major}"))
    }
}

impl FromStr for UsageBrowser {
    type Err = UnknownWord;

    fn from_str(text: &str) -> Result<Self, UnknownWord> {
        if text == OTHER {
            return Ok(Self::OTHER);
        }
        let read = match text.split_once('/') {
            None => Self::known(text.parse()?, None),
            Some((family, major)) => Self::known(family.parse()?, major.parse().ok()),
        };
        if read.to_string() == text { Ok(read) } else { Err(UnknownWord) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_browser_is_written_as_family_and_major_version() {
        for (browser, word) in [
            (UsageBrowser::known(Browser::Firefox, Some(132)), "firefox/132"),
            (UsageBrowser::known(Browser::Safari, None), "safari"),
            (UsageBrowser::known(Browser::Edge, Some(10_000)), "edge"),
            (UsageBrowser::OTHER, "other"),
        ] {
            assert_eq!(browser.to_string(), word);
            assert_eq!(word.parse(), Ok(browser));
        }
        for text in ["", "other/1", "firefox/", "firefox/01", "firefox/99999", "curl/8", "firefox/132.0.1"] {
            assert_eq!(text.parse::<UsageBrowser>(), Err(UnknownWord), "{text}");
        }
    }
}
