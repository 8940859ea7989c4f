//! What people write when they want no more, in their own language.

use std::collections::HashSet;
use std::sync::LazyLock;
use unicode_normalization::UnicodeNormalization;
use unicode_normalization::char::is_combining_mark;

/// How a text was said.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Said {
    /// The word is the whole message.
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
    /// A longer text asks for it: promotion is held until a member has read it.
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

/// What turns a phrase around: "don't stop sending", "please do not unsubscribe me".
const NEGATIONS: &[&str] =
    &["dont", "do not", "never", "didnt", "did not", "not", "no need to", "nahi", "mat roko", "नहीं", "मत"];

/// How a line begins that a mail program or a telephone adds as a signature.
const SIGNATURES: &[&str] = &[
    "sent from",
    "sent via",
    "get outlook",
    "von meinem",
    "gesendet",
    "enviado",
    "envoye de",
    "inviato",
    "best regards",
    "kind regards",
    "regards",
    "thanks",
    "thank you",
    "cheers",
    "mit freundlichen",
    "saludos",
    "cordialement",
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
    /// meaning too, and any beside a file, whose picture it may name.
    #[must_use]
    pub fn read(&self, text: &str, said: Said) -> Option<Reply> {
        match self.whole(text, said) {
            Some(reply) => Some(reply),
            None => self.parts(text, said),
        }
    }

    /// A text that is a keyword as a whole, with or without courtesy around it.
    fn whole(&self, text: &str, said: Said) -> Option<Reply> {
        let text = spelled_out(&normal(text));
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
        (START_NORMAL.contains(core) && said != Said::BesideAFile).then_some(Reply::Start)
    }

    /// A keyword above a signature, a keyword that more follows, or a phrase inside a longer text.
    fn parts(&self, text: &str, said: Said) -> Option<Reply> {
        let mut lines = text.lines().filter(|line| !line.trim().is_empty());
        let (first, rest) = (lines.next().unwrap_or_default(), lines.map(str::trim).collect::<Vec<_>>());
        if !rest.is_empty()
            && let Some(reply @ (Reply::Stop | Reply::StopPromotion | Reply::SuspectedStop)) =
                self.whole(first, said)
        {
            return Some(if is_signature(&rest) { reply } else { Reply::SuspectedStop });
        }
        let text = normal(text);
        let bare = text.replace(['\'', '’'], "");
        let asked = PHRASES.iter().any(|phrase| asks(&bare, phrase));
        (asked || is_near_miss(&bare)).then_some(Reply::SuspectedStop)
    }
}

/// Letters that are set apart by a sign or a blank each are one word: `s.t.o.p`, `s t o p`.
fn spelled_out(text: &str) -> String {
    let mut letters = String::new();
    let mut apart = true;
    for piece in text.split(|c: char| !c.is_alphanumeric()).filter(|piece| !piece.is_empty()) {
        apart &= piece.chars().count() == 1;
        letters.push_str(piece);
    }
    if apart && letters.chars().count() > 2 { letters } else { text.to_owned() }
}

/// Whether lines under a keyword are what a program puts there: after a line of dashes, or in words that are known.
fn is_signature(lines: &[&str]) -> bool {
    let first = normal(lines[0]);
    let dashes = !lines[0].is_empty() && lines[0].chars().all(|c| matches!(c, '-' | '_' | '—' | '–'));
    dashes || SIGNATURES.iter().any(|start| first.starts_with(start))
}

/// Whether the text contains a phrase that is not negated by the words just before it.
fn asks(text: &str, phrase: &str) -> bool {
    text.match_indices(phrase).any(|(at, _)| {
        let before = text[..at].trim_end();
        !NEGATIONS.iter().any(|word| {
            before.strip_suffix(word).is_some_and(|rest| rest.is_empty() || rest.ends_with([' ', ',', '.']))
        })
    })
}

/// A keyword that is followed by one thing alone, such as a number or a name: `stop 12345`.
fn is_near_miss(text: &str) -> bool {
    let mut pieces = text.split_whitespace();
    let (Some(first), Some(second), None) = (pieces.next(), pieces.next(), pieces.next()) else {
        return false;
    };
    let keyword = matches!(first, "stop" | "stopp" | "unsubscribe" | "optout" | "opt-out" | "roko" | "बंद");
    keyword && !second.is_empty()
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
    fn a_keyword_counts_when_it_is_spelled_out_or_a_signature_follows() {
        let words = Words::default();
        for text in [
            "S.T.O.P",
            "s t o p",
            "S-T-O-P!",
            "Stop\n\nSent from my phone",
            "STOP\n--\nMeera Iyer\nGreen Leaf",
            "unsubscribe\nKind regards,\nMeera",
        ] {
            assert_eq!(words.read(text, Said::Alone), Some(Reply::Stop), "{text:?}");
        }
        for text in ["stop\nmy name is Meera", "STOP 12345", "stop offers123", "Unsubscribe Meera"] {
            assert_eq!(words.read(text, Said::Alone), Some(Reply::SuspectedStop), "{text:?}");
        }
    }

    #[test]
    fn a_phrase_that_is_turned_around_asks_for_nothing() {
        let words = Words::default();
        for text in [
            "don't stop sending offers",
            "Please don’t unsubscribe me!",
            "do not stop sending me the news",
            "please never stop texting",
        ] {
            assert_eq!(words.read(text, Said::Alone), None, "{text:?}");
        }
        for text in ["unsubscribe me", "I do not want this. Stop sending it", "please stop sending offers"] {
            assert_eq!(words.read(text, Said::Alone), Some(Reply::SuspectedStop), "{text:?}");
        }
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
