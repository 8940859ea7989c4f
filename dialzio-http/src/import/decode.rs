//! The text of a file, in UTF-8 or UTF-16, with or without a mark of its byte order.

/// What a file is written in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Encoding {
    Utf8,
    Utf16,
}

impl Encoding {
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Utf8 => "UTF-8",
            Self::Utf16 => "UTF-16",
        }
    }
}

/// How much is looked at for the zeros of UTF-16.
const LOOKED_AT: usize = 4_096;

/// Whether it is UTF-16 without a mark, and whether the first byte of each pair is the higher one. Text with any Latin
/// letters, digits or separators has zeros in every pair of those, and text in UTF-8 has none.
fn unmarked(bytes: &[u8]) -> Option<bool> {
    let (pairs, _) = bytes.get(..bytes.len().min(LOOKED_AT))?.as_chunks::<2>();
    let high = pairs.iter().filter(|pair| pair[0] == 0).count();
    let low = pairs.iter().filter(|pair| pair[1] == 0).count();
    (high.max(low) * 4 > pairs.len()).then_some(high > low)
}

fn utf16(bytes: &[u8], is_high_first: bool) -> Result<(String, Encoding), String> {
    let (pairs, rest) = bytes.as_chunks::<2>();
    let read = if is_high_first { u16::from_be_bytes } else { u16::from_le_bytes };
    let units = pairs.iter().map(|pair| read(*pair));
    let text: Result<String, _> = char::decode_utf16(units).collect();
    match text {
        Ok(text) if rest.is_empty() => Ok((text, Encoding::Utf16)),
        _ => Err("is UTF-16, but damaged: save it again, as CSV UTF-8".to_owned()),
    }
}

/// The text of a file.
///
/// # Errors
/// In words, if it is neither UTF-8 nor UTF-16.
pub(crate) fn decode(bytes: &[u8]) -> Result<(String, Encoding), String> {
    if let Some(rest) = bytes.strip_prefix(b"\xff\xfe") {
        return utf16(rest, false);
    }
    if let Some(rest) = bytes.strip_prefix(b"\xfe\xff") {
        return utf16(rest, true);
    }
    let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
    if let Some(is_high_first) = unmarked(bytes) {
        return utf16(bytes, is_high_first);
    }
    match std::str::from_utf8(bytes) {
        Ok(text) => Ok((text.to_owned(), Encoding::Utf8)),
        Err(error) => {
            let line = bytes.iter().take(error.valid_up_to()).filter(|byte| **byte == b'\n').count() + 1;
            Err(format!(
                "is neither UTF-8 nor UTF-16 (line {line}): save it as “CSV UTF-8” in the program that wrote it"
            ))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn units(text: &str, is_high_first: bool) -> Vec<u8> {
        let each = |unit: u16| if is_high_first { unit.to_be_bytes() } else { unit.to_le_bytes() };
        text.encode_utf16().flat_map(each).collect()
    }

    #[test]
    fn utf_8_and_utf_16_are_told_apart_with_and_without_a_mark() {
        let text = "name;phone\r\nவணக்கம் \u{1f33f};98400";
        for bytes in [text.as_bytes().to_vec(), [b"\xef\xbb\xbf", text.as_bytes()].concat()] {
            assert_eq!(decode(&bytes), Ok((text.to_owned(), Encoding::Utf8)));
        }
        for is_high_first in [true, false] {
            let plain = units(text, is_high_first);
            let marked = units(&format!("\u{feff}{text}"), is_high_first);
            for bytes in [plain, marked] {
                assert_eq!(decode(&bytes), Ok((text.to_owned(), Encoding::Utf16)));
            }
        }
        assert_eq!(decode(b""), Ok((String::new(), Encoding::Utf8)));
    }

    #[test]
    fn another_encoding_is_refused_with_its_line_and_what_to_do() {
        let refused = decode(b"name\nJos\xe9\n").unwrap_err();
        assert!(refused.contains("line 2") && refused.contains("CSV UTF-8"), "{refused}");
        for damaged in [b"\xff\xfea".as_slice(), b"\xff\xfe\x00\xd8"] {
            assert!(decode(damaged).unwrap_err().contains("damaged"), "{damaged:?}");
        }
    }
}
