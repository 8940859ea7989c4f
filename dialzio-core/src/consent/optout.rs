//! What people write when they want no more, in their own language.

use std::collections::HashSet;
use std::sync::LazyLock;
use unicode_normalization::UnicodeNormalization;
use unicode_normalization::char::is_combining_mark;

/// How a text was said.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Said {
    /// By itself.
    Alone,
    /// In answer to something of ours: a button under it, or a text that quotes it.
    InAnswer,
    /// Beside a file.
    BesideAFile,
}

/// What a message says about consent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reply {
    /// The whole message is an opt-out.
    Stop,
    /// The whole message is an opt-out from promotion, and from nothing else.
    StopPromotion,
    /// The whole message is an opt-in again.
    Start,
    /// A longer text asks for it: promotion is held until somebody has looked.
    SuspectedStop,
}

/// Words for stopping. An organisation may add, never remove.
const STOP: &[&str] = &[
    "stop",
    "stopall",
    "stop all",
    "quit",
    "end",
    "revoke",
    "opt out",
    "optout",
    "opt-out",
    "cancel",
    "unsubscribe",
    "remove me",
    "बंद",
    "बंद करो",
    "रोको",
    "रुको",
    "band karo",
    "mat bhejo",
    "roko",
    "বন্ধ",
    "থামুন",
    "थांबवा",
    "बंद करा",
    "બંધ",
    "બંધ કરો",
    "ਬੰਦ",
    "நிறுத்து",
    "நிறுத்தவும்",
    "ఆపు",
    "ఆపండి",
    "ನಿಲ್ಲಿಸಿ",
    "നിർത്തുക",
    "ବନ୍ଦ",
    "بند",
    "بند کریں",
    "توقف",
    "إلغاء",
    "ايقاف",
    "alto",
    "parar",
    "baja",
    "cancelar",
    "sair",
    "arret",
    "desabonner",
    "stopp",
    "abmelden",
    "berhenti",
    "dur",
    "iptal",
    "退订",
    "停止",
    "стоп",
    "отписаться",
];

/// Words for stopping that also answer a question, such as one about an appointment.
const ALSO_ANSWERS: &[&str] = &[
    "end",
    "cancel",
    "quit",
    "cancelar",
    "baja",
    "iptal",
    "dur",
    "إلغاء",
    "停止",
    "बंद करो",
    "बंद करा",
    "બંધ કરો",
];

/// What is written on buttons under promotion, or said about it alone.
const NO_PROMOTION: &[&str] = &[
    "stop promotions",
    "stop promotion",
    "stop marketing",
    "stop ads",
    "stop offers",
    "no promotions",
    "no more promotions",
    "promotion band karo",
    "ads band karo",
    "विज्ञापन बंद करो",
    "detener promociones",
    "no mas promociones",
    "parar promocoes",
    "arreter les promotions",
    "keine werbung",
];

/// Words for starting again.
const START: &[&str] =
    &["start", "unstop", "resume", "subscribe", "opt in", "optin", "shuru karo", "शुरू", "शुरू करो"];

/// Polite words around a keyword that change nothing.
const POLITE: &[&str] = &[
    "please",
    "pls",
    "plz",
    "thanks",
    "thank you",
    "kindly",
    "por favor",
    "bitte",
    "now",
    "s'il vous plait",
];

/// Phrases inside a longer text.
const PHRASES: &[&str] = &[
    "dont message me",
    "do not message me",
    "dont text me",
    "do not text me",
    "stop messaging me",
    "stop sending",
    "stop texting",
    "no more messages",
    "dont contact me",
    "do not contact me",
    "remove me from",
    "take me off",
    "leave me alone",
    "unsubscribe me",
    "message mat karo",
    "mat bhejo",
];

/// The built-in words in the form that texts are compared in, made once.
static STOP_NORMAL: LazyLock<HashSet<String>> =
    LazyLock::new(|| STOP.iter().map(|word| normal(word)).collect());
static NO_PROMOTION_NORMAL: LazyLock<HashSet<String>> =
    LazyLock::new(|| NO_PROMOTION.iter().map(|word| normal(word)).collect());
static ALSO_ANSWERS_NORMAL: LazyLock<HashSet<String>> =
    LazyLock::new(|| ALSO_ANSWERS.iter().map(|word| normal(word)).collect());
static START_NORMAL: LazyLock<HashSet<String>> =
    LazyLock::new(|| START.iter().map(|word| normal(word)).collect());

/// The words that are recognised: those built in, and an organisation's own.
#[derive(Debug, Clone, Default)]
pub struct Words {
    own: Vec<String>,
}

/// Compatibility forms unified, case folded, Latin diacritics, zero-width and bidi controls removed, punctuation and
/// emoji at the ends dropped, blanks collapsed.
fn normal(text: &str) -> String {
    // Every message is read; most are plain, and need no tables.
    if text.is_ascii() { tidied(&text.to_ascii_lowercase()) } else { tidied(&folded(text)) }
}

fn folded(text: &str) -> String {
    let hidden = |c: char| matches!(c, '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{2069}' | '\u{feff}');
    let lower: String = text.nfkc().filter(|c| !hidden(*c)).flat_map(char::to_lowercase).collect();
    // Combining marks carry meaning in Indic scripts and Arabic; only Latin letters lose theirs.
    let mut plain = String::with_capacity(lower.len());
    for c in lower.nfc() {
        match std::iter::once(c).nfd().next() {
            Some(base) if base.is_ascii_alphabetic() => plain.push(base),
            _ => plain.push(c),
        }
    }
    plain
}

fn tidied(text: &str) -> String {
    let edge = |c: char| !(c.is_alphanumeric() || is_combining_mark(c));
    let mut tidy = String::with_capacity(text.len());
    for word in text.trim_matches(edge).split_whitespace() {
        if !tidy.is_empty() {
            tidy.push(' ');
        }
        tidy.push_str(word);
    }
    tidy
}

impl Words {
    /// Adds an organisation's own words for stopping.
    #[must_use]
    pub fn with_own(words: &[String]) -> Self {
        Self { own: words.iter().map(|word| normal(word)).filter(|word| !word.is_empty()).collect() }
    }

    /// What a message says about consent; `None` if nothing.
    ///
    /// A word that may be meant otherwise is never ignored, but suspected: one that answers something of ours and has that
    /// meaning too (privacy reference, 2.5), and any beside a file, whose picture it may name.
    #[must_use]
    pub fn read(&self, text: &str, said: Said) -> Option<Reply> {
        let text = normal(text);
        let mut core = text.as_str();
        loop {
            let before = core;
            for polite in POLITE {
                if let Some(rest) = core.strip_suffix(polite).filter(|rest| rest.ends_with([' ', ',', '.'])) {
                    core = rest;
                }
                if let Some(rest) = core.strip_prefix(polite).filter(|rest| rest.starts_with([' ', ',', '.']))
                {
                    core = rest;
                }
                core = core.trim_matches([' ', ',', '.', '!']);
            }
            if core == before {
                break;
            }
        }
        if STOP_NORMAL.contains(core) || self.own.iter().any(|word| word == core) {
            return Some(match said {
                Said::Alone => Reply::Stop,
                Said::InAnswer if !ALSO_ANSWERS_NORMAL.contains(core) => Reply::Stop,
                Said::InAnswer | Said::BesideAFile => Reply::SuspectedStop,
            });
        }
        if NO_PROMOTION_NORMAL.contains(core) {
            return Some(Reply::StopPromotion);
        }
        if START_NORMAL.contains(core) {
            return (said != Said::BesideAFile).then_some(Reply::Start);
        }
        let bare = text.replace(['\'', '’'], "");
        PHRASES.iter().any(|phrase| bare.contains(phrase)).then_some(Reply::SuspectedStop)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn plain_text_reads_the_same_without_the_tables() {
        let every: String = (0..=127u8).map(char::from).collect();
        for text in ["  Please,\tSTOP now! ", "don't text me", "a\u{0}b\u{1f}c", "", " \r\n", &every] {
            assert_eq!(normal(text), tidied(&folded(text)), "{text:?}");
        }
    }

    #[test]
    fn opt_outs_are_recognised_however_they_are_dressed() {
        let words = Words::default();
        for text in [
            "STOP",
            "stop.",
            " Stop! 🙏",
            "Please stop",
            "stop, please",
            "ＳＴＯＰ",
            "s\u{200b}top",
            "Arrêt",
            "बंद करो",
            "நிறுத்து",
            "退订",
            "Стоп",
            "Unsubscribe please",
            "PLEASE STOP NOW",
            "إلغاء",
        ] {
            assert_eq!(words.read(text, Said::Alone), Some(Reply::Stop), "{text}");
        }
        for text in ["Stop promotions", "STOP PROMOTIONS please", "Parar promoções", "No más promociones"]
        {
            assert_eq!(words.read(text, Said::InAnswer), Some(Reply::StopPromotion), "{text}");
        }
        assert_eq!(words.read("START", Said::Alone), Some(Reply::Start));
        assert_eq!(
            words.read("Please don’t message me again, I moved", Said::Alone),
            Some(Reply::SuspectedStop)
        );
        let long = format!("{} So please stop sending me these.", "मैंने पहले भी लिखा था। ".repeat(100));
        assert_eq!(
            words.read(&long, Said::Alone),
            Some(Reply::SuspectedStop),
            "at the end of a long text too"
        );
        for text in [
            "Where is the bus stop?",
            "Can you cancel my order and refund me",
            "the end of the month is fine",
            "",
        ] {
            assert_eq!(words.read(text, Said::Alone), None, "{text}");
        }
        assert_eq!(Words::with_own(&["Basta".into()]).read("basta!!", Said::Alone), Some(Reply::Stop));
    }

    #[test]
    fn a_word_that_may_be_meant_otherwise_is_suspected() {
        let words = Words::default();
        assert_eq!(words.read("Cancel", Said::Alone), Some(Reply::Stop));
        assert_eq!(words.read("Cancel, please", Said::InAnswer), Some(Reply::SuspectedStop));
        assert_eq!(words.read("STOP", Said::InAnswer), Some(Reply::Stop), "it means nothing else");
        assert_eq!(words.read("Start", Said::InAnswer), Some(Reply::Start));
        for text in ["Stop", "cancel", "stop sending me this"] {
            assert_eq!(words.read(text, Said::BesideAFile), Some(Reply::SuspectedStop), "{text}");
        }
        assert_eq!(words.read("start", Said::BesideAFile), None);
        assert!(ALSO_ANSWERS.iter().all(|word| STOP.contains(word)));
    }
}
