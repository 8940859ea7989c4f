//! Whether bytes are a sound file, by what stands in them. Neither a name nor an announced type decides: both are wrong at
//! times, and errors come as JSON with status 200.

/// Why bytes are no sound file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Flaw {
    /// An object, which says why.
    Json,
    /// Less than the file says itself that it holds.
    Truncated,
    /// Something else: a page, or nothing.
    NoSound,
}

/// The type of a sound file.
///
/// Source: RFC 2361 and Microsoft's *Multimedia Programming Interface* for RIFF, ID3v2.4 section 3.1, ISO/IEC 11172-3 section 2.4.2.
pub(crate) fn sniff(bytes: &[u8]) -> Result<&'static str, Flaw> {
    if bytes.starts_with(b"RIFF") {
        return wave(bytes);
    }
    if bytes.starts_with(b"ID3") {
        return tagged(bytes);
    }
    if is_frame(bytes) {
        return Ok("audio/mpeg");
    }
    let first = bytes.iter().find(|byte| !byte.is_ascii_whitespace());
    Err(if matches!(first, Some(b'{')) { Flaw::Json } else { Flaw::NoSound })
}

/// A RIFF file of the kind `WAVE` that holds as much as it says. A size of nothing, or of all ones, is written by programs that
/// do not know the end when they begin.
fn wave(bytes: &[u8]) -> Result<&'static str, Flaw> {
    let Some(kind) = bytes.get(8..12) else { return Err(Flaw::Truncated) };
    if kind != b"WAVE" {
        return Err(Flaw::NoSound);
    }
    if !holds(bytes, 4, 8) {
        return Err(Flaw::Truncated);
    }
    let mut at = 12;
    while let Some(name) = bytes.get(at..at + 4) {
        if name == b"data" {
            return if holds(bytes, at + 4, at + 8) { Ok("audio/wav") } else { Err(Flaw::Truncated) };
        }
        let size = size(bytes, at + 4).and_then(|size| usize::try_from(size).ok()).ok_or(Flaw::Truncated)?;
        // Parts begin at even places.
        at = at.saturating_add(8).saturating_add(size).saturating_add(size % 2);
    }
    Err(Flaw::Truncated)
}

fn size(bytes: &[u8], at: usize) -> Option<u32> {
    bytes.get(at..at + 4)?.try_into().ok().map(u32::from_le_bytes)
}

/// Whether as many bytes follow as the size at a place says.
fn holds(bytes: &[u8], size_at: usize, from: usize) -> bool {
    match size(bytes, size_at) {
        Some(0 | u32::MAX) => bytes.len() > from,
        // Some programs count the byte that fills up to an even place, and do not write it.
        Some(size) => bytes.len().saturating_sub(from) as u64 + 1 >= u64::from(size),
        None => false,
    }
}

/// MPEG sound behind a tag of ID3.
fn tagged(bytes: &[u8]) -> Result<&'static str, Flaw> {
    let size = bytes.get(6..10).ok_or(Flaw::Truncated)?;
    if size.iter().any(|byte| *byte >= 0x80) {
        return Err(Flaw::NoSound);
    }
    let length = size.iter().fold(0, |sum, byte| sum << 7 | usize::from(*byte));
    if bytes.len() > 10 + length { Ok("audio/mpeg") } else { Err(Flaw::Truncated) }
}

/// Whether an MPEG frame of layer II or III stands at the beginning.
fn is_frame(bytes: &[u8]) -> bool {
    let [0xff, kind, rates, _, ..] = bytes else { return false };
    let (layer, bitrate, samples) = (kind >> 1 & 3, rates >> 4, rates >> 2 & 3);
    kind & 0xe0 == 0xe0 && kind >> 3 & 3 != 1 && matches!(layer, 1 | 2) && bitrate != 15 && samples != 3
}

#[cfg(test)]
mod tests {
    use super::*;

    fn riff(announced: u32, data: u32, samples: usize) -> Vec<u8> {
        let mut file = b"RIFF".to_vec();
        file.extend(announced.to_le_bytes());
        file.extend(b"WAVEfmt ");
        file.extend(16_u32.to_le_bytes());
        file.extend([0; 16]);
        file.extend(b"data");
        file.extend(data.to_le_bytes());
        file.extend(vec![0; samples]);
        file
    }

    #[test]
    fn a_wave_file_holds_what_it_says() {
        assert_eq!(sniff(&riff(36 + 100, 100, 100)), Ok("audio/wav"));
        assert_eq!(sniff(&riff(u32::MAX, 0, 100)), Ok("audio/wav"));
        assert_eq!(sniff(&riff(0, u32::MAX, 100)), Ok("audio/wav"));
        assert_eq!(sniff(&riff(36 + 100, 100, 60)), Err(Flaw::Truncated));
        assert_eq!(sniff(&riff(36, 100, 60)), Err(Flaw::Truncated));
        assert_eq!(sniff(&riff(36 + 100, 100, 100)[..20]), Err(Flaw::Truncated));
        assert_eq!(sniff(b"RIFF"), Err(Flaw::Truncated));
        assert_eq!(sniff(b"RIFF\x04\0\0\0AVI "), Err(Flaw::NoSound));
    }

    #[test]
    fn mpeg_sound_begins_with_a_frame_or_a_tag() {
        assert_eq!(sniff(&[0xff, 0xfb, 0x90, 0x64, 0, 0]), Ok("audio/mpeg"));
        assert_eq!(sniff(&[0xff, 0xf3, 0x40, 0xc4, 0, 0]), Ok("audio/mpeg"));
        assert_eq!(sniff(b"ID3\x04\0\0\0\0\0\x02abX"), Ok("audio/mpeg"));
        assert_eq!(sniff(b"ID3\x04\0\0\0\0\x01\x02ab"), Err(Flaw::Truncated));
        assert_eq!(sniff(b"ID3"), Err(Flaw::Truncated));
        assert_eq!(sniff(&[0xff, 0xd8, 0xff, 0xe0]), Err(Flaw::NoSound), "a picture");
        assert_eq!(sniff(&[0xff, 0xfe, b'<', 0]), Err(Flaw::NoSound), "a text in UTF-16");
    }

    #[test]
    fn an_error_and_a_page_are_no_sound() {
        assert_eq!(sniff(b" {\"code\":502}"), Err(Flaw::Json));
        assert_eq!(sniff(b"<!doctype html>"), Err(Flaw::NoSound));
        assert_eq!(sniff(b""), Err(Flaw::NoSound));
    }
}
