//! A file that is to be sent: what it is by its own bytes, how it may be called, and whether it fits.

use bytes::Bytes;
use unicode_normalization::UnicodeNormalization;

use crate::conversation::MediaKind;
use crate::provider::{MessagingCapabilities, ProviderId};

/// What a file is: decided by its bytes, never by its name or a declared type.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FileType {
    /// How it is sent.
    pub what: MediaKind,
    /// Its type, with the parameters that providers ask for.
    pub mime: &'static str,
}

/// Types that are known, by the name that the bytes are recognised under.
const KNOWN: &[(&str, MediaKind, &str)] = &[
    ("image/jpeg", MediaKind::Image, "image/jpeg"),
    ("image/png", MediaKind::Image, "image/png"),
    ("image/gif", MediaKind::Image, "image/gif"),
    ("image/webp", MediaKind::Image, "image/webp"),
    ("video/mp4", MediaKind::Video, "video/mp4"),
    ("audio/mpeg", MediaKind::Audio, "audio/mpeg"),
    ("audio/m4a", MediaKind::Audio, "audio/mp4"),
    ("audio/opus", MediaKind::Audio, "audio/ogg; codecs=opus"),
    ("audio/amr", MediaKind::Audio, "audio/amr"),
    ("audio/aac", MediaKind::Audio, "audio/aac"),
    ("application/pdf", MediaKind::Document, "application/pdf"),
];

/// Office files: their container says little more than that it is one, so the name says which.
const OFFICE: &[(&str, &str, &str)] = &[
    ("docx", "zip", "application/vnd.openxmlformats-officedocument.wordprocessingml.document"),
    ("xlsx", "zip", "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"),
    ("pptx", "zip", "application/vnd.openxmlformats-officedocument.presentationml.presentation"),
    ("doc", "ole", "application/msword"),
    ("xls", "ole", "application/vnd.ms-excel"),
    ("ppt", "ole", "application/vnd.ms-powerpoint"),
];

/// Endings under which plain text is sent as text. Markup and scripts are text too, and are not among them.
const TEXT: &[&str] = &["txt", "csv", "log", "md"];

/// The first bytes of what holds the older Office files.
const OLE: &[u8] = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1";

/// The longest name, in bytes.
const LONGEST_NAME: usize = 200;

fn ending(name: &str) -> String {
    name.rsplit_once('.').map_or("", |(_, ending)| ending).to_ascii_lowercase()
}

/// Recognises a file by its first bytes and, where those leave it open, by the ending of its name. `None` for what is
/// never sent: programs, markup, archives, anything unknown.
#[must_use]
pub fn recognise(bytes: &[u8], name: &str) -> Option<FileType> {
    let ending = ending(name);
    // The library knows MP4 by the brands of cameras and misses those of telephones.
    if bytes.get(4..10) == Some(b"ftyp3g".as_slice()) {
        return Some(FileType { what: MediaKind::Video, mime: "video/3gpp" });
    }
    let container = if bytes.starts_with(b"PK\x03\x04") {
        Some("zip")
    } else if bytes.starts_with(OLE) {
        Some("ole")
    } else {
        None
    };
    if let Some(container) = container {
        let office = OFFICE.iter().find(|(of, inside, _)| *of == ending && *inside == container);
        return office.map(|(_, _, mime)| FileType { what: MediaKind::Document, mime });
    }
    if let Some(found) = infer::get(bytes) {
        let known = KNOWN.iter().find(|(name, ..)| *name == found.mime_type());
        return known.map(|(_, what, mime)| FileType { what: *what, mime });
    }
    let is_text = TEXT.contains(&ending.as_str())
        && !bytes.is_empty()
        && !bytes.contains(&0)
        && std::str::from_utf8(bytes).is_ok();
    is_text.then_some(FileType { what: MediaKind::Document, mime: "text/plain" })
}

/// A name as it may be kept and shown: without folders, control and direction characters, at most 200 bytes.
#[must_use]
pub fn file_name(given: &str) -> String {
    let last = given.rsplit(['/', '\\']).next().unwrap_or_default();
    let turns =
        |c: char| matches!(c, '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
    let kept: String = last.nfc().filter(|c| !c.is_control() && !turns(*c)).collect();
    let kept = kept.trim().trim_start_matches('.');
    if kept.len() <= LONGEST_NAME {
        return if kept.is_empty() { "file".to_owned() } else { kept.to_owned() };
    }
    // The ending says what it is, so the middle goes.
    let ending = kept.rsplit_once('.').map(|(_, ending)| format!(".{ending}"));
    let ending = ending.filter(|ending| ending.len() <= 12).unwrap_or_default();
    let mut cut = LONGEST_NAME - ending.len();
    while !kept.is_char_boundary(cut) {
        cut -= 1;
    }
    format!("{}{ending}", &kept[..cut])
}

/// A file to be sent.
#[derive(Clone, PartialEq, Eq)]
pub struct NewFile {
    /// All of it.
    pub bytes: Bytes,
    /// What it is called, as given.
    pub name: String,
}

impl std::fmt::Debug for NewFile {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "NewFile({} bytes)", self.bytes.len())
    }
}

/// Why a file is not sent. Says what a person can do about it; never repeats the file's name.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum FileError {
    /// It has no bytes.
    #[error("Not sent: the file is empty")]
    Empty,
    /// It is over the provider's limit for its kind.
    #[error("Not sent: {} is over {}’s {} limit for {}", megabytes(*size), provider.label(), megabytes(*limit), plural(*what))]
    TooLarge {
        /// Its size in bytes.
        size: u64,
        /// The limit in bytes.
        limit: u64,
        /// What it is.
        what: MediaKind,
        /// The provider whose limit it is.
        provider: ProviderId,
    },
    /// The provider does not take files of this type.
    #[error("Not sent: {} does not take files of this type. It takes {takes}", provider.label())]
    Type {
        /// Who does not.
        provider: ProviderId,
        /// What it does take, in words.
        takes: String,
    },
    /// The provider carries no words with a file of this kind.
    #[error("Not sent: {} carries no words with {}. Send them as a message of their own", provider.label(), plural(*what))]
    Caption {
        /// What it is.
        what: MediaKind,
        /// Who does not.
        provider: ProviderId,
    },
}

impl FileError {
    /// A stable dotted code for programs.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Empty => "file.empty",
            Self::TooLarge { .. } => "file.too_large",
            Self::Type { .. } => "file.type",
            Self::Caption { .. } => "file.caption",
        }
    }
}

/// A size for reading. What is over a limit never looks like the limit, so it is rounded up.
fn megabytes(bytes: u64) -> String {
    if bytes < 1 << 20 {
        return format!("{} KB", bytes.div_ceil(1 << 10));
    }
    let tenths = (bytes * 10).div_ceil(1 << 20);
    if tenths.is_multiple_of(10) || tenths >= 1_000 {
        format!("{} MB", tenths.div_ceil(10))
    } else {
        format!("{}.{} MB", tenths / 10, tenths % 10)
    }
}

const fn plural(what: MediaKind) -> &'static str {
    match what {
        MediaKind::Image => "pictures",
        MediaKind::Video => "films",
        MediaKind::Audio | MediaKind::Voice => "sound",
        MediaKind::Document => "documents",
        MediaKind::Sticker => "stickers",
    }
}

/// `image/jpeg` as people call it.
fn spoken(mime: &str) -> String {
    match mime {
        "text/plain" => "text".to_owned(),
        "audio/mpeg" => "MP3".to_owned(),
        "audio/mp4" => "M4A".to_owned(),
        "video/3gpp" => "3GP".to_owned(),
        office if office.contains("vnd.") || office.contains("msword") => "Office files".to_owned(),
        other => {
            let short = other.split(';').next().unwrap_or(other).rsplit('/').next().unwrap_or(other);
            short.to_ascii_uppercase()
        }
    }
}

/// What a provider takes, in words: "JPEG, PNG, MP4, …". Without stickers, which are made elsewhere.
#[must_use]
pub fn takes(capabilities: &MessagingCapabilities) -> String {
    let mut words: Vec<String> = Vec::new();
    let kinds = capabilities.media.iter().filter(|kind| kind.what != MediaKind::Sticker);
    for mime in kinds.flat_map(|kind| kind.types) {
        let word = spoken(mime);
        if !words.contains(&word) {
            words.push(word);
        }
    }
    words.join(", ")
}

impl NewFile {
    /// What it is, if the provider takes it.
    ///
    /// # Errors
    /// [`FileError`] if it is empty, too large, or of a type that the provider does not take.
    pub fn check(&self, capabilities: &MessagingCapabilities) -> Result<FileType, FileError> {
        if self.bytes.is_empty() {
            return Err(FileError::Empty);
        }
        let provider = capabilities.provider;
        let refused = || FileError::Type { provider, takes: takes(capabilities) };
        let kind = recognise(&self.bytes, &self.name).ok_or_else(refused)?;
        let taken = capabilities
            .media
            .iter()
            .find(|taken| taken.what == kind.what && taken.types.contains(&kind.mime));
        let taken = taken.ok_or_else(refused)?;
        let size = self.bytes.len() as u64;
        if size > taken.largest {
            return Err(FileError::TooLarge { size, limit: taken.largest, what: kind.what, provider });
        }
        Ok(kind)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const PNG: &[u8] = b"\x89PNG\r\n\x1a\n0000";

    #[test]
    fn the_bytes_say_what_a_file_is_and_the_name_only_where_they_leave_it_open() {
        let kind = |bytes: &[u8], name: &str| recognise(bytes, name).map(|kind| kind.mime);
        assert_eq!(kind(PNG, "holiday.exe"), Some("image/png"));
        assert_eq!(kind(b"%PDF-1.7 x", "quote"), Some("application/pdf"));
        assert_eq!(kind(b"\0\0\0\x18ftyp3gp50000", "a"), Some("video/3gpp"));
        assert_eq!(kind(b"\0\0\0\x18ftypmp420000", "a"), Some("video/mp4"));
        assert_eq!(kind(b"\0\0\0\x18ftypM4A 0000", "a"), Some("audio/mp4"));
        assert_eq!(kind(b"#!AMR\nxxxxxx", "a"), Some("audio/amr"));
        assert_eq!(kind("நன்றி, 12".as_bytes(), "prices.csv"), Some("text/plain"));
        let word = "application/vnd.openxmlformats-officedocument.wordprocessingml.document";
        assert_eq!(kind(b"PK\x03\x04rest", "letter.DOCX"), Some(word));
        for (bytes, name) in [
            (&b"PK\x03\x04rest"[..], "many.zip"),
            (b"PK\x03\x04rest", "old.doc"),
            (b"<svg xmlns=\"http://www.w3.org/2000/svg\">", "drawing.svg"),
            (b"<!DOCTYPE html><html>", "page.html"),
            (b"<!DOCTYPE html><html>", "page.txt"),
            (b"MZ\x90\0\x03\0\0\0", "price.pdf"),
            (b"alert(1)", "script.js"),
            (b"\xff\xfe\0x", "list.txt"),
            (b"", "empty.txt"),
        ] {
            assert_eq!(kind(bytes, name), None, "{name}");
        }
    }

    #[test]
    fn names_lose_what_could_lead_astray_and_keep_their_ending() {
        assert_eq!(file_name("../../etc/passwd"), "passwd");
        assert_eq!(file_name(r"C:\Users\asha\quote 7.pdf"), "quote 7.pdf");
        assert_eq!(file_name("invoice\u{202e}fdp.exe\r\n"), "invoicefdp.exe");
        assert_eq!(file_name("..."), "file");
        assert_eq!(file_name("e\u{301}té.pdf"), "été.pdf");
        let long = file_name(&format!("{}.pdf", "அ".repeat(200)));
        assert!(long.len() <= LONGEST_NAME && long.ends_with("அ.pdf"), "{long}");
    }

    #[test]
    fn sizes_over_a_limit_never_look_like_the_limit() {
        assert_eq!(megabytes(104 << 20), "104 MB");
        assert_eq!(megabytes((100 << 20) + 1), "101 MB");
        assert_eq!(megabytes((5 << 20) + 1), "5.1 MB");
        assert_eq!(megabytes(5 << 20), "5 MB");
        assert_eq!(megabytes(500 << 10), "500 KB");
        let refused = FileError::TooLarge {
            size: 104 << 20,
            limit: 100 << 20,
            what: MediaKind::Document,
            provider: ProviderId("whatsapp"),
        };
        assert_eq!(refused.to_string(), "Not sent: 104 MB is over WhatsApp’s 100 MB limit for documents");
    }
}
