//! Phrases that everybody knows. An estimate of their words alone takes them for hard to guess.

/// Letters only, in lower case. Sources: the comic that made the first one known, films, songs, books, prayers, and lists of
/// passphrases that were found in public breaches.
const PHRASES: [&str; 34] = [
    "correcthorsebatterystaple",
    "maytheforcebewithyou",
    "tobeornottobethatisthequestion",
    "tobeornottobe",
    "ithinkthereforeiam",
    "allyourbasearebelongtous",
    "thequickbrownfoxjumpsoverthelazydog",
    "thequickbrownfoxjumps",
    "loremipsumdolorsitamet",
    "itwasthebestoftimesitwastheworstoftimes",
    "itwasthebestoftimes",
    "callmeishmael",
    "inthebeginninggodcreated",
    "thelordismyshepherd",
    "ourfatherwhoartinheaven",
    "hailmaryfullofgrace",
    "twinkletwinklelittlestar",
    "maryhadalittlelamb",
    "rowrowrowyourboat",
    "happybirthdaytoyou",
    "nevergonnagiveyouup",
    "isthisthereallife",
    "letitbeletitbe",
    "iloveyoutothemoonandback",
    "openthepodbaydoors",
    "winteriscoming",
    "valarmorghulis",
    "onedoesnotsimplywalkintomordor",
    "oneringtorulethemall",
    "elementarymydearwatson",
    "houstonwehaveaproblem",
    "thisisnotapassword",
    "thisismypassword",
    "letmeinletmein",
];
/// So many letters beside a phrase do not make it hard to guess.
const FEW: usize = 8;

/// Whether a password is a phrase that everybody knows, whatever its case, spaces and signs, with little beside it.
pub(super) fn is_famous(password: &str) -> bool {
    let letters: String =
        password.chars().filter(|c| c.is_alphabetic()).flat_map(char::to_lowercase).collect();
    PHRASES.iter().any(|phrase| letters.contains(phrase) && letters.len() < phrase.len() + FEW)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_phrase_that_everybody_knows_is_recognised_however_it_is_written() {
        for password in [
            "correct horse battery staple",
            "Correct-Horse-Battery-Staple-2026!",
            "CORRECTHORSEBATTERYSTAPLE",
            "my correct horse battery staple",
            "May the Force be with you!",
        ] {
            assert!(is_famous(password), "{password}");
        }
        for password in [
            "seven brown otters swim upstream",
            "correct horse battery staple under seven brown otters",
            "staple battery horse correct",
        ] {
            assert!(!is_famous(password), "{password}");
        }
    }
}
