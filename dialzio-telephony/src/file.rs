//! The names of recorded files, as they are kept: never with what opens them.

use url::Url;

/// The longest name, in bytes.
const LONGEST: usize = 1_000;
/// Parameters of an address that open an account.
const OPENING: [&str; 8] = ["secret", "token", "appid", "app_id", "key", "api_key", "apikey", "password"];

/// What a report calls a file, without anything that opens it. A link to the vendor's player is the name in it; any other link
/// stays one. `None` if there is no name.
pub(crate) fn kept(written: &str) -> Option<String> {
    let written = written.trim();
    let fits = !written.is_empty() && written.len() <= LONGEST && !written.chars().any(char::is_control);
    if !fits {
        return None;
    }
    if !is_link(written) {
        // What stands behind a question mark is no part of a name.
        let name = written.split('?').next().unwrap_or_default();
        return (!name.is_empty()).then(|| name.to_owned());
    }
    let mut link = Url::parse(written).ok()?;
    let named = link.query_pairs().find(|(key, value)| key == "file" && !value.is_empty());
    if let Some((_, file)) = named {
        return (!is_link(&file)).then(|| file.into_owned());
    }
    let opens = |key: &str| OPENING.iter().any(|word| key.eq_ignore_ascii_case(word));
    let harmless: Vec<(String, String)> = link
        .query_pairs()
        .filter(|(key, _)| !opens(key))
        .map(|(key, value)| (key.into(), value.into()))
        .collect();
    link.set_fragment(None);
    // Only an address without a host has no place for them.
    link.set_username("").ok()?;
    link.set_password(None).ok()?;
    link.set_query(None);
    if !harmless.is_empty() {
        link.query_pairs_mut().extend_pairs(&harmless);
    }
    Some(link.into())
}

/// Whether a name is a whole address.
pub(crate) fn is_link(name: &str) -> bool {
    let begins =
        |scheme: &str| name.get(..scheme.len()).is_some_and(|start| start.eq_ignore_ascii_case(scheme));
    begins("http://") || begins("https://")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_opens_a_file_is_not_kept_with_its_name() {
        for (written, wanted) in [
            ("1795800000_2222223.mp3", Some("1795800000_2222223.mp3")),
            (" a.wav ", Some("a.wav")),
            ("a.wav?secret=s", Some("a.wav")),
            ("https://rest.telecmi.com/v2/play?appid=1&secret=s&file=a.mp3", Some("a.mp3")),
            ("https://rest.telecmi.com/v2/play?appid=1&secret=s&file=https://evil.example/", None),
            (
                "https://user:pass@files.example/a.mp3?token=t&part=2&Secret=x#f",
                Some("https://files.example/a.mp3?part=2"),
            ),
            ("https://files.example/a.mp3?token=t", Some("https://files.example/a.mp3")),
            ("HTTPS://files.example/a.mp3", Some("https://files.example/a.mp3")),
            ("https://", None),
            ("", None),
            ("?x", None),
            ("a\nb", None),
        ] {
            assert_eq!(kept(written).as_deref(), wanted, "{written}");
        }
        assert_eq!(kept(&"x".repeat(1_001)), None);
    }
}
