//! What search compares: folded tokens and byte-comparable sort keys, computed here so that every store
//! gives the same answers in the same order.

use std::collections::BTreeSet;
use std::ops::Range;
use unicode_normalization::UnicodeNormalization;
use unicode_normalization::char::is_combining_mark;

/// Most tokens kept for one record.
const MAX_TOKENS: usize = 64;
/// Most tokens kept for one record with the parts of its numbers.
const MAX_INDEXED: usize = 320;
/// Stands in front of a part of a number: a letter that every store takes for one and that hardly any word begins with.
const PART: char = '\u{1c3}';
/// The least part of a number that finds it, in digits.
const MIN_DIGITS: usize = 4;
/// A token that no record has.
const NOTHING: &str = "\0";
/// Longest token, in characters.
const MAX_TOKEN: usize = 64;
/// Longest sort key, in characters.
const MAX_SORT_KEY: usize = 120;

/// Compatibility forms unified, case folded, diacritics removed.
#[must_use]
pub fn fold(text: &str) -> String {
    text.nfkd().filter(|c| !is_combining_mark(*c)).flat_map(char::to_lowercase).collect()
}

/// How names are compared that have to be unique: compatibility forms and white space unified, case folded. Diacritics
/// make a difference.
#[must_use]
pub fn match_key(name: &str) -> String {
    let folded: String = name.nfkc().flat_map(char::to_lowercase).collect();
    folded.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// The words of a text, folded, without duplicates, in order of appearance. Digits count as letters, so any part
/// of a spelled number that stands alone is a token; add [`crate::PhoneNumber::digits`] for the whole number.
#[must_use]
pub fn tokens<'a>(texts: impl IntoIterator<Item = &'a str>) -> Vec<String> {
    let mut found: Vec<String> = Vec::new();
    for text in texts {
        for word in fold(text).split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty()) {
            let word: String = word.chars().take(MAX_TOKEN).collect();
            if !found.contains(&word) {
                found.push(word);
            }
            if found.len() == MAX_TOKENS {
                return found;
            }
        }
    }
    found
}

/// The words of a text, folded, each with its place in the text: a range of bytes. Of a sign that folds into several words
/// each has the place of the whole.
pub(crate) fn words_in(text: &str) -> impl Iterator<Item = (Range<usize>, String)> {
    let is_of_word = |c: char| c.is_alphanumeric() || is_combining_mark(c);
    let mut rest = 0;
    std::iter::from_fn(move || {
        let tail = text.get(rest..)?;
        let start = rest + tail.find(is_of_word)?;
        let length = text.get(start..)?.find(|c| !is_of_word(c)).unwrap_or(text.len() - start);
        rest = start + length;
        Some(start..rest)
    })
    .flat_map(move |place| {
        let folded = fold(text.get(place.clone()).unwrap_or_default());
        let words: Vec<String> = folded
            .split(|c: char| !c.is_alphanumeric())
            .filter(|word| !word.is_empty())
            .map(|word| word.chars().take(MAX_TOKEN).collect())
            .collect();
        words.into_iter().map(move |word| (place.clone(), word))
    })
}

/// All words of a text, folded, each once: what a message is found by.
#[must_use]
pub fn words_of(text: &str) -> BTreeSet<String> {
    words_in(text).map(|(_, word)| word).collect()
}

/// What a record is found by: its words, and of each word that is a number of four digits and more every part that reaches
/// to its end, marked, so that any four consecutive digits find it while a few digits behind a name do not.
#[must_use]
pub fn index_tokens<'a>(texts: impl IntoIterator<Item = &'a str>) -> Vec<String> {
    let mut found = tokens(texts);
    let parts: Vec<String> =
        found.iter().filter(|word| is_number(word)).flat_map(|digits| ends_of(digits)).collect();
    for part in parts {
        if found.len() == MAX_INDEXED {
            break;
        }
        if !found.contains(&part) {
            found.push(part);
        }
    }
    found
}

fn is_number(word: &str) -> bool {
    word.len() >= MIN_DIGITS && word.bytes().all(|byte| byte.is_ascii_digit())
}

fn ends_of(digits: &str) -> impl Iterator<Item = String> {
    (0..=digits.len() - MIN_DIGITS).filter_map(|from| digits.get(from..)).map(|end| format!("{PART}{end}"))
}

/// The tokens a query asks for. A query that is mostly a number asks for its digits, so that any spelling of a number
/// finds the person; its leading zeros count where too little would be left without them. A query in which nothing can
/// be compared asks for what no record has; an empty one asks for nothing.
#[must_use]
pub fn query_tokens(query: &str) -> Vec<String> {
    if let Some(typed) = crate::phone::digits_typed(query) {
        let significant = typed.trim_start_matches('0');
        let digits = if significant.len() >= MIN_DIGITS { significant } else { &typed };
        if is_number(digits) {
            return vec![format!("{PART}{digits}")];
        }
        if digits.len() == MIN_DIGITS - 1 {
            return vec![digits.to_owned()];
        }
    }
    let mut found = tokens([query]);
    if let Some(last) = found.last_mut().filter(|last| is_number(last)) {
        last.insert(0, PART);
    }
    if found.is_empty() && !query.trim().is_empty() { vec![NOTHING.to_owned()] } else { found }
}

/// The same for who does not see numbers whole: a number finds the person only if it is typed whole, so that none can be found
/// out digit by digit.
#[must_use]
pub fn whole_numbers(mut tokens: Vec<String>) -> Vec<String> {
    // Each token but the last is compared as a whole word.
    if let Some(last) = tokens.last() {
        let word = last.trim_start_matches(PART).to_owned();
        if word.bytes().all(|byte| byte.is_ascii_digit()) {
            tokens.pop();
            tokens.extend([word.clone(), word]);
        }
    }
    tokens
}

/// A key that sorts people by name under plain byte comparison. Empty names sort last.
#[must_use]
pub fn sort_key(name: Option<&str>) -> String {
    match name.map(fold).map(|folded| folded.split_whitespace().collect::<Vec<_>>().join(" ")) {
        Some(folded) if !folded.is_empty() => folded.chars().take(MAX_SORT_KEY).collect(),
        _ => "\u{10ffff}".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_found_without_regard_to_case_and_accents() {
        assert_eq!(tokens(["João Carvalho", "joao@example.com"]), ["joao", "carvalho", "example", "com"]);
        assert_eq!(query_tokens("JOÃO carv"), ["joao", "carv"]);
        for number in
            ["+91 (984) 00-123", "\u{202a}0091 98400\u{2011}123\u{202c}", "\u{ff0b}\u{ff19}1 98400123"]
        {
            assert_eq!(query_tokens(number), ["\u{1c3}9198400123"]);
        }
        assert_eq!(query_tokens("00077"), ["\u{1c3}00077"]);
        assert_eq!(query_tokens("22310"), ["\u{1c3}22310"]);
        assert_eq!(query_tokens(" "), Vec::<String>::new());
        assert_eq!(query_tokens("%"), [NOTHING]);
        assert_eq!(query_tokens("visitor 1"), ["visitor", "1"]);
        assert_eq!(query_tokens("visitor 1001"), ["visitor", "\u{1c3}1001"]);
        let parts = ["asha", "919840", "\u{1c3}919840", "\u{1c3}19840", "\u{1c3}9840"];
        assert_eq!(index_tokens(["Asha", "919840"]), parts);
        let whole = |query: &str| whole_numbers(query_tokens(query));
        assert_eq!(whole("98400123"), ["98400123", "98400123"]);
        assert_eq!(whole("984"), ["984", "984"]);
        assert_eq!(whole("visitor 1001"), ["visitor", "1001", "1001"]);
        assert_eq!(whole("asha"), ["asha"]);
        assert_eq!(whole(""), Vec::<String>::new());
        assert_eq!(sort_key(Some("  Élan   Vital ")), "elan vital");
        assert!(sort_key(None) > sort_key(Some("zz")));
    }
}
