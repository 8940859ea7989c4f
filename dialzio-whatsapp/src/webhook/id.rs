//! Ids of messages. A `wamid` is Base64 of a key in Thrift's compact protocol: in whose chat, whether the reader wrote it, and
//! the message's own token. The same message has another `wamid` when it is seen by the other side, or when the person is
//! named by a business-scoped id instead of a number; the token stays.
//! Source: reports of users of two other clients (shridarpatil/whatomate 507, chatwoot/chatwoot 15107); Meta documents ids as opaque.

use base64::Engine;
use base64::engine::general_purpose::{STANDARD, STANDARD_NO_PAD};

/// Shorter tokens are not random enough to be compared.
const SHORTEST: usize = 16;

/// The token of a message's id; `None` if the id has another shape.
pub(crate) fn token(wamid: &str) -> Option<String> {
    let text = wamid.strip_prefix("wamid.")?;
    let bytes = STANDARD.decode(text).or_else(|_| STANDARD_NO_PAD.decode(text.trim_end_matches('='))).ok()?;
    let mut read = Compact(&bytes);
    let mut token = None;
    while let Some(field) = read.field()? {
        match field {
            Kind::Struct => {
                while let Some(inner) = read.field()? {
                    read.skip(inner)?;
                }
            }
            Kind::Binary => token = Some(read.binary()?),
            other => read.skip(other)?,
        }
    }
    let token = std::str::from_utf8(token?).ok()?;
    let is_token = token.len() >= SHORTEST && token.bytes().all(|byte| byte.is_ascii_alphanumeric());
    is_token.then(|| token.to_owned())
}

/// The kinds of fields that occur.
#[derive(Clone, Copy)]
enum Kind {
    Bool,
    Integer,
    Binary,
    Struct,
}

/// Reads the compact protocol as far as it occurs in ids. Every read answers `None` where the bytes are none of it.
struct Compact<'a>(&'a [u8]);

impl<'a> Compact<'a> {
    fn byte(&mut self) -> Option<u8> {
        let (first, rest) = self.0.split_first()?;
        self.0 = rest;
        Some(*first)
    }

    /// The kind of the next field; `Some(None)` at the end of a struct.
    fn field(&mut self) -> Option<Option<Kind>> {
        let header = self.byte()?;
        let kind = match header & 0x0f {
            0 => return Some(None),
            1 | 2 => Kind::Bool,
            4..=6 => Kind::Integer,
            8 => Kind::Binary,
            12 => Kind::Struct,
            _ => return None,
        };
        // Without a difference to the field before, the field's number follows.
        if header >> 4 == 0 {
            self.varint()?;
        }
        Some(Some(kind))
    }

    fn varint(&mut self) -> Option<usize> {
        let mut value = 0_usize;
        for place in 0..3 {
            let byte = self.byte()?;
            value |= usize::from(byte & 0x7f) << (7 * place);
            if byte & 0x80 == 0 {
                return Some(value);
            }
        }
        None
    }

    fn binary(&mut self) -> Option<&'a [u8]> {
        let length = self.varint()?;
        let (value, rest) = self.0.split_at_checked(length)?;
        self.0 = rest;
        Some(value)
    }

    fn skip(&mut self, kind: Kind) -> Option<()> {
        match kind {
            Kind::Bool => Some(()),
            Kind::Integer => self.varint().map(drop),
            Kind::Binary => self.binary().map(drop),
            // One level is all there is.
            Kind::Struct => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn wamid(scope: &str, from_me: bool, token: &str) -> String {
        let length = |text: &str| u8::try_from(text.len()).unwrap();
        let mut bytes = vec![0x1c, 0x18, length(scope)];
        bytes.extend(scope.bytes());
        bytes.extend([0x15, 0x02, 0x00, if from_me { 0x11 } else { 0x12 }, 0x18, length(token)]);
        bytes.extend(token.bytes());
        bytes.push(0);
        format!("wamid.{}", STANDARD.encode(bytes))
    }

    #[test]
    fn all_forms_of_an_id_have_one_token() {
        let own = "3EB0C431C26A1916E07A";
        let forms = [
            wamid("919900112233", true, own),
            wamid("15550100200", false, own),
            wamid("IN.13491208655302741918", false, own),
        ];
        for form in &forms {
            assert_eq!(token(form).as_deref(), Some(own), "{form}");
        }
        assert_ne!(token(&wamid("919900112233", true, "3EB0C431C26A1916E07B")).as_deref(), Some(own));
    }

    #[test]
    fn what_is_no_such_id_has_no_token() {
        let whole = wamid("919900112233", true, "3EB0C431C26A1916E07A");
        for odd in ["", "wamid.", "wamid.ABC", "M0", "wamid.!!!!", &whole[..whole.len() - 8], &whole[6..]] {
            assert_eq!(token(odd), None, "{odd}");
        }
        assert_eq!(token(&wamid("919900112233", true, "1182086267")), None, "too short to be compared");
        assert_eq!(token(&wamid("919900112233", true, "with a space in it.")), None);
    }

    #[test]
    fn no_bytes_make_it_panic() {
        proptest::proptest!(|(bytes in proptest::collection::vec(proptest::num::u8::ANY, 0..80))| {
            let _ = token(&format!("wamid.{}", STANDARD.encode(bytes)));
        });
    }
}
